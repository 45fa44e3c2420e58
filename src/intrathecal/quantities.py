"""Numbers with units, checked at the edges.

A quantity typed by a person is kept exactly as typed (a decimal and a unit); inside the model, arrays are plain floats in
the canonical unit of their kind. Conversion factors are exact fractions.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, NamedTuple

#: What a quantity measures -> (canonical unit inside, what a person would type).
KINDS: dict[str, tuple[str, str]] = {
    "mass": ("ug", "0.2 mg"),
    "volume": ("mL", "20 mL"),
    "concentration": ("ug/mL", "10 mg/mL"),
    "mass rate": ("ug/s", "2.4 mg/day"),
    "flow": ("mL/s", "0.5 mL/day"),
    "duration": ("s", "10 min"),
    "length": ("cm", "31 cm"),
    "area": ("cm**2", "200 mm**2"),
    "volume per length": ("mL/cm", "0.0022 mL/cm"),
    "diffusivity": ("cm**2/s", "0.01 cm**2/s"),
    "rate": ("1/s", "0.0073 1/min"),
    "fraction": ("dimensionless", "14.5 %"),
    "molar mass": ("g/mol", "285 g/mol"),
    "body mass": ("kg", "78 kg"),
}
#: The units that people type, in any case (so that "Mg" can never be a megagram), as they are shown.
UNIT_SPELLING = {
    **{unit.lower(): unit for unit in ("ng", "mcg", "mg", "g", "kg", "uL", "mL", "L", "mm", "cm", "m")},
    **{unit: unit for unit in ("s", "min", "h", "day", "days", "week", "weeks", "year", "mol", "%", "1")},
    **dict.fromkeys(("ug", "\N{MICRO SIGN}g", "\N{GREEK SMALL LETTER MU}g"), "mcg"),
    **dict.fromkeys(("\N{MICRO SIGN}l", "\N{GREEK SMALL LETTER MU}l"), "uL"),
}
#: What a unit measures, its power, and the size of every unit in m, g, s or mol.
_SIZES: tuple[tuple[str, int, dict[str, Fraction | int]], ...] = (
    ("[mass]", 1, {"g": 1, "kg": 1000, "mg": Fraction(1, 10**3), "ng": Fraction(1, 10**9)}),
    ("[mass]", 1, dict.fromkeys(("mcg", "ug"), Fraction(1, 10**6))),
    ("[length]", 1, {"m": 1, "cm": Fraction(1, 100), "mm": Fraction(1, 1000)}),
    ("[length]", 3, {"L": Fraction(1, 10**3), "mL": Fraction(1, 10**6), "uL": Fraction(1, 10**9)}),
    ("[length]", 3, {"nL": Fraction(1, 10**12)}),
    ("[time]", 1, {"ms": Fraction(1, 1000), "s": 1, "min": 60, "h": 3600}),
    ("[time]", 1, {**dict.fromkeys(("day", "days"), 86_400), **dict.fromkeys(("week", "weeks"), 7 * 86_400)}),
    ("[time]", 1, {"year": Fraction("365.25") * 86_400}),
    ("[substance]", 1, {"mol": 1}),
    ("", 0, {"1": 1, "dimensionless": 1, "%": Fraction(1, 100)}),
)
#: No number or quantity that a person means is longer.
LONGEST_NUMBER, LONGEST_QUANTITY = 40, 80
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_KEYBOARD = re.compile("[ -~\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}]*")
_SPACED = re.compile(r"\s*-?\d+(?:\s+[\d.,]+)+")
_PARTS = re.compile(r"\s*(?P<number>[^\sa-zA-Zµμ%/]*(?:[eE][-+]?\d+)?)\s*(?P<unit>.*?)\s*", re.DOTALL)


class InputError(ValueError):
    """Something that a person gave is wrong: the message says where, what is wrong, and what would be right."""


class QuantityError(InputError):
    """A quantity that cannot be read: the message says what is wrong and what would be right."""


@dataclass(frozen=True)
class Quantity:
    """A number as typed, its unit, and the kind of thing that it measures.

    ``unit`` is spelt as it is shown (microgram as mcg). Two quantities are equal when number, unit and kind are.
    """

    number: Decimal
    unit: str
    kind: str

    def to(self, unit: str) -> Fraction:
        """The exact value in ``unit``; raises `QuantityError` when the dimension differs."""
        return Fraction(self.number) * factor(self.unit, unit)

    @property
    def exact(self) -> Fraction:
        """The exact value in the canonical unit of its kind."""
        return self.to(KINDS[self.kind][0])

    @property
    def canonical(self) -> float:
        """The value in the canonical unit of its kind."""
        return float(self.exact)

    def __str__(self) -> str:
        return f"{plain(self.number)} {self.unit}"


def plain(number: Decimal) -> str:
    """The digits typed, without an exponent, without trailing zeros after the point, and zero without a sign."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(value: float | Fraction, digits: int = 4) -> str:
    """A figure with so many significant digits as `parse_number` reads it, whole where it is larger.

    It has no exponent, no trailing zero, and nothing between thousands. ``value`` is finite.
    """
    whole = round(value)
    if abs(whole) >= 10**digits:
        return str(whole)
    return plain(Decimal(f"{float(value):.{digits}g}"))


def parse_number(text: str) -> Decimal:
    """A decimal as a careful person writes it: ``0.5``, not ``.5``, ``5,0`` or ``1e3``. Raises `QuantityError`."""
    _guard(text, LONGEST_NUMBER)
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if re.fullmatch(r"-?\.\d+", text):
        raise QuantityError(f'"{text}" has no leading zero: write {text.replace(".", "0.")}')
    if re.fullmatch(r"-?\d+\.", text):
        raise QuantityError(f'"{text}" ends in a point: write {text[:-1]}')
    if re.fullmatch(r"-?\d+,\d+", text):
        raise QuantityError(f'"{text}" has a comma: write {_without_comma(text)}')
    if re.fullmatch(r"-?\d+(\.\d+)?[eE][-+]?\d{1,2}", text):
        raise QuantityError(f'"{text}" has an exponent: write all its digits ({plain(Decimal(text))})')
    if re.fullmatch(r"\+\d+(\.\d+)?", text):
        raise QuantityError(f'"{text}" has a plus sign: write {text[1:]}')
    if re.fullmatch(r"-?0\d+(\.\d+)?", text):
        raise QuantityError(f'"{text}" begins with a zero that means nothing: write {plain(Decimal(text))}')
    raise QuantityError(f'"{shorten(text)}" is not a number: write digits with at most one point, such as 0.5')


def _guard(text: str, longest: int) -> None:
    """Refuse what would take long to read, and characters that only look like those of a number."""
    if len(text) > longest:
        raise QuantityError(f'"{shorten(text)}" is too long for a number: write at most nine digits before the point')
    if re.search(r"[eE][-+]?[0-9]{3,}", text):
        raise QuantityError(f'"{shorten(text)}" has an exponent: write all its digits')
    if not _KEYBOARD.fullmatch(text):
        raise QuantityError(f'"{shorten(text)}" has a character that no number or unit has: write it again')


def _without_comma(text: str) -> str:
    """What may be meant; three digits after a comma may be a decimal or thousands, and nobody should guess which."""
    if re.fullmatch(r"-?[1-9]\d{0,2},\d{3}", text):
        return f"{text.replace(',', '')} if it separates thousands, {text.replace(',', '.')} if it is a decimal"
    return f"{text.replace(',', '.')} for a decimal, or no separator"


def parse_quantity(text: str, *kinds: str) -> Quantity:
    """Read ``text`` as a quantity of one of ``kinds`` (keys of `KINDS`).

    Raises `QuantityError` for an unreadable number, a missing or unknown unit, or another dimension.
    """
    _guard(text, LONGEST_QUANTITY)
    right = " or ".join(f'"{KINDS[kind][1]}" ({kind})' for kind in kinds)
    spaced = _SPACED.match(text)
    if spaced:
        together = "".join(spaced[0].split())
        raise QuantityError(f'"{spaced[0].strip()}" has a space between digits: write {together}, if that is meant')
    match = _PARTS.fullmatch(text)
    number_text, unit_text = (match["number"], match["unit"]) if match else ("", text)
    if not number_text:
        raise QuantityError(f'"{shorten(text)}" does not begin with a number: write for example {right}')
    number = parse_number(number_text)
    if not unit_text:
        raise QuantityError(f'"{shorten(text)}" has no unit: write for example {right}')
    unit = spell(unit_text)
    measured = _measured(unit) if _typable(unit) else None
    if measured is None:
        raise QuantityError(f'"{shorten(unit_text)}" is not a unit: write for example {right}')
    for kind in kinds:
        canonical = _measured(KINDS[kind][0])
        if canonical is not None and measured.dimensions == canonical.dimensions:
            return Quantity(number, unit, kind)
    raise QuantityError(f'"{shorten(text)}" is not a {" or a ".join(kinds)}: write for example {right}')


def spell(unit: str) -> str:
    """The unit as it is shown: mcg, uL, mL, day."""
    parts = [part.strip() for part in unit.split("/")]
    return "/".join(UNIT_SPELLING.get(part.lower(), part) for part in parts)


def _typable(unit: str) -> bool:
    """Whether every part is a unit that people type here; a catalogue may hold more."""
    return all(part.removesuffix("**2") in UNIT_SPELLING.values() for part in unit.split("/"))


def shorten(text: str, limit: int = 60) -> str:
    """At most ``limit`` characters of ``text`` on one line, for use in a message."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


class _Measured(NamedTuple):
    """How many of m, g, s and mol a unit is, and its powers of their dimensions."""

    size: Fraction
    dimensions: frozenset[tuple[str, int | Fraction]]


_KNOWN = {unit: (what, power, Fraction(size)) for what, power, units in _SIZES for unit, size in units.items()}
_UNIT = re.compile(r"(1/)?[a-zA-Z%]+(\*\*\d)?(/[a-zA-Z]+(\*\*\d)?)*")


@lru_cache(maxsize=512)
def _measured(unit: str) -> _Measured | None:
    """What a unit is; None for text that is no unit."""
    if len(unit) > 40 or not _UNIT.fullmatch(unit):
        return None
    size, powers = Fraction(1), Counter[str]()
    for place, part in enumerate(unit.split("/")):
        name, _, typed = part.partition("**")
        if name not in _KNOWN:
            return _by_pint(unit)
        what, power, one = _KNOWN[name]
        times = int(typed or 1) * (-1 if place else 1)
        size *= one**times
        powers[what] += power * times
    return _Measured(size, frozenset((what, power) for what, power in powers.items() if power))


@cache
def _registry() -> Any:
    import pint  # takes half a second

    return pint.UnitRegistry(non_int_type=Fraction)


def _by_pint(unit: str) -> _Measured | None:
    """A unit that only a catalogue of one's own may hold."""
    try:
        one = _registry().Quantity(Fraction(1), unit).to_root_units()
        return _Measured(Fraction(one.magnitude), frozenset(one.dimensionality.items()))
    except Exception:  # pint raises a dozen kinds of error on text that is no unit
        return None


@lru_cache(maxsize=512)
def factor(unit: str, target: str) -> Fraction:
    """How many ``target`` make one ``unit``, exactly."""
    one, other = _measured(unit), _measured(target)
    if one is None or other is None or one.dimensions != other.dimensions:
        raise QuantityError(f'"{unit}" cannot be converted to "{target}"')
    return one.size / other.size
