"""The fill that is about to be made: the bridge that it needs, what review says of it, and when it is low."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Literal

from intrathecal.catheter import catheter_volume_mL
from intrathecal.programmer.bridging import BridgePlan, plan_bridge
from intrathecal.programmer.review import Review, case_of, review
from intrathecal.programmer.review.moment import change_of_event
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.quantities import Quantity
from intrathecal.therapy import DrugEntry, Event, NewProgram, Program, Refill, Therapy
from intrathecal.workstation.clinic.running import NOTHING, Running

Asked = Literal["auto", "none"]


@dataclass(frozen=True)
class Dates:
    """Days of the pump's clock; None where there is no such day. ``due`` is when to refill, and ``reason`` why then."""

    low: date | None
    worst: date | None
    fastest: date | None
    due: date | None
    reason: str | None

    def latest(self, today: date) -> date | None:
        """The last day for the refill: with the usual lead, or without it where the fill does not last as long."""
        return self.due if self.due is None or self.due > today else self.worst


def filled(running: Running, at: datetime, volume: Quantity, label: Mapping[str, Quantity], asked: Asked) -> Therapy:
    """The therapy with the fill as its last event."""
    therapy = running.therapy
    known = {entry.drug.name for entry in therapy.drugs}
    new = [DrugEntry(therapy.catalogue.drugs[name], NOTHING) for name in label if name not in known]
    primary = _primary(therapy)
    action = Refill(volume, label, None, None, primary if primary in label else next(iter(label)), asked)
    ms = running.ms(at)
    before = tuple(event for event in therapy.events if event.at_ms < ms)
    fill = Event(len(before) + 1, 0, "", ms, action)
    return replace(therapy, drugs=(*therapy.drugs, *new), events=(*before, fill))


def standing(therapy: Therapy) -> Therapy:
    """The therapy with a pump that gives nothing from its last event on, until it is programmed anew."""
    last = therapy.events[-1]
    stop = Event(len(therapy.events) + 1, 0, "", last.at_ms, NewProgram(Program.parse("stop")))
    return replace(therapy, events=(*therapy.events, stop))


def bridge_of(therapy: Therapy) -> BridgePlan:
    """The bridge before the last event's fill arrives, and what happens without it or with a wrong one."""
    change = change_of_event(therapy, len(therapy.events), None)
    if change.before is None:
        raise ValueError("an event of a therapy always finds a pump that runs")
    entry = change.after.implanted.catheter.entry
    untrimmed = catheter_volume_mL(entry, [Fraction(0)] * len(entry.segments)) * PL_PER_ML
    return plan_bridge(change.before.state, change.after.state, None, untrimmed)


def judged(therapy: Therapy) -> Review:
    """What review says of the last event."""
    return review(therapy, event=len(therapy.events))


def dates_of(therapy: Therapy) -> Dates:
    """The days of the last event's fill."""
    found = case_of(therapy, event=len(therapy.events)).dates
    reservoir = found.reservoir
    low, worst, fastest, due = (
        _day(therapy, at) for at in (reservoir.low, reservoir.worst, reservoir.fastest, found.due)
    )
    return Dates(low, worst, fastest, due, found.reason)


def _day(therapy: Therapy, at_ms: int | None) -> date | None:
    clock = None if at_ms is None else therapy.time_at(at_ms)
    return None if clock is None else clock.date()


def _primary(therapy: Therapy) -> str:
    """The drug that program doses mean."""
    told = [event.action.primary for event in therapy.events if isinstance(event.action, Refill)]
    return told[-1] if told else therapy.primary.name
