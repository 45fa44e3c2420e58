"""A workload by SciPy's BDF with its sparse, constant Jacobian, restarted at every change of input."""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

from bench.slope import Slope
from bench.workloads import Array, Run, Solved, Workload, absolute_tolerance


def bdf(workload: Workload) -> Run:
    """Made ready for ``workload``."""
    slope = Slope(workload, np.arange(len(workload.states)))
    jacobian = slope.matrix.tocsc()
    seen = np.vstack([workload.rows, workload.counted])
    samples, atol = workload.samples_s, absolute_tolerance(workload)

    def right(t: float, y: Array) -> Array:
        into = np.empty_like(y)
        slope(y, into)
        return into

    def run(rtol: float) -> Solved:
        found = []
        now = workload.start
        for segment, given in enumerate(workload.inputs):
            begin, end = workload.edges_s[segment : segment + 2]
            inside = samples[np.searchsorted(samples, begin, "right") : np.searchsorted(samples, end, "right")]
            slope.give(float(given))
            with np.errstate(all="ignore"):  # with a loose tolerance it may run away
                result = solve_ivp(
                    right,
                    (begin, end),
                    now,
                    method="BDF",
                    t_eval=np.union1d(inside, [end]),
                    jac=jacobian,
                    rtol=rtol,
                    atol=atol,
                )
            if not result.success:
                raise ArithmeticError(f"BDF stopped: {result.message}")
            now = result.y[:, -1]
            found.append(seen @ result.y[:, : inside.size])
        together = np.concatenate(found, axis=1).T
        return Solved(together[:, :-1], together[:, -1])

    return run
