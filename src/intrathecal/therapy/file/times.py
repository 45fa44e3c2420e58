"""Times in a therapy file: the pump's clock, and milliseconds since the first fill (or the start)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import NoReturn

from intrathecal.quantities import shorten
from intrathecal.therapy.clock import DAY_MINUTES, parse_clock
from intrathecal.therapy.errors import ProgramError
from intrathecal.therapy.file.bounds import LAST_DAY, YEARS
from intrathecal.therapy.file.section import Item, describe

RIGHT_TIME = 'write a local time such as 2026-04-20T09:00:00 or "day 49 09:00"'
_ISO = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})([Tt ](?P<clock>[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)(?P<offset>.*))?"
)


@dataclass(frozen=True)
class DayTime:
    """``day n hh:mm``: n days after the calendar day of the first fill."""

    day: int
    minute: int

    @property
    def after(self) -> timedelta:
        """The time from day 0 00:00."""
        return timedelta(days=self.day, minutes=self.minute)


@dataclass(frozen=True)
class Calendar:
    """What ``day n`` and milliseconds count from.

    ``day_0`` is the date of day 0, None when nothing in the file has a date; ``start_ms`` the milliseconds from that
    day's 00:00 to the first fill (0 without a fill); ``start`` what messages call that moment.
    """

    day_0: date | None
    start_ms: int
    start_name: str

    @property
    def start(self) -> datetime | None:
        """The moment that milliseconds count from, on the pump's clock."""
        if self.day_0 is None:
            return None
        return datetime.combine(self.day_0, clock_time()) + timedelta(milliseconds=self.start_ms)

    def at_ms(self, item: Item) -> int:
        """The time of ``item`` in milliseconds since the start; raises `TherapyError` for one before it."""
        moment = read_time(item)
        if isinstance(moment, DayTime):
            after = moment.after
        else:
            after = moment - datetime.combine(self.day_0 or moment.date(), clock_time())
        at_ms = after // timedelta(milliseconds=1) - self.start_ms
        if at_ms < 0:
            item.fail(f"{written(item)} is before {self.start_name}", "write a time from then on")
        return at_ms


def read_time(item: Item) -> datetime | DayTime:
    """A local time: a TOML date and time, the same as text, or ``day n hh:mm``. A date alone means 00:00."""
    value = item.value
    if isinstance(value, str) and value.strip().lower().startswith("day"):
        return _read_day(item, value.strip())
    if isinstance(value, str):
        moment = _read_iso(item, value.strip())
    elif isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime.combine(value, clock_time())
    else:
        item.fail(f"it is {describe(value)}, not a time", RIGHT_TIME)
    if moment.tzinfo is not None:
        _refuse_offset(item)
    if moment.microsecond % 1000:
        item.fail(f"{written(item)} has a part of a millisecond", "write whole milliseconds at most")
    if not YEARS[0] <= moment.year <= YEARS[1]:
        item.fail(f"the year {moment.year} is not plausible", f"write a year from {YEARS[0]} to {YEARS[1]}")
    return moment


def read_date(item: Item) -> date:
    """A date: a TOML date, or the same as text."""
    value = item.value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        return _read_iso(item, value.strip()).date()
    if isinstance(value, datetime) or not isinstance(value, date):
        item.fail(f"it is {describe(value)}, not a date", "write for example 2026-03-02")
    if not YEARS[0] <= value.year <= YEARS[1]:
        item.fail(f"the year {value.year} is not plausible", f"write a year from {YEARS[0]} to {YEARS[1]}")
    return value


def has_clock(item: Item) -> bool:
    """Whether a time names its hour."""
    if isinstance(item.value, str):
        return ":" in item.value
    return isinstance(item.value, datetime)


def written(item: Item) -> str:
    """A time as the file gives it."""
    return item.value.isoformat() if isinstance(item.value, (date, clock_time)) else shorten(str(item.value), 40)


def _read_day(item: Item, text: str) -> DayTime:
    match = re.fullmatch(r"(?i:day)\s+(0|[1-9][0-9]*)(?:\s+(\S+))?", text)
    if not match:
        item.fail(f'"{shorten(text, 40)}" is not a day', 'write a whole number of days, such as "day 60 14:00"')
    if len(match[1]) > 5 or int(match[1]) > LAST_DAY:
        item.fail(f"day {shorten(match[1], 20)} is too far away", f"write a day from 0 to {LAST_DAY}")
    try:
        minute = parse_clock(match[2]) if match[2] else 0
    except ProgramError as error:
        cause, _, remedy = error.bare.partition("; ")
        item.fail(cause, remedy)
    if minute == DAY_MINUTES:
        item.fail("24:00 is the next day", f"write day {int(match[1]) + 1} 00:00")
    return DayTime(int(match[1]), minute)


def _read_iso(item: Item, text: str) -> datetime:
    match = _ISO.fullmatch(text)
    if not match:
        item.fail(f'"{shorten(text, 40)}" is not a time', RIGHT_TIME)
    if match["offset"]:
        _refuse_offset(item)
    try:
        return datetime.fromisoformat(match["date"] + ("T" + match["clock"] if match["clock"] else ""))
    except ValueError:
        item.fail(f"{shorten(text, 40)} does not exist", "write a date of the calendar and a time from 00:00 to 23:59")


def _refuse_offset(item: Item) -> NoReturn:
    item.fail(
        f"{written(item)} has an offset",
        "times are the pump's clock: leave the offset out, and write utc_offset in [pump]",
    )
