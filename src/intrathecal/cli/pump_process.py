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
from intrathecal.pump.memory.storage import FileStorage, Storage, StorageError
from intrathecal.pump.motor import Motor
from intrathecal.pump.process import run
from intrathecal.pump.telemetry.own import new_code, own_code
from intrathecal.pump.unit import PATIENCE_MS, Unit
from intrathecal.quantities import InputError
from intrathecal.world.clocks import RealClock
from intrathecal.world.inside import OwnMotor
from intrathecal.world.journal import FileJournal
from intrathecal.world.link import Link
from intrathecal.world.mechanism import Mechanism

#: How long a world may take for one act (real seconds) before the pump takes it for lost.
WORLD_S = 2.0
NG_PER_UG = 1000


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
    with _storage(plan) as storage, _motor(plan, pump, clock) as (motor, attend):
        unit = _unit(plan, pump, storage, motor, clock)
        if unit.failed:
            echo(f"failed safe: {unit.failed}")
        code = new_code(unit) if plan.new_code else own_code(unit)
        if code:
            echo(f"pairing code {code}")
        attend(unit)
        asyncio.run(_until_ended(unit, plan, echo, lambda: attend(unit)))


async def _until_ended(unit: Unit, plan: PumpPlan, echo: Callable[[str], None], attend: Callable[[], None]) -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)

    def announce(host: str, port: int) -> None:
        echo(f"pump {unit.book.identity.serial} ({unit.book.identity.model}) listening on {Address(host, port)}")

    await run(unit, plan.speed, plan.listen.host, plan.listen.port, announce, attend, ending)


def _entry(plan: PumpPlan) -> Pump:
    pumps = load_catalogue(plan.catalogue).pumps
    if plan.model not in pumps:
        raise PumpError(f"--model {plan.model}: is no pump of the catalogue; name one of {', '.join(sorted(pumps))}")
    return pumps[plan.model]


@contextmanager
def _storage(plan: PumpPlan) -> Iterator[FileStorage]:
    if not plan.memory.exists():
        FileStorage.create(plan.memory, DEFAULT_SIZE, Memory.format)
    with FileStorage(plan.memory) as storage:
        yield storage


@contextmanager
def _motor(plan: PumpPlan, pump: Pump, clock: RealClock) -> Iterator[tuple[Motor, Callable[[Unit], None]]]:
    """The motor, and who looks after its reservoir when the pump has been told something."""
    if plan.world is not None:
        with contextlib.closing(Link(plan.world.host, plan.world.port, pump.name, WORLD_S)) as link:
            yield link, lambda unit: None
        return
    with contextlib.closing(FileJournal(plan.memory.with_name(f"{plan.memory.name}.journal"))) as journal:
        motor = OwnMotor(Mechanism(pump, journal, clock.counter_ms))
        yield motor, lambda unit: _fill(motor, unit)


def _fill(motor: OwnMotor, unit: Unit) -> None:
    """Without a world nobody else fills the reservoir: it holds what the pump was told."""
    if unit.state is not None and not unit.uncertain:
        drugs = {drug: float(label / NG_PER_UG) for drug, label in unit.state.settings.labels}
        motor.hold(unit.state.reservoir_pL, drugs)


def _unit(plan: PumpPlan, pump: Pump, storage: Storage, motor: Motor, clock: RealClock) -> Unit:
    """The pump in its memory; a memory that is lost gives a pump that has failed safe."""
    identity = Identity(f"IT-{secrets.token_hex(4)}", pump.name, __version__)
    try:
        memory, recovered = Memory.open(storage)
    except (MemoryLost, StorageError) as lost:
        return Unit.without_memory(str(lost), motor, clock, identity, Hardware.of(pump))
    patience = round(PATIENCE_MS * max(1.0, plan.speed))
    return Unit.open(memory, recovered, motor, clock, identity, Hardware.of(pump), patience)
