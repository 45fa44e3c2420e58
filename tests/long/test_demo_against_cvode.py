"""The demo's 90 days by an integrator that knows nothing of modes."""

from __future__ import annotations

from bench.demo_cvode import compare


def test_the_demo_agrees_with_cvode_at_every_level() -> None:
    """Over all 90 days, both drugs and every site: better than 1e-4 of the peak there."""
    for found in compare(90):
        assert max(found.errors.values()) < 1e-4, found
