"""What passes from room to room: constant flows of fluid and of drug, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Flow:
    """A constant flow of fluid out of the reservoir: from ``start_s`` for ``duration_s`` at ``rate_mL_per_s``.

    Seconds are those of the run. What leaves a pump is a sequence of flows; its integral is exactly the true volume of the
    drive steps completed in it.
    """

    start_s: float
    duration_s: float
    rate_mL_per_s: float


@dataclass(frozen=True)
class Site:
    """Where drug enters the patient: a route, and for the canal the vertebral level."""

    route: str
    level: str = ""


@dataclass(frozen=True)
class Infusion:
    """A constant mass flow of every drug (``rates``, ug/s, in the run's order) into a site, from ``start_s`` to ``end_s``."""

    site: Site
    start_s: float
    end_s: float
    rates: Array
