"""The flows of the demo, taken down and given to a linear system, against the run that they were taken from."""

from __future__ import annotations

import numpy as np
from bench.demo import DEMO, demo
from bench.workloads import errors_between

from intrathecal.simulation.api import simulate
from intrathecal.therapy import load_therapy

DAYS = 3


def test_the_flows_of_the_demo_give_the_demo_s_own_concentrations() -> None:
    """Every site of both drugs at every quarter of an hour of three days, to 1e-9 of the peak; so no press is counted twice."""
    run = simulate(load_therapy(DEMO), days=DAYS, profiles=())
    traces = run.finished.end.traces
    times = np.concatenate([trace.times_s for trace in traces])
    sites = np.concatenate([trace.sites for trace in traces], axis=1)
    for drug, workload in enumerate(demo(DAYS)):
        assert workload.days == DAYS
        assert workload.agreement < 1e-9
        assert abs(workload.generator.sum(axis=0)).max() < 1e-15
        at = np.searchsorted(times, workload.samples_s[:-1])
        assert np.array_equal(times[at], workload.samples_s[:-1])
        assert errors_between(workload.reference[:-1], sites[drug][at]).max() < 1e-9
