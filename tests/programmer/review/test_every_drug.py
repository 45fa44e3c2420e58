"""Every drug of the library: what is published passes, and slips of it do not; every finding says what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.programmer.review.files import label, therapy

from intrathecal.catalogue import load_catalogue
from intrathecal.programmer.review import Finding, Review, case_of, judge
from intrathecal.programmer.review.rules.drugs import DRUG_RULES
from intrathecal.programmer.review.rules.predicted import PREDICTED

SUMS = [rule for rule in DRUG_RULES if rule not in PREDICTED]
#: Daily doses that sources describe (low and high, in the unit), and a concentration: pharmacology, not the limits.
PUBLISHED = {
    "morphine": (0.1, 15, "mg", "20 mg/mL"),
    "hydromorphone": (0.08, 10, "mg", "10 mg/mL"),
    "fentanyl": (25, 1000, "mcg", "5 mg/mL"),
    "sufentanil": (10, 100, "mcg", "500 mcg/mL"),
    "bupivacaine": (1, 20, "mg", "30 mg/mL"),
    "clonidine": (20, 600, "mcg", "1 mg/mL"),
    "ziconotide": (0.5, 19.2, "mcg", "25 mcg/mL"),
    "baclofen": (90, 800, "mcg", "2000 mcg/mL"),
}
SLIPS = (10, 24, 1000)


def reviewed(drug: str, dose: float, running: float | None, oral: str = "200 mg/day") -> Review:
    """A constant dose of one drug, against another one that runs."""
    _, _, unit, concentration = PUBLISHED[drug]
    indication = "spasticity" if drug == "baclofen" else "cancer"
    parts = {
        "drugs": label(**{drug: concentration}),
        "patient": f'indication = "{indication}"\nage = 60\noral_opioid = "{oral}"',
        "pump": 'model = "synchromed-ii-20"\nimplanted = 2024-01-05',
    }
    new = therapy(f"{_typed(dose)} {unit}/day", **parts)
    old = None if running is None else therapy(f"{_typed(running)} {unit}/day", **parts)
    return judge(case_of(new, old), SUMS)


def _typed(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


def test_every_drug_of_the_catalogue_is_tried() -> None:
    """A drug that is added without limits is noticed here."""
    assert set(PUBLISHED) == set(load_catalogue().drugs)


@pytest.mark.requirement("ACC-18")
@pytest.mark.parametrize("drug", sorted(PUBLISHED))
@settings(max_examples=8, deadline=None)
@given(st.data())
def test_published_doses_pass_and_their_slips_are_stopped(drug: str, data: st.DataObject) -> None:
    """A dose that sources describe has no hard finding; ten, 24 and a thousand times what runs cannot be sent."""
    low, high, _, _ = PUBLISHED[drug]
    dose = data.draw(st.floats(low, high).map(lambda number: round(number, 3)))
    assert reviewed(drug, dose, dose).decision == "accept"
    assert reviewed(drug, dose, None).decision != "refuse"
    for times in SLIPS:
        assert reviewed(drug, dose * times, dose).decision == "refuse", times
        assert reviewed(drug, dose / times, dose).decision == "confirm", times


@pytest.mark.parametrize("drug", sorted(PUBLISHED))
def test_a_thousandfold_is_stopped_though_nobody_says_what_runs(drug: str) -> None:
    """A milligram for a microgram is caught by the library alone, up and down."""
    low, high, _, _ = PUBLISHED[drug]
    middle = (low * high) ** 0.5
    assert reviewed(drug, middle * 1000, None).decision == "refuse"
    assert reviewed(drug, middle / 1000, None).decision == "confirm"


@pytest.mark.parametrize("drug", sorted(PUBLISHED))
def test_ten_times_the_highest_dose_is_refused_by_the_library_alone(drug: str) -> None:
    """The hard limits lie between what is described and ten times that."""
    _, high, _, _ = PUBLISHED[drug]
    found = reviewed(drug, high * 10, None)
    assert found.decision == "refuse"
    assert {one.code for one in found.findings if one.severity == "hard"} >= {"daily-dose-high"}


def every_finding() -> Iterator[Finding]:
    """What is said of doses far and near, with and without a running program, in those used to opioids and not."""
    for drug, (low, high, _, _) in PUBLISHED.items():
        for dose in (low, high, high * 1.4, high * 10, low / 50):
            for running in (None, low, high):
                for oral in ("0 mg/day", "200 mg/day"):
                    yield from reviewed(drug, dose, running, oral).findings


def test_findings_say_what_they_rest_on() -> None:
    """One sentence, a source, and a unit where there is a value; what is hard is verified, and what is not says unchecked."""
    for one in every_finding():
        assert one.message.endswith(".")
        assert one.message[0].isupper() or one.message[0].isdigit(), one.message
        assert one.source, one.code
        assert one.verified is not None
        assert (one.value is None) == (one.unit is None), one.code
        if one.severity == "hard":
            assert one.verified, one.code
        if one.severity != "hard" and one.source.startswith("Polyanalgesic") and not one.verified:
            assert "unchecked" in one.message, one.message
