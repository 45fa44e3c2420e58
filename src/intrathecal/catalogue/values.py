"""A sourced number, and what a field of the catalogue may hold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Annotated

from intrathecal.quantities import KINDS, factor, plain

#: The one source key that is no reference: nobody gives this value, the note says why it was chosen.
CHOSEN = "chosen"


@dataclass(frozen=True)
class Spread:
    """How far a value varies, as its source gives it.

    ``kind`` is "cv" (a fraction), "sd" or "range" (low and high, both in the unit of the value) or "factor" (the value
    divided and multiplied by the number).
    """

    kind: str
    numbers: tuple[Decimal, ...]


@dataclass(frozen=True)
class Value:
    """A number with its unit, the references that it rests on, and whether it was seen in them.

    ``kind`` is a key of `quantities.KINDS`; ``source`` holds keys of the references, or ``("chosen",)``.
    """

    number: Decimal
    unit: str
    kind: str
    source: tuple[str, ...]
    verified: bool = False
    spread: Spread | None = None
    note: str = ""

    @property
    def exact(self) -> Fraction:
        """The exact value in the canonical unit of its kind."""
        return Fraction(self.number) * factor(self.unit, KINDS[self.kind][0])

    @cached_property
    def canonical(self) -> float:
        """The value in the canonical unit of its kind (ug, mL, cm, s and what is made of them)."""
        # float(self.exact) to the last bit, without a fraction in its lowest terms that nobody asked for
        top, bottom = self.number.as_integer_ratio()
        unit = factor(self.unit, KINDS[self.kind][0])
        return top * unit.numerator / (bottom * unit.denominator)

    def __str__(self) -> str:
        return f"{plain(self.number)} {self.unit}".replace(" dimensionless", "")


@dataclass(frozen=True)
class Measure:
    """What a field measures: its kind, whether it may be zero, and the most that it may be (in the canonical unit)."""

    kind: str
    zero: bool = False
    most: int | None = None


Volume = Annotated[Value, Measure("volume")]
DeadVolume = Annotated[Value, Measure("volume", zero=True)]
Concentration = Annotated[Value, Measure("concentration")]
Flow = Annotated[Value, Measure("flow")]
FlowOrZero = Annotated[Value, Measure("flow", zero=True)]
Duration = Annotated[Value, Measure("duration")]
Delay = Annotated[Value, Measure("duration", zero=True)]
Length = Annotated[Value, Measure("length")]
Area = Annotated[Value, Measure("area")]
VolumePerLength = Annotated[Value, Measure("volume per length")]
Diffusivity = Annotated[Value, Measure("diffusivity")]
Rate = Annotated[Value, Measure("rate")]
Share = Annotated[Value, Measure("fraction", zero=True, most=1)]
Count = Annotated[Value, Measure("fraction")]
Ratio = Annotated[Value, Measure("fraction", zero=True)]
Positive = Annotated[Value, Measure("fraction")]
Mass = Annotated[Value, Measure("mass")]
MassRate = Annotated[Value, Measure("mass rate")]
MolarMass = Annotated[Value, Measure("molar mass")]
BodyMass = Annotated[Value, Measure("body mass")]
