"""Whether a pump can give a therapy as it is written: what it would clip is said, and not left to the figures."""

from __future__ import annotations

from collections.abc import Iterator

from intrathecal.cohort.driving import begun, walk
from intrathecal.pump.alarms import EMPTY_RESERVOIR
from intrathecal.pump.exactness import inexact
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.settings import Settings
from intrathecal.quantities import rounded
from intrathecal.simulation.beginning import begin
from intrathecal.simulation.delivery import Delivery, Passage
from intrathecal.simulation.errors import SimulationError
from intrathecal.therapy import Therapy

#: What is off by less than one step of the pump is carried over, and in the end given.
CARRIED_OVER = "mL"


def impossible(therapy: Therapy) -> str:
    """Why the pump cannot give ``therapy``, even without presses; empty where it can, and where there is no pump.

    A flow beyond the pump's range, a bolus that lasts longer than it is told, more steps than its schedule holds, an event
    that cannot happen, a program that breaks its own limit, and a reservoir that runs empty.
    """
    if therapy.pump is None:
        return ""
    try:
        return next(_reasons(therapy), "")
    except SimulationError as problem:
        return str(problem)


def _reasons(therapy: Therapy) -> Iterator[str]:
    yield from _clipped(begin(therapy).pump.settings)
    delivery, _ = begun(therapy)
    for station in walk(therapy, delivery, int(therapy.simulation.days * DAY_MS), _cross):
        if station.touches:
            yield from _clipped(station.start.pump.settings)
        for alarm in (*station.sensed.alarms, *station.crossed.alarms):
            if alarm.name == EMPTY_RESERVOIR:
                yield f"the reservoir is empty after {rounded(alarm.at / DAY_MS)} days"


def _cross(delivery: Delivery, to: int) -> tuple[Delivery, Passage]:
    return delivery.advance(to)


def _clipped(settings: Settings) -> Iterator[str]:
    for item in inexact(settings):
        if item.unit != CARRIED_OVER and item.asked != item.delivered:
            asked, given = rounded(item.asked), rounded(item.delivered)
            yield f"{item.clause}: {item.reason} ({asked} {item.unit} asked, {given} possible)"
