"""Two therapies of one patient beside each other: what is compared, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulation.support import therapy, therapy_text

from intrathecal.simulation.api import Run, simulate
from intrathecal.simulation.comparison import ComparisonError, check_same_patient, comparison
from intrathecal.therapy import Therapy, parse_therapy


def changed(old: str, new: str) -> Therapy:
    """The therapy with another text in it."""
    return parse_therapy(therapy_text().replace(old, new), "other.toml", Path())


@pytest.fixture(scope="module")
def runs() -> tuple[Run, Run]:
    """Four days of 2.4 mg/day, and of 3 mg/day."""
    return (
        simulate(therapy(), every_ms=3_600_000, profiles=()),
        simulate(therapy(program="3 mg/day"), every_ms=3_600_000, profiles=()),
    )


def test_the_difference_is_the_second_less_the_first(runs: tuple[Run, Run]) -> None:
    """Doses are arithmetic: 0.6 mg a day more; transport is linear: concentrations are a quarter higher."""
    first, second = runs
    found = comparison(first, second)
    difference = found["difference"]
    assert difference["daily_dose_ug"]["morphine"]["asked_ug"] == pytest.approx(600, rel=1e-6)
    assert difference["exposure"]["morphine"]["L3"] == pytest.approx(
        second.figures["exposure"]["morphine"]["L3"]["mean_ug_per_mL"]
        - first.figures["exposure"]["morphine"]["L3"]["mean_ug_per_mL"]
    )
    assert difference["exposure"]["morphine"]["plasma"] > 0
    assert difference["relief"]["relief_percent"] == pytest.approx(
        second.figures["relief"]["relief_percent"] - first.figures["relief"]["relief_percent"]
    )


def test_refill_dates_differ_in_days(runs: tuple[Run, Run]) -> None:
    """20 mL less the 2 mL of the alarm last 75 days at 0.24 mL a day and 60 at 0.3."""
    days = comparison(*runs)["difference"]["refill_days"]
    assert days["low_reservoir_at"] == pytest.approx(-15, abs=0.01)


def test_the_second_runs_figures_stand_under_their_own_keys(runs: tuple[Run, Run]) -> None:
    """Nothing of them is lost, and the first's are untouched."""
    first, second = runs
    found = comparison(first, second)
    assert {key: value for key, value in found.items() if key != "difference"} == second.figures
    assert "difference" not in first.figures


def test_a_drug_of_one_therapy_alone_counts_as_none_of_it_in_the_other(runs: tuple[Run, Run]) -> None:
    """Hydromorphone in place of morphine: all of the one less, all of the other more."""
    other = simulate(changed("morphine", "hydromorphone"), every_ms=3_600_000, profiles=())
    doses = comparison(runs[0], other)["difference"]["daily_dose_ug"]
    assert doses["morphine"]["asked_ug"] == pytest.approx(-2400, rel=1e-6)
    assert doses["hydromorphone"]["asked_ug"] == pytest.approx(2400, rel=1e-6)


def test_a_run_cut_to_the_others_days_says_so() -> None:
    """The file asks for four days, two were run."""
    short = simulate(therapy(), days=2, every_ms=3_600_000, profiles=())
    said = comparison(short, simulate(therapy(), days=2, every_ms=3_600_000, profiles=()))["assumptions"]
    assert "Its file asks for 4 days; it ran for 2, as the other." in said


def test_another_patient_is_refused_by_what_differs() -> None:
    """Every differing key with both values, and what to do."""
    with pytest.raises(ComparisonError) as caught:
        check_same_patient(therapy(), changed("78 kg", "80 kg"))
    assert str(caught.value).startswith(
        "other.toml, [patient]: not the patient of test.toml: weight (78 kg and 80 kg);"
    )
    assert "give both files the same [patient]" in str(caught.value)


def test_the_same_patient_in_other_units_is_the_same() -> None:
    """1.72 m is 172 cm."""
    check_same_patient(therapy(), changed("172 cm", "1.72 m"))
