"""A line from a programmer or handset to a pump: connect, ask, and know when an answer is lost."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Self

from intrathecal.programmer.errors import StrangerError, Unreachable
from intrathecal.pump.encoding import EncodingError
from intrathecal.pump.telemetry.channel import Channel, ChannelError
from intrathecal.pump.telemetry.messages import Answer, Request, read_answer, request_bytes
from intrathecal.world.wire import read_address

CONNECT_S = 5.0
ANSWER_S = 15.0
_PIECE = 64 * 1024


@dataclass(frozen=True)
class Address:
    """Where a pump listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``HOST:PORT``. Raises `AddressError`."""
        return cls(*read_address(text))


class LineLost(Exception):
    """The line broke, or what came over it makes no sense; whether the last request arrived is not known."""


class Line:
    """An open line; use it in a ``with`` statement.

    Raises `Unreachable` when there is no pump, and a `StrangerError` when pump and key do not know each other.
    """

    def __init__(self, address: Address, context: ssl.SSLContext) -> None:
        self.address = address
        try:
            self._socket = socket.create_connection((address.host, address.port), CONNECT_S)
        except OSError as problem:
            raise Unreachable(f"{address}: no pump can be reached ({_said(problem)})") from None
        self._channel = Channel(context, of_pump=False)
        try:
            self._carry()
            while not self._channel.open:
                self._hear()
        except LineLost as lost:
            self._socket.close()
            raise Unreachable(f"{address}: {lost}") from None
        except BaseException:
            self._socket.close()
            raise
        self._socket.settimeout(ANSWER_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._socket.close()

    @property
    def certificate(self) -> str:
        """The certificate (PEM) that the pump has proved to hold the key of."""
        return ssl.DER_cert_to_PEM_cert(self._channel.peer_certificate or b"")

    def ask(self, request: Request) -> Answer:
        """Send a request and wait for its answer. Raises `LineLost`, `StrangerError`."""
        self._channel.send(request_bytes(request))
        self._carry()
        bodies: list[bytes] = []
        while not bodies:
            bodies = self._hear()
        try:
            answer = read_answer(bodies[0])
        except EncodingError as problem:
            raise LineLost(f"what answered is no pump that this program understands ({problem})") from None
        if answer.id != request.id:
            raise LineLost("an answer came that belongs to no question")
        return answer

    def _carry(self) -> None:
        try:
            self._socket.sendall(self._channel.outgoing())
        except OSError as problem:
            raise LineLost(f"the line broke ({_said(problem)})") from None

    def _hear(self) -> list[bytes]:
        try:
            data = self._socket.recv(_PIECE)
        except OSError as problem:
            raise LineLost(f"no answer came ({_said(problem)})") from None
        try:
            bodies = self._channel.receive(data)
        except ChannelError as problem:
            if problem.stranger:
                raise StrangerError(
                    f"{self.address}: pump and key are not paired ({problem}); run intrathecal pair, or name another key; "
                    "a pump that has lost its memory knows no key, and says so when it is started"
                ) from None
            raise LineLost(f"what answered is no pump ({problem})") from None
        self._carry()
        if self._channel.ended and not bodies:
            raise LineLost(self._channel.error or "the pump hung up")
        return bodies


def _said(problem: OSError) -> str:
    return "it took too long" if isinstance(problem, TimeoutError) else problem.strerror or str(problem)
