"""The published measurements of transport, repeated in the model: one function each, for a reference adult.

Doses, sites and times are those of the experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from intrathecal.flow import Array
from intrathecal.simulation.propagation import Propagator
from intrathecal.validation.adult import HOUR_S, MINUTE_S, NG_PER_UG, Adult, entry


def kroin_1993(adult: Adult) -> Mapping[str, float]:
    """In-111-DTPA from a lumbar pump for 72 h."""
    system, propagator = adult.tracer()
    source = entry(system, "intrathecal", "L3")[:, None]
    nothing = propagator.internal(np.zeros(source.shape[0]))
    run = propagator.run(nothing, np.array([72 * HOUR_S]), np.ones((1, 1)), source)
    upper, lower = propagator.observe(run.states, np.array([system.sites["T2"], system.sites["T12"]]))[-1]
    return {"kroin-1993-gradient": float(upper / lower)}


def baclofen_label(adult: Adult) -> Mapping[str, float]:
    """Baclofen from a pump at L3, at rest, drawn by a needle at L4 and from the cisterna magna."""
    system, _ = adult.drug("baclofen")
    push = entry(system, "intrathecal", "L3")
    at_rest = np.linalg.solve(-system.generator.toarray(), push)
    return {"baclofen-gradient": float(system.sites["L4"] @ at_rest / (system.sites["cisterna_magna"] @ at_rest))}


def sjostrom_1987(adult: Adult) -> Mapping[str, float]:
    """Morphine, 0.3 mg at L3, sampled there and in plasma every minute for 6 h."""
    system, propagator = adult.drug("morphine")
    dose_ug, volume_mL = 300.0, 22.0
    rows = np.array([system.sites["L3"], system.sites["plasma"]])
    fluid, plasma = _after(propagator, dose_ug * entry(system, "intrathecal", "L3"), 360, rows).T
    slope = np.polyfit(np.arange(15, 361), np.log(fluid[15:]), 1)[0]
    return {
        "sjostrom-1987-level": NG_PER_UG * fluid[15],
        "sjostrom-1987-volume": dose_ug / fluid[15],
        "sjostrom-1987-half-life": -np.log(2) / slope,
        "sjostrom-1987-remainder": 100 * fluid[360] * volume_mL / dose_ug,
        "sjostrom-1987-plasma": NG_PER_UG * plasma[5:11].mean(),
    }


def cisternography(adult: Adult) -> Mapping[str, float]:
    """Tracer given at L4: when the cisterna magna holds a tenth of the hottest place, and so shows on the image."""
    system, propagator = adult.tracer()
    rows = np.vstack([system.csf_profile, system.sites["cisterna_magna"]])
    seen = _after(propagator, entry(system, "intrathecal", "L4"), 720, rows)
    minutes = np.argmax(seen[:, -1] >= 0.1 * seen[:, :-1].max(axis=1))
    return {"cisternography-arrival": float(minutes / 60)}


def meineke_2002(adult: Adult) -> Mapping[str, float]:
    """Morphine by vein over 30 min, lumbar fluid every minute for 8 h."""
    system, propagator = adult.drug("morphine")
    rates = np.where(np.arange(480) < 30, 1.0, 0.0)[:, None]
    source = system.source("intravenous")[:, None]
    run = propagator.run(propagator.internal(np.zeros(source.shape[0])), np.full(480, MINUTE_S), rates, source)
    lumbar = propagator.observe(run.states, system.sites["L3"][None])[:, 0]
    return {"meineke-2002-tmax": float(np.argmax(lumbar))}


def epidural_morphine(adult: Adult) -> Mapping[str, float]:
    """Morphine, 6 mg in the epidural space at L3, lumbar fluid every minute for 8 h."""
    system, propagator = adult.drug("morphine")
    source = entry(system, "epidural", "L3")
    lumbar = _after(propagator, 6000.0 * source, 480, system.sites["L3"][None])[:, 0]
    return {
        "epidural-morphine-peak": NG_PER_UG * float(lumbar.max()),
        "epidural-morphine-tmax": float(np.argmax(lumbar)),
    }


TRANSPORT: tuple[Callable[[Adult], Mapping[str, float]], ...] = (
    kroin_1993,
    baclofen_label,
    sjostrom_1987,
    cisternography,
    meineke_2002,
    epidural_morphine,
)


def _after(propagator: Propagator, amounts: Array, minutes: int, rows: Array) -> Array:
    """What ``rows`` see every minute after amounts (n, ug) entered at once: (minutes + 1, rows)."""
    none = np.zeros((minutes, 0)), np.zeros((amounts.size, 0))
    run = propagator.run(propagator.internal(amounts), np.full(minutes, MINUTE_S), *none)
    return propagator.observe(run.states, rows)
