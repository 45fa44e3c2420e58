"""The oral opioid: it acts on the patient, stops at a first fill, and is no part of any balance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.simulation.support import therapy

from intrathecal.simulation.api import Run, simulate
from intrathecal.therapy import parse_therapy

WITHOUT_PUMP = """
[patient]
pain = {pain}
oral_opioid = "{oral}"

[[drug]]
name = "{drug}"

[simulation]
days = {days}
{events}
"""


def tablets(
    *events: str,
    pain: str = "6",
    oral: str = "120 mg/day",
    drug: str = "morphine",
    days: str = "4",
    every_ms: int = 900_000,
) -> Run:
    """A patient without a pump."""
    written = "".join(f"\n[[event]]\n{event}\n" for event in events)
    text = WITHOUT_PUMP.format(pain=pain, oral=oral, drug=drug, days=days, events=written)
    return simulate(parse_therapy(text, "tablets.toml", Path()), profiles=(), every_ms=every_ms)


def placebo(run: Run) -> Any:
    """What placebo leaves of pain at the samples."""
    relief = run.finished.case.senses.relief
    halves = run.data["time"].values / relief.placebo_half_time.canonical
    return 1 - relief.placebo_max.canonical * (1 - 0.5**halves)


@pytest.mark.parametrize(
    ("pain", "oral"),
    [("6", "120 mg/day"), ("3.5", "30 mg/day"), ("8", "400 mg/day"), ("0", "60 mg/day"), ("7", "0 mg/day")],
)
def test_the_steady_state_before_the_start_is_steady(pain: str, oral: str) -> None:
    """A patient who goes on as before keeps the pain of the file but for placebo, the tolerance and the breathing."""
    run = tablets(pain=pain, oral=oral, days="20")
    data = run.data

    assert data["pain"].values == pytest.approx(float(pain) * placebo(run), rel=1e-8, abs=1e-12)
    for name in ("relief_fraction", "breathing_fraction", "tolerance_spinal", "tolerance_supraspinal"):
        assert data[name].values == pytest.approx(data[name].values[0], rel=1e-8)
    assert (float(data["breathing_fraction"].values[0]) < 1) == (oral != "0 mg/day")


def test_stopped_it_leaves_untreated_pain_and_set_again_it_relieves_more() -> None:
    """Without a pump only an event stops it; the same tablets find a patient who has lost some tolerance."""
    stop, again = 'at = "day 10"\noral_opioid = "0 mg/day"', 'at = "day 20"\noral_opioid = "120 mg/day"'
    run = tablets(stop, again, days="23")
    pain = run.data["pain"].values / placebo(run)
    time, tolerance = run.data["time"].values / 86_400, run.data["tolerance_spinal"].values

    assert pain[time <= 10] == pytest.approx(6, rel=1e-8)
    assert pain[np.searchsorted(time, 20)] == pytest.approx(run.figures["relief"]["untreated_pain"], rel=1e-3)
    assert tolerance[np.searchsorted(time, 20)] < 0.9 * tolerance[0]
    assert pain[-1] < 5.9


def test_it_is_what_the_same_tablets_as_doses_are() -> None:
    """Whoever swallows 1.25 mg every 15 minutes as doses, or 120 mg/day as background, feels the same within 2 %."""
    dose = 'dose = { drug = "morphine", amount = "1.25 mg", route = "oral" }'
    doses = [f'at = "day {ask // 96} {ask // 4 % 24:02}:{ask % 4 * 15:02}"\n{dose}' for ask in range(2 * 96)]
    by_doses = tablets(*doses, oral="0 mg/day", days="2")
    by_background = tablets('at = "day 0"\noral_opioid = "120 mg/day"', oral="0 mg/day", days="2")

    assert by_background.figures["relief"]["relief_percent"] > 5
    for name in ("pain", "breathing_fraction", "tolerance_spinal"):
        assert float(by_doses.data[name][-1]) == pytest.approx(float(by_background.data[name][-1]), rel=0.02)


def test_it_is_in_no_balance_and_in_no_exposure() -> None:
    """The ledger and the exposure of a pump's patient do not know of it, of pain, or of who presses never."""
    plain = simulate(therapy(days="3"), profiles=()).figures
    event = 'at = "day 1 10:03"\noral_opioid = "200 mg/day"'
    other = simulate(therapy(event, days="3", patient='pain = 9\noral_opioid = "90 mg/day"'), profiles=()).figures

    assert other["ledger"]["morphine"] == pytest.approx(plain["ledger"]["morphine"], rel=1e-12)
    for site, figures in plain["exposure"]["morphine"].items():
        assert other["exposure"]["morphine"][site] == pytest.approx(figures, rel=1e-12)
    assert other["relief"]["breathing_fraction_min"] < plain["relief"]["breathing_fraction_min"]
    assert tablets().figures["ledger"] == tablets().figures["exposure"] == {}


def test_it_stops_at_the_first_fill_unless_an_event_sets_it() -> None:
    """With a pump that gives nothing, pain rises to its untreated level; with an event at the fill it stays."""
    patient = 'pain = 6\noral_opioid = "120 mg/day"'
    set_again = 'at = 2026-03-02T10:00:00\noral_opioid = "120 mg/day"'
    stopped, goes_on = (
        simulate(therapy(*events, days="10", program="stop", primed="no", patient=patient), profiles=())
        for events in ((), (set_again,))
    )

    assert goes_on.data["pain"].values == pytest.approx(6 * placebo(goes_on), rel=1e-8)
    untreated = stopped.figures["relief"]["untreated_pain"]
    assert stopped.data["pain"].values[-1] == pytest.approx(untreated * placebo(stopped)[-1], rel=2e-2)
    assert stopped.figures["relief"]["relief_percent"] < 0
    assert stopped.figures["relief"]["hours_to_half_relief"] is None
    assert any("stops at the first fill" in said for said in stopped.figures["assumptions"])
    assert not any("stops at the first fill" in said for said in goes_on.figures["assumptions"])


def test_the_morphine_of_the_pump_and_of_tablets_is_one_drug() -> None:
    """Together they give more relief and less breathing than each alone, and morphine is cited once."""
    event = 'at = 2026-03-02T10:00:00\noral_opioid = "60 mg/day"'
    figures = {
        (oral, dose): simulate(therapy(*([event] if oral else []), program=dose, days="5"), profiles=()).figures
        for oral in (False, True)
        for dose in ("stop", "0.3 mg/day")
    }
    relief = {key: value["relief"]["relief_percent"] for key, value in figures.items()}
    breathing = {key: value["relief"]["breathing_fraction_min"] for key, value in figures.items()}

    both = (True, "0.3 mg/day")
    assert relief[both] > max(relief[True, "stop"], relief[False, "0.3 mg/day"])
    assert breathing[both] < min(breathing[True, "stop"], breathing[False, "0.3 mg/day"])
    assert not any("Opioids (" in said for said in figures[both]["assumptions"])


def test_another_drugs_patient_may_take_it_too() -> None:
    """Bupivacaine by the pump and morphine by mouth: morphine has a system of its own and is among the sources."""
    run = tablets(drug="bupivacaine", days="2")

    assert run.data["pain"].values == pytest.approx(6 * placebo(run), rel=1e-8)
    assert set(run.figures["relief"]["side_effects"]) >= {"itching", "nausea"}
    assert any(value.startswith("drug.morphine.") for value in run.figures["unverified"])
    assert not any(
        value.startswith("drug.morphine.")
        for value in tablets(drug="bupivacaine", oral="0 mg/day").figures["unverified"]
    )
