"""What leaves the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.catheter.parcels import Parcels
from intrathecal.flow import Array

#: Where a front passes, the outflow of one line volume is averaged in this many bins.
BINS = 96
#: A step of more than this part of the largest concentration is never averaged away.
STEP = 0.1


@dataclass(frozen=True, eq=False)
class Outflow:
    """Fluid that leaves at a steady flow: ``concentrations`` (m, drugs) ug/mL for ``durations_s`` (m,), in that order."""

    flow_mL_per_s: float
    durations_s: Array
    concentrations: Array

    def __post_init__(self) -> None:
        self.durations_s.flags.writeable = False
        self.concentrations.flags.writeable = False

    @classmethod
    def of(
        cls,
        flow_mL_per_s: float,
        duration_s: float,
        left: Sequence[Parcels],
        *,
        line_mL: float,
        scales: Array,
        same: Array,
    ) -> Outflow:
        """The parcels ``left``, each ordered towards the tip, over ``duration_s``, averaged where they are many.

        Neighbours that differ by ``same`` (drugs,) at most are joined; others only within a bin of the line's volume
        ``line_mL``, and never across a step that is large against ``scales`` (drugs,). Amounts are kept.
        """
        parts = Parcels(
            np.concatenate([part.volumes[::-1] for part in left]),
            np.concatenate([part.concentrations[::-1] for part in left]),
        )
        if len(parts.volumes) > 1:
            changes = np.abs(np.diff(parts.concentrations, axis=0))
            parts = parts.grouped(_starts(np.asarray(np.any(changes > same, axis=1))))
            changes = np.abs(np.diff(parts.concentrations, axis=0))
            middles = np.cumsum(parts.volumes) - 0.5 * parts.volumes
            bins = np.floor(middles * (BINS / line_mL))
            parts = parts.grouped(_starts((np.diff(bins) > 0.0) | np.any(changes > STEP * scales, axis=1)))
        return cls(flow_mL_per_s, parts.volumes / parts.volume_mL * duration_s, parts.concentrations)

    @property
    def rates_ug_per_s(self) -> Array:
        """The mass flow of every drug in every piece (m, drugs)."""
        return self.flow_mL_per_s * self.concentrations

    @property
    def mass_ug(self) -> Array:
        """The amount of every drug that left (drugs,)."""
        return self.durations_s @ self.rates_ug_per_s


def _starts(breaks: NDArray[np.bool_]) -> NDArray[np.intp]:
    return np.flatnonzero(np.concatenate(([True], breaks)))
