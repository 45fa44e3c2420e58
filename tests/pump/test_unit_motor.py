"""The device when its motor stalls, slips, goes too far or is lost."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.pump.bench import SECOND, Bench
from tests.pump.support import HOUR, MINUTE
from tests.pump.unit_support import BASE, DEMAND, alarm_names, fault_texts, state_of

from intrathecal.pump.alarms import REPEAT_MS, Reminder
from intrathecal.pump.controller import (
    Mute,
    Press,
    Prime,
    Reset,
    Resume,
    Stop,
)
from intrathecal.pump.engine import RETRY_MS
from intrathecal.pump.motor import MotorTaken
from intrathecal.pump.sentences import answer_of
from intrathecal.pump.state import PressAnswer
from intrathecal.pump.timing import TRY_MS
from intrathecal.world import faults


@pytest.mark.requirement("ACC-22", "GIP-1.2.3", "PCA-EC8", "GIP-1.6.2")
def test_a_stall_is_sensed_at_the_next_step_and_drops_what_it_could_not_give() -> None:
    """Ten minutes stuck: one step is owed, none of the others is made up for, and count and rotor agree."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.go(unit, MINUTE)
    before = bench.steps_made
    bench.mechanism.suffer(faults.STUCK)
    actions = bench.go(unit, 2 * SECOND)
    assert alarm_names(actions) == ["motor-stall"]
    bench.go(unit, 10 * MINUTE)
    assert bench.steps_made == before
    bench.check(unit)

    bench.mechanism.mend(faults.STUCK)
    bench.go(unit, TRY_MS + SECOND)
    bench.check(unit)
    assert not state_of(unit).stalled
    assert 1 <= bench.steps_made - before <= TRY_MS // 1440 + 2
    assert [entry.text for entry in unit.book.events][-1] == "motor-stall ended"


def test_a_stalled_motor_is_not_tried_while_the_pump_is_stopped() -> None:
    """Not one step, however long."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.mechanism.suffer(faults.STUCK)
    bench.go(unit, 2 * SECOND)
    unit.tell(Stop())
    bench.mechanism.mend(faults.STUCK)
    bench.go(unit, 10 * MINUTE)

    assert bench.steps_made == 0
    unit.tell(Resume())
    bench.go(unit, 2 * TRY_MS)
    assert bench.steps_made > 0
    bench.check(unit)


@pytest.mark.requirement("GIP-1.6.2", "ACC-6", "ACC-22")
def test_a_quiet_stretch_that_stalls_half_way_is_counted_as_far_as_the_rotor_went() -> None:
    """Of 600 steps that were asked in one act, those are counted that were made."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.mechanism.suffer(faults.SLIPPING, 0.5, HOUR)
    bench.pass_time(15 * MINUTE)
    unit.advance_quiet()

    bench.check(unit)
    assert 300 < bench.steps_made < 600
    assert state_of(unit).stalled


@pytest.mark.requirement("PCA-R7.4-3", "PCA-EC8")
def test_a_slip_that_a_second_try_mends_is_logged_and_not_sounded() -> None:
    """Every second pulse is lost, every step is made."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.mechanism.suffer(faults.SLIPPING, 0.5, HOUR)
    actions = bench.go(unit, MINUTE)

    assert bench.steps_made == 41
    assert alarm_names(actions) == []
    assert [(entry.kind, entry.count) for entry in unit.book.faults] == [("slipping", 40)]
    bench.check(unit)


def test_a_pump_that_cannot_sense_its_rotor_counts_what_it_intended() -> None:
    """The rotor stands, the pump goes on booking and knows nothing; it never counts less than flowed."""
    bench = Bench("prometra-ii-20")
    unit = bench.filled("24 mg/day", concentration="10 mg/mL")
    bench.go(unit, HOUR)
    bench.mechanism.suffer(faults.STUCK)
    actions = bench.go(unit, HOUR)

    assert alarm_names(actions) == []
    assert state_of(unit).steps == 2 * 40
    assert bench.mechanism.truth.rotor == 40
    assert bench.mechanism.rotor() == 80


def test_a_motor_of_a_pump_without_a_sensor_that_answers_too_little_is_not_believed() -> None:
    """What was intended is what may have flowed, so that no step is asked for twice."""
    bench = Bench("prometra-ii-20")
    unit = bench.filled("24 mg/day")
    bench.wires.move_to = lambda target: target - 1  # type: ignore[method-assign]
    bench.go(unit, HOUR)

    assert state_of(unit).steps == 40


@pytest.mark.requirement("PCA-EC5", "ACC-6")
def test_a_rotor_that_went_too_far_is_counted_and_the_pump_stops_until_it_is_reset() -> None:
    """Nobody knows what such a motor does next."""
    bench = Bench()
    unit = bench.filled(BASE)
    move = bench.mechanism.move_to
    bench.wires.move_to = lambda target: move(target + 5)  # type: ignore[method-assign]
    bench.go(unit, 5 * SECOND)

    assert unit.failed.startswith("motor failure: it went further")
    assert bench.steps_made == state_of(unit).steps == 6
    bench.go(unit, HOUR)
    assert bench.steps_made == 6

    del bench.wires.move_to
    assert answer_of(unit.tell(Reset())) == ""
    bench.go(unit, 5 * SECOND)
    assert not unit.failed
    assert bench.steps_made == 9
    bench.check(unit)


def test_a_rotor_found_too_far_after_a_time_without_power_is_counted_and_stops_the_pump() -> None:
    """Somebody turned it."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.go(unit, MINUTE)
    bench.off(SECOND)
    bench.mechanism.move_to(100)
    unit = bench.start()

    assert unit.failed.startswith("motor failure: it went further")
    assert state_of(unit).steps == 100
    bench.off(SECOND)
    unit = bench.start()  # that it starts again is no reason to believe the motor
    bench.go(unit, HOUR)
    assert unit.failed.startswith("motor failure: it went further")
    assert bench.steps_made == 100
    unit.tell(Reset())
    bench.go(unit, MINUTE)
    assert not unit.failed
    bench.check(unit)
    assert "the rotor stood 59 steps further on than it was asked to go" in fault_texts(unit)


@pytest.mark.requirement("GIP-1.8.1", "PCA-R7.2-4")
def test_a_rotor_found_further_back_is_no_rotor_of_this_pump_until_a_person_says_so() -> None:
    """Another motor was connected: a reset takes its position as it is, and nothing is counted for it."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.go(unit, MINUTE)
    bench.wires.mechanism = Bench().mechanism
    bench.wires.mechanism.inject(0, {})
    bench.off(SECOND)
    unit = bench.start()
    assert unit.failed.startswith("motor failure: the rotor stands at 0")
    bench.go(unit, MINUTE)
    assert bench.wires.mechanism.truth.rotor == 0

    unit.tell(Reset())
    assert not unit.failed
    bench.go(unit, MINUTE)
    assert bench.wires.mechanism.truth.rotor == state_of(unit).steps - 41


def test_a_reset_settles_an_act_that_was_open() -> None:
    """The motor was taken by another pump in the middle of an act, and given back by a person."""
    bench = Bench()
    unit = bench.filled(BASE)

    def taken() -> None:
        bench.wires.lost = True
        raise MotorTaken("another pump drives the motor")

    bench.wires.trouble(1, taken, after=True)
    bench.go(unit, 10 * MINUTE)
    assert unit.uncertain
    assert bench.steps_made == 1

    bench.wires.lost = False
    bench.go(unit, 10 * MINUTE)
    assert unit.failed  # a motor that was taken is not taken back without a person
    assert answer_of(unit.tell(Reset())) == ""
    assert not unit.uncertain
    assert state_of(unit).steps == bench.steps_made == 1
    assert "1 steps that had begun were found done" in [entry.text for entry in unit.book.events]
    bench.go(unit, 3 * SECOND)
    bench.check(unit)


@pytest.mark.requirement("PCA-EC5")
def test_a_lost_motor_stops_the_counter_and_orders_are_taken_all_the_same() -> None:
    """Alarm at once and again; presses are refused; a stop told meanwhile holds when the motor is back."""
    bench = Bench()
    unit = bench.filled(DEMAND)
    bench.go(unit, MINUTE)
    bench.wires.lost = True
    actions = bench.go(unit, 3 * SECOND)
    assert unit.failed == "motor failure: the wire is cut"
    assert alarm_names(actions) == ["motor-failure"]
    stood = unit.now()
    actions = bench.go(unit, 2 * REPEAT_MS)
    assert [action.name for action in actions if isinstance(action, Reminder)] == ["motor-failure"] * 2
    assert unit.now() == stood

    assert unit.tell(Press(), request="a") == [PressAnswer(stood, unit.failed)]
    for event in (Mute(), Reset(), Prime(Fraction(1000), SECOND)):
        assert answer_of(unit.tell(event)) == unit.failed
    assert answer_of(unit.tell(Stop(), request="b")) == ""
    assert state_of(unit).stopped

    bench.wires.lost = False
    bench.go(unit, RETRY_MS)
    assert not unit.failed
    assert stood <= unit.now() <= stood + RETRY_MS
    bench.go(unit, HOUR)
    bench.check(unit)
    assert unit.book.events[-1].text != ""
    assert "the motor answers again" in [entry.text for entry in unit.book.events]


@pytest.mark.requirement("GIP-3.4.6", "GIP-3.4.5", "PCA-EC4")
def test_a_pump_that_starts_without_its_motor_waits_for_it() -> None:
    """It sounds and gives no bolus meanwhile; nothing is lost, and nothing is given twice."""
    bench = Bench()
    unit = bench.filled(DEMAND)
    bench.go(unit, MINUTE)
    bench.off(MINUTE)
    bench.wires.lost = True
    unit = bench.start()
    made = bench.steps_made
    assert unit.failed
    assert "motor-failure" in alarm_names(unit.advance())
    assert answer_of(unit.tell(Press())).startswith("motor failure")
    bench.go(unit, MINUTE)
    assert bench.steps_made == made
    bench.wires.lost = False
    bench.go(unit, MINUTE)

    assert not unit.failed
    bench.check(unit)


def test_a_motor_that_is_lost_at_the_first_fill_refuses_it() -> None:
    """Nobody knows where the count begins."""
    bench = Bench()
    unit = bench.start()
    bench.wires.lost = True

    assert answer_of(unit.tell(bench.first_fill(BASE))) == "motor failure: the wire is cut"
    assert unit.state is None
    assert answer_of(unit.tell(bench.first_fill(BASE))) == "motor failure: the wire is cut"


def test_a_press_is_answered_by_what_is_true_when_the_motor_is_lost_on_the_way() -> None:
    """The step that is due first finds the wire cut."""
    bench = Bench()
    unit = bench.filled(DEMAND)
    bench.pass_time(2 * SECOND)
    bench.wires.lost = True

    assert answer_of(unit.tell(Press())).startswith("motor failure")
