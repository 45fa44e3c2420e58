"""Many random therapies: the same demand as in the fast suite, over more of them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from tests.simulation.random_therapies import therapies
from tests.simulation.support import check_ledger


@given(therapies())
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_random_therapy_loses_anything(text: str) -> None:
    """All parts sum to what entered within 1e-9, and none is below zero."""
    check_ledger(text)
