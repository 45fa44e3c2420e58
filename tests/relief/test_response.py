"""Drugs alone and together: each its own Hill curve, measured interactions as measured, never less from more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.relief.support import (
    BACLOFEN,
    BUPIVACAINE,
    CATALOGUE,
    CLONIDINE,
    FENTANYL,
    HYDROMORPHONE,
    MORPHINE,
    RELIEF,
    ZICONOTIDE,
    Array,
    acting_like,
    at,
    factors,
    hill,
    with_relief,
)

from intrathecal.catalogue import Relief
from intrathecal.relief import NO_TOLERANCE, Factors, Indices, relief_fraction, spasticity_fraction

DRUGS = tuple(CATALOGUE.drugs.values())
#: From nothing through a millionth to far more than anybody survives.
INDEX = st.just(0.0) | st.floats(1e-12, 1e6)
DOSES = st.lists(st.tuples(INDEX, INDEX, INDEX), min_size=len(DRUGS), max_size=len(DRUGS))
FACTORS = st.builds(Factors, st.floats(1, 20), st.floats(1, 20))
VALUES = st.builds(
    lambda share, synergy, steep, mixed: with_relief(
        systemic_spinal_share=share,
        site_synergy=synergy,
        opioid_hill=steep,
        opioid_local_anaesthetic_synergy=mixed,
    ),
    st.floats(0, 1),
    st.floats(0, 3),
    st.floats(0.3, 5),
    st.floats(0, 3),
)


def given_all(doses: list[tuple[float, float, float]]) -> list[Indices]:
    """Every drug of the catalogue, with these indices."""
    return [at(drug, *dose) for drug, dose in zip(DRUGS, doses, strict=True)]


@settings(deadline=None)
@given(VALUES, FACTORS, st.floats(1, 1e3), DOSES, st.integers(0, len(DRUGS) - 1), INDEX, INDEX)
def test_more_of_any_drug_never_gives_less(
    values: Relief,
    needed: Factors,
    insensitivity: float,
    doses: list[tuple[float, float, float]],
    which: int,
    spinal: float,
    supraspinal: float,
) -> None:
    """Whatever else is given: more of one drug at any site takes away at least as much, and never more than all."""
    drug, dose = DRUGS[which], doses[which]
    more = given_all([*doses[:which], (dose[0] + spinal, dose[1] + supraspinal, dose[2]), *doses[which + 1 :]])
    before = float(relief_fraction(values, given_all(doses), needed, insensitivity))
    after = float(relief_fraction(values, more, needed, insensitivity))
    assert 0.0 <= before <= 1.0
    assert 0.0 <= after <= 1.0
    assert after >= before * (1 - 1e-12), drug.name
    assert float(spasticity_fraction(more)) >= float(spasticity_fraction(given_all(doses))) * (1 - 1e-12)


@settings(deadline=None)
@given(st.floats(1e-6, 1e6), st.floats(0.3, 6), st.floats(0, 1))
def test_each_drug_alone_follows_its_own_curve(index: float, steepness: float, ceiling: float) -> None:
    """Alone, whatever the class's steepness, a drug gives ceiling u^h / (1 + u^h), of pain or of spasticity."""
    for drug in DRUGS:
        alone = [at(acting_like(drug, hill=steepness, ceiling=ceiling), index)]
        fractions = [float(relief_fraction(RELIEF, alone, NO_TOLERANCE)), float(spasticity_fraction(alone))]
        right = float(ceiling * hill(index, steepness))
        expected = [0.0, right] if drug.effect == "spasticity" else [right, 0.0]
        assert fractions == pytest.approx(expected, rel=1e-12, abs=1e-300)


@settings(deadline=None)
@given(st.floats(1e-6, 1e6))
def test_drugs_of_which_nothing_is_there_change_nothing(index: float) -> None:
    """Beside the other drugs, of which there is none, each drug acts as it does alone."""
    for drug in DRUGS:
        beside = [at(other, index if other is drug else 0.0) for other in DRUGS if other.response.ceiling.exact == 1]
        if drug.effect == "pain" and drug.response.ceiling.exact == 1:
            right = float(relief_fraction(RELIEF, [at(drug, index)], NO_TOLERANCE))
            assert float(relief_fraction(RELIEF, beside, NO_TOLERANCE)) == pytest.approx(right, rel=1e-12)


@settings(deadline=None)
@given(st.floats(0, 40), st.floats(0, 40), st.floats(0, 3))
def test_fentanyl_and_bupivacaine_interact_as_measured(fentanyl: float, bupivacaine: float, synergy: float) -> None:
    """With steepness 1 the two give U / (1 + U), U = f + b + a sqrt(f b): the form fitted to labour analgesia."""
    f, b = acting_like(FENTANYL, hill=1), acting_like(BUPIVACAINE, hill=1)
    values = with_relief(opioid_local_anaesthetic_synergy=synergy)
    u = fentanyl + bupivacaine + synergy * np.sqrt(fentanyl * bupivacaine)
    seen = relief_fraction(values, [at(f, fentanyl), at(b, bupivacaine)], NO_TOLERANCE)
    assert float(seen) == pytest.approx(u / (1 + u), rel=1e-12)


def test_half_doses_of_fentanyl_and_bupivacaine_exceed_the_sum() -> None:
    """Half of each ED50: additive would be 50 %; with a = 0.9 at 15 min it is 59 %, nine points more (measured: 9.1)."""
    pair = [at(acting_like(FENTANYL, hill=1), 0.5), at(acting_like(BUPIVACAINE, hill=1), 0.5)]
    for synergy, points in ((0.0, 0.0), (0.9, 9.2), (0.6, 6.5)):
        found = relief_fraction(with_relief(opioid_local_anaesthetic_synergy=synergy), pair, NO_TOLERANCE)
        assert 100 * float(found) - 50 == pytest.approx(points, abs=0.1)


@settings(deadline=None)
@given(st.floats(0, 30), st.floats(0, 30), st.floats(0.5, 4))
def test_opioids_of_one_steepness_are_doses_of_one_another(first: float, second: float, steepness: float) -> None:
    """Two opioids act as their summed index would alone; so does one opioid that is counted as two."""
    values = with_relief(opioid_hill=steepness)
    one, two = acting_like(MORPHINE, hill=steepness), acting_like(HYDROMORPHONE, hill=steepness)
    seen = relief_fraction(values, [at(one, first), at(two, second)], NO_TOLERANCE)
    assert float(seen) == pytest.approx(float(hill(first + second, steepness)), rel=1e-10, abs=1e-300)


def test_two_sites_and_their_synergy() -> None:
    """Cord and brain add, and more than add by a sqrt(us ub); each site's tolerance divides its own part."""
    drug = acting_like(MORPHINE, hill=2.0)
    for synergy in (0.0, 1.5):
        values = with_relief(site_synergy=synergy, opioid_hill=1.3)
        seen = relief_fraction(values, [at(drug, [0.8, 0.0], [0.5, 0.5])], factors([2.0, 2.0], [4.0, 1.0]))
        cord, brain = np.array([0.4, 0.0]), np.array([0.125, 0.5])
        assert seen == pytest.approx(hill(cord + brain + synergy * np.sqrt(cord * brain), 2.0))


@settings(deadline=None)
@given(st.floats(1e-3, 1e3), st.floats(1, 30), st.floats(1, 30))
def test_tolerance_and_insensitivity_move_an_opioids_curve(index: float, needed: float, insensitivity: float) -> None:
    """T times the dose does what one dose did before tolerance, m times again in an insensitive person."""
    naive = relief_fraction(RELIEF, [at(MORPHINE, index, index)], NO_TOLERANCE)
    more = at(MORPHINE, index * needed * insensitivity, index * needed * insensitivity)
    used = relief_fraction(RELIEF, [more], factors(needed, needed), insensitivity)
    assert float(used) == pytest.approx(float(naive), rel=1e-11)


def test_tolerance_and_insensitivity_are_the_opioids_alone() -> None:
    """Clonidine, ziconotide and bupivacaine work as before in a tolerant, insensitive person."""
    for drug in (CLONIDINE, ZICONOTIDE, BUPIVACAINE):
        usual = relief_fraction(RELIEF, [at(drug, 0.7)], NO_TOLERANCE)
        assert relief_fraction(RELIEF, [at(drug, 0.7)], factors(5.0, 5.0), 9.0) == usual


@settings(deadline=None)
@given(st.floats(0, 1e3), st.floats(0, 1e3), st.floats(0, 1e3))
def test_other_pairs_act_independently(opioid: float, clonidine: float, ziconotide: float) -> None:
    """What is left is the product of what each would leave alone."""
    acting = [at(MORPHINE, opioid), at(CLONIDINE, clonidine), at(ZICONOTIDE, ziconotide)]
    left = np.prod([1 - float(relief_fraction(RELIEF, [each], NO_TOLERANCE)) for each in acting])
    assert 1 - float(relief_fraction(RELIEF, acting, NO_TOLERANCE)) == pytest.approx(left, rel=1e-9, abs=1e-15)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.0, 1e-300, 1e-30, 1.0, 1e30, 1e150]), min_size=8, max_size=8))
def test_no_dose_is_too_small_or_too_large(sizes: list[float]) -> None:
    """From nothing to beyond all reason: a fraction between 0 and 1, and nothing overflows."""
    acting = [at(drug, size, size) for drug, size in zip(DRUGS, sizes, strict=True)]
    assert 0.0 <= float(relief_fraction(RELIEF, acting, NO_TOLERANCE)) <= 1.0
    assert 0.0 <= float(spasticity_fraction(acting)) <= 1.0


def test_nothing_given_is_no_relief() -> None:
    """Zero drug, no drug, or a drug against something else: none, at every time."""
    none: Array = relief_fraction(RELIEF, [at(MORPHINE, np.zeros(3)), at(BUPIVACAINE, np.zeros(3))], NO_TOLERANCE)
    assert none.tolist() == [0.0, 0.0, 0.0]
    assert relief_fraction(RELIEF, [at(BACLOFEN, [1.0, 2.0])], NO_TOLERANCE).tolist() == [0.0, 0.0]
    assert spasticity_fraction([at(MORPHINE, [1.0, 2.0])]).tolist() == [0.0, 0.0]
    assert float(relief_fraction(RELIEF, [], NO_TOLERANCE)) == 0.0


def test_second_local_anaesthetic_adds_to_the_first() -> None:
    """Two of one mechanism and steepness are doses of one another; what a ceiling allows is never passed."""
    twin = replace(BUPIVACAINE, name="twin")
    two = relief_fraction(RELIEF, [at(BUPIVACAINE, 0.3), at(twin, 0.5)], NO_TOLERANCE)
    assert float(two) == pytest.approx(float(relief_fraction(RELIEF, [at(BUPIVACAINE, 0.8)], NO_TOLERANCE)))
    capped = acting_like(ZICONOTIDE, ceiling=0.4)
    assert float(relief_fraction(RELIEF, [at(capped, 1e9)], NO_TOLERANCE)) == pytest.approx(0.4)
