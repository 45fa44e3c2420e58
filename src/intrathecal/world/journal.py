"""The journal of the physical world: what really happened, line by line, never changed."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from intrathecal.quantities import InputError

#: Lines that are put together before they are written.
LINES_AT_ONCE = 10_000
#: What happened: ``at`` (ms), ``did``, and what belongs to it. Volumes are in femtolitres.
Line = Mapping[str, Any]


class JournalError(InputError):
    """A journal that cannot be used: the message says where, why, and what to do."""


class Journal(Protocol):
    """Where a mechanism writes what it did."""

    def write(self, line: Line) -> None:
        """Write a line; when this returns it has happened."""
        ...

    def steps(self, at: int, first: int, count: int, fL: int) -> None:
        """Write ``count`` steps, the first of which brought the rotor to ``first``; each moved ``fL``."""
        ...

    def __iter__(self) -> Iterator[Line]: ...


class MemoryJournal:
    """A journal for simulations: equal steps in a row are one line with a ``count``."""

    def __init__(self) -> None:
        self._lines: list[Line] = []

    def write(self, line: Line) -> None:
        """Write a line."""
        self._lines.append(line)

    def steps(self, at: int, first: int, count: int, fL: int) -> None:
        """Write steps as one line."""
        self._lines.append({"at": at, "did": "step", "rotor": first, "count": count, "fL": fL})

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines)


class FileJournal:
    """A journal in a file, one JSON object a line and a line for every step.

    It survives the end of its process at any instant: a line is handed to the system whole, and one that is not whole never
    happened. Only one process can have it open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise JournalError(f"{path}: cannot be opened ({problem.strerror}); name another file") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise JournalError(f"{path}: another world is using it; end that one, or name another file") from None
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        os.ftruncate(self._file, whole)
        self._read = data[:whole]

    def write(self, line: Line) -> None:
        """Write a line."""
        self._write(json.dumps(line, separators=(",", ":")) + "\n")

    def steps(self, at: int, first: int, count: int, fL: int) -> None:
        """Write a line for each step."""
        for begin in range(first, first + count, LINES_AT_ONCE):
            end = min(begin + LINES_AT_ONCE, first + count)
            self._write(
                "".join(f'{{"at":{at},"did":"step","rotor":{rotor},"fL":{fL}}}\n' for rotor in range(begin, end))
            )

    def __iter__(self) -> Iterator[Line]:
        """The lines that stood in the file when it was opened."""
        for number, text in enumerate(self._read.splitlines(), 1):
            try:
                line = json.loads(text)
            except ValueError:
                line = None
            if not isinstance(line, dict):
                raise JournalError(f"{self.path}: line {number} is no line of a journal; name another file")
            yield line

    def close(self) -> None:
        """Let others open it."""
        os.close(self._file)

    def _write(self, text: str) -> None:
        data = text.encode("ascii")
        while data:
            data = data[os.write(self._file, data) :]
