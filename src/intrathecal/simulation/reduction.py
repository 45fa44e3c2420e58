"""A few modes in place of all: a rational Krylov reduction of one drug's system.

What enters at b leaves its trace in the solutions of (s - G) x = b. Those at a few dozen s, log-spaced between the slowest and
the fastest rate that can be seen, and b itself span a space in which the system is projected (Galerkin), orthonormal in the
measure of the amounts at rest. In that measure G only loses, but for the flow of fluid, so that the projection is stable; and
with the row that counts drug (1 for every state of it) in the space, what enters is there or has left, to round-off, however
few the modes. The solution at s = 0 is among them: means, areas under curves and what is eliminated in the end are exact.

The solutions at neighbouring s are all but parallel. So each is not solved from b but from the direction that the one before
added (rational Arnoldi: Ruhe 1984; Güttel 2013): the same space, and no digit of a new direction is lost.
"""

from __future__ import annotations

import numpy as np

from intrathecal.simulation.comb import Comb
from intrathecal.simulation.modal import Modal, by_modes
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Array

#: How many shifts an entry gets, and the fastest of them (1/s).
FASTEST_PER_S = {48: 3.0, 64: 6.0, 96: 30.0}
#: The slowest shift, in units of one over the mean time that drug stays in the system.
SLOWEST = 0.3
#: A solution of which no larger part is new lies in the space already: drug reaches no further.
NOTHING_NEW = 1e-12


def shifts(stays_s: float, count: int) -> Array:
    """``count`` shifts (1/s) for drug that stays for the mean time ``stays_s``: zero, and the others log-spaced.

    Raises `ArithmeticError` where drug never leaves.
    """
    if not 0.0 < stays_s < np.inf:
        raise ArithmeticError("what enters never leaves, or is nothing")
    return np.append(0.0, np.geomspace(SLOWEST / stays_s, FASTEST_PER_S[count], count - 1))


def reduced(system: LinearSystem, comb: Comb, entries: Array, count: int) -> Modal:
    """The modes of ``system`` as it is seen by what enters at ``entries`` (n, k), with ``count`` shifts for each.

    A state that did not come from these entries, at once or over a time, is cut to what they can bring about. Raises
    `ArithmeticError` where drug never leaves, and where the modes are linearly dependent to working precision.
    """
    scale = np.sqrt(system.weights)
    counting = system.parent * scale
    directions = [counting[None] / np.linalg.norm(counting)]
    directions += [_directions(system, comb, entry, count) for entry in entries.T]
    basis, _ = np.linalg.qr(np.concatenate(directions).T)
    lifted, projection = basis * scale[:, None], basis.T / scale
    return by_modes(system, projection @ (system.generator @ lifted), lifted, projection)


def _directions(system: LinearSystem, comb: Comb, entry: Array, count: int) -> Array:
    """The solutions (q, n) for drug that enters at ``entry`` (n), orthonormal in scaled amounts, and what enters itself."""
    scale, found = np.sqrt(system.weights), np.zeros((count, entry.size))
    solved = comb.resolvent(np.zeros(1), entry)[:, 0]
    known = 0
    for shift in shifts(float(system.parent @ solved), count):
        if known:
            solved = comb.resolvent(np.array([shift]), found[known - 1] * scale)[:, 0]
        new = _new_part(solved / scale, found[:known])
        if new is None:
            break
        found[known] = new
        known += 1
    entered = entry / scale
    return np.vstack([found[:known], entered / np.linalg.norm(entered)])


def _new_part(vector: Array, known: Array) -> Array | None:
    """The unit vector along what of ``vector`` (n) is orthogonal to ``known`` (k, n); None where there is no such part."""
    vector = vector / np.linalg.norm(vector)
    for _ in range(2):  # once leaves round-off, twice is enough (Giraud 2005)
        vector = vector - (known @ vector) @ known
        length = float(np.linalg.norm(vector))
        if length < NOTHING_NEW:
            return None
        vector /= length
    return vector
