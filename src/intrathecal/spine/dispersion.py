"""How fast drug spreads along the canal: one D(z) for every drug, which follows heart and breathing.

The fluid moves to and fro with every beat and breath, and its eddies turn that motion into spreading. D(z) is measured only at
three places (log-linear between L3, T6 and C4, constant beyond); its dependence on the motion comes from the closure

    D = kL + b (f_c s_c^2 + f_r s_r^2),   s = displaced volume / fluid area,

which enters as a ratio to the same at the catalogue's built-in motion. Shear alone allows b <= 0.043 at a gap of 3 mm
(Watson 1983, J Fluid Mech 133:233, between plates); a larger b stands for streaming and vortices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Physiology
from intrathecal.spine.canal import Canal

Array = NDArray[np.float64]

#: The three places where `Physiology` gives D, from the head down.
MEASURED_AT = ("C4", "T6", "L3")
#: Where stroke volume and respiratory displacement are measured.
STROKE_AT = "C2"


@dataclass(frozen=True)
class Motion:
    """How the fluid moves at C2, and how that turns into spreading.

    Volumes in mL a beat and a breath, rates in 1/s, ``lateral_mixing`` kL in cm2/s, ``shear_coefficient`` b without a unit;
    both volumes fall linearly to ``lumbar_share`` of themselves at the end of the sac.
    """

    stroke_mL: float
    heart_per_s: float
    breath_mL: float
    breathing_per_s: float
    lumbar_share: float
    lateral_mixing: float
    shear_coefficient: float

    @classmethod
    def of(cls, physiology: Physiology, canal: Canal) -> Motion:
        """The motion that ``physiology`` describes, in ``canal``."""
        area = float(np.interp(canal.sites_cm[STROKE_AT], canal.edges_cm, canal.csf_area_cm2))
        return cls(
            stroke_mL=physiology.stroke_volume.canonical,
            heart_per_s=physiology.heart_rate.canonical,
            breath_mL=physiology.respiratory_displacement.canonical * area,
            breathing_per_s=physiology.respiratory_rate.canonical,
            lumbar_share=physiology.lumbar_stroke_share.canonical,
            lateral_mixing=physiology.lateral_mixing.canonical,
            shear_coefficient=physiology.shear_coefficient.canonical,
        )


def closure(motion: Motion, canal: Canal) -> Array:
    """D = kL + b (f_c s_c^2 + f_r s_r^2) at every face of ``canal`` (N + 1, cm2/s)."""
    below = (canal.edges_cm - canal.sites_cm[STROKE_AT]) / (canal.length_cm - canal.sites_cm[STROKE_AT])
    share = 1.0 - (1.0 - motion.lumbar_share) * np.maximum(below, 0.0)
    beat = motion.stroke_mL * share / canal.csf_area_cm2
    breath = motion.breath_mL * share / canal.csf_area_cm2
    shaken = motion.heart_per_s * beat**2 + motion.breathing_per_s * breath**2
    return np.asarray(motion.lateral_mixing + motion.shear_coefficient * shaken)


def dispersion(physiology: Physiology, reference: Physiology, canal: Canal) -> Array:
    """D at every face of ``canal`` (N + 1, cm2/s) for ``physiology``.

    The three values of ``physiology`` hold at the motion of ``reference``, the catalogue's built-in one.
    """
    measured = [physiology.dispersion_c4, physiology.dispersion_t6, physiology.dispersion_l3]
    places = [canal.sites_cm[level] for level in MEASURED_AT]
    at_reference = np.exp(np.interp(canal.edges_cm, places, np.log([value.canonical for value in measured])))
    now, then = (closure(Motion.of(which, canal), canal) for which in (physiology, reference))
    return np.asarray(at_reference * now / then)
