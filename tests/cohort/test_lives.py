"""What became of a patient by the compiled way, against the simulation that one patient gets."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from pickle import dumps

import numpy as np
import pytest
from tests.cohort.processes import rows_of
from tests.simulation.support import therapy

from intrathecal.cohort.lives import Life, Study, compiled_life, exact_life
from intrathecal.cohort.preparing import ready
from intrathecal.cohort.running import work
from intrathecal.simulation.errors import SimulationError
from intrathecal.therapy import NoPresses, Therapy, load_therapy, parse_therapy

FOLLOWED = sorted(path for path in Path("examples").glob("*.toml") if "[pump]" in path.read_text())
#: Days of the examples, and of their events, are divided by this; a scan and its reset are a day apart all the same.
SHORTER = {"mri": 7}
#: Those that are left to the simulation, and why.
LEFT = {"mri": "drug that a scan lets out of the pump"}
#: Pain and spasticity (points) and breathing (a fraction) are so near: the flow of the compiled way does not come in whole steps
#: of the drive, and in the first hours one step is much of what is there.
NEAR = 2e-3
#: While the front of another solution reaches the tip, for less than half a day: the simulation averages it over a 96th of the
#: line.
NEAR_A_FRONT, PASSING_S = 0.03, 43_200.0
#: Means over a few days, and what was given: a step of the drive is up to a hundred-thousandth of that.
NEAR_MEANS = 2e-5
PEOPLE = 3
PROGRAM = "{base}\non demand 0.2 mg over 5 min, lockout 2 h, max 6 per day"
IN_PAIN = {"patient": 'pain = 7\noral_opioid = "60 mg/day"', "presses": '"when pain > 4"', "days": "2"}


def shortened(path: Path) -> Therapy:
    """An example in a tenth of the time."""
    by = SHORTER.get(path.stem, 10)
    text = path.read_text().replace("at = 2026-04-20T09:00:00", 'at = "day 5 09:00"')
    text = re.sub(r'"day (\d+)', lambda day: f'"day {-(-int(day[1]) // by)}', text)
    text = re.sub(r"days = (\d+)", lambda day: f"days = {max(3, -(-int(day[1]) // by) + 1)}", text)
    return parse_therapy(text, path.name, path.parent)


def both(study: Study, index: int) -> tuple[Life, Life]:
    """A patient's life by both ways."""
    drawn = study.population.draw(index)
    plan = study.population.therapy_of(drawn)
    assert study.course is not None
    fast = compiled_life(ready(plan, study.course), study.course, plan, drawn)
    assert isinstance(fast, Life), fast
    return fast, exact_life(plan, "")


def assert_alike(fast: Life, exact: Life, passing_s: float = 0.0) -> None:
    """All that a life has; a front may be ``passing_s`` long in it."""
    assert np.array_equal(fast.times_s, exact.times_s)
    assert (fast.presses_given, fast.presses_refused) == (exact.presses_given, exact.presses_refused)
    for one, other in ((fast.complaint, exact.complaint), (fast.breathing, exact.breathing)):
        apart = np.abs(one - other)
        assert apart.max() < NEAR_A_FRONT
        passing = fast.times_s[apart > NEAR]
        assert passing.size == 0 or passing[-1] - passing[0] < passing_s
    assert fast.before == pytest.approx(exact.before, rel=1e-12)
    assert fast.means.keys() == exact.means.keys()
    for drug, sites in exact.means.items():
        assert fast.means[drug] == pytest.approx(sites, rel=NEAR_MEANS)
        assert fast.given_ug[drug] == pytest.approx(exact.given_ug[drug], rel=NEAR_MEANS)
        assert fast.peaks[drug] == pytest.approx(exact.peaks[drug], rel=2e-2)
    # The simulation looks between the quarters of an hour too.
    assert fast.side_effects == pytest.approx(exact.side_effects, abs=1e-3)
    assert fast.complaint_mean == pytest.approx(exact.complaint_mean, abs=NEAR)
    assert max(fast.error, exact.error) < 1e-4


@pytest.mark.parametrize("path", FOLLOWED, ids=lambda path: path.stem)
def test_every_example_is_lived_as_it_is_simulated(path: Path) -> None:
    """A few drawn patients of each, in a tenth of the time."""
    study = Study.of(shortened(path), 3)
    assert study.why_not == LEFT.get(path.stem, "")
    for index in range(0 if study.why_not else PEOPLE):
        assert_alike(*both(study, index), PASSING_S if "refill" in path.read_text() else 0.0)


@pytest.mark.parametrize("model", ["synchromed-ii-20", "prometra-ii-20"])
@pytest.mark.parametrize(
    "presses",
    ['"when pain > 4"', '"9 per day"', '["day 0 11:00", "day 0 12:00", "day 0 13:30", "day 1 10:07", "day 1 10:08"]'],
)
def test_every_way_to_press_is_answered_alike(model: str, presses: str) -> None:
    """By pumps whose flow is even, and that come in strokes; by pain, at random and at given times."""
    catheter = "prometra-110" if model.startswith("prometra") else "ascenda-8781"
    changes = {**IN_PAIN, "pump": model, "catheter": catheter, "presses": presses}
    study = Study.of(therapy(program=PROGRAM.format(base="0.6 mg/day"), **changes), 1)
    answered = set()
    for index in range(PEOPLE):
        fast, exact = both(study, index)
        assert_alike(fast, exact)
        answered.add((fast.presses_given, fast.presses_refused))
    assert min(given for given, _ in answered) > 0
    assert (len(answered) > 1) == (presses[0] == '"')


def test_who_presses_until_the_reservoir_is_empty_is_followed() -> None:
    """The reservoir of 0.7 mL is counted empty sooner by those in pain."""
    study = Study.of(therapy(program=PROGRAM.format(base="3 mg/day"), volume="0.7 mL", **IN_PAIN), 1)
    for index in range(PEOPLE):
        assert_alike(*both(study, index))


def test_spasticity_is_followed_where_the_drugs_act_on_it() -> None:
    """And pain is not."""
    text = Path("examples/baclofen-spasticity.toml").read_text().replace("days = 28", "days = 2")
    study = Study.of(parse_therapy(text, "baclofen.toml", Path("examples")), 4)
    found = [both(study, index)[0] for index in range(PEOPLE)]
    before = study.population.therapy.catalogue.relief.ashworth_before.canonical
    assert {life.before for life in found} == {before}
    assert all(life.complaint.max() <= 4.0 and (life.breathing == 1.0).all() for life in found)
    assert all(life.relief_percent is not None and life.relief_percent > 1 for life in found)


def test_a_therapy_of_two_drugs_by_way_of_the_plasma_is_alike() -> None:
    """An opioid with a metabolite that is swallowed on, beside a drug that acts otherwise."""
    event = 'at = "day 1 09:00"\noral_opioid = "90 mg/day"'
    study = Study.of(therapy(event, program=PROGRAM.format(base="1 mg/day"), **IN_PAIN), 1)
    for index in range(PEOPLE):
        assert_alike(*both(study, index))


# ---- patients who are left to the simulation, and those who cannot be


def lives(study: Study, count: int) -> list[Life]:
    """The lives of the first patients, however they come."""
    return [study.life(study.population.draw(index), {}) for index in range(count)]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ('dose = { drug = "morphine", amount = "1 mg", route = "epidural", level = "T10" }', "doses at once"),
        ('dose = { drug = "morphine", amount = "5 mg", route = "intravenous", over = "1 h" }', "doses by other routes"),
        ('aspirate = { volume = "0.3 mL", from = "side-port" }', "fluid is drawn through the side port"),
        ('fault = { kind = "disconnect" }', "the catheter comes off the pump"),
    ],
)
def test_what_the_compiled_way_cannot_do_is_simulated(event: str, why: str) -> None:
    """The life is the one of the simulation, and says why."""
    study = Study.of(therapy(f'at = "day 1 09:00"\n{event}', program=PROGRAM.format(base="1 mg/day"), **IN_PAIN), 1)
    assert study.why_not == why
    (life,) = lives(study, 1)
    exact = exact_life(study.population.therapy_of(study.population.draw(0)), why)
    assert life.left_to == why
    assert np.array_equal(life.complaint, exact.complaint)


def test_without_a_pump_everyone_is_simulated() -> None:
    """A needle trial has rows like any other cohort."""
    plan = load_therapy("examples/needle-trial.toml")
    study = Study.of(replace(plan, simulation=replace(plan.simulation, days=Fraction(1))), 1)
    (life,) = lives(study, 1)
    assert life.presses_given == 0
    assert life.peaks["morphine"]["cisterna_magna"] > 0


#: At noon of the second day a program comes whose limit holds all that was pressed before.
REFUSING = """at = "day 1 12:00"
program = '''
0.6 mg/day
on demand 0.2 mg over 5 min, lockout 2 h, max 6 per day
limit 1.1 mg per 24 h
'''"""


def test_a_patient_whose_presses_forbid_a_program_is_a_row_that_says_so() -> None:
    """Nothing is known of that patient but who it is, and the others are not disturbed."""
    study = Study.of(therapy(REFUSING, program=PROGRAM.format(base="0.6 mg/day"), **IN_PAIN), 1)
    assert not study.why_not
    rows = rows_of(work(dumps(study), 0, 12).table)
    refused = [index for index, row in enumerate(rows) if row["refused"]]
    assert 2 <= len(refused) <= 10
    assert len(work(dumps(study), 0, 12).bins) == 12 - len(refused)
    for index, row in enumerate(rows):
        drawn = study.population.draw(index)
        assert (row["patient"], row["weight_kg"]) == (index, drawn.weight_kg)
        if index in refused:
            with pytest.raises(SimulationError) as said:
                study.life(drawn, {})
            assert row["refused"] == str(said.value)
            assert "above its limit of 1.1 mg" in row["refused"]
            assert row["relief_percent"] is row["presses_given"] is row["error_estimate"] is None
        else:
            assert row["presses_given"] is not None
    # Whoever presses less is not refused: nobody is, without presses.
    quiet = replace(
        study.population.therapy, simulation=replace(study.population.therapy.simulation, presses=NoPresses())
    )
    assert not any(row["refused"] for row in rows_of(work(dumps(Study.of(quiet, 1)), 0, 12).table))
