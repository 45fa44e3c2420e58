"""The resolvent (s - G)^-1 b of a comb at many complex s, all of them moved along the chain side by side.

`comb.solve` goes down the chain for one s and waits at every box for a division. Here every box is passed for all s at once,
with real and imaginary parts apart, so that the processor does eight at a time. The elimination is the same: the sides fall out
cell by cell, the chain is solved for what enters and for one unit of plasma, and the hub closes the loop.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from intrathecal.compiled import compiled, contracted
from intrathecal.simulation.comb import WORK, Comb, solve
from intrathecal.simulation.modal import Modes
from intrathecal.simulation.system import Array

Mask = NDArray[np.bool_]
#: What is kept of every box: pivot, what was given, and what one unit of plasma gives, each with an imaginary part.
KEPT = 6
#: What a side sends home and to plasma, all that leaves it, what it takes from its box and from plasma, what is given to it.
HOME, OUT, LEFT, TAKEN, BACK, HELD = range(6)


def responses(comb: Comb, shifts: Modes, entry: Array) -> Array:
    """The x of (s_k - G) x_k = ``entry`` (n) for all ``shifts`` (K; 1/s): real parts (n, K), and imaginary parts beside them.

    In one array (n, 2 K), so that rows of a system see both by one product of matrices.
    """
    x = np.empty((entry.size, 2 * shifts.size))
    _respond(comb, shifts.real.copy(), shifts.imag.copy(), entry, np.ones(entry.size, dtype=bool), x)
    return x


def observed(comb: Comb, shifts: Modes, entry: Array, rows: Array) -> Array:
    """What ``rows`` (p, n) see of them (p, 2 K), where only the states are made that this needs."""
    return _observe(comb, shifts.real.copy(), shifts.imag.copy(), entry, rows)


@compiled
def _observe(comb: Comb, real: Array, imag: Array, entry: Array, rows: Array) -> Array:
    x, needed = np.empty((entry.size, 2 * real.size)), _followed_by(comb, rows)
    seen = np.zeros((len(rows), 2 * real.size))
    _respond(comb, real, imag, entry, needed, x)
    for row in range(len(rows)):
        for state in range(entry.size):
            if rows[row, state] != 0.0:
                _add(rows[row, state], x[state], seen[row])
    return seen


@contracted
def _add(share: float, state: Array, seen: Array) -> None:
    for k in range(seen.size):
        seen[k] += share * state[k]


@compiled
def at_rest(comb: Comb, entry: Array) -> Array:
    """The x (n; ug) that a steady 1 ug/s at ``entry`` (n) ends in: the solution at s = 0."""
    x, work = np.zeros(entry.size), np.empty((WORK, comb.chain.size))
    solve(comb, 0.0, entry, work, x)
    return x


@compiled
def _followed_by(comb: Comb, rows: Array) -> Mask:
    """The states (n) that are needed for what ``rows`` (p, n) see: those with an entry, and those that a follower follows."""
    needed = np.zeros(rows.shape[1], dtype=np.bool_)
    for row in range(len(rows)):
        for state in range(needed.size):
            if rows[row, state] != 0.0:
                needed[state] = True
    for place in range(comb.follower.size):
        if needed[comb.follower[place]]:
            for state in range(needed.size):
                if comb.followed[place, state] != 0.0:
                    needed[state] = True
    return needed


@compiled
def _respond(comb: Comb, real: Array, imag: Array, entry: Array, wanted: Mask, x: Array) -> None:
    """The states that are ``wanted`` (n) into ``x`` (n, 2 K); others are left as they are."""
    boxes, sides = np.empty((comb.chain.size + 1, KEPT, real.size)), _sides(comb, entry)
    boxes[0] = 0.0
    sums, blood = np.zeros((4, real.size)), np.empty((2, real.size))
    for box in range(comb.chain.size):
        down = comb.down[box - 1] if box > 0 else 0.0
        back = down * comb.up[box - 1] if box > 0 else 0.0
        held, fed = entry[comb.chain[box]], comb.back[box]
        _down(comb.leaving[box], down, back, held, fed, sides[box], real, imag, boxes[box], boxes[box + 1])
    for box in range(comb.chain.size - 1, -1, -1):
        if box + 1 < comb.chain.size:
            _up(comb.up[box], boxes[box + 1], boxes[box + 2])
        _send(comb.out[box], sides[box], real, imag, boxes[box + 1], sums)
    _hub(comb, real, imag, entry, sums, blood, x)
    for box in range(comb.chain.size):
        if wanted[comb.chain[box]]:
            _fill(boxes[box + 1], blood, x[comb.chain[box]])
        for layer in range(comb.side.shape[0]):
            if comb.side[layer, box] >= 0 and wanted[comb.side[layer, box]]:
                _fill_side(sides[box, layer], real, imag, boxes[box + 1], blood, x[comb.side[layer, box]])
    for place in range(comb.follower.size):
        if wanted[comb.follower[place]]:
            _follow(comb, place, entry, real, imag, x)


@compiled
def _sides(comb: Comb, entry: Array) -> Array:
    """The rates of the two sides of every box (c, 2, 6)."""
    sides = np.empty((comb.chain.size, 2, 6))
    for box in range(comb.chain.size):
        for layer in range(2):
            now = sides[box, layer]
            now[HOME], now[OUT] = comb.side_home[layer, box], comb.side_out[layer, box]
            now[LEFT], now[TAKEN] = comb.side_leaving[layer, box], comb.side_in[layer, box]
            now[BACK] = comb.side_back[layer, box]
            now[HELD] = entry[comb.side[layer, box]] if comb.side[layer, box] >= 0 else 0.0
    return sides


@contracted
def _down(
    leaving: float,
    down: float,
    back: float,
    held: float,
    fed: float,
    side: Array,
    real: Array,
    imag: Array,
    before: Array,
    now: Array,
) -> None:
    """Take the sides of a box out of it, and the box ``before`` it."""
    home0, left0, in0, back0, held0 = side[0, HOME], side[0, LEFT], side[0, TAKEN], side[0, BACK], side[0, HELD]
    home1, left1, in1, back1, held1 = side[1, HOME], side[1, LEFT], side[1, TAKEN], side[1, BACK], side[1, HELD]
    for k in range(real.size):
        stay, turn = real[k] + left0, imag[k]
        over = home0 / (stay * stay + turn * turn)
        x0, y0 = stay * over, -turn * over
        stay = real[k] + left1
        over = home1 / (stay * stay + turn * turn)
        x1, y1 = stay * over, -turn * over
        a = real[k] + leaving - in0 * x0 - in1 * x1 - back * before[0, k]
        b = imag[k] - in0 * y0 - in1 * y1 - back * before[1, k]
        g = held + held0 * x0 + held1 * x1 + down * before[2, k]
        h = held0 * y0 + held1 * y1 + down * before[3, k]
        p = fed + back0 * x0 + back1 * x1 + down * before[4, k]
        q = back0 * y0 + back1 * y1 + down * before[5, k]
        over = 1.0 / (a * a + b * b)
        a, b = a * over, -b * over
        now[0, k], now[1, k] = a, b
        now[2, k], now[3, k] = g * a - h * b, g * b + h * a
        now[4, k], now[5, k] = p * a - q * b, p * b + q * a


@contracted
def _up(up: float, now: Array, after: Array) -> None:
    """Put what is known of the box ``after`` into ``now``."""
    for k in range(now.shape[1]):
        a, b = up * now[0, k], up * now[1, k]
        g = now[2, k] + a * after[2, k] - b * after[3, k]
        h = now[3, k] + a * after[3, k] + b * after[2, k]
        p = now[4, k] + a * after[4, k] - b * after[5, k]
        q = now[5, k] + a * after[5, k] + b * after[4, k]
        now[2, k], now[3, k], now[4, k], now[5, k] = g, h, p, q


@contracted
def _send(out: float, side: Array, real: Array, imag: Array, now: Array, sums: Array) -> None:
    """Add what a box and its sides send to plasma: of what entered, and for one unit of plasma."""
    out0, left0, in0, back0, held0 = side[0, OUT], side[0, LEFT], side[0, TAKEN], side[0, BACK], side[0, HELD]
    out1, left1, in1, back1, held1 = side[1, OUT], side[1, LEFT], side[1, TAKEN], side[1, BACK], side[1, HELD]
    for k in range(real.size):
        g, h, p, q = now[2, k], now[3, k], now[4, k], now[5, k]
        stay, turn = real[k] + left0, imag[k]
        over = out0 / (stay * stay + turn * turn)
        x0, y0 = stay * over, -turn * over
        stay = real[k] + left1
        over = out1 / (stay * stay + turn * turn)
        x1, y1 = stay * over, -turn * over
        x, y = out + in0 * x0 + in1 * x1, in0 * y0 + in1 * y1
        sums[0, k] += g * x - h * y + held0 * x0 + held1 * x1
        sums[1, k] += g * y + h * x + held0 * y0 + held1 * y1
        sums[2, k] += p * x - q * y + back0 * x0 + back1 * x1
        sums[3, k] += p * y + q * x + back0 * y0 + back1 * y1


@compiled
def _hub(comb: Comb, real: Array, imag: Array, entry: Array, sums: Array, blood: Array, x: Array) -> None:
    """Solve the hub, whose first box is plasma, into ``x`` and ``blood`` (2, K): from the last box to the first, and back."""
    size, many = comb.hub.size, real.size
    block, right = np.zeros((size, size), dtype=np.complex128), np.zeros(size, dtype=np.complex128)
    for k in range(many):
        for row in range(size):
            right[row] = entry[comb.hub[row]]
            for column in range(size):
                block[row, column] = comb.blood[row, column]
            block[row, row] += complex(real[k], imag[k])
        block[0, 0] -= complex(sums[2, k], sums[3, k])
        right[0] += complex(sums[0, k], sums[1, k])
        for step in range(size - 1, 0, -1):
            over = _inverse(block[step, step])
            for row in range(step):
                share = block[row, step] * over
                right[row] -= share * right[step]
                for column in range(step):
                    block[row, column] -= share * block[step, column]
        for row in range(size):
            for column in range(row):
                right[row] -= block[row, column] * right[column]
            right[row] *= _inverse(block[row, row])
            x[comb.hub[row], k], x[comb.hub[row], many + k] = right[row].real, right[row].imag
        blood[0, k], blood[1, k] = right[0].real, right[0].imag


@compiled
def _inverse(number: complex) -> complex:
    """1 / ``number``, which is nowhere near the ends of what a number can be."""
    over = 1.0 / (number.real * number.real + number.imag * number.imag)
    return complex(number.real * over, -number.imag * over)


@contracted
def _fill(now: Array, blood: Array, into: Array) -> None:
    """A box ``into`` (2 K), now that plasma is known."""
    size = blood.shape[1]
    for k in range(size):
        into[k] = now[2, k] + blood[0, k] * now[4, k] - blood[1, k] * now[5, k]
        into[size + k] = now[3, k] + blood[0, k] * now[5, k] + blood[1, k] * now[4, k]


@contracted
def _fill_side(side: Array, real: Array, imag: Array, now: Array, blood: Array, into: Array) -> None:
    """A side of that box ``into`` (2 K)."""
    size, left, taken, back, held = real.size, side[LEFT], side[TAKEN], side[BACK], side[HELD]
    for k in range(size):
        stay, turn = real[k] + left, imag[k]
        over = 1.0 / (stay * stay + turn * turn)
        a = now[2, k] + blood[0, k] * now[4, k] - blood[1, k] * now[5, k]
        b = now[3, k] + blood[0, k] * now[5, k] + blood[1, k] * now[4, k]
        a, b = taken * a + back * blood[0, k] + held, taken * b + back * blood[1, k]
        into[k], into[size + k] = (a * stay + b * turn) * over, (b * stay - a * turn) * over


@contracted
def _follow(comb: Comb, place: int, entry: Array, real: Array, imag: Array, x: Array) -> None:
    """A follower, of what it follows."""
    size, gained, given, fading = real.size, x[comb.follower[place]], entry[comb.follower[place]], comb.fading[place]
    gained[:] = 0.0
    for state in range(len(x)):
        if comb.followed[place, state] != 0.0:
            _add(comb.followed[place, state], x[state], gained)
    for k in range(size):
        stay, turn = real[k] + fading, imag[k]
        over = 1.0 / (stay * stay + turn * turn)
        a, b = gained[k] + given, gained[size + k]
        gained[k], gained[size + k] = (a * stay + b * turn) * over, (b * stay - a * turn) * over
