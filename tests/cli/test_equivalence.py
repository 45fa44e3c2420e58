"""The equivalence command as a stranger calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.equivalence_tables import answer, hanging_rows, onset_rows, ratio_rows

from intrathecal.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "intrathecal", "equivalence", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("drug", sorted(load_catalogue().drugs))
def test_every_drug_of_the_catalogue_has_the_answer_that_is_documented(drug: str) -> None:
    """An intrathecal dose and an epidural one, a reason wherever there is nothing, and the rows of docs/equivalence.md."""
    found = answer(drug)

    assert found["drug"] == drug
    for case in [found, *found["other"]]:
        assert case["intrathecal"] == 1
        assert case["epidural"] > 1
        for route in ("oral", "intravenous"):
            assert (case[route] is None) == (route in case["reason"]) == (case["onset_min"][route] is None)
    documented = (ROOT / "docs" / "equivalence.md").read_text().splitlines()
    rows = [*ratio_rows(found), *onset_rows(found), *hanging_rows(found)]
    assert [row for row in rows if row not in documented] == []


def test_the_answer_is_a_table_that_fits_a_screen(tmp_path: Path) -> None:
    """Doses in the unit that people use, intervals, onset, what the ratio hangs on, and that it is no advice."""
    file = tmp_path / "out.json"
    done = call("baclofen", "--json", str(file))
    lines = done.stdout.splitlines()

    assert done.returncode == 0
    assert len(lines) <= 50
    assert max(len(line) for line in lines) <= 130
    assert lines[0] == "baclofen, equal effect"
    assert lines[1].split()[:5] == ["route", "mcg", "a", "day", "ratio"]
    oral = json.loads(file.read_text())["oral"]
    assert next(line for line in lines if line.startswith("oral")).split()[2] == f"{oral:.3g}"
    assert "no dosing advice" in lines[-1]


def test_a_set_value_changes_the_answer() -> None:
    """Half the bioavailability, twice the oral dose; units as people type them."""
    plain, halved = (
        json.loads(call("baclofen", *more, "--json", "-").stdout)
        for more in ((), ("--set", "drug.baclofen.oral.bioavailability = 40 %"))
    )
    assert halved["set"] == {"drug.baclofen.oral.bioavailability": "40 %"}
    assert halved["oral"] / plain["oral"] == pytest.approx(2, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["morfine"], "morfine: the catalogue has no such drug; did you mean morphine"),
        ([""], ": the catalogue has no such drug; known: baclofen, bupivacaine"),
        ([], "DRUG"),
        (["morphine", "--set", "relief.site_synergy"], '--set "relief.site_synergy": write NAME=VALUE'),
        (["morphine", "--set", "=3"], '--set "=3": write NAME=VALUE'),
        (["morphine", "--set", "relief.site_sinergy=1"], "did you mean relief.site_synergy"),
        (["morphine", "--set", "relief.site_synergy=-1"], "-1 dimensionless is negative"),
        (
            ["morphine", "--set", "relief.site_synergy=1", "--set", "relief.site_synergy=2"],
            "it is set twice; set it once",
        ),
        (["morphine", "--set", "drug.morphine.response.hill=0"], "0 dimensionless is zero"),
        (["morphine", "--set", "drug.morphine.oral.bioavailability=1.2"], "is more than 1"),
        (["morphine", "--set", "drug.morphine.plasma.clearance=2 L"], '"2 L" is not a flow'),
        (["morphine", "--set", "drug.morphine.plasma.clearance=2"], '"2" has no unit'),
        (["morphine", "--set", "drug.morphine.csf.cord_return_fraction=1"], "give a fraction above 0 and below 1"),
        (["morphine", "--set", "drug.morphine.response.ceiling=0"], "no dose has half of the greatest effect"),
        (
            ["morphine", "--set", "drug.morphine.plasma.clearance=0.000000000000001 L/min"],
            "intrathecal: morphine: with these values hardly any of it is ever eliminated",
        ),
        (["morphine", "--json", "/nowhere/x.json"], "/nowhere/x.json"),
        (["morphine", "--json", ""], "--json: the name is empty; name a file"),
        (["morphine", "--catalogue", "missing.toml"], "missing.toml"),
    ],
)
def test_wrong_input_ends_with_2_and_one_message(arguments: list[str], said: str) -> None:
    """On standard error alone, without a traceback."""
    done = call(*arguments)

    assert done.returncode == 2
    assert said in done.stderr
    for word in ("Traceback", "Warning"):
        assert word not in done.stderr
    assert done.stdout == ""
