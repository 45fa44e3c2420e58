"""What the pump's controller has outside itself: a motor with a rotor that can be read, and a clock."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol


class MotorLost(Exception):
    """The motor cannot be reached; whether it moved is unknown until its rotor has been read."""


class MotorTaken(MotorLost):
    """Another pump drives this motor now."""


@dataclass(frozen=True)
class Signal:
    """What the electronics felt: a reset after a dip of the battery, or the battery's charge (``left``, of a full one)."""

    kind: Literal["battery-reset", "battery"]
    left: Fraction = Fraction(1)


class Motor(Protocol):
    """A drive that goes forward by whole steps. Every method may raise `MotorLost`."""

    def rotor(self) -> int:
        """The absolute position in steps; it never goes back.

        A pump without a sensor reads what its drive was told: never less than what may have flowed.
        """
        ...

    def move_to(self, target: int) -> int:
        """Drive forward up to ``target`` and read the position. A target that is reached already moves nothing."""
        ...

    def reset(self) -> None:
        """Open a valve that a magnet closed and free a drive that stands; a second time does nothing more."""
        ...

    def signals(self) -> tuple[Signal, ...]:
        """What was felt since this was last asked; at once and without asking the motor."""
        ...


class Clock(Protocol):
    """The time as the electronics know it."""

    def counter_ms(self) -> int:
        """Milliseconds since some moment of this power-up; never goes back while there is power."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds of UTC since 1970; runs on without power, and may be wrong."""
        ...
