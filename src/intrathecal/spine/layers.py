"""The layers beside the fluid: cord (with the roots) and epidural space.

In every cell drug goes from the fluid into a layer at P p (C - C_layer / K), stays there for a mean time, and then returns to the
fluid or is carried off by the blood. Permeability P and partition K are not measured one by one; what is measured, or fitted,
is how fast a layer drains the fluid for good, which share returns, and how long drug stays. From these three

    fluid -> layer   P p C,  with  P (sum of p h) = loss / (1 - r) * V   (p perimeter, h cell length, V volume of all fluid)
    layer -> fluid   r / tau
    layer -> blood   (1 - r) / tau

so that of what enters, r returns, and the fluid as a whole drains at ``loss``. The perimeters are those of circles. Drug does not
move along the canal inside a layer: it would spread by sqrt(2 * 1e-5 cm2/s * 1 h) = 3 mm in an hour, less than one cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import CsfKinetics

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Layer:
    """How a layer exchanges drug with the fluid.

    ``loss_per_s``: the fluid's loss for good through this layer; ``returned``: the share of what enters that comes back,
    above 0 and below 1; ``residence_s``: the mean time that drug stays each time it enters.
    """

    loss_per_s: float
    returned: float
    residence_s: float

    def __post_init__(self) -> None:
        if not (self.loss_per_s >= 0 and self.residence_s > 0):
            raise ValueError(f"{self}: a loss is not below zero and a residence is above zero")
        if not 0 < self.returned < 1:
            raise ValueError(
                f"a layer returns {self.returned:g} of what enters it: give a fraction above 0 and below 1, "
                "because every way out of the fluid is also a way in from the blood"
            )

    @property
    def back_per_s(self) -> float:
        """Layer to fluid."""
        return self.returned / self.residence_s

    @property
    def blood_per_s(self) -> float:
        """Layer to blood."""
        return (1.0 - self.returned) / self.residence_s

    def permeation_mL_per_s(self, perimeter_cm: Array, fluid_mL: Array) -> Array:
        """Fluid to layer in every cell (P p h), which varies as the perimeter does."""
        mean = self.loss_per_s / (1.0 - self.returned)
        return np.asarray(mean * fluid_mL.sum() * perimeter_cm / perimeter_cm.sum())


def loss_per_s(csf: CsfKinetics) -> float:
    """The fluid's own loss (1/s): neither flow nor spreading is in it."""
    return log(2.0) / csf.loss_half_life.canonical


def drug_layers(csf: CsfKinetics) -> tuple[Layer, Layer]:
    """Cord and epidural space of a drug, which share its loss from the fluid."""
    loss, cord = loss_per_s(csf), csf.cord_share.canonical
    return (
        Layer(loss * cord, csf.cord_return_fraction.canonical, csf.cord_residence.canonical),
        Layer(loss * (1.0 - cord), csf.epidural_csf_fraction.canonical, csf.epidural_half_life.canonical / log(2.0)),
    )
