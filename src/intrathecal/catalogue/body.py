"""The spine and the body: geometry, fluid, motion, and the adult who is meant when nothing is said."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.catalogue.errors import EntryError
from intrathecal.catalogue.values import (
    Area,
    BodyMass,
    Diffusivity,
    Duration,
    Flow,
    FlowOrZero,
    Length,
    Rate,
    Ratio,
    Share,
    Volume,
)

#: Vertebral levels from the skull down.
LEVELS: tuple[str, ...] = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    "S1",
    "S2",
)
MM2_PER_CM2 = 100
# the table of levels and the volume that it is said to hold, both rounded
VOLUME_TOLERANCE = 0.01


@dataclass(frozen=True)
class Level:
    """One vertebral level of the canal.

    Its length (cm), the area of fluid with the roots in it (mm2), the area of cord, below L1 of the roots of the cauda
    equina (mm2), and the coefficient of variation of the fluid's area between people.
    """

    name: str
    length_cm: float
    csf_mm2: float
    tissue_mm2: float
    csf_cv: float


@dataclass(frozen=True)
class Anatomy:
    """The canal of a person of ``reference_height``: levels C1 to S2, and the area of the epidural space.

    ``csf_volume`` is what the levels hold; the sources and the note of the whole table stand with it.
    """

    reference_height: Length
    csf_volume: Volume
    epidural_area: Area
    levels: tuple[Level, ...]

    def __post_init__(self) -> None:
        names = tuple(level.name for level in self.levels)
        if names != LEVELS:
            wrong = next((name for name in LEVELS if name not in names), None)
            cause = f"{wrong} is missing" if wrong else "they are not C1 to S2, each once and in order"
            raise EntryError("levels", cause, "give all 26 levels: " + ", ".join(LEVELS))
        total = sum(level.length_cm * level.csf_mm2 / MM2_PER_CM2 for level in self.levels)
        said = self.csf_volume.canonical
        if abs(said - total) > VOLUME_TOLERANCE * total:
            raise EntryError(
                "csf_volume",
                f"{self.csf_volume} is not what the levels hold ({total:.1f} mL)",
                "give the volume of your levels, with their source",
            )

    @property
    def length_cm(self) -> float:
        """From the top of C1 to the end of S2, at the reference height."""
        return sum(level.length_cm for level in self.levels)


@dataclass(frozen=True)
class Physiology:
    """Fluid, its motion, and scaling with body size.

    Dispersion along the canal is given at L3, T6 and C4 for the rates and strokes named here, and follows them by
    D = lateral_mixing + shear_coefficient * (frequency * displacement ** 2, summed over heart and breathing). Stroke
    volume at C2 falls linearly to ``lumbar_stroke_share`` of it at the end of the sac; ``respiratory_displacement`` is
    the length that one breath moves the fluid at C2. Of ``csf_production``, ``spinal_absorption`` leaves along the canal.
    ``cranial_exchange`` is the flow that mixes cranial and cisternal fluid. ``epidural_spread`` is the standard
    deviation along the canal of drug given into the epidural space. Clearances grow with body mass to
    ``allometric_clearance_exponent`` from ``reference_weight``. The last three describe the adult who is assumed when a
    therapy file names no patient.
    """

    stroke_volume: Volume
    heart_rate: Rate
    respiratory_displacement: Length
    respiratory_rate: Rate
    lateral_mixing: Diffusivity
    shear_coefficient: Ratio
    dispersion_l3: Diffusivity
    dispersion_t6: Diffusivity
    dispersion_c4: Diffusivity
    lumbar_stroke_share: Share
    csf_production: Flow
    spinal_absorption: FlowOrZero
    cranial_volume: Volume
    cisterna_magna_volume: Volume
    cranial_exchange: Flow
    epidural_spread: Length
    allometric_clearance_exponent: Ratio
    reference_weight: BodyMass
    adult_height: Length
    adult_weight: BodyMass
    adult_age: Duration

    def __post_init__(self) -> None:
        if self.spinal_absorption.exact > self.csf_production.exact:
            raise EntryError(
                "spinal_absorption",
                f"{self.spinal_absorption} is more than is produced ({self.csf_production})",
                "give at most csf_production",
            )
        if self.cisterna_magna_volume.exact >= self.cranial_volume.exact:
            raise EntryError(
                "cisterna_magna_volume",
                f"{self.cisterna_magna_volume} is not less than all cranial fluid ({self.cranial_volume})",
                "give a part of cranial_volume",
            )
