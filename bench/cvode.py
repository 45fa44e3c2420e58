"""A workload by SUNDIALS' CVODE (scikit-sundae), an integrator that knows nothing of modes.

It is restarted at every change of input and stops there exactly, with ``init_step`` and ``step(tstop=...)``: ``solve`` was seen
to give right amounts but wrong samples over many segments. Going on without a restart needs a tolerance that is ten times
tighter for the same error (a jump in one state is diluted in a norm over all) and is slower.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array
from sksundae.cvode import CVODE

from bench.slope import Slope
from bench.workloads import Array, Run, Solved, Workload, absolute_tolerance

#: Half of the band of the ordered generator; what lies beyond it, between plasma and the canal and into effect sites, is slow.
BAND = 4
#: In the order used, the cisterna magna and the cranium come before the cells.
PLACES = {"cranial": -2, "cisterna_magna": -1}
MOST_STEPS = 1_000_000


def order(states: tuple[str, ...]) -> NDArray[np.intp]:
    """The states from the cranium down the canal, cell by cell with its layers, then the body: a narrow band."""

    def along(state: str) -> int:
        layer, _, cell = state.partition(" ")
        if state in PLACES:
            return PLACES[state]
        return int(cell) if layer in ("csf", "cord", "epidural") else len(states)

    return np.argsort([along(state) for state in states], kind="stable")


def banded(workload: Workload) -> Run:
    """With the banded solver: the Jacobian without what lies beyond the band."""
    slope = Slope(workload, order(workload.states))
    dense = slope.matrix.toarray()
    size = slope.matrix.shape[0]
    band = min(BAND, size - 1)
    solver = {"linsolver": "band", "lband": band, "uband": band}
    # A factorisation takes 2 n ml (ml + mu) and a solve 2 n (2 ml + mu); SUNDIALS counts them so in its documentation.
    return _prepared(workload, slope, (dense, solver), (4.0 * size * band * band, 6.0 * size * band))


def sparse(workload: Workload) -> Run:
    """With the sparse solver (SuperLU_MT) and the whole Jacobian.

    It starts as many threads of OpenMP as there are cores whatever it is told, and they wait for each other: with
    ``OMP_NUM_THREADS=1`` in the environment it is five times faster.
    """
    slope = Slope(workload, order(workload.states))
    columns = slope.matrix.tocsc()
    # It reads the indices as 32 bits, whatever they are.
    pattern = csc_array(
        (columns.data, columns.indices.astype(np.int32), columns.indptr.astype(np.int32)), shape=columns.shape
    )
    pattern.sort_indices()
    return _prepared(workload, slope, (pattern.data, {"linsolver": "sparse", "sparsity": pattern}), None)


def _prepared(
    workload: Workload, slope: Slope, solver: tuple[Array, dict[str, Any]], costs: tuple[float, float] | None
) -> Run:
    chosen = order(workload.states)
    seen = np.vstack([workload.rows, workload.counted])[:, chosen]
    jacobian, options = solver
    ends = np.searchsorted(workload.samples_s, workload.edges_s, "right")
    start = workload.start[chosen]

    def right(t: float, y: Array, into: Array) -> None:
        slope(y, into)

    factorised = [0]

    def derivative(t: float, y: Array, slope_now: Array, into: Array) -> None:
        if not factorised[0]:  # the solver keeps this array, and the Jacobian never changes
            into[:] = jacobian
        factorised[0] += 1

    def run(rtol: float) -> Solved:
        factorised[0], slope.calls = 0, 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns that the pattern is not used to guess a Jacobian that is given
            cvode = CVODE(
                right,
                jacfn=derivative,
                rtol=rtol,
                atol=absolute_tolerance(workload),
                max_num_steps=MOST_STEPS,
                **options,
            )
        found = np.empty((workload.samples_s.size, len(seen)))
        now = start
        for segment, given in enumerate(workload.inputs):
            begin, end = float(workload.edges_s[segment]), float(workload.edges_s[segment + 1])
            slope.give(float(given))
            cvode.init_step(begin, now)
            for sample in range(ends[segment], ends[segment + 1]):
                now = _step(cvode, float(workload.samples_s[sample]), end)
                found[sample] = seen @ now
            if workload.samples_s[ends[segment + 1] - 1] < end or ends[segment] == ends[segment + 1]:
                now = _step(cvode, end, end)
        flops = None if costs is None else _flops(slope, factorised[0], costs)
        return Solved(found[:, :-1], found[:, -1], flops)

    return run


def _step(cvode: CVODE, to: float, stop: float) -> Array:
    result = cvode.step(to, tstop=stop)
    if not result.success:
        raise ArithmeticError(f"CVODE stopped: {result.message}")
    return np.asarray(result.y, dtype=float)


def _flops(slope: Slope, jacobians: int, costs: tuple[float, float]) -> float:
    """At least: every call of the slope with one solve of the Newton iteration, and a factorisation per Jacobian."""
    factorise, solve = costs
    return slope.calls * (2.0 * int(slope.matrix.nnz) + solve) + jacobians * factorise
