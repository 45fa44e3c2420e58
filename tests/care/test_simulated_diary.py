"""The diary of a simulated patient: what it writes, and that it reads back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.care.support import CATALOGUE

import intrathecal
from intrathecal.care.diary import Diary, parse_diary
from intrathecal.care.errors import DiaryError
from intrathecal.care.simulated import first_moment, simulated_diary
from intrathecal.care.trial import judge
from intrathecal.catalogue.overriding import override
from intrathecal.therapy import Therapy
from intrathecal.therapy.file.load import parse_therapy

EXAMPLES = Path(__file__).parents[2] / "examples"
ORAL = """
[patient]
pain = 6
[[drug]]
name = "morphine"
[[event]]
at = 2026-03-09T10:00:00
dose = { drug = "morphine", amount = "0.3 mg", route = "intrathecal", level = "L3" }
[[event]]
at = 2026-03-09T13:00:00
dose = { drug = "morphine", amount = "20 mg", route = "oral" }
[[event]]
at = 2026-03-09T15:30:00
dose = { drug = "morphine", amount = "10 mg", route = "oral" }
[simulation]
days = 1
seed = 3
"""


def kept(therapy: Therapy, days: float | None = None) -> Diary:
    """The diary of a run of ``therapy``."""
    return parse_diary(simulated_diary(intrathecal.simulate(therapy, days=days, profiles=())), "kept.csv")


def test_the_example_diary_is_that_of_the_example_trial() -> None:
    """Word for word what the command writes."""
    run = intrathecal.simulate(intrathecal.load_therapy(EXAMPLES / "intrathecal-trial.toml"), profiles=())
    assert simulated_diary(run) == (EXAMPLES / "trial-diary.csv").read_text(encoding="utf-8")


def test_scores_are_the_patients_own_answers() -> None:
    """The same whole numbers at the same times as the handset sees; three days before, four entries a day."""
    run = intrathecal.simulate(intrathecal.load_therapy(EXAMPLES / "intrathecal-trial.toml"), profiles=(), days=2)
    found = parse_diary(simulated_diary(run), "kept.csv")
    answers = {
        at: score
        for asked in run.finished.end.asked
        for at, score in zip(asked.times_ms, asked.score.tolist(), strict=True)
    }
    start = run.finished.case.therapy.start
    assert start is not None
    trial = found.phase("trial")
    assert [answers[round((entry.at - start).total_seconds() * 1000)] for entry in trial] == [e.nrs for e in trial]
    assert len(found.phase("baseline")) == 12
    assert {entry.at.hour for entry in found.entries} == {8, 12, 16, 20}


def test_the_dose_in_force_stands_in_every_row() -> None:
    """A ladder of three steps, with route and drug."""
    rows = kept(intrathecal.load_therapy(EXAMPLES / "epidural-trial.toml")).phase("trial")
    doses = list(dict.fromkeys(str(entry.dose) for entry in rows))
    assert doses == ["10 mg/day", "20 mg/day", "30 mg/day"]
    assert {(entry.drug, entry.route) for entry in rows} == {("morphine", "epidural")}
    changed = next(entry for entry in rows if str(entry.dose) == "20 mg/day")
    assert (changed.at.day, changed.at.hour) == (10, 12)


def test_a_trial_by_needle_begins_with_the_needle_and_swallowed_morphine_is_rescue() -> None:
    """Scores before the first dose are baseline; 20 mg before 16:00 and 10 mg more."""
    found = kept(parse_therapy(ORAL, "oral.toml", Path()))
    assert [entry.at.hour for entry in found.phase("trial")] == [10, 12, 16, 20]
    assert str(found.phase("trial")[0].dose) == "0.3 mg"
    assert [entry.rescue_mme for entry in found.phase("trial")] == [0, 0, 30, 0]
    assert found.phase("baseline")[-1].at.hour == 8


def test_before_the_trial_pain_is_as_the_file_says() -> None:
    """On average over four months, with a scatter of about a point."""
    therapy = parse_therapy(ORAL, "oral.toml", Path())
    long = replace(therapy, catalogue=override(therapy.catalogue, "trial.baseline_days", "120", "test"))
    first = [entry.nrs for entry in kept(long, 0.01).phase("baseline") if entry.nrs is not None]
    assert np.mean(first) == pytest.approx(6, abs=0.4)
    assert np.std(first) == pytest.approx(CATALOGUE.relief.score_sd.canonical, abs=0.35)


def test_diary_and_verdict_agree_with_the_truth_of_the_run() -> None:
    """Relief of the last days by the simulation lies within what the verdict believes."""
    therapy = intrathecal.load_therapy(EXAMPLES / "intrathecal-trial.toml")
    for seed in (1, 2):
        run = intrathecal.simulate(replace(therapy, simulation=replace(therapy.simulation, seed=seed)), profiles=())
        found = judge(parse_diary(simulated_diary(run), "kept.csv"), CATALOGUE).findings
        assert found is not None
        data = run.data
        times = np.linspace(86_400, 4 * 86_400, 500)
        truth = 100 * (1 - float(np.interp(times, data["time"], data["pain"]).mean()) / therapy.patient.pain)
        assert abs(found.relief.mean - truth) < 2 * found.relief.sd


def test_what_has_no_diary_is_refused() -> None:
    """Spasticity, and a file without a date."""
    with pytest.raises(DiaryError, match="no pain"):
        first_moment(intrathecal.load_therapy(EXAMPLES / "baclofen-spasticity.toml"))
    undated = ORAL.replace("2026-03-09T10:00:00", '"day 0 10:00"').replace("2026-03-09T", '"day 0 ')
    undated = undated.replace(":00:00\n", ':00"\n').replace(":30:00\n", ':30"\n')
    with pytest.raises(DiaryError, match="nothing in the file has a date"):
        first_moment(parse_therapy(undated, "undated.toml", Path()))
