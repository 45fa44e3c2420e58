"""Times on the pump's clock, and when a fill must be replaced."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from intrathecal.catalogue import Value
from intrathecal.pump.forecast import Dates, due, reservoir_dates
from intrathecal.pump.state import State
from intrathecal.therapy import Refill, ReplacePump, Therapy


@dataclass(frozen=True)
class RefillDates:
    """When a fill is low and when it must be replaced, in ms on the pump's counter; None where there is no such date.

    ``candidates`` are the appointments by volume, by stability and as booked.
    """

    reservoir: Dates
    candidates: dict[str, int | None]

    @property
    def reason(self) -> str | None:
        """Which appointment comes first."""
        known = {reason: at for reason, at in self.candidates.items() if at is not None}
        return min(known, key=lambda name: known[name], default=None)

    @property
    def due(self) -> int | None:
        """The first appointment."""
        return None if self.reason is None else self.candidates[self.reason]


def refill_dates(
    therapy: Therapy, state: State, filled_at: int, counted_from: int, held_before: Collection[str]
) -> RefillDates:
    """Dates of the fill of ``filled_at`` (ms) that is in the pump, with the program now in force.

    Whole days to the worst-case date are counted from ``counted_from``; ``held_before`` are the drugs that the pump held
    before this fill.
    """
    reservoir = reservoir_dates(state)
    candidates = {
        "volume": due(counted_from, reservoir.worst, _lead_ms(therapy)),
        "stability": stable_until(therapy, state, filled_at, held_before),
        "visit": visit_ms(therapy),
    }
    return RefillDates(reservoir, candidates)


def held_before(therapy: Therapy, filled_at: int) -> frozenset[str]:
    """The drugs that the pump held before the fill of ``filled_at`` (ms); a new pump never held any."""
    held: frozenset[str] = frozenset(therapy.label) if filled_at > 0 else frozenset()
    for event in therapy.events:
        if isinstance(event.action, ReplacePump) and event.at_ms <= filled_at:
            held = frozenset(event.action.drugs if event.at_ms < filled_at else ())
        if isinstance(event.action, Refill) and event.at_ms < filled_at:
            held |= set(event.action.drugs)
    return held


def stable_until(therapy: Therapy, state: State, filled_at: int, held_before: Collection[str]) -> int | None:
    """When the first drug of the fill is no longer stable in the pump."""
    shortest = shortest_lived(therapy, state, held_before)
    return None if shortest is None else filled_at + round(shortest[1].exact * 1000)


def shortest_lived(therapy: Therapy, state: State, held_before: Collection[str]) -> tuple[str, Value] | None:
    """The drug in the pump that keeps for the shortest time, and that time; one that the pump never held may keep less."""
    inside = dict(state.settings.labels)
    lives = []
    for entry in therapy.drugs:
        drug = entry.drug
        first = drug.name not in held_before and drug.pump_life_first_fill
        life = drug.pump_life_first_fill if first else drug.pump_life
        if life is not None and inside.get(drug.name, 0) > 0:
            lives.append((drug.name, life))
    return min(lives, key=lambda one: one[1].exact, default=None)


def visit_ms(therapy: Therapy) -> int | None:
    """The next visit as booked: its day's beginning."""
    if therapy.fill is None or therapy.fill.next_visit is None or therapy.start is None:
        return None
    visit = datetime.combine(therapy.fill.next_visit, datetime.min.time())
    return round((visit - therapy.start).total_seconds() * 1000)


def when(therapy: Therapy, at_ms: int | None) -> str | None:
    """A time on the pump's clock with its offset, as ISO 8601; None where the file has no date."""
    clock = None if at_ms is None else therapy.time_at(at_ms)
    if clock is None:
        return None
    offset = therapy.pump.utc_offset_minutes if therapy.pump else 0
    return clock.replace(tzinfo=timezone(timedelta(minutes=offset))).isoformat(timespec="seconds")


def _lead_ms(therapy: Therapy) -> int:
    return round(therapy.fill.lead.exact * 1000) if therapy.fill else 0
