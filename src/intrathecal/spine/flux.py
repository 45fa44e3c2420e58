"""Exchange between two neighbouring cells by flow and dispersion together (Scharfetter-Gummel)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def bernoulli(x: Array) -> Array:
    """The function x / (exp(x) - 1), 1 at zero; never below zero and never overflowing."""
    small = np.abs(x) < 1e-5
    safe = np.where(small, 1.0, x)
    return np.where(small, 1.0 - 0.5 * x, safe / np.expm1(np.minimum(safe, 700.0)))


def exchange(area_cm2: Array, dispersion: Array, distance_cm: Array, flow_mL_per_s: Array) -> tuple[Array, Array]:
    """Flows (mL/s) that carry concentration across faces, with the flow and against it: flux = with * C_up - against * C_down.

    For the flux that is constant between two points ``distance_cm`` apart this is exact; both are never below zero, their
    difference is the flow of fluid, and they tend to upwinding when the flow outruns dispersion.
    """
    spreading = area_cm2 * dispersion / distance_cm
    peclet = flow_mL_per_s / spreading
    return spreading * bernoulli(-peclet), spreading * bernoulli(peclet)
