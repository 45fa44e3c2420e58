"""Times as people and spreadsheets write them: read where they can mean one thing only, refused where they can mean two."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from intrathecal.care.errors import CellError
from intrathecal.quantities import shorten
from intrathecal.therapy.file.bounds import YEARS

RIGHT = "write year, month, day and time, such as 2026-03-02 08:00"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(?:[ Tt]+(?P<clock>\S.*))?"
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _CLOCK, re.ASCII)
_DIGITS_ONLY = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:[ Tt](?P<clock>\S.*))?", re.ASCII)
_YEAR_LAST = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[-/.]) ?(?P<second>\d{1,2})(?P=mark) ?(?P<year>\d{4}|\d{2})" + _CLOCK, re.ASCII
)
_DAY_NAMED = re.compile(r"(?P<day>\d{1,2})\.?[ -](?P<name>[A-Za-z]{3,9})\.?,?[ -](?P<year>\d{4})" + _CLOCK, re.ASCII)
_MONTH_NAMED = re.compile(r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})" + _CLOCK, re.ASCII)
_TIME = re.compile(
    r"(?P<hour>\d{1,2}(?=:)|\d{2})(?P<colon>:?)(?P<minute>\d{2})"
    r"(?:(?P=colon)(?P<second>\d{2})(?:[.,]\d{1,9})?)? ?(?P<half>[AaPp]\.?[Mm]\.?)?"
    r" ?(?P<offset>[Zz]|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
MONTHS_PER_YEAR, HOURS_PER_HALF, HOURS_PER_DAY = 12, 12, 24


def read_time(text: str) -> datetime:
    """The moment that ``text`` names, to the second; it has an offset where the text has one.

    A date alone means 00:00. Raises `CellError` for what is no time, does not exist, or can be read in two ways.
    """
    words = " ".join(text.split())
    for pattern, reader in _READERS:
        match = pattern.fullmatch(words)
        if match:
            return _clock(reader(match, words), match["clock"], words)
    raise CellError(f'"{shorten(words, 40)}" is not a time', RIGHT)


def _iso(match: re.Match[str], words: str) -> date:
    return _date(int(match["year"]), int(match["month"]), int(match["day"]), words)


def _year_last(match: re.Match[str], words: str) -> date:
    """Day first or month first, where only one of the two exists."""
    first, second = int(match["first"]), int(match["second"])
    if len(match["year"]) == 2:
        raise CellError(f'"{shorten(words, 40)}" has a year of two digits', RIGHT)
    year = int(match["year"])
    if first <= MONTHS_PER_YEAR and second <= MONTHS_PER_YEAR and first != second:
        raise CellError(
            f'"{shorten(words, 40)}" can be day {first} of month {second} or the other way round',
            f"write {year}-{second:02}-{first:02} or {year}-{first:02}-{second:02}",
        )
    day, month = (first, second) if second <= MONTHS_PER_YEAR else (second, first)
    return _date(year, month, day, words)


def _named(match: re.Match[str], words: str) -> date:
    name = match["name"].lower()
    month = next((number for number, short in enumerate(MONTHS, 1) if name.startswith(short)), None)
    if month is None:
        raise CellError(f'"{match["name"]}" is not a month', RIGHT)
    return _date(int(match["year"]), month, int(match["day"]), words)


_READERS = (
    (_YEAR_FIRST, _iso),
    (_DIGITS_ONLY, _iso),
    (_YEAR_LAST, _year_last),
    (_DAY_NAMED, _named),
    (_MONTH_NAMED, _named),
)


def _date(year: int, month: int, day: int, words: str) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise CellError(f'"{shorten(words, 40)}" does not exist', "write a date of the calendar") from None
    if not YEARS[0] <= year <= YEARS[1]:
        raise CellError(f"the year {year} is not plausible", f"write a year from {YEARS[0]} to {YEARS[1]}")
    return found


def _clock(day: date, text: str | None, words: str) -> datetime:
    if text is None:
        return datetime.combine(day, time())
    match = _TIME.fullmatch(text)
    if match is None:
        raise CellError(f'"{shorten(words, 40)}" has no time of day that can be read', RIGHT)
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["half"]:
        if not 1 <= hour <= HOURS_PER_HALF:
            raise CellError(f'"{shorten(words, 40)}" is no time of twelve hours', RIGHT)
        hour = hour % HOURS_PER_HALF + (HOURS_PER_HALF if match["half"][0] in "pP" else 0)
    if hour == HOURS_PER_DAY:
        raise CellError(f'"{shorten(words, 40)}" is the next day', f"write {day + timedelta(days=1)} 00:00")
    try:
        return datetime.combine(day, time(hour, minute, second, tzinfo=_zone(match["offset"])))
    except ValueError:
        raise CellError(f'"{shorten(words, 40)}" does not exist', "write a time from 00:00 to 23:59") from None


def _zone(offset: str | None) -> timezone | None:
    if offset is None:
        return None
    if offset in "Zz":
        return UTC
    sign = -1 if offset[0] == "-" else 1
    digits = offset[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0)))
