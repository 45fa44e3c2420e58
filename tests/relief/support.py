"""Drugs and values of the catalogue, changed to what a test needs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Drug, Relief, Tolerance, Value, load_catalogue
from intrathecal.quantities import KINDS
from intrathecal.relief import Factors, Indices

Array = NDArray[np.float64]

CATALOGUE = load_catalogue()
RELIEF = CATALOGUE.relief
MORPHINE, FENTANYL = CATALOGUE.drugs["morphine"], CATALOGUE.drugs["fentanyl"]
BUPIVACAINE, CLONIDINE = CATALOGUE.drugs["bupivacaine"], CATALOGUE.drugs["clonidine"]
ZICONOTIDE, BACLOFEN = CATALOGUE.drugs["ziconotide"], CATALOGUE.drugs["baclofen"]
HYDROMORPHONE = CATALOGUE.drugs["hydromorphone"]


def value(like: Value | None, number: float) -> Value:
    """``number``, in the canonical unit of what ``like`` measures."""
    assert like is not None
    return replace(like, number=Decimal(repr(float(number))), unit=KINDS[like.kind][0], spread=None)


def changed(part: Any, **numbers: float) -> Any:
    """A part of the catalogue with other numbers, each in its canonical unit."""
    return replace(part, **{name: value(getattr(part, name), number) for name, number in numbers.items()})


def acting_like(drug: Drug, **numbers: float) -> Drug:
    """``drug`` with another response."""
    return replace(drug, response=changed(drug.response, **numbers))


def with_relief(**numbers: float) -> Relief:
    """The catalogue's values of relief, some of them changed."""
    found: Relief = changed(RELIEF, **numbers)
    return found


def with_tolerance(**numbers: float) -> Tolerance:
    """The catalogue's tolerance, some of its values changed."""
    found: Tolerance = changed(RELIEF.tolerance, **numbers)
    return found


def at(drug: Drug, spinal: Any, supraspinal: Any = 0.0, breathing: Any = 0.0) -> Indices:
    """``drug`` acting with these indices."""
    parts = np.broadcast_arrays(*(np.asarray(part, dtype=float) for part in (spinal, supraspinal, breathing)))
    return Indices(drug, *parts)


def factors(spinal: Any = 1.0, supraspinal: Any = 1.0) -> Factors:
    """How much more the sites need."""
    return Factors(spinal, supraspinal)


def hill(index: Any, steepness: float) -> Array:
    """u^h / (1 + u^h)."""
    power = np.asarray(index, dtype=float) ** steepness
    return np.asarray(power / (1.0 + power))
