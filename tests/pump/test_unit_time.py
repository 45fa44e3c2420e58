"""The device when nobody calls it, without power, and with a wrong wall clock."""

from __future__ import annotations

import pytest
from tests.pump.bench import MONDAY, SECOND, Bench
from tests.pump.support import HOUR, MINUTE
from tests.pump.unit_support import BASE, DEMAND, fault_texts, state_of

from intrathecal.pump.controller import (
    Press,
    Stop,
)
from intrathecal.pump.engine import HEARTBEAT_MS
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.sentences import answer_of


@pytest.mark.requirement("ACC-14", "GIP-3.5.1", "GIP-3.5.2", "GIP-3.5.5")
def test_nothing_is_made_up_for_after_a_time_in_which_nobody_called() -> None:
    """Stuck for an hour: the counter stood still, the fault is logged, the schedule follows the wall clock."""
    bench = Bench()
    bench.patience_ms = 90_000
    unit = bench.filled(BASE + "\nbolus 0.1 mg over 1 min at 01:30")
    bench.go(unit, MINUTE)
    made, then = bench.steps_made, unit.now()
    bench.pass_time(HOUR)
    unit.advance()

    assert bench.steps_made == made
    assert unit.now() == then
    assert fault_texts(unit)[-1].startswith("nobody called the controller in time")
    assert state_of(unit).settings.clock - (MONDAY + HOUR - 4 * DAY_MS) % DAY_MS > 0
    bench.go(unit, MINUTE)
    bench.check(unit)
    bench.pass_time(89_000)
    unit.advance()
    assert bench.steps_made > made + 80


def test_a_watchdog_that_fires_before_the_first_fill_only_logs() -> None:
    """There is no schedule to put right."""
    bench = Bench()
    bench.patience_ms = 90_000
    unit = bench.start()
    bench.pass_time(HOUR)
    unit.advance()

    assert fault_texts(unit) == ["nobody called the controller in time; its counter stood still meanwhile"]


@pytest.mark.requirement("ACC-4")
def test_the_lockout_gets_longer_by_a_time_without_power_and_the_schedule_does_not_shift() -> None:
    """Forty minutes into a lockout of an hour the power fails for five hours."""
    bench = Bench()
    unit = bench.filled(DEMAND + "\nbolus 0.1 mg over 1 min at 08:00")  # filled at 01:00 local time
    assert answer_of(unit.tell(Press())) == ""
    bench.leap(unit, 40 * MINUTE - 20 * SECOND)
    bench.go(unit, 20 * SECOND)
    then = unit.now()
    bench.off(5 * HOUR)
    unit = bench.start()
    assert then - HEARTBEAT_MS <= unit.now() <= then
    assert "put forward by 5.0" in next(e.text for e in unit.book.events if e.kind == "clock")

    assert answer_of(unit.tell(Press())) == "lockout"
    bench.leap(unit, 19 * MINUTE)
    assert answer_of(unit.tell(Press())) == "lockout"
    bench.leap(unit, 2 * MINUTE)
    assert answer_of(unit.tell(Press())) == ""
    bench.leap(unit, 59 * MINUTE + 30 * SECOND)
    assert unit.book.wall(unit.now()) == pytest.approx(bench.clock.wall_ms() + HOUR, abs=SECOND)
    assert "scheduled" in {bolus.kind for bolus in state_of(unit).running}


def test_no_more_of_the_counter_is_lost_with_the_power_than_a_heartbeat() -> None:
    """Also while nothing flows."""
    bench = Bench()
    unit = bench.filled("stop")
    bench.go(unit, HOUR + 59 * SECOND)
    then = unit.now()
    bench.off(0)

    assert then - HEARTBEAT_MS <= bench.start().now() <= then


@pytest.mark.parametrize("jump", [-DAY_MS, 400 * DAY_MS, -(10**15)])
def test_a_wall_clock_that_is_wrong_after_a_time_without_power_changes_nothing_but_the_log(jump: int) -> None:
    """The reason is in the log."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.go(unit, MINUTE)
    clock = state_of(unit).settings.clock
    bench.clock.jump(jump)
    bench.off(SECOND)
    unit = bench.start()

    assert state_of(unit).settings.clock == clock
    assert "refused, the wall clock differs" in unit.book.events[-1].text


@pytest.mark.requirement("GIP-3.5.3")
def test_it_asks_to_be_called_when_something_is_due() -> None:
    """The next step, a retry, a reminder, the end of a mute; a pump with nothing to do is looked at now and then."""
    bench = Bench()
    unit = bench.start()
    assert unit.wait_ms() == HEARTBEAT_MS
    unit.tell(bench.first_fill(BASE))
    assert unit.wait_ms() == 1440
    bench.pass_time(1000)
    assert unit.wait_ms() == 440
    bench.pass_time(1000)
    assert unit.wait_ms() == 0
    bench.go(unit, 0)
    unit.tell(Stop())
    assert unit.wait_ms() == HEARTBEAT_MS
    bench.go(unit, 9 * MINUTE + 55 * SECOND)
    assert unit.wait_ms() == 5 * SECOND
