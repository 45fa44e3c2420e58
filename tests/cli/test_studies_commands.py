"""The commands over many therapies as a stranger calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.commands import call, refused
from tests.simulation.support import therapy_text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A therapy of three days."""
    path = tmp_path / "a.toml"
    path.write_text(therapy_text(program="1 mg/day", days="3", patient="pain = 8"))
    return path


def test_find_answers_for_the_files_own_patient(file: Path, tmp_path: Path) -> None:
    """The dose, what it does, the frontier and that it is no advice; all of it in the JSON too."""
    target = tmp_path / "found.json"
    done = call("find", file, "--want", "relief 60 %", "--breathing-min", "60 %", "--scales", "0.5,1", "--json", target)
    found = json.loads(target.read_text())

    assert done.returncode == 0, done.stderr
    assert f"{found['found']['scale']:g} times the doses of the file" in done.stdout
    assert found["found"]["relief_percent"] >= 60
    assert found["found"]["program"] in done.stdout
    assert done.stdout.count("*") >= len(found["frontier"])
    assert "no dosing advice" in done.stdout


def test_find_says_no_with_exit_code_1_and_which_limit_stops_it(file: Path, tmp_path: Path) -> None:
    """The JSON is written all the same."""
    target = tmp_path / "found.json"
    done = call("find", file, "--want", "relief 95 %", "--breathing-min", "70 %", "--scales", "0.5,1", "--json", target)
    found = json.loads(target.read_text())

    assert done.returncode == 1
    assert (found["found"], found["stopped_by"]) == (None, "breathing")
    assert "a higher dose breaks the limit on breathing" in done.stdout
    assert found["nearest"]["breathing_fraction_min"] >= 0.7


def test_sweep_writes_a_table_and_goes_on_where_it_was(file: Path, tmp_path: Path) -> None:
    """The second call reads what the first one wrote."""
    words = ("sweep", file, "--set", "catheter.tip=T8,L2", "--patients", 4, "--out", tmp_path / "out", "--json", "-")
    first, second = call(*words), call(*words)

    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    found = json.loads(first.stdout)
    assert [point["values"] for point in found["points"]] == [{"catheter.tip": "T8"}, {"catheter.tip": "L2"}]
    assert all(Path(name).is_file() for name in found["files"])


def test_cohort_compares_two_therapies_in_the_same_patients(file: Path, tmp_path: Path) -> None:
    """Both medians, their paired difference, and who gains."""
    other = tmp_path / "b.toml"
    other.write_text(file.read_text().replace("1 mg/day", "2 mg/day"))
    done = call("cohort", file, "--compare", other, "--patients", 6, "--out", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    relief = next(line for line in done.stdout.splitlines() if line.startswith("relief, %")).split()
    assert relief[-2:] == ["100%", "0%"]
    assert "with both" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sweep", "--set", "program.scle=1,2"), ("program.scle", "did you mean")),
        (("sweep", "--set", "program.base=1 mg,2 mg"), ("program.base=1 mg", "mg/day")),
        (("sweep", "--set", "patient.weight=2 kg,70 kg"), ("8 kg",)),
        (("sweep", "--set", "program.scale=1,,2"), ("a value is empty",)),
        (("sweep", "--set", "program.scale=1"), ("no name has several values",)),
        (("find", "--want", "sleep 50 %", "--breathing-min", "60 %"), ("--want", "relief 50 %")),
        (("find", "--want", "relief 0 %", "--breathing-min", "60 %"), ("1 % to 99 %",)),
        (("find", "--want", "relief 50 %", "--breathing-min", "60 mL"), ("--breathing-min",)),
        (("find", "--want", "relief 50 %", "--breathing-min", "60 %", "--for", "50 %"), ("--for", "--patients")),
        (("find", "--want", "relief 50 %", "--breathing-min", "60 %", "--tips", "T8"), ("--over tip",)),
        (("find", "--want", "relief 50 %", "--breathing-min", "60 %", "--scales", "1,x"), ("--scales",)),
        (("find", "--want", "relief 50 %", "--breathing-min", "60 %", "--tolerance", "0 %"), ("--tolerance",)),
        (("find", "--want", "relief 50 %", "--breathing-min", "60 %", "--over", "tip", "--tips", "T13"), ("T13",)),
    ],
)
def test_wrong_words_end_with_one_message(
    file: Path, tmp_path: Path, words: tuple[str, ...], said: tuple[str, ...]
) -> None:
    """Exit code 2, what is wrong and what would be right."""
    command, *options = words
    more = ("--patients", "4", "--out", tmp_path / "out") if command == "sweep" else ()
    refused(call(command, file, *options, *more), 2, *said)


def test_cohort_refuses_to_compare_other_patients(file: Path, tmp_path: Path) -> None:
    """The message names what differs."""
    other = tmp_path / "b.toml"
    other.write_text(file.read_text().replace("78 kg", "60 kg"))
    refused(call("cohort", file, "--compare", other, "--patients", 6, "--out", tmp_path / "out"), 2, "weight", "78 kg")
