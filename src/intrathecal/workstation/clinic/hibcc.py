"""Codes of HIBCC, as they stand on the label of a device: ANSI/HIBC 2.6, one line with a slash between its parts.

``+`` labeller (4), product (1 to 18), unit of use (1); then ``/$$`` with a date and the lot, ``/$$+`` with a date and the
serial number, ``/$`` and ``/$+`` the same without a date, ``/S`` a serial number, ``/14D`` the use-by day, ``/16D`` the day on
which it was made; and a check character over all of it.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from intrathecal.quantities import shorten
from intrathecal.workstation.clinic.udi import Udi, UdiError

#: The characters in the order in which they count for the check character.
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
PRIMARY = re.compile(r"\+([A-Z][A-Z0-9]{3}[A-Z0-9]{1,18}[0-9])")
#: A quantity that may stand before the date, by its first digit: how many digits it has.
QUANTITIES = {"8": 2, "9": 5}
#: How a date is written, by its first digit, and how many characters it has; any other digit begins MMYY.
DATES = {"2": ("%m%d%y", 6), "3": ("%y%m%d", 6), "4": ("%y%m%d%H", 8), "5": ("%y%j", 5), "6": ("%y%j%H", 7)}
NO_DATE = "7"
MONTH = ("%m%y", 4)


def read(code: str) -> Udi:
    """A code that begins with a plus. Raises `UdiError`."""
    code = code.upper()
    body, check = code[:-1], code[-1:]
    primary, *parts = body.split("/")
    if any(character not in CHARACTERS for character in code) or PRIMARY.fullmatch(primary) is None:
        raise _none(code)
    if CHARACTERS[sum(map(CHARACTERS.index, body)) % len(CHARACTERS)] != check:
        raise UdiError(
            _('the last character of "%s" does not fit the others, so one was misread: scan it again') % code
        )
    found: dict[str, str] = {}
    dates: dict[str, date] = {}
    for part in parts:
        _take(part, code, found, dates)
    return Udi(
        code,
        "HIBCC",
        primary[1:],
        found.get("serial", ""),
        found.get("lot", ""),
        dates.get("made"),
        dates.get("expires"),
    )


def _take(part: str, code: str, found: dict[str, str], dates: dict[str, date]) -> None:
    """One part after the first."""
    if part.startswith(("14D", "16D")):
        dates["expires" if part.startswith("14D") else "made"] = _day(part[3:], "%Y%m%d")
    elif part.startswith("S"):
        found["serial"] = part[1:]
    elif part.startswith("$"):
        dated, rest = part.startswith("$$"), part.lstrip("$")
        name = "serial" if rest.startswith("+") else "lot"
        rest = rest.removeprefix("+")
        if dated:
            rest = _dated(rest, code, dates)
        found[name] = rest
    else:
        raise _none(code)


def _dated(text: str, code: str, dates: dict[str, date]) -> str:
    """What comes after a quantity and a use-by day."""
    if text[:1] in QUANTITIES:
        text = text[1 + QUANTITIES[text[0]] :]
    if text[:1] == NO_DATE:
        return text[1:]
    form, digits = DATES.get(text[:1], MONTH)
    begin = 1 if text[:1] in DATES else 0
    written = text[begin : begin + digits]
    if len(written) < digits or not written.isdigit():
        raise _none(code)
    day = _day(written, form)
    dates["expires"] = day if form != MONTH[0] else _last_of(day)
    return text[begin + digits :]


def _day(written: str, form: str) -> date:
    try:
        return datetime.strptime(written, form).date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise UdiError(
            _("%s in it is no day of the calendar, so a digit was misread: scan it again") % written
        ) from None


def _last_of(day: date) -> date:
    """The last day of a month."""
    later = day.replace(day=28) + timedelta(days=4)
    return later.replace(day=1) - timedelta(days=1)


def _none(code: str) -> UdiError:
    return UdiError(_('"%s" is no whole code of HIBCC: scan all lines of the label again') % shorten(code, 40))
