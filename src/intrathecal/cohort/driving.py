"""One patient's pump through a whole therapy, without the patient: the controller and the line themselves.

This is the truth that the faster path of a cohort is held against, and what a patient is given whom that path cannot follow.
What is drawn through the side port is replaced by drug-free fluid here, because the canal is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from intrathecal.flow import Array, Infusion, Site
from intrathecal.pump.alarms import EMPTY_RESERVOIR, LOW_RESERVOIR, Alarm
from intrathecal.pump.controller import Press, Tick
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, PL_PER_ML
from intrathecal.pump.limits import check_program
from intrathecal.pump.state import PressAnswer
from intrathecal.simulation.beginning import begin
from intrathecal.simulation.delivery import Delivery, Passage
from intrathecal.simulation.errors import refusal
from intrathecal.simulation.happening import at_pump, due_events
from intrathecal.simulation.ledger import Ledger
from intrathecal.simulation.presses import answers, given
from intrathecal.simulation.touching import Touched
from intrathecal.therapy import Aspirate, Event, Therapy

#: Brings a delivery to a time while nobody but the patient touches the pump.
Cross = Callable[[Delivery, int], tuple[Delivery, Passage]]


@dataclass(frozen=True, eq=False)
class Arrivals:
    """What reaches the tip: ``rates_ug_per_s`` (k, drugs) from ``times_s`` (k) to the next one (k + 1 times in all).

    ``where`` (k,) says which of ``sites`` the tip then lies at. What enters at once is in ``impulses``: time (s), site, and
    amounts (drugs,) ug. ``steps`` were counted; the pump believes to hold ``believed_mL`` at the end, and holds ``true_mL``
    of ``delivered_mL`` less. ``line_ug`` and ``reservoir_ug`` (drugs,) are there at the end, ``ledger`` says what left
    otherwise. ``low_at`` and ``empty_at`` are the ms at which the reservoir was counted low and empty.
    """

    times_s: Array
    rates_ug_per_s: Array
    where: NDArray[np.intp]
    sites: tuple[Site, ...]
    impulses: tuple[tuple[float, Site, Array], ...]
    steps: int
    delivered_mL: float
    believed_mL: float
    true_mL: float
    reservoir_ug: Array
    line_ug: Array
    ledger: Ledger
    low_at: tuple[int, ...]
    empty_at: tuple[int, ...]

    def mass_ug(self, times_s: Array) -> Array:
        """What has arrived by each of ``times_s`` (t, drugs), ug."""
        pieces = self.rates_ug_per_s * np.diff(self.times_s)[:, None]
        total = np.concatenate([np.zeros((1, pieces.shape[1])), np.cumsum(pieces, axis=0)])
        arrived = np.column_stack([np.interp(times_s, self.times_s, column) for column in total.T])
        for at, _, amounts in self.impulses:
            arrived[times_s >= at] += amounts
        return arrived


@dataclass(frozen=True, eq=False)
class Station:
    """A stop of a walk: at ``now`` events ``touched`` the delivery, which then went on alone from ``start`` to ``end``.

    ``pocket_mL`` is what the first refill of that moment lost. ``sensed`` happened at ``now``, ``crossed`` after it.
    """

    now: int
    touches: tuple[tuple[Event, Touched], ...]
    pocket_mL: float
    sensed: Passage
    start: Delivery
    crossed: Passage
    end: Delivery


@dataclass(frozen=True, eq=False)
class Delivered:
    """A walk with presses: what arrived, the pump's answers to all presses, and its alarms."""

    arrivals: Arrivals
    answers: tuple[PressAnswer, ...]
    alarms: tuple[Alarm, ...]
    end: Delivery


def with_drive_error(therapy: Therapy, drive_error: float) -> Therapy:
    """The therapy with a first pump that moves so much (a fraction) more than it counts; it must have a pump."""
    if therapy.pump is None:
        raise ValueError("a therapy without a pump has no drive")
    return replace(therapy, pump=replace(therapy.pump, drive_error=Fraction(drive_error)))


def begun(therapy: Therapy) -> tuple[Delivery, Passage]:
    """The pump just filled, and what it sounds. Raises `SimulationError` for a program that breaks its own limit."""
    delivery, passage = begin(therapy).tell(Tick(), 0)
    settings = delivery.pump.settings
    breach = check_program(settings, (), 0)
    if breach is not None:
        raise refusal(therapy, None, breach, settings.primary)
    return delivery, passage


def walk(therapy: Therapy, delivery: Delivery, end_ms: int, cross: Cross) -> Iterator[Station]:
    """From the first fill to ``end_ms``: from one event, fault's end or day's end to the next, as a run goes.

    Raises `SimulationError` for an event that cannot happen at its moment.
    """
    now = done = 0
    while now < end_ms:
        delivery, sensed = delivery.feel(now)
        done, due = due_events(therapy, done, now)
        touches = []
        for event, pocket_mL in due:
            touched = _touched(therapy, delivery, event, pocket_mL)
            delivery, sensed = touched.delivery, sensed.then(touched.passage)
            touches.append((event, touched))
        coming = [event.at_ms for event in therapy.events[done : done + 1]]
        ends = [fault.until for fault in delivery.device.faults if fault.until is not None]
        day = (now // DAY_MS + 1) * DAY_MS
        to = min([end_ms, day, *coming, *ends])
        after, crossed = cross(delivery, to)
        yield Station(now, tuple(touches), sum(lost for _, lost in due), sensed, delivery, crossed, after)
        now = to
        delivery = after.decay(to / MS_PER_S) if to in (day, end_ms) else after


def _touched(therapy: Therapy, delivery: Delivery, event: Event, pocket_mL: float) -> Touched:
    action = event.action
    if not (isinstance(action, Aspirate) and action.source == "side-port"):
        return at_pump(therapy, delivery, event, pocket_mL)
    before = delivery.line.mass_ug()
    line, _, _ = delivery.line.aspirate(float(action.volume.exact), np.zeros(len(delivery.drugs)))
    ledger = delivery.ledger.add(removed=before - line.mass_ug())
    return Touched(replace(delivery, line=line, ledger=ledger))


def deliver_exactly(
    therapy: Therapy, presses: Sequence[int], drive_error: float, end_ms: int | None = None
) -> Delivered:
    """What a patient is given who presses at ``presses`` (ms, rising), by the controller and the line themselves.

    Runs to ``end_ms``, or as long as the therapy says. Raises `SimulationError` for an event that cannot happen at its moment.
    """
    therapy = with_drive_error(therapy, drive_error)
    end = int(therapy.simulation.days * DAY_MS) if end_ms is None else end_ms
    answered: list[PressAnswer] = []

    def cross(delivery: Delivery, to: int) -> tuple[Delivery, Passage]:
        due = [at for at in presses if delivery.pump.now <= at < to]
        heard = answers(delivery.pump, due, len(due))
        answered.extend(each.answer for each in heard)
        passage = Passage()
        for at in given(heard):
            delivery, told = delivery.tell(Press(), at)
            passage = passage.then(told)
        delivery, rest = delivery.advance(to)
        return delivery, passage.then(rest)

    first, passage = begun(therapy)
    alarms = passage.alarms
    stations = []
    for station in walk(therapy, first, end, cross):
        stations.append(station)
        alarms += station.sensed.alarms + station.crossed.alarms
    last = stations[-1].end.decay(end / MS_PER_S)
    return Delivered(_arrivals(stations, alarms, last, end), tuple(answered), alarms, last)


def _arrivals(stations: Sequence[Station], alarms: Sequence[Alarm], last: Delivery, end_ms: int) -> Arrivals:
    entries = [entry for station in stations for entry in station.crossed.entries]
    impulses = tuple(
        (station.now / MS_PER_S, touched.impulses[0].site, np.array([each.amount_ug for each in touched.impulses]))
        for station in stations
        for _, touched in station.touches
        if touched.impulses
    )
    times, rates, places = _contiguous(entries, len(last.drugs), end_ms / MS_PER_S, last.site)
    sites = tuple(dict.fromkeys(places))
    delivered = sum(
        station.crossed.delivered_mL + sum(touched.passage.delivered_mL for _, touched in station.touches)
        for station in stations
    )
    pump = last.pump
    return Arrivals(
        times,
        rates,
        np.array([sites.index(place) for place in places], dtype=np.intp),
        sites,
        impulses,
        (last.counted_before_pL + pump.counted_pL) // pump.settings.hardware.step_pL,
        delivered,
        pump.reservoir_pL / PL_PER_ML,
        last.device.volume_mL,
        last.device.masses_ug,
        last.line.mass_ug(),
        last.ledger,
        *(tuple(alarm.at for alarm in alarms if alarm.name == name) for name in (LOW_RESERVOIR, EMPTY_RESERVOIR)),
    )


def _contiguous(entries: Sequence[Infusion], drugs: int, end_s: float, last: Site) -> tuple[Array, Array, list[Site]]:
    """Infusions as times, rates and sites without gaps, from 0 to ``end_s``."""
    times, rates, sites = [0.0], [], []
    for entry in entries:
        if entry.start_s > times[-1]:
            times.append(entry.start_s)
            rates.append(np.zeros(drugs))
            sites.append(entry.site)
        times.append(entry.end_s)
        rates.append(entry.rates)
        sites.append(entry.site)
    if times[-1] < end_s:
        times.append(end_s)
        rates.append(np.zeros(drugs))
        sites.append(last)
    return np.array(times), np.array(rates).reshape(-1, drugs), sites
