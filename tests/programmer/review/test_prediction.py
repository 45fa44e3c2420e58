"""What the simulation says of a change before it is made: against a simulation of the file itself."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from tests.programmer.review.files import event, label, therapy

from intrathecal.programmer.review import case_of, judge
from intrathecal.programmer.review.prediction import EVERY_MS, predict
from intrathecal.programmer.review.rules.drugs import DRUG_RULES
from intrathecal.programmer.review.rules.predicted import PREDICTED
from intrathecal.simulation.api import simulate
from intrathecal.therapy import Therapy

DAY_S = 86400
NAIVE = 'indication = "nociceptive"\nage = 60\npain = 7'
PRESS = "\non demand 0.3 mg over 10 min, lockout 2 h, max 6 per day"
REFILL = 'refill = { volume = "20 mL", drugs = { morphine = "20 mg/mL" }, bridge = "auto" }'


def least_breathing(file: Therapy, first_day: int, last_day: int) -> float:
    """The least breathing of the file's own run between two days."""
    data = simulate(file, days=Fraction(last_day), every_ms=EVERY_MS, profiles=()).data
    inside = (data.time >= first_day * DAY_S) & (data.time <= last_day * DAY_S)
    return float(data.breathing_fraction[inside].min())


@pytest.mark.parametrize(
    ("program", "change"),
    [
        ("2 mg/day", event('"day 14 10:00"', 'program = "3 mg/day"')),
        ("2 mg/day", event('"day 14 10:00"', REFILL)),
        ("2 mg/day\nbolus 0.2 mg over 10 min at 08:00", event('"day 14 10:00"', 'program = "1 mg/day"')),
    ],
    ids=["program", "refill with its bridge", "boluses that end"],
)
def test_a_prediction_is_what_the_files_own_run_gives(program: str, change: str) -> None:
    """Fourteen days of what runs and seven of the change, as a run of the file from its first fill on."""
    file = therapy(program, patient=NAIVE, more=change)
    found = predict(case_of(file, None, 1))
    assert found.breathing_after == pytest.approx(least_breathing(file, 14, 21), rel=1e-3)
    assert found.breathing_before == pytest.approx(least_breathing(file, 13, 14), rel=1e-3)
    pain = simulate(file, days=Fraction(21), every_ms=EVERY_MS, profiles=()).data.pain
    assert found.felt_after == pytest.approx(float(np.mean(pain[pain.time >= 20 * DAY_S])), abs=0.05)
    assert found.followed == "pain"


def test_all_presses_depress_breathing_more() -> None:
    """The figure with presses stands beside the one without; a program without a handset has none."""
    with_handset = predict(case_of(therapy("2 mg/day" + PRESS, patient=NAIVE)))
    without = predict(case_of(therapy("2 mg/day", patient=NAIVE)))
    assert with_handset.breathing_pressed is not None
    assert with_handset.breathing_after is not None
    assert with_handset.breathing_pressed < with_handset.breathing_after - 0.05
    assert with_handset.breathing_after == pytest.approx(without.breathing_after, rel=1e-6)
    assert without.breathing_pressed is None
    assert without.breathing_before is None


@pytest.mark.parametrize(("dose", "severity"), [("1.2 mg/day", "note"), ("10 mg/day", "soft")])
def test_a_second_look_is_asked_where_breathing_falls_far(dose: str, severity: str) -> None:
    """A usual step is a note with its figures, a slip by ten asks for a person."""
    running = therapy("1 mg/day", patient=NAIVE)
    found = judge(case_of(therapy(dose, patient=NAIVE), running), PREDICTED).findings
    [breathing] = [one for one in found if one.code == "predicted-breathing"]
    assert (breathing.severity, breathing.second_person) == (severity, severity == "soft")
    assert breathing.value is not None
    assert f"{breathing.value:.0f} % of normal" in breathing.message


def test_spasticity_is_followed_where_it_is_treated() -> None:
    """Baclofen: the Ashworth score before and after, and no word of breathing."""
    parts = {"drugs": label(baclofen="2000 mcg/mL"), "patient": 'indication = "spasticity"'}
    found = judge(case_of(therapy("200 mcg/day", **parts), therapy("150 mcg/day", **parts)), PREDICTED).findings
    [relief] = found
    assert (relief.code, relief.unit) == ("predicted-relief", "points")
    assert "spasticity" in relief.message
    assert relief.value is not None
    assert relief.limit is not None
    assert relief.value < relief.limit


def test_what_cannot_be_predicted_hides_nothing() -> None:
    """A program that breaks its own limit cannot be run; the other findings stand, and it is said why none was predicted."""
    file = therapy("60 mg/day\nlimit 10 mg per 24 h", patient=NAIVE)
    found = judge(case_of(file), DRUG_RULES).findings
    [failed] = [one for one in found if one.code == "not-predicted"]
    assert failed.severity == "note"
    assert "limit" in failed.message
    assert "the program: refused" in failed.message
    assert "line 0" not in failed.message
    assert "daily-dose-high" in {one.code for one in found}
    assert "predicted-breathing" not in {one.code for one in found}
