"""The journal of the physical world: what really happened, line by line, never changed."""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from intrathecal.quantities import InputError

#: Lines that are put together before they are written.
LINES_AT_ONCE = 10_000
#: How every journal begins.
_BEGINNING = b'{"at":'
_STEP = re.compile(rb'\{"at":\d+,"did":"step","rotor":\d+,"fL":(\d+)\}')
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


def _moved(text: bytes) -> bytes | None:
    """The volume of a line that is a step as `FileJournal.steps` writes it. A year has twenty million: JSON takes minutes."""
    match = _STEP.fullmatch(text)
    return None if match is None else match[1]


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
    happened; nor did steps of which not all could be written. Only one process can have it open.
    """

    def __init__(self, path: Path) -> None:
        """Open it, or make it. Raises `JournalError`; a file that is something else is left as it is."""
        self.path = path
        try:
            # A pipe must not keep the world waiting for somebody who writes into it.
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
            self._file = os.open(path, flags, 0o600)
        except OSError as problem:
            raise JournalError(f"{path}: cannot be opened ({problem.strerror}); name another file") from None
        try:
            self._read = self._take()
        except JournalError:
            os.close(self._file)
            raise

    def _take(self) -> bytes:
        """Lock the file, and cut off what was begun and never finished; returns the lines."""
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise JournalError(f"{self.path}: is not a file; name another one")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise JournalError(f"{self.path}: another world is using it; end that one, or name another file") from None
        data = self.path.read_bytes()
        if not data.startswith(_BEGINNING[: len(data)]):
            raise JournalError(f"{self.path}: line 1 is no line of a journal; name another file")
        whole = data.rfind(b"\n") + 1
        os.ftruncate(self._file, whole)
        return data[:whole]

    def write(self, line: Line) -> None:
        """Write a line. Raises `JournalError`; the line never happened then."""
        self._write([json.dumps(line, separators=(",", ":")) + "\n"])

    def steps(self, at: int, first: int, count: int, fL: int) -> None:
        """Write a line for each step. Raises `JournalError`; none of them happened then."""
        ranges = (
            range(begin, min(begin + LINES_AT_ONCE, first + count))
            for begin in range(first, first + count, LINES_AT_ONCE)
        )
        self._write(
            "".join(f'{{"at":{at},"did":"step","rotor":{rotor},"fL":{fL}}}\n' for rotor in rotors) for rotors in ranges
        )

    def __iter__(self) -> Iterator[Line]:
        """The lines that stood in the file when it was opened; equal steps in a row are one line with a ``count``."""
        numbered = enumerate(self._read.splitlines(), 1)
        for fL, run in groupby(numbered, key=lambda line: _moved(line[1])):
            lines = list(run)
            if fL is None:
                yield from (self._line(number, text) for number, text in lines)
            else:
                first, last = self._line(*lines[0]), self._line(*lines[-1])
                yield {**first, "at": last["at"], "count": len(lines)}

    def _line(self, number: int, text: bytes) -> Line:
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if not isinstance(line, dict):
            raise JournalError(f"{self.path}: line {number} is no line of a journal; name another file")
        return line

    def close(self) -> None:
        """Let others open it."""
        os.close(self._file)

    def _write(self, texts: Iterable[str]) -> None:
        """Write all of the texts, or nothing."""
        end = os.fstat(self._file).st_size
        try:
            for text in texts:
                data = text.encode("ascii")
                while data:
                    data = data[os.write(self._file, data) :]
        except OSError as problem:
            os.ftruncate(self._file, end)
            raise JournalError(f"{self.path}: cannot be written ({problem.strerror}); free some space") from None
