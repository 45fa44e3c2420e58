"""The line from the pump to the canal: the pump's tubing, then the catheter.

Fluid moves as a plug; every front in it blurs as it moves (`dispersion`). Pump tubing and catheter share the catheter's
lumen, because no source gives that of a pump's tubing. Nothing diffuses through the ends.

The line's resolution is a 192nd part of its volume. Blurring is put off until it is a quarter of that, so thousands
of small pushes cost little; a push is cut into pieces of a 64th of the line at most, half of the blurring of a piece
before its move and half after.

Fronts are Gaussian. The true front of a fast prime is skewed: its tongue reaches the tip when half of the dead volume has
been pushed, and nothing arrives before; the Gaussian of equal variance puts less than 1e-4 there. Mean and variance of
the arrival are right at every flow.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from intrathecal.catheter.dispersion import Shear, shear
from intrathecal.catheter.outflow import Outflow
from intrathecal.catheter.parcels import Parcels, uniform
from intrathecal.flow import Array

#: Parcels that the line is cut into where its content is not uniform.
PARCELS = 192
#: Pieces that a push of one line volume is cut into while fronts blur.
PIECES = 64
#: Blurring is applied when its standard deviation reaches this part of a parcel.
DUE = 0.25
#: Concentrations that differ by less than this part of the largest ever put in are one.
SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Line:
    """What the tubing and the catheter hold. Made by `filled`; every operation returns another line.

    ``diffusivities`` (drugs,) cm2/s; ``parcels`` from the pump end to the tip; ``memory`` (drugs, modes) what the fluid
    remembers of past flow (`dispersion.Shear`); ``pending_mL2`` (drugs,) blurring not yet applied; ``scales`` (drugs,)
    the largest concentration ever put in, ug/mL.
    """

    tubing_mL: float
    catheter_mL: float
    area_cm2: float
    diffusivities: tuple[float, ...]
    parcels: Parcels
    memory: Array
    pending_mL2: Array
    scales: Array

    def __post_init__(self) -> None:
        for array in (self.memory, self.pending_mL2, self.scales):
            array.flags.writeable = False

    def __reduce__(self) -> tuple[type[Line], tuple[object, ...]]:
        return Line, tuple(getattr(self, field.name) for field in fields(self))

    @classmethod
    def filled(
        cls,
        *,
        tubing_mL: float,
        catheter_mL: float,
        area_cm2: float,
        diffusivities: tuple[float, ...],
        concentrations: ArrayLike,
        primed: Literal["tip", "tubing", "no"],
    ) -> Line:
        """A line at rest that holds fluid of ``concentrations`` (drugs,) ug/mL up to the tip, in the tubing or nowhere.

        What it does not hold is drug-free. Raises `ValueError` for a volume, lumen or diffusivity that cannot be.
        """
        if not (tubing_mL >= 0.0 and catheter_mL > 0.0 and area_cm2 > 0.0):
            raise ValueError(
                f"a line of {tubing_mL} mL tubing, {catheter_mL} mL catheter and {area_cm2} cm2 lumen: the tubing must"
                " be 0 mL or more, catheter and lumen more than 0"
            )
        if not all(0.0 < kappa < np.inf for kappa in diffusivities):
            raise ValueError(f"diffusivities {diffusivities} cm2/s: each must be finite and more than 0")
        given = _checked(concentrations, len(diffusivities))
        none = np.zeros_like(given)
        tubing, catheter = (given if primed != "no" else none), (given if primed == "tip" else none)
        return cls(
            tubing_mL,
            catheter_mL,
            area_cm2,
            diffusivities,
            _row(tubing_mL, tubing, uniform(catheter_mL, catheter)),
            shear(diffusivities, area_cm2).rested,
            none,
            given if primed != "no" else none,
        )

    @property
    def volume_mL(self) -> float:
        """The volume of tubing and catheter: the dead volume between reservoir and canal."""
        return self.tubing_mL + self.catheter_mL

    def mass_ug(self) -> Array:
        """The amount of every drug in the line (drugs,)."""
        return self.parcels.mass_ug

    def tubing_mass_ug(self) -> Array:
        """The amount of every drug in the pump's tubing (drugs,)."""
        return self._halves()[0].mass_ug

    def catheter_mass_ug(self) -> Array:
        """The amount of every drug in the catheter (drugs,)."""
        return self._halves()[1].mass_ug

    def push(self, flow_mL_per_s: float, duration_s: float, concentrations: ArrayLike) -> tuple[Line, Outflow]:
        """Fluid of ``concentrations`` (drugs,) ug/mL enters at the pump end; also returns what leaves at the tip.

        Amounts in, out and held balance to round-off. Raises `ValueError` for a negative or non-finite flow, duration
        or concentration.
        """
        entering = np.asarray(concentrations, dtype=float)
        volume = _volume(flow_mL_per_s, duration_s)
        modes, velocity = self._shear, flow_mL_per_s / self.area_cm2
        memory = modes.after(self.memory, velocity, duration_s)
        parcels, scales = self.parcels, self.scales
        if _holds_only(parcels, entering):
            return self._with(parcels, memory, self.pending_mL2, scales), Outflow(
                flow_mL_per_s, np.array([duration_s]), parcels.concentrations
            )
        if volume == 0.0:
            return self.still(duration_s), Outflow(0.0, np.array([duration_s]), parcels.concentrations[-1:])
        entering = _checked(concentrations, len(self.diffusivities))
        scales = np.maximum(scales, entering)
        parcels, pending, left = self._moved(entering, volume, duration_s, scales)
        outflow = Outflow.of(flow_mL_per_s, duration_s, left, line_mL=self.volume_mL, scales=scales, same=SAME * scales)
        return self._with(parcels, memory, pending, scales), outflow

    def still(self, duration_s: float) -> Line:
        """Without flow: molecular diffusion alone."""
        memory = self._shear.after(self.memory, 0.0, duration_s)
        if len(self.parcels.volumes) == 1:
            return self._with(self.parcels, memory, self.pending_mL2, self.scales)
        growth = 2.0 * duration_s * self.area_cm2**2 * self._shear.diffusivities
        parcels, pending = _blurred(self.parcels, self.pending_mL2 + growth, self.volume_mL, self.scales)
        return self._with(parcels, memory, pending, self.scales)

    def push_disconnected(
        self, flow_mL_per_s: float, duration_s: float, concentrations: ArrayLike
    ) -> tuple[Line, Outflow]:
        """As `push`, with the catheter off the pump: fluid leaves at the end of the tubing, the catheter keeps its own."""
        tubing, catheter = self._halves()
        held = replace(self, tubing_mL=0.0, parcels=catheter).still(duration_s)
        if not len(tubing.volumes):
            _volume(flow_mL_per_s, duration_s)
            entering = _checked(concentrations, len(self.diffusivities))
            return held, Outflow(flow_mL_per_s, np.array([duration_s]), entering[None, :])
        moved, outflow = replace(self, catheter_mL=self.tubing_mL, tubing_mL=0.0, parcels=tubing).push(
            flow_mL_per_s, duration_s, concentrations
        )
        pending = np.maximum(moved.pending_mL2, held.pending_mL2)
        parcels = _settled(moved.parcels.before(held.parcels), SAME * moved.scales)
        return self._with(parcels, moved.memory, pending, moved.scales), outflow

    def aspirate(self, volume_mL: float, canal_concentrations: ArrayLike) -> tuple[Line, Array, float]:
        """Draw ``volume_mL`` from the side port at the pump end of the catheter; fluid of the canal follows at the tip.

        Returns the line, the amounts removed that the catheter held (drugs,) ug, and the volume beyond the catheter's
        own, mL, which is fluid of the canal. From the canal goes ``volume_mL`` in all: what the catheter then holds of
        it, and what was drawn beyond.
        """
        if not 0.0 <= volume_mL < np.inf:
            raise ValueError(f"{volume_mL} mL cannot be drawn: it must be finite and 0 or more")
        canal = _checked(canal_concentrations, len(self.diffusivities))
        scales = np.maximum(self.scales, canal)
        tubing, catheter = self._halves()
        drawn = min(volume_mL, self.catheter_mL)
        first, last = catheter.tail(catheter.volume_mL - drawn)
        follows = last.before(uniform(drawn, canal)) if drawn else catheter
        parcels = _settled(tubing.before(follows), SAME * scales)
        line = self._with(parcels, self._shear.rested, self.pending_mL2, scales)
        return line, first.mass_ug, max(0.0, volume_mL - self.catheter_mL)

    def revise(self, catheter_mL: float, area_cm2: float) -> tuple[Line, Array]:
        """A new, drug-free catheter on the same pump; also the amounts (drugs,) ug that the old one takes away."""
        tubing, catheter = self._halves()
        none = np.zeros(len(self.diffusivities))
        line = self.filled(
            tubing_mL=self.tubing_mL,
            catheter_mL=catheter_mL,
            area_cm2=area_cm2,
            diffusivities=self.diffusivities,
            concentrations=none,
            primed="no",
        )
        parcels = _settled(tubing.before(uniform(catheter_mL, none)), SAME * self.scales)
        return line._with(parcels, line.memory, none, self.scales), catheter.mass_ug

    def replace_pump(self, tubing_mL: float, concentrations: ArrayLike) -> tuple[Line, Array]:
        """A new pump, its tubing full of ``concentrations``; also the amounts (drugs,) ug that the old tubing takes."""
        tubing, catheter = self._halves()
        line = self.filled(
            tubing_mL=tubing_mL,
            catheter_mL=self.catheter_mL,
            area_cm2=self.area_cm2,
            diffusivities=self.diffusivities,
            concentrations=concentrations,
            primed="tubing",
        )
        scales = np.maximum(self.scales, line.scales)
        parcels = _row(tubing_mL, line.scales, catheter)
        return line._with(parcels, line.memory, self.pending_mL2, scales), tubing.mass_ug

    @property
    def _shear(self) -> Shear:
        return shear(self.diffusivities, self.area_cm2)

    def _halves(self) -> tuple[Parcels, Parcels]:
        """The content of the tubing and that of the catheter."""
        return self.parcels.tail(self.catheter_mL if self.tubing_mL else np.inf)

    def _with(self, parcels: Parcels, memory: Array, pending_mL2: Array, scales: Array) -> Line:
        return Line(
            self.tubing_mL, self.catheter_mL, self.area_cm2, self.diffusivities, parcels, memory, pending_mL2, scales
        )

    def _moved(
        self, entering: Array, volume: float, duration_s: float, scales: Array
    ) -> tuple[Parcels, Array, list[Parcels]]:
        """The parcels once ``volume`` mL entered over ``duration_s``, the blurring then pending, and what left."""
        modes, total, tolerance = self._shear, self.volume_mL, SAME * scales
        velocity = volume / duration_s / self.area_cm2
        due = (DUE * total / PARCELS) ** 2
        parcels, pending, elapsed = self.parcels, self.pending_mL2, 0.0
        left: list[Parcels] = []
        while volume > 0.0:
            if _holds_only(parcels, entering):
                left.append(uniform(volume, entering))
                break
            moving = min(volume, total)
            until = elapsed + (duration_s - elapsed) * (moving / volume)
            clock = np.array([elapsed, until])
            growth = np.diff(modes.variance(self.memory, velocity, clock), axis=0) * self.area_cm2**2
            blurs = len(parcels.volumes) > 1 or (np.abs(parcels.concentrations[0] - entering) > tolerance).any()
            pieces = min(ceil(moving * PIECES / total), max(1, ceil(growth.max() / due))) if blurs else 1
            if pieces > 1:
                clock = np.linspace(elapsed, until, pieces + 1)
                growth = np.diff(modes.variance(self.memory, velocity, clock), axis=0) * self.area_cm2**2
            for half in 0.5 * np.maximum(growth, 0.0):
                parcels, pending = _blurred(parcels, pending + half, total, scales)
                parcels, leaving = parcels.tail(moving / pieces)
                left.append(leaving)
                parcels = _settled(parcels.behind(moving / pieces, entering, tolerance), tolerance)
                pending = pending + half
            volume, elapsed = volume - moving, until
        return parcels, pending, left


def _row(tubing_mL: float, concentrations: Array, catheter: Parcels) -> Parcels:
    """Tubing that holds ``concentrations``, then the catheter's parcels."""
    if tubing_mL == 0.0:
        return catheter
    return _settled(uniform(tubing_mL, concentrations).before(catheter), np.zeros_like(concentrations))


def _holds_only(parcels: Parcels, concentrations: Array) -> bool:
    held = parcels.concentrations
    return len(held) == 1 and held[0].shape == concentrations.shape and bool((held[0] == concentrations).all())


def _settled(parcels: Parcels, tolerance: Array) -> Parcels:
    """One parcel where the content has become uniform; fewer where they are far more than the resolution."""
    if len(parcels.volumes) == 1:
        return parcels
    if (parcels.spread <= tolerance).all():
        return parcels.merged()
    if len(parcels.volumes) > 4 * PARCELS:
        return parcels.remeshed(parcels.volume_mL / PARCELS)
    return parcels


def _blurred(parcels: Parcels, pending_mL2: Array, total_mL: float, scales: Array) -> tuple[Parcels, Array]:
    """The parcels after the pending blurring, once it is due, and what is then pending."""
    size = total_mL / PARCELS
    if pending_mL2.max() < (DUE * size) ** 2:
        return parcels, pending_mL2
    blurred = parcels.mixed(pending_mL2, size, SAME * scales)
    return _settled(blurred, SAME * scales), np.zeros_like(pending_mL2)


def _volume(flow_mL_per_s: float, duration_s: float) -> float:
    volume = flow_mL_per_s * duration_s
    if not (flow_mL_per_s >= 0.0 and duration_s >= 0.0 and volume < np.inf):
        raise ValueError(f"a flow of {flow_mL_per_s} mL/s for {duration_s} s: both must be finite and 0 or more")
    return volume


def _checked(concentrations: ArrayLike, drugs: int) -> Array:
    """A copy, one finite concentration of 0 or more for every drug."""
    values = np.array(concentrations, dtype=float)
    if values.shape != (drugs,) or not (np.isfinite(values).all() and (values >= 0.0).all()):
        raise ValueError(
            f"concentrations {values.tolist()} ug/mL: give one for each of the {drugs} drugs, finite and 0 or more"
        )
    return values
