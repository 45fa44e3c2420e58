"""One pump with its world: time, power, memory and motor of the simulation, in single steps or in quiet stretches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar, cast

from intrathecal.catalogue import Pump, load_catalogue
from intrathecal.pump.book import EVENTS, Entry, Identity, Paired
from intrathecal.pump.controller import Event
from intrathecal.pump.hardware import Hardware
from intrathecal.pump.life import Life, LifeImage, unpack
from intrathecal.pump.memory.memory import Memory, MemoryLost
from intrathecal.pump.memory.storage import StorageError
from intrathecal.pump.records import FirstFill, from_payload
from intrathecal.pump.state import Action
from intrathecal.pump.telemetry.service import Service
from intrathecal.pump.unit import Unit
from intrathecal.torture import keys
from intrathecal.torture.checker import Checker
from intrathecal.torture.plan import Plan
from intrathecal.torture.power import Fuse, PoweredMotor, PoweredStorage
from intrathecal.torture.reading import Figures
from intrathecal.torture.violation import Violation
from intrathecal.torture.witness import Witness
from intrathecal.world.clocks import FakeClock
from intrathecal.world.mechanism import Mechanism
from intrathecal.world.storages import FaultyStorage, PowerCut

T = TypeVar("T")

VERSION = "torture"
MINUTE_MS = 60_000
PATIENCE_MS = 90_000
#: Around a fault every step is made singly: so many steps before and after it, within these times.
STEPS_AROUND = 12
SHORTEST_AROUND_MS = 2_000
LONGEST_AROUND_MS = 15 * 60_000
#: Kinds of world faults that the rotor feels.
ROTOR_FAULTS = frozenset({"stuck", "slipping", "magnet", "motor-stall"})
#: A snapshot is made this often: much oftener than in a real pump, so that many faults meet one.
MOST_RECORDS = 128
#: Restarts that may fail before the power stays.
MOST_CUTS = 20


@lru_cache
def catalogue_pump(model: str) -> Pump:
    """A pump of the catalogue."""
    return load_catalogue().pumps[model]


class HeardUnit(Unit):
    """A unit whose buzzer is heard by the torture."""

    ear: Callable[[Iterable[Action]], None]

    def advance(self) -> list[Action]:
        """As the unit, and heard."""
        return self._pass_on(super().advance())

    def advance_quiet(self) -> list[Action]:
        """As the unit, and heard."""
        return self._pass_on(super().advance_quiet())

    def tell(self, event: Event | FirstFill, *, by: str = "", request: str = "", text: str = "") -> list[Action]:
        """As the unit, and heard."""
        return self._pass_on(super().tell(event, by=by, request=request, text=text))

    def _pass_on(self, actions: list[Action]) -> list[Action]:
        self.ear(actions)
        return actions


class Rig:
    """A pump in its world. ``real`` is the true time in ms since it was made; `Violation` may come from every method."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.real = 0
        self.careful_until = 0
        self.single_steps = 0
        self.single_acts = 0
        self.flipped: list[int] = []
        #: Called when the pump has started again, before it is looked at.
        self.after_start: Callable[[], None] = lambda: None
        self.cut_in_act = False
        self._lost = 0
        entry = catalogue_pump(plan.model)
        self.hardware = Hardware.of(entry)
        self.figures = Figures(
            self.hardware.step_pL,
            float(self.hardware.slowest),
            float(self.hardware.fastest),
            float(self.hardware.minimum or 0),
        )
        self.clock = FakeClock(plan.wall_ms)
        self.witness = Witness(self.figures)
        self.mechanism = Mechanism(entry, self.witness, lambda: self.real, Fraction(plan.drive_error_ppm, 10**6))
        self.storage = FaultyStorage(plan.memory_bytes, plan.seed)
        self.fuse = Fuse()
        self.powered = PoweredStorage(self.storage, self.fuse)
        self.motor = PoweredMotor(self.mechanism, self.fuse, plan.seed)
        self.checker = Checker(self.hardware, self.figures, self.witness, self.mechanism)
        self.identity = Identity("torture", plan.model, VERSION)
        Memory.format(self.storage)
        self.unit = self._open()
        for name, role in keys.ROLES.items():
            known = keys.identity(name)
            self.unit.pair(known.fingerprint, Paired(role, name, known.certificate_pem))
        self.service = Service(self.unit)

    # ---- power

    def _open(self) -> HeardUnit:
        """What the pump does when it has power."""
        patience = PATIENCE_MS if self.plan.watched else None
        try:
            memory, recovered = Memory.open(self.powered, MOST_RECORDS)
        except MemoryLost as lost:
            self._may_lose(lost)
            made = HeardUnit.without_memory(str(lost), self.motor, self.clock, self.identity, self.hardware)
        except StorageError as problem:
            made = HeardUnit.without_memory(str(problem), self.motor, self.clock, self.identity, self.hardware)
            self.checker.facts.memory_lost = self.checker.facts.memory_failed = True
        else:
            made = HeardUnit.open(
                memory, recovered, self.motor, self.clock, self.identity, self.hardware, patience_ms=patience
            )
            self._check_repairs(made, recovered.repairs)
        unit = cast(HeardUnit, made)
        unit.ear = lambda actions: self.checker.hear(actions, self.real)
        return unit

    def _may_lose(self, lost: MemoryLost) -> None:
        """Two faults at once may cost the memory; one may not."""
        if len(self.flipped) + self.cut_in_act < 2:
            raise Violation("memory", f"the memory was lost by {len(self.flipped)} flipped bits: {lost}")
        self.checker.facts.memory_lost = self.checker.facts.memory_failed = True

    def _check_repairs(self, unit: Unit, repairs: tuple[str, ...]) -> None:
        if unit.failed.startswith("memory"):
            return
        noted = {entry.text for entry in unit.book.faults if entry.kind == "memory"}
        for repair in repairs:
            if not any(text.startswith(repair[:80]) for text in noted):
                raise Violation("memory", f'a repair was not logged: "{repair}"')

    def guarded(self, act: Callable[[], T]) -> T | None:
        """Do something that the power may fail in; None if it did."""
        try:
            return act()
        except PowerCut:
            self.cut_in_act = True
            self.restart(self._off_ms)
            return None

    _off_ms = 1000

    def light_fuse(self, operations: int, off_ms: int) -> None:
        """Let the power fail after so many operations, for so long."""
        self._off_ms = off_ms
        self.fuse.light(operations)

    def restart(self, off_ms: int, *, idle: bool = False) -> None:
        """The power fails, and comes back; it may fail again while the pump starts.

        A pump that was ``idle`` knows exactly what it knew, unless it waits for a motor to learn what an act did.
        """
        before = self.unit.life.image if not self.checker.facts.memory_failed else None
        facts = self.checker.facts
        facts.notices_dip_by = None
        # A memory that failed did so in the middle of an act, as far as one can know.
        facts.cut_in_act += not idle or not self.unit.remembers
        for _ in range(MOST_CUTS):
            self.storage.cut()
            self.clock.power_off(off_ms)
            self.real += off_ms
            facts.off_ms += off_ms
            self.mechanism.let_time_pass()
            facts.restarted = True
            facts.memory_failed = facts.memory_lost
            try:
                self.unit = self._open()
            except PowerCut:
                continue
            break
        self.cut_in_act = False
        self.flipped.clear()
        self.service = Service(self.unit)
        if before is not None and not self.checker.facts.memory_lost:
            check_log(before.book.events, self.unit.book.events)
            if idle and before.intent is None:
                check_same(before, self.unit.life.image)
        if not self.checker.facts.memory_lost:
            self.after_start()
        self.look()

    def check_replay(self) -> None:
        """What is in the memory rebuilds what the pump knows, record by record."""
        if self.unit.failed.startswith("memory") or self.flipped:
            return
        if self.read_again() != self.unit.life.image:
            raise Violation("replay", "what the memory holds is not what the pump knows")

    def read_again(self) -> LifeImage:
        """The life that the durable memory holds."""
        _, recovered = Memory.open(FaultyStorage.of(self.storage.image, 0))
        life = Life(self.identity) if recovered.snapshot is None else unpack(recovered.snapshot)
        for payload in recovered.payloads:
            life.apply(from_payload(payload))
        return life.image

    # ---- time

    def go(self, to: int) -> None:
        """Let time pass up to ``to``, singly where faults are near, and look after each act."""
        while self.real < to:
            if self.is_careful:
                self._single(to)
            else:
                self._quiet(to)
            self.look()

    @property
    def is_careful(self) -> bool:
        """Whether every step is made singly now."""
        reading = self.checker.reading
        return (
            self.plan.watched
            or self.fuse.lit
            or self.real < self.careful_until
            or (reading is not None and reading.stalled)
            or any(fault.kind in ROTOR_FAULTS for fault in self.mechanism.truth.faults)
        )

    @property
    def around_ms(self) -> int:
        """How long some steps take now."""
        reading = self.checker.reading
        flow = reading.flows()[0] if reading is not None else 0.0
        if flow <= 0:
            return SHORTEST_AROUND_MS
        length = int(STEPS_AROUND * self.figures.step_pL / flow)
        return min(max(length, SHORTEST_AROUND_MS), LONGEST_AROUND_MS)

    def _single(self, to: int) -> None:
        passing = min(max(self.unit.wait_ms(), 1), to - self.real)
        self.pass_time(passing)
        made = self.witness.steps_made
        self.guarded(self.unit.advance)
        self.single_steps += self.witness.steps_made - made
        self.single_acts += 1

    def _quiet(self, to: int) -> None:
        passing, reading = to - self.real, self.checker.reading
        if reading is not None and not self.unit.failed:
            counter = self.unit.now()
            passing = min(passing, max(1, reading.next_change(counter + passing) - counter))
        self.pass_time(passing)
        self.witness.spread(passing)
        self.guarded(self.unit.advance_quiet)
        self.witness.spread(0)

    def catch_up(self) -> None:
        """What is due now is done, and looked at."""
        self.guarded(self.unit.advance)
        self.look()

    def pass_time(self, ms: int) -> None:
        """Time passes, and nobody does anything."""
        self.real += ms
        self.clock.go(ms)
        self.mechanism.let_time_pass()

    def look(self) -> None:
        """Check the invariants."""
        facts = self.checker.facts
        facts.missed, facts.dips_felt = self.motor.missed, self.motor.dips_felt
        facts.stray_steps = self.motor.ran_away
        facts.wall_ms = self.clock.wall_ms() + self.plan.offset_minutes * MINUTE_MS
        if self.motor.lost > self._lost:
            facts.cut_in_act += 1
            self._lost = self.motor.lost
        if self.motor.failing:
            facts.link_lost = True
        elif not self.unit.failed:
            facts.link_lost = False
        self.checker.look(self.unit, self.real)


def check_log(before: tuple[Entry, ...], after: tuple[Entry, ...]) -> None:
    """Nothing that was in the log is changed or gone, but for the count of the newest entry, and the oldest of a full log."""
    kept = {entry.number: entry for entry in after}
    oldest = after[0].number if after else 0
    if before and oldest > before[0].number and len(after) < EVENTS:
        raise Violation("log", f"entry {before[0].number} is gone, and the log holds only {len(after)}")
    for entry in before[:-1]:
        if entry.number >= oldest and kept.get(entry.number) != entry:
            raise Violation("log", f'entry {entry.number} ("{entry.text}") is not what it was')
    numbers = [entry.number for entry in after]
    if numbers != list(range(oldest, oldest + len(numbers))) and numbers:
        raise Violation("log", "entries are missing in the log")


def check_same(before: LifeImage, after: LifeImage) -> None:
    """What a pump knows after it has been read again is what it knew, but for what its start itself changed."""

    def known(image: LifeImage) -> tuple[object, ...]:
        state, book = image.state, image.book
        if state is not None:
            settings = replace(state.settings, clock=0)
            state = replace(state, settings=settings, began=0, muted_until=None, now=0, sounding=())
        return state, image.origin, image.intent, image.tried_at, book.text, book.paired, book.kept, book.answers

    for was, found in zip(known(before), known(after), strict=True):
        if was != found:
            raise Violation("replay", f"{str(found)[:200]} was read again, it was {str(was)[:200]}")
