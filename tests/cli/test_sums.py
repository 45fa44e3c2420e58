"""The sums as a stranger calls them: keys, exit codes, and one message for what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.programmer.review.files import FILL, event, label, text
from typer.testing import CliRunner, Result

from intrathecal.cli.app import app
from intrathecal.quantities import InputError

MIXTURE = label(morphine="10 mg/mL", bupivacaine="20 mg/mL", clonidine="250 mcg/mL")
REFILL = event('"day 45 10:00"', 'refill = { volume = "20 mL" }')


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The therapy of a mixture at 0.3 mL/day with a refill on day 45."""
    path = tmp_path / "therapy.toml"
    path.write_text(text("0.3 mL/day", drugs=MIXTURE, fill=FILL.replace('"tip"', '"no"'), more=REFILL))
    return str(path)


def call(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, list(arguments), terminal_width=200)


def figures(*arguments: str) -> dict[str, Any]:
    """The JSON of a command, which is all of its standard output."""
    done = call(*arguments, "--json", "-")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_prime(file: str) -> None:
    """The promised keys, and a course that rises from nothing to all."""
    found = figures("prime", file)

    assert {"catheter_mL", "full_mL", "duration_min", "tip"} <= set(found)
    assert found["full_mL"] == pytest.approx(0.375)
    assert found["duration_min"] == pytest.approx(22.5)
    assert found["tip"][0] == {
        "min": 0,
        "fraction_new": 0,
        "mL_per_day": 0,
        "ug_per_h": dict.fromkeys(("morphine", "bupivacaine", "clonidine"), 0),
        "given_ug": dict.fromkeys(("morphine", "bupivacaine", "clonidine"), 0),
    }
    assert found["tip"][-1]["fraction_new"] == pytest.approx(1, abs=1e-6)
    assert figures("prime", file, "--over", "1 h")["duration_min"] == pytest.approx(60)
    assert "prime 0.375 mL at 1 mL/h: 22.5 min" in call("prime", file).stdout


def test_refill(file: str, tmp_path: Path) -> None:
    """E11 and E11c by name: expected, measured, difference, error, flagged, reasons."""
    found = figures("refill", file, "--measured", "8.1 mL")
    assert found["expected_mL"] == pytest.approx(6.5, abs=4e-6)
    assert (found["measured_mL"], found["difference_mL"]) == (8.1, 1.6)
    assert round(found["error_percent"], 1) == -11.9
    assert (found["flagged"], found["reasons"]) == (False, [])
    assert found["at"] == "2026-02-19T10:00:00+01:00"

    blocked = figures("refill", file, "--measured", "19 mL", "--at", "day 33 10:00")
    assert blocked["flagged"] is True
    assert len(blocked["reasons"]) == 2
    assert any("blocked catheter" in hint for hint in blocked["think_of"])
    shown = call("refill", file, "--measured", "19 mL", "--json", str(tmp_path / "out.json"))
    assert shown.exit_code == 0
    assert shown.stdout.endswith("LOOK INTO IT\n")
    assert json.loads((tmp_path / "out.json").read_text())["flagged"] is True


@pytest.mark.parametrize(
    "arguments",
    [
        ("prime", "FILE", "--over", "1 min"),
        ("refill", "FILE", "--measured", "19 mL"),
        (
            *("compound", "FILE", "--daily", "morphine=4 mg/day", "--daily", "bupivacaine=8 mg/day"),
            *("--daily", "clonidine=100 mcg/day", "--volume", "20 mL", "--flow", "0.4 mL/h"),
        ),
    ],
)
def test_the_text_fits_a_narrow_terminal(file: str, arguments: tuple[str, ...]) -> None:
    """Eighty columns, also for a mixture and for long reasons."""
    said = call(*(file if one == "FILE" else one for one in arguments)).stdout
    assert max(map(len, said.splitlines())) <= 80


def test_refill_with_the_pumps_log(file: str) -> None:
    """12 mL read from the pump leave 8 mL."""
    assert figures("refill", file, "--measured", "8.1 mL", "--delivered", "12 mL")["expected_mL"] == pytest.approx(8)


def test_refill_with_earlier_ones(file: str, tmp_path: Path) -> None:
    """Two refills in a row with too little left are a trend; a single one before an ordinary one is none."""
    table = tmp_path / "refills.csv"
    table.write_text("time,filled_mL,expected_mL,measured_mL\n2025-11-01,20,6.5,3\n2026-01-20 10:00,,,12\n")
    found = figures("refill", file, "--measured", "3 mL", "--earlier", str(table))

    assert found["trend"]["refills"] == 3
    assert found["trend"]["repeated"] == 3
    assert {"over-delivery", "leak", "pocket-fill", "diversion"} == set(found["trend"]["points_to"])
    assert "3 refills in a row" in " ".join(found["reasons"])
    calm = figures("refill", file, "--measured", "6.5 mL", "--earlier", str(table))
    assert (calm["flagged"], calm["trend"]["points_to"]) == (False, [])


def test_what_is_inside_after_the_refill(file: str) -> None:
    """Of the 20 mL that the file's refill injects 18.5 are inside: a pocket fill may have happened."""
    found = figures("refill", file, "--measured", "6.5 mL", "--inside", "18.5 mL")
    assert found["flagged"] is True
    assert "pocket" in found["reasons"][0]
    calm = figures("refill", file, "--measured", "6.5 mL", "--inside", "18.5 mL", "--injected", "19 mL")
    assert calm["flagged"] is False


def test_compound(file: str) -> None:
    """E13 on the command line, and E12's extra volume."""
    daily = ("--daily", "morphine=4 mg/day", "--daily", "bupivacaine=8 mg", "--daily", "clonidine=100 mcg/day")
    found = figures("compound", file, *daily, "--volume", "20 mL", "--flow", "0.4 mL/day")

    assert {drug: one["concentration_ug_per_mL"] for drug, one in found["drugs"].items()} == {
        "morphine": 10_000,
        "bupivacaine": 20_000,
        "clonidine": 250,
    }
    assert (found["days"], found["make_mL"]) == (50, 23)
    assert (found["drugs"]["morphine"]["stock_mL"], found["diluent_mL"]) == (8, 12)
    shown = call("compound", file, *daily, "--volume", "20 mL", "--flow", "0.4 mL/day").stdout
    assert "9.2 mL of morphine 25 mg/mL" in shown
    assert "raises all 3 drugs" in shown


SUM = ("--volume", "20 mL", "--flow", "0.4 mL/day")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("prime", "FILE", "--over", "5 mL"), '--over: "5 mL" is not a duration'),
        (("prime", "FILE", "--over", "0 min"), "above zero"),
        (("refill", "FILE", "--measured", "8.1"), "has no unit"),
        (("refill", "FILE", "--measured", "8.1 mg"), "is not a volume"),
        (("refill", "FILE", "--measured", "-1 mL"), "is below zero; write 0 or more"),
        (("refill", "FILE", "--measured", "21 mL"), "more than the reservoir holds"),
        (("refill", "FILE", "--measured", "8 mL", "--at", "2026-01-01"), "is not after the fill"),
        (("refill", "FILE", "--measured", "8 mL", "--at", "tomorrow"), "is not a time"),
        (("refill", "FILE", "--measured", "8 mL", "--delivered", "30 mL"), "more than was filled in"),
        (("refill", "FILE", "--measured", "8 mL", "--injected", "18 mL"), "give --inside too"),
        (("refill", "FILE", "--measured", "8 mL", "--at", "day 20", "--inside", "18 mL"), "say what went in"),
        (("refill", "FILE", "--measured", "8 mL", "--earlier", "LATER"), "which is not before this refill"),
        (("refill", "FILE", "--measured", "8 mL", "--earlier", "nowhere.csv"), "cannot be read"),
        (("compound", "FILE", "--daily", "fentanyl=1 mg", *SUM), "is not a drug of"),
        (("compound", "FILE", "--daily", "morphine", *SUM), "write DRUG and a quantity"),
        (("compound", "FILE", "--daily", "morphine=4 mL", *SUM), "is not a mass rate or a mass"),
        (("compound", "FILE", "--daily", "morphine=1 mg", "--daily", "morphine=2 mg", *SUM), "stands twice"),
        (
            ("compound", "FILE", "--daily", "morphine=1 mg", "--volume", "20 mL", "--flow", "50 mL/day"),
            "does not run at",
        ),
        (("compound", "FILE", "--daily", "morphine=1 mg", "--volume", "20 mL", "--flow", "1 mL"), "is not a flow"),
        (("compound", "FILE", "--daily", "morphine=4 mg", "--stock", "morphine=1 mg/mL", *SUM), "is too weak"),
    ],
)
def test_what_cannot_be_is_one_message(file: str, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """Wrong input raises the error that ends with exit code 2: one line that says what is wrong."""
    later = tmp_path / "later.csv"
    later.write_text("time,filled_mL,expected_mL,measured_mL\n2026-03-01,20,6.5,3\n")
    words = [{"FILE": file, "LATER": str(later)}.get(word, word) for word in arguments]
    done = call(*words)

    assert isinstance(done.exception, InputError), done.output
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)
