"""What a run says that it assumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulation.support import therapy

from intrathecal.simulation.api import simulate
from intrathecal.therapy import parse_therapy


def said(*events: str, days: str = "0.1", **changes: str) -> str:
    """The sentences of a short run."""
    return "\n".join(simulate(therapy(*events, days=days, **changes), profiles=()).figures["assumptions"])


def said_without_pump(patient: str, drugs: str = "morphine", simulation: str = "") -> str:
    """The same of an experiment."""
    named = "".join(f'\n[[drug]]\nname = "{drug}"\n' for drug in drugs.split())
    text = f"[patient]\n{patient}\n{named}\n[simulation]\ndays = 0.1\n{simulation}\n"
    return "\n".join(simulate(parse_therapy(text, "t.toml", Path()), profiles=()).figures["assumptions"])


@pytest.mark.parametrize(
    ("patient", "sentence"),
    [
        (
            "pain = 7",
            "Pain is that of the legs and the low back: the cord sees the mean fluid from T10 to L5; placebo takes up to",
        ),
        ('pain = 2\noral_opioid = "30 mg/day"', "Pain of 2 on 30 mg/day of oral opioid: taken as 2."),
        (
            'pain = 9\noral_opioid = "300 mg/day"',
            "Pain of 9 on 300 mg/day of oral opioid: taken as 10 untreated, and this patient needs",
        ),
        (
            'oral_opioid = "30 mg/day"',
            "Oral morphine stands for every opioid by mouth; it stops at the first fill, and withdrawal",
        ),
        ("sedatives = true\negfr = 40", "at constant carbon dioxide; sedatives, egfr not used."),
        ('allergies = ["latex"]', "at constant carbon dioxide; allergies not used."),
        ("", "Breathing is what opioids leave of it at constant carbon dioxide."),
        (
            'indication = "spasticity"',
            "Spasticity is 3 (modified Ashworth) before therapy and follows the mean fluid from T10 to L5.",
        ),
        ('indication = "spasticity"', "Morphine acts on pain, not on spasticity."),
    ],
)
def test_what_the_patient_is_taken_to_be_is_said(patient: str, sentence: str) -> None:
    """Where pain sits, what it would be untreated, and what the file says in vain."""
    assert sentence in said(patient=patient)


def test_nothing_is_said_of_what_is_not_there() -> None:
    """No oral opioid, no second opioid, no drug without effect, no breathing for drugs that spare it."""
    plain = said()
    for word in ("by mouth", "Opioids (", "not on pain", "not used"):
        assert word not in plain
    assert "Breathing" not in said_without_pump("pain = 7", "bupivacaine")


def test_what_the_file_says_in_vain_is_said_whatever_the_drug() -> None:
    """A sedative beside baclofen, which here spares breathing."""
    assert "In the file and not used: sedatives, allergies." in said_without_pump(
        'sedatives = true\nallergies = ["latex"]', "baclofen"
    )
    assert "not used" not in said_without_pump("pain = 7", "baclofen")


def test_more_than_one_opioid_is_named_with_the_one_by_mouth() -> None:
    """Fentanyl beside hydromorphone, and morphine by mouth beside fentanyl."""
    assert "Opioids (fentanyl, hydromorphone) add up" in said_without_pump("pain = 7", "fentanyl hydromorphone")
    assert "Opioids (fentanyl, morphine) add up" in said_without_pump('oral_opioid = "60 mg/day"', "fentanyl")


@pytest.mark.parametrize("presses", ['"when pain > 5"', '"3 per day"'])
def test_presses_without_a_pump_or_without_pain_do_nothing(presses: str) -> None:
    """Both are said; where spasticity is followed, nobody presses for pain."""
    assert "There is no pump: presses of the handset do nothing." in said_without_pump(
        "pain = 7", simulation=f"presses = {presses}"
    )
    program = "2.4 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day"
    spastic = said(patient='indication = "spasticity"', presses=presses, program=program)
    assert ("no press of the handset is made" in spastic) == ("pain" in presses)


def test_what_comes_after_the_end_is_skipped_and_said() -> None:
    """An event later than the run, and two."""
    late = 'at = "day 3"\noral_opioid = "20 mg/day"'
    assert "Skipped, because the run ends before: event 1." in said(late)
    assert "Skipped, because the run ends before: events 1, 2." in said(late, late)
