"""Text that somebody typed into a form, or that stands in an address."""

from __future__ import annotations

from datetime import date

from intrathecal.care.cells import plain
from intrathecal.therapy.file.bounds import YEARS

#: Digits of a number that every database holds.
LONGEST_NUMBER = 18


def line(text: str) -> str:
    """On one line, with single spaces, without characters that are no writing."""
    return " ".join(plain(text).split())


def day_of(text: str) -> date | None:
    """A day like 2026-11-22; None where it is none, or one that nobody means."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if YEARS[0] <= day.year <= YEARS[1] else None


def number_of(text: str) -> int | None:
    """A whole number from 0 on, such as the key of a record; None where it is none."""
    right = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    return int(text) if right else None
