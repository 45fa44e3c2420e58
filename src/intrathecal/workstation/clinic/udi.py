"""The unique device identifier of an implant, as its label is scanned or typed.

Pumps are labelled by GS1 or HIBCC, and both are taken apart; codes of ICCBBA are on blood, cells and tissue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from intrathecal.quantities import InputError, shorten

if TYPE_CHECKING:
    from biip.gs1_messages import GS1Message

#: What scanners put before a code, and how the codes of the other issuers begin.
SYMBOLOGY = re.compile(r"^\][A-Za-z][0-9a-f]")
HIBCC, ICCBBA = "+", ("=", "&")
SEPARATOR = "\x1d"
GTIN, LOT, MADE, EXPIRES, SERIAL = "01", "10", "11", "17", "21"


class UdiError(InputError):
    """A code that is no UDI: the message says what would be right."""


@dataclass(frozen=True)
class Udi:
    """What a code says; what it does not say, or what is not taken apart, is empty or None.

    ``item`` is the number of the kind of device: the GTIN of GS1, labeller and product of HIBCC. ``text`` has brackets where
    the code is one of GS1: scanned separators cannot be seen.
    """

    text: str
    issuer: str
    item: str = ""
    serial: str = ""
    lot: str = ""
    made: date | None = None
    expires: date | None = None


def read(text: str) -> Udi:
    """A code as scanned, or typed with its brackets. Raises `UdiError`."""
    code = SYMBOLOGY.sub("", text.strip(" \t\r\n"), count=1)
    if not code.isascii():
        raise UdiError(
            _('"%s" has a character that no UDI has: scan it again, or type plain letters and digits') % code
        )
    if code.startswith(ICCBBA):
        raise UdiError(
            _("this is a code of ICCBBA, for blood, cells and tissue: scan the code of the pump's own label")
        )
    if code.startswith(HIBCC):
        from intrathecal.workstation.clinic import hibcc

        return hibcc.read(code)
    message = _message(code.strip(SEPARATOR))
    found = [one.ai.ai for one in message.element_strings]
    twice = next((ai for ai in found if found.count(ai) > 1), None)
    if twice is not None:
        raise UdiError(_("(%s) is in it twice, so two labels were mixed: scan one of them") % twice)
    elements = {one.ai.ai: one for one in message.element_strings}
    if GTIN not in elements:
        raise UdiError(_('"%s" has no device identifier: a UDI has (01) and 14 digits') % shorten(text, 40))
    if elements[GTIN].gtin is None:
        raise UdiError(
            _("the check digit of (01)%s is wrong, so a digit was misread: scan it again") % elements[GTIN].value
        )
    values = {ai: one.value for ai, one in elements.items()}
    return Udi(
        text=message.as_hri(),
        issuer="GS1",
        item=values[GTIN],
        serial=values.get(SERIAL, ""),
        lot=values.get(LOT, ""),
        made=elements[MADE].date if MADE in elements else None,
        expires=elements[EXPIRES].date if EXPIRES in elements else None,
    )


def _message(code: str) -> GS1Message:
    """The code, all of it: what would be left out was misread."""
    from biip import ParseError  # as long to load as a page takes
    from biip.gs1_messages import GS1Message

    typed = code.startswith("(")
    try:
        message = GS1Message.parse_hri(code) if typed else GS1Message.parse(code)
    except (ParseError, ValueError) as problem:
        if any(f"AI ({ai})" in str(problem) for ai in (MADE, EXPIRES)):
            raise UdiError(_("a date in it is no day of the calendar, so a digit was misread: scan it again")) from None
        raise _none(code) from None
    if typed and message.as_hri() != "".join(code.split()):
        raise _none(code)
    return message


def _none(code: str) -> UdiError:
    words = _('"%s" is no UDI: scan it again, or write it with its brackets, such as (01)00763000000004(21)NGV123456H')
    return UdiError(words % shorten(code, 40))
