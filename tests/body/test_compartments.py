"""Plasma, gut and metabolite against textbook sums."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from scipy.linalg import expm

from intrathecal.body import GUT, METABOLITE, PLASMA, Body, build_body
from intrathecal.catalogue import load_catalogue

CATALOGUE = load_catalogue()
PHYSIOLOGY = CATALOGUE.physiology
MORPHINE = CATALOGUE.drugs["morphine"]


def residence(body: Body, state: str) -> np.ndarray:
    """The time (s) that each ug given at ``state`` spends in every state."""
    dose = np.array([float(name == state) for name in body.states])
    return np.asarray(np.linalg.solve(-body.generator, dose))


@pytest.mark.parametrize("name", sorted(CATALOGUE.drugs))
def test_area_under_the_curve_is_dose_over_clearance(name: str) -> None:
    """For every drug the plasma AUC of an intravenous dose is dose over clearance, whatever lies behind plasma."""
    drug = CATALOGUE.drugs[name]
    body = build_body(drug, PHYSIOLOGY, 70)
    plasma = body.states.index(PLASMA)
    auc = residence(body, PLASMA)[plasma] / body.capacity_mL[plasma]
    assert auc == pytest.approx(1 / drug.plasma.clearance.canonical)
    own = [index for index, state in enumerate(body.states) if state != METABOLITE]
    assert body.generator[own].sum(axis=0) == pytest.approx(-body.eliminated, rel=1e-12, abs=1e-18)


def test_swallowed_dose_reaches_plasma_in_its_bioavailable_share() -> None:
    """The oral AUC is F times the intravenous one; the rest of the dose is eliminated on its first pass."""
    body = build_body(MORPHINE, PHYSIOLOGY, 70)
    assert MORPHINE.oral is not None
    fraction = MORPHINE.oral.bioavailability.canonical
    plasma, gut = body.states.index(PLASMA), body.states.index(GUT)
    assert residence(body, GUT)[plasma] == pytest.approx(fraction * residence(body, PLASMA)[plasma])
    lost = body.eliminated * residence(body, GUT)
    assert lost[gut] == pytest.approx(1 - fraction)
    assert lost.sum() == pytest.approx(1)
    assert 1 / residence(body, GUT)[gut] == pytest.approx(MORPHINE.oral.absorption_rate.canonical)


def test_metabolite_is_formed_mole_for_mole() -> None:
    """The metabolite's AUC is its moles formed, as mass, over its clearance; for tablets the first pass forms most of it."""
    body = build_body(MORPHINE, PHYSIOLOGY, 70)
    assert MORPHINE.metabolite is not None
    assert MORPHINE.oral is not None
    metabolite, row = MORPHINE.metabolite, body.states.index(METABOLITE)
    heavier = metabolite.molar_mass.canonical / MORPHINE.molar_mass.canonical
    clearance = metabolite.clearance.canonical
    systemic, first = metabolite.formation_fraction.canonical, metabolite.first_pass_fraction.canonical
    fraction = MORPHINE.oral.bioavailability.canonical
    assert residence(body, PLASMA)[row] / body.capacity_mL[row] == pytest.approx(systemic * heavier / clearance)
    formed = (fraction * systemic + (1 - fraction) * first) * heavier
    assert residence(body, GUT)[row] / body.capacity_mL[row] == pytest.approx(formed / clearance)
    assert (1 - fraction) * first * heavier / formed == pytest.approx(0.71, abs=0.02)  # Lotsch 1999


def test_one_compartment_is_one_exponential() -> None:
    """A drug with one compartment falls as exp(-CL/V t)."""
    body = build_body(replace(CATALOGUE.drugs["baclofen"], oral=None), PHYSIOLOGY, 70)
    kinetics = CATALOGUE.drugs["baclofen"].plasma
    rate = kinetics.clearance.canonical / kinetics.central_volume.canonical
    assert body.states == (PLASMA,)
    assert expm(body.generator * 5000.0)[0, 0] == pytest.approx(np.exp(-rate * 5000.0))


def test_size_of_the_body() -> None:
    """Volumes grow with weight, clearances with its power 3/4; rates of absorption do not change."""
    one, two = build_body(MORPHINE, PHYSIOLOGY, 50), build_body(MORPHINE, PHYSIOLOGY, 100)
    assert two.capacity_mL == pytest.approx(2 * one.capacity_mL)
    plasma, gut = one.states.index(PLASMA), one.states.index(GUT)
    cleared = [body.eliminated[plasma] * body.capacity_mL[plasma] for body in (one, two)]
    assert cleared[1] / cleared[0] == pytest.approx(2**0.75)
    assert two.generator[gut, gut] == one.generator[gut, gut]
    flat = replace(
        PHYSIOLOGY,
        allometric_clearance_exponent=replace(PHYSIOLOGY.allometric_clearance_exponent, number=Decimal(0)),
    )
    unscaled = build_body(MORPHINE, flat, 100)
    assert unscaled.eliminated[plasma] * unscaled.capacity_mL[plasma] == pytest.approx(
        MORPHINE.plasma.clearance.canonical
    )


def test_weightless_body_is_refused() -> None:
    """A weight must be above zero."""
    with pytest.raises(ValueError, match="weight_kg is 0"):
        build_body(MORPHINE, PHYSIOLOGY, 0)
