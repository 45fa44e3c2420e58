"""What the pump answers to presses of the handset, when nobody else touches it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.pump.support import HOUR, MINUTE, filled
from tests.pump.support import settings as told

from intrathecal.pump.controller import Press, Rotor, Tick, step
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.pressing import refused_until
from intrathecal.pump.state import PressAnswer, State
from intrathecal.simulation.presses import answers

PROGRAMS = (
    "2.4 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day",
    "2.4 mg/day\n22:00-06:00 stop\nbolus 0.2 mg over 10 min at 07:00\n"
    "on demand 0.3 mg over 20 min, lockout 40 min, max 6 per day",
    "2.4 mg/day\non demand 0.2 mg over 5 min, lockout 2 h, max 9 per day\nlimit 3 mg per 24 h",
    "2.4 mg/day",
)
TIMES = st.lists(st.integers(0, 3 * DAY_MS), max_size=60).map(sorted)
#: The reservoir runs empty while a lockout goes on, between two presses.
OFTEN = list(range(0, DAY_MS, 5 * MINUTE))


def one_by_one(pump: State, presses: list[int]) -> list[PressAnswer]:
    """The pump is told of every press."""
    said = []
    for at in presses:
        pump, actions = step(pump, Press(), at)
        said += [action for action in actions if isinstance(action, PressAnswer)]
    return said


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(PROGRAMS),
    st.sampled_from([20.0, 0.62, 0.1]),
    st.booleans(),
    TIMES,
    st.lists(st.integers(0, 60), max_size=3).map(sorted),
    st.integers(1, 60),
)
@example(PROGRAMS[0], 0.1, False, OFTEN, [3, 40], 60)
def test_each_press_is_answered_as_if_the_pump_were_told_of_every_one(
    program: str, volume_mL: float, stalled: bool, presses: list[int], cuts: list[int], most: int
) -> None:
    """Also those that are refused alike, where the reservoir runs empty meanwhile, and after other answers before."""
    pump = filled(told(program), volume_mL)
    if stalled:
        pump, _ = step(pump, Rotor(stalled=True), 0)
    right = one_by_one(pump, presses)

    known = answers(pump, [at for index, at in enumerate(presses) if index not in cuts], len(presses))
    found = [each.answer for each in answers(pump, presses, len(presses), known)]
    assert found == right
    some = [each.answer for each in answers(pump, presses, most, known)]
    assert some == right[: len(some)]
    assert len(some) == len(right) or sum(not answer.reason for answer in some) >= most


def test_the_pump_goes_on_alike_whichever_refused_presses_it_was_told_of() -> None:
    """Brought to the same time, its state is the same."""
    pump = filled(told(PROGRAMS[0]))
    presses = list(range(HOUR, 2 * DAY_MS, 15 * MINUTE))
    every = pump
    for at in presses:
        every, _ = step(every, Press(), at)
    few = answers(pump, presses, len(presses))[-1].pump

    assert step(few, Tick(), 2 * DAY_MS)[0] == step(every, Tick(), 2 * DAY_MS)[0]


@pytest.mark.parametrize(
    ("program", "before", "reason", "first"),
    [
        (PROGRAMS[0], [HOUR], "lockout", 4 * HOUR),
        (PROGRAMS[0], [HOUR, 4 * HOUR, 7 * HOUR, 10 * HOUR], "daily count", HOUR + DAY_MS),
        (PROGRAMS[3], [], "no patient bolus is programmed", None),
    ],
)
def test_refusals_end_at_the_ms_that_is_told(program: str, before: list[int], reason: str, first: int | None) -> None:
    """A press one ms earlier is refused for the same reason, one at that time is given."""
    pump = filled(told(program))
    for at in before:
        pump, _ = step(pump, Press(), at)
    now = 14 * HOUR if reason == "daily count" else 2 * HOUR
    pump, _ = step(pump, Press(), now)
    assert refused_until(pump, reason) == first
    if first is not None:
        assert one_by_one(pump, [first - 1])[0].reason == reason
        assert one_by_one(pump, [first])[0].reason == ""
