"""Equal doses against formulas that need no matrix, against a long run, and against how they must scale."""

from __future__ import annotations

from dataclasses import replace
from math import log
from types import MappingProxyType

import numpy as np
import pytest
from tests.cohort.support import changed, odd_catalogue

from intrathecal.catalogue import Catalogue
from intrathecal.cohort.equivalence import Basis, Case, equal_doses, half_maximal, missing_routes
from intrathecal.cohort.sensitivity import solve
from intrathecal.cohort.subject import EquivalenceError, Patient, source, subject
from intrathecal.relief import Factors
from intrathecal.simulation.propagation import choose

CSF: Case = ("csf", "naive")
NAIVE: Case = ("effect", "naive")
#: All the fluid is one well: no place in it differs from another.
WELL_MIXED = (
    *((f"physiology.dispersion_{place}", "1000000 cm**2/s") for place in ("l3", "t6", "c4")),
    ("physiology.cranial_exchange", "100000 L/min"),
)
#: The cord alone answers to all that reaches it.
ONLY_SPINAL = (
    ("relief.systemic_spinal_share", "1"),
    ("relief.site_synergy", "0"),
    ("drug.morphine.response.supraspinal_ec50", "1000000 g/mL"),
)
SHUT_OUT = ("drug.morphine.csf_plasma_ratio", "0")
NO_METABOLITE = ("drug.morphine.metabolite.plasma_ec50", "1000000 g/mL")


def well(catalogue: Catalogue) -> tuple[float, float, float, float]:
    """Clearance of plasma and of the mixed fluid (mL/s), share that a swallowed dose brings, fluid over plasma: morphine."""
    drug, body = catalogue.drugs["morphine"], catalogue.physiology
    assert drug.oral is not None
    canal = sum(level.length_cm * level.csf_mm2 / 100 for level in catalogue.anatomy.levels)
    loss = log(2) / drug.csf.loss_half_life.canonical
    fluid = loss * (canal + body.cranial_volume.canonical) + body.csf_production.canonical
    ratio = drug.csf_plasma_ratio.canonical
    return drug.plasma.clearance.canonical, fluid, drug.oral.bioavailability.canonical, ratio


def test_equal_fluid_in_a_well_mixed_person_is_the_quotient_of_clearances() -> None:
    """R = CL / (F Kp CL_csf), and 1 / F more because what leaves the fluid comes back from plasma."""
    catalogue = changed(*WELL_MIXED)
    plasma, fluid, share, ratio = well(catalogue)
    found = solve(catalogue, "morphine")[CSF]

    assert found["oral"] == pytest.approx(plasma / (share * ratio * fluid) + 1 / share, rel=2e-3)
    assert found["intravenous"] == pytest.approx(plasma / (ratio * fluid) + 1, rel=2e-3)


def test_equal_effect_in_a_well_mixed_person_is_the_published_formula() -> None:
    """R = (CL EC50p / F) / (CL_csf EC50s), and 1 / F more because what leaves the fluid acts from plasma."""
    catalogue = changed(*WELL_MIXED, *ONLY_SPINAL, NO_METABOLITE, SHUT_OUT)
    plasma, fluid, share, _ = well(catalogue)
    response = catalogue.drugs["morphine"].response
    assert response.plasma_ec50 is not None
    formula = plasma * response.plasma_ec50.canonical / share / (fluid * response.spinal_ec50.canonical)

    assert solve(catalogue, "morphine")[NAIVE]["oral"] == pytest.approx(formula + 1 / share, rel=2e-3)
    assert formula > 10 / share


def test_a_metabolite_divides_the_oral_dose_by_its_gain() -> None:
    """R is divided by 1 + g, with g the index of the metabolite over that of the drug, from clearances and shares alone."""
    with_it, without = (changed(*ONLY_SPINAL, SHUT_OUT, *more) for more in ((), (NO_METABOLITE,)))
    drug = with_it.drugs["morphine"]
    made = drug.metabolite
    assert made is not None
    assert drug.oral is not None
    assert drug.response.plasma_ec50 is not None
    share = drug.oral.bioavailability.canonical
    formed = made.formation_fraction.canonical * share + made.first_pass_fraction.canonical * (1 - share)
    formed *= made.molar_mass.canonical / drug.molar_mass.canonical
    index = formed / made.clearance.canonical / made.plasma_ec50.canonical
    gain = index / (share / drug.plasma.clearance.canonical / drug.response.plasma_ec50.canonical)
    doses = [equal_doses(subject(each, "morphine"), "effect", "naive")["oral"] for each in (with_it, without)]

    assert doses[1] / doses[0] == pytest.approx(1 + gain, rel=1e-6)
    assert gain > 0.01


def test_tolerance_multiplies_the_dose_by_its_factor_at_the_site() -> None:
    """A dose that acts in the cord alone grows by Ts, one that acts in the brain alone by Tb, so that their ratio by Tb / Ts."""
    who = subject(changed(("relief.systemic_spinal_share", "0")), "morphine")
    factors = who.tolerances["tolerant"]
    nowhere = dict.fromkeys(who.system.effects, np.zeros(1))
    needed: dict[tuple[str, Patient], float] = {
        (site, patient): half_maximal(who, patient, {**nowhere, site: np.ones(1)})
        for site in ("spinal", "plasma")
        for patient in ("naive", "tolerant")
    }

    assert needed["spinal", "tolerant"] / needed["spinal", "naive"] == pytest.approx(factors.spinal, rel=1e-9)
    assert needed["plasma", "tolerant"] / needed["plasma", "naive"] == pytest.approx(factors.supraspinal, rel=1e-9)
    assert factors.supraspinal != pytest.approx(1.0, rel=1e-3)


def test_tolerance_is_that_of_the_oral_opioid_taken_for_long() -> None:
    """With no metabolite and all effect in the cord: T = 1 + (fast + slow) u / (1 + u), u from dose, share and clearance."""
    catalogue = changed(*ONLY_SPINAL, NO_METABOLITE, SHUT_OUT)
    drug, relief = catalogue.drugs["morphine"], catalogue.relief
    assert drug.response.plasma_ec50 is not None
    plasma, _, share, _ = well(catalogue)
    u = relief.tolerant_oral_opioid.canonical * share / plasma / drug.response.plasma_ec50.canonical
    most = relief.tolerance.fast_max.canonical + relief.tolerance.spinal_slow_max.canonical

    for name in ("morphine", "fentanyl"):
        factors: Factors = subject(catalogue, name).tolerances["tolerant"]
        assert factors.spinal == pytest.approx(1 + most * u / (1 + u), rel=1e-6)
    assert subject(catalogue, "fentanyl").tolerances["naive"].spinal == 1.0


@pytest.mark.parametrize("name", ["morphine", "clonidine", "baclofen", "bupivacaine"])
@pytest.mark.parametrize("patient", ["naive", "tolerant"])
def test_every_dose_run_for_long_is_half_maximal(name: str, patient: Patient) -> None:
    """Three hundred days of the propagator, which never solves for rest, end at half of the ceiling."""
    who = subject(odd_catalogue(), name)
    propagator = choose(who.system)
    nothing = propagator.internal(np.zeros(len(who.system.states)))
    doses = equal_doses(who, "effect", patient)
    for route, dose in doses.items():
        entry = source(who.system, route)[:, None]
        ended = propagator.run(nothing, np.array([300 * 86400.0]), np.array([[dose]]), entry).states[-1:]
        seen = propagator.observe(ended, np.array(list(who.system.effects.values())))
        effect = who.effect(patient, dict(zip(who.system.effects, seen.T, strict=True)))
        assert effect[0] == pytest.approx(0.5 * who.drug.response.ceiling.canonical, rel=1e-6)


def test_equal_fluid_does_not_hang_on_what_the_drug_does() -> None:
    """The ratio by concentration is the same for any EC50, Hill coefficient and tolerance."""
    settings = (
        ("drug.morphine.response.spinal_ec50", "1 ng/mL"),
        ("drug.morphine.response.plasma_ec50", "1 ug/mL"),
        ("drug.morphine.response.hill", "1"),
        ("relief.tolerance.fast_max", "9"),
    )
    before, after = (solve(changed(*chosen), "morphine") for chosen in ((), settings))

    assert after[CSF] == pytest.approx(before[CSF], rel=1e-9)
    assert after[NAIVE]["oral"] != pytest.approx(before[NAIVE]["oral"], rel=0.1)


def test_ratios_scale_as_they_must() -> None:
    """Twice the bioavailability halves the oral dose; twice every EC50 doubles all doses and no ratio."""
    plain = ("drug.hydromorphone.oral.bioavailability", "0.2"), ("drug.hydromorphone.oral.bioavailability", "0.4")
    lower, higher = (subject(changed(one), "hydromorphone") for one in plain)
    for basis in ("effect", "csf"):
        doses = [equal_doses(who, basis, "naive") for who in (lower, higher)]
        assert doses[0]["oral"] / doses[1]["oral"] == pytest.approx(2.0, rel=1e-6)
        assert doses[0]["intravenous"] == pytest.approx(doses[1]["intravenous"], rel=1e-9)

    response = odd_catalogue().drugs["hydromorphone"].response
    halves = {"spinal": response.spinal_ec50, "supraspinal": response.supraspinal_ec50, "plasma": response.plasma_ec50}
    twice = [
        (f"drug.hydromorphone.response.{site}_ec50", f"{2 * float(half.number):.6f} {half.unit}")
        for site, half in halves.items()
        if half is not None
    ]
    one, two = (equal_doses(subject(changed(*more), "hydromorphone"), "effect", "naive") for more in ((), twice))
    assert {route: dose / one[route] for route, dose in two.items()} == pytest.approx(dict.fromkeys(one, 2.0), rel=1e-4)


@pytest.mark.parametrize(("basis", "routes"), [("effect", {"oral", "intravenous"}), ("csf", {"oral"})])
def test_a_route_that_does_not_exist_has_a_reason(basis: Basis, routes: set[str]) -> None:
    """Ziconotide and bupivacaine have no oral values and no effect from plasma, but a concentration in the fluid."""
    for name in ("ziconotide", "bupivacaine"):
        who = subject(odd_catalogue(), name)
        missing = missing_routes(who, basis)

        assert set(missing) == routes
        assert missing["oral"] == "no oral values in the catalogue"
        assert set(equal_doses(who, basis, "naive")) == {"oral", "intravenous", "epidural", "intrathecal"} - routes


def test_nothing_that_is_swallowed_arrives_where_nothing_is_absorbed() -> None:
    """Bioavailability zero: no oral route; no passage into the fluid: no route through plasma by concentration."""
    unabsorbed = subject(changed(("drug.hydromorphone.oral.bioavailability", "0")), "hydromorphone")
    assert set(missing_routes(unabsorbed, "effect")) == {"oral"}

    shut_out = subject(changed(("drug.hydromorphone.csf_plasma_ratio", "0")), "hydromorphone")
    assert set(missing_routes(shut_out, "csf")) == {"oral", "intravenous"}
    assert missing_routes(shut_out, "effect") == {}


@pytest.mark.parametrize("hill", ["0.02", "300"])
def test_a_dose_is_found_however_steep_the_effect(hill: str) -> None:
    """The Hill coefficient says how fast relief comes with the dose, and not where its half lies."""
    steep, plain = (
        equal_doses(subject(changed(*chosen), "clonidine"), "effect", "naive")
        for chosen in ([("drug.clonidine.response.hill", hill)], [])
    )
    assert steep == pytest.approx(plain, rel=1e-9)


def test_a_drug_without_any_effect_is_refused() -> None:
    """A ceiling of zero has no half."""
    who = subject(changed(("drug.clonidine.response.ceiling", "0")), "clonidine")

    with pytest.raises(EquivalenceError, match="clonidine: no dose has half of the greatest effect; change the values"):
        equal_doses(who, "effect", "naive")


def test_an_unknown_drug_is_answered_with_the_nearest() -> None:
    """And a drug of the user's own catalogue is known."""
    with pytest.raises(EquivalenceError, match="morfine: the catalogue has no such drug; did you mean morphine"):
        subject(odd_catalogue(), "morfine")

    own = replace(odd_catalogue().drugs["morphine"], name="own")
    catalogue = replace(odd_catalogue(), drugs=MappingProxyType({**odd_catalogue().drugs, "own": own}))
    for case, found in solve(catalogue, "own").items():
        assert found == pytest.approx(solve(catalogue, "morphine")[case], rel=1e-9)
