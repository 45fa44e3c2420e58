"""A catalogue with one value changed: for a question such as "what if the clearance were 1 L/min"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from intrathecal.catalogue.body import Anatomy
from intrathecal.catalogue.citing import values_of
from intrathecal.catalogue.errors import CatalogueError, EntryError, nearest
from intrathecal.catalogue.guidelines import Limit
from intrathecal.catalogue.loading import NAMED, SINGLE, Catalogue
from intrathecal.catalogue.reading import Where, read_value, slots
from intrathecal.catalogue.values import CHOSEN, Value
from intrathecal.quantities import QuantityError, parse_number, parse_quantity

NOTE = "set by hand"


def known_values(catalogue: Catalogue) -> dict[str, Value]:
    """Every value of ``catalogue`` by its dotted name, such as ``drug.morphine.csf.loss_half_life``.

    Those of limits are not among them: they are changed in a file, where they can be signed.
    """
    entries = [entry for entry in catalogue.entries if not isinstance(entry, Limit)]
    return {name: value for entry in entries for name, value in values_of(entry)}


def override(catalogue: Catalogue, name: str, text: str, asked_in: str) -> Catalogue:
    """``catalogue`` with the value ``name`` as typed in ``text``: "9 ng/mL", or "0.4" for what has no unit.

    The new value has no source and no spread. ``anatomy.csf_volume`` widens or narrows all levels in proportion.
    ``asked_in`` begins the message of the `CatalogueError` that is raised for an unknown name, another kind of quantity,
    a number that the field cannot hold, and one that does not fit the rest of its entry.
    """
    for kind in SINGLE:
        entry = getattr(catalogue, kind)
        if (changed := _changed(entry, kind, name, text, asked_in, catalogue)) is not None:
            return replace(catalogue, **{kind: changed})
    for kind in [kind for kind, cls in NAMED.items() if cls is not Limit]:
        held = getattr(catalogue, f"{kind}s")
        for own, entry in held.items():
            if (changed := _changed(entry, f"{kind}.{own}", name, text, asked_in, catalogue)) is not None:
                entries: dict[str, Any] = {f"{kind}s": MappingProxyType({**held, own: changed})}
                return replace(catalogue, **entries)
    known = nearest(name, known_values(catalogue))
    raise CatalogueError(f"{asked_in}, {name}: no value of the catalogue has this name; {known}")


def with_values(catalogue: Catalogue, values: Mapping[str, Value]) -> Catalogue:
    """``catalogue`` with other values, by their dotted names: as `override` does, for many that are known to be right.

    Raises `CatalogueError` for an unknown name, and `EntryError` for values that do not fit the rest of their entry.
    """
    inside = _by_part(values)
    drugs, of_drugs = dict(catalogue.drugs), inside.pop("drug", {})
    single = {kind: getattr(catalogue, kind) for kind in SINGLE}
    try:
        for name, its in of_drugs.items():
            drugs[name] = _with(drugs[name], its)
        for kind, its in inside.items():
            single[kind] = _with(single[kind], its)
    except LookupError:
        name = min(name for name in values if not _is_inside(catalogue, name))
        raise CatalogueError(
            f"{name}: no value of body or drugs has this name; {nearest(name, known_values(catalogue))}"
        ) from None
    changed: dict[str, Any] = {"drugs": MappingProxyType(drugs), **single}
    return replace(catalogue, **changed)


def _is_inside(catalogue: Catalogue, name: str) -> bool:
    """Whether ``name`` is that of a value of body or drugs."""
    return name in known_values(catalogue) and name.partition(".")[0] in (*SINGLE, "drug")


def _by_part(values: Mapping[str, Value]) -> dict[str, Any]:
    """``values`` by the parts of their dotted names, one inside the other."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        *parts, last = name.split(".")
        inside = found
        for part in parts:
            inside = inside.setdefault(part, {})
        inside[last] = value
    return found


def _with(part: Any, values: Mapping[str, Any]) -> Any:
    """``part`` with other ``values``, by part and field. Raises `LookupError` for one that it does not have."""
    if not is_dataclass(part):
        raise LookupError("there is nothing inside")
    known, changed = {field.name for field in fields(part)}, {}
    for name, value in values.items():
        if name not in known:
            raise LookupError(name)
        changed[name] = value if isinstance(value, Value) else _with(getattr(part, name), value)
    return _with_levels(part, changed)


def _with_levels(part: Any, changed: dict[str, Any]) -> Any:
    """``part`` with what ``changed``; the areas of the anatomy's levels go in proportion to its volume of fluid."""
    if isinstance(part, Anatomy) and "csf_volume" in changed:
        factor = changed["csf_volume"].canonical / part.csf_volume.canonical
        changed["levels"] = tuple(replace(level, csf_mm2=level.csf_mm2 * factor) for level in part.levels)
    return replace(part, **changed)


def _changed(entry: Any, path: str, name: str, text: str, asked_in: str, catalogue: Catalogue) -> Any:
    """``entry``, which lies at ``path``, with the value ``name`` as in ``text``; None where it is not in this entry."""
    value = dict(values_of(entry)).get(name) if name.startswith(f"{path}.") else None
    if value is None:
        return None
    where = _Typed(asked_in, name, catalogue.references)
    number, unit = _number_and_unit(text, value, where)
    try:
        return _rebuilt(entry, path, where, {"value": number, "unit": unit, "source": [CHOSEN], "note": NOTE})
    except EntryError as problem:
        where.fail(f"{problem.field}: {problem.cause}", problem.remedy)


class _Typed(Where):
    """A place without fields inside it: what is typed is one text."""

    def at(self, name: str) -> Where:
        return self


def _number_and_unit(text: str, value: Value, where: Where) -> tuple[Decimal, str]:
    """What was typed; the unit of the catalogue is always understood."""
    number, _, unit = text.strip().partition(" ")
    try:
        if unit.strip() == value.unit:
            return parse_number(number), value.unit
        if value.kind == "fraction" and not unit and not number.endswith("%"):
            return parse_number(number), "dimensionless"
        quantity = parse_quantity(text, value.kind)
    except QuantityError as problem:
        raise CatalogueError(f"{where.file}, {where.path}: {problem}; the catalogue has {value}") from None
    return quantity.number, quantity.unit


def _rebuilt(part: Any, path: str, where: Where, table: dict[str, Any]) -> Any:
    """``part``, which lies at ``path``, with the value at ``where`` read anew from ``table`` if it is inside."""
    if not where.path.startswith(f"{path}."):
        return part
    if isinstance(part, tuple):
        return tuple(_rebuilt(item, f"{path}.{item.name}", where, table) for item in part)
    known: Any = type(part)
    changed: dict[str, Any] = {}
    for field in fields(part):
        inner, measure = f"{path}.{field.name}", slots(known)[field.name].measure
        held = getattr(part, field.name)
        if inner == where.path and measure is not None:
            changed[field.name] = read_value(measure, table, where)
        elif isinstance(held, tuple) or is_dataclass(held):
            changed[field.name] = _rebuilt(held, inner, where, table)
    return _with_levels(part, changed)
