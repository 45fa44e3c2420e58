"""The clauses of a program, as objects. Each checks itself and prints itself as the program language writes it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from intrathecal.quantities import KINDS, Quantity, plain
from intrathecal.therapy.clock import DAY_MINUTES, format_clock, format_days
from intrathecal.therapy.errors import ProgramError

AMOUNT_UNITS = {"ng": "mass", "mcg": "mass", "mg": "mass", "uL": "volume", "mL": "volume"}
RATE_KINDS = {"mass": "mass rate", "volume": "flow"}
RATE_UNITS = {
    f"{amount}/{time}": RATE_KINDS[kind] for amount, kind in AMOUNT_UNITS.items() for time in ("min", "h", "day")
}
TIME_UNITS = ("s", "min", "h", "day", "days")
#: No dose or time needs more digits than this on either side of the point: such a number is a slip of the key.
MOST_DIGITS = 9
LONGEST_DAYS = 3650
#: Steps of a ramp above this are a slip of the key, not a titration.
MOST_RAMP_PERCENT = 1000
#: A limit looks no further back: a pump remembers its doses so long.
LONGEST_LIMIT_DAYS = 400
#: Presses a day above this (one a minute) are a slip of the key.
MOST_PRESSES = 1440

Days = frozenset[int] | None


@dataclass(frozen=True)
class Rate:
    """A dose rate (of the primary drug) or a volume flow."""

    quantity: Quantity

    def __post_init__(self) -> None:
        _check_unit(self.quantity, RATE_UNITS, "rate", "2.4 mg/day")
        _check_positive(self.quantity, "a rate", 'write "stop" to give nothing')

    def __str__(self) -> str:
        return str(self.quantity)


@dataclass(frozen=True)
class MinimumRate:
    """The slowest rate that keeps the pump and its catheter open: the catalogue knows it."""

    def __str__(self) -> str:
        return "minimum rate"


@dataclass(frozen=True)
class Stop:
    """Nothing is given."""

    def __str__(self) -> str:
        return "stop"


AnyRate = Rate | MinimumRate | Stop


@dataclass(frozen=True)
class Base:
    """What runs when no window does."""

    rate: AnyRate

    def __str__(self) -> str:
        return str(self.rate)


@dataclass(frozen=True)
class Window:
    """A rate that replaces the base from ``start_min`` to ``end_min`` (minutes after midnight).

    It begins on ``days`` (0 = Monday; None: every day). ``start_min`` is 0 to 1439 and ``end_min`` 1 to 1440; an end
    before the start is on the next day.
    """

    days: Days
    start_min: int
    end_min: int
    rate: AnyRate

    def __post_init__(self) -> None:
        _check_days(self.days)
        _check_start(self.start_min)
        if not 1 <= self.end_min <= DAY_MINUTES:
            raise ProgramError(f"a window ends at minute 1 to {DAY_MINUTES} of a day, not {self.end_min}")
        if self.start_min == self.end_min:
            raise ProgramError(f"the window {self.clocks} has no length; write 00:00-24:00 for a whole day")

    @property
    def clocks(self) -> str:
        """Start and end as written."""
        return f"{format_clock(self.start_min)}-{format_clock(self.end_min)}"

    @property
    def length_min(self) -> int:
        """How long it lasts, in minutes."""
        return self.end_min - self.start_min + (DAY_MINUTES if self.end_min < self.start_min else 0)

    def week_spans(self) -> tuple[tuple[int, int], ...]:
        """Start and end of each occurrence in minutes since Monday 00:00; Sunday's may end after the week does."""
        days = range(7) if self.days is None else sorted(self.days)
        starts = [day * DAY_MINUTES + self.start_min for day in days]
        return tuple((start, start + self.length_min) for start in starts)

    def __str__(self) -> str:
        days = "" if self.days is None else f"{format_days(self.days)} "
        return f"{days}{self.clocks}  {self.rate}"


@dataclass(frozen=True)
class Bolus:
    """An amount on top of what runs, at clock times ``at`` (minutes after midnight) on ``days`` (None: every day)."""

    amount: Quantity
    over: Quantity
    at: tuple[int, ...]
    days: Days = None

    def __post_init__(self) -> None:
        _check_amount(self.amount, "a bolus")
        _set_duration(self, "over")
        if not self.at:
            raise ProgramError("a bolus needs a time; write for example at 07:00")
        for minute in self.at:
            _check_start(minute)
            if self.at.count(minute) > 1:
                raise ProgramError(f"the time {format_clock(minute)} stands twice; name each time once")
        _check_days(self.days)
        days = sorted(range(7) if self.days is None else self.days)
        gaps = [after - day for day, after in zip(days, [*days[1:], days[0] + 7], strict=True)]
        if self.over.to("day") > min(gaps):
            period = "1 day" if min(gaps) == 1 else f"{min(gaps)} days"
            raise ProgramError(
                f"a bolus over {self.over} every {period} would run into itself; make it at most {period} long"
            )

    def __str__(self) -> str:
        clocks = ", ".join(format_clock(minute) for minute in self.at)
        days = "" if self.days is None else f" on {format_days(self.days)}"
        return f"bolus {self.amount} over {self.over} at {clocks}{days}"


@dataclass(frozen=True)
class Periodic:
    """A bolus ``every`` so long, from the clock time ``start_min`` on the program's first day, through midnight."""

    amount: Quantity
    over: Quantity
    every: Quantity
    start_min: int

    def __post_init__(self) -> None:
        _check_amount(self.amount, "a bolus")
        _set_duration(self, "over")
        _set_interval(self)
        _check_start(self.start_min)
        if self.over.exact > self.every.exact:
            raise ProgramError(
                f"a bolus over {self.over} every {self.every} would run into itself; make it at most {self.every} long"
            )

    def __str__(self) -> str:
        return f"bolus {self.amount} over {self.over} every {self.every} from {format_clock(self.start_min)}"


@dataclass(frozen=True)
class Demand:
    """What a press of the patient's handset gives; at most ``max_per_day`` in any 24 hours."""

    amount: Quantity
    over: Quantity
    lockout: Quantity
    max_per_day: int

    def __post_init__(self) -> None:
        _check_amount(self.amount, "a patient's bolus")
        _set_duration(self, "over")
        _set_duration(self, "lockout")
        if not 1 <= self.max_per_day <= MOST_PRESSES:
            raise ProgramError(
                f"max {self.max_per_day} per day is not possible; write 1 to {MOST_PRESSES}, or leave the clause out"
            )

    def __str__(self) -> str:
        return f"on demand {self.amount} over {self.over}, lockout {self.lockout}, max {self.max_per_day} per day"


@dataclass(frozen=True)
class Ramp:
    """Steps of ``percent`` of the starting base towards ``target``, one ``every`` so long."""

    target: Quantity
    percent: Quantity
    every: Quantity

    def __post_init__(self) -> None:
        _check_unit(self.target, RATE_UNITS, "rate", "4 mg/day")
        _check_positive(self.target, "the target of a ramp", "end with a slow rate, then stop with a new program")
        _check_unit(self.percent, {"%": "fraction"}, "percent", "10 %")
        _check_positive(self.percent, "a step", "the target would never be reached: write for example 10 %")
        if self.percent.number > MOST_RAMP_PERCENT:
            raise ProgramError(f"a step of {self.percent} is not a ramp; write at most {MOST_RAMP_PERCENT} %")
        _set_interval(self)

    def __str__(self) -> str:
        return f"ramp to {self.target} by {self.percent} every {self.every}"


@dataclass(frozen=True)
class Limit:
    """No window of length ``per`` ever holds more than ``amount``."""

    amount: Quantity
    per: Quantity

    def __post_init__(self) -> None:
        _check_amount(self.amount, "a limit")
        _set_duration(self, "per")
        if self.per.to("day") > LONGEST_LIMIT_DAYS:
            raise ProgramError(
                f"a limit per {self.per} looks further back than a pump remembers; write at most {LONGEST_LIMIT_DAYS} days"
            )

    def __str__(self) -> str:
        return f"limit {self.amount} per {self.per}"


Clause = Base | Window | Bolus | Periodic | Demand | Ramp | Limit


def _check_amount(quantity: Quantity, what: str) -> None:
    _check_unit(quantity, AMOUNT_UNITS, "amount", "0.2 mg")
    _check_positive(quantity, what, "leave the clause out if nothing is meant")


def _set_duration(clause: Clause, name: str) -> None:
    """Check the duration in a field, and spell its unit one way: 1 day, 2 days."""
    quantity: Quantity = getattr(clause, name)
    _check_unit(quantity, dict.fromkeys(TIME_UNITS, "duration"), "duration", KINDS["duration"][1])
    _check_positive(quantity, f'"{name}"', "write a time above zero")
    if (quantity.exact * 1000).denominator != 1:
        raise ProgramError(
            f"{quantity} is not a whole number of milliseconds, which the pump counts; write a rounder time"
        )
    if quantity.to("day") > LONGEST_DAYS:
        raise ProgramError(f"{quantity} is longer than any program; write at most {LONGEST_DAYS} days")
    if quantity.unit in ("day", "days"):
        unit = "day" if quantity.number == 1 else "days"
        object.__setattr__(clause, name, Quantity(quantity.number, unit, "duration"))


def _set_interval(clause: Periodic | Ramp) -> None:
    """Check ``every``: a program's clock counts minutes, so that nothing in it comes again sooner."""
    _set_duration(clause, "every")
    if clause.every.to("min") < 1:
        raise ProgramError(
            f"every {clause.every} is more often than a program's clock counts; write at least 1 min, or a faster base"
        )


def _check_unit(quantity: Quantity, units: dict[str, str], what: str, right: str) -> None:
    if units.get(quantity.unit) != quantity.kind:
        raise ProgramError(f"{quantity} is not {_a(what)} of a program; write for example {right}")


def _check_positive(quantity: Quantity, what: str, remedy: str) -> None:
    number = quantity.number
    if not number.is_finite() or number <= 0:
        raise ProgramError(f"{what} of {_show(number)} {quantity.unit} is not possible; {remedy}")
    decimals = -int(number.normalize().as_tuple().exponent)
    if number.adjusted() >= MOST_DIGITS or decimals > MOST_DIGITS:
        raise ProgramError(
            f"{what} of {_show(number)} {quantity.unit} has too many digits; "
            f"write at most {MOST_DIGITS} before and {MOST_DIGITS} after the point"
        )


def _check_start(minute: int) -> None:
    if not 0 <= minute < DAY_MINUTES:
        raise ProgramError(f"{format_clock(minute)} is only the end of a window; write 00:00 for midnight")


def _check_days(days: Days) -> None:
    if days is not None and not (days and days <= frozenset(range(7))):
        raise ProgramError("days are numbers from 0 (Monday) to 6 (Sunday), at least one, or None for every day")


def _show(number: Decimal) -> str:
    """The number for a message, never more than a line long."""
    return plain(number) if number.is_finite() and abs(number.adjusted()) < 40 else str(number)


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
