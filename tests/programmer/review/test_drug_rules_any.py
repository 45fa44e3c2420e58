"""The rules about drug and patient, asked about random therapies and every event in them."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulation.random_therapies import therapies

from intrathecal.programmer.review import Finding, case_of, judge
from intrathecal.programmer.review.rules.drugs import DRUG_RULES
from intrathecal.programmer.review.rules.predicted import PREDICTED
from intrathecal.therapy import NewProgram, Refill, Therapy, TherapyError, parse_therapy

SUMS = [rule for rule in DRUG_RULES if rule not in PREDICTED]


def findings_of(therapy: Therapy, running: Therapy | None, number: int | None) -> tuple[Finding, ...]:
    """What the rules find; nothing where the file's own events forbid one another."""
    try:
        case = case_of(therapy, running, number)
    except TherapyError:
        return ()
    return judge(case, SUMS).findings


@settings(max_examples=25, deadline=None)
@given(therapies(), therapies(), st.booleans())
def test_rules_answer_for_every_therapy(text: str, other: str, known: bool) -> None:
    """No rule fails; every finding has finite figures, words and a source, and at most one says the same of a drug."""
    therapy = parse_therapy(text, "file.toml", Path())
    running = parse_therapy(other, "running.toml", Path()) if known else None
    if therapy.pump is None:
        return
    changes = [one.index for one in therapy.events if isinstance(one.action, NewProgram | Refill)]
    for number in (None, *changes):
        found = findings_of(therapy, running if running is not None and running.pump else None, number)
        for one in found:
            assert all(figure is None or isfinite(figure) for figure in (one.value, one.limit)), one
            assert one.message
            assert "nan" not in one.message
            assert one.source
        said = [(one.code, one.drug, one.message) for one in found]
        assert len(set(said)) == len(said)
