"""A workload of three states whose answer is known by hand: drug flows into one, moves to the next, and is eliminated."""

from __future__ import annotations

import numpy as np
from bench.workloads import Array, Workload, every
from scipy import sparse

#: 1/s and ug/s: the second rate differs from the first, so that the two exponentials do.
FIRST, SECOND, INFLOW = 2e-3, 5e-4, 0.3
HOUR_S = 3600.0


def amounts(times_s: Array) -> Array:
    """The first two states (2, q) while the inflow lasts, from nothing."""
    one = INFLOW / FIRST * (1 - np.exp(-FIRST * times_s))
    two = INFLOW / SECOND * (1 - np.exp(-SECOND * times_s))
    two -= INFLOW / (SECOND - FIRST) * (np.exp(-FIRST * times_s) - np.exp(-SECOND * times_s))
    return np.array([one, two])


def decay(hours: int = 24, step_s: float = 600.0) -> Workload:
    """The inflow in two equal segments of unequal length; both states are outputs."""
    end = hours * HOUR_S
    samples = every(step_s, end)
    return Workload(
        name="decay",
        states=("csf 0", "csf 1", "eliminated"),
        generator=sparse.csr_array([[-FIRST, 0, 0], [FIRST, -SECOND, 0], [0, SECOND, 0]]),
        source=np.array([1.0, 0.0, 0.0]),
        start=np.zeros(3),
        edges_s=np.array([0.0, 0.3 * end, end]),
        inputs=np.array([INFLOW, INFLOW]),
        samples_s=samples,
        outputs=("first", "second"),
        rows=np.eye(2, 3),
        counted=np.ones(3),
        reference=amounts(samples).T,
        agreement=0.0,
    )
