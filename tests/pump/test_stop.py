"""Emergency stop, mute, and the schedule's clock after a time without power: what the controller does."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.pump.support import (
    HOUR,
    MINUTE,
    answers,
    bolus_starts,
    counted_between,
    counted_mL,
    filled,
    names,
    ng_per_mL,
    play,
    run,
    settings,
)

from intrathecal.pump import alarms
from intrathecal.pump.booking import next_change
from intrathecal.pump.controller import (
    BatteryReset,
    BatterySensed,
    ClockSeen,
    Event,
    Mute,
    Press,
    Prime,
    Program,
    Refilled,
    Reset,
    Resume,
    Rotor,
    Stop,
    Strayed,
    Tick,
    step,
)
from intrathecal.pump.hardware import DAY_MS, NS_PER_MS, PL_PER_ML
from intrathecal.pump.settings import Bridge, order
from intrathecal.pump.state import Action, ClockKept, ClockSet, ProgramRefused, Refused, State
from intrathecal.therapy import Program as Text

STEP_ML = 4e-6
SAME = (("morphine", ng_per_mL("10 mg/mL")),)
DEMAND = "2.4 mg/day\non demand 0.1 mg over 10 min, lockout 1 h, max 4 per day"


def program(text: str) -> Program:
    """A new program at 10 mg/mL."""
    return Program(order(Text.parse(text), SAME[0][1]))


def refused(actions: list[Action]) -> list[Action]:
    """Every refusal."""
    return [action for action in actions if isinstance(action, Refused | ProgramRefused | ClockKept)]


@pytest.mark.requirement("PCA-R5.1-2", "GIP-2.2.2")
def test_a_stop_gives_nothing_sounds_at_once_and_ends_boluses() -> None:
    """Half of a bolus is given, the rest is lost; base, press and scheduled bolus give nothing for six hours."""
    text = DEMAND + "\nbolus 0.2 mg over 10 min at 04:00"
    events: list[tuple[int, Event]] = [
        (HOUR, Press()),
        (HOUR + 5 * MINUTE, Stop()),
        (2 * HOUR + 5 * MINUTE, Press()),
        (7 * HOUR, Stop()),
        (7 * HOUR, Tick()),
    ]
    state, actions = play(filled(settings(text)), events)

    assert counted_mL(state) == pytest.approx(0.01 * 65 / 60 + 0.005, abs=STEP_ML)
    assert names(actions) == [(HOUR + 5 * MINUTE, alarms.EMERGENCY_STOP)]
    assert answers(actions)[-1][1] == "stopped"
    assert state.stopped_at == HOUR + 5 * MINUTE


@pytest.mark.requirement("ACC-4")
def test_resume_runs_the_program_on_and_keeps_the_lockout() -> None:
    """A bolus due at that moment begins; the alarm ends; a press two minutes before the lockout's end is refused."""
    text = DEMAND + "\nbolus 0.2 mg over 10 min at 04:00"
    events: list[tuple[int, Event]] = [
        (3 * HOUR + 30 * MINUTE, Press()),
        (3 * HOUR + 50 * MINUTE, Stop()),
        (4 * HOUR, Resume()),
        (4 * HOUR + 28 * MINUTE, Press()),
        (4 * HOUR + 31 * MINUTE, Press()),
        (4 * HOUR + 32 * MINUTE, Resume()),
    ]
    state, actions = play(filled(settings(text)), events)

    assert bolus_starts(actions) == [3 * HOUR + 30 * MINUTE, 4 * HOUR, 4 * HOUR + 31 * MINUTE]
    assert [reason for _, reason in answers(actions)] == ["", "lockout", ""]
    assert alarms.EMERGENCY_STOP not in state.sounding
    assert not state.stopped


def test_a_new_program_ends_a_stop_and_a_refused_one_does_not() -> None:
    """One that breaks its own limit changes nothing."""
    state, _ = play(filled(settings("2.4 mg/day")), [(HOUR, Stop())])
    still, actions = step(state, program("2.4 mg/day\nlimit 1 mg per 24 h"), 2 * HOUR)
    going, _ = step(state, program("4.8 mg/day"), 2 * HOUR)

    assert len(refused(actions)) == 1
    assert still.stopped
    assert not going.stopped
    assert counted_mL(run(going, 3 * HOUR)[0]) == pytest.approx(0.03, abs=STEP_ML)


@pytest.mark.requirement("PCA-R5.1-2")
def test_a_refill_does_not_end_a_stop_unless_it_brings_a_program() -> None:
    """The label changes, nothing flows."""
    state, _ = play(filled(settings("2.4 mg/day")), [(HOUR, Stop())])
    for orders, stopped in ((None, True), (program("1 mg/day").orders, False)):
        after, _ = step(state, Refilled(20 * PL_PER_ML, "morphine", SAME, None, orders), 2 * HOUR)
        assert after.stopped is stopped


def test_a_bridge_waits_while_the_pump_is_stopped() -> None:
    """0.1 mL in a day, stopped for six hours: it ends six hours later."""
    refill = Refilled(
        20 * PL_PER_ML, "morphine", SAME, Bridge(Fraction(PL_PER_ML, 10), Fraction(PL_PER_ML, 10 * DAY_MS))
    )
    events: list[tuple[int, Event]] = [(HOUR, refill), (2 * HOUR, Stop()), (8 * HOUR, Resume())]
    state, _ = play(filled(settings("2.4 mg/day")), events)

    assert state.bridge is not None
    assert run(state, DAY_MS + 6 * HOUR)[0].bridge is not None
    assert run(state, DAY_MS + 7 * HOUR)[0].bridge is None


def test_a_bridge_that_is_nearly_over_does_not_keep_a_stopped_pump_busy() -> None:
    """Its end comes no nearer while the motor stands: nothing is due until the alarm of two days."""
    state = filled(settings("2.4 mg/day"))
    bridge = Bridge(Fraction(1, 3), Fraction(24 * PL_PER_ML, 10 * DAY_MS))
    state, _ = play(state, [(HOUR, Stop()), (HOUR, Refilled(20 * PL_PER_ML, "morphine", SAME, bridge))])
    assert state.bridge is not None
    assert next_change(state, 10 * DAY_MS) == HOUR + 2 * DAY_MS
    state, _ = step(state, Resume(), 2 * HOUR)
    assert next_change(state, 10 * DAY_MS) == 2 * HOUR + 1


def test_priming_is_refused_while_stopped() -> None:
    """With its reason, and nothing flows."""
    state, _ = play(filled(settings("2.4 mg/day")), [(HOUR, Stop())])
    after, actions = step(state, Prime(Fraction(PL_PER_ML, 5), 5 * MINUTE), 2 * HOUR)

    assert refused(actions) == [Refused(2 * HOUR, "stopped")]
    assert after.running == ()


def test_neither_reset_nor_battery_reset_ends_a_stop() -> None:
    """Not even the minimum rate flows."""
    events: list[tuple[int, Event]] = [
        (HOUR, Stop()),
        (2 * HOUR, BatteryReset()),
        (3 * HOUR, Reset()),
        (9 * HOUR, Tick()),
    ]
    state, _ = play(filled(settings("2.4 mg/day")), events)

    assert counted_mL(state) == pytest.approx(0.01, abs=STEP_ML)
    assert state.stopped


def test_a_ramp_pauses_while_the_pump_is_stopped() -> None:
    """A pump that stood for two days goes on where the ramp was, not two days further."""
    text = "1 mg/day\nramp to 2 mg/day by 100 % every 2 days"
    events: list[tuple[int, Event]] = [
        (DAY_MS, Stop()),
        (3 * DAY_MS, Resume()),
        (4 * DAY_MS, Tick()),
        (5 * DAY_MS, Tick()),
    ]
    _, actions = play(filled(settings(text)), events)

    flows = [counted_between(actions, day * DAY_MS, (day + 1) * DAY_MS) for day in range(5)]
    assert flows == pytest.approx([0.1, 0, 0, 0.1, 0.2], abs=STEP_ML)


def falling() -> State:
    """A ramp that falls in time for the boluses of Wednesday, stopped on Monday."""
    text = (
        "24 mg/day\nramp to 1 mg/day by 90 % every 1 day\nbolus 14 mg over 1 h at 12:00 on Wed\nlimit 24.5 mg per 24 h"
    )
    state, actions = play(filled(settings("stop")), [(0, program(text)), (HOUR, Stop())])
    assert not refused(actions)
    return state


@pytest.mark.requirement("ACC-2")
def test_resume_is_refused_when_the_ramp_would_now_meet_a_bolus_that_it_did_not_meet_before() -> None:
    """The pump stays stopped; a new program ends it."""
    state, actions = play(falling(), [(2 * DAY_MS, Resume())])

    assert len(refused(actions)) == 1
    assert state.stopped
    assert not play(falling(), [(2 * HOUR, Resume())])[0].stopped


@pytest.mark.requirement("ACC-13", "GIP-3.2.1", "GIP-3.2.2")
def test_a_mute_silences_for_two_minutes_and_a_second_one_does_not_lengthen_it() -> None:
    """What sounds still sounds; it is only not heard."""
    state, _ = play(filled(settings("2.4 mg/day")), [(HOUR, Stop()), (2 * HOUR, Mute()), (2 * HOUR + 60_000, Mute())])

    assert state.sounding == (alarms.EMERGENCY_STOP,)
    assert state.muted(2 * HOUR + 119_999)
    assert not state.muted(2 * HOUR + 120_000)


@pytest.mark.requirement("GIP-3.2.2")
def test_a_new_alarm_ends_a_mute_and_nothing_is_muted_in_advance() -> None:
    """Silence asked for one alarm does not hide another."""
    quiet, _ = step(filled(settings("2.4 mg/day")), Mute(), HOUR)
    assert not quiet.muted(HOUR)

    state, _ = play(quiet, [(2 * HOUR, Rotor(stalled=True)), (2 * HOUR, Mute()), (2 * HOUR + 1000, BatteryReset())])
    assert not state.muted(2 * HOUR + 1000)


def test_the_clock_follows_a_time_without_power_and_rhythms_keep_their_hour() -> None:
    """The counter stood for three hours: the bolus of 07:00 comes three hours earlier on the counter, the next in 14 days too."""
    text = "stop\nbolus 0.2 mg over 10 min at 07:00\nbolus 0.5 mg over 10 min every 14 days from 08:00"
    wall = 3 * HOUR + settings(text).clock
    events: list[tuple[int, Event]] = [(HOUR, ClockSeen(wall + HOUR)), (DAY_MS, Tick()), (15 * DAY_MS, Tick())]
    _, actions = play(filled(settings(text)), events)

    assert [action for action in actions if isinstance(action, ClockSet)] == [ClockSet(HOUR, 3 * HOUR)]
    starts = bolus_starts(actions)
    assert starts[:2] == [4 * HOUR, 5 * HOUR]
    assert 14 * DAY_MS + 5 * HOUR in starts


def test_a_bolus_whose_time_passed_without_power_is_lost() -> None:
    """It is not made up for."""
    text = "stop\nbolus 0.2 mg over 10 min at 07:00"
    _, actions = play(filled(settings(text)), [(6 * HOUR, ClockSeen(9 * HOUR)), (DAY_MS, Tick())])

    assert bolus_starts(actions) == []


@pytest.mark.parametrize(
    ("wall", "why"), [(HOUR - 2000, "behind"), (33 * DAY_MS, "further ahead"), (HOUR, ""), (HOUR + 999, "")]
)
def test_a_clock_that_goes_back_or_jumps_absurdly_changes_nothing(wall: int, why: str) -> None:
    """It is only said; and one that agrees is not even that."""
    before, _ = step(filled(settings(DEMAND)), Press(), HOUR)
    after, actions = step(before, ClockSeen(wall), HOUR)

    assert after == before
    assert [why in action.reason for action in actions if isinstance(action, ClockKept)] == ([True] if why else [])


@pytest.mark.requirement("ACC-2")
def test_a_clock_that_would_break_a_limit_is_not_believed() -> None:
    """A bolus at 07:00 is all that the limit allows in 12 h; at 08:00 the clock claims that it is 06:00 of the next day."""
    text = "stop\nbolus 0.2 mg over 10 min at 07:00\nlimit 0.3 mg per 12 h"
    state, _ = run(filled(settings(text)), 8 * HOUR)
    kept, actions = step(state, ClockSeen(30 * HOUR), 8 * HOUR)
    moved, _ = step(state, ClockSeen(9 * HOUR), 8 * HOUR)

    assert kept == state
    assert len(refused(actions)) == 1
    assert moved.settings.clock == HOUR


def test_a_clock_is_judged_with_the_bridge_that_runs() -> None:
    """What comes out of the line counts."""
    text = "stop\nbolus 2 mg over 10 min at 07:00\nlimit 2.5 mg per 3 h"
    state, _ = step(filled(settings(text)), Tick(), 8 * HOUR)
    bridge = Bridge(Fraction(PL_PER_ML, 10), Fraction(24 * PL_PER_ML, 10 * DAY_MS))
    state, actions = step(state, Refilled(20 * PL_PER_ML, "morphine", SAME, bridge), 20 * HOUR)
    assert not refused(actions)
    _, actions = step(state, ClockSeen(30 * HOUR), 20 * HOUR)

    assert [action for action in actions if isinstance(action, ClockSet | ClockKept)] == [
        ClockKept(20 * HOUR, 10 * HOUR, "a limit would be broken")
    ]


@pytest.mark.requirement("GIP-5.1.3")
def test_a_measured_battery_only_ever_lowers_what_is_counted() -> None:
    """At a tenth of its life, half is measured: half is left; nine tenths measured later change nothing."""
    told = settings("2.4 mg/day")
    life = told.hardware.life_ns or 0
    state = filled(told, age_ms=life // NS_PER_MS // 10)
    state, _ = step(state, BatterySensed(Fraction(1, 2)), 0)
    assert state.battery_fraction == pytest.approx(0.5)
    state, _ = step(state, BatterySensed(Fraction(9, 10)), 0)
    assert state.battery_fraction == pytest.approx(0.5)
    _, actions = step(state, BatterySensed(Fraction(1, 1000)), HOUR)
    assert [name for _, name in names(actions)] == [alarms.REPLACE_SOON]


@pytest.mark.parametrize("during", [0, 30 * MINUTE, HOUR])
def test_steps_that_nobody_asked_for_are_counted_and_fill_the_limits_windows(during: int) -> None:
    """0.2 mg astray leave no room for a press of 0.1 mg under a limit of 0.25 mg in an hour."""
    text = (
        "stop\n00:30-01:00 2.4 mg/day\non demand 0.1 mg over 1 min, lockout 1 min, max 9 per day\nlimit 0.25 mg per 1 h"
    )
    state, _ = step(filled(settings(text)), Tick(), during)
    astray = 5_000
    after, _ = step(state, Strayed(astray), during)
    _, actions = play(after, [(during + MINUTE, Press())])

    assert after.steps == state.steps + astray
    assert after.reservoir_pL == state.reservoir_pL - astray * state.settings.hardware.step_pL
    assert answers(actions)[-1][1] == ("limit" if during else "")
    assert after.owed == state.owed


def test_a_rhythm_of_days_stays_on_its_day_when_the_clock_passes_midnight() -> None:
    """Sent on Monday at 23:00; on a Tuesday its bolus would break the limit, and three hours without power make it Tuesday."""
    text = "stop\nTue 06:00-07:00 24 mg/day\nbolus 1 mg over 10 min every 14 days from 06:30\nlimit 1.5 mg per 1 h"
    events: list[tuple[int, Event]] = [
        (23 * HOUR, program(text)),
        (23 * HOUR + 30 * MINUTE, ClockSeen(26 * HOUR + 30 * MINUTE)),
        (15 * DAY_MS, Tick()),
    ]
    _, actions = play(filled(settings("stop")), events)

    assert not refused(actions)
    assert bolus_starts(actions) == [14 * DAY_MS + 3 * HOUR + 30 * MINUTE]
