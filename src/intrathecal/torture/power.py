"""The wires between pump and world, where power and connections fail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from intrathecal.pump.memory.storage import Storage
from intrathecal.pump.motor import MotorLost, Signal
from intrathecal.world.mechanism import Mechanism
from intrathecal.world.storages import PowerCut


class Fuse:
    """Counts the operations of memory and motor alike, and lets the power fail after one of them."""

    def __init__(self) -> None:
        self.operations = 0
        self._left: int | None = None

    @property
    def lit(self) -> bool:
        """Whether the power is going to fail."""
        return self._left is not None

    def light(self, operations: int) -> None:
        """Let the power fail after so many more operations (1 is the next one)."""
        self._left = operations

    def burn(self) -> None:
        """One more operation. Raises `PowerCut`."""
        self.operations += 1
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self._left = None
                raise PowerCut("the power failed between two operations")

    @property
    def next_cuts(self) -> bool:
        """Whether the power fails at the next operation."""
        return self._left == 1


class PoweredStorage:
    """A pump's memory on the fuse; implements `Storage`."""

    def __init__(self, storage: Storage, fuse: Fuse) -> None:
        self._storage = storage
        self._fuse = fuse

    @property
    def size(self) -> int:
        """Bytes that there are."""
        return self._storage.size

    def read(self, offset: int, length: int) -> bytes:
        """As the storage has it."""
        return self._storage.read(offset, length)

    def write(self, offset: int, data: bytes) -> None:
        """Pending when the power fails here."""
        self._storage.write(offset, data)
        self._fuse.burn()

    def sync(self) -> None:
        """The power may fail before it is durable, and after."""
        self._fuse.burn()
        self._storage.sync()
        self._fuse.burn()


@dataclass(frozen=True)
class LinkFailure:
    """The ``number``-th next command of the motor is lost, once or from then on; ``done`` if the motor still heard it."""

    number: int
    lasting: bool
    done: bool


@dataclass(frozen=True)
class Sticking:
    """The ``number``-th next drive of the motor moves nothing, once or from then on."""

    number: int
    lasting: bool


class PoweredMotor:
    """A pump's motor on the fuse, over a link that can be lost; implements `pump.motor.Motor`.

    Counted are the ``commands`` that came, those that were ``lost``, the ``drives``, those that ``missed`` their target because
    the rotor was held or slipped, the steps that it ``ran_away``, and the dips of the battery that were felt.
    """

    def __init__(self, mechanism: Mechanism, fuse: Fuse, seed: int) -> None:
        self._mechanism = mechanism
        self._fuse = fuse
        self._random = Random(seed)  # noqa: S311 - repeatable, not secret
        self._failure: LinkFailure | None = None
        self._sticks: Sticking | None = None
        self._runaway = 0
        self.commands = 0
        self.ran_away = 0
        self.lost = 0
        self.drives = 0
        self.missed = 0
        self.dips_felt = 0

    @property
    def failing(self) -> bool:
        """Whether the link is down, or going to be."""
        return self._failure is not None

    def fail(self, failure: LinkFailure | None) -> None:
        """Lose the link; None mends it."""
        self._failure = failure

    def stick(self, sticking: Sticking | None) -> None:
        """Hold the rotor."""
        self._sticks = sticking

    def run_away(self, steps: int) -> None:
        """At the next command the motor goes so many steps too far."""
        self._runaway = steps

    def rotor(self) -> int:
        """Raises `MotorLost`."""
        failing = self._failing()
        if failing is not None:
            raise MotorLost("the world does not answer")
        return self._mechanism.rotor()

    def move_to(self, target: int) -> int:
        """The power may fail before, in the middle and after. Raises `MotorLost`."""
        self._fuse.burn()
        failing = self._failing()
        if failing is not None and not failing.done:
            raise MotorLost("the world does not answer")
        if self._fuse.next_cuts:
            at = self._mechanism.rotor()
            if target > at:
                self._mechanism.move_to(self._random.randint(at, target))
        else:
            self._drive(target)
            if self._runaway and self._mechanism.rotor() >= target and not self._mechanism.truth.held:
                self._mechanism.move_to(self._mechanism.rotor() + self._runaway)
                self.ran_away += max(0, self._mechanism.rotor() - target)
                self._runaway = 0
        self._fuse.burn()
        if failing is not None:
            raise MotorLost("the world did not answer in time")
        return self._mechanism.rotor()

    def _drive(self, target: int) -> None:
        self.drives += 1
        sticking = self._sticks
        if sticking is not None:
            self._sticks = replace(sticking, number=sticking.number - 1) if sticking.number > 1 else None
            if sticking.number == 1:
                self._mechanism.suffer("stuck")
        self.missed += self._mechanism.move_to(target) < target
        if sticking is not None and sticking.number == 1 and not sticking.lasting:
            self._mechanism.mend("stuck")

    def reset(self) -> None:
        """Raises `MotorLost`."""
        if self._failing() is not None:
            raise MotorLost("the world does not answer")
        self._mechanism.reset()

    def signals(self) -> tuple[Signal, ...]:
        """What was felt."""
        felt = self._mechanism.signals()
        self.dips_felt += sum(signal.kind == "battery-reset" for signal in felt)
        return felt

    def _failing(self) -> LinkFailure | None:
        """Whether this command is lost."""
        self.commands += 1
        failure = self._failure
        if failure is None:
            return None
        if failure.number > 1:
            self._failure = replace(failure, number=failure.number - 1)
            return None
        if not failure.lasting:
            self._failure = None
        self.lost += 1
        return failure
