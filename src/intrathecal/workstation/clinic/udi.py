"""The unique device identifier of an implant, as its label is scanned or typed.

GS1 codes are taken apart; those of the other two issuers, HIBCC and ICCBBA, are kept as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from intrathecal.quantities import InputError, shorten

if TYPE_CHECKING:
    from biip.gs1_messages import GS1Message

#: What scanners put before a GS1 code, and how the codes of the other issuers begin.
SYMBOLOGIES = ("]d2", "]C1", "]Q3", "]e0")
OTHERS = {"+": "HIBCC", "=": "ICCBBA", "&": "ICCBBA"}
GTIN, LOT, MADE, EXPIRES, SERIAL = "01", "10", "11", "17", "21"


class UdiError(InputError):
    """A code that is no UDI: the message says what would be right."""


@dataclass(frozen=True)
class Udi:
    """What a code says; what it does not say, or what is not taken apart, is empty or None.

    ``text`` has brackets where the code is one of GS1: scanned separators cannot be seen.
    """

    text: str
    issuer: str
    gtin: str = ""
    serial: str = ""
    lot: str = ""
    made: date | None = None
    expires: date | None = None


def read(text: str) -> Udi:
    """A code as scanned, or typed with its brackets. Raises `UdiError`."""
    code = text.strip()
    if code[:1] in OTHERS:
        return Udi(code, OTHERS[code[0]])
    for symbology in SYMBOLOGIES:
        code = code.removeprefix(symbology)
    message = _message(code)
    elements = {one.ai.ai: one for one in message.element_strings}
    if GTIN not in elements:
        raise UdiError(_('"%s" has no device identifier: a UDI begins with (01)') % shorten(text, 40))
    if elements[GTIN].gtin is None:
        raise UdiError(
            _("the check digit of (01)%s is wrong, so a digit was misread: scan it again") % elements[GTIN].value
        )
    values = {ai: one.value for ai, one in elements.items()}
    return Udi(
        text=message.as_hri(),
        issuer="GS1",
        gtin=values[GTIN],
        serial=values.get(SERIAL, ""),
        lot=values.get(LOT, ""),
        made=elements[MADE].date if MADE in elements else None,
        expires=elements[EXPIRES].date if EXPIRES in elements else None,
    )


def _message(code: str) -> GS1Message:
    from biip import ParseError  # as long to load as a page takes
    from biip.gs1_messages import GS1Message

    try:
        return GS1Message.parse_hri(code) if code.startswith("(") else GS1Message.parse(code)
    except (ParseError, ValueError):
        raise UdiError(
            _('"%s" is no UDI: scan it again, or write it with its brackets, such as (01)00763000000004(21)NGV123456H')
            % shorten(code, 40)
        ) from None
