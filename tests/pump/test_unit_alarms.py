"""The device: what it sounds, and what its electronics tell it."""

from __future__ import annotations

import pytest
from tests.pump.bench import SECOND, Bench
from tests.pump.support import HOUR, MINUTE
from tests.pump.unit_support import BASE, DEMAND, alarm_names, state_of

from intrathecal.pump.alarms import Reminder
from intrathecal.pump.controller import (
    BatteryReset,
    Mute,
    Press,
    Reset,
    Stop,
)
from intrathecal.pump.motor import MotorLost
from intrathecal.pump.sentences import answer_of
from intrathecal.pump.state import PressAnswer
from intrathecal.world.storages import Failure


@pytest.mark.requirement("ACC-13", "GIP-3.2.1", "GIP-3.1.1")
def test_an_alarm_is_heard_again_and_a_mute_silences_it_for_two_minutes() -> None:
    """At once, then each ten minutes; muted, it comes back by itself."""
    bench = Bench()
    unit = bench.filled(BASE)
    assert alarm_names(unit.tell(Stop())) == ["stopped-by-command"]
    heard = []
    for _ in range(25 * 60):
        bench.pass_time(SECOND)
        heard += [unit.now() for action in unit.advance() if isinstance(action, Reminder)]
    began = unit.alarms()[0].at
    assert [(at - began) // MINUTE for at in heard] == [10, 20]

    unit.tell(Mute())
    bench.go(unit, 119 * SECOND)
    assert unit.wait_ms() == SECOND
    assert [action.name for action in bench.go(unit, SECOND) if isinstance(action, Reminder)] == ["stopped-by-command"]


@pytest.mark.requirement("GIP-3.2.2")
def test_an_alarm_and_a_stop_survive_a_restart_and_a_mute_does_not() -> None:
    """It is heard at once."""
    bench = Bench()
    unit = bench.filled(BASE)
    unit.tell(Stop())
    began = unit.alarms()
    unit.tell(Mute())
    bench.off(MINUTE)
    unit = bench.start()

    assert state_of(unit).stopped
    assert unit.alarms() == began
    assert [action.name for action in unit.advance() if isinstance(action, Reminder)] == ["stopped-by-command"]
    bench.go(unit, HOUR)
    assert bench.steps_made == 0


def test_the_electronics_tell_of_a_dip_and_of_a_low_battery() -> None:
    """The program is lost until a programmer resets; the charge is believed when it is lower than counted."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.mechanism.dip()
    assert alarm_names(unit.advance()) == ["battery-reset"]
    assert state_of(unit).safe
    unit.tell(Reset())
    assert not state_of(unit).safe
    bench.mechanism.drain(0.02)
    assert alarm_names(unit.advance()) == ["elective-replacement"]
    assert state_of(unit).battery_fraction == pytest.approx(0.02, abs=1e-6)


def test_signals_before_the_first_fill_and_during_a_failure_do_no_harm() -> None:
    """Nothing is there that could lose its program."""
    bench = Bench()
    unit = bench.start()
    bench.mechanism.dip()
    unit.advance()
    assert unit.state is None
    unit.tell(bench.first_fill(BASE))
    bench.go(unit, MINUTE)
    bench.wires.trouble(1, lambda: setattr(bench.wires, "lost", True), after=False)
    bench.go(unit, 2 * SECOND)
    bench.wires.lost = False
    bench.wires.rotor = _lost  # type: ignore[method-assign]
    bench.mechanism.dip()
    bench.go(unit, SECOND)

    assert state_of(unit).safe


def _lost() -> int:
    raise MotorLost("no")


def test_a_battery_reset_and_a_press_are_told_in_the_order_in_which_they_come() -> None:
    """What is told is durable before it is answered."""
    bench = Bench()
    unit = bench.filled(DEMAND)
    unit.tell(BatteryReset())
    assert unit.tell(Press()) == [PressAnswer(unit.now(), "battery reset")]
    bench.storage.fail(Failure(1, "write"))
    assert answer_of(unit.tell(Stop())).startswith("memory failure")
    assert not state_of(unit).stopped
