"""How findings say dates, times and sources."""

from __future__ import annotations

from intrathecal.catalogue import CHOSEN, Value
from intrathecal.programmer.review.case import Case
from intrathecal.pump.hardware import DAY_MS
from intrathecal.quantities import rounded

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


def source(value: Value) -> str:
    """What a value rests on."""
    return "chosen by this project" if value.source == (CHOSEN,) else ", ".join(value.source)


def count(number: int, thing: str) -> str:
    """``1 press``, ``4 presses``."""
    plural = f"{thing}es" if thing.endswith("s") else f"{thing}s"
    return f"{number} {thing if number == 1 else plural}"
