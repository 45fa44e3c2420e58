"""The medium that the pump's memory lies on: some bytes that can be read, written and made durable."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol

from intrathecal.quantities import InputError


class StorageError(Exception):
    """The medium could not be read, written or made durable."""


class StorageRefused(InputError):
    """A file that cannot serve as a pump's memory: the message says which, why, and what to do."""


class Storage(Protocol):
    """Bytes that survive a loss of power once `sync` has returned.

    Whatever was written since then may be there or not, in parts and in any order. All raise `StorageError`.
    """

    @property
    def size(self) -> int:
        """How many bytes there are; it never changes."""

    def read(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset`` on, as last written."""

    def write(self, offset: int, data: bytes) -> None:
        """Put ``data`` at ``offset``."""

    def sync(self) -> None:
        """Return when everything written is durable."""


class FileStorage:
    """A file of fixed size that one process holds at a time.

    The lock is advisory (flock), is held until `close` or the end of the process however it ends, and keeps other pumps out.
    """

    def __init__(self, path: Path) -> None:
        """Take the file that `create` made. Raises `StorageRefused` when that is not possible."""
        try:
            # A pipe must not keep the pump waiting for somebody who writes into it.
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as problem:
            raise StorageRefused(f"{path}: cannot be opened as a pump's memory ({problem.strerror})") from None
        try:
            self._size = _lock(path, descriptor)
        except StorageRefused:
            os.close(descriptor)
            raise
        self._path = path
        self._held: int | None = descriptor

    @classmethod
    def create(cls, path: Path, size: int, prepare: Callable[[Storage], None]) -> None:
        """Make a new file of ``size`` bytes, prepared by ``prepare``: all of it appears under ``path``, or nothing.

        Raises `StorageRefused` if something has that name already, or where no file can be made.
        """
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
            part = Path(name)
            try:
                try:
                    os.posix_fallocate(descriptor, 0, size)
                finally:
                    os.close(descriptor)
                with cls(part) as storage:
                    prepare(storage)
                    os.fsync(storage._descriptor)
                # Unlike a renaming, a link never takes the place of a memory that somebody else made meanwhile.
                os.link(part, path)
            finally:
                part.unlink()
            _sync_folder(path.parent)
        except FileExistsError:
            raise StorageRefused(f"{path}: exists already; a new memory needs another name") from None
        except OSError as problem:
            raise StorageRefused(f"{path}: no memory of {size} bytes can be made ({problem.strerror})") from None

    @property
    def size(self) -> int:
        """Bytes of the file when it was opened."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """The bytes there. Raises `StorageError`, also when the file has become shorter."""
        parts: list[bytes] = []
        while length > 0:
            try:
                part = os.pread(self._descriptor, length, offset)
            except OSError as problem:
                raise self._failed("read", problem) from None
            if not part:
                raise StorageError(f"{self._path}: has become shorter than {self._size} bytes")
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return b"".join(parts)

    def write(self, offset: int, data: bytes) -> None:
        """Put the bytes there. Raises `StorageError`."""
        if offset < 0 or offset + len(data) > self._size:
            raise StorageError(f"{self._path}: bytes {offset} to {offset + len(data)} lie outside its {self._size}")
        left = memoryview(data)
        while left:
            try:
                done = os.pwrite(self._descriptor, left, offset)
            except OSError as problem:
                raise self._failed("written", problem) from None
            offset, left = offset + done, left[done:]

    def sync(self) -> None:
        """Return when the bytes are on the disk. Raises `StorageError`."""
        try:
            os.fdatasync(self._descriptor)
        except OSError as problem:
            raise self._failed("made durable", problem) from None

    def close(self) -> None:
        """Let others have the file."""
        os.close(self._descriptor)
        # The system gives the number to the next file that is opened; nothing may be written into that one.
        self._held = None

    def __enter__(self) -> FileStorage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _descriptor(self) -> int:
        if self._held is None:
            raise StorageError(f"{self._path}: was closed")
        return self._held

    def _failed(self, what: str, problem: OSError) -> StorageError:
        return StorageError(f"{self._path}: could not be {what} ({problem.strerror})")


def _lock(path: Path, descriptor: int) -> int:
    """Lock an open file; returns its size."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise StorageRefused(f"{path}: is not a file; name the memory file of a pump")
    if found.st_size == 0:
        raise StorageRefused(f"{path}: is empty; name the memory file of a pump, or a new name for a new pump")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno == errno.EWOULDBLOCK:
            raise StorageRefused(
                f"{path}: is in use by another process; a memory belongs to one pump, stop the other one first"
            ) from None
        raise StorageRefused(f"{path}: cannot be locked ({problem.strerror})") from None
    return found.st_size


def _sync_folder(folder: Path) -> None:
    """Make a new name durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
