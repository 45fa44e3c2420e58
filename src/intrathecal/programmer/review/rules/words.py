"""How findings say dates, times and sources."""

from __future__ import annotations

from intrathecal.catalogue import CHOSEN, Value
from intrathecal.programmer.review.case import Case
from intrathecal.pump.hardware import DAY_MS, MS_PER_S
from intrathecal.quantities import Quantity, rounded

HOUR_MS = 3_600_000


def on_day(case: Case, at_ms: int) -> str:
    """A date with its month in letters, so that nobody takes the day for the month."""
    at = case.therapy.time_at(at_ms)
    return f"day {at_ms // DAY_MS}" if at is None else f"{at.day} {at:%b %Y}"


def lasting(ms: float) -> str:
    """A time in minutes, hours or days, whichever reads best."""
    if ms < HOUR_MS:
        return f"{rounded(ms / 60_000)} min"
    return f"{rounded(ms / HOUR_MS)} h" if ms <= 4 * DAY_MS else f"{rounded(ms / DAY_MS)} days"


def days(value: Quantity | Value) -> str:
    """A time of the catalogue or of a file in days: ``1 day``, ``90 days``."""
    number = rounded(float(value.exact * MS_PER_S / DAY_MS))
    return f"{number} day" if number == "1" else f"{number} days"


def source(case: Case, value: Value) -> str:
    """What a value rests on: references by author and year."""
    known = case.therapy.catalogue.references
    named = [f"{known[key].author} ({known[key].year})" for key in value.source if key != CHOSEN]
    return "; ".join(named) or "chosen by this project"


def pump_range(case: Case, limit: Value) -> str:
    """The range that a flow is held against: the one that the pump itself runs by, wherever its figure comes from."""
    entry = case.pump.entry
    seen = "" if limit.verified else "; the figure is not yet checked in the maker's manual"
    return f"pump range ({entry.title}){seen}"


def count(number: int, thing: str) -> str:
    """``1 press``, ``4 presses``."""
    plural = f"{thing}es" if thing.endswith("s") else f"{thing}s"
    return f"{number} {thing if number == 1 else plural}"
