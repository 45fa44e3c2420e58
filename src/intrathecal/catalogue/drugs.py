"""Drugs and tracers: what they are, and where they go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from intrathecal.catalogue.effects import Breathing, Response
from intrathecal.catalogue.errors import EntryError
from intrathecal.catalogue.values import (
    BodyMass,
    Concentration,
    Count,
    Diffusivity,
    Duration,
    Flow,
    MolarMass,
    Rate,
    Ratio,
    Share,
    Volume,
)


@dataclass(frozen=True)
class CsfKinetics:
    """How drug leaves the cerebrospinal fluid, and what it does in cord and epidural space.

    ``cord_share`` of the loss goes through the cord, where it stays ``cord_residence`` on average; of what entered the
    cord, ``cord_return_fraction`` comes back to the fluid. Drug in the epidural space leaves it with
    ``epidural_half_life``; ``epidural_csf_fraction`` of it reaches the fluid.
    """

    loss_half_life: Duration
    cord_share: Share
    cord_return_fraction: Share
    cord_residence: Duration
    epidural_csf_fraction: Share
    epidural_half_life: Duration


@dataclass(frozen=True)
class PlasmaKinetics:
    """One to three compartments (mammillary) of a body of ``reference_weight``."""

    central_volume: Volume
    clearance: Flow
    reference_weight: BodyMass
    second_volume: Volume | None = None
    second_clearance: Flow | None = None
    third_volume: Volume | None = None
    third_clearance: Flow | None = None

    def __post_init__(self) -> None:
        for name in ("second", "third"):
            volume, clearance = getattr(self, f"{name}_volume"), getattr(self, f"{name}_clearance")
            if (volume is None) != (clearance is None):
                missing = f"{name}_volume" if volume is None else f"{name}_clearance"
                raise EntryError(missing, "it is missing, and its partner is given", "give both or neither")
        if self.third_volume is not None and self.second_volume is None:
            raise EntryError(
                "second_volume", "there is a third compartment but no second", "number them from the second"
            )


@dataclass(frozen=True)
class Oral:
    """What reaches the circulation of a swallowed dose, and how fast it is absorbed."""

    bioavailability: Share
    absorption_rate: Rate


@dataclass(frozen=True)
class Metabolite:
    """An active metabolite, one compartment.

    ``formation_fraction`` of the systemic clearance and ``first_pass_fraction`` of what the first pass removes become it
    (moles per mole); ``volume`` and ``clearance`` are those of a body of the drug's reference weight. Its effect follows
    plasma with ``effect_half_life``; at rest ``plasma_ec50`` gives half of the drug's relief and ``breathing_c50`` half of
    its depression of breathing.
    """

    name: str
    title: str
    molar_mass: MolarMass
    formation_fraction: Share
    first_pass_fraction: Share
    volume: Volume
    clearance: Flow
    plasma_ec50: Concentration
    breathing_c50: Concentration
    effect_half_life: Duration


@dataclass(frozen=True)
class Rinse:
    """How a pump that never held the drug is rinsed with it: ``times`` with ``volume`` each, out of a vial of ``vial``."""

    times: Count
    volume: Volume
    vial: Volume

    def __post_init__(self) -> None:
        if self.times.exact.denominator != 1:
            raise EntryError("times", f"{self.times} is no number of rinses", "write a whole number from 1")
        if self.times.exact * self.volume.exact >= self.vial.exact:
            raise EntryError("vial", f"{self.vial} is used up by the rinses", "give what the vial holds")


@dataclass(frozen=True)
class Drug:
    """A drug.

    ``makeable_max`` is the larger of sold and soluble: above it a concentration is a mistake; none where no source says
    it. ``strongest_sold`` is the strongest solution that is sold for the spine, None where no source says it. ``pump_life``
    is how long it stays good in the pump, ``pump_life_first_fill`` the same in a pump that never held it.
    ``csf_plasma_ratio`` is concentration in cerebrospinal fluid over plasma at equilibrium. ``response`` is the effect
    on what ``effect`` names; an opioid has a supraspinal site and ``breathing``.
    """

    name: str
    title: str
    opioid: bool
    effect: Literal["pain", "spasticity"]
    customary_mass_unit: Literal["mcg", "mg"]
    customary_concentration_unit: Literal["mcg/mL", "mg/mL"]
    molar_mass: MolarMass
    diffusivity: Diffusivity
    csf_plasma_ratio: Ratio
    csf: CsfKinetics
    plasma: PlasmaKinetics
    response: Response
    makeable_max: Concentration | None = None
    strongest_sold: Concentration | None = None
    pump_life: Duration | None = None
    pump_life_first_fill: Duration | None = None
    degradation_rate: Rate | None = None
    oral: Oral | None = None
    rinse: Rinse | None = None
    metabolite: Metabolite | None = None
    breathing: Breathing | None = None

    def __post_init__(self) -> None:
        if self.opioid != (self.response.mechanism == "opioid"):
            raise EntryError(
                "response.mechanism",
                f'"{self.response.mechanism}" does not fit opioid = {str(self.opioid).lower()}',
                "correct one of the two",
            )
        if self.opioid and (self.response.supraspinal_ec50 is None or self.breathing is None):
            missing = "breathing" if self.breathing is None else "response.supraspinal_ec50"
            raise EntryError(missing, "it is missing, and an opioid acts on the brain", "give it")
        for site in ("supraspinal_ec50", "plasma_ec50"):
            if self.breathing is not None and getattr(self.response, site) is None:
                raise EntryError(f"response.{site}", "it is missing, and breathing follows its effect site", "give it")


@dataclass(frozen=True)
class Tracer:
    """A substance that is followed and never lost: it checks transport alone."""

    name: str
    title: str
    molar_mass: MolarMass
    diffusivity: Diffusivity
