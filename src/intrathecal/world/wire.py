"""What goes between a pump and its world: one JSON object a line, at most so long."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any

from intrathecal.quantities import InputError

LONGEST_LINE = 65_536


class WireError(Exception):
    """The other side does not answer as it should: it is gone, too slow, or not a world."""


class AddressError(InputError):
    """A text that is no HOST:PORT."""


def read_address(text: str) -> tuple[str, int]:
    """Host and port of ``127.0.0.1:7000`` or ``[::1]:7000``. Raises `AddressError`."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65_536):
        raise AddressError(f'"{text}" is no address; write HOST:PORT, such as 127.0.0.1:7000')
    return host, int(port)


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
    """A connection that is asked one thing after the other and waits for each answer. Every method raises `WireError`."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as problem:
            raise WireError(f"the world at {host}:{port} cannot be reached ({problem.strerror or problem})") from None
        self._left = b""

    def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a message."""
        try:
            self._socket.sendall(pack(message))
            while b"\n" not in self._left:
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
