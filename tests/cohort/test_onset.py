"""Times to relief against closed forms, and against the other way of advancing a system."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log
from types import MappingProxyType

import numpy as np
import pytest
from scipy.optimize import brentq
from tests.cohort.support import changed, odd_catalogue

from intrathecal.cohort.equivalence import equal_doses
from intrathecal.cohort.onset import Course, onsets
from intrathecal.cohort.subject import Subject, followed_fluid, source, subject
from intrathecal.simulation.propagation import choose
from intrathecal.simulation.squaring import squaring


def one_compartment() -> Subject:
    """Hydromorphone in one compartment of plasma, from which alone it acts: nothing passes into the fluid or the brain."""
    catalogue = changed(
        ("drug.hydromorphone.csf_plasma_ratio", "0"),
        ("relief.systemic_spinal_share", "1"),
        ("relief.site_synergy", "0"),
    )
    drug = catalogue.drugs["hydromorphone"]
    body = replace(drug.plasma, second_volume=None, second_clearance=None, third_volume=None, third_clearance=None)
    drugs = {**catalogue.drugs, "hydromorphone": replace(drug, plasma=body)}
    return subject(replace(catalogue, drugs=MappingProxyType(drugs)), "hydromorphone")


def rates(who: Subject) -> tuple[float, float, float, float]:
    """Of elimination, of the effect site and of absorption (1/s), and the index that has half of the half-maximal effect."""
    drug = who.drug
    assert drug.response.plasma_half_life is not None
    assert drug.oral is not None
    assert drug.response.ceiling.canonical == 1
    lost = drug.plasma.clearance.canonical / drug.plasma.central_volume.canonical
    followed = log(2) / drug.response.plasma_half_life.canonical
    return lost, followed, drug.oral.absorption_rate.canonical, (1 / 3) ** (1 / drug.response.hill.canonical)


def test_one_dose_into_a_vein_is_the_difference_of_two_exponentials() -> None:
    """Half of the half-maximal effect where e^-at - e^-kt is (1/3)^(1/h) of its peak at ln(k/a) / (k - a)."""
    who = one_compartment()
    lost, followed, _, wanted = rates(who)

    def index(t: float) -> float:
        return abs(exp(-lost * t) - exp(-followed * t))

    peak = log(followed / lost) / (followed - lost)
    right = brentq(lambda t: index(t) - wanted * index(peak), 0, peak) / 60
    assert onsets(who)["effect", "naive"].dose["intravenous"] == pytest.approx(right, rel=1e-4)


def test_a_constant_dose_into_a_vein_fills_plasma_and_then_the_site() -> None:
    """1 - (k e^-at - a e^-kt) / (k - a) reaches (1/3)^(1/h)."""
    who = one_compartment()
    lost, followed, _, wanted = rates(who)

    def missing(t: float) -> float:
        return 1 - (followed * exp(-lost * t) - lost * exp(-followed * t)) / (followed - lost) - wanted

    found = onsets(who)["effect", "naive"].infusion["intravenous"]
    assert found == pytest.approx(brentq(missing, 0, 1e6) / 60, rel=1e-4)


def test_a_swallowed_dose_is_the_sum_of_three_exponentials() -> None:
    """Absorption, elimination and effect site, each with its rate: the Bateman equation once more."""
    who = one_compartment()
    three = np.array(rates(who)[:3])
    wanted = rates(who)[3]
    weights = np.array([1 / np.prod(np.delete(three, place) - three[place]) for place in range(3)])

    times = np.linspace(0, 24 * 3600, 200_001)
    course = np.exp(-times[:, None] * three) @ weights
    right = times[np.argmax(course >= wanted * course.max())] / 60
    assert onsets(who)["effect", "naive"].dose["oral"] == pytest.approx(right, abs=0.02)


@pytest.mark.parametrize("route", ["intrathecal", "epidural"])
def test_both_ways_of_advancing_a_system_agree(route: str) -> None:
    """Scaling and squaring, sampled every half minute, meets the times that were found by the modes."""
    who = subject(odd_catalogue(), "clonidine")
    propagator, entry = squaring(who.system), source(who.system, route)
    times = np.full(2880, 30.0)
    rows = np.array(list(who.system.effects.values()))
    dose = equal_doses(who, "effect", "naive")[route]
    found = onsets(who)["effect", "naive"]

    constant = propagator.run(
        propagator.internal(np.zeros_like(entry)), times, np.full((2880, 1), dose), entry[:, None]
    )
    seen = propagator.observe(constant.states, rows)
    effect = who.effect("naive", dict(zip(who.system.effects, seen.T, strict=True)))
    assert float(np.argmax(effect >= 0.5 * who.half)) / 2 == pytest.approx(found.infusion[route], abs=0.5)

    at_once = propagator.run(propagator.internal(entry), times, np.zeros((2880, 0)), np.zeros((entry.size, 0)))
    seen = propagator.observe(at_once.states, rows)
    response = who.drug.response
    assert response.plasma_ec50 is not None
    index = seen @ np.array([1 / response.spinal_ec50.canonical, 1 / response.plasma_ec50.canonical])
    right = float(np.argmax(index >= (1 / 3) ** (1 / response.hill.canonical) * index.max())) / 2
    assert right == pytest.approx(found.dose[route], abs=0.5)


def test_half_of_the_greatest_concentration_of_the_fluid() -> None:
    """What is seen by concentration is the mean fluid of T10 to L5: at once after a dose there, late through the gut."""
    who = subject(odd_catalogue(), "morphine")
    fluid, canal = followed_fluid(who.system, "spinal"), who.system.canal
    inside = np.isin(canal.levels, ["T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5"])
    cells = fluid[[who.system.states.index(f"csf {cell}") for cell in range(canal.cells)]]
    assert cells.max() == pytest.approx(1 / canal.csf_volume_mL[inside].sum(), rel=0.02)
    assert cells.sum() == pytest.approx(fluid.sum(), rel=1e-12)

    found = onsets(who)["csf", "naive"]
    assert found.dose["intrathecal"] == 0
    assert found.dose["oral"] > found.dose["intravenous"] > found.dose["epidural"] > 0
    assert onsets(who)["csf", "tolerant"] == found


def test_a_very_slow_site_is_still_reached() -> None:
    """An effect that lags by years has an onset of years."""
    who = subject(changed(("drug.ziconotide.response.fluid_half_life", "2 year")), "ziconotide")
    hill, found = who.drug.response.hill.canonical, onsets(who)["effect", "naive"]
    filled = (1 / 3) ** (1 / hill)

    assert found.infusion["intrathecal"] / (2 * 365.25 * 1440) == pytest.approx(-np.log2(1 - filled), rel=0.01)


def test_what_takes_longer_than_a_life_has_no_time() -> None:
    """Plasma that is cleared in a million years is never at rest."""
    who = subject(changed(("drug.clonidine.plasma.clearance", "0.000000000001 L/min")), "clonidine")

    assert onsets(who)["effect", "naive"].infusion["intravenous"] == np.inf


def test_a_course_sees_what_was_given() -> None:
    """One unit at once begins as it must, and one unit a second ends so."""
    who = subject(odd_catalogue(), "clonidine")
    propagator, entry = choose(who.system), source(who.system, "intravenous")
    names, rows = ("plasma",), who.system.sites["plasma"][None]
    at_once, constant = (Course(propagator, names, rows, entry, endless) for endless in (False, True))

    first = at_once.effects(at_once.coarse)["plasma"][0]
    assert first == pytest.approx(1 / who.drug.plasma.central_volume.canonical, rel=1e-9)
    last = constant.effects(constant.coarse)["plasma"][-1]
    assert last == pytest.approx(1 / who.drug.plasma.clearance.canonical, rel=1e-6)
