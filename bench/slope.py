"""The right-hand side of a workload, compiled, so that a peer does not pay for a slow one: generator y + source u."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bench.workloads import Array, Workload


@njit(cache=True)
def _multiply(
    starts: NDArray[np.int32], columns: NDArray[np.int32], values: Array, y: Array, push: Array, into: Array
) -> None:
    for row in range(into.size):
        total = push[row]
        for place in range(starts[row], starts[row + 1]):
            total += values[place] * y[columns[place]]
        into[row] = total


class Slope:
    """dx/dt in the order ``chosen`` of the states; ``calls`` are counted and `give` sets the input."""

    def __init__(self, workload: Workload, chosen: NDArray[np.intp]) -> None:
        self.matrix = workload.generator[chosen][:, chosen].tocsr()
        self.matrix.sort_indices()
        self._source = workload.source[chosen]
        self._push = np.zeros(chosen.size)
        self.calls = 0

    def give(self, ug_per_s: float) -> None:
        """From now on the input is ``ug_per_s``."""
        self._push = self._source * ug_per_s

    def __call__(self, y: Array, into: Array) -> None:
        """Write dx/dt at ``y`` into ``into``."""
        self.calls += 1
        matrix = self.matrix
        _multiply(matrix.indptr, matrix.indices, matrix.data, y, self._push, into)
