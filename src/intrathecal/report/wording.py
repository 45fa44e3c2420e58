"""Numbers, times and events as a clinician reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from intrathecal.catalogue import Drug
from intrathecal.quantities import rounded

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MCG_PER_MG = 1000
#: Below this peak (mcg/mL) the fluid's concentrations of a drug are shown in ng/mL.
SMALL_MCG_PER_ML = 0.2
UNKNOWN = "not known"


def number(value: float | None, digits: int = 3) -> str:
    """A figure as `rounded` shows it, or that it is not known."""
    return UNKNOWN if value is None else rounded(value, digits)


def percent(fraction: float) -> str:
    """A fraction as whole percent; one that is not quite nothing or all is not rounded to that."""
    if 0 < fraction < 0.005:
        return "below 1 %"
    if 0.995 <= fraction < 1:
        return "above 99 %"
    return f"{fraction:.0%}".replace("%", " %")


def count(amount: int, one: str, many: str | None = None) -> str:
    """``1 alarm``, ``2 alarms``."""
    return f"{amount} {one if amount == 1 else many or one + 's'}"


def dose(drug: Drug, ug: float) -> str:
    """A mass of a drug in its customary unit."""
    unit = drug.customary_mass_unit
    return f"{number(ug / MCG_PER_MG if unit == 'mg' else ug)} {unit}"


@dataclass(frozen=True)
class Clock:
    """Times of a run in words: on the pump's clock, or in hours from the start where the therapy has no date."""

    start: datetime | None

    def text(self, at_ms: float) -> str:
        """``20 Apr 2026 09:00``, or ``day 2, 03:30 h`` from the start."""
        if self.start is None:
            days, rest = divmod(round(at_ms / 60_000), 24 * 60)
            return f"day {days}, {rest // 60:02}:{rest % 60:02} h"
        return _moment(self.start + timedelta(milliseconds=at_ms))

    @staticmethod
    def written(iso: str | None) -> str:
        """A time of the run's figures in the same form."""
        return UNKNOWN if iso is None else _moment(datetime.fromisoformat(iso))

    @property
    def epoch_ms(self) -> int | None:
        """The start as the pump's clock shows it, counted as if that clock were UTC."""
        if self.start is None:
            return None
        return round(self.start.replace(tzinfo=UTC).timestamp() * 1000)


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%b %Y %H:%M}"
