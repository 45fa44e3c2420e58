"""Clock times and days of the week, as people write them and as minutes and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from intrathecal.quantities import shorten
from intrathecal.therapy.errors import ProgramError

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Names for several days at once, in the order in which they are tried.
DAY_GROUPS = {"weekdays": frozenset(range(5)), "weekend": frozenset({5, 6})}


def parse_clock(text: str) -> int:
    """Minutes after midnight of ``hh:mm``, 00:00 to 24:00; raises `ProgramError` for a time that does not exist."""
    match = re.fullmatch(r"([0-9]{1,3}):([0-9]{1,3})", text)
    if not match:
        raise ProgramError(f'"{shorten(text)}" is not a clock time; write hours and minutes, such as 07:00')
    hour, minute = int(match[1]), int(match[2])
    if minute > 59 or hour * 60 + minute > DAY_MINUTES:
        raise ProgramError(f"the time {text} does not exist; write a time from 00:00 to 23:59")
    if text != format_clock(hour * 60 + minute):
        raise ProgramError(f"a clock time has two digits on each side, not {text}; write {hour:02}:{minute:02}")
    return hour * 60 + minute


def format_clock(minutes: int) -> str:
    """``hh:mm`` of minutes after midnight."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def parse_days(words: Iterable[str]) -> frozenset[int]:
    """Days of the week, 0 = Monday, from ``Mon`` ... ``Sun``, ``weekdays`` or ``weekend`` (in any case)."""
    days: set[int] = set()
    for word in words:
        new = DAY_GROUPS.get(word.lower()) or {DAY_NAMES.index(word.capitalize())}
        if days & new:
            raise ProgramError(f'"{word}" names a day twice; name each day once')
        days |= new
    return frozenset(days)


def format_days(days: frozenset[int]) -> str:
    """The days as the program language writes them."""
    for name, group in DAY_GROUPS.items():
        if days == group:
            return name
    return " ".join(DAY_NAMES[day] for day in sorted(days))
