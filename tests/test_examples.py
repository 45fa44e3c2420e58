"""Every example is a question; its answer is here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import intrathecal
from intrathecal.care.candidacy import load_candidacy
from intrathecal.care.diary import load_diary
from intrathecal.care.trial import judge
from intrathecal.catalogue import load_catalogue

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.toml"))
HOUR, DAY = 3600.0, 86_400.0


@cache
def run_of(name: str) -> intrathecal.Run:
    """A run of an example, made once."""
    return intrathecal.simulate(intrathecal.load_therapy(EXAMPLES / f"{name}.toml"), profiles=())


def mean_between(name: str, variable: str, first_s: float, last_s: float) -> float:
    """The time mean of a trace."""
    data = run_of(name).data
    times: NDArray[np.float64] = np.linspace(first_s, last_s, 2000)
    return float(np.interp(times, data["time"], data[variable]).mean())


@pytest.mark.parametrize("name", NAMES)
def test_every_example_runs_and_loses_nothing(name: str) -> None:
    """The ledger closes."""
    figures = run_of(name).figures
    assert figures["ledger"]
    assert max(row["relative_error"] for row in figures["ledger"].values()) < 1e-9


def test_cancer_pain_comes_in_bursts_and_the_lockout_refuses_some_of_them() -> None:
    """The handset is used within its limits, and the refill date allows for all of it."""
    relief, refill = run_of("cancer-boluses").figures["relief"], run_of("cancer-boluses").figures["refill"]
    assert relief["relief_percent"] > 50
    assert 0 < relief["presses_given"] <= 6 * 42
    assert set(relief["presses_refused_because"]) == {"lockout", "daily count"}
    assert refill["worst_case_low_reservoir_at"] < refill["low_reservoir_at"]


def test_a_step_of_baclofen_shows_fully_after_one_to_two_days() -> None:
    """As the label says of infusions: 24 to 48 h to the full effect."""
    data = run_of("baclofen-spasticity").data
    first = data.sel(time=slice(0, 3 * DAY - 1))
    fall = 3.0 - first["spasticity"].values
    reached = float(first["time"][np.argmax(fall >= 0.9 * fall[-1])]) / HOUR
    assert 12 < reached < 48
    assert run_of("baclofen-spasticity").figures["relief"]["pain_mean"] is None


def test_every_step_of_ziconotide_adds_some_relief_and_none_adds_much() -> None:
    """Its ceiling is low and its way long."""
    ends = [
        mean_between("ziconotide-slow-start", "relief_fraction", (7 * week - 1) * DAY, 7 * week * DAY)
        for week in range(1, 8)
    ]
    steps = np.diff([0.0, *ends[:5]])
    assert (steps > 0.01).all()
    assert (steps < 0.15).all()
    assert ends[-1] < 0.35


def test_the_epidural_trial_halves_pain_and_its_tenth_given_intrathecally_more_than_halves_it() -> None:
    """In this model a tenth is more than the same."""
    assert mean_between("epidural-trial", "pain", 3 * DAY, 4 * DAY) < 4.0
    after = run_of("first-program").figures["relief"]
    assert after["relief_percent"] > 60
    assert after["presses_given"] < 14


def test_a_valve_that_stays_shut_after_a_scan_costs_a_night_that_the_pump_does_not_know_of() -> None:
    """Counted and delivered part, and pain comes back."""
    pump = run_of("mri").figures["pump"]
    hours_shut = 18.5
    assert pump["counted_mL"] - pump["delivered_mL"] == pytest.approx(0.15 * hours_shut / 24 - 0.01, abs=0.003)
    calm = mean_between("mri", "pain", 20 * DAY, 21 * DAY)
    data = run_of("mri").data
    worst = float(data["pain"].sel(time=slice(21 * DAY, 24 * DAY)).max())
    assert worst > calm + 1


def test_without_a_bridge_twice_the_dose_arrives_for_two_days() -> None:
    """The old drug runs at the speed meant for the new one, and breathing pays."""
    skipped = [day["doses"]["morphine"]["delivered_ug"] for day in run_of("skipped-bridge").figures["daily"]]
    bridged = [day["doses"]["morphine"]["delivered_ug"] for day in run_of("bridged").figures["daily"]]
    assert skipped[27] == pytest.approx(2000, rel=0.01)
    assert skipped[28:30] == pytest.approx([4000, 4000], rel=0.03)
    assert bridged == pytest.approx([2000] * 35, rel=0.01)
    breathing = [run_of(name).figures["relief"]["breathing_fraction_min"] for name in ("skipped-bridge", "bridged")]
    assert breathing[0] < breathing[1] - 0.05


def test_one_milligram_and_a_half_a_day_into_the_spine_more_than_halves_the_pain() -> None:
    """From the first day on, and its diary passes."""
    assert mean_between("intrathecal-trial", "pain", DAY, 4 * DAY) < 4.0
    verdict = judge(load_diary(EXAMPLES / "trial-diary.csv"), load_catalogue())
    assert verdict.decision == "pass"


def test_of_three_needle_doses_each_relieves_more_and_none_until_the_next() -> None:
    """Pain is lowest some hours after the needle, and nearly back a day later."""
    data = run_of("needle-trial").data
    lowest = [
        float(data["pain"].sel(time=slice((day * 24 + 9) * HOUR, (day * 24 + 33) * HOUR)).min()) for day in range(3)
    ]
    assert lowest[0] > lowest[1] + 0.5 > lowest[2] + 1.0
    next_morning = [
        mean_between("needle-trial", "pain", (day * 24 + 32) * HOUR, (day * 24 + 33) * HOUR) for day in range(3)
    ]
    assert all(later > low + 1.5 for later, low in zip(next_morning, lowest, strict=True))


def test_a_checklist_with_an_answer_to_everything_lets_a_trial_begin() -> None:
    """No gaps."""
    assert not load_candidacy(EXAMPLES / "checklists" / "failed-back.toml").gaps
