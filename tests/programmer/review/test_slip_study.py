"""The slip study: its programs are those of published practice, its arithmetic is right, and review says what it counts."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from bench.practice import Demand, Planned, draw, figures
from bench.slipping import Change, correct, first, first_program, slips
from bench.slips import QUICK, SEED, UNREADABLE, outcomes, say
from bench.slips_page import PAGE, page

from intrathecal.programmer.review import case_of
from intrathecal.therapy import parse_therapy

DRAWS = range(20)
WRONG = ("ten times as much", "a thousandth", "label a tenth as strong", "concentrations swapped", "two opioids")


@pytest.mark.parametrize("number", DRAWS)
def test_what_goes_on_passes_and_what_is_grossly_wrong_does_not(number: int) -> None:
    """An unchanged refill passes; a rise is never refused; the gross slips are stopped, what runs being known."""
    drawn = draw(number, SEED)
    right = {one.kind: one for one in correct(drawn)}
    same, more = (say(right[kind].known, QUICK) for kind in ("refilled, nothing changed", "dose raised"))
    assert same is not None
    assert more is not None
    assert same.decision == "accept", same.why
    assert more.decision != "refuse", more.why
    for one in slips(drawn):
        if one.kind in WRONG:
            said = say(one.known, QUICK)
            assert said is not None
            assert said.decision != "accept", one.kind


def test_every_drug_and_every_kind_of_slip_is_drawn() -> None:
    """No row of the study is empty."""
    patients = [draw(number, SEED) for number in range(60)]
    primaries = {drug for one in figures()["cohort"] for drug in list(one["doses"])[:1]}
    assert {one.now.primary for one in patients} == primaries
    kinds = Counter(slip.kind for one in patients for slip in slips(one))
    assert len(kinds) == 23


def test_doses_are_spread_as_the_cohorts_are() -> None:
    """Baclofen, whose two cohorts are drawn five to four: the mean of the one, the range of the other."""
    drawn = [draw(number, SEED) for number in range(4000)]
    late = [one.now.daily_ug() for one in drawn if one.cohort == "baclofen, after 18 months" and one.now.night is None]
    ranged = [
        one.now.daily_ug() for one in drawn if one.cohort == "baclofen, cerebral origin" and one.now.night is None
    ]
    assert np.mean(late) == pytest.approx(350, rel=0.1)
    assert np.std(late) / np.mean(late) == pytest.approx(0.59, rel=0.25)
    assert min(ranged) >= 89.9
    assert max(ranged) <= 703.1
    assert np.exp(np.mean(np.log(ranged))) == pytest.approx(np.sqrt(90 * 703), rel=0.15)
    assert len(late) / len(ranged) == pytest.approx(5 / 4, rel=0.25)


def test_what_the_study_takes_for_the_dose_is_what_review_takes_for_it() -> None:
    """The study's own arithmetic against the figures of review, for every drug of twenty programs."""
    for number in DRAWS:
        drawn = draw(number, SEED)
        [rise] = [one for one in correct(drawn) if one.kind == "dose raised"]
        assert rise.known is not None
        after = case_of(parse_therapy(rise.known.text, "file.toml", PAGE.parent), None, rise.known.event).before
        assert after is not None
        given = drawn.now.given()
        assert set(after.drugs) == set(given)
        for drug, dose in given.items():
            assert after.daily_ug(drug) == pytest.approx(dose, rel=0.011)


def test_a_wrong_label_changes_the_flow_and_with_it_every_drug() -> None:
    """By hand: 2 mg/day of what is called 100 mg/mL flow at 0.02 mL/day; the syringe holds 10 and 20 mg/mL."""
    meant = Planned({"morphine": 10, "bupivacaine": 20}, 2, "mg", demand=Demand(0.2, 4, "2 h", 5))
    assert meant.given() == pytest.approx({"morphine": 2000, "bupivacaine": 4000})
    assert meant.given(presses=5) == pytest.approx({"morphine": 3000, "bupivacaine": 6000})
    wrong = Planned({"morphine": 100, "bupivacaine": 20}, 2, "mg")
    assert wrong.given(meant.label) == pytest.approx({"morphine": 200, "bupivacaine": 400})
    hourly = Planned({"baclofen": 500}, 100, "mcg", bolus=60, hourly=True)
    assert hourly.daily_ug() == pytest.approx(100 + 1440)


def test_every_file_of_a_correct_step_can_be_read() -> None:
    """What cannot be read would count as refused: no correct step may be that."""
    for number in DRAWS:
        new = first(number, SEED)
        asked: list[Change] = [*correct(draw(number, SEED)), first_program(new)]
        for one in asked:
            for way in (one.known, one.alone):
                if way is not None:
                    parse_therapy(way.text, "file.toml", PAGE.parent)


def test_the_page_has_the_tables_that_the_study_writes() -> None:
    """Made from three programs; the page that is kept has the same headings, kinds of slips included."""
    found = [
        one
        for number in (0, 1, 2)
        for one in (
            *outcomes("correct", draw(number, SEED), list(correct(draw(number, SEED)))[:1]),
            *outcomes("slip", draw(number, SEED), list(slips(draw(number, SEED)))[:2]),
        )
    ]
    made, kept = page(found, 1.0, (1.0, 1.0)), PAGE.read_text()
    heads = [line for line in made.splitlines() if line.startswith("## ")]
    assert heads == [line for line in kept.splitlines() if line.startswith("## ")]
    assert all(f"| {one.kind} |" in kept for one in found)
    assert UNREADABLE not in made
