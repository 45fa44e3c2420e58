"""Every microgram is somewhere: whatever is done to pump and patient."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.simulation.random_therapies import therapies
from tests.simulation.support import check_ledger, therapy_text

from intrathecal.simulation.api import simulate
from intrathecal.therapy import load_therapy, parse_therapy

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))


@given(therapies())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_random_therapy_with_random_faults_loses_nothing(text: str) -> None:
    """All parts sum to what entered within 1e-9, and none is below zero."""
    check_ledger(text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_loses_nothing(path: Path) -> None:
    """All drugs of all examples, for all their days."""
    figures = simulate(load_therapy(path), profiles=()).figures

    assert {drug: row["relative_error"] <= 1e-9 for drug, row in figures["ledger"].items()} == dict.fromkeys(
        figures["ledger"], True
    )


def test_drug_in_the_reservoir_degrades_at_the_catalogue_rate(tmp_path: Path) -> None:
    """At 1 % a day, 20 mL of 10 mg/mL lose about 10 mg in five days, and the ledger says so."""
    own = tmp_path / "own.toml"
    own.write_text(
        '[reference.test]\ntitle = "A test"\nauthor = "Nobody"\nyear = 2026\n'
        '[drug.morphine]\ndegradation_rate = { value = 0.01, unit = "1/day", '
        'source = ["test"], verified = false, note = "test" }\n'
    )
    plan = parse_therapy(therapy_text(days="5"), "own.toml", tmp_path, (own,))
    row = simulate(plan, profiles=()).figures["ledger"]["morphine"]

    assert row["degraded_ug"] == pytest.approx(200_000 * (1 - 2.718281828 ** (-0.05)) * 0.97, rel=0.01)
    assert row["relative_error"] < 1e-12


def test_the_ledger_has_no_row_for_a_drug_that_never_enters() -> None:
    """A drug declared and never given is not in ledger or exposure."""
    plan = parse_therapy(
        '[[drug]]\nname = "morphine"\n[[drug]]\nname = "fentanyl"\n'
        '[[event]]\nat = "day 0 01:00"\ndose = { drug = "morphine", amount = "0.3 mg", route = "intrathecal", level = "L3" }\n',
        "needle.toml",
        Path(),
    )
    figures = simulate(plan, days=Fraction(1), profiles=()).figures

    assert list(figures["ledger"]) == list(figures["exposure"]) == ["morphine"]
    assert figures["ledger"]["morphine"]["entered_ug"] == 300
    assert figures["pump"] is None
    assert figures["exposure"]["morphine"]["tip"] is None
