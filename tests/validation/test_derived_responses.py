"""Values of the responses that were derived through the model itself: each follows from the figure in its note."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from intrathecal.catalogue import load_catalogue
from intrathecal.simulation.propagation import choose
from intrathecal.simulation.system import Array, LinearSystem, build_system

CATALOGUE = load_catalogue()
MINUTE_S, DAY_S = 60.0, 86_400.0


def system_of(drug: str) -> LinearSystem:
    """The reference adult."""
    return build_system(CATALOGUE.drugs[drug], CATALOGUE, 175.0, 70.0)


def after(drug: str, dose_ug: float, level: str, minutes: int) -> dict[str, Array]:
    """Concentrations at the effect sites every minute after one dose into the fluid, ug/mL."""
    system = system_of(drug)
    propagator = choose(system)
    entered = dose_ug * system.source("intrathecal", system.canal.sites_cm[level])
    nothing = np.zeros((minutes, 0)), np.zeros((entered.size, 0))
    run = propagator.run(propagator.internal(entered), np.full(minutes, MINUTE_S), *nothing)
    seen = propagator.observe(run.states, np.array(list(system.effects.values())))
    return dict(zip(system.effects, seen.T, strict=True))


def at_rest(drug: str, ug_per_day: float, route: str, level: str = "T10") -> dict[str, float]:
    """Concentrations at the effect sites under a constant dose, ug/mL."""
    system = system_of(drug)
    push = system.source(route, None if route == "oral" else system.canal.sites_cm[level]) * ug_per_day / DAY_S
    amounts = np.linalg.solve(-system.generator.toarray(), push)
    return {site: float(row @ amounts) for site, row in system.effects.items()}


@pytest.mark.parametrize(("drug", "dose_ug"), [("fentanyl", 13.82), ("sufentanil", 2.6), ("bupivacaine", 1590)])
def test_labour_dose_has_half_its_effect_at_15_minutes(drug: str, dose_ug: float) -> None:
    """The spinal EC50 is what the site holds then, less what blood adds."""
    response = CATALOGUE.drugs[drug].response
    seen = after(drug, dose_ug, "L3", 15)
    from_blood = seen["plasma"][-1] / response.plasma_ec50.canonical if response.plasma_ec50 else 0.0
    assert seen["spinal"][-1] / (1 - from_blood) == pytest.approx(response.spinal_ec50.canonical, rel=0.005)


def test_baclofen_peaks_as_late_and_as_high_as_its_test_dose() -> None:
    """50 mcg at L3 bring the site to its EC50, most of it about 4 h later."""
    site = after("baclofen", 50, "L3", 480)["spinal"]
    assert site.max() == pytest.approx(CATALOGUE.drugs["baclofen"].response.spinal_ec50.canonical, rel=0.03)
    assert 210 <= int(site.argmax()) <= 270


def test_ziconotide_is_half_effective_at_six_micrograms_a_day() -> None:
    """Its EC50 lies between what 6 mcg/day keep in the fluid from a tip at T10 and from one at L3."""
    low, high = (at_rest("ziconotide", 6, "intrathecal", level)["spinal"] for level in ("T10", "L3"))
    assert low < CATALOGUE.drugs["ziconotide"].response.spinal_ec50.canonical < high


def test_baclofen_by_mouth_reaches_its_plasma_value() -> None:
    """60 mg/day, the middle of what patients who responded were given."""
    ec50 = CATALOGUE.drugs["baclofen"].response.plasma_ec50
    assert ec50 is not None
    assert at_rest("baclofen", 60_000, "oral")["plasma"] == pytest.approx(ec50.canonical, rel=0.02)


def test_fast_tolerance_follows_from_a_month_of_oral_morphine() -> None:
    """After 78 mg/day for 30 days an opioid has 42 % less potency: 1 / 0.58 is 1 + fast + slow at that occupancy."""
    relief, drug = CATALOGUE.relief, CATALOGUE.drugs["morphine"]
    assert drug.metabolite is not None
    assert drug.response.plasma_ec50 is not None
    seen = at_rest("morphine", 78_000, "oral")
    from_blood = seen["plasma"] / drug.response.plasma_ec50.canonical
    from_blood += seen["metabolite"] / drug.metabolite.plasma_ec50.canonical
    share = relief.systemic_spinal_share.canonical
    index = seen["spinal"] / drug.response.spinal_ec50.canonical + share * from_blood
    occupancy = index / (1 + index)
    values = relief.tolerance
    month = 1 - 0.5 ** (30 * DAY_S / values.slow_half_life.canonical)
    slow = month * 0.5 * (values.spinal_slow_max.canonical + values.supraspinal_slow_max.canonical) * occupancy
    assert (1 / 0.58 - 1 - slow) / occupancy == pytest.approx(values.fast_max.canonical, rel=0.03)


def growth_of_dose(slow_max: float) -> float:
    """How many times the dose grows, at 60 % relief, until the slow part of tolerance is complete."""
    values, hill = CATALOGUE.relief.tolerance, CATALOGUE.relief.opioid_hill.canonical
    tolerated = (0.6 / 0.4) ** (1 / hill)

    def factor(most: float) -> float:
        found = 1.0
        for _ in range(200):
            index = tolerated * found
            found = 1 + most * index / (1 + index)
        return found

    fast = values.fast_max.canonical
    return factor(fast + slow_max) / factor(fast)


def test_slow_tolerance_spans_the_growth_of_intrathecal_doses() -> None:
    """Four cohorts grew 9-, 6.2-, 1.9- and 1.7-fold: the middle is near their mean, the range spans most of them."""
    grown = [10 / 1.11, 487 / 79, 13.19 / 6.84, 4.7 / 2.7]
    mean = np.exp(np.mean(np.log(grown)))
    value = CATALOGUE.relief.tolerance.spinal_slow_max
    assert value.spread is not None
    low, high = (growth_of_dose(float(number)) for number in value.spread.numbers)
    assert growth_of_dose(value.canonical) == pytest.approx(mean, rel=0.15)
    assert low < 2.0
    assert high > 5.5


@pytest.mark.parametrize(
    ("name", "site", "doses_mg", "rates"),
    [
        ("itching", "spinal", (0.2, 0.5), (0.246, 0.35)),
        ("respiratory-depression", "supraspinal", (0.2, 0.5, 1.0), (2 / 247, 0.03, 7 / 80)),
    ],
)
def test_side_effects_pass_through_the_rates_of_their_notes(
    name: str, site: str, doses_mg: tuple[float, ...], rates: tuple[float, ...]
) -> None:
    """Rates after single doses of morphine at L3 are those published, within a seventh."""
    effect, drug = CATALOGUE.side_effects[name], CATALOGUE.drugs["morphine"]
    ec50 = drug.response.spinal_ec50 if site == "spinal" else drug.response.supraspinal_ec50
    plasma = drug.response.plasma_ec50
    assert ec50 is not None
    assert plasma is not None
    seen = after("morphine", 1.0, "L3", 720)
    index = (
        seen[site] / ec50.canonical
        + CATALOGUE.relief.systemic_spinal_share.canonical * seen["plasma"] / plasma.canonical
    )
    background = effect.background.canonical
    for dose, rate in zip(doses_mg, rates, strict=True):
        odds = (1000 * dose * index.max() / effect.half_index.canonical) ** effect.slope.canonical
        assert 1 - (1 - background) / (1 + odds) == pytest.approx(rate, rel=1 / 7)


def test_sufentanil_is_as_steep_as_its_two_doses() -> None:
    """2.6 mcg for half of the patients and 8.9 mcg for 95 % of them give the Hill exponent."""
    assert CATALOGUE.drugs["sufentanil"].response.hill.canonical == pytest.approx(log(19) / log(8.9 / 2.6), rel=0.01)


def test_synergy_of_opioid_and_local_anaesthetic_is_what_was_measured() -> None:
    """Half-effective halves of both: 9.1 points above additivity at 15 min, 6.4 at 30 min, are 0.9 and 0.6 in the odds."""
    value = CATALOGUE.relief.opioid_local_anaesthetic_synergy
    assert value.spread is not None
    for points, parameter in zip((6.4, 9.1), value.spread.numbers, strict=True):
        effect = 0.5 + points / 100
        assert (effect / (1 - effect) - 1) / 0.5 == pytest.approx(float(parameter), abs=0.06)
