"""The few modes of `reduction`, found by arrays: for a run of one patient, which has them sooner than a compiler is loaded.

The space is the same, whatever the order in which it is found and the direction from which a solution sets out (Berljafa and
Güttel 2017). So solutions at a few shifts, far from one another and thus not parallel, are found from one direction at once, and
made orthogonal to what is known by products of matrices.
"""

from __future__ import annotations

import numpy as np

from intrathecal.simulation.modal import Modal
from intrathecal.simulation.reduction import NOTHING_NEW, projected, shifts
from intrathecal.simulation.shifted import Shifted
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Array

#: Solutions at so many shifts are found at once. More are too nearly parallel: digits are lost where drug never reaches far.
AT_ONCE = 4


def explored(system: LinearSystem, comb: Shifted, entries: Array, count: int) -> Modal:
    """The modes of ``system`` as `reduction.reduced` has them, for what enters at ``entries`` (n, k), ``count`` shifts for each.

    Raises `ArithmeticError` where drug never leaves, and where the modes are linearly dependent to working precision.
    """
    scale = np.sqrt(system.weights)
    spaces = [_space(system, comb, scale, entry, count) for entry in np.ascontiguousarray(entries.T)]
    basis = Basis(1 + sum(len(space) for space in spaces), spaces[0])
    for rows in (*spaces[1:], (system.parent * scale)[None]):
        basis.add(rows)
    return projected(system, basis.rows)


def _space(system: LinearSystem, comb: Shifted, scale: Array, entry: Array, count: int) -> Array:
    """What drug that enters at ``entry`` (n) brings at every shift, and itself: orthonormal rows (q, n), scaled by ``scale`` (n).

    Nothing else is in their space: a direction that another entry brought would lead the next solution astray.
    """
    at_rest = comb.resolvent(np.zeros(1), entry)[:, 0]
    found, others = Basis(count + 1, np.empty((0, entry.size))), shifts(float(system.parent @ at_rest), count)[1:]
    new, steps = found.add((at_rest / scale)[None]), -(-others.size // AT_ONCE)
    for step in range(steps):
        if not new:
            break
        new = found.add(comb.resolvent(others[step::steps], found.rows[-1] * scale).T / scale)
    found.add((entry / scale)[None])
    return found.rows


class Basis:
    """Orthonormal rows (q, n), q at most ``most``, that begin with ``first`` (k, n), which are."""

    def __init__(self, most: int, first: Array) -> None:
        self._rows, self._known = np.empty((most, first.shape[1])), len(first)
        self._rows[: self._known] = first

    @property
    def rows(self) -> Array:
        """All of them so far."""
        return self._rows[: self._known]

    def add(self, vectors: Array) -> int:
        """Add what of ``vectors`` (m, n) is orthogonal to the rows; how many rows that makes: none of what is hardly new."""
        new = vectors / np.sqrt(np.einsum("mn,mn->m", vectors, vectors))[:, None]
        for _ in range(2):  # once leaves round-off, twice is enough (Giraud 2005)
            new = _orthonormal(new - (new @ self.rows.T) @ self.rows)
        self._rows[self._known : self._known + len(new)] = new
        self._known += len(new)
        return len(new)


def _orthonormal(vectors: Array) -> Array:
    """Unit vectors in the space of ``vectors`` (m, n), without those that hardly leave the space of the ones before them."""
    across, parts = np.linalg.qr(vectors.T)
    new = np.abs(parts.diagonal()) >= NOTHING_NEW
    return np.asarray(across.T if new.all() else _orthonormal(vectors[new]))
