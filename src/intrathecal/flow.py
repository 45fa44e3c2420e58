"""What passes from room to room: piecewise-constant flows of volume and of drug."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Infusion:
    """Piecewise-constant mass flow of one drug.

    ``edges_s`` (n + 1) are seconds since the start of the run, rising; ``rates_ug_per_s`` (n) holds between two edges.
    """

    drug: str
    edges_s: Array
    rates_ug_per_s: Array

    @property
    def amount_ug(self) -> float:
        """The whole amount that flows."""
        return float(np.dot(np.diff(self.edges_s), self.rates_ug_per_s))
