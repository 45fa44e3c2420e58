"""The device: what it does when motor, memory, clock or those who talk to it fail, and what it keeps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from hashlib import shake_256

import pytest
from tests.pump.bench import BUSY, MONDAY, SECOND, Bench, orders_of
from tests.pump.support import HOUR, MINUTE

from intrathecal.pump.alarms import REPEAT_MS, Alarm, Reminder
from intrathecal.pump.book import ANSWERS, EVENTS, FAULTS, MOST_KEPT, MOST_PAIRED, Identity, Paired
from intrathecal.pump.controller import (
    BatteryReset,
    Event,
    Mute,
    Press,
    Prime,
    Program,
    Refilled,
    Reset,
    Resume,
    Stop,
)
from intrathecal.pump.engine import HEARTBEAT_MS, RETRY_MS, SCRUB_MS
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.memory.memory import Memory, Recovered
from intrathecal.pump.motor import MotorLost, MotorTaken
from intrathecal.pump.records import FirstFill
from intrathecal.pump.sentences import answer_of
from intrathecal.pump.settings import Limit
from intrathecal.pump.state import Action, PressAnswer, Refused, State
from intrathecal.pump.timing import TRY_MS
from intrathecal.pump.unit import Unit, WrongPump
from intrathecal.world import faults
from intrathecal.world.storages import Failure

BASE = "2.4 mg/day"  # a step each 1.44 s
DEMAND = "2.4 mg/day\non demand 0.1 mg over 10 min, lockout 1 h, max 4 per day"


def state_of(unit: Unit) -> State:
    """The state of a pump that has one."""
    assert unit.state is not None
    return unit.state


def fault_texts(unit: Unit) -> list[str]:
    """The fault log."""
    return [entry.text for entry in unit.book.faults]


def alarm_names(actions: list[Action]) -> list[str]:
    """The alarms that began."""
    return [action.name for action in actions if isinstance(action, Alarm)]


def program_of(text: str) -> Event:
    """A new program."""
    return orders_of(text)


# ---- stalls and slips


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


# ---- a motor that is lost


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


# ---- a memory that is lost


@pytest.mark.requirement("GIP-3.3.4", "PCA-EC5")
def test_a_pump_whose_memory_is_lost_answers_and_gives_nothing() -> None:
    """Everything is refused with the reason, nothing can be kept, and the alarm goes on."""
    bench = Bench()
    unit = Unit.without_memory("both copies are damaged", bench.wires, bench.clock, bench.identity(), bench.hardware)

    bench.go(unit, 3 * HOUR)
    assert unit.failed == "memory failure: both copies are damaged"
    assert [alarm.name for alarm in unit.alarms()] == ["memory-failure"]
    for event in (Press(), Stop(), program_of(BASE), bench.first_fill(BASE)):
        assert answer_of(unit.tell(event)) == unit.failed
    assert not unit.note("note", "a line")
    assert not unit.keep("code", "1")
    assert not unit.pair("ab", Paired("handset", "h", "PEM"))
    assert not unit.unpair("ab")
    assert not unit.burn("x")
    assert not unit.uncertain
    assert bench.steps_made == 0


@pytest.mark.requirement("GIP-3.4.5", "PCA-EC4", "PCA-R7.4-2")
@pytest.mark.parametrize("payload", [b"P 12", b"nonsense", b'{"is":"Born"}', b"D 5 5 1", b"I 5 6"])
def test_records_that_make_no_sense_stop_the_pump(payload: bytes) -> None:
    """It does not guess what it was."""
    bench = Bench()
    memory, _ = bench.read()
    unit = Unit.open(
        memory, Recovered(None, (payload,), ()), bench.wires, bench.clock, bench.identity(), bench.hardware
    )

    assert unit.failed.startswith("memory failure: its records cannot be read")


@pytest.mark.parametrize("snapshot", [b"", b"x" * 100])
def test_a_snapshot_that_makes_no_sense_stops_the_pump(snapshot: bytes) -> None:
    """It does not begin anew."""
    bench = Bench()
    memory, _ = bench.read()
    unit = Unit.open(memory, Recovered(snapshot, (), ()), bench.wires, bench.clock, bench.identity(), bench.hardware)

    assert unit.failed.startswith("memory failure: its records cannot be read")


@pytest.mark.requirement("PCA-R7.4-3", "ACC-15", "GIP-3.4.1")
def test_what_the_memory_repaired_is_in_the_fault_log_without_an_alarm() -> None:
    """One bit turned over, in either copy, at rest."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.go(unit, MINUTE)
    bench.off(SECOND)
    bench.storage.flip(8 * 600)
    unit = bench.start()

    assert [entry.kind for entry in unit.book.faults] == ["memory"]
    assert unit.alarms() == ()
    bench.check(unit)


@pytest.mark.requirement("GIP-3.3.1", "PCA-EC22", "PCA-R7.4-1")
def test_the_memory_is_read_again_every_week_and_repaired() -> None:
    """A bit that turns over while the pump runs is found before the second copy could lose the same record."""
    bench = Bench()
    unit = bench.filled("stop")
    bench.storage.flip(8 * 600)
    bench.leap(unit, SCRUB_MS + MINUTE)
    assert [entry.kind for entry in unit.book.faults] == ["memory", "alarm"]  # and that it stands still


def test_a_memory_that_cannot_be_read_any_more_stops_the_pump_at_its_weekly_look() -> None:
    """It would not survive the next loss of power."""
    bench = Bench()
    unit = bench.filled("stop")
    bench.storage.fail(Failure(1, "read", lasting=True))
    bench.leap(unit, SCRUB_MS + MINUTE)

    assert unit.failed.startswith("memory failure")


def test_a_full_memory_is_made_smaller_and_the_pump_goes_on() -> None:
    """Thousands of steps in a small memory."""
    bench = Bench(size=64 * 1024)
    unit = bench.filled("240 mg/day")
    bench.go(unit, 20 * SECOND)
    bench.check(unit)
    image = unit.life.image
    _, recovered = bench.read()
    assert recovered.snapshot is not None
    bench.off(0)
    assert bench.start().life.state == image.state


def test_a_snapshot_that_does_not_fit_stops_the_pump() -> None:
    """It says so; it forgets nothing."""
    bench = Bench(size=16 * 1024)
    unit = bench.filled("240 mg/day")
    for number in range(200):
        unit.keep(f"name {number % MOST_KEPT}", shake_256(bytes([number])).hexdigest(300))
    bench.go(unit, 5 * SECOND)

    assert unit.failed.startswith("memory failure")


def test_what_does_not_fit_into_the_memory_is_refused_and_nothing_else_changes() -> None:
    """A program of absurd size, a text, a key, and a number with too many digits."""
    bench = Bench(size=32 * 1024)
    unit = bench.filled(BASE)
    before = unit.state
    limits = tuple(Limit(Fraction(10**9), HOUR + i) for i in range(400))
    orders = orders_of(BASE).orders

    assert "cannot be kept" in answer_of(unit.tell(Program(replace(orders, limits=limits))))
    assert not unit.keep("long", "x" * 4096)
    assert not unit.pair("ab", Paired("handset", "h", "x" * 4000))
    assert "cannot be kept" in answer_of(unit.tell(Prime(Fraction(1, 10**200), SECOND)))
    assert unit.state == before
    assert not unit.failed
    blank = Bench(size=32 * 1024)
    fill = blank.first_fill(BASE)
    told = replace(fill, settings=replace(fill.settings, orders=replace(orders, limits=limits)))
    assert "cannot be kept" in answer_of(blank.start().tell(told))


# ---- time


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


# ---- alarms


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


# ---- requests, keys, logs


@pytest.mark.requirement("GIP-2.3.2")
def test_a_request_is_remembered_with_what_became_of_it_also_after_a_restart() -> None:
    """Done, refused and never arrived."""
    bench = Bench()
    unit = bench.filled(DEMAND)
    unit.tell(Press(), by="handset", request="first")
    unit.tell(Press(), by="handset", request="second")
    assert unit.burn("third")
    bench.off(0)
    unit = bench.start()

    reasons = [
        answered.reason for answered in (unit.answered(name) for name in ("first", "second", "third")) if answered
    ]
    assert reasons == ["", "lockout", "it never arrived"]
    assert unit.answered("fourth") is None
    assert unit.burn("first")
    assert unit.answered("first") is not None


def test_only_so_many_requests_are_remembered() -> None:
    """The oldest are forgotten first."""
    bench = Bench(size=2**20)
    unit = bench.filled(BASE)
    for number in range(ANSWERS + 2):
        unit.burn(str(number))

    assert unit.answered("1") is None
    assert unit.answered("2") is not None


@pytest.mark.requirement("GIP-4.1.1", "GIP-4.1.3", "ACC-5", "PCA-R6.6-1")
def test_every_act_and_every_refusal_is_logged_with_its_date_and_who_did_it() -> None:
    """Nothing is changed by a refusal."""
    bench = Bench()
    unit = bench.start()
    assert answer_of(unit.tell(Press(), by="h")) == "the pump has not been filled"
    too_much = replace(bench.first_fill(BASE), volume_pL=21 * PL_PER_ML)
    assert answer_of(unit.tell(too_much)) == "the reservoir holds 20 mL"
    other = Bench("synchromed-ii-40").first_fill(BASE)
    assert answer_of(unit.tell(other)) == "the settings are for a synchromed-ii-40, this is a synchromed-ii-20"
    broken = bench.first_fill("24 mg/day\nlimit 1 mg per 24 h")
    assert answer_of(unit.tell(broken, by="p")) == "limit: a window of 24 h would hold 24 mg, more than 1 mg"
    assert unit.state is None
    assert answer_of(unit.tell(bench.first_fill(DEMAND), by="p", text=DEMAND)) == ""
    assert unit.book.text == DEMAND
    assert answer_of(unit.tell(bench.first_fill(DEMAND))) == "the pump has been filled before"
    refill = Refilled(21 * PL_PER_ML, "morphine", state_of(unit).settings.labels)
    assert answer_of(unit.tell(refill, by="p")) == "the reservoir holds 20 mL"
    unit.tell(program_of("24 mg/day\nlimit 1 mg per 24 h"), by="p", text="no")
    assert unit.book.text == DEMAND
    unit.tell(program_of("1 mg/day"), by="p", text="1 mg/day")
    assert unit.book.text == "1 mg/day"

    lines = [(entry.kind, entry.by) for entry in unit.book.events]
    assert lines == [
        ("power", ""),
        ("refused", "h"),
        ("fill", ""),
        ("fill", ""),
        ("fill", "p"),
        ("fill", "p"),
        ("fill", ""),
        ("refill", "p"),
        ("program", "p"),
        ("program", "p"),
    ]
    assert unit.book.events[0].date == MONDAY
    assert unit.book.events[-1].date == MONDAY + HOUR
    assert [entry.number for entry in unit.book.events] == list(range(1, 11))


@pytest.mark.requirement("PCA-R6.6-2")
def test_equal_neighbours_of_a_log_are_counted_and_the_oldest_entries_are_overwritten_first() -> None:
    """Numbers go on, so that what was overwritten is missed."""
    bench = Bench(size=4 * 2**20)
    unit = bench.start()
    for _ in range(3):
        unit.note("garbage", "nonsense came", "somebody", fault=True)
    for number in range(EVENTS):
        unit.note("note", f"line {number}", fault=number < FAULTS)

    assert len(unit.book.events) == EVENTS
    assert unit.book.events[0].text == "line 0"
    assert unit.book.events[-1].number == EVENTS + 2
    assert len(unit.book.faults) == FAULTS
    bench.off(0)
    assert bench.start().book.faults[-1].text == f"line {FAULTS - 1}"


def test_keys_and_texts_are_kept_in_bounds() -> None:
    """Known again after a restart; one can be forgotten, one can be changed."""
    bench = Bench(size=2**20)
    unit = bench.start()
    for number in range(MOST_PAIRED):
        assert unit.pair(f"key {number}", Paired("handset", "h", "PEM"))
    assert not unit.pair("one more", Paired("handset", "h", "PEM"))
    assert unit.pair("key 1", Paired("programmer", "p", "PEM"))
    assert unit.unpair("key 0", "p")
    for number in range(MOST_KEPT):
        assert unit.keep(f"text {number}", "x")
    assert not unit.keep("one more", "x")
    assert not unit.keep("text 0", "x" * 5000)
    assert unit.keep("text 0", "y")
    bench.off(0)
    unit = bench.start()

    assert len(unit.book.paired) == MOST_PAIRED - 1
    assert unit.book.paired["key 1"].role == "programmer"
    assert unit.book.kept["text 0"] == "y"


@pytest.mark.requirement("GIP-6.3.2")
def test_a_memory_of_another_model_is_refused_and_a_new_version_is_noted() -> None:
    """The serial number stays what it was."""
    bench = Bench()
    bench.start()
    memory, recovered = bench.read()
    wrong = Identity("IT-2", "prometra-ii-20", "1")
    with pytest.raises(WrongPump, match="that of a synchromed-ii-20, not of a prometra-ii-20"):
        Unit.open(memory, recovered, bench.wires, bench.clock, wrong, bench.hardware)
    newer = Identity("IT-2", "synchromed-ii-20", "2")
    unit = Unit.open(memory, recovered, bench.wires, bench.clock, newer, bench.hardware)

    assert unit.book.identity == Identity("IT-1", "synchromed-ii-20", "2")


def test_a_pump_with_one_flow_for_life_cannot_be_stopped() -> None:
    """It says so."""
    bench = Bench("isomed-20-0.5")
    unit = bench.start()
    told = bench.first_fill("5 mg/day")
    unit.tell(FirstFill(told.settings, 20 * PL_PER_ML, 0, MONDAY, 0))

    assert answer_of(unit.tell(Stop())) == "this pump has one flow for life"
    bench.go(unit, MINUTE)
    bench.check(unit)


def test_a_battery_reset_and_a_press_are_told_in_the_order_in_which_they_come() -> None:
    """What is told is durable before it is answered."""
    bench = Bench()
    unit = bench.filled(DEMAND)
    unit.tell(BatteryReset())
    assert unit.tell(Press()) == [PressAnswer(unit.now(), "battery reset")]
    bench.storage.fail(Failure(1, "write"))
    assert answer_of(unit.tell(Stop())).startswith("memory failure")
    assert not state_of(unit).stopped


def test_a_pump_that_has_failed_in_both_ways_says_what_is_worse() -> None:
    """The memory is lost while the motor is."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.wires.lost = True
    bench.go(unit, 2 * SECOND)
    bench.storage.fail(Failure(1, "sync", lasting=True))
    assert answer_of(unit.tell(Stop())).startswith("memory failure")
    bench.wires.lost = False
    bench.go(unit, HOUR)

    assert unit.failed.startswith("memory failure")
    assert bench.steps_made == 0
    assert isinstance(unit.tell(Reset())[-1], Refused)


def test_the_busy_program_of_the_other_tests_runs() -> None:
    """It has a bolus at the hour of the first fill."""
    bench = Bench()
    unit = bench.filled(BUSY)
    assert [bolus.kind for bolus in state_of(unit).running] == ["scheduled"]


def test_a_blank_memory_is_a_new_pump_only_once() -> None:
    """Its identity is the first thing that it remembers."""
    bench = Bench()
    bench.start()
    _, recovered = Memory.open(bench.storage)

    assert recovered.payloads[0].startswith(b'{"is":"Born"')
