"""How strongly each drug acts where, as concentration over the one of half effect, before tolerance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Drug, Mechanism, Relief
from intrathecal.relief.sites import METABOLIC, SPINAL, SUPRASPINAL, SYSTEMIC

Array = NDArray[np.float64]

OPIOID: Mechanism = "opioid"


@dataclass(frozen=True, eq=False)
class Indices:
    """One drug's ``spinal`` and ``supraspinal`` index, and that of ``breathing``: each (t,), dimensionless, never negative.

    An index of 1 is half of the full effect in a person without tolerance.
    """

    drug: Drug
    spinal: Array
    supraspinal: Array
    breathing: Array

    @property
    def mechanism(self) -> Mechanism:
        """How the drug acts."""
        return self.drug.response.mechanism

    def at(self, places: NDArray[np.intp]) -> Indices:
        """The same at some ``places`` (k,) of the t times."""
        return Indices(self.drug, self.spinal[places], self.supraspinal[places], self.breathing[places])


def indices(relief: Relief, given: Iterable[tuple[Drug, Mapping[str, Array]]]) -> tuple[Indices, ...]:
    """The indices of drugs from their concentrations (t,) in ug/mL by effect site.

    A drug that comes more than once, from the pump and by mouth, is one drug: its concentrations add.
    """
    drugs: dict[str, Drug] = {}
    totals: dict[str, dict[str, Array]] = {}
    for drug, effects in given:
        drugs[drug.name] = drug
        total = totals.setdefault(drug.name, {})
        for site, concentration in effects.items():
            total[site] = total.get(site, np.zeros(())) + np.asarray(concentration, dtype=float)
    return tuple(_indices(relief, drugs[name], effects) for name, effects in totals.items())


def site_index(acting: Sequence[Indices], mechanism: Mechanism, site: str) -> Array:
    """The sum of the indices of a ``mechanism``'s drugs at ``site``, "spinal" or "supraspinal"; zero without one."""
    chosen = [each for each in acting if each.mechanism == mechanism]
    return np.asarray(sum((_at(each, site) for each in chosen), none(acting)))


def none(acting: Sequence[Indices]) -> Array:
    """Zero at every time of ``acting`` (t,); a plain zero where nothing acts."""
    return np.zeros(np.shape(acting[0].spinal) if acting else ())


def _at(each: Indices, site: str) -> Array:
    return {SPINAL: each.spinal, SUPRASPINAL: each.supraspinal}[site]


def _indices(relief: Relief, drug: Drug, effects: Mapping[str, Array]) -> Indices:
    """Plasma acts in the cord alone where the drug has no other site, else in the share that the catalogue gives."""
    response, metabolite, breathing = drug.response, drug.metabolite, drug.breathing
    spinal = effects[SPINAL] / response.spinal_ec50.canonical
    systemic, supraspinal, depressing = (np.zeros_like(spinal) for _ in range(3))
    if response.plasma_ec50 is not None:
        systemic = systemic + effects[SYSTEMIC] / response.plasma_ec50.canonical
    if metabolite is not None:
        systemic = systemic + effects[METABOLIC] / metabolite.plasma_ec50.canonical
    share = 1.0
    if response.supraspinal_ec50 is not None:
        share = relief.systemic_spinal_share.canonical
        supraspinal = effects[SUPRASPINAL] / response.supraspinal_ec50.canonical + (1.0 - share) * systemic
    if breathing is not None:
        depressing = (
            effects[SUPRASPINAL] / breathing.fluid_c50.canonical + effects[SYSTEMIC] / breathing.plasma_c50.canonical
        )
        if metabolite is not None:
            depressing = depressing + effects[METABOLIC] / metabolite.breathing_c50.canonical
    return Indices(drug, spinal + share * systemic, supraspinal, depressing)
