"""The simulated drive at a set rate: the steps that the controller counts, as they leave the true reservoir."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from intrathecal.catalogue import Pump
from intrathecal.flow import Array, Flow
from intrathecal.pump.controller import Tick, fresh, step
from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML, Hardware
from intrathecal.pump.settings import Level, Orders, Settings
from intrathecal.pump.state import State, Stretch
from intrathecal.quantities import InputError, Quantity
from intrathecal.world.device import Device

HOUR_MS = 3_600_000
#: What is pumped, and its concentration (ng/mL): only the volume counts.
FLUID, CONCENTRATION = "test fluid", Fraction(10**6)
#: The low-reservoir alarm is set to this part of the reservoir: 2 mL of 20 is a maker's value.
LOW_PART = 10


class DriveError(InputError):
    """A rate at which the pump cannot be tested: the message says why and what is possible."""


class Drive:
    """A full pump of one model, told one rate and nothing else, from the moment of its first fill."""

    def __init__(self, state: State, device: Device, actuation_s: float) -> None:
        self.state = state
        self._device = device
        self._actuation_s = actuation_s
        self._filled_mL = device.volume_mL

    @classmethod
    def started(cls, pump: Pump, rate: Quantity, drive_error: Fraction) -> Drive:
        """The pump at the moment of its fill. Raises `DriveError` for a rate that it cannot run at."""
        hardware = Hardware.of(pump)
        flow = rate.to("mL/s") * PL_PER_ML / MS_PER_S
        if flow <= 0 or hardware.possible(flow) != flow:
            raise DriveError(
                f"{rate} is not possible: {pump.name} runs at "
                + (
                    f"{pump.fixed_flow} and nothing else"
                    if pump.fixed_flow
                    else f"{pump.slowest_flow} to {pump.fastest_flow}"
                )
            )
        told = Settings(
            hardware=hardware,
            orders=Orders(week=((0, Level(flow * CONCENTRATION / PL_PER_ML)),)),
            primary=FLUID,
            labels=((FLUID, CONCENTRATION),),
            low_reservoir_pL=hardware.reservoir_pL // LOW_PART,
            clock=0,
            tubing=Fraction(0),
            catheter=Fraction(0),
        )
        capacity = pump.reservoir_volume.canonical
        device = Device(capacity, capacity, np.array([float(CONCENTRATION) / 1000]), float(drive_error))
        return cls(fresh(told, hardware.reservoir_pL, 0), device, pump.actuation_duration.canonical)

    def volumes(self, to: int, every: int, progress: Callable[[float], None] = lambda done: None) -> Array:
        """What has left the pump since its fill (mL), from now to ``to`` ms at every ``every`` ms, both ends included."""
        first = self.state.now
        samples = [self._left()]
        while self.state.now < to:
            samples.extend(self._follow(min(to, self.state.now + max(every, HOUR_MS // every * every)), every))
            progress((self.state.now - first) / (to - first))
        return np.array(samples)

    def skip(self, to: int) -> None:
        """Let the pump run until ``to`` ms without looking at its single steps."""
        for stretch in self._run(to):
            self._device, _ = self._device.draw_smooth(stretch)

    def _follow(self, to: int, every: int) -> Array:
        """The volumes at every sample after now and up to ``to``."""
        times = np.arange(self.state.now + every, to + 1, every) / MS_PER_S
        before, flows = self._left(), list[Flow]()
        for stretch in self._run(to):
            self._device, drawn = self._device.draw_steps(stretch, self._actuation_s)
            flows += drawn
        edges = np.array([flows[0].start_s, *(flow.start_s + flow.duration_s for flow in flows)])
        parts = np.cumsum([flow.rate_mL_per_s * flow.duration_s for flow in flows])
        return before + np.interp(times, edges, np.concatenate(([0.0], parts)))

    def _run(self, to: int) -> list[Stretch]:
        self.state, actions = step(self.state, Tick(), to)
        return [action for action in actions if isinstance(action, Stretch)]

    def _left(self) -> float:
        return self._filled_mL - self._device.volume_mL
