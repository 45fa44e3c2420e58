"""Every clause of the program language, as the controller runs it."""

from __future__ import annotations

import pytest
from tests.pump.support import (
    HOUR,
    MINUTE,
    answers,
    asked_mL_per_day,
    bolus_starts,
    counted_between,
    counted_mL,
    filled,
    play,
    run,
    settings,
)

from intrathecal.pump.controller import Event, Press, Program, Tick
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.settings import order
from intrathecal.therapy import Program as Text

STEP_ML = 4e-6


@pytest.mark.requirement("GIP-1.1.1")
def test_a_base_alone_gives_dose_over_concentration() -> None:
    """2.4 mg/day of 10 mg/mL is 0.24 mL a day, to one step."""
    state, _ = run(filled(settings("2.4 mg/day")), 10 * DAY_MS)

    assert counted_mL(state) == pytest.approx(2.4, abs=STEP_ML)


@pytest.mark.requirement("GIP-1.1.6")
def test_a_window_replaces_the_base_and_runs_past_midnight() -> None:
    """16 h at 2.4 mg/day and 8 h at 1.2 mg/day are 2 mg."""
    state, actions = run(filled(settings("2.4 mg/day\n22:00-06:00 1.2 mg/day")), DAY_MS)

    assert counted_mL(state) == pytest.approx(0.2, abs=STEP_ML)
    assert counted_between(actions, 0, 6 * HOUR) == pytest.approx(0.03, abs=STEP_ML)
    assert counted_between(actions, 6 * HOUR, 22 * HOUR) == pytest.approx(0.16, abs=STEP_ML)


@pytest.mark.requirement("GIP-1.1.6")
def test_a_window_begins_only_on_the_days_named() -> None:
    """A Sunday window past midnight ends on Monday morning, the week's end included."""
    state = filled(settings("2.4 mg/day\nSun 23:00-01:00 stop"))
    state, actions = run(state, 8 * DAY_MS)

    assert counted_between(actions, 0, HOUR) == 0
    assert counted_between(actions, HOUR, DAY_MS) == pytest.approx(0.23, abs=STEP_ML)
    assert counted_mL(state) == pytest.approx(8 * 0.24 - 2 * 0.01 - 0.01, abs=STEP_ML)


@pytest.mark.requirement("PCA-R5.3-1", "ACC-3")
def test_a_bolus_comes_on_top_of_the_base() -> None:
    """0.2 mg over 10 min at 07:00 adds 0.02 mL in those ten minutes."""
    _, actions = run(filled(settings("2.4 mg/day\nbolus 0.2 mg over 10 min at 07:00")), DAY_MS)

    given = counted_between(actions, 7 * HOUR, 7 * HOUR + 10 * MINUTE)
    assert given == pytest.approx(0.02 + 0.24 / 144, abs=STEP_ML)


def test_two_boluses_may_overlap() -> None:
    """Both amounts are given when one begins during the other."""
    program = "2.4 mg/day\nbolus 0.2 mg over 60 min at 07:00\nbolus 0.1 mg over 60 min at 07:30"
    state, _ = run(filled(settings(program)), DAY_MS)

    assert counted_mL(state) == pytest.approx(0.24 + 0.03, abs=STEP_ML)


def test_a_periodic_bolus_keeps_its_own_rhythm_through_midnight() -> None:
    """Every 5 h from 02:00 gives 02, 07, 12, 17, 22, then 03, 08 ... on the next day."""
    program = "1 mg/day\nbolus 0.1 mg over 5 min every 5 h from 02:00"
    _, actions = run(filled(settings(program)), 2 * DAY_MS)

    assert [start // HOUR for start in bolus_starts(actions)] == [2, 7, 12, 17, 22, 27, 32, 37, 42, 47]


def test_a_periodic_bolus_whose_anchor_has_passed_goes_on_in_its_rhythm() -> None:
    """A program that starts at 10:00 with a bolus every 6 h from 08:00 begins at 14:00."""
    told = settings("1 mg/day\nbolus 0.1 mg over 5 min every 6 h from 08:00", start="2026-03-02T10:00")
    _, actions = run(filled(told), DAY_MS)

    assert [start // HOUR for start in bolus_starts(actions)] == [4, 10, 16, 22]


def test_a_ramp_steps_by_percent_of_the_starting_base_and_clips_at_the_target() -> None:
    """2 mg/day by 20 % a day to 3 mg/day: 2, 2.4, 2.8, 3, 3."""
    _, actions = run(filled(settings("2 mg/day\nramp to 3 mg/day by 20 % every 1 day")), 5 * DAY_MS)

    days = [counted_between(actions, d * DAY_MS, (d + 1) * DAY_MS) for d in range(5)]
    assert days == pytest.approx([0.2, 0.24, 0.28, 0.3, 0.3], abs=STEP_ML)


def test_a_ramp_scales_windows_and_not_boluses() -> None:
    """Downwards by half: base and window halve, the bolus stays."""
    program = "2 mg/day\n00:00-12:00 4 mg/day\nbolus 0.1 mg over 10 min at 18:00\nramp to 1 mg/day by 50 % every 2 days"
    _, actions = run(filled(settings(program)), 4 * DAY_MS)

    days = [counted_between(actions, d * DAY_MS, (d + 1) * DAY_MS) for d in range(4)]
    assert days == pytest.approx([0.31, 0.31, 0.16, 0.16], abs=STEP_ML)


def test_minimum_rate_and_stop_are_what_the_catalogue_says() -> None:
    """The minimum rate of this pump is 0.006 mL a day; stop is nothing."""
    slow, _ = run(filled(settings("minimum rate")), 10 * DAY_MS)
    none, _ = run(filled(settings("stop")), 10 * DAY_MS)

    assert counted_mL(slow) == pytest.approx(0.06, abs=STEP_ML)
    assert counted_mL(none) == 0


@pytest.mark.requirement("GIP-1.4.1", "PCA-R5.2(3)", "PCA-EC1", "ACC-5")
def test_a_press_gives_its_bolus_and_the_lockout_refuses_the_next() -> None:
    """The lockout counts from the start of the last patient bolus; a refused press gives nothing."""
    told = settings("1 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day")
    presses = [HOUR, HOUR + MINUTE, 4 * HOUR - 1, 4 * HOUR]
    events: list[tuple[int, Event]] = [*((at, Press()) for at in presses), (DAY_MS, Tick())]
    state, actions = play(filled(told), events)

    assert [reason for _, reason in answers(actions)] == ["", "lockout", "lockout", ""]
    assert counted_mL(state) == pytest.approx(0.1 + 0.02, abs=STEP_ML)


def test_the_daily_count_is_over_any_24_hours() -> None:
    """Two a day: pressed at 20:00 and 23:00, the next is possible at 20:00 and not after midnight."""
    told = settings("1 mg/day\non demand 0.1 mg over 4 min, lockout 1 h, max 2 per day")
    times = [20 * HOUR, 23 * HOUR, 25 * HOUR, 44 * HOUR - 1, 44 * HOUR]
    _, actions = play(filled(told), [(at, Press()) for at in times])

    assert [reason for _, reason in answers(actions)] == ["", "", "daily count", "daily count", ""]


@pytest.mark.requirement("ACC-4")
def test_lockout_and_count_survive_a_new_program() -> None:
    """A program sent between two presses does not open the lockout."""
    clause = "on demand 0.1 mg over 4 min, lockout 6 h, max 4 per day"
    orders = order(Text.parse(f"2 mg/day\n{clause}"), settings("stop").concentration)
    events: list[tuple[int, Event]] = [
        (HOUR, Press()),
        (2 * HOUR, Program(orders)),
        (3 * HOUR, Press()),
        (7 * HOUR, Press()),
    ]
    _, actions = play(filled(settings(f"1 mg/day\n{clause}")), events)

    assert [reason for _, reason in answers(actions)] == ["", "lockout", ""]


def test_without_the_clause_a_press_is_refused() -> None:
    """The reason says that nothing is programmed."""
    _, actions = play(filled(settings("1 mg/day")), [(HOUR, Press())])

    assert answers(actions) == [(HOUR, "no patient bolus is programmed")]


@pytest.mark.requirement("ACC-1")
def test_a_press_that_would_pass_the_fastest_flow_is_refused() -> None:
    """A press during a scheduled bolus that leaves too little room gives nothing."""
    program = "1 mg/day\nbolus 9 mg over 60 min at 07:00\non demand 1 mg over 10 min, lockout 1 h, max 4 per day"
    _, actions = play(filled(settings(program)), [(7 * HOUR + MINUTE, Press()), (12 * HOUR, Press())])

    assert [reason for _, reason in answers(actions)] == ["fastest flow", ""]


@pytest.mark.requirement("GIP-1.4.3", "PCA-R5.2(2)", "PCA-R5.3-1")
def test_above_the_fastest_flow_a_bolus_keeps_its_amount_and_lasts_longer() -> None:
    """2 mL asked in an hour is given at 24 mL a day: in two hours, while the base goes on."""
    state = filled(settings("2.4 mg/day\nbolus 20 mg over 60 min at 07:00"))
    state, actions = run(state, DAY_MS)

    assert counted_mL(state) == pytest.approx(0.24 + 2.0, abs=STEP_ML)
    fastest = counted_between(actions, 7 * HOUR, 8 * HOUR)
    assert fastest == pytest.approx(1.0, rel=1e-4)


def test_a_base_below_the_slowest_flow_runs_at_the_slowest() -> None:
    """0.1 mg a day of 10 mg/mL would be 0.01 mL; the pump gives 0.048 mL."""
    state, actions = run(filled(settings("0.1 mg/day")), 10 * DAY_MS)

    assert counted_mL(state) == pytest.approx(0.48, abs=STEP_ML)
    assert asked_mL_per_day(actions) == {0.01}


def test_an_amount_typed_as_a_volume_becomes_a_dose_when_the_program_starts() -> None:
    """0.24 mL/day at 10 mg/mL is 2.4 mg/day, and stays so at another concentration."""
    told = settings("0.24 mL/day\nbolus 10 uL over 5 min at 07:00")

    assert told.orders.week[0][1].dose * DAY_MS == 2_400_000
    assert told.orders.scheduled[0].dose == 100_000
