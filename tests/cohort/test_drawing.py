"""Who is drawn: medians, spreads and correlations against the catalogue's data by formulas of their own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import asin, exp, log1p, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from intrathecal.catalogue import Spread
from intrathecal.catalogue.errors import EntryError
from intrathecal.cohort.drawing import Drawn, Population, Varying
from intrathecal.cohort.writing import write_patient
from intrathecal.flow import Array
from intrathecal.simulation.api import simulate
from intrathecal.simulation.system import build_system
from intrathecal.therapy import Therapy, load_therapy, parse_therapy

PEOPLE = 2500
#: So many standard errors from what is expected, over some hundred comparisons.
FAR = 4.5
CONCENTRATIONS = {
    "morphine": "10 mg/mL",
    "hydromorphone": "5 mg/mL",
    "fentanyl": "1 mg/mL",
    "sufentanil": "0.05 mg/mL",
    "bupivacaine": "15 mg/mL",
    "clonidine": "0.5 mg/mL",
    "baclofen": "1 mg/mL",
    "ziconotide": "25 mcg/mL",
}
#: The 95 percent point of a normal number.
Z95 = 1.6448536269514722
EXAMPLES = sorted(Path("examples").glob("*.toml"))


def of_all_drugs(more: str = "") -> Therapy:
    """A patient who is given every drug of the catalogue, and morphine by mouth before."""
    drugs = "".join(f'[[drug]]\nname = "{name}"\nconcentration = "{c}"\n' for name, c in CONCENTRATIONS.items())
    return parse_therapy(
        f"""
[patient]
height = "172 cm"
weight = "78 kg"
pain = 6
oral_opioid = "60 mg/day"
[pump]
model = "synchromed-ii-20"
drive_error = "2 %"
[catheter]
model = "ascenda-8781"
removed = "31 cm"
tip = "T10"
{drugs}
[fill]
volume = "20 mL"
at = 2026-03-02T10:30:00
[program]
text = "1 mg/day"
[simulation]
presses = "when pain > 5"
{more}""",
        "everything.toml",
        Path(),
    )


@pytest.fixture(scope="module")
def population() -> Population:
    """Around that patient."""
    return Population(of_all_drugs(), 11)


@pytest.fixture(scope="module")
def people(population: Population) -> list[Drawn]:
    """Thousands of them."""
    return [population.draw(index) for index in range(PEOPLE)]


def numbers(people: list[Drawn], name: str) -> Array:
    """What they have of a value, in the unit of the catalogue."""
    return np.array([float(drawn.values[name].number) for drawn in people])


def points(varying: Varying) -> tuple[float, float, float]:
    """The 5, 50 and 95 percent points that the catalogue gives a value."""
    median, spread = float(varying.value.number), varying.value.spread
    assert spread is not None
    given = [float(number) for number in spread.numbers]
    if spread.kind == "range":
        low, high = given
    elif spread.kind == "factor":
        low, high = median / given[0], median * given[0]
    else:
        cv = given[0] / median if spread.kind == "sd" else given[0]
        low, high = median * exp(-Z95 * sqrt(log1p(cv**2))), median * exp(Z95 * sqrt(log1p(cv**2)))
    if varying.share:
        low, high = max(low, 0.1 * min(median, 1 - median)), min(high, 1 - 0.1 * (1 - median))
    return low, median, high


def near(found: float | np.floating[Any], expected: float, error: float) -> bool:
    """Whether what was counted is what is expected, within chance."""
    return abs(float(found) - expected) <= FAR * error


def test_every_value_has_the_points_that_the_catalogue_gives(population: Population, people: list[Drawn]) -> None:
    """Five percent below the low end, half below the value itself, five percent above the high end."""
    assert len(population.varying) > 90
    wrong = []
    for varying in population.varying:
        found, (low, median, high) = numbers(people, varying.name), points(varying)
        tail, half = sqrt(0.05 * 0.95 / PEOPLE), sqrt(0.25 / PEOPLE)
        # Typed numbers have six digits.
        round_off = 1e-5 * median
        below, above = np.mean(found <= low + round_off), np.mean(found >= high - round_off)
        right = near(np.mean(found < median), 0.5, half) or low == median
        right &= near(below, 0.05, tail) or low == median
        right &= near(above, 0.05, tail) or high == median
        if not right:
            wrong.append((varying.name, below, np.mean(found < median), above))
    assert not wrong


def test_lognormal_values_scatter_as_their_cv_says(population: Population, people: list[Drawn]) -> None:
    """The standard deviation of the logarithm is sqrt(log(1 + cv^2)), and the tails are no thicker."""
    checked = 0
    for varying in population.varying:
        spread = varying.value.spread
        if spread is None or spread.kind not in ("cv", "sd") or varying.share:
            continue
        cv = float(spread.numbers[0]) / (float(varying.value.number) if spread.kind == "sd" else 1.0)
        logs = np.log(numbers(people, varying.name) / float(varying.value.number))
        sigma = sqrt(log1p(cv**2))
        assert near(logs.std(), sigma, sigma / sqrt(2 * PEOPLE)), varying.name
        assert near(np.mean((logs / sigma) ** 4), 3.0, sqrt(96 / PEOPLE)), varying.name
        checked += 1
    assert checked > 10


def test_a_share_stays_between_0_and_1_and_nothing_is_negative(population: Population, people: list[Drawn]) -> None:
    """Whatever was drawn; also six standard deviations away."""
    for varying in population.varying:
        found: list[float] = [
            *numbers(people, varying.name).tolist(),
            *(float(varying.at(away).number) for away in (-6.0, 6.0)),
        ]
        assert min(found) >= 0, varying.name
        if varying.share:
            unit = float(varying.value.number) / varying.value.canonical
            assert min(found) > 0, varying.name
            assert max(found) < unit, varying.name


def test_values_of_a_family_vary_together_and_no_others_do(population: Population, people: list[Drawn]) -> None:
    """Rank correlations of normal numbers with correlation r are 6 / pi * asin(r / 2) (Pearson 1907)."""
    families = {family.name: family for family in population.therapy.catalogue.population.families}
    names = [varying.name for varying in population.varying]
    ranks = spearmanr(np.array([numbers(people, name) for name in names]), axis=1).statistic
    wrong = []
    for first, one in enumerate(population.varying):
        for second, other in enumerate(population.varying[:first]):
            together = one.family and one.family == other.family
            r = families[one.family].correlation.canonical if together else 0.0
            expected = 6 / pi * asin(r / 2)
            if not near(ranks[first, second], expected, (1 - expected**2) * 1.1 / sqrt(PEOPLE)):
                wrong.append((one.name, other.name, ranks[first, second], expected))
    assert len(families) == 4
    assert len(wrong) <= 1, wrong


def test_bodies_are_as_the_catalogue_says(population: Population, people: list[Drawn]) -> None:
    """Height and weight scatter and go together, and fluid falls as weight rises."""
    data = population.therapy.catalogue.population
    tall = np.log([drawn.height_cm / 172 for drawn in people])
    heavy = np.log([drawn.weight_kg / 78 for drawn in people])
    wet = np.log(numbers(people, "anatomy.csf_volume"))
    for found, cv in ((tall, data.height_cv), (heavy, data.weight_cv)):
        sigma = sqrt(log1p(cv.canonical**2))
        assert near(found.mean(), 0.0, sigma / sqrt(PEOPLE))
        assert near(found.std(), sigma, sigma / sqrt(2 * PEOPLE))
    for one, other, r in (
        (tall, heavy, data.height_weight_correlation.canonical),
        (heavy, wet, -data.weight_fluid_correlation.canonical),
    ):
        assert near(np.corrcoef(one, other)[0, 1], r, (1 - r**2) / sqrt(PEOPLE))
    # Fluid hangs on height only by way of weight.
    r = -data.height_weight_correlation.canonical * data.weight_fluid_correlation.canonical
    assert near(np.corrcoef(tall, wet)[0, 1], r, 1 / sqrt(PEOPLE))


def test_pain_presses_and_drive_scatter_around_the_file(population: Population, people: list[Drawn]) -> None:
    """Points of the score, cut at its ends; nineteen of twenty drives within the labelled accuracy; seeds of their own."""
    data = population.therapy.catalogue.population
    assert population.therapy.pump is not None
    accuracy = population.therapy.pump.entry.accuracy.canonical
    for found, middle, sd in (
        (np.array([drawn.pain for drawn in people]), 6.0, data.pain_sd.canonical),
        (np.array([drawn.press_above for drawn in people], dtype=float), 5.0, data.press_sd.canonical),
    ):
        assert found.min() >= 0
        assert found.max() <= 10
        assert near(np.mean(found < middle), 0.5, 0.5 / sqrt(PEOPLE))
        assert near(np.mean(found < middle - sd), 0.158655, sqrt(0.158655 * 0.841345 / PEOPLE))
    drive = np.array([drawn.drive_error for drawn in people])
    assert near(np.mean(np.abs(drive - 0.02) > accuracy), 0.05, sqrt(0.05 * 0.95 / PEOPLE))
    assert near(drive.mean(), 0.02, accuracy / 1.96 / sqrt(PEOPLE))
    assert len({drawn.seed for drawn in people}) == PEOPLE


def test_a_patient_is_the_same_whoever_was_drawn_before(population: Population, people: list[Drawn]) -> None:
    """Alone, in another order, by another population of the same seed; another seed gives other people."""
    again = Population(of_all_drugs(), 11)
    for index in (17, 3, PEOPLE - 1, 3):
        assert again.draw(index) == people[index] == population.draw(index)
    other = Population(of_all_drugs(), 12)
    assert not {other.draw(index).weight_kg for index in range(50)} & {drawn.weight_kg for drawn in people[:50]}


def test_no_more_fluid_is_absorbed_than_is_made(population: Population, people: list[Drawn]) -> None:
    """Where more was drawn, it is all that is made, whatever the unit; the entry would not be possible otherwise."""
    assert sum(_all_is_absorbed(drawn) for drawn in people) < 0.01 * PEOPLE
    therapy = population.therapy
    body = therapy.catalogue.physiology
    thirsty = replace(
        body.spinal_absorption,
        number=body.csf_production.number * 1000,
        unit="uL/min",
        spread=Spread("factor", (Decimal(2),)),
    )
    catalogue = replace(therapy.catalogue, physiology=replace(body, spinal_absorption=thirsty))
    wet = Population(replace(therapy, catalogue=catalogue), 1)
    drawn = [wet.draw(index) for index in range(60)]
    cut = [each for each in drawn if _all_is_absorbed(each)]
    assert 20 < len(cut) < 40
    for each in drawn:
        absorbed = wet.therapy_of(each).catalogue.physiology.spinal_absorption
        assert absorbed.canonical <= each.values["physiology.csf_production"].canonical


def _all_is_absorbed(drawn: Drawn) -> bool:
    return drawn.values["physiology.spinal_absorption"].exact == drawn.values["physiology.csf_production"].exact


def test_every_drawn_patient_can_be_built(population: Population, people: list[Drawn]) -> None:
    """A system of each drug in turn, of a thousand patients."""
    for index, drawn in enumerate(people[:1000]):
        therapy = population.therapy_of(drawn)
        drug = therapy.drugs[index % len(therapy.drugs)].drug
        assert np.isfinite(build_system(drug, therapy.catalogue, drawn.height_cm, drawn.weight_kg).generator.data).all()


def test_patients_six_standard_deviations_away_can_be_built(population: Population) -> None:
    """All values at once at one end or the other: all low, all high, and at random."""
    random, ordinary = np.random.default_rng(1), population.draw(0)
    for ends in ([-6.0], [6.0], *[[-6.0, 6.0]] * 60):
        values = {varying.name: varying.at(float(random.choice(ends))) for varying in population.varying}
        # Absorption and production are one another's limit, and are drawn together.
        values["physiology.spinal_absorption"] = ordinary.values["physiology.spinal_absorption"]
        height = 172 * exp(sqrt(log1p(0.04**2)) * float(random.choice(ends)))
        weight = 78 * exp(sqrt(log1p(0.2**2)) * float(random.choice(ends)))
        therapy = population.therapy_of(replace(ordinary, values=values, height_cm=height, weight_kg=weight))
        for entry in therapy.drugs:
            assert np.isfinite(build_system(entry.drug, therapy.catalogue, height, weight).generator.data).all()


def test_values_that_do_not_fit_together_are_said(population: Population) -> None:
    """The cistern is a part of the cranial fluid."""
    drawn = population.draw(0)
    small = replace(
        drawn.values["physiology.cranial_volume"],
        number=population.therapy.catalogue.physiology.cisterna_magna_volume.number,
    )
    with pytest.raises(EntryError, match="cisterna_magna_volume"):
        population.therapy_of(replace(drawn, values={**drawn.values, "physiology.cranial_volume": small}))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_patient_written_out_is_the_one_who_was_drawn(path: Path, tmp_path: Path) -> None:
    """Read again, the files give the same body, drugs, pain, presses, drive and seed, to the last bit."""
    population = Population(load_therapy(path), 5)
    drawn = population.therapy_of(population.draw(3))
    read = load_therapy(write_patient(path, 5, 3, tmp_path)[0])
    assert read.catalogue == drawn.catalogue
    assert replace(read.patient, assumed=()) == replace(drawn.patient, assumed=())
    for name in ("pump", "catheter", "drugs", "fill", "program", "simulation", "start"):
        assert getattr(read, name) == getattr(drawn, name)
    assert [(event.at_ms, event.action) for event in read.events] == [
        (event.at_ms, event.action) for event in drawn.events
    ]


def test_a_patient_written_out_runs_as_drawn(tmp_path: Path) -> None:
    """With catalogue files of one's own, named in the file and beside it, a pump of one's own, and a name with points."""
    own, more = tmp_path / "own.toml", tmp_path / "more.toml"
    own.write_text(
        '[physiology]\nstroke_volume = { value = 0.9, unit = "mL", source = ["chosen"], note = "this patient", '
        "spread = { cv = 0.1 } }\n"
    )
    more.write_text(
        '[drug.morphine.csf]\nloss_half_life = { value = 100, unit = "min", source = ["chosen"], note = "so", '
        "spread = { factor = 3 } }\n"
    )
    file = tmp_path / "there" / "therapy.toml"
    file.parent.mkdir()
    file.write_text(
        Path("examples/cancer-boluses.toml").read_text().replace("days = 42", "days = 1")
        + '\n[catalogue]\nfiles = ["../own.toml"]\n'
    )
    population = Population(load_therapy(file, [more]), 2)
    varying = {each.name: each.value for each in population.varying}
    assert float(varying["physiology.stroke_volume"].number) == 0.9
    drawn = population.therapy_of(population.draw(8))
    written, values = write_patient(file, 2, 8, tmp_path / "elsewhere" / "still", [more])
    assert values.parent == written.parent
    first, second = simulate(drawn, profiles=()), simulate(load_therapy(written), profiles=())
    for name in ("exposure", "relief", "ledger", "daily"):
        assert first.figures[name] == second.figures[name]
    assert first.data.equals(second.data)
