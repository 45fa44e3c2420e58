"""How doses are shown to people: no exponent, no idle zero, nothing between thousands, no ug, never without a unit."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from tests.programmer.review.files import label, therapy
from tests.pump.telemetry.support import told
from tests.report.test_page import Reader

from intrathecal.catalogue import load_catalogue, unverified
from intrathecal.cli.compared import compared
from intrathecal.cli.review_text import review_text
from intrathecal.cli.summary import summary
from intrathecal.programmer.review import case_of, judge
from intrathecal.programmer.review.rules import RULES
from intrathecal.programmer.review.rules.predicted import PREDICTED
from intrathecal.programmer.sheet import sheet
from intrathecal.pump.settings import order
from intrathecal.report import report
from intrathecal.simulation.api import Run, simulate
from intrathecal.simulation.comparison import comparison
from intrathecal.therapy import Program

#: What must not stand in a text for people.
WRONG = {
    "an exponent": r"\d[eE][-+]?\d",
    "a microgram spelt otherwise than mcg": r"(?<![\w-])(ug|\u00b5g|\u03bcg)(?![\w-])",
    "an idle zero": r"(?<![\d.:/])\d+\.\d*0(?![\d.:])(?!\d*[-/])",
    "a point without a zero before it": r"(?<![\w.)\]])\.\d",
    "a point with nothing after it": r"\d\.\s+(ng|mcg|mg|uL|mL|%)",
    "something between thousands": r"\d,\d{3}(?!\d)",
}
#: Errors of the sum and of the engine are no doses, and references are what they are.
PASSED_OVER = re.compile(r"relative error|error below|^[1-9]e-1\d$|doi|https?:")
#: Programs with doses of every size that the pumps' drugs have: base, concentrations.
CASES = {
    "ziconotide": ("0.5 mcg/day", label(ziconotide="5 mcg/mL")),
    "sufentanil": ("20 mcg/day\nbolus 1 mcg over 10 min at 07:00", label(sufentanil="50 mcg/mL")),
    "baclofen": ("1000 mcg/day", label(baclofen="2000 mcg/mL")),
    "morphine": (
        "12.50 mg/day\nlimit 20 mg per 24 h",
        label(morphine="25 mg/mL", bupivacaine="30 mg/mL", clonidine="100 mcg/mL"),
    ),
}


def wrong(text: str) -> list[str]:
    """What is wrong in ``text``, with the words around it."""
    found = []
    for line in text.splitlines():
        if not PASSED_OVER.search(line):
            for name, pattern in WRONG.items():
                found += [f"{name}: {line[max(0, m.start() - 30) : m.end() + 10]}" for m in re.finditer(pattern, line)]
    return found


@pytest.fixture(scope="module", params=CASES)
def run(request: pytest.FixtureRequest) -> Run:
    """Three days of a therapy."""
    program, drugs = CASES[request.param]
    return simulate(therapy(program, drugs=drugs, more="[simulation]\ndays = 3"), every_ms=3_600_000)


def test_the_summary_shows_doses_as_they_should_be(run: Run) -> None:
    """Tables name their unit in the head; so does the comparison with another therapy."""
    shown = summary(run.figures)
    other = compared({**run.figures, "compare": comparison(run, run)})

    assert wrong(shown + other) == []
    assert "mcg per 24 h from" in shown
    assert "Ledger, mcg" in shown
    assert re.search(r"^mcg/mL ", shown, re.MULTILINE)
    assert "mcg a day at the tip" in other


def test_the_report_shows_doses_as_they_should_be(run: Run) -> None:
    """Every text but how catalogue values were derived, which quotes sources; scripts follow a rule of the same form."""
    notes = {value.note for _, value in unverified(load_catalogue().entries)}
    texts = [text for text in Reader(report(run)).texts if text.strip() not in notes]

    assert wrong("\n".join(texts)) == []


@pytest.mark.parametrize("name", CASES)
def test_a_review_shows_doses_as_they_should_be(name: str) -> None:
    """Against a tenth of it, so that changes are said too; each dose has its unit beside it."""
    program, drugs = CASES[name]
    running = therapy(re.sub(r"^([\d.]+)", lambda m: f"{float(m[1]) / 10:.12g}", program), drugs=drugs)
    shown = review_text(
        judge(case_of(therapy(program, drugs=drugs), running), [r for r in RULES if r not in PREDICTED])
    )

    assert wrong(shown) == []
    for line in re.findall(r"^\w+ .* %$", shown, re.MULTILINE):
        assert re.fullmatch(r"\w+( +[\d.]+ (mg|mcg|ng)){2} +[-+]?[\d.]+ %", line), line


@pytest.mark.parametrize("number", ["0.5", "5.0", "0.00001", "123456.789", "2500"])
@pytest.mark.parametrize("unit", ["mg/day", "mcg/day", "ng/h", "uL/h", "mL/day"])
def test_the_sheet_shows_every_dose_with_its_unit_in_words(number: str, unit: str) -> None:
    """Old and new: the number as it may be typed, the unit, and the unit in words; mg and mcg never without the word."""
    text, concentration = f"{number} {unit}", Fraction(10**7)
    settings = replace(told(), orders=order(Program.parse(text), concentration))
    for row in sheet(Program.parse(text), Program.parse(text), settings, settings, {"morphine": "mcg"}):
        if row.field == "base" or row.field.startswith(("daily dose", "concentration")):
            assert wrong(row.new) == []
            assert re.fullmatch(
                r"[\d.]+ (mg|mcg|ng|uL|mL)/(h|day|mL) \((milli|micro|nano)(grams|litres) (an? \w+|in a \w+)\)", row.new
            )
            assert row.old == row.new


@pytest.mark.parametrize(
    "text", ["1e-05 mg", "5 ug/day", "5 \u00b5g", "5.0 mg", "0.50 mg", ".5 mg", "0. mg", "1,234 mcg", "12345E+2 mcg"]
)
def test_the_check_itself_finds_what_is_wrong(text: str) -> None:
    """Each of these would be found in a text."""
    assert wrong(f"gives {text} now")
