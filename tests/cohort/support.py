"""A catalogue whose drugs act at other concentrations than real ones, so that these tests hang on no real value."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from intrathecal.catalogue import Catalogue, Spread, load_catalogue
from intrathecal.catalogue.overriding import override

#: What the concentrations of half effect are multiplied with, and how far they spread.
ODD = {"spinal_ec50": Decimal("7.3"), "supraspinal_ec50": Decimal("0.21"), "plasma_ec50": Decimal("11.7")}
SPREAD = Spread("factor", (Decimal(2),))


@cache
def odd_catalogue() -> Catalogue:
    """The built-in catalogue with every concentration of half effect moved by an odd factor."""
    catalogue = load_catalogue()
    drugs = {}
    for name, drug in catalogue.drugs.items():
        held = {field: value for field in ODD if (value := getattr(drug.response, field)) is not None}
        moved = {
            field: replace(value, number=value.number * ODD[field], spread=SPREAD) for field, value in held.items()
        }
        drugs[name] = replace(drug, response=replace(drug.response, **moved))
    return replace(catalogue, drugs=MappingProxyType(drugs))


def changed(*settings: tuple[str, str]) -> Catalogue:
    """The odd catalogue with values set, each as it would be typed."""
    catalogue = odd_catalogue()
    for name, text in settings:
        catalogue = override(catalogue, name, text, "test")
    return catalogue
