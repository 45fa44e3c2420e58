"""Where a drug acts: sites that follow a fluid of the body, each behind it by its own half-life."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.body import METABOLITE, PLASMA
from intrathecal.catalogue import Drug, Relief
from intrathecal.spine import CISTERNA

#: Effect sites of a drug; the last is that of its metabolite.
SPINAL, SUPRASPINAL, SYSTEMIC, METABOLIC = "spinal", "supraspinal", "plasma", "metabolite"


@dataclass(frozen=True)
class EffectSite:
    """A site whose concentration Ce follows that of its fluid, C: dCe/dt = ln 2 / half-life (C - Ce).

    ``fluid`` is a box of the model ("cisterna_magna", "plasma" or "metabolite"), or the first and the last level of a
    stretch of the canal, of which the mean concentration counts.
    """

    name: str
    half_life_s: float
    fluid: str | tuple[str, str]


def effect_sites(drug: Drug, relief: Relief) -> tuple[EffectSite, ...]:
    """The sites of ``drug``: the cord, and as far as the drug acts from there, the brain, plasma and the metabolite.

    A link with a half-life between concentration and effect is that of Sheiner 1979 (Clin Pharmacol Ther 25:358).
    """
    response = drug.response
    in_fluid = response.fluid_half_life.canonical
    sites = [EffectSite(SPINAL, in_fluid, (relief.spinal_top, relief.spinal_bottom))]
    if response.supraspinal_ec50 is not None:
        sites.append(EffectSite(SUPRASPINAL, in_fluid, CISTERNA))
    if response.plasma_half_life is not None:
        sites.append(EffectSite(SYSTEMIC, response.plasma_half_life.canonical, PLASMA))
    if drug.metabolite is not None:
        sites.append(EffectSite(METABOLIC, drug.metabolite.effect_half_life.canonical, METABOLITE))
    return tuple(sites)
