"""From a TOML table to an entry: every field present, known, of its kind and sourced, or one message that says why not."""

from __future__ import annotations

import re
import types
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from intrathecal.catalogue.errors import CatalogueError, EntryError, nearest
from intrathecal.catalogue.values import CHOSEN, Measure, Spread, Value
from intrathecal.quantities import KINDS, QuantityError, factor, parse_quantity, plain, shorten, spell

Entry = TypeVar("Entry")

# beyond these a number is a slip of the keyboard, and its exact fraction would fill the memory
LARGEST_EXPONENT = 30
_NAME = re.compile(r"[^\s\x00-\x1f\x7f]{1,60}")
_VALUE_KEYS = ("value", "unit", "source", "verified", "spread", "note")
_SPREADS = {"cv": 1, "sd": 1, "range": 2, "factor": 1}


@dataclass(frozen=True)
class Where:
    """A place in a file: its name, the path of the table, and the keys of the references that may be named there."""

    file: str
    path: str
    references: Collection[str]

    def at(self, name: str) -> Where:
        """The place of a field or a table inside this one."""
        return Where(self.file, f"{self.path}.{name}" if self.path else name, self.references)

    def fail(self, cause: str, remedy: str) -> NoReturn:
        """Raise `CatalogueError` for this place."""
        message = f"{self.file}, {self.path}: {cause}; {remedy}"
        raise CatalogueError("".join(letter if letter.isprintable() else "?" for letter in message))


@dataclass(frozen=True)
class Slot:
    """One field of an entry: the plain type, table or measure that it holds."""

    name: str
    holds: Any
    measure: Measure | None
    many: bool
    required: bool


@cache
def slots(cls: Any) -> Mapping[str, Slot]:
    """The fields of an entry class, by name."""
    hints = get_type_hints(cls, include_extras=True)
    found = {}
    for field in fields(cls):
        hint, measure, many = hints[field.name], None, False
        if get_origin(hint) in (Union, types.UnionType):
            hint = next(part for part in get_args(hint) if part is not type(None))
        if get_origin(hint) is tuple:
            hint, many = get_args(hint)[0], True
        if get_origin(hint) is Annotated:
            hint, measure = get_args(hint)
        found[field.name] = Slot(field.name, hint, measure, many, field.default is MISSING)
    return types.MappingProxyType(found)


def read_entry(cls: type[Entry], name: str | None, table: Any, where: Where) -> Entry:
    """The entry of class ``cls`` that ``table`` describes; raises `CatalogueError`.

    ``name`` is given where the table's own key is the entry's name.
    """
    if name is not None and not _NAME.fullmatch(name):
        where.fail("it cannot be the name of an entry", "use at most 60 characters without a space")
    known = slots(cast(Any, cls))
    open_keys = [key for key in known if name is None or key != "name"]
    _check_keys(table, open_keys, [key for key in open_keys if known[key].required], where)
    read = {key: _read_field(known[key], given, where.at(key)) for key, given in table.items()}
    if name is not None and "name" in known:
        read["name"] = name
    try:
        return cls(**read)
    except EntryError as error:
        where.at(error.field).fail(error.cause, error.remedy)


def _check_keys(table: Any, known: Collection[str], required: Collection[str], where: Where) -> None:
    if not isinstance(table, Mapping):
        where.fail(f"it is {_describe(table)}, not a table", "give a table with " + shorten(", ".join(known), 200))
    for key in table:
        if key not in known:
            where.fail(f'"{shorten(key)}" is not one of its fields', nearest(key, known))
    for key in required:
        if key not in table:
            where.fail(f"{key} is missing", "it has no default: give it")


def _read_field(slot: Slot, given: Any, where: Where) -> Any:
    if not slot.many:
        return _read_one(slot, given, where)
    if not isinstance(given, list):
        where.fail(f"it is {_describe(given)}, not a list", "write a list: [...]")
    items = []
    for number, item in enumerate(given, start=1):
        label = item.get("name", number) if isinstance(item, Mapping) else number
        items.append(_read_one(slot, item, where.at(str(label))))
    return tuple(items)


def _read_one(slot: Slot, given: Any, where: Where) -> Any:
    if slot.measure is not None:
        return read_value(slot.measure, given, where)
    if is_dataclass(slot.holds) and isinstance(slot.holds, type):
        return read_entry(slot.holds, None, given, where)
    return _read_plain(slot.holds, given, where)


def _read_plain(holds: Any, given: Any, where: Where) -> Any:
    if get_origin(holds) is Literal:
        choices = get_args(holds)
        if given not in choices:
            where.fail(
                f"{_describe(given)} is not one of its values", "write " + " or ".join(f'"{c}"' for c in choices)
            )
        return given
    if holds is float:
        number = _read_number(given, where)
        if number < 0:
            where.fail(f"{plain(number)} is negative", "write a number that is zero or more")
        return float(number)
    if holds is bool and not isinstance(given, bool):
        where.fail(f"it is {_describe(given)}", "write true or false")
    if holds is date and (not isinstance(given, date) or isinstance(given, datetime)):
        where.fail(f"it is {_describe(given)}, not a date", "write it without quotes, such as 2026-01-31")
    if holds is str:
        return read_text(given, where)
    return given


def read_text(given: Any, where: Where) -> str:
    """A text that says something, on one line."""
    if not isinstance(given, str) or not given.strip():
        where.fail(f"it is {_describe(given)}", 'write a text in quotes: "..."')
    if not given.isprintable():
        where.fail("it holds a line break or another control character", "write it on one line")
    return given


def read_value(measure: Measure, given: Any, where: Where) -> Value:
    """A sourced value: ``{ value, unit, source, verified, spread, note }``."""
    target, example = KINDS[measure.kind]
    if not isinstance(given, Mapping):
        where.fail(
            f"it is {_describe(given)}, not a value with a source", f"write for example {_spelt(measure.kind, given)}"
        )
    _check_keys(given, _VALUE_KEYS, ("value", "unit", "source"), where)
    number = _read_number(given["value"], where.at("value"))
    unit = spell(read_text(given["unit"], where.at("unit")))
    try:
        size = factor(unit, target)
    except QuantityError:
        where.at("unit").fail(f'"{shorten(unit)}" is not a unit of {measure.kind}', f'write for example "{example}"')
    _check_size(measure, number, size, unit, where.at("value"))
    source = _read_source(given["source"], where.at("source"))
    note = read_text(given["note"], where.at("note")) if given.get("note", "") != "" else ""
    verified = given.get("verified", False)
    if not isinstance(verified, bool):
        where.at("verified").fail(f"it is {_describe(verified)}", "write true or false")
    if CHOSEN in source and verified:
        where.at("verified").fail("a chosen value cannot be verified", "write false, or name the source that gives it")
    if CHOSEN in source and not note:
        where.at("note").fail("a chosen value needs a note", "say why this number")
    spread = _read_spread(given["spread"], where.at("spread")) if "spread" in given else None
    return Value(number, unit, measure.kind, source, verified, spread, note)


def _spelt(kind: str, given: Any) -> str:
    """What a quantity looks like in a file: the one that was typed where it can be read."""
    try:
        typed = parse_quantity(str(given), kind)
    except QuantityError:
        typed = parse_quantity(KINDS[kind][1], kind)
    return f'{{ value = {plain(typed.number)}, unit = "{typed.unit}", source = ["KEY"] }}'


def _check_size(measure: Measure, number: Decimal, size: Fraction, unit: str, where: Where) -> None:
    shown = f"{plain(number)} {unit}"
    if number < 0:
        where.fail(f"{shown} is negative", "write a number above zero")
    if number == 0 and not measure.zero:
        where.fail(f"{shown} is zero", "write a number above zero")
    if measure.most is not None and Fraction(number) * size > measure.most:
        where.fail(f"{shown} is more than {measure.most}", "it is a part of a whole: write 0 to 1, or 0 % to 100 %")


def _read_number(given: Any, where: Where) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal) or _is_huge(given):
        where.fail(f"it is {_describe(given)}", "write a number of ordinary size without quotes, such as 0.5")
    number = given if isinstance(given, Decimal) else Decimal(str(given))
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        where.fail("it is not a number that a measurement can have", "write a finite number of ordinary size")
    return number


def _read_source(given: Any, where: Where) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(key, str) for key in given):
        where.fail(
            f"it is {_describe(given)}", f'write a list of reference keys, such as ["sjostrom1987"] or ["{CHOSEN}"]'
        )
    if CHOSEN in given and len(given) > 1:
        where.fail(
            f'"{CHOSEN}" stands beside a reference', f'name the references alone, or ["{CHOSEN}"] when none gives it'
        )
    for key in given:
        if key != CHOSEN and key not in where.references:
            where.fail(
                f'"{shorten(key)}" is not a reference',
                f"{nearest(key, [*where.references, CHOSEN])} A [reference.KEY] table adds one of your own",
            )
    return tuple(given)


def _read_spread(given: Any, where: Where) -> Spread:
    if not isinstance(given, Mapping) or len(given) != 1:
        where.fail(
            f"it is {_describe(given)}", "write one of { cv = 0.2 }, { sd = 1 }, { range = [1, 2] }, { factor = 2 }"
        )
    kind, numbers = next(iter(given.items()))
    if kind not in _SPREADS:
        where.fail(f'"{shorten(kind)}" is not a kind of spread', nearest(kind, _SPREADS))
    listed = numbers if isinstance(numbers, list) else [numbers]
    read = tuple(_read_number(number, where.at(kind)) for number in listed)
    if len(read) != _SPREADS[kind] or any(number < 0 for number in read) or list(read) != sorted(read):
        where.at(kind).fail(
            f"it is {_describe(numbers)}", "write one number, and for a range [low, high], none negative"
        )
    if kind == "factor" and read[0] < 1:
        where.at(kind).fail(f"{plain(read[0])} is below 1", "write how many times larger or smaller: 2 for x/ 2")
    return Spread(kind, read)


def _is_huge(given: Any) -> bool:
    """Whether writing the digits of an integer would take long, or be refused."""
    return isinstance(given, int) and abs(given) > 10**LARGEST_EXPONENT


def _describe(given: Any) -> str:
    if isinstance(given, bool):
        return str(given).lower()
    if _is_huge(given):
        return "a number of more than 30 digits"
    if isinstance(given, str):
        return f'"{shorten(given)}"' if given.strip() else "an empty text"
    if isinstance(given, Mapping):
        return "a table"
    if isinstance(given, list):
        return shorten("[" + ", ".join(_describe(item) for item in given[:4]) + "]") if given else "an empty list"
    return shorten(str(given))
