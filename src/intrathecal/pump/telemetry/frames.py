"""Messages on a stream of bytes: two magic bytes, a version, a length, and the message.

The stream may be cut anywhere. A reader holds at most one message and never more than its limit.
"""

from __future__ import annotations

import struct

MAGIC = b"IT"
VERSION = 1
_HEADER = struct.Struct(">2sBI")


def frame(body: bytes) -> bytes:
    """A message as it goes on the stream."""
    return _HEADER.pack(MAGIC, VERSION, len(body)) + body


class Frames:
    """Whole messages out of a stream that comes in pieces.

    ``limit`` is the longest message in bytes. ``error`` is empty until the stream is no stream of messages; from then on
    nothing more is taken from it.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.error = ""
        self._held = bytearray()

    @property
    def half(self) -> bool:
        """Whether a message has begun and is not whole."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; returns the messages that they make whole, in order."""
        if self.error:
            return []
        self._held += data
        bodies = []
        while (body := self._next()) is not None:
            bodies.append(body)
        return bodies

    def _next(self) -> bytes | None:
        self.error = self._fault()
        if self.error:
            self._held.clear()
            return None
        if len(self._held) < _HEADER.size:
            return None
        end = _HEADER.size + _HEADER.unpack_from(self._held)[2]
        if len(self._held) < end:
            return None
        body = bytes(self._held[_HEADER.size : end])
        del self._held[:end]
        return body

    def _fault(self) -> str:
        """What is wrong with the beginning of what is held, as soon as it can be seen."""
        head = bytes(self._held[: _HEADER.size])
        if head[:2] != MAGIC[: len(head[:2])]:
            return "what came is no message of this protocol"
        if len(head) > 2 and head[2] != VERSION:
            return f"a message of version {head[2]} came; this side speaks version {VERSION}"
        if len(head) == _HEADER.size and _HEADER.unpack(head)[2] > self.limit:
            return f"a message of {_HEADER.unpack(head)[2]} bytes is announced; at most {self.limit} are taken"
        return ""
