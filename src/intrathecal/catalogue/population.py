"""How people differ: which values of the catalogue vary between them, by the spread of each, and which vary together."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.catalogue.values import Ratio, Share


@dataclass(frozen=True)
class Family:
    """Values that vary together: any two of them with this ``correlation``. In a name ``drug.*`` is every drug given."""

    name: str
    correlation: Share
    values: tuple[str, ...]


@dataclass(frozen=True)
class Population:
    """What is drawn for a virtual patient around the one of the therapy file.

    ``varies`` are values that vary on their own, ``families`` those that vary together, each by its own spread. Height and
    weight are lognormal with their coefficients of variation and correlate; the volume of the fluid falls with weight by
    ``weight_fluid_correlation``. ``pain_sd`` is that of the pain before therapy, ``press_sd`` that of the pain above which
    the handset is pressed, both in points of the score. ``sample_cv`` is not about people: by how much a sample of fluid or
    plasma differs from what the model has at its place.
    """

    height_cv: Share
    weight_cv: Share
    height_weight_correlation: Share
    weight_fluid_correlation: Share
    pain_sd: Ratio
    press_sd: Ratio
    sample_cv: Ratio
    varies: tuple[str, ...]
    families: tuple[Family, ...]
