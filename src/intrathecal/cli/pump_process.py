"""Putting a virtual pump together: its memory, its motor, its clock, and the port that it listens on."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from intrathecal import __version__
from intrathecal.catalogue import Pump, load_catalogue
from intrathecal.programmer.client import Address
from intrathecal.pump.book import Identity
from intrathecal.pump.hardware import Hardware
from intrathecal.pump.memory.memory import DEFAULT_SIZE, Memory, MemoryLost
from intrathecal.pump.memory.storage import FileStorage
from intrathecal.pump.motor import Motor
from intrathecal.pump.process import run
from intrathecal.pump.telemetry.own import new_code, own_code
from intrathecal.pump.unit import PATIENCE_MS, Unit
from intrathecal.quantities import InputError
from intrathecal.world.clocks import RealClock
from intrathecal.world.journal import FileJournal
from intrathecal.world.link import Link
from intrathecal.world.mechanism import Mechanism

#: How long a world may take for one act (real seconds) before the pump takes it for lost.
WORLD_S = 2.0


class PumpError(InputError):
    """A pump that cannot be started as it was asked for."""


@dataclass(frozen=True)
class PumpPlan:
    """What the command line asks for; without ``world`` the motor turns in this process."""

    listen: Address
    memory: Path
    model: str
    world: Address | None
    speed: float
    new_code: bool
    catalogue: tuple[Path, ...]


def run_pump(plan: PumpPlan, echo: Callable[[str], None]) -> None:
    """Run until SIGTERM or Ctrl-C. Raises `PumpError` and what the memory refuses."""
    pump = _entry(plan)
    clock = RealClock(plan.speed)
    with _motor(plan, pump, clock) as motor, _opened(plan, pump, motor, clock) as unit:
        if unit.failed:
            echo(f"failed safe: {unit.failed}")
        code = new_code(unit) if plan.new_code else own_code(unit)
        if code:
            echo(f"pairing code {code}")
        asyncio.run(_until_ended(unit, plan, echo))


async def _until_ended(unit: Unit, plan: PumpPlan, echo: Callable[[str], None]) -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)

    def announce(host: str, port: int) -> None:
        echo(f"pump {unit.book.identity.serial} ({unit.book.identity.model}) listening on {Address(host, port)}")

    try:
        await run(unit, plan.speed, plan.listen.host, plan.listen.port, announce, ending)
    except OSError as problem:
        raise PumpError(
            f"--listen {plan.listen}: cannot listen there ({problem.strerror}); name another port"
        ) from None


def _entry(plan: PumpPlan) -> Pump:
    pumps = load_catalogue(plan.catalogue).pumps
    if plan.model not in pumps:
        raise PumpError(f"--model {plan.model}: is no pump of the catalogue; name one of {', '.join(sorted(pumps))}")
    return pumps[plan.model]


@contextmanager
def _motor(plan: PumpPlan, pump: Pump, clock: RealClock) -> Iterator[Motor]:
    if plan.world is not None:
        with contextlib.closing(Link(plan.world.host, plan.world.port, pump.name, WORLD_S)) as link:
            yield link
        return
    with contextlib.closing(FileJournal(plan.memory.with_name(f"{plan.memory.name}.journal"))) as journal:
        yield Mechanism(pump, journal, clock.counter_ms)


@contextmanager
def _opened(plan: PumpPlan, pump: Pump, motor: Motor, clock: RealClock) -> Iterator[Unit]:
    """The pump in its memory; a memory that is lost gives a pump that has failed safe."""
    if not plan.memory.exists():
        FileStorage.create(plan.memory, DEFAULT_SIZE, Memory.format)
    identity = Identity(f"IT-{secrets.token_hex(4)}", pump.name, __version__)
    with FileStorage(plan.memory) as storage:
        try:
            memory, recovered = Memory.open(storage)
        except MemoryLost as lost:
            yield Unit.without_memory(str(lost), motor, clock, identity, Hardware.of(pump))
            return
        patience = round(PATIENCE_MS * max(1.0, plan.speed))
        yield Unit.open(memory, recovered, motor, clock, identity, Hardware.of(pump), patience)
