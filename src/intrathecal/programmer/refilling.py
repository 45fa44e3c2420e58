"""What should be left in the reservoir at a refill, and what is.

What should be left is the fill less what the pump's own controller counts up to that moment, with program changes,
boluses, presses, stops and bridges; a rate times days knows none of them. What left the pump follows from what is measured:

    delivered = fill - measured        error = delivered / (fill - expected) - 1
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction

from intrathecal.catalogue import Pump
from intrathecal.programmer.errors import SumError
from intrathecal.programmer.review.moment import Implanted
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, PL_PER_ML
from intrathecal.pump.state import State
from intrathecal.quantities import Quantity, rounded, shorten
from intrathecal.simulation.presses import press_times
from intrathecal.simulation.pumping import pump_at
from intrathecal.therapy import Aspirate, PressWhenPain, Refill, ReplacePump, Therapy
from intrathecal.therapy.clauses import LONGEST_DAYS
from intrathecal.therapy.file.bounds import YEARS

#: Volumes are measured in syringes: what is less than a microlitre is round-off.
MEASURED_TO = 3
PERCENT = 100
_DAY = re.compile(r"day\s+(\d{1,5})(?:\s+([01]\d|2[0-3]):([0-5]\d))?", re.IGNORECASE | re.ASCII)
RIGHT = 'write a time on the pump\'s clock such as 2026-02-19T10:00, or "day 45 10:00"'


@dataclass(frozen=True)
class Residual:
    """One refill, in mL: what had been filled in, what should be left and what was. ``at`` is the pump's clock."""

    at: datetime | None
    filled_mL: float
    expected_mL: float
    measured_mL: float

    @property
    def difference_mL(self) -> float:
        """More than expected is above zero: the pump gave less."""
        return round(self.measured_mL - self.expected_mL, MEASURED_TO)

    @property
    def due_mL(self) -> float:
        """What the pump should have given."""
        return round(self.filled_mL - self.expected_mL, MEASURED_TO)

    @property
    def delivered_mL(self) -> float:
        """What has left the reservoir."""
        return round(self.filled_mL - self.measured_mL, MEASURED_TO)

    @property
    def error_percent(self) -> float | None:
        """What was given against what should have been; None where nothing should have been."""
        return PERCENT * (self.delivered_mL / self.due_mL - 1) if self.due_mL > 0 else None


@dataclass(frozen=True)
class Expected:
    """The reservoir at ``at_ms``: filled at ``filled_at_ms`` with ``filled_mL``, and ``expected_mL`` of it left.

    ``filled_mL`` is less what somebody drew from the reservoir since, ``drawn_mL``; ``pump`` is the one implanted then.
    """

    at_ms: int
    filled_at_ms: int
    filled_mL: float
    expected_mL: float
    drawn_mL: float
    pump: Pump


def time_of(therapy: Therapy, text: str, option: str) -> int:
    """A moment after the first fill (ms) as somebody types it; one with an offset is taken to the pump's clock.

    Raises `SumError`.
    """
    implanted = Implanted.of(therapy)
    start = implanted.fill.at
    match = _DAY.fullmatch(text.strip())
    if match:
        midnight = datetime.combine(start.date(), datetime.min.time())
        at = midnight + timedelta(days=int(match[1]), hours=int(match[2] or 0), minutes=int(match[3] or 0))
    else:
        at = _iso(text, option)
        if at.tzinfo is not None:
            at = at.astimezone(timezone(timedelta(minutes=implanted.pump.utc_offset_minutes))).replace(tzinfo=None)
    at_ms = round((at - start).total_seconds() * MS_PER_S)
    if at_ms <= 0:
        raise SumError(
            f'{option} "{shorten(text)}": is not after the fill of {start:%Y-%m-%d %H:%M}; name a time after it'
        )
    if at_ms > LONGEST_DAYS * DAY_MS:
        raise SumError(
            f'{option} "{shorten(text)}": is too far away; name a time within {LONGEST_DAYS} days of the fill'
        )
    return at_ms


def _iso(text: str, option: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise SumError(f'{option} "{shorten(text)}": is not a time; {RIGHT}') from None
    if not YEARS[0] <= at.year <= YEARS[1]:
        raise SumError(f"{option}: the year {at.year} is not plausible; write a year from {YEARS[0]} to {YEARS[1]}")
    return at


def first_refill(therapy: Therapy) -> int:
    """The moment (ms) of the file's first refill. Raises `SumError` where there is none, `TherapyError` without a pump."""
    Implanted.of(therapy)
    found = next((event.at_ms for event in therapy.events if isinstance(event.action, Refill)), None)
    if found is None:
        raise SumError(f'{therapy.file}: has no refill event; say when it is measured: --at "2026-02-19T10:00"')
    return found


def expected_at(therapy: Therapy, at_ms: int) -> Expected:
    """What the pump's log says just before ``at_ms``, with the presses that the file plans.

    Where the file says what was in the reservoir at some time (``reservoir_now``), that counts. Raises `SumError`.
    """
    implanted = Implanted.of(therapy)
    fill, pump = implanted.fill, implanted.pump.entry
    state = _state(therapy, at_ms)
    filled_at, drawn = 0, Fraction(0)
    for event in (one for one in therapy.events if one.at_ms < at_ms):
        if isinstance(event.action, Refill | ReplacePump):
            filled_at, drawn = event.at_ms, Fraction(0)
        if isinstance(event.action, ReplacePump):
            pump = event.action.pump.entry
        if isinstance(event.action, Aspirate) and event.action.source == "reservoir":
            drawn += event.action.volume.exact
    left = Fraction(state.reservoir_pL, PL_PER_ML) - drawn
    if fill.now is not None and fill.reservoir_now is not None and filled_at == 0:
        known = round((fill.now - fill.at).total_seconds() * MS_PER_S)
        if 0 < known <= at_ms:
            left += fill.reservoir_now.exact - Fraction(_state(therapy, known).reservoir_pL, PL_PER_ML)
    if left < 0:
        raise SumError(
            f"{therapy.file}: {rounded(float(drawn))} mL were drawn from the reservoir, more than the pump counts in it; "
            "correct the file, or give --delivered from the pump's log"
        )
    return Expected(
        at_ms=at_ms,
        filled_at_ms=filled_at,
        filled_mL=float(Fraction(state.filled_pL, PL_PER_ML) - drawn),
        expected_mL=float(left),
        drawn_mL=float(drawn),
        pump=pump,
    )


def with_log(expected: Expected, delivered: Quantity) -> Expected:
    """The same, with what the pump's log says was delivered since the fill. Raises `SumError` if that is more than it held."""
    left = expected.filled_mL - delivered.canonical
    if round(left, MEASURED_TO) < 0:
        raise SumError(
            f"--delivered: {delivered} is more than was filled in ({rounded(expected.filled_mL)} mL); "
            "give what the pump counted since the last fill"
        )
    return replace(expected, expected_mL=max(0.0, left))


def residual(therapy: Therapy, expected: Expected, measured: Quantity) -> Residual:
    """What was measured beside what was expected. Raises `SumError` for more than the reservoir holds."""
    if measured.exact > expected.pump.reservoir_volume.exact:
        raise SumError(
            f"--measured: {measured} is more than the reservoir holds ({expected.pump.reservoir_volume}); "
            "write what was drawn from the reservoir"
        )
    return Residual(therapy.time_at(expected.at_ms), expected.filled_mL, expected.expected_mL, measured.canonical)


def _state(therapy: Therapy, at_ms: int) -> State:
    if isinstance(therapy.simulation.presses, PressWhenPain):
        return _simulated(therapy, at_ms)
    days = range(-(-at_ms // DAY_MS))
    presses = [at for day in days for at in press_times(therapy.simulation, day) if at < at_ms]
    return pump_at(therapy, at_ms, presses=presses).pump


def _simulated(therapy: Therapy, at_ms: int) -> State:
    """The pump of a patient who presses when it hurts: only the whole simulation knows when."""
    from intrathecal.simulation.api import simulate

    reached = simulate(therapy, days=Fraction(at_ms, DAY_MS), every_ms=DAY_MS, profiles=()).finished.end
    if reached.delivery is None:
        raise ValueError("a therapy without a pump delivers nothing")
    return reached.delivery.pump
