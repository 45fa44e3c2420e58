"""Single steps while the pump keeps up, quiet stretches when it is behind."""

from __future__ import annotations

from tests.pump.telemetry.support import HOUR, NG_PER_ML, Bench, first_fill

from intrathecal.pump.controller import Program
from intrathecal.pump.pace import MOST_SINGLE, keep_up
from intrathecal.pump.settings import order
from intrathecal.therapy import Program as Text

#: 2.4 mg/day at 10 mg/mL are 60 000 steps of 4 nL a day.
STEP_MS = 1440


def running() -> Bench:
    """A pump with a constant rate."""
    bench = Bench()
    bench.unit.tell(first_fill())
    bench.unit.tell(Program(order(Text.parse("2.4 mg/day"), NG_PER_ML)))
    return bench


def test_at_its_own_time_each_step_is_an_act() -> None:
    """Called when the unit asks for it, the pump makes one step after the other."""
    bench = running()
    for count in range(1, 51):
        bench.hands.counter += max(1, bench.unit.wait_ms())
        keep_up(bench.unit)
        assert (bench.drive.position, bench.drive.acts) == (count, count)


def test_an_hour_behind_is_one_act_and_the_same_state() -> None:
    """Against a pump that makes every step of that hour singly."""
    behind, singly = running(), running()
    behind.hands.counter += HOUR
    keep_up(behind.unit)
    singly.hands.counter += HOUR
    singly.unit.advance()
    assert behind.drive.acts < MOST_SINGLE
    assert singly.drive.acts == behind.drive.position == HOUR // STEP_MS
    behind.unit.advance_quiet()
    singly.unit.advance_quiet()
    assert behind.unit.state == singly.unit.state
