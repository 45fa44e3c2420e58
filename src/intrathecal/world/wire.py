"""What goes between a pump and its world: one JSON object a line, at most so long."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from typing import Any

from intrathecal.quantities import InputError

LONGEST_LINE = 65_536
HIGHEST_PORT = 65_535
#: A socket with no time at all would not wait and say so in other words.
_LEAST_S = 0.001


class WireError(Exception):
    """The other side does not answer as it should: it is gone, too slow, or not a world."""


class AddressError(InputError):
    """A text that is no HOST:PORT."""


def read_address(text: str) -> tuple[str, int]:
    """Host and port of ``127.0.0.1:7000`` or ``[::1]:7000``. Raises `AddressError`."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    whole = port.isascii() and port.isdigit() and len(port) <= len(str(HIGHEST_PORT))
    if not (colon and _may_be_a_host(host) and whole and int(port) <= HIGHEST_PORT):
        raise AddressError(f'"{text}" is no address; write HOST:PORT, such as 127.0.0.1:7000')
    return host, int(port)


def _may_be_a_host(host: str) -> bool:
    """Whether the name can be looked up at all: no part of it is empty or too long."""
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False


def pack(message: Mapping[str, Any]) -> bytes:
    """A message as its line."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def unpack(line: bytes) -> dict[str, Any]:
    """The message of a line. Raises `WireError` for anything else."""
    try:
        message = json.loads(line) if len(line) <= LONGEST_LINE else None
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise WireError("it did not send one JSON object a line")
    return message


class Wire:
    """A connection that is asked one thing after the other and waits ``timeout_s`` for each answer.

    Every method raises `WireError`.
    """

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as problem:
            raise WireError(f"the world at {host}:{port} cannot be reached ({problem.strerror or problem})") from None
        self._left = b""
        self.timeout_s = timeout_s

    def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a message. It must be whole in time: one that comes letter by letter is none."""
        ends = time.monotonic() + self.timeout_s
        try:
            self._socket.settimeout(self.timeout_s)
            self._socket.sendall(pack(message))
            while b"\n" not in self._left:
                self._socket.settimeout(max(ends - time.monotonic(), _LEAST_S))
                data = self._socket.recv(LONGEST_LINE)
                if not data or len(self._left) > LONGEST_LINE:
                    raise WireError("the world closed the connection")
                self._left += data
        except OSError as problem:
            raise WireError(f"the world does not answer ({problem.strerror or problem})") from None
        line, _, self._left = self._left.partition(b"\n")
        return unpack(line)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()
