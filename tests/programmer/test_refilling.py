"""What should be left in the reservoir at a refill: the controller's own count, whatever happened on the way."""

from __future__ import annotations

import pytest
from tests.programmer.review.files import event, therapy

from intrathecal.programmer.errors import SumError
from intrathecal.programmer.refilling import Residual, expected_at, first_refill, residual, time_of, with_log
from intrathecal.quantities import parse_quantity
from intrathecal.simulation.api import simulate
from intrathecal.therapy import Therapy

DAY_MS = 86_400_000
REFILL = event('"day 45 10:00"', 'refill = { volume = "18 mL" }')


def left(plan: Therapy, day: float) -> float:
    """What should be left, mL."""
    return expected_at(plan, round(day * DAY_MS)).expected_mL


def test_e11_what_should_be_left_and_what_was_given() -> None:
    """E11: fill 20, 0.3 mL/day for 45 days, measured 8.1: expected 6.5, 1.6 more, 11.9 of 13.5 mL, -11.9 %."""
    plan = therapy("0.3 mL/day", more=REFILL)
    found = residual(plan, expected_at(plan, first_refill(plan)), parse_quantity("8.1 mL", "volume"))

    assert found.expected_mL == pytest.approx(6.5, abs=4e-6)
    assert (found.difference_mL, found.delivered_mL, found.due_mL) == (1.6, 11.9, 13.5)
    assert found.error_percent is not None
    assert round(found.error_percent, 1) == -11.9


def test_a_changed_program_counts() -> None:
    """0.3 mL/day for 10 days and 0.5 mL/day for 20 leave 7 mL of 20, where rate times days would say 5 or 11."""
    assert left(therapy("0.3 mL/day", more=event('"day 10 10:00"', 'program = "0.5 mL/day"')), 30) == pytest.approx(
        7, abs=1e-5
    )


def test_presses_count() -> None:
    """Three presses of 0.02 mL that the file names, one of them in the lockout, are two boluses less."""
    program = "0.3 mL/day\non demand 0.02 mL over 10 min, lockout 4 h, max 4 per day"
    plan = therapy(program, more='[simulation]\npresses = ["day 1 12:00", "day 1 13:00", "day 2 12:00"]')

    assert left(plan, 10) == pytest.approx(20 - 3 - 2 * 0.02, abs=1e-5)


@pytest.mark.parametrize("presses", ['"6 per day"', '"when pain > 5"'])
def test_what_is_expected_is_what_a_simulation_leaves(presses: str) -> None:
    """Random presses, and those of a patient in pain, are those of the simulated patient to the last step."""
    program = "0.3 mL/day\non demand 0.02 mL over 10 min, lockout 2 h, max 8 per day"
    refill = event('"day 4 09:00"', 'refill = { volume = "18 mL" }')
    plan = therapy(program, more=f"{refill}[simulation]\npresses = {presses}\nseed = 3\ndays = 5")
    simulated = simulate(plan, profiles=()).figures["refills"][0]["believed_left_mL"]

    assert simulated < 18.8  # without presses 18.81
    assert expected_at(plan, first_refill(plan)).expected_mL == pytest.approx(simulated, abs=1e-9)


def test_a_stall_that_the_pump_saw_is_not_counted() -> None:
    """A motor that stands for 2 days gives nothing, and a pump that senses it knows."""
    stall = event('"day 10 10:00"', 'fault = { kind = "motor-stall", for = "2 days" }')

    assert left(therapy("0.3 mL/day", more=stall), 30) == pytest.approx(20 - 0.3 * 28, abs=1e-5)


def test_a_blocked_catheter_is_not_seen() -> None:
    """The pump counts on: what should be left is as if all had gone."""
    block = event('"day 3 10:00"', 'fault = { kind = "occlusion", fraction = 1.0 }')

    assert left(therapy("0.3 mL/day", more=block), 30) == pytest.approx(11, abs=1e-5)


def test_each_fill_begins_anew() -> None:
    """After a refill of 18 mL on day 45, 10 days of 0.3 mL leave 15."""
    found = expected_at(therapy("0.3 mL/day", more=REFILL), 55 * DAY_MS)

    assert (found.filled_mL, found.filled_at_ms) == (18, 45 * DAY_MS)
    assert found.expected_mL == pytest.approx(15, abs=1e-5)


def test_what_was_drawn_from_the_reservoir_is_not_expected() -> None:
    """2 mL drawn on day 5 are neither left nor given."""
    found = expected_at(
        therapy("0.3 mL/day", more=event('"day 5"', 'aspirate = { volume = "2 mL", from = "reservoir" }')), 10 * DAY_MS
    )

    assert (found.filled_mL, found.drawn_mL) == (18, 2)
    assert found.expected_mL == pytest.approx(15, abs=1e-5)


def test_a_refill_ends_what_was_drawn_and_seen_before() -> None:
    """Neither 2 mL drawn nor 12 mL seen in the fill before change what 18 mL leave after 10 days."""
    fill = (
        'volume = "20 mL"\nat = 2026-01-05T10:00:00\nprimed = "tip"\nreservoir_now = "12 mL"\nnow = 2026-01-15T10:00:00'
    )
    drawn = event('"day 5"', 'aspirate = { volume = "2 mL", from = "reservoir" }')
    found = expected_at(therapy("0.3 mL/day", fill=fill, more=drawn + REFILL), 55 * DAY_MS)

    assert (found.filled_mL, found.drawn_mL) == (18, 0)
    assert found.expected_mL == pytest.approx(15, abs=1e-5)


def test_what_somebody_saw_in_the_reservoir_counts() -> None:
    """With 12 mL on day 10, 10 more days of 0.3 mL leave 9; before that day the fill counts."""
    fill = (
        'volume = "20 mL"\nat = 2026-01-05T10:00:00\nprimed = "tip"\nreservoir_now = "12 mL"\nnow = 2026-01-15T10:00:00'
    )
    plan = therapy("0.3 mL/day", fill=fill)

    assert left(plan, 20) == pytest.approx(9, abs=1e-5)
    assert left(plan, 5) == pytest.approx(18.5, abs=1e-5)


def test_a_new_pump_is_measured_by_itself() -> None:
    """After another pump with 40 mL was implanted, its fill and its size count."""
    new = event('"day 20 10:00"', 'replace-pump = { model = "synchromed-ii-40", volume = "40 mL" }')
    found = expected_at(therapy("0.3 mL/day", more=new), 30 * DAY_MS)

    assert found.pump.name == "synchromed-ii-40"
    assert found.expected_mL == pytest.approx(37, abs=1e-5)


def test_the_pumps_own_log_overrules() -> None:
    """Who has read 13.0 mL from the pump expects 7.0."""
    found = with_log(expected_at(therapy("0.3 mL/day"), 45 * DAY_MS), parse_quantity("13 mL", "volume"))

    assert found.expected_mL == pytest.approx(7)


def test_nothing_due_has_no_percentage() -> None:
    """A pump that should not have given anything has no error in percent."""
    assert Residual(None, 20, 20, 19).error_percent is None


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("2026-02-19T10:00", 45),
        ("2026-02-19 10:00", 45),
        ("day 45 10:00", 45),
        ("2026-02-19T09:00:00+00:00", 45),
        ("2026-02-19T10:00:00+01:00", 45),
        ("2026-02-19", 45 - 10 / 24),
        ("Day 45", 45 - 10 / 24),
    ],
)
def test_times_on_the_pumps_clock(typed: str, days: float) -> None:
    """With and without an offset (the pump's clock is an hour ahead of UTC), and as a day of the therapy."""
    assert time_of(therapy("0.3 mL/day"), typed, "--at") == round(days * DAY_MS)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("2026-01-05T10:00", "is not after the fill of 2026-01-05 10:00"),
        ("day 0 09:00", "is not after the fill"),
        ("2026-02-30", "is not a time"),
        ("next week", "is not a time"),
        ("day -3", "is not a time"),
        ("day 99999", "too far away"),
        ("2026-01-05T10:00:00.0001", "is not after the fill"),
        ("2099-02-19", "within 3650 days of the fill"),
        ("1026-02-19", "not plausible"),
    ],
)
def test_times_that_cannot_be(typed: str, message: str) -> None:
    """Each is refused with one sentence."""
    with pytest.raises(SumError, match=message):
        time_of(therapy("0.3 mL/day"), typed, "--at")


def test_volumes_that_cannot_be() -> None:
    """More than the reservoir holds, a log of more than was filled in, more drawn than there is, no refill at all."""
    plan = therapy("0.3 mL/day")
    found = expected_at(plan, 45 * DAY_MS)
    with pytest.raises(SumError, match=r"20\.1 mL is more than the reservoir holds \(20 mL\)"):
        residual(plan, found, parse_quantity("20.1 mL", "volume"))
    with pytest.raises(SumError, match="21 mL is more than was filled in"):
        with_log(found, parse_quantity("21 mL", "volume"))
    with pytest.raises(SumError, match="has no refill event"):
        first_refill(plan)
    drawn = event('"day 1"', 'aspirate = { volume = "10 mL", from = "reservoir" }')
    with pytest.raises(SumError, match="more than the pump counts in it"):
        expected_at(therapy("0.3 mL/day", more=drawn), 45 * DAY_MS)
