"""The pump's conduct through every pair of happenings from every beginning; the fast suite has all pairs from one."""

from __future__ import annotations

import pytest
from tests.safety.test_conduct import BY_HAPPENING, STARTS, Rig, hold


@pytest.mark.requirement("ACC-12")
@pytest.mark.parametrize("first", BY_HAPPENING)
@pytest.mark.parametrize("start", STARTS)
def test_the_real_pump_does_what_the_table_says_after_every_pair(start: str, first: str) -> None:
    """Unfilled, running, low, empty, due for replacement and ended: conditions, flow, alarms and answers agree."""
    for second in BY_HAPPENING:
        hold(Rig(start), (first, second, "press"))
