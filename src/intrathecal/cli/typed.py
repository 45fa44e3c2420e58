"""Numbers that people type after an option or a word of a command: one set of rules, one kind of message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from intrathecal.quantities import KINDS, InputError, Quantity, QuantityError, parse_number, shorten

#: Slower than this nobody waits for; faster, a step of the pump takes less time than the memory needs to keep it.
SLOWEST, FASTEST = Decimal("0.001"), 1_000_000
#: No file of the largest size that is read holds so many.
MOST_EVENTS = 100_000


class OptionError(InputError):
    """An option that cannot be read: the message names it, says what is wrong, and what would be right."""


def number(option: str, text: str, least: Decimal | int, most: Decimal | int) -> Fraction:
    """A plain number from ``least`` to ``most``. Raises `OptionError`."""
    value = _plain(option, text)
    if not least <= value <= most:
        raise OptionError(f"{option}: {shorten(text)} is not possible; give {least} to {most}")
    return value


def _plain(option: str, text: str) -> Fraction:
    from intrathecal.therapy.numbers import with_remedy

    try:
        return Fraction(parse_number(text))
    except QuantityError as problem:
        raise OptionError(f"{option}: {with_remedy(problem)}") from None


def speed(text: str) -> float:
    """How many times faster than life. Raises `OptionError`."""
    return float(number("--speed", text, SLOWEST, FASTEST))


def event(text: str | None) -> int | None:
    """Which event of a therapy file, from 1. Raises `OptionError`."""
    return None if text is None else whole("--event", text, 1, MOST_EVENTS)


def whole(option: str, text: str, least: int, most: int) -> int:
    """A whole number from ``least`` to ``most``. Raises `OptionError`."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text) or not least <= int(text) <= most:
        raise OptionError(f'{option}: "{shorten(text)}" is not possible; give a whole number from {least} to {most}')
    return int(text)


def quantity(option: str, text: str, *kinds: str) -> Quantity:
    """A number with its unit, of one of ``kinds``. Raises `OptionError`."""
    from intrathecal.therapy.numbers import read_quantity, with_remedy

    try:
        return read_quantity(text.strip(), *kinds)
    except QuantityError as problem:
        raise OptionError(f"{option}: {with_remedy(problem)}") from None


def within(option: str, text: str, kind: str, least: str, most: str) -> Quantity:
    """A quantity from ``least`` to ``most``. Raises `OptionError`."""
    read = quantity(option, text, kind)
    if not quantity(option, least, kind).exact <= read.exact <= quantity(option, most, kind).exact:
        raise OptionError(f"{option}: {read} is not possible; give {least} to {most}")
    return read


def positive(option: str, text: str, *kinds: str) -> Quantity:
    """A quantity above zero. Raises `OptionError`."""
    read = quantity(option, text, *kinds)
    if read.number <= 0:
        raise OptionError(f"{option}: {read} is not possible; write a value above zero")
    return read


def zero_or_more(option: str, text: str, *kinds: str) -> Quantity:
    """A quantity that is not below zero. Raises `OptionError`."""
    read = quantity(option, text, *kinds)
    if read.number < 0:
        raise OptionError(f"{option}: {read} is below zero; write 0 or more")
    return read


def share(option: str, text: str, least: Decimal | int, most: Decimal | int) -> Fraction:
    """A fraction typed as ``50 %`` or ``0.5``, from ``least`` to ``most`` percent. Raises `OptionError`."""
    read = quantity(option, text, "fraction").exact if "%" in text else _plain(option, text)
    if not least <= 100 * read <= most:
        raise OptionError(f"{option}: {shorten(text)} is not possible; give {least} % to {most} %")
    return read


def named(option: str, typed: Sequence[str], *kinds: str) -> dict[str, Quantity]:
    """``DRUG=QUANTITY`` as typed, above zero, by drug. Raises `OptionError`."""
    read: dict[str, Quantity] = {}
    for text in typed:
        drug, equals, value = (part.strip() for part in text.partition("="))
        if not (drug and equals and value):
            raise OptionError(
                f'{option} "{shorten(text)}": write DRUG and a quantity with its unit, such as '
                f'"morphine={KINDS[kinds[0]][1]}"'
            )
        if drug in read:
            raise OptionError(f"{option}: {drug} stands twice; give it once")
        read[drug] = positive(f"{option} {drug}", value, *kinds)
    return read
