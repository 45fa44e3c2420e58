"""A medium for the pump's memory that fails in every way that real ones do, on purpose and repeatably."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Literal

from intrathecal.pump.memory.storage import StorageError

Operation = Literal["read", "write", "sync"]


class PowerCut(BaseException):
    """The power failed here and the pump's process is gone; nothing but the simulated world may catch it."""


@dataclass(frozen=True)
class Failure:
    """The ``number``-th next operation of a kind fails (1 is the next one; None: of any kind), once or from then on."""

    number: int
    operation: Operation | None = None
    lasting: bool = False


class FaultyStorage:
    """Bytes in memory, with faults. What was written since the last `sync` is pending.

    Reads show pending writes. When the power fails, any part of them survives: single sectors of ``sector`` bytes, in any
    order; now and then some of those sectors are left as noise. A ``seed`` decides, so that a run can be repeated.
    """

    def __init__(self, size: int, seed: int, sector: int = 512) -> None:
        """``size`` zeros."""
        self._random = Random(seed)  # noqa: S311 - repeatable faults, no secrets
        self._sector = sector
        self._durable = bytearray(size)
        self._shown = bytearray(size)
        self._pending: list[tuple[int, bytes]] = []
        self._failure: Failure | None = None
        self._cut_in: int | None = None
        self.reads = 0
        self.writes = 0
        self.syncs = 0
        #: How often only part of what was pending survived, a later sector without an earlier one, a sector as noise.
        self.faults: Counter[str] = Counter()

    @classmethod
    def of(cls, image: bytes, seed: int, sector: int = 512) -> FaultyStorage:
        """A medium that durably holds ``image``."""
        storage = cls(len(image), seed, sector)
        storage._durable[:] = storage._shown[:] = image
        return storage

    @property
    def size(self) -> int:
        """Bytes that there are."""
        return len(self._shown)

    @property
    def image(self) -> bytes:
        """What is durable."""
        return bytes(self._durable)

    @property
    def changes(self) -> int:
        """Writes and syncs so far: the instants at which a power cut makes a difference."""
        return self.writes + self.syncs

    def read(self, offset: int, length: int) -> bytes:
        """As last written. Raises `StorageError` when it is to fail."""
        self.reads += 1
        if self._fails("read"):
            raise StorageError("the medium could not be read")
        self._inside(offset, length)
        return bytes(self._shown[offset : offset + length])

    def write(self, offset: int, data: bytes) -> None:
        """Pending until the next sync. A write that fails has put some beginning of its bytes there."""
        self.writes += 1
        self._inside(offset, len(data))
        failed = self._fails("write")
        if failed:
            data = data[: self._random.randrange(len(data) + 1)]
        self._shown[offset : offset + len(data)] = data
        self._pending.append((offset, data))
        self._cut_if_due()
        if failed:
            raise StorageError("the medium could not be written")

    def sync(self) -> None:
        """Make pending writes durable. A sync that fails has done so with some of them; the rest never will be."""
        self.syncs += 1
        self._cut_if_due()
        if self._fails("sync"):
            self._survive()
            raise StorageError("the medium could not be made durable")
        for offset, data in self._pending:
            self._durable[offset : offset + len(data)] = data
        self._pending.clear()

    def fail(self, failure: Failure | None) -> None:
        """Let an operation fail; None lets everything work again."""
        self._failure = failure

    def cut_at(self, change: int | None) -> None:
        """Let the power fail during the ``change``-th next write or sync (1 is the next one)."""
        self._cut_in = change

    def cut(self) -> None:
        """The power fails now. Afterwards the medium works again, with what survived."""
        self._survive()
        self._shown[:] = self._durable
        self._cut_in = None
        self._failure = None

    def flip(self, bit: int) -> None:
        """Turn one bit over, at rest."""
        for content in (self._durable, self._shown):
            content[bit // 8] ^= 1 << bit % 8

    def _inside(self, offset: int, length: int) -> None:
        if offset < 0 or offset + length > self.size:
            raise StorageError(f"bytes {offset} to {offset + length} lie outside the medium's {self.size}")

    def _fails(self, operation: Operation) -> bool:
        failure = self._failure
        if failure is None or failure.operation not in (None, operation):
            return False
        if failure.number > 1:
            self._failure = Failure(failure.number - 1, failure.operation, failure.lasting)
            return False
        if not failure.lasting:
            self._failure = None
        return True

    def _cut_if_due(self) -> None:
        if self._cut_in is None:
            return
        self._cut_in -= 1
        if self._cut_in == 0:
            self.cut()
            raise PowerCut("the power failed while the memory was written")

    def _survive(self) -> None:
        """Some of the pending sectors become durable, the rest is gone."""
        pieces = self._pieces()
        self._pending.clear()
        chosen = self._chosen(pieces)
        for offset, data in chosen:
            self._durable[offset : offset + len(data)] = data
        self._count(pieces, chosen)
        if pieces and self._random.random() < 0.1:
            # Sectors that were being written, with whatever else they held.
            sectors = sorted({offset // self._sector * self._sector for offset, _ in pieces})
            self.faults["noise-sector"] += 1
            for offset in self._random.sample(sectors, self._random.randint(1, len(sectors))):
                length = min(self._sector, self.size - offset)
                self._durable[offset : offset + length] = self._random.randbytes(length)

    def _count(self, pieces: list[tuple[int, bytes]], chosen: list[tuple[int, bytes]]) -> None:
        """What the order of survivors shows of the fault."""
        if 0 < len(chosen) < len(pieces):
            self.faults["torn-write"] += 1
            if chosen != pieces[: len(chosen)]:
                self.faults["reordered-write"] += 1

    def _pieces(self) -> list[tuple[int, bytes]]:
        """Pending writes, cut where sectors begin."""
        pieces = []
        for start, data in self._pending:
            done = 0
            while done < len(data):
                length = min(self._sector - (start + done) % self._sector, len(data) - done)
                pieces.append((start + done, data[done : done + length]))
                done += length
        return pieces

    def _chosen(self, pieces: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
        """Which survive: all, none, a beginning, an end, all but one, only one, or any of them."""
        count = len(pieces)
        if count == 0:
            return []
        some = self._random.randrange(count)
        match self._random.randrange(7):
            case 0:
                return pieces
            case 1:
                return []
            case 2:
                return pieces[:some]
            case 3:
                return pieces[some:]
            case 4:
                return pieces[:some] + pieces[some + 1 :]
            case 5:
                return [pieces[some]]
            case _:
                share = self._random.random()
                return [piece for piece in pieces if self._random.random() < share]
