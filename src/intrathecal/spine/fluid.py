"""Where the fluid flows: made in the head, absorbed along the canal and in the head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Physiology
from intrathecal.spine.canal import Canal

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Cranium:
    """The fluid above the canal: the cisterna magna, and the rest as one mixed box.

    Fluid is made free of drug (`assemble` says what plasma adds) and reaches the cisterna magna; the spinal share goes down
    the canal, the rest (``upward_mL_per_s``) up and into the blood. ``exchange_mL_per_s`` mixes the two boxes, and both lose
    drug directly to the blood at ``loss_per_s``.
    """

    cisterna_mL: float
    cranial_mL: float
    upward_mL_per_s: float
    exchange_mL_per_s: float
    loss_per_s: float

    @classmethod
    def of(cls, physiology: Physiology, loss_per_s: float) -> Cranium:
        """The cranium that ``physiology`` describes, for a drug lost at ``loss_per_s``."""
        cisterna = physiology.cisterna_magna_volume.canonical
        return cls(
            cisterna_mL=cisterna,
            cranial_mL=physiology.cranial_volume.canonical - cisterna,
            upward_mL_per_s=physiology.csf_production.canonical - physiology.spinal_absorption.canonical,
            exchange_mL_per_s=physiology.cranial_exchange.canonical,
            loss_per_s=loss_per_s,
        )


def spinal_flow(physiology: Physiology, canal: Canal) -> Array:
    """Flow of fluid away from the head at every face (N + 1, mL/s).

    The spinal share enters at the top and is absorbed evenly along the canal, so that nothing flows at the end of the sac. What a
    pump adds (1e-5 mL/s) is left out.
    """
    return np.asarray(physiology.spinal_absorption.canonical * (1.0 - canal.edges_cm / canal.length_cm))
