"""The live virtual pumps of the demonstration: processes that begin and end with the server."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from intrathecal.programmer.client import Address
from intrathecal.programmer.errors import Refused, Uncertain, Unreachable
from intrathecal.programmer.programming import STANDING, propose, send
from intrathecal.programmer.session import Session, pair
from intrathecal.programmer.telling import tell_fill
from intrathecal.quantities import InputError
from intrathecal.therapy import Therapy
from intrathecal.workstation.clinic import handsets
from intrathecal.workstation.clinic.models import Implant
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live.writing import therapy_of

#: A pump whose key lies here is the demonstration's, and is started with it.
FOLDER = "pumps"
KEY_NAME = "demonstration workstation"
#: A pump that does not end by itself is killed after so long, s.
PATIENCE_S = 3.0
_CODE = re.compile(r"pairing code (\S+)")
_LISTENS = re.compile(r"pump (\S+) \(\S+\) listening on (\S+)")


@dataclass(frozen=True)
class Running:
    """A pump that runs: its record and process, serial number and address, and the code that pairs (empty once one is)."""

    implant: Implant
    process: subprocess.Popen[str]
    serial: str
    address: str
    code: str


def files(implant: Implant) -> tuple[Path, Path]:
    """Where the memory and the key of a demonstration's pump lie."""
    folder = Path(settings.HOME) / FOLDER
    return folder / f"{implant.patient.number}.mem", folder / f"{implant.patient.number}.key"


@contextmanager
def running(echo: Callable[[str], None]) -> Iterator[None]:
    """Start the demonstration's pumps, and end them. One that cannot be used is said, and holds nobody up."""
    own = str(Path(settings.HOME) / FOLDER)
    chosen = list(
        Implant.objects.filter(explanted_on=None, key_file__startswith=own).order_by("pk").select_related("patient")
    )
    with ThreadPoolExecutor(max_workers=max(1, len(chosen))) as pool:
        started = [one for one in pool.map(start, chosen) if one is not None]
    try:
        answering = 0
        for one in started:
            try:
                _prepare(one)
                answering += 1
            except (InputError, Refused, Unreachable, Uncertain) as problem:
                echo(f"{one.implant}: {problem}")
        echo(f"{answering} of {len(chosen)} live virtual pumps answer")
        yield
    finally:
        end(started)


def start(implant: Implant) -> Running | None:
    """Start the pump of a record and wait until it listens; None where it ends instead, having said why itself."""
    memory, _key = files(implant)
    memory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [sys.executable, "-m", "intrathecal.workstation.live.child", "pump", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(  # noqa: S603 - this program itself
        [*command, "--memory", str(memory), "--model", implant.model],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    code = ""
    for text in process.stdout or ():
        if found := _CODE.search(text):
            code = found[1]
        if found := _LISTENS.search(text):
            return Running(implant, process, found[1], found[2], code)
    return None


def _prepare(one: Running) -> None:
    """Write down where it is; pair, fill and program a pump that is new, as the record says. Raises what a session does."""
    implant, address = one.implant, Address.parse(one.address)
    key = Path(implant.key_file)
    implant.address, implant.serial = one.address, one.serial
    with transaction.atomic():
        implant.save(update_fields=("address", "serial"))
    if one.code:
        pair(address, "programmer", one.code, key, KEY_NAME)
        handsets.pair(address, one.code, key)
    force = implant.patient.programs.filter(state=State.IN_FORCE).exclude(text="").first()
    if force is None:
        return
    plan = therapy_of(force.text)
    with Session(address, key) as session:
        session.settle()
        reading = session.read()
        if reading.fill is None:
            reading = tell_fill(session, _filled_now(plan), None, None)
        if reading.program == STANDING:
            send(session, propose(plan, reading))


def _filled_now(plan: Therapy) -> Therapy:
    """The therapy as if it were filled this very moment, since a pump sets its clock to the time of its first fill."""
    if plan.fill is None or plan.pump is None:
        return plan
    now = (datetime.now(UTC) + timedelta(minutes=plan.pump.utc_offset_minutes)).replace(tzinfo=None)
    return replace(plan, fill=replace(plan.fill, at=now), start=now)


def end(started: list[Running]) -> None:
    """End them all at once, and wait until they have ended."""
    for one in started:
        one.process.terminate()
    for one in started:
        try:
            one.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            one.process.kill()
            one.process.wait()
        for stream in (one.process.stdin, one.process.stdout):
            if stream is not None:
                stream.close()
