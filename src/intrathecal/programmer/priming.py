"""A prime: what it fills, and what reaches the patient during it and after it.

At a running rate a front stays sharp and plug flow is enough; at a priming rate drug and fluid mix: drug reaches the tip
before the prime ends, and thinner drug than the label says follows for hours. The line blurs its fronts by diffusion and
shear (`catheter.dispersion`), and the pump's own controller says what flows, so that the course at the tip is that of a
simulation. Where the flow is so fast that shear is not yet averaged out, fluid on the axis runs at twice the mean
(Poiseuille): the first drug can reach the tip when half of what is empty has been pushed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, pi, sqrt
from typing import Any

import numpy as np

from intrathecal.catheter.dispersion import shear
from intrathecal.flow import Array
from intrathecal.programmer.errors import SumError
from intrathecal.programmer.review.moment import Implanted
from intrathecal.pump import controller
from intrathecal.pump.forecast import mean_dose
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, PL_PER_ML
from intrathecal.pump.pressing import standing
from intrathecal.quantities import Quantity, rounded
from intrathecal.simulation.beginning import begin, picolitres
from intrathecal.simulation.delivery import Delivery
from intrathecal.simulation.pumping import pump_at
from intrathecal.therapy import Event, Prime, Refill, ReplacePump, Therapy
from intrathecal.therapy.actions import Primed

MINUTE_MS = 60_000
HOURS_PER_DAY = 24
#: Points of the course during the prime, and after it while one dead volume flows.
POINTS, POINTS_AFTER = 48, 72
#: New drug is called there from a hundredth of its concentration on, and at full strength from nineteen twentieths on.
FIRST, FULL = 0.01, 0.95


@dataclass(frozen=True)
class Front:
    """How a front blurs on its way through the catheter at the priming flow.

    ``transit_min`` through the catheter; ``peclet`` number of the bore's radius; ``sigma_percent`` of the catheter's length;
    ``mixing_times`` of radial diffusion (radius squared over diffusivity) in the transit: below about ten the front is a
    tongue and no longer a blurred plug.
    """

    transit_min: float
    peclet: float
    sigma_percent: float
    mixing_times: float


@dataclass(frozen=True)
class TipPoint:
    """The tip at ``min`` after the start: the share of new fluid, the mean flow and doses since the point before."""

    min: float
    fraction_new: float
    mL_per_day: float
    ug_per_h: dict[str, float]
    given_ug: dict[str, float]


@dataclass(frozen=True)
class PrimePlan:
    """A prime. ``volume_mL`` at ``rate_mL_per_h``; ``catheter_min`` and ``full_min`` are what the two volumes take.

    ``earliest_min`` is when the first drug can reach the tip, ``first_min`` when a hundredth of it does in the blurred front;
    ``low_until_min`` when it is at full strength (None: not in one dead volume's time after the prime). ``during_ug`` reaches
    the patient in the prime; ``missing_ug`` is less than at full strength from its end until ``low_until_min``.
    """

    tubing_mL: float
    catheter_mL: float
    full_mL: float
    volume_mL: float
    rate_mL_per_h: float
    duration_min: float
    catheter_min: float
    full_min: float
    earliest_min: float
    first_min: float | None
    low_until_min: float | None
    fraction_at_end: float
    during_ug: dict[str, float]
    missing_ug: dict[str, float]
    front: Front
    notes: tuple[str, ...]
    tip: tuple[TipPoint, ...]


@dataclass(frozen=True)
class _Asked:
    """A prime of ``volume`` pL over ``over`` ms that starts at ``start`` (ms), in a pump that stands so."""

    delivery: Delivery
    start: int
    volume: Fraction
    over: Fraction
    old: Array


def prime(therapy: Therapy, over: Quantity | None = None) -> PrimePlan:
    """The file's first `prime` event; without one, what is empty at the first fill, as fast as the pump runs.

    ``over`` is a time to take in the place of the file's, or of the fastest. A line that the file calls primed to the tip is
    taken as empty: this is the prime that fills it. Raises `SumError` for a pump that cannot prime at that moment.
    """
    implanted = Implanted.of(therapy)
    events = ((one, one.action) for one in therapy.events if isinstance(one.action, Prime))
    asked = next((_of_event(therapy, event, action) for event, action in events), None) or _of_fill(therapy)
    if over is not None:
        asked = replace(asked, over=over.exact * MS_PER_S)
    settings = asked.delivery.pump.settings
    hardware = settings.hardware
    wanted = asked.volume / asked.over if asked.over else hardware.fastest
    flow = hardware.possible(wanted)
    duration = asked.volume / flow
    notes = []
    if flow != wanted and asked.over:
        entry = implanted.pump.entry
        beyond, limit = ("faster", entry.fastest_flow) if flow < wanted else ("slower", entry.slowest_flow)
        notes.append(
            f"{rounded(float(asked.volume / PL_PER_ML))} mL in {rounded(float(asked.over / MINUTE_MS))} min is {beyond} than "
            f"{entry.name} runs ({limit}): it takes {rounded(float(duration / MINUTE_MS))} min."
        )
    delivery = _started(therapy, asked, flow)
    new = delivery.device.concentrations
    parcels = delivery.line.parcels
    empty_mL = float(parcels.volumes @ (1 - _share_new(parcels.concentrations, asked.old, new)))
    tip = _course(delivery, asked, duration)
    during, after = tip[: POINTS + 1], tip[POINTS:]
    low = _full_from(after)
    pL_per_min = flow * MINUTE_MS
    return PrimePlan(
        tubing_mL=float(settings.tubing / PL_PER_ML),
        catheter_mL=float(settings.catheter / PL_PER_ML),
        full_mL=float(settings.dead_volume / PL_PER_ML),
        volume_mL=float(asked.volume / PL_PER_ML),
        rate_mL_per_h=float(flow * DAY_MS / PL_PER_ML / HOURS_PER_DAY),
        duration_min=float(duration / MINUTE_MS),
        catheter_min=float(settings.catheter / pL_per_min),
        full_min=float(settings.dead_volume / pL_per_min),
        earliest_min=0.5 * empty_mL * PL_PER_ML / float(pL_per_min),
        first_min=next((point.min for point in tip if point.fraction_new >= FIRST), None),
        low_until_min=low,
        fraction_at_end=during[-1].fraction_new,
        during_ug=during[-1].given_ug,
        missing_ug=_missing(after, low, dict(zip(delivery.drugs, map(float, new), strict=True))),
        front=_front(delivery, float(flow / PL_PER_ML * MS_PER_S)),
        notes=tuple(notes),
        tip=tuple(tip),
    )


def to_json(plan: PrimePlan) -> dict[str, Any]:
    """The plan under the keys that scripts read."""
    return asdict(plan)


def _of_fill(therapy: Therapy) -> _Asked:
    """What must flow until the fill's drug is at the tip."""
    fill = Implanted.of(therapy).fill
    primed: Primed = "tubing" if fill.primed == "tubing" else "no"
    delivery = begin(replace(therapy, fill=replace(fill, primed=primed)))
    settings = delivery.pump.settings
    volume = settings.catheter if primed == "tubing" else settings.dead_volume
    return _Asked(delivery, 0, volume, volume / settings.hardware.fastest, np.zeros(len(delivery.drugs)))


def _of_event(therapy: Therapy, event: Event, action: Prime) -> _Asked:
    delivery = pump_at(therapy, event.at_ms, event.index - 1)
    labels = [therapy.label]
    for one in therapy.events[: event.index - 1]:
        if isinstance(one.action, Refill | ReplacePump):
            labels.append(one.action.drugs)
    before = labels[-2] if len(labels) > 1 else {}
    old = np.array([before[drug].canonical if drug in before else 0.0 for drug in delivery.drugs])
    return _Asked(delivery, event.at_ms, Fraction(picolitres(action.volume)), action.over.exact * MS_PER_S, old)


def _started(therapy: Therapy, asked: _Asked, flow: Fraction) -> Delivery:
    """The pump as it begins to prime; a pump of one flow just runs."""
    delivery = asked.delivery
    if delivery.pump.settings.hardware.fixed is not None:
        return delivery
    reason = standing(delivery.pump)
    if reason:
        raise SumError(f"{therapy.file}: the prime cannot run at that moment ({reason}); let the pump run again first")
    over = max(1, round(asked.volume / flow))
    return delivery.tell(controller.Prime(asked.volume, over), asked.start)[0]


def _course(delivery: Delivery, asked: _Asked, duration: Fraction) -> list[TipPoint]:
    """The tip through the prime, and then while the program moves one dead volume; points are closer where it changes."""
    settings = delivery.pump.settings
    mean = settings.hardware.possible(settings.flow(mean_dose(settings, delivery.pump.ramp_origin, asked.start)))
    lasts = settings.dead_volume / mean if mean > 0 else Fraction(0)
    times = [duration * k / POINTS for k in range(1, POINTS + 1)]
    times += [duration + lasts * k**2 / POINTS_AFTER**2 for k in range(1, POINTS_AFTER + 1) if lasts]
    given = np.zeros(len(delivery.drugs))
    points = [_point(delivery, asked, 0, 0.0, given, given)]
    for time in times:
        before, at = delivery.pump.now, asked.start + ceil(time)
        if at <= before:
            continue
        delivery, passage = delivery.advance(at)
        came = passage.tip_ug if len(passage.tip_ug) else np.zeros(len(delivery.drugs))
        given = given + came
        days = (at - before) / DAY_MS
        points.append(
            _point(delivery, asked, at - asked.start, passage.delivered_mL / days, came / days / HOURS_PER_DAY, given)
        )
    return points


def _point(delivery: Delivery, asked: _Asked, after_ms: int, flow: float, per_h: Array, given: Array) -> TipPoint:
    last = delivery.line.parcels.concentrations[-1:]
    share = float(_share_new(last, asked.old, delivery.device.concentrations)[0])
    names = delivery.drugs
    return TipPoint(
        after_ms / MINUTE_MS,
        share,
        flow,
        dict(zip(names, map(float, per_h), strict=True)),
        dict(zip(names, map(float, given), strict=True)),
    )


def _share_new(concentrations: Array, old: Array, new: Array) -> Array:
    """The share of new fluid (k,) in fluid of ``concentrations`` (k, drugs), told by the drug that differs most.

    Where old and new are the same fluid, all of it is new.
    """
    largest = np.maximum(old, new)
    differs = np.abs(new - old) / np.where(largest > 0, largest, 1.0)
    drug = int(differs.argmax())
    if not differs[drug]:
        return np.ones(len(concentrations))
    return np.asarray(np.clip((concentrations[:, drug] - old[drug]) / (new[drug] - old[drug]), 0.0, 1.0))


def _full_from(points: Sequence[TipPoint]) -> float | None:
    """From which minute on the tip has full strength; None if not within the points."""
    low = [index for index, point in enumerate(points) if point.fraction_new < FULL]
    if not low:
        return points[0].min
    return points[low[-1] + 1].min if low[-1] + 1 < len(points) else None


def _missing(points: Sequence[TipPoint], until: float | None, full: dict[str, float]) -> dict[str, float]:
    """What the tip gave less than at the ``full`` concentrations (ug/mL) from the first point to the minute ``until``."""
    span = [point for point in points if until is None or point.min <= until]
    days = [(later.min - earlier.min) * MINUTE_MS / DAY_MS for earlier, later in pairwise(span)]
    volume = sum(point.mL_per_day * lasted for point, lasted in zip(span[1:], days, strict=True))
    return {
        drug: max(0.0, volume * held - (span[-1].given_ug[drug] - span[0].given_ug[drug]))
        for drug, held in full.items()
    }


def _front(delivery: Delivery, mL_per_s: float) -> Front:
    """The front of the primary drug after the catheter's whole length, of fluid that was at rest before."""
    line, primary = delivery.line, delivery.drugs.index(delivery.pump.settings.primary)
    kappa, radius = line.diffusivities[primary], sqrt(line.area_cm2 / pi)
    velocity, length = mL_per_s / line.area_cm2, line.catheter_mL / line.area_cm2
    transit = length / velocity
    modes = shear((kappa,), line.area_cm2)
    variance = float(modes.variance(modes.rested, velocity, np.array([transit]))[0, 0])
    return Front(
        transit_min=transit / (MINUTE_MS / MS_PER_S),
        peclet=velocity * radius / kappa,
        sigma_percent=100 * sqrt(variance) / length,
        mixing_times=transit * kappa / radius**2,
    )
