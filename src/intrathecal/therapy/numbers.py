"""Quantities as people type them: a mistyped unit brings the nearest ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from intrathecal.quantities import Quantity, QuantityError, parse_quantity

_MASS, _VOLUME, _TIME = ("ng", "mcg", "mg", "g"), ("uL", "mL"), ("min", "h", "day")
#: What people write for each kind: the units that a mistyped one is compared with.
UNITS: dict[str, tuple[str, ...]] = {
    "mass": _MASS,
    "volume": (*_VOLUME, "L"),
    "concentration": tuple(f"{mass}/mL" for mass in _MASS),
    "mass rate": tuple(f"{mass}/{time}" for mass in _MASS for time in _TIME),
    "flow": tuple(f"{volume}/{time}" for volume in _VOLUME for time in _TIME),
    "duration": ("s", "min", "h", "day", "days"),
    "length": ("mm", "cm", "m"),
    "body mass": ("kg", "g"),
    "fraction": ("%",),
}


def read_quantity(text: str, *kinds: str) -> Quantity:
    """`quantities.parse_quantity`; an unknown unit brings the nearest ones."""
    try:
        return parse_quantity(text, *kinds)
    except QuantityError as error:
        cause, _, remedy = str(error).partition(": write")
        if not cause.endswith("is not a unit"):
            raise
        raise QuantityError(f"{cause}: write {_nearest_units(text, kinds)}, {remedy.strip()}") from None


def with_remedy(error: QuantityError) -> str:
    """The message of `quantities` ("cause: remedy") in this room's form ("cause; remedy")."""
    cause, _, remedy = str(error).rpartition(": write")
    return f"{cause}; write{remedy}" if cause else str(error)


def _nearest_units(text: str, kinds: Iterable[str]) -> str:
    unit = re.sub(r"^[^a-zA-Z%\u00b5\u03bc]*", "", text).strip().lower()
    by_lower = {name.lower(): name for kind in kinds for name in UNITS[kind]}
    near = get_close_matches(unit, by_lower, n=3, cutoff=0.4)
    return " or ".join(by_lower[name] for name in near or list(by_lower)[:3])
