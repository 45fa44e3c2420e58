"""The same patients under several therapies: compared and swept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import csv, parquet
from tests.cohort.studies import PRESSED, few, short

from intrathecal.catalogue.overriding import override
from intrathecal.cohort.comparing import FIRST, check_same_people, compare_cohorts
from intrathecal.cohort.conducting import run_cohort
from intrathecal.cohort.crowd import Stopped, StudyError
from intrathecal.cohort.drawing import Population
from intrathecal.cohort.keeping import OUTCOMES, read_rows
from intrathecal.cohort.pairing import difference
from intrathecal.cohort.possible import impossible
from intrathecal.cohort.sweeping import CSV, JSON, PARQUET, points, sweep
from intrathecal.simulation.comparison import ComparisonError
from intrathecal.therapy import Therapy
from intrathecal.therapy.file.changing import TherapyFile


def other_drug(therapy: Therapy, *names: str) -> Therapy:
    """The same therapy with other drugs."""
    entries = [replace(therapy.drugs[0], drug=therapy.catalogue.drugs[name]) for name in names]
    return replace(therapy, drugs=tuple(entries))


# ---- the same patients


def test_a_patient_has_the_same_deviates_whatever_the_drugs_and_whatever_is_set() -> None:
    """Body, fluid and each drug of both; a value that is set varies no longer, and moves none of the others."""
    plain = short().therapy
    mixed = other_drug(plain, "hydromorphone", "bupivacaine", "morphine")
    fixed = short().changed({"physiology.stroke_volume": "0.5 mL", "drug.morphine.csf.loss_half_life": "3 h"}, "test")
    one, more, less = (Population(therapy, 3).draw(5) for therapy in (plain, mixed, fixed))

    assert more.deviates.items() >= one.deviates.items()
    assert any(name.startswith("drug.bupivacaine.") for name in more.deviates)
    gone = {"physiology.stroke_volume", "drug.morphine.csf.loss_half_life"}
    assert gone <= set(one.deviates)
    assert less.deviates == {name: value for name, value in one.deviates.items() if name not in gone}
    same = [(each.seed, each.pain, each.height_cm, each.weight_kg, each.drive_error) for each in (one, more, less)]
    assert same[0] == same[1] == same[2]


def test_deviates_are_standard_normal_and_families_have_their_correlation() -> None:
    """Over four thousand patients: mean, spread, and the correlations that the catalogue gives."""
    population = Population(other_drug(short().therapy, "morphine", "bupivacaine"), 1)
    drawn = [population.draw(index).deviates for index in range(4000)]
    names = list(drawn[0])
    numbers = np.array([[each[name] for name in names] for each in drawn])
    found = np.corrcoef(numbers.T)
    family = {varying.name: varying for varying in population.varying}

    assert np.abs(numbers.mean(axis=0)).max() < 5 / np.sqrt(4000)
    assert np.abs(numbers.std(axis=0) - 1).max() < 0.05
    for row, one in enumerate(names):
        for column, other in enumerate(names):
            if one in family and other in family and one != other:
                together = family[one].family and family[one].family == family[other].family
                wanted = family[one].correlation if together else 0.0
                assert found[row, column] == pytest.approx(wanted, abs=0.08), (one, other)


# ---- compared


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Half of the dose as boluses, in the patients of a constant dose, with presses when in pain."""
    folder = tmp_path_factory.mktemp("compared")
    presses = {"presses": '"when pain > 4"'}
    first = short(program=PRESSED, **presses).therapy
    second = short(program=PRESSED.replace("1 mg/day", "0.7 mg/day\nbolus 0.3 mg over 10 min at 07:00"), **presses)
    return compare_cohorts(first, second.therapy, 72, folder), folder


def test_a_therapy_compared_with_itself_differs_by_nothing_at_all(tmp_path: Path) -> None:
    """Every difference is exactly 0 in every patient, and so are the intervals."""
    therapy = short(program=PRESSED, presses='"when pain > 4"').therapy
    found = compare_cohorts(therapy, therapy, 20, tmp_path)["compare"]["difference"]

    for change in (*found["differences"].values(), found["responders_fraction"]):
        assert (change["mean"], change["interval"], change["same"]) == (0.0, [0.0, 0.0], 1.0)
    assert found["responders"]["only_first"] == found["responders"]["only_second"] == 0


def test_pairing_makes_the_interval_much_shorter_than_other_patients_would(
    compared: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    """Shorter than two independent samples would have, and than they do have when the second has other patients."""
    found, folder = compared
    change = found["compare"]["difference"]["differences"]["relief_percent"]
    first = read_rows(folder / FIRST / OUTCOMES)
    second = short(program=PRESSED.replace("1 mg/day", "0.7 mg/day\nbolus 0.3 mg over 10 min at 07:00"))
    strangers = run_cohort(second.changed({"simulation.presses": "when pain > 4"}, "test"), 72, tmp_path, seed=1)
    apart = difference(first["relief_percent"], read_rows(strangers.files[0])["relief_percent"])

    assert np.ptp(change["interval"]) < 0.25 * np.ptp(change["interval_unpaired"])
    assert np.ptp(change["interval"]) < 0.25 * np.ptp(apart["interval"])


def test_a_comparison_keeps_both_tables_and_the_differences_of_every_patient(
    compared: tuple[dict[str, Any], Path],
) -> None:
    """The figures of both, the files that are named, and means that follow from the rows."""
    found, _ = compared
    tables = [read_rows(Path(name)) for name in found["files"] if name.endswith(OUTCOMES)]
    rows = read_rows(Path(next(name for name in found["files"] if name.endswith("differences.parquet"))))
    change = found["compare"]["difference"]["differences"]["presses_given"]

    assert len(tables) == 2
    assert tables[0]["pain"].tolist() == tables[1]["pain"].tolist()
    assert rows["presses_given"].tolist() == (tables[1]["presses_given"] - tables[0]["presses_given"]).tolist()
    assert change["mean"] == pytest.approx(rows["presses_given"].mean())
    assert found["relief_percent"]["median"] == pytest.approx(np.median(tables[0]["relief_percent"]))
    assert found["compare"]["relief_percent"]["median"] == pytest.approx(np.median(tables[1]["relief_percent"]))
    assert json.loads(Path(found["files"][-1]).read_text())["patients"] == 72


def test_a_comparison_that_is_finished_is_read_and_not_run_again(compared: tuple[dict[str, Any], Path]) -> None:
    """The same figures, from the same files."""
    found, folder = compared
    file = folder / FIRST / OUTCOMES
    before = file.stat().st_mtime_ns
    presses = {"presses": '"when pain > 4"'}
    second = short(program=PRESSED.replace("1 mg/day", "0.7 mg/day\nbolus 0.3 mg over 10 min at 07:00"), **presses)

    assert compare_cohorts(short(program=PRESSED, **presses).therapy, second.therapy, 72, folder) == found
    assert file.stat().st_mtime_ns == before


def test_therapies_of_other_people_are_not_compared() -> None:
    """Another weight, and another body in the catalogue: the message says which."""
    one = short().therapy
    heavy = short().changed({"patient.weight": "90 kg"}, "test")
    catalogue = override(one.catalogue, "physiology.csf_production", "0.3 mL/min", "test")

    with pytest.raises(ComparisonError, match="weight"):
        check_same_people(one, heavy)
    with pytest.raises(StudyError, match=r"another physiology\.csf_production"):
        check_same_people(one, replace(one, catalogue=catalogue))


# ---- swept


def test_more_dose_brings_every_patient_more_relief_and_less_breathing(tmp_path: Path) -> None:
    """Without presses, in each of the same patients, at four doses."""
    with few(16) as people:
        tables = [
            people.outcomes(short().changed({"program.scale": scale}, "test"), tmp_path / scale)
            for scale in ("0.5", "1", "2", "4")
        ]
    relief = np.array([table["relief_percent"] for table in tables])
    breathing = np.array([table["breathing_fraction_min"] for table in tables])

    assert (np.diff(relief, axis=0) > 0).all()
    assert (np.diff(breathing, axis=0) < 0).all()


def test_a_sweep_of_two_axes_runs_every_pair_and_names_what_the_pump_cannot_do(tmp_path: Path) -> None:
    """Rows in the order of the values, as CSV, Parquet and JSON; the dose that is too much for the pump is left out."""
    asked = {"program.scale": ("1", "1000"), "catheter.tip": ("T6", "L2"), "patient.pain": ("7",)}
    found = sweep(short(), asked, 8, tmp_path)

    assert [point["values"] for point in found["points"]] == [
        {"program.scale": "1", "catheter.tip": "T6"},
        {"program.scale": "1", "catheter.tip": "L2"},
    ]
    assert found["held"] == {"patient.pain": "7"}
    assert [one["values"]["program.scale"] for one in found["left_out"]] == ["1000", "1000"]
    assert all("faster than its fastest flow" in one["reason"] for one in found["left_out"])
    rows = parquet.read_table(tmp_path / PARQUET).to_pylist()
    assert csv.read_csv(tmp_path / CSV).num_rows == 2
    assert [row["catheter.tip"] for row in rows] == ["T6", "L2"]
    assert rows[1]["relief_percent.median"] == found["points"][1]["relief_percent"]["median"]
    assert json.loads((tmp_path / JSON).read_text())["points"] == found["points"]
    tables = [read_rows(Path(point["folder"]) / OUTCOMES) for point in found["points"]]
    assert tables[0]["weight_kg"].tolist() == tables[1]["weight_kg"].tolist()
    change = np.mean(tables[1]["relief_percent"] - tables[0]["relief_percent"])
    assert found["points"][1]["relief_change"]["mean"] == pytest.approx(change)
    assert found["points"][0]["relief_change"]["mean"] == 0.0


def test_a_value_that_is_set_is_the_same_in_all_patients_and_a_key_of_the_patient_is_their_middle(
    tmp_path: Path,
) -> None:
    """The first varies no longer, the second is drawn around."""
    settings = {"drug.morphine.csf.loss_half_life": "3 h", "patient.weight": "90 kg"}
    with few(12) as people:
        before = people.outcomes(short().therapy, tmp_path / "before")
        after = people.outcomes(short().changed(settings, "test"), tmp_path / "after")

    assert [name for name in before if "loss_half_life" in name]
    assert not [name for name in after if "loss_half_life" in name]
    assert after["weight_kg"] / before["weight_kg"] == pytest.approx(90 / 78, rel=1e-5)
    assert not np.allclose(before["relief_percent"], after["relief_percent"])


def test_a_study_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    """Ctrl-C in the second chunk: the first is kept and not run again, and no digit differs."""
    therapy = short().therapy
    calls = []

    def stop(done: float) -> None:
        calls.append(done)
        raise KeyboardInterrupt

    with few(70) as people:
        with pytest.raises((Stopped, KeyboardInterrupt)):
            people.outcomes(therapy, tmp_path / "stopped", stop)
        resumed: list[float] = []
        found = people.outcomes(therapy, tmp_path / "stopped", resumed.append)
        whole: list[float] = []
        expected = people.outcomes(therapy, tmp_path / "whole", whole.append)

    assert len(calls) == 1
    assert len(resumed) < len(whole)
    assert all((found[name] == expected[name]).all() for name in ("patient", "relief_percent", "presses_given"))


def test_outcomes_of_fewer_patients_are_not_taken_for_those_of_more(tmp_path: Path) -> None:
    """The folder of ten is run anew for twelve."""
    with few(10) as people:
        ten = dict(people.outcomes(short().therapy, tmp_path))
    with few(12) as people:
        twelve = people.outcomes(short().therapy, tmp_path)

    assert (len(ten["patient"]), len(twelve["patient"])) == (10, 12)
    assert ten["relief_percent"].tolist() == twelve["relief_percent"][:10].tolist()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"program.base": "0.1 mg/day"}, "slower than its slowest flow"),
        ({"program.base": "300 mg/day"}, "faster than its fastest flow"),
        ({"program.base": "100 mg/day"}, "empty after 2 days"),
    ],
)
def test_what_a_pump_cannot_give_is_said(changes: dict[str, str], words: str) -> None:
    """Flows beyond its range, and a fill that does not last: 20 mL at 10 mL a day."""
    assert words in impossible(short().changed(changes, "test"))
    assert impossible(short().therapy) == ""


def test_a_reservoir_that_presses_empty_is_told_of_each_patient(tmp_path: Path) -> None:
    """199 mg, of which the base takes 180 in three days: four presses of 5 mg are too many, three are not."""
    program = "60 mg/day\non demand 5 mg over 60 min, lockout 1 h, max 9 per day"
    file = short(program=program, presses='"1 per day"', volume="19.9 mL")
    with few(40) as people:
        table = people.outcomes(file.therapy, tmp_path)

    assert impossible(file.therapy) == ""
    assert table["ran_empty"].tolist() == (table["presses_given"] >= 4).tolist()
    assert 0 < table["ran_empty"].sum() < 40


def test_a_program_beyond_its_own_limit_is_impossible() -> None:
    """The reason is that of a run."""
    assert "above its limit" in impossible(short(program="1 mg/day\nlimit 0.5 mg per 24 h").therapy)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"program.scale": ("1",)}, "no name has several values"),
        ({name: ("1", "2") for name in ("program.scale", "patient.pain", "simulation.days")}, "one or two names"),
        ({"program.scale": ("1", "2", "1")}, "1 stands twice"),
        ({"program.scale": tuple(map(str, range(1, 1100)))}, "1099 points are too many"),
    ],
)
def test_a_sweep_needs_one_or_two_axes_without_repetitions(settings: dict[str, tuple[str, ...]], words: str) -> None:
    """One message that says what would be right."""
    with pytest.raises(StudyError, match=words):
        points(short(), settings)


def test_a_body_that_no_drawn_patient_can_have_is_one_message(tmp_path: Path) -> None:
    """The cisterna magna is a part of the cranial fluid, and in some of the patients there is less of that."""
    file: TherapyFile = short()
    therapy = file.changed({"physiology.cisterna_magna_volume": "149 mL"}, "test")

    with few(16) as people, pytest.raises(StudyError, match="cisterna_magna_volume"):
        people.outcomes(therapy, tmp_path)
