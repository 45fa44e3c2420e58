"""The published experiments, repeated in the model: one function each, with the catalogue's values and its reference adult.

Doses, sites and times are those of the experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from intrathecal.catalogue import Catalogue
from intrathecal.flow import Array
from intrathecal.simulation.propagation import choose
from intrathecal.simulation.system import LinearSystem, build_system, tracer_system

MINUTE_S = 60.0
HOUR_S = 3600.0
NG_PER_UG = 1000.0


def kroin_1993(catalogue: Catalogue) -> Mapping[str, float]:
    """In-111-DTPA from a lumbar pump for 72 h."""
    system = _tracer(catalogue)
    propagator = choose(system)
    source = system.source("intrathecal", system.canal.sites_cm["L3"])[:, None]
    nothing = propagator.internal(np.zeros(source.shape[0]))
    run = propagator.run(nothing, np.array([72 * HOUR_S]), np.ones((1, 1)), source)
    upper, lower = propagator.observe(run.states, np.array([system.sites["T2"], system.sites["T12"]]))[-1]
    return {"kroin-1993-gradient": float(upper / lower)}


def baclofen_label(catalogue: Catalogue) -> Mapping[str, float]:
    """Baclofen from a pump at L3, at rest, drawn by a needle at L4 and from the cisterna magna."""
    system = _drug(catalogue, "baclofen")
    push = system.source("intrathecal", system.canal.sites_cm["L3"])
    at_rest = np.linalg.solve(-system.generator.toarray(), push)
    return {"baclofen-gradient": float(system.sites["L4"] @ at_rest / (system.sites["cisterna_magna"] @ at_rest))}


def sjostrom_1987(catalogue: Catalogue) -> Mapping[str, float]:
    """Morphine, 0.3 mg at L3, sampled there and in plasma every minute for 6 h."""
    system = _drug(catalogue, "morphine")
    dose_ug, volume_mL = 300.0, 22.0
    rows = np.array([system.sites["L3"], system.sites["plasma"]])
    fluid, plasma = _after(system, dose_ug * _needle(system, "L3"), 360, rows).T
    slope = np.polyfit(np.arange(15, 361), np.log(fluid[15:]), 1)[0]
    return {
        "sjostrom-1987-level": NG_PER_UG * fluid[15],
        "sjostrom-1987-volume": dose_ug / fluid[15],
        "sjostrom-1987-half-life": -np.log(2) / slope,
        "sjostrom-1987-remainder": 100 * fluid[360] * volume_mL / dose_ug,
        "sjostrom-1987-plasma": NG_PER_UG * plasma[5:11].mean(),
    }


def cisternography(catalogue: Catalogue) -> Mapping[str, float]:
    """Tracer given at L4: when the cisterna magna holds a tenth of the hottest place, and so shows on the image."""
    system = _tracer(catalogue)
    rows = np.vstack([system.csf_profile, system.sites["cisterna_magna"]])
    seen = _after(system, _needle(system, "L4"), 720, rows)
    minutes = np.argmax(seen[:, -1] >= 0.1 * seen[:, :-1].max(axis=1))
    return {"cisternography-arrival": float(minutes / 60)}


def meineke_2002(catalogue: Catalogue) -> Mapping[str, float]:
    """Morphine by vein over 30 min, lumbar fluid every minute for 8 h."""
    system = _drug(catalogue, "morphine")
    propagator = choose(system)
    rates = np.where(np.arange(480) < 30, 1.0, 0.0)[:, None]
    source = system.source("intravenous")[:, None]
    run = propagator.run(propagator.internal(np.zeros(source.shape[0])), np.full(480, MINUTE_S), rates, source)
    lumbar = propagator.observe(run.states, system.sites["L3"][None])[:, 0]
    return {"meineke-2002-tmax": float(np.argmax(lumbar))}


def epidural_morphine(catalogue: Catalogue) -> Mapping[str, float]:
    """Morphine, 6 mg in the epidural space at L3, lumbar fluid every minute for 8 h."""
    system = _drug(catalogue, "morphine")
    source = system.source("epidural", system.canal.sites_cm["L3"])
    lumbar = _after(system, 6000.0 * source, 480, system.sites["L3"][None])[:, 0]
    return {
        "epidural-morphine-peak": NG_PER_UG * float(lumbar.max()),
        "epidural-morphine-tmax": float(np.argmax(lumbar)),
    }


EXPERIMENTS: tuple[Callable[[Catalogue], Mapping[str, float]], ...] = (
    kroin_1993,
    baclofen_label,
    sjostrom_1987,
    cisternography,
    meineke_2002,
    epidural_morphine,
)


def _drug(catalogue: Catalogue, name: str) -> LinearSystem:
    body = catalogue.physiology
    return build_system(catalogue.drugs[name], catalogue, body.adult_height.canonical, body.adult_weight.canonical)


def _tracer(catalogue: Catalogue) -> LinearSystem:
    return tracer_system(catalogue.tracers["indtpa"], catalogue, catalogue.physiology.adult_height.canonical)


def _needle(system: LinearSystem, level: str) -> Array:
    return system.source("intrathecal", system.canal.sites_cm[level])


def _after(system: LinearSystem, amounts: Array, minutes: int, rows: Array) -> Array:
    """What ``rows`` see every minute after amounts (n, ug) entered at once: (minutes + 1, rows)."""
    propagator = choose(system)
    none = np.zeros((minutes, 0)), np.zeros((amounts.size, 0))
    run = propagator.run(propagator.internal(amounts), np.full(minutes, MINUTE_S), *none)
    return propagator.observe(run.states, rows)
