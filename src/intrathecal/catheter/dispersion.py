"""How fast a front blurs in a narrow tube: molecular diffusion and the shear of Poiseuille flow.

A molecule at radius r moves with u = 2 U (1 - r^2/a^2), faster or slower than the mean U, until diffusion carries it
to another radius. With molecules spread evenly over the cross-section the correlation of that excess velocity over a
time s is U^2 sum_n (64/alpha_n^4) exp(-alpha_n^2 kappa s / a^2), alpha_n the positive zeros of J1, and the variance of
their position grows by

    d(sigma^2)/dt = 2 kappa + 2 U(t) sum_n g_n(t),      dg_n/dt = (64/alpha_n^4) U(t) - (alpha_n^2 kappa / a^2) g_n.

For a flow that begins at time 0 and stays constant this is the second moment of Aris (Proc. R. Soc. A 235:67, 1956,
doi:10.1098/rspa.1956.0065), with the start-up terms of Barton (J. Fluid Mech. 126:205, 1983,
doi:10.1017/S0022112083000117): U^2 t^2 / 3 at first, 2 kappa (1 + (a U / kappa)^2 / 48) t in the end. The g_n are what
the fluid remembers of past flow; keeping them makes the variance exact for every piecewise-constant flow of fluid that
has been in the tube all along (the profile itself is established within a^2/nu, a thousandth of a^2/kappa). Fluid that
enters later has no such memory: giving it the same makes its front broader by a^2/(15 kappa) of flow at most, 1.6 % of
the standard deviation at a prime of 0.2 mL in 5 min.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from intrathecal.flow import Array

#: The first positive zeros of J1 (DLMF 10.21), one for each radial mode kept; written out because the library that has them
#: takes long to load. Modes left out hold 0.02 % of the growth at the first instant, 1e-8 of it later.
ZEROS = (
    3.8317059702075125,
    7.015586669815619,
    10.173468135062722,
    13.323691936314223,
    16.470630050877634,
    19.615858510468243,
    22.760084380592772,
    25.903672087618382,
    29.046828534916855,
    32.189679910974405,
    35.33230755008386,
    38.474766234771614,
    41.61709421281445,
    44.75931899765282,
    47.90146088718545,
    51.043535183571514,
)


@dataclass(frozen=True, eq=False)
class Shear:
    """Rates and weights of the radial modes of one tube, per drug; a memory is the array g (drugs, modes), cm."""

    diffusivities: Array  # (drugs,) cm2/s
    rates: Array  # (drugs, modes) 1/s: alpha^2 kappa / a^2
    steady: Array  # (drugs, modes) s: g of an endless flow, per unit of mean velocity

    @property
    def rested(self) -> Array:
        """The memory of fluid that has long been still."""
        return np.zeros_like(self.rates)

    def after(self, memory: Array, velocity: float, duration: float) -> Array:
        """The memory after ``duration`` s at the mean ``velocity`` cm/s."""
        limit = velocity * self.steady
        return np.asarray(limit + (memory - limit) * np.exp(-duration * self.rates))

    def variance(self, memory: Array, velocity: float, times: Array) -> Array:
        """Growth of sigma^2 (times, drugs), cm2, from now to each of ``times`` s at the mean ``velocity`` cm/s."""
        limit = velocity * self.steady
        clock = times[:, None, None]
        excess = limit * clock - (memory - limit) / self.rates * np.expm1(-clock * self.rates)
        growth = 2.0 * times[:, None] * self.diffusivities + 2.0 * velocity * excess.sum(axis=2)
        return np.asarray(growth)


@lru_cache(maxsize=64)
def shear(diffusivities: tuple[float, ...], area_cm2: float) -> Shear:
    """The modes of a round tube of lumen ``area_cm2`` for drugs of ``diffusivities`` (cm2/s, above 0)."""
    kappa = np.asarray(diffusivities, dtype=float)
    squares = np.array(ZEROS) ** 2
    radius_squared = area_cm2 / np.pi
    rates = squares[None, :] * kappa[:, None] / radius_squared
    return Shear(kappa, rates, 64.0 / squares[None, :] ** 2 / rates)
