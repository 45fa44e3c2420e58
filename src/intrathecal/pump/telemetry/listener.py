"""The pump's port: lines in bounded number, bounded time and bounded bytes.

Strangers share a few places among themselves, where a newcomer takes that of the one who has been there longest; a key that
is known has places of its own. So a flood of strangers cannot push a programmer out, only make it knock again.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from intrathecal.pump.encoding import EncodingError
from intrathecal.pump.telemetry.channel import Channel, ChannelError, pump_context
from intrathecal.pump.telemetry.own import own_identity
from intrathecal.pump.telemetry.service import Peer, Service, Unsure
from intrathecal.pump.unit import Unit

#: Lines of all who are not known (yet), and of each key that is.
STRANGERS = 16
LINES_OF_A_KEY = 4
#: Real seconds: for a greeting, for all that a stranger has to say, for a known key to say something, to take an answer.
GREETING_S = 5.0
STRANGER_S = 15.0
IDLE_S = 120.0
TAKING_S = 20.0
#: Real seconds between two requests of one line at least: nobody needs more than twenty a second.
PAUSE_S = 0.05
_PIECE = 16 * 1024


@dataclass(eq=False)
class _Line:
    """One connection; the fingerprint is empty for one who is not known."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    channel: Channel
    address: str
    fingerprint: str = ""

    @property
    def peer(self) -> Peer:
        return Peer(self.fingerprint, self.address)

    async def hear(self) -> list[bytes]:
        """The messages that the next bytes make whole; what the greeting has to say back goes out."""
        data = await self.reader.read(_PIECE)
        try:
            return self.channel.receive(data)
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Carry what waits to the other side."""
        self.writer.write(self.channel.outgoing())
        async with asyncio.timeout(TAKING_S):
            await self.writer.drain()


class Listener:
    """Serves every line to one unit; ``changed`` is called after each request that was answered."""

    def __init__(self, unit: Unit, changed: Callable[[], None]) -> None:
        self._unit = unit
        self._identity = own_identity(unit)
        self._service = Service(unit)
        self._changed = changed
        self._lines: dict[_Line, asyncio.Task[None]] = {}
        self._known: tuple[str, ...] = ()
        self._context: ssl.SSLContext | None = None

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Open the port. Raises `OSError`."""
        return await asyncio.start_server(self._accept, host, port, limit=_PIECE, backlog=64)

    async def hang_up(self) -> None:
        """End every line."""
        tasks = list(self._lines.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = writer.get_extra_info("peername")
        line = _Line(reader, writer, Channel(self._greeting(), of_pump=True), str(name[0]) if name else "nowhere")
        self._make_room("", STRANGERS, "flood")
        self._lines[line] = asyncio.create_task(self._serve(line))

    def _greeting(self) -> ssl.SSLContext:
        """What a new line begins with: it knows the keys that are paired by now."""
        known = tuple(paired.certificate for paired in self._unit.book.paired.values())
        if self._context is None or known != self._known:
            self._known, self._context = known, pump_context(self._identity, known)
        return self._context

    def _make_room(self, fingerprint: str, places: int, kind: str) -> None:
        """Let the oldest of the lines go that are as little known, if there is no place for one more."""
        alike = [line for line in self._lines if line.fingerprint == fingerprint]
        if len(alike) >= places:
            self._service.trouble(kind, f"{self._service.name_of(alike[0].peer)} had to make room for a newer line")
            alike[0].writer.transport.abort()
            self._lines.pop(alike[0]).cancel()

    async def _serve(self, line: _Line) -> None:
        try:
            await self._talk(line)
        except TimeoutError:
            self._trouble("silent", line, "kept a line and said nothing")
        except ChannelError as problem:
            self._trouble("stranger" if problem.stranger else "garbage", line, str(problem))
        except EncodingError as problem:
            self._trouble("garbage", line, str(problem))
        except OSError:  # whatever the network does to a line, also when there is no way back to it
            self._trouble("half", line, "was cut off")
        except Unsure:
            # Nothing can be logged any more; who asked is left in doubt, and asks again when the memory has been read.
            self._changed()
        finally:
            self._lines.pop(line, None)
            line.writer.close()
            with contextlib.suppress(OSError):
                await line.writer.wait_closed()

    def _trouble(self, kind: str, line: _Line, text: str) -> None:
        self._service.trouble(kind, f"{self._service.name_of(line.peer)}: {text}")

    async def _talk(self, line: _Line) -> None:
        channel = line.channel
        bodies: list[bytes] = []
        async with asyncio.timeout(GREETING_S):
            while not channel.open:
                bodies = await line.hear()
                if channel.ended:
                    self._trouble("half", line, "hung up within the greeting")
                    return
        if channel.peer:
            self._make_room(channel.peer, LINES_OF_A_KEY, "crowd")
            line.fingerprint = channel.peer
            self._service.greet(line.peer)
            await self._converse(line, bodies, IDLE_S)
        else:
            async with asyncio.timeout(STRANGER_S):
                await self._converse(line, bodies, STRANGER_S)

    async def _converse(self, line: _Line, bodies: list[bytes], patience_s: float) -> None:
        channel = line.channel
        while True:
            for body in bodies:
                channel.send(self._service.answer(line.peer, body))
                self._changed()
                await line.flush()
                await asyncio.sleep(PAUSE_S)
            if channel.ended:
                break
            async with asyncio.timeout(patience_s):
                bodies = await line.hear()
        if channel.error:
            self._trouble("garbage", line, channel.error)
        elif channel.half:
            self._trouble("half", line, "hung up within a message")
