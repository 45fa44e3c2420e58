"""The motor of a pump without a world: it turns in the pump's own process, and nobody but the pump can fill its reservoir."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import isclose

from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.motor import MotorLost, Signal
from intrathecal.world.journal import JournalError
from intrathecal.world.mechanism import FL_PER_PL, Mechanism, Truth


class OwnMotor:
    """A mechanism as a motor; implements `pump.motor.Motor`. Where its journal cannot be written it does not move."""

    def __init__(self, mechanism: Mechanism) -> None:
        self._mechanism = mechanism

    def rotor(self) -> int:
        """The rotor's position."""
        return self._mechanism.rotor()

    def move_to(self, target: int) -> int:
        """Turn as far as ``target``, and read the rotor. Raises `MotorLost`."""
        try:
            return self._mechanism.move_to(target)
        except JournalError as problem:
            raise MotorLost(str(problem)) from None

    def reset(self) -> None:
        """Nothing holds this motor or closes its valve."""

    def signals(self) -> tuple[Signal, ...]:
        """What the electronics felt."""
        return self._mechanism.signals()

    def hold(self, volume_pL: int, drugs: Mapping[str, float]) -> None:
        """See to it that the reservoir holds this volume of these drugs (ug/mL): what the pump is told is what is there.

        What cannot be written into the journal is left for the next time.
        """
        if _holds(self._mechanism.truth, volume_pL * FL_PER_PL, drugs):
            return
        with suppress(JournalError):
            self._mechanism.aspirate()
            self._mechanism.inject(volume_pL / PL_PER_ML, drugs)


def _holds(truth: Truth, volume_fL: int, drugs: Mapping[str, float]) -> bool:
    names = truth.concentrations.keys() | drugs.keys()
    alike = (isclose(truth.concentrations.get(name, 0.0), drugs.get(name, 0.0)) for name in names)
    return truth.volume_fL == volume_fL and all(alike)
