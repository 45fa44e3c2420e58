"""Transport against four sets of published measurements, jointly, with one D(z) and the catalogue's values.

Role of all four: *fitted*. Dispersion at T6 and C4, and the losses of morphine and baclofen, were chosen with them in view, so
agreement shows that one set of values can hold them together, not that the model predicts them.

A quantity is met within a factor 2 of the published mean; a published range by a value inside it.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from intrathecal.catalogue import load_catalogue
from intrathecal.simulation.propagation import choose
from intrathecal.simulation.system import LinearSystem, build_system, tracer_system

Array = NDArray[np.float64]
CATALOGUE = load_catalogue()
HEIGHT, WEIGHT = 175.0, 70.0
HOUR = 3600.0


def after_a_dose(system: LinearSystem, level: str, dose_ug: float, every_s: float, times: int, rows: Array) -> Array:
    """What ``rows`` see at 0, 1, ... ``times`` steps of ``every_s`` after a dose at ``level``."""
    propagator = choose(system)
    start = propagator.internal(dose_ug * system.source("intrathecal", system.canal.sites_cm[level]))
    run = propagator.run(start, np.full(times, every_s), np.zeros((times, 0)), np.zeros((len(system.states), 0)))
    return propagator.observe(run.states, rows)


def kroin_1993() -> float:
    """Loss-free In-111-DTPA from a lumbar pump for 72 h: concentration at T2 over that at T12."""
    system = tracer_system(CATALOGUE.tracers["indtpa"], CATALOGUE, HEIGHT)
    propagator = choose(system)
    source = system.source("intrathecal", system.canal.sites_cm["L3"])[:, None]
    run = propagator.run(propagator.internal(np.zeros(source.shape[0])), np.array([72 * HOUR]), np.ones((1, 1)), source)
    upper, lower = propagator.observe(run.states, np.array([system.sites["T2"], system.sites["T12"]]))[-1]
    return float(upper / lower)


def baclofen_label() -> float:
    """Baclofen from a pump at L3, at rest: lumbar (L4, where a needle goes) over cisternal."""
    system = build_system(CATALOGUE.drugs["baclofen"], CATALOGUE, HEIGHT, WEIGHT)
    push = system.source("intrathecal", system.canal.sites_cm["L3"])
    at_rest = np.linalg.solve(-system.generator.toarray(), push)
    return float(system.sites["L4"] @ at_rest / (system.sites["cisterna_magna"] @ at_rest))


def sjostrom_1987() -> dict[str, float]:
    """Morphine, 0.3 mg at L3, sampled there and in plasma for 6 h; the half-life is that of the decline after 15 min."""
    system = build_system(CATALOGUE.drugs["morphine"], CATALOGUE, HEIGHT, WEIGHT)
    seen = after_a_dose(system, "L3", 300.0, 60.0, 360, np.array([system.sites["L3"], system.sites["plasma"]]))
    fluid, plasma = seen[:, 0], seen[:, 1]
    slope = np.polyfit(np.arange(15, 361), np.log(fluid[15:]), 1)[0]
    return {
        "fluid at 15 min, ng/mL": 1000 * fluid[15],
        "initial volume (dose over fluid at 15 min), mL": 300 / fluid[15],
        "half-life, min": -np.log(2) / slope,
        "left after 6 h in 22 mL, %": 100 * fluid[360] * 22 / 300,
        "plasma at 5-10 min, ng/mL": 1000 * plasma[5:11].mean(),
    }


def cisternography() -> float:
    """Tracer given at L4: hours until the cisterna magna holds a tenth of the hottest place, and so shows on the image."""
    system = tracer_system(CATALOGUE.tracers["indtpa"], CATALOGUE, HEIGHT)
    rows = np.vstack([system.csf_profile, system.sites["cisterna_magna"]])
    seen = after_a_dose(system, "L4", 1.0, 60.0, 720, rows)
    return float(np.argmax(seen[:, -1] >= 0.1 * seen[:, :-1].max(axis=1)) / 60)


def test_tracer_gradient() -> None:
    """Fitted. T2 over T12 is 0.43 within a factor 2."""
    assert 0.5 <= kroin_1993() / 0.43 <= 2.0


def test_baclofen_lumbar_to_cisternal() -> None:
    """Fitted. Lumbar to cisternal is 4 to 1 within a factor 2."""
    assert 0.5 <= baclofen_label() / 4.0 <= 2.0


@pytest.mark.parametrize(
    ("quantity", "published"),
    [
        ("fluid at 15 min, ng/mL", 6410.0),
        ("initial volume (dose over fluid at 15 min), mL", 22.0),
        ("half-life, min", 89.8),
        ("left after 6 h in 22 mL, %", 1.6),
    ],
)
def test_morphine_in_the_fluid(quantity: str, published: float) -> None:
    """Fitted. Level, volume, half-life and remainder of 0.3 mg morphine are each within a factor 2."""
    assert 0.5 <= sjostrom_1987()[quantity] / published <= 2.0


def test_morphine_in_plasma_at_5_to_10_minutes_is_not_met() -> None:
    """Fitted, NOT met: plasma at 5 to 10 min is 4.5 ng/mL in the paper and a fortieth of that here.

    No loss from the fluid can give it: holding 4.5 ng/mL in plasma that clears and distributes at 4.05 L/min takes 18 ug/min, 6 %
    of the dose every minute, a half-life of 11 min where the same paper measured 90.
    """
    kinetics = CATALOGUE.drugs["morphine"].plasma
    assert kinetics.second_clearance is not None
    assert kinetics.third_clearance is not None
    leaving = sum(flow.canonical for flow in (kinetics.clearance, kinetics.second_clearance, kinetics.third_clearance))
    needed_per_min = 4.5e-3 * leaving * 60 / 300
    assert np.log(2) / needed_per_min < 15
    assert 0.02 <= sjostrom_1987()["plasma at 5-10 min, ng/mL"] / 4.5 <= 0.04


def test_arrival_at_the_basal_cisterns() -> None:
    """Fitted. Tracer given at the lumbar level shows at the basal cisterns after 1 to 4 h."""
    assert 1.0 <= cisternography() <= 4.0


def test_figures_do_not_hang_on_the_mesh() -> None:
    """On a mesh twice as fine the gradient of baclofen moves by less than one percent."""
    drug = CATALOGUE.drugs["baclofen"]
    ratios = []
    for cells in (150, 300):
        system = build_system(drug, CATALOGUE, HEIGHT, WEIGHT, cells)
        push = system.source("intrathecal", system.canal.sites_cm["L3"])
        at_rest = np.linalg.solve(-system.generator.toarray(), push)
        ratios.append(system.sites["L4"] @ at_rest / (system.sites["cisterna_magna"] @ at_rest))
    assert ratios[0] == pytest.approx(ratios[1], rel=0.01)
