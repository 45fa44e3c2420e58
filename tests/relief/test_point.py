"""What a cohort asks of one person at one time, against the functions over arrays: the same to round-off."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.relief.support import CATALOGUE, acting_like

from intrathecal.catalogue import Catalogue, Drug
from intrathecal.catalogue.overriding import with_values
from intrathecal.cohort.drawing import Population
from intrathecal.relief import (
    Indices,
    Tolerated,
    advance,
    baseline,
    breathing_fraction,
    exposures,
    indices,
    noise,
    placebo,
    relief_fraction,
    site_index,
    spasticity_fraction,
)
from intrathecal.relief.point import (
    BREATHING,
    FRACTION,
    SITES,
    SPINAL_FACTOR,
    SPINAL_OPIOID,
    SUPRASPINAL_FACTOR,
    SUPRASPINAL_OPIOID,
    Array,
    Person,
    feel,
    hoped,
    person_of,
    scatter,
    settle,
    side_effects,
    tolerate,
    unwanted_of,
)
from intrathecal.simulation.feeling import PAIN, SPASTICITY, STEP_S
from intrathecal.therapy import parse_therapy

DRUGS = sorted(CATALOGUE.drugs)
#: Round-off: a fraction of 1 loses what is smaller than its last digit.
NEAR, LAST = 1e-11, 1e-14
PEOPLE = 25


@cache
def catalogues() -> tuple[Catalogue, ...]:
    """The built-in catalogue, and those of drawn patients."""
    tables = "".join(f'[[drug]]\nname = "{name}"\n' for name in DRUGS)
    text = f'{tables}[[event]]\nat = 2026-03-02\noral_opioid = "1 mg/day"\n'
    population = Population(parse_therapy(text, "everything.toml", Path()), 1)
    drawn = [population.draw(index) for index in range(PEOPLE)]
    return (CATALOGUE, *(with_values(CATALOGUE, each.values) for each in drawn))


#: ug/mL: none, almost none, what people have, and more than dissolves.
concentrations = st.one_of(
    st.just(0.0),
    st.floats(1e-6, 10.0),
    st.floats(-300.0, 12.0).map(lambda power: 10.0**power),
)
people = st.builds(
    lambda index, names: (catalogues()[index], [catalogues()[index].drugs[name] for name in names]),
    st.integers(0, PEOPLE),
    st.lists(st.sampled_from(DRUGS), min_size=1, max_size=4, unique=True),
)
tolerances = st.tuples(*[st.floats(0.0, 1.0)] * 4)


def seen_by(data: st.DataObject, drugs: list[Drug]) -> Array:
    """Concentrations at the effect sites of each drug (k, 4)."""
    rows = data.draw(
        st.lists(st.lists(concentrations, min_size=4, max_size=4), min_size=len(drugs), max_size=len(drugs))
    )
    return np.array(rows)


def acting(catalogue: Catalogue, drugs: list[Drug], seen: Array) -> tuple[Indices, ...]:
    """The same for the functions over arrays, at one time."""
    given = [
        (drug, {site: np.array([number]) for site, number in zip(SITES, row, strict=True)})
        for drug, row in zip(drugs, seen.tolist(), strict=True)
    ]
    return indices(catalogue.relief, given)


def felt_by(person: Person, seen: Array, tolerated: Array, insensitivity: float = 1.0) -> tuple[Array, Array]:
    """What is felt (6,), and the indices at both sites (k, 2)."""
    sites, felt = np.full((len(seen), 2), np.nan), np.full(6, np.nan)
    feel(*person[:4], seen, tolerated, insensitivity, sites, felt)
    return felt, sites


def same(one: float, other: Array | float) -> bool:
    """Whether two numbers are the same to round-off."""
    return bool(one == pytest.approx(float(np.squeeze(np.asarray(other))), rel=NEAR, abs=LAST))


@given(people, tolerances, st.floats(0.0, 40.0), st.sampled_from([PAIN, SPASTICITY]), st.data())
@settings(max_examples=300, deadline=None)
def test_one_time_is_felt_as_arrays_have_it(
    who: tuple[Catalogue, list[Drug]],
    tolerated: tuple[float, float, float, float],
    insensitive: float,
    followed: str,
    data: st.DataObject,
) -> None:
    """Relief or spasticity, breathing, tolerance's factors, what tolerance follows, and every side effect."""
    catalogue, drugs = who
    relief, seen = catalogue.relief, seen_by(data, drugs)
    insensitivity = 2.0**insensitive
    felt, sites = felt_by(person_of(relief, drugs, followed, STEP_S), seen, np.array(tolerated), insensitivity)
    arrays = acting(catalogue, drugs, seen)
    factors = Tolerated(*tolerated).factors(relief.tolerance)

    assert same(felt[SPINAL_FACTOR], factors.spinal)
    assert same(felt[SUPRASPINAL_FACTOR], factors.supraspinal)
    if followed == PAIN:
        assert same(felt[FRACTION], relief_fraction(relief, arrays, factors, insensitivity))
    else:
        assert same(felt[FRACTION], spasticity_fraction(arrays))
    assert same(felt[BREATHING], breathing_fraction(arrays, factors))
    assert same(felt[SPINAL_OPIOID], site_index(arrays, "opioid", "spinal"))
    assert same(felt[SUPRASPINAL_OPIOID], site_index(arrays, "opioid", "supraspinal"))

    effects = catalogue.side_effects
    peaks = np.zeros(len(effects))
    side_effects(*unwanted_of(effects, drugs), sites, felt, peaks)
    expected = exposures(effects, arrays, factors)
    for name, peak in zip(effects, peaks, strict=True):
        assert same(peak, expected.get(name, 0.0))


@given(people, tolerances, st.data())
@settings(max_examples=100, deadline=None)
def test_tolerance_moves_on_as_arrays_have_it(
    who: tuple[Catalogue, list[Drug]], tolerated: tuple[float, float, float, float], data: st.DataObject
) -> None:
    """Three steps one after the other, up and down, at both sites."""
    catalogue, drugs = who
    person, state = person_of(catalogue.relief, drugs, PAIN, STEP_S), np.array(tolerated)
    held = Tolerated(*tolerated)
    for _ in range(3):
        seen = seen_by(data, drugs)
        felt, _ = felt_by(person, seen, state)
        tolerate(person.kept, state, felt)
        arrays = acting(catalogue, drugs, seen)
        spinal, brain = (site_index(arrays, "opioid", site) for site in ("spinal", "supraspinal"))
        held, _ = advance(catalogue.relief.tolerance, held, spinal, brain, STEP_S)
        wanted = (held.spinal_fast, held.spinal_slow, held.supraspinal_fast, held.supraspinal_slow)
        assert state.tolist() == pytest.approx(wanted, rel=NEAR, abs=LAST)


@given(people, st.floats(0.0, 10.0), st.data())
@settings(max_examples=150, deadline=None)
def test_a_person_at_rest_is_the_one_that_arrays_find(
    who: tuple[Catalogue, list[Drug]], pain: float, data: st.DataObject
) -> None:
    """Pain on the oral opioid, untreated pain, insensitivity and tolerance."""
    catalogue, drugs = who
    seen, state = seen_by(data, drugs), np.full(4, np.nan)
    found = settle(person_of(catalogue.relief, drugs, PAIN, STEP_S), seen, pain, state)
    expected = baseline(catalogue.relief, acting(catalogue, drugs, seen), pain)
    assert found[0] == pytest.approx(expected.pain, rel=1e-9, abs=1e-12)
    assert found[1] == pytest.approx(expected.untreated_pain, rel=1e-9, abs=1e-12)
    assert found[2] == pytest.approx(expected.insensitivity, rel=1e-9)
    held = expected.tolerated
    wanted = (held.spinal_fast, held.spinal_slow, held.supraspinal_fast, held.supraspinal_slow)
    assert state.tolist() == pytest.approx(wanted, rel=NEAR, abs=LAST)


@given(st.integers(0, PEOPLE), st.floats(0.0, 1e9))
@settings(max_examples=50, deadline=None)
def test_hope_is_that_of_arrays(index: int, since_s: float) -> None:
    """From the first moment on."""
    relief = catalogues()[index].relief
    person = person_of(relief, [CATALOGUE.drugs["morphine"]], PAIN, STEP_S)
    assert same(hoped(person.shared, since_s), placebo(relief, since_s))


def test_local_anaesthetics_of_different_steepness_act_as_arrays_have_it() -> None:
    """Two of them and an opioid: the catalogue has only one."""
    steep = acting_like(CATALOGUE.drugs["bupivacaine"], hill=7.0)
    drugs = [CATALOGUE.drugs["bupivacaine"], steep, CATALOGUE.drugs["fentanyl"]]
    seen = np.array([[6.0, 0.0, 0.1, 0.0], [8.0, 1.0, 0.0, 0.0], [0.002, 0.0004, 0.0001, 0.0]])
    person = person_of(CATALOGUE.relief, drugs, PAIN, STEP_S)
    arrays = tuple(acting(CATALOGUE, [drug], seen[[place]])[0] for place, drug in enumerate(drugs))
    factors = Tolerated().factors(CATALOGUE.relief.tolerance)
    felt, _ = felt_by(person, seen, np.zeros(4))
    assert 0.1 < felt[FRACTION] < 0.99
    assert same(felt[FRACTION], relief_fraction(CATALOGUE.relief, arrays, factors))


@pytest.mark.parametrize("steps", [1, 95, 96, 500])
def test_answers_scatter_as_those_of_one_run(steps: int) -> None:
    """Bit for bit, from the first step on."""
    assert np.array_equal(
        scatter(CATALOGUE.relief, 12345, steps, STEP_S), noise(CATALOGUE.relief, 12345, 0, steps, STEP_S, None)
    )
