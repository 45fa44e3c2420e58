"""The pump as a process: it drives its motor when it is time, and listens to programmers and handsets meanwhile.

The drive goes first. Nothing that comes over a line can keep it waiting: every line is bounded in bytes, in time and in
number, and a request is answered between two acts of the drive.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from intrathecal.pump.pace import keep_up
from intrathecal.pump.telemetry.listener import Listener
from intrathecal.pump.unit import Unit
from intrathecal.quantities import InputError

#: The drive looks at its unit at least so often (real seconds).
LOOK_S = 30.0


class CannotListen(InputError):
    """An address that is taken, or not this machine's: the message says which and why."""


async def run(
    unit: Unit,
    speed: float,
    host: str,
    port: int,
    announce: Callable[[str, int], None],
    attend: Callable[[], None],
    ending: asyncio.Event,
) -> None:
    """Drive and listen until ``ending`` is set. Raises `CannotListen`.

    ``announce`` is told where it listens; ``attend`` is called after everything that the pump was told, before it acts on it.
    ``speed`` is how many pump seconds go by in a real one; the unit's clock must go as fast.
    """
    changed = asyncio.Event()

    def told() -> None:
        attend()
        changed.set()

    listener = Listener(unit, told)
    try:
        server = await listener.listen(host, port)
    except OSError as problem:
        reason = problem.strerror or problem
        raise CannotListen(f"{host}:{port}: cannot be listened on ({reason}); name another address") from None
    try:
        announce(*server.sockets[0].getsockname()[:2])
        drive = asyncio.create_task(_drive(unit, speed, changed))
        stop = asyncio.create_task(ending.wait())
        await asyncio.wait((drive, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        drive.cancel()
        await asyncio.gather(drive, stop, return_exceptions=True)
        if drive.done() and not drive.cancelled() and (failure := drive.exception()):
            raise failure
    finally:
        server.close()
        await listener.hang_up()


async def _drive(unit: Unit, speed: float, changed: asyncio.Event) -> None:
    """One act after the other, each when it is due; a request that changes the program changes what is due."""
    while True:
        changed.clear()
        keep_up(unit)
        await asyncio.sleep(0)  # lines get their turn also when the drive is behind
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), min(unit.wait_ms() / (1000 * speed), LOOK_S))
