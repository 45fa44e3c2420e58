"""Reservoir, battery, alarms, refill and bridge, as the pump believes them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.support import (
    HOUR,
    MINUTE,
    answers,
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
from intrathecal.pump.controller import (
    BatteryReset,
    Event,
    Press,
    Prime,
    Program,
    Refilled,
    Reset,
    Rotor,
    Tick,
    next_call,
    step,
)
from intrathecal.pump.exactness import inexact
from intrathecal.pump.forecast import auto_bridge, due, reservoir_dates
from intrathecal.pump.hardware import DAY_MS, NS_PER_MS, PL_PER_ML
from intrathecal.pump.settings import Bridge, order
from intrathecal.pump.state import ProgramRefused, State, Stretch
from intrathecal.therapy import Program as Text

STEP_ML = 4e-6


@pytest.mark.requirement("GIP-1.5.5", "GIP-1.5.6", "PCA-R6.8-2", "PCA-R6.8-3", "PCA-EC20", "PCA-EC21", "ACC-20")
def test_the_low_and_empty_alarms_come_when_the_pump_believes_them() -> None:
    """At 2.4 mL a day, 5 mL are at 2 mL after 1.25 days and empty after 2.083 days; then nothing is booked."""
    state, actions = run(filled(settings("24 mg/day"), 5), 4 * DAY_MS)

    sounded = dict((name, at) for at, name in names(actions))
    assert sounded[alarms.LOW_RESERVOIR] == pytest.approx(1.25 * DAY_MS, abs=2000)
    assert sounded[alarms.EMPTY_RESERVOIR] == pytest.approx(5 / 2.4 * DAY_MS, abs=2000)
    assert counted_mL(state) == pytest.approx(5, abs=STEP_ML)
    assert state.reservoir_pL + state.counted_pL == 5 * PL_PER_ML


@pytest.mark.requirement("GIP-1.4.11")
def test_an_empty_pump_refuses_presses() -> None:
    """The reason is the reservoir."""
    told = settings("24 mg/day\non demand 0.1 mg over 4 min, lockout 1 h, max 4 per day")
    _, actions = play(filled(told, 1), [(2 * DAY_MS, Press())])

    assert answers(actions)[-1][1] == "reservoir empty"


@pytest.mark.requirement("GIP-6.2.2")
def test_a_refill_silences_the_reservoir_alarms_and_keeps_the_dose() -> None:
    """Twice the concentration halves the flow."""
    state, _ = run(filled(settings("24 mg/day"), 5), 3 * DAY_MS)
    state, _ = play(state, [(3 * DAY_MS, Refilled(20 * PL_PER_ML, "morphine", (("morphine", ng_per_mL("20 mg/mL")),)))])
    before = counted_mL(state)
    state, _ = run(state, 4 * DAY_MS)

    assert state.sounding == ()
    assert counted_mL(state) - before == pytest.approx(1.2, abs=STEP_ML)


@pytest.mark.requirement("ACC-8")
def test_a_bridge_runs_the_dead_volume_at_the_old_dose_and_books_the_old_drug() -> None:
    """0.4 mL at 2.4 mg/day of 10 mg/mL take 40 h at 0.24 mL a day; 4 mg of the old label are booked meanwhile."""
    state, _ = run(filled(settings("2.4 mg/day\nbolus 0.2 mg over 10 min at 07:00")), DAY_MS)
    bridge = auto_bridge(state)
    assert bridge is not None
    assert bridge.rate * DAY_MS == Fraction(26, 100) * PL_PER_ML
    bridge = replace(bridge, rate=Fraction(24, 100) * PL_PER_ML / DAY_MS)
    refill = Refilled(20 * PL_PER_ML, "morphine", (("morphine", ng_per_mL("20 mg/mL")),), bridge)
    booked = dict(state.booked)["morphine"]
    state, actions = play(state, [(DAY_MS, refill), (DAY_MS + 40 * HOUR, Tick())])

    assert state.bridge is None
    assert float(dict(state.booked)["morphine"] - booked) == pytest.approx(4e6, rel=1e-4)
    assert counted_between(actions, DAY_MS, DAY_MS + 40 * HOUR) == pytest.approx(0.4, abs=STEP_ML)
    after, more = run(state, 4 * DAY_MS)
    assert counted_between(more, 3 * DAY_MS, 4 * DAY_MS) == pytest.approx(0.13, abs=STEP_ML)
    assert after.settings.concentration == ng_per_mL("20 mg/mL")


def test_a_bridge_refuses_presses_and_pauses_the_ramp() -> None:
    """The ramp's next step comes later by the length of the bridge."""
    program = "1 mg/day\non demand 0.1 mg over 4 min, lockout 1 h, max 4 per day\nramp to 2 mg/day by 50 % every 2 days"
    state, _ = run(filled(settings(program)), DAY_MS)
    bridge = Bridge(Fraction(PL_PER_ML, 10), Fraction(PL_PER_ML, 10) / DAY_MS)
    refill = Refilled(20 * PL_PER_ML, "morphine", state.settings.labels, bridge)
    state, actions = play(state, [(DAY_MS, refill), (DAY_MS + HOUR, Press())])
    assert answers(actions)[-1][1] == "bridge running"

    _, actions = run(state, 5 * DAY_MS)
    flows = [counted_between(actions, d * DAY_MS, (d + 1) * DAY_MS) for d in range(2, 5)]
    assert flows == pytest.approx([0.1, 0.15, 0.15], abs=STEP_ML)


@pytest.mark.requirement("GIP-5.1.4", "GIP-5.1.6")
def test_elective_replacement_comes_90_days_before_the_end_of_service() -> None:
    """A pump of almost seven years asks for replacement, stops 90 days later and gives nothing more."""
    told = settings("2.4 mg/day")
    life_ms = (told.hardware.life_ns or 0) // NS_PER_MS
    state, actions = run(filled(told, 40, life_ms - 95 * DAY_MS), 110 * DAY_MS)

    sounded = dict((name, at) for at, name in names(actions))
    assert 0 < sounded[alarms.REPLACE_SOON] <= 5 * DAY_MS
    assert sounded[alarms.END_OF_SERVICE] - sounded[alarms.REPLACE_SOON] == 90 * DAY_MS
    assert counted_mL(state) == pytest.approx(0.24 * sounded[alarms.END_OF_SERVICE] / DAY_MS, abs=1e-4)
    forgotten, _ = run(state, 600 * DAY_MS)
    assert forgotten.battery_ns == told.hardware.life_ns  # an empty battery is not counted on for ever


@pytest.mark.requirement("GIP-2.2.2")
def test_a_pump_stopped_for_two_days_sounds() -> None:
    """Stop is allowed; after 48 h it alarms, and a program that flows silences it."""
    state, actions = run(filled(settings("stop")), 3 * DAY_MS)
    assert names(actions) == [(2 * DAY_MS, alarms.STOPPED)]

    orders = order(Text.parse("1 mg/day"), state.settings.concentration)
    state, _ = play(state, [(3 * DAY_MS, Program(orders)), (4 * DAY_MS, Tick())])
    assert state.sounding == ()


@pytest.mark.requirement("ACC-22")
def test_a_stall_that_is_sensed_books_nothing_and_sounds() -> None:
    """Six hours of stall are six hours not counted."""
    events: list[tuple[int, Event]] = [(6 * HOUR, Rotor(True)), (12 * HOUR, Rotor(False)), (24 * HOUR, Tick())]
    state, actions = play(filled(settings("2.4 mg/day")), events)

    assert counted_mL(state) == pytest.approx(0.18, abs=STEP_ML)
    assert names(actions) == [(6 * HOUR, alarms.MOTOR_STALL)]


@pytest.mark.requirement("GIP-1.1.8")
def test_a_battery_reset_falls_back_to_the_minimum_rate_until_it_is_set_again() -> None:
    """The program is lost for a day; a reset brings it back."""
    events: list[tuple[int, Event]] = [(DAY_MS, BatteryReset()), (2 * DAY_MS, Reset()), (3 * DAY_MS, Tick())]
    state, actions = play(filled(settings("2.4 mg/day\nbolus 0.2 mg over 10 min at 07:00")), events)

    assert counted_mL(state) == pytest.approx(0.26 + 0.006 + 0.26, abs=2 * STEP_ML)
    assert names(actions) == [(DAY_MS, alarms.BATTERY_RESET)]


def test_a_prime_faster_than_the_pump_keeps_its_volume() -> None:
    """0.2 mL in 5 min is 57.6 mL a day: it takes 12 min at 24 mL a day."""
    prime = Prime(Fraction(PL_PER_ML, 5), 5 * MINUTE)
    state, actions = play(filled(settings("stop")), [(HOUR, prime), (2 * HOUR, Tick())])

    assert counted_mL(state) == pytest.approx(0.2, abs=STEP_ML)
    ends = [a.end for a in actions if isinstance(a, Stretch) and a.steps]
    assert ends[-1] == HOUR + 12 * MINUTE


@pytest.mark.requirement("GIP-1.5.1", "GIP-1.5.2")
def test_e9_alarm_date() -> None:
    """E9: 20 mL, alarm at 2 mL, 0.5 mL/day, filled 5 January: 36.0 days, and with 7 days' lead day 29."""
    state = filled(settings("5 mg/day"))
    dates = reservoir_dates(state)

    assert dates.low == pytest.approx(36 * DAY_MS, abs=2000)
    assert due(0, 36 * DAY_MS, 7 * DAY_MS) == 29 * DAY_MS


@pytest.mark.requirement("GIP-1.5.1", "GIP-1.5.2")
def test_e9b_alarm_date() -> None:
    """E9b: 40 mL, 2 mL, 0.6 mL/day: 63.33 days, of which 63 are whole."""
    dates = reservoir_dates(filled(settings("6 mg/day", pump="synchromed-ii-40"), 40))

    assert dates.low is not None
    assert round(dates.low / DAY_MS, 2) == 63.33
    assert due(0, dates.low, 0) == 63 * DAY_MS


@pytest.mark.requirement("GIP-1.5.1")
def test_e10_with_patient_boluses() -> None:
    """E10: 18 mL usable, 0.3 mL/day and 4 x 0.02 mL a day: 60.0 days without presses, 47.4 with all."""
    dates = reservoir_dates(filled(settings("3 mg/day\non demand 0.2 mg over 4 min, lockout 3 h, max 4 per day")))

    assert dates.low is not None
    assert dates.worst is not None
    assert round(dates.low / DAY_MS, 1) == 60.0
    assert round(dates.worst / DAY_MS, 1) == 47.4


def test_e16_actuations() -> None:
    """E16: 0.5 mg/day of 20 mg/mL in steps of 2.5 uL: 0.05 mg each, 10 a day, one per 144 min; 2.5 mg are 50 actuations."""
    told = settings(
        "0.5 mg/day\nbolus 2.5 mg over 60 min at 12:00 on Tue", pump="prometra-ii-20", concentration="20 mg/mL"
    )
    _, actions = play(filled(told), [(DAY_MS, Tick())])
    times = [time for a in actions if isinstance(a, Stretch) for time in a.step_times()]

    assert told.dose(Fraction(told.hardware.step_pL)) == 50_000
    assert times == [144 * MINUTE * k for k in range(1, 11)]
    state, _ = run(filled(told), 2 * DAY_MS)
    assert state.steps == 10 + 10 + 50


def test_e15_a_daily_bolus_entered_as_hourly_is_24_times() -> None:
    """E15: 60 mcg once a day, entered every hour, is 1440 mcg a day."""
    daily, _ = run(filled(settings("stop\nbolus 60 mcg over 5 min at 07:00")), 10 * DAY_MS)
    hourly, _ = run(filled(settings("stop\nbolus 60 mcg over 5 min every 1 h from 00:00")), 10 * DAY_MS)

    assert hourly.counted_pL / daily.counted_pL == pytest.approx(24, rel=1e-2)


@pytest.mark.requirement("GIP-1.3.1")
def test_what_cannot_be_done_exactly_is_said() -> None:
    """A base too slow, a bolus that is no whole number of steps and one too fast are each reported."""
    told = settings("0.1 mg/day\nbolus 0.00003 mg over 1 min at 07:00\nbolus 20 mg over 10 min at 08:00")
    clauses = [(item.clause, item.unit) for item in inexact(told)]

    assert clauses == [("base", "mL/day"), ("bolus", "mL"), ("bolus", "mL/day")]


PROGRAM = (
    "2.4 mg/day\n22:00-06:00 1.7 mg/day\nbolus 0.2 mg over 10 min at 07:00\nbolus 0.033 mg over 7 min every 5 h from 03:30\n"
    "on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day\nlimit 6 mg per 24 h"
)


@given(cuts=st.lists(st.integers(1, 5 * DAY_MS), max_size=40), presses=st.lists(st.integers(1, 5 * DAY_MS), max_size=6))
@check(max_examples=40, deadline=None)
def test_quiet_stretches_booked_in_one_call_equal_many_small_ones(cuts: list[int], presses: list[int]) -> None:
    """However often the controller is called in between, its state is the same to the last remainder."""
    told = settings(PROGRAM, concentration="7 mg/mL")
    acts: list[tuple[int, Event]] = [(at, Press()) for at in sorted(presses)]
    whole, _ = play(filled(told), [*acts, (5 * DAY_MS, Tick())])
    often, _ = play(
        filled(told), [*sorted([*acts, *((at, Tick()) for at in cuts)], key=lambda e: e[0]), (5 * DAY_MS, Tick())]
    )

    assert often == whole


@given(at=st.integers(0, 3 * DAY_MS))
@check(max_examples=40, deadline=None)
def test_the_pump_says_when_it_must_be_called(at: int) -> None:
    """Nothing changes before the time that the pump names, except what flows."""
    state, _ = step(filled(settings(PROGRAM)), Tick(), at)
    later = next_call(state)
    _, actions = step(state, Tick(), later)

    assert later > at
    assert len([a for a in actions if isinstance(a, Stretch)]) == 1


def test_the_counter_cannot_go_back() -> None:
    """A time before the state's own is a mistake of the caller."""
    state, _ = step(filled(settings(PROGRAM)), Tick(), HOUR)

    with pytest.raises(ValueError, match="cannot go back"):
        step(state, Tick(), HOUR - 1)


def test_a_state_is_a_value() -> None:
    """Stepping leaves the state that was given as it was."""
    state = filled(settings(PROGRAM))
    copy = State(**{name: getattr(state, name) for name in State.__dataclass_fields__})
    step(state, Press(), DAY_MS)

    assert state == copy


def test_a_low_date_that_has_passed_stays_what_it_was() -> None:
    """The reservoir was low on day 36; ten days later the date, and with it the appointment, is still that day."""
    state, _ = run(filled(settings("5 mg/day")), 46 * DAY_MS)
    dates = reservoir_dates(state)

    assert dates.low == pytest.approx(36 * DAY_MS, abs=2000)
    assert dates.worst == dates.fastest == dates.low


def test_the_fastest_date_does_not_move_while_a_fill_runs_out() -> None:
    """At the fast end of the accuracy, what left before today was more than counted, too."""
    state = filled(settings("5 mg/day"))
    first = reservoir_dates(state).fastest
    later, _ = run(state, 20 * DAY_MS)
    again = reservoir_dates(later).fastest

    assert first == pytest.approx(36 / 1.145 * DAY_MS, abs=2000)
    assert again == pytest.approx(first, abs=2000)


def test_a_date_years_ahead_is_found() -> None:
    """The minimum rate of 0.006 mL a day empties 18 mL in 3000 days."""
    assert reservoir_dates(filled(settings("minimum rate"))).low == pytest.approx(3000 * DAY_MS, rel=1e-5)


def test_a_program_that_gives_nothing_ends_a_bridge() -> None:
    """Stop means stop, also while old drug is being bridged."""
    state, _ = run(filled(settings("2.4 mg/day")), DAY_MS)
    refill = Refilled(20 * PL_PER_ML, "morphine", (("morphine", ng_per_mL("20 mg/mL")),), auto_bridge(state))
    stop = Program(order(Text.parse("stop"), ng_per_mL("20 mg/mL")))
    state, actions = play(state, [(DAY_MS, refill), (DAY_MS + HOUR, stop), (2 * DAY_MS, Tick())])

    assert state.bridge is None
    assert counted_between(actions, DAY_MS + HOUR, 2 * DAY_MS) == 0


def test_a_program_that_gives_nothing_and_is_refused_leaves_the_bridge_as_it_is() -> None:
    """What was given an hour ago breaks the new program's limit; the old drug in the line must not flow at the new rate."""
    state, _ = run(filled(settings("2.4 mg/day")), DAY_MS)
    refill = Refilled(20 * PL_PER_ML, "morphine", (("morphine", ng_per_mL("20 mg/mL")),), auto_bridge(state))
    before, _ = play(state, [(DAY_MS, refill), (DAY_MS + HOUR, Tick())])
    stop = Program(order(Text.parse("stop\nlimit 0.1 mg per 4 h"), ng_per_mL("20 mg/mL")))
    after, actions = step(before, stop, DAY_MS + HOUR)

    assert [type(action) for action in actions] == [ProgramRefused]
    assert after == before
    assert after.bridge is not None


@pytest.mark.requirement("GIP-5.1.6")
def test_a_pump_past_its_service_life_when_filled_does_not_run() -> None:
    """Implanted nine years before the fill: it ended long ago."""
    state, actions = run(filled(settings("2.4 mg/day"), 20, 9 * 366 * DAY_MS), DAY_MS)

    assert counted_mL(state) == 0
    assert alarms.END_OF_SERVICE in [name for _, name in names(actions)]
