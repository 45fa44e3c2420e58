"""Numbers and quantities as people type them, guarded against text that is far too long to be one."""

from __future__ import annotations

import re
from decimal import Decimal

from intrathecal.quantities import Quantity, QuantityError, parse_number, parse_quantity, shorten

#: No number or quantity that a person means is longer.
LONGEST_NUMBER = 40
LONGEST_QUANTITY = 80


def read_number(text: str) -> Decimal:
    """`quantities.parse_number`, for text of any length; raises `QuantityError`."""
    _guard(text, LONGEST_NUMBER)
    return parse_number(text)


def read_quantity(text: str, *kinds: str) -> Quantity:
    """`quantities.parse_quantity`, for text of any length; raises `QuantityError`."""
    _guard(text, LONGEST_QUANTITY)
    return parse_quantity(text, *kinds)


def with_remedy(error: QuantityError) -> str:
    """The message of `quantities` ("cause: remedy") in this room's form ("cause; remedy")."""
    cause, _, remedy = str(error).rpartition(": write")
    return f"{cause}; write{remedy}" if cause else str(error)


def _guard(text: str, longest: int) -> None:
    if len(text) > longest:
        raise QuantityError(f'"{shorten(text)}" is too long for a number: write at most nine digits before the point')
    if re.search(r"[eE][-+]?[0-9]{3,}", text):
        raise QuantityError(f'"{shorten(text)}" has an exponent: write all its digits')
    if not re.fullmatch("[ -~\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}]*", text):
        raise QuantityError(f'"{shorten(text)}" has a character that no number or unit has: write it again')
