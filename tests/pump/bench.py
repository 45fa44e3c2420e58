"""A pump on a bench: the real unit, memory and mechanism, on a medium, a clock and a power supply that a test commands."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from tests.pump.support import HOUR, MINUTE, ng_per_mL, settings

from intrathecal.catalogue import Pump, load_catalogue
from intrathecal.pump.book import Identity
from intrathecal.pump.controller import Press, Program, Refilled, Resume, Stop
from intrathecal.pump.hardware import PL_PER_ML, Hardware
from intrathecal.pump.life import Life
from intrathecal.pump.memory.memory import Memory, Recovered
from intrathecal.pump.memory.storage import StorageError
from intrathecal.pump.motor import MotorLost, Signal
from intrathecal.pump.records import FirstFill, from_payload
from intrathecal.pump.settings import order
from intrathecal.pump.state import Action
from intrathecal.pump.unit import Unit
from intrathecal.therapy import Program as Text
from intrathecal.world.clocks import FakeClock
from intrathecal.world.journal import MemoryJournal
from intrathecal.world.mechanism import Mechanism
from intrathecal.world.storages import FaultyStorage, PowerCut

T = TypeVar("T")
SIZE = 256 * 1024
SECOND = 1000
#: Monday, 2 March 2026, 00:00 UTC.
MONDAY = 1_772_409_600_000
MORPHINE = (("morphine", ng_per_mL("10 mg/mL")),)


class Wires:
    """The wires to the motor: they can be cut, or the power can fail, before or after the ``number``-th use from now."""

    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism = mechanism
        self.uses = 0
        self.lost = False
        self._trouble: tuple[int, bool, Callable[[], None]] | None = None

    @property
    def spared(self) -> bool:
        """Whether the use at which something was to happen has not come."""
        return self._trouble is not None and self.uses < self._trouble[0]

    def trouble(self, number: int, happens: Callable[[], None], *, after: bool) -> None:
        """Let something happen at a use to come."""
        self._trouble = (self.uses + number, after, happens)

    def rotor(self) -> int:
        """Read the rotor."""
        return self._use(self.mechanism.rotor)

    def move_to(self, target: int) -> int:
        """Turn the motor."""
        return self._use(lambda: self.mechanism.move_to(target))

    def reset(self) -> None:
        """Free the motor."""
        self._use(self.mechanism.reset)

    def signals(self) -> tuple[Signal, ...]:
        """What was felt."""
        return () if self.lost else self.mechanism.signals()

    def _use(self, does: Callable[[], T]) -> T:
        self.uses += 1
        number, after, happens = self._trouble or (0, False, _nothing)
        if self.uses == number and not after:
            happens()
        if self.lost:
            raise MotorLost("the wire is cut")
        done = does()
        if self.uses == number and after:
            happens()
            if self.lost:
                raise MotorLost("the wire is cut")
        return done


class Watched(Memory):
    """A memory that shows what was appended to it."""

    written: list[bytes]

    def append(self, payload: bytes) -> None:
        """Append, and show."""
        super().append(payload)
        self.written.append(payload)


class Bench:
    """One pump with everything around it."""

    def __init__(self, model: str = "synchromed-ii-20", seed: int = 0, size: int = SIZE) -> None:
        self.pump: Pump = load_catalogue().pumps[model]
        self.hardware = Hardware.of(self.pump)
        self.clock = FakeClock(MONDAY)
        self.world_ms = 0
        self.journal = MemoryJournal()
        self.mechanism = Mechanism(self.pump, self.journal, lambda: self.world_ms)
        self.mechanism.inject(20, {"morphine": 10_000})
        self.wires = Wires(self.mechanism)
        self.storage = FaultyStorage(size, seed)
        Memory.format(self.storage)
        self.payloads: list[bytes] = []
        self.patience_ms: int | None = None

    def identity(self) -> Identity:
        """Which pump this is."""
        return Identity("IT-1", self.pump.name, "1")

    def start(self) -> Unit:
        """Give the pump power."""
        memory, recovered = self.read()
        memory.__class__ = Watched
        assert isinstance(memory, Watched)
        memory.written = self.payloads
        return Unit.open(memory, recovered, self.wires, self.clock, self.identity(), self.hardware, self.patience_ms)

    def read(self) -> tuple[Memory, Recovered]:
        """What the memory holds."""
        return Memory.open(self.storage)

    def go(self, unit: Unit, ms: int) -> list[Action]:
        """Let time pass, and call the pump whenever it wants to be."""
        actions = unit.advance()
        while ms > 0:
            passed = min(ms, max(1, unit.wait_ms()))
            self.pass_time(passed)
            ms -= passed
            actions += unit.advance()
        return actions

    def leap(self, unit: Unit, ms: int) -> list[Action]:
        """Let time pass, and have the pump do all of it in quiet stretches."""
        self.pass_time(ms)
        return unit.advance_quiet()

    def pass_time(self, ms: int) -> None:
        """Let time pass, and call nobody."""
        self.clock.go(ms)
        self.world_ms += ms

    def off(self, ms: int) -> None:
        """Take the power away for a while."""
        self.storage.cut()
        self.clock.power_off(ms)
        self.world_ms += ms

    def first_fill(self, program: str, **how: str) -> FirstFill:
        """20 mL, and what the pump must know."""
        told = settings(program, pump=self.pump.name, **how)  # type: ignore[arg-type]
        return FirstFill(told, 20 * PL_PER_ML, 0, MONDAY + 60 * MINUTE, 60)

    def filled(self, program: str, **how: str) -> Unit:
        """A pump that runs a program."""
        unit = self.start()
        assert not [a for a in unit.tell(self.first_fill(program, **how)) if hasattr(a, "reason")]
        return unit

    @property
    def steps_made(self) -> int:
        """The steps in the journal of what the motor did."""
        return sum(line["count"] for line in self.journal if line["did"] == "step")

    def check(self, unit: Unit) -> None:
        """The count, the rotor and the journal agree step for step; no more was given, or is owed, than was asked for."""
        assert unit.life.position == self.mechanism.rotor()
        assert self.mechanism.truth.rotor == self.steps_made
        state = unit.state
        if state is not None:
            assert state.owed < 2 * self.hardware.step_pL
            asked = sum((piece.flow * (piece.end - piece.start) for piece in state.given), Fraction(0))
            assert state.counted_pL + state.owed <= asked

    def replayed(self) -> Life:
        """A life rebuilt from every record that was ever made durable."""
        life = Life(self.identity())
        for payload in self.payloads:
            life.apply(from_payload(payload))
        return life


def orders_of(program: str) -> Program:
    """A new program."""
    return Program(order(Text.parse(program), MORPHINE[0][1]))


BUSY = "24 mg/day\nbolus 0.002 mg over 1 s at 01:00\non demand 0.01 mg over 1 s, lockout 1 min, max 4 per day"


def therapy(bench: Bench, unit: Unit) -> None:
    """A little of everything that happens to a pump: steps, presses, a program, a stop, a refill with a bridge."""
    if unit.state is None:
        unit.tell(bench.first_fill(BUSY), request="fill")
    bench.go(unit, 300)
    unit.tell(Press(), request="press")
    bench.go(unit, 60)
    unit.tell(Stop(), request="stop")
    bench.go(unit, SECOND)
    unit.tell(Resume(), request="resume")
    bench.go(unit, 100)
    unit.tell(orders_of("48 mg/day"), request="program", text="48 mg/day")
    bench.go(unit, 150)
    unit.tell(Refilled(20 * PL_PER_ML, "morphine", MORPHINE), request="refill")
    bench.go(unit, 150)


def _nothing() -> None:
    """No trouble."""


__all__ = [
    "BUSY",
    "HOUR",
    "MINUTE",
    "MONDAY",
    "MORPHINE",
    "SECOND",
    "Bench",
    "Fraction",
    "PowerCut",
    "StorageError",
    "Wires",
    "orders_of",
    "therapy",
]
