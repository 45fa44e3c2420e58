"""The demo's 90 days by an integrator that knows nothing of modes."""

from __future__ import annotations

from bench.cvode import banded
from bench.demo import demo
from bench.workloads import errors_between


def test_the_demo_agrees_with_cvode_at_every_level() -> None:
    """Over all 90 days, both drugs and every site: better than 1e-5 of the peak there."""
    for workload in demo():
        found = errors_between(banded(workload)(1e-8).outputs, workload.reference)
        assert found.max() < 1e-5, dict(zip(workload.outputs, found, strict=True))
