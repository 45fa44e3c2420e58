"""The fluid in a line: parcels in a row, each with a volume and the concentration of every drug.

The parcels move with the fluid, so plug flow moves fronts without blurring them and amounts are kept to round-off.
Blurring is a separate step (`Parcels.mixed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from intrathecal.flow import Array

#: Steps that one mixing is split into at most. One implicit step blurs a front with exponential tails; in n steps of
#: equal variance the excess kurtosis falls to 3/n.
MOST_STEPS = 32


@dataclass(frozen=True, eq=False)
class Parcels:
    """``volumes`` (k,) mL and ``concentrations`` (k, drugs) ug/mL, from the pump end to the tip; read-only arrays."""

    volumes: Array
    concentrations: Array

    def __post_init__(self) -> None:
        self.volumes.flags.writeable = False
        self.concentrations.flags.writeable = False

    def __reduce__(self) -> tuple[type[Parcels], tuple[Array, Array]]:
        return Parcels, (self.volumes, self.concentrations)

    @property
    def volume_mL(self) -> float:
        """The volume of all parcels."""
        return float(self.volumes.sum())

    @property
    def mass_ug(self) -> Array:
        """The amount of every drug (drugs,)."""
        return self.volumes @ self.concentrations

    @property
    def spread(self) -> Array:
        """Largest less smallest concentration of every drug (drugs,), ug/mL."""
        return np.asarray(self.concentrations.max(axis=0) - self.concentrations.min(axis=0))

    def tail(self, volume_mL: float) -> tuple[Parcels, Parcels]:
        """What stays and the last ``volume_mL`` at the tip."""
        if volume_mL <= 0.0:
            return self._cut(len(self.volumes))
        from_tip = np.cumsum(self.volumes[::-1])
        whole = int(np.searchsorted(from_tip, volume_mL, side="right"))
        count = len(self.volumes)
        if whole == count:
            return self._cut(0)
        cut = count - whole - 1  # the parcel that is divided
        taken = volume_mL - (float(from_tip[whole - 1]) if whole else 0.0)
        if taken <= 0.0:
            return self._cut(cut + 1)
        staying, leaving = self.volumes[: cut + 1].copy(), self.volumes[cut:].copy()
        staying[-1] -= taken
        leaving[0] = taken
        kept = cut + 1 if staying[-1] > 0.0 else cut  # a remainder lost to rounding
        return Parcels(staying[:kept], self.concentrations[:kept]), Parcels(leaving, self.concentrations[cut:])

    def _cut(self, index: int) -> tuple[Parcels, Parcels]:
        """The first ``index`` parcels and the others."""
        return (
            Parcels(self.volumes[:index], self.concentrations[:index]),
            Parcels(self.volumes[index:], self.concentrations[index:]),
        )

    def before(self, other: Parcels) -> Parcels:
        """These parcels, then ``other`` on the side of the tip."""
        return Parcels(
            np.concatenate((self.volumes, other.volumes)), np.concatenate((self.concentrations, other.concentrations))
        )

    def behind(self, volume_mL: float, concentrations: Array, tolerance: Array) -> Parcels:
        """With ``volume_mL`` more at the pump end; it joins the first parcel if they differ by ``tolerance`` at most."""
        if len(self.volumes) and (np.abs(self.concentrations[0] - concentrations) <= tolerance).all():
            volumes, mixed = self.volumes.copy(), self.concentrations.copy()
            volumes[0] += volume_mL
            mixed[0] += (concentrations - mixed[0]) * (volume_mL / volumes[0])
            return Parcels(volumes, mixed)
        return uniform(volume_mL, concentrations).before(self)

    def merged(self) -> Parcels:
        """One parcel with the same amounts."""
        volume = self.volume_mL
        return uniform(volume, self.mass_ug / volume)

    def grouped(self, starts: NDArray[np.intp]) -> Parcels:
        """One parcel for each run of parcels that begins at one of ``starts``, with the same amounts."""
        if len(starts) == len(self.volumes):
            return self
        volumes = np.add.reduceat(self.volumes, starts)
        masses = np.add.reduceat(self.volumes[:, None] * self.concentrations, starts, axis=0)
        concentrations = masses / volumes[:, None]
        alone = np.diff(np.append(starts, len(self.volumes))) == 1
        concentrations[alone] = self.concentrations[starts[alone]]  # exactly, and safe for a volume that underflows
        return Parcels(volumes, concentrations)

    def remeshed(self, size_mL: float) -> Parcels:
        """Parcels of at most ``size_mL``, where neighbours that fit into one such parcel are joined."""
        joined = self.grouped(_runs(self.volumes, size_mL))
        counts = np.ceil(joined.volumes / size_mL).astype(np.intp)
        if counts.max() == 1:
            return joined
        return Parcels(np.repeat(joined.volumes / counts, counts), np.repeat(joined.concentrations, counts, axis=0))

    def mixed(self, variances_mL2: Array, size_mL: float, tolerance: Array) -> Parcels:
        """Blurred by ``variances_mL2`` (drugs,), measured along the line in volume; nothing passes the two ends.

        Implicit diffusion between neighbours: amounts are kept, no concentration leaves the range of those that mix.
        Drugs whose concentrations differ by ``tolerance`` (drugs,) at most are left alone.
        """
        from scipy.linalg.lapack import dpttrf, dpttrs

        drugs = np.flatnonzero((self.spread > tolerance) & (variances_mL2 > 0.0))
        fine = self.remeshed(size_mL) if len(drugs) else self
        if len(fine.volumes) == 1:
            return fine
        volumes, concentrations = fine.volumes, fine.concentrations.copy()
        between = 0.5 * (volumes[:-1] + volumes[1:])
        for drug in drugs:
            variance = float(variances_mL2[drug])
            steps = min(MOST_STEPS, ceil(variance / (2.0 * size_mL * size_mL)))
            coupling = variance / (2.0 * steps) / between
            diagonal = volumes.copy()
            diagonal[:-1] += coupling
            diagonal[1:] += coupling
            factor, ratios, _ = dpttrf(diagonal, -coupling)
            column = concentrations[:, drug]
            for _ in range(steps):
                column = dpttrs(factor, ratios, volumes * column)[0]
            before, after = float(volumes @ concentrations[:, drug]), float(volumes @ column)
            concentrations[:, drug] = column * (before / after)  # takes back the solver's round-off, which would add up
        return Parcels(volumes, concentrations)


def uniform(volume_mL: float, concentrations: Array) -> Parcels:
    """One parcel."""
    return Parcels(np.array([volume_mL]), np.array([concentrations], dtype=float))


def _runs(volumes: Array, size_mL: float) -> NDArray[np.intp]:
    """Where a new parcel begins when neighbours are joined from the pump end as long as they fit into ``size_mL``."""
    starts, filled = [0], 0.0
    for index, volume in enumerate(volumes.tolist()):
        if filled + volume > size_mL and index:
            starts.append(index)
            filled = 0.0
        filled += volume
    return np.array(starts, dtype=np.intp)
