"""Reading one value of a therapy file: its type, unit and range, or one message that says where and why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import NoReturn

from intrathecal.quantities import KINDS, Quantity, QuantityError, plain, shorten
from intrathecal.therapy.errors import TherapyError
from intrathecal.therapy.file.bounds import LONGEST
from intrathecal.therapy.file.locate import Lines, Path
from intrathecal.therapy.numbers import read_quantity, with_remedy

#: Numbers beyond this are slips of the key (and would fill the memory as exact fractions).
LARGEST_NUMBER = 10**12
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a number"),
    (Decimal, "a number"),
    (str, "a text"),
    (datetime, "a date and time"),
    (date, "a date"),
    (time, "a time of day"),
    (list, "a list"),
    (dict, "a table"),
)


@dataclass(frozen=True)
class Document:
    """A therapy file by its name, and the lines of everything in it."""

    name: str
    lines: Lines

    def fail(self, path: Path, cause: str, remedy: str) -> NoReturn:
        """Raise `TherapyError` for the line of ``path``."""
        raise TherapyError(f"{self.name}, line {self.lines.of(path)}: {cause}; {remedy}")


@dataclass(frozen=True)
class Item:
    """A value of the file: ``label`` is what messages call it."""

    document: Document
    path: Path
    label: str
    value: object

    @property
    def line(self) -> int:
        """The line on which it stands."""
        return self.document.lines.of(self.path)

    def fail(self, cause: str, remedy: str) -> NoReturn:
        """Raise `TherapyError`: this value is wrong."""
        self.document.fail(self.path, f"{self.label}: {cause}", remedy)

    def text(self) -> str:
        """A text with something in it."""
        if not isinstance(self.value, str):
            self.fail(f"it is {describe(self.value)}, not a text", f'write it in quotes: {self.label} = "..."')
        if not self.value.strip():
            self.fail("the text is empty", "write something between the quotes, or leave it out")
        return self.value

    def choice(self, choices: Iterable[str], what: str) -> str:
        """One of ``choices``, spelt whole."""
        text = self.text()
        if text not in choices:
            self.fail(f'"{shorten(text)}" is not {what}', nearest(text, choices))
        return text

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.fail(f"it is {describe(self.value)}", "write true or false, without quotes")
        return self.value

    def number(self, low: Decimal | int, high: Decimal | int) -> Decimal:
        """A plain number from ``low`` to ``high``."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, Decimal)):
            self.fail(
                f"it is {describe(self.value)}, not a number",
                f"write a number from {low} to {high}, without quotes or unit",
            )
        number = self.value
        if isinstance(number, Decimal) and not number.is_finite():
            self.fail(f"{number} is not a number", f"write a number from {low} to {high}")
        if not low <= number <= high:
            self.fail(f"{show(number)} is not possible", f"write a number from {low} to {high}")
        if isinstance(number, Decimal) and number and number.adjusted() < -9:
            self.fail(f"{show(number)} is too small to mean anything", f"write a number from {low} to {high}")
        return Decimal(number)

    def whole(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.fail(f"it is {describe(self.value)}, not a whole number", f"write a whole number from {low} to {high}")
        return int(self.number(low, high))

    def quantity(self, *kinds: str) -> Quantity:
        """A number with a unit, of one of ``kinds``."""
        example = KINDS[kinds[0]][1]
        if isinstance(self.value, (int, Decimal)) and not isinstance(self.value, bool):
            self.fail(
                f"{show(self.value)} has no unit",
                f'write the number with its unit in quotes, for example {self.label} = "{example}"',
            )
        if not isinstance(self.value, str):
            self.fail(
                f"it is {describe(self.value)}, not a number with a unit",
                f'write for example {self.label} = "{example}"',
            )
        try:
            quantity = read_quantity(self.value, *kinds)
        except QuantityError as error:
            cause, _, remedy = with_remedy(error).rpartition("; ")
            self.fail(cause, remedy)
        if abs(quantity.number) >= LARGEST_NUMBER:
            self.fail(f"{shorten(self.value)} has too many digits", f'write for example "{example}"')
        return quantity

    def positive(self, *kinds: str) -> Quantity:
        """A quantity above zero."""
        quantity = self.quantity(*kinds)
        if quantity.number <= 0:
            self.fail(f"{quantity} is not possible", f'write a value above zero, such as "{KINDS[kinds[0]][1]}"')
        return quantity

    def zero_or_more(self, *kinds: str) -> Quantity:
        """A quantity that is not negative."""
        quantity = self.quantity(*kinds)
        if quantity.number < 0:
            self.fail(f"{quantity} is negative", "write zero or more")
        return quantity

    def at_most(self, quantity: Quantity, most: str) -> Quantity:
        """``quantity``, which was read here, if it is no more than ``most``: beyond that is a slip of the key."""
        if quantity.exact > read_quantity(most, quantity.kind).exact:
            self.fail(f"{quantity} is beyond anything conceivable", f'write at most "{most}"')
        return quantity

    def within(self, kind: str, low: str, high: str) -> Quantity:
        """A quantity from ``low`` to ``high``: outside it is a slip of the key."""
        quantity = self.quantity(kind)
        if not read_quantity(low, kind).exact <= quantity.exact <= read_quantity(high, kind).exact:
            self.fail(f"{quantity} is not plausible", f'write a value from "{low}" to "{high}"')
        return quantity

    def duration(self) -> Quantity:
        """A time above zero, in whole milliseconds: what the pump can count."""
        quantity = self.at_most(self.positive("duration"), LONGEST)
        if (quantity.exact * 1000).denominator != 1:
            self.fail(
                f"{quantity} is not a whole number of milliseconds, which the pump counts", "write a rounder time"
            )
        return quantity

    def share(self) -> Fraction:
        """A fraction as a plain number (0.4) or a percentage ("40 %")."""
        if isinstance(self.value, str):
            quantity = self.quantity("fraction")
            return quantity.exact
        return Fraction(self.number(-1000, 1000))

    def section(self) -> Section:
        """A table."""
        if isinstance(self.value, list):
            self.fail("it stands more than once", f"write {self.label} once, with single brackets")
        if not isinstance(self.value, dict):
            self.fail(f"it is {describe(self.value)}, not a table", f"write {self.label} = {{ ... }}")
        return Section(self.document, self.path, self.label, self.value)

    def items(self) -> list[Item]:
        """The items of a list."""
        if not isinstance(self.value, list):
            self.fail(f"it is {describe(self.value)}, not a list", f"write {self.label} = [...]")
        return [
            Item(self.document, (*self.path, index), f"{self.label}, item {index + 1}", value)
            for index, value in enumerate(self.value)
        ]


@dataclass(frozen=True)
class Section:
    """A table of the file: ``label`` is what messages call it."""

    document: Document
    path: Path
    label: str
    table: Mapping[str, object]

    @property
    def line(self) -> int:
        """The line on which it begins."""
        return self.document.lines.of(self.path)

    def fail(self, cause: str, remedy: str) -> NoReturn:
        """Raise `TherapyError`: this table is wrong as a whole."""
        self.document.fail(self.path, cause, remedy)

    def only(self, *keys: str) -> None:
        """Refuse every key but ``keys``."""
        for key in self.table:
            if key not in keys:
                self.document.fail(
                    (*self.path, key), f'unknown key "{shorten(key)}" in {self.label}', nearest(key, keys)
                )

    def item(self, key: str) -> Item | None:
        """The value of ``key``, if it is there."""
        if key not in self.table:
            return None
        return Item(self.document, (*self.path, key), key, self.table[key])

    def need(self, key: str, example: str) -> Item:
        """The value of ``key``; without it the table is wrong, and ``example`` would be right."""
        item = self.item(key)
        if item is None:
            self.fail(f'{self.label} has no "{key}"', f"write for example {example}")
        return item

    def __iter__(self) -> Iterator[Item]:
        for key, value in self.table.items():
            yield Item(self.document, (*self.path, key), key, value)


def describe(value: object) -> str:
    """A value for a message: what type it is, and itself where it is short."""
    for kind, name in _TYPES:
        if isinstance(value, kind):
            if kind is str:
                return f'the text "{shorten(str(value), 40)}"'
            if kind in (int, Decimal):
                return f"the number {show(value)}"  # type: ignore[arg-type]
            return f"{str(value).lower()}" if kind is bool else name
    return "something else"


def show(number: int | Decimal) -> str:
    """A number for a message, never more than a line long."""
    if isinstance(number, int):
        return str(number) if abs(number) < LARGEST_NUMBER else "a number of more than twelve digits"
    return plain(number) if number.is_finite() and abs(number.adjusted()) < 20 else shorten(str(number), 40)


def nearest(word: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the nearest known ones, or all when none is near."""
    names = list(known)
    by_lower = {name.lower(): name for name in names}
    near = [by_lower[name] for name in get_close_matches(word.lower()[:100], by_lower, n=3, cutoff=0.55)]
    if near:
        return "did you mean " + " or ".join(f'"{name}"' for name in near) + "?"
    return f"known are {shorten(', '.join(names), 400)}"
