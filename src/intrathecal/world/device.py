"""The true reservoir and drive: what leaves the pump when it counts steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from intrathecal.flow import Array, Flow
from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML
from intrathecal.pump.state import Stretch
from intrathecal.world.faults import Active

#: A volume that differs by less than this part of the reservoir is the same volume: decimals as binary numbers.
ROUND_OFF = 1e-12


class VolumeError(ValueError):
    """A refill or aspiration that the reservoir cannot take or give: the message says what and why."""


@dataclass(frozen=True)
class Device:
    """What is really in the pump and what acts on it.

    ``volume_mL`` at ``concentrations`` (ug/mL, one per drug) is in the reservoir of ``capacity_mL``; each step moves its
    labelled volume times 1 + ``drive_error`` times what the faults leave of it.
    """

    capacity_mL: float
    volume_mL: float
    concentrations: Array
    drive_error: float
    faults: tuple[Active, ...] = ()

    @property
    def masses_ug(self) -> Array:
        """What each drug's share of the reservoir weighs."""
        return self.volume_mL * self.concentrations

    def suffer(self, fault: Active) -> Device:
        """The device with one more fault."""
        return replace(self, faults=(*self.faults, fault))

    def relieved(self, now: int) -> Device:
        """The device without the faults that are over."""
        return replace(self, faults=tuple(f for f in self.faults if f.until is None or f.until > now))

    def mended(self, kinds: Sequence[str]) -> Device:
        """The device without faults of these kinds."""
        return replace(self, faults=tuple(f for f in self.faults if f.kind not in kinds))

    def draw_smooth(self, stretch: Stretch) -> tuple[Device, list[Flow]]:
        """The volume of all steps of a stretch, spread evenly over it until the reservoir is empty."""
        volume = self._step_mL(stretch) * stretch.steps
        left = min(volume, self.volume_mL)
        start, seconds = stretch.start / MS_PER_S, (stretch.end - stretch.start) / MS_PER_S
        flowing = seconds if left == volume else seconds * left / volume
        draws = [Flow(start, flowing, left / flowing)] if left > 0 else []
        if flowing < seconds or not draws:
            pause = seconds - flowing if draws else seconds
            draws.append(Flow(start + seconds - pause, pause, 0.0))
        return replace(self, volume_mL=self.volume_mL - left), draws

    def draw_steps(self, stretch: Stretch, actuation_s: float) -> tuple[Device, list[Flow]]:
        """Each step by itself: it leaves in the ``actuation_s`` before it is completed, or in the time since the last."""
        step_mL = self._step_mL(stretch)
        draws: list[Flow] = []
        at, left = stretch.start / MS_PER_S, self.volume_mL
        for time, steps in Counter(stretch.step_times()).items():
            done = time / MS_PER_S
            begin = max(at, done - actuation_s)
            volume = min(steps * step_mL, left)
            if volume <= 0:
                break
            if begin > at:
                draws.append(Flow(at, begin - at, 0.0))
            draws.append(Flow(begin, done - begin, volume / (done - begin)))
            at, left = done, left - volume
        end = stretch.end / MS_PER_S
        if end > at:
            draws.append(Flow(at, end - at, 0.0))
        return replace(self, volume_mL=left), draws

    def take(self, volume_mL: float) -> tuple[Device, Array]:
        """Take a volume out; returns the masses taken. Raises `VolumeError` when there is less."""
        if volume_mL > self.volume_mL + ROUND_OFF * self.capacity_mL:
            raise VolumeError(
                f"{volume_mL:.6g} mL cannot be taken out: the reservoir holds {self.volume_mL:.6g} mL at that moment; "
                f"take at most that"
            )
        taken = min(volume_mL, self.volume_mL)
        return replace(self, volume_mL=self.volume_mL - taken), taken * self.concentrations

    def fill(self, volume_mL: float, concentrations: Array) -> Device:
        """Add a volume; what is left in the reservoir mixes with it. Raises `VolumeError` when it does not fit."""
        total = self.volume_mL + volume_mL
        if total > self.capacity_mL * (1 + ROUND_OFF):
            raise VolumeError(
                f"{volume_mL:.6g} mL does not fit on {self.volume_mL:.6g} mL left in a reservoir of "
                f"{self.capacity_mL:.6g} mL; fill at most {self.capacity_mL - self.volume_mL:.6g} mL"
            )
        if total == 0:
            return self
        mixed = (self.masses_ug + volume_mL * concentrations) / total
        return replace(self, volume_mL=total, concentrations=mixed)

    def _step_mL(self, stretch: Stretch) -> float:
        return stretch.step_pL / PL_PER_ML * (1 + self.drive_error) * prod(fault.drive for fault in self.faults)
