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

from math import sqrt

import numpy as np

from intrathecal.compiled import compiled, summed
from intrathecal.simulation.comb import WORK, Comb, solve
from intrathecal.simulation.modal import Modal, by_modes
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Array

#: How many shifts an entry gets, and the fastest of them (1/s).
FASTEST_PER_S = {28: 0.5, 36: 1.0, 48: 3.0, 64: 6.0, 96: 30.0}
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
    scale, known = np.sqrt(system.weights), 0
    basis = np.zeros((1 + entries.shape[1] * (count + 1), scale.size))
    for entry in np.ascontiguousarray(entries.T):
        stays_s = float(system.parent @ comb.resolvent(np.zeros(1), entry)[:, 0])
        known = _join(basis, known, _explored(comb, scale, entry, shifts(stays_s, count)))
    known = _added(system.parent * scale, basis, known)
    return projected(system, basis[:known])


def projected(system: LinearSystem, basis: Array) -> Modal:
    """The modes of ``system`` in the space of a ``basis``: orthonormal rows (q, n), in units of the roots of the weights."""
    scale = np.sqrt(system.weights)
    lifted, projection = basis.T * scale[:, None], basis / scale
    return by_modes(system, projection @ (system.generator @ lifted), lifted, projection)


@compiled
def _explored(comb: Comb, scale: Array, entry: Array, shifts: Array) -> Array:
    """What drug that enters at ``entry`` (n) brings at every shift, and itself: orthonormal rows (q, n), scaled by ``scale`` (n).

    Nothing else is in their space: a direction that another entry brought would lead the next solution astray.
    """
    found, known = np.zeros((shifts.size + 1, entry.size)), 0
    work, solved, source = np.empty((WORK, comb.chain.size)), np.zeros(entry.size), entry.copy()
    for shift in shifts:
        solve(comb, shift, source, work, solved)
        now = _added(solved / scale, found, known)
        if now == known:
            break
        known = now
        source[:] = found[known - 1] * scale
    known = _added(entry / scale, found, known)
    return found[:known]


@compiled
def _join(basis: Array, known: int, found: Array) -> int:
    """Add the rows of ``found`` to the first ``known`` of ``basis``; how many there are then."""
    if known == 0:
        basis[: len(found)] = found
        return len(found)
    for row in range(len(found)):
        known = _added(found[row], basis, known)
    return known


@compiled
def _added(vector: Array, basis: Array, known: int) -> int:
    """Add what of ``vector`` (n) is orthogonal to the first ``known`` rows of ``basis``, as a unit vector.

    How many there are then: as many as before where hardly a part of it is.
    """
    new = basis[known]
    new[:] = vector / sqrt(_dot(vector, vector))
    for _ in range(2):  # once leaves round-off, twice is enough (Giraud 2005)
        for row in range(known):
            share = _dot(new, basis[row])
            for place in range(new.size):
                new[place] -= share * basis[row, place]
        length = sqrt(_dot(new, new))
        if length < NOTHING_NEW:
            return known
        new /= length
    return known + 1


@summed
def _dot(first: Array, second: Array) -> float:
    total = 0.0
    for place in range(first.size):
        total += first[place] * second[place]
    return total
