"""A log of records that survives a loss of power at any instant, and one flipped bit anywhere.

What is guaranteed, on a medium that keeps what `Storage.sync` promised:

- A record whose `Memory.append` returned is given back by every later `Memory.open`, in its place and bit for bit. One
  whose `append` did not return is there whole or not at all; so is a snapshot.
- This holds for a cut of power during any write, also during `open`, `scrub` and `compact` themselves, whatever part of
  the unsynced writes survives, in any order, and even if a sector that was being written is left as noise.
- One flipped bit anywhere, or any damage confined to one of the two copies while the other is whole, is masked, repaired
  and reported.
- Damage to both copies is masked where it strikes different records. Otherwise, and where a cut of power and damage have
  struck together so that an acknowledged record may be gone, `MemoryLost` is raised: never a record less, never a wrong one,
  without saying so. A sync that failed may have damaged what was being written; until the memory has been opened again it
  counts as such damage. (The checksums find every flip of one bit and every burst up to 32 bits; other damage goes unseen once
  in 2^32.)
- Not guaranteed: a medium that forgets what it had synced, in both copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from intrathecal.pump.memory.records import RECORD_BYTES, SECTOR, longest_record, pack_record
from intrathecal.pump.memory.recovery import MemoryLost, bank_bytes, refresh, repair, survey, write_bank
from intrathecal.pump.memory.storage import Storage, StorageError

__all__ = ["DEFAULT_SIZE", "Memory", "MemoryFull", "MemoryLost", "Recovered"]

#: Bytes of a pump's memory, both copies together: room for a snapshot of 2 MB, where 400 days of doses, compressed, take
#: a tenth of one, and for twenty thousand records after it.
DEFAULT_SIZE = 8 * 2**20
#: A snapshot is due after so many records at the latest: a pump gives nothing while it reads them again.
MOST_RECORDS = 1024


class MemoryFull(Exception):
    """A payload or snapshot that is longer than this memory takes; nothing was changed."""


@dataclass(frozen=True)
class Recovered:
    """What the memory held: the last snapshot (None: there was none yet) and what was appended since.

    ``repairs`` has a sentence for everything that was put right.
    """

    snapshot: bytes | None
    payloads: tuple[bytes, ...]
    repairs: tuple[str, ...]


class Memory:
    """An open log. After a `StorageError` it takes nothing more until it is opened again."""

    def __init__(self, storage: Storage, epoch: int, count: int, tail: int, most_records: int) -> None:
        """Made by `open`: generation ``epoch`` holds ``count`` records, the next goes ``tail`` bytes into each bank."""
        self._storage = storage
        self._epoch = epoch
        self._count = count
        self._tail = tail
        self._most_records = most_records
        self._bank = bank_bytes(storage)
        self._usable = True

    @staticmethod
    def format(storage: Storage) -> None:
        """Make an empty memory, once in the life of a pump. Raises `StorageError`.

        `open` never does: a memory that was erased must not look like a new pump.
        """
        size = bank_bytes(storage)
        empty = pack_record(0, 0, b"").ljust(size - SECTOR, b"\0")
        for offset in (size, 0):
            write_bank(storage, offset, 0, empty)

    @classmethod
    def open(cls, storage: Storage, most_records: int = MOST_RECORDS) -> tuple[Memory, Recovered]:
        """Read what is remembered, and put right what is damaged; a snapshot is due after ``most_records``.

        Raises `MemoryLost` or `StorageError`.
        """
        found = survey(storage)
        repairs = repair(storage, found)
        refresh(storage, found)
        # The first record of a generation is its snapshot; before the first generation there was none.
        snapshot = found.payloads[0] if found.epoch > 0 else None
        memory = cls(storage, found.epoch, len(found.payloads), found.tail, most_records)
        return memory, Recovered(snapshot, found.payloads[1:], repairs)

    @property
    def longest_payload(self) -> int:
        """Bytes that `append` takes at most."""
        return longest_record(self._bank) - RECORD_BYTES

    @property
    def longest_snapshot(self) -> int:
        """Bytes that `compact` takes at most."""
        return (self._bank - SECTOR) // 2 - RECORD_BYTES

    @property
    def full(self) -> bool:
        """Whether it is time for a snapshot; while it is not, whatever is not too long can be appended."""
        return self._count > self._most_records or self._bank - self._tail < RECORD_BYTES + self.longest_payload

    def append(self, payload: bytes) -> None:
        """Return when both copies hold ``payload`` durably. Raises `StorageError` or `MemoryFull`."""
        record = pack_record(self._epoch, self._count, payload)
        if len(payload) > self.longest_payload or self._tail + len(record) > self._bank:
            left = min(self.longest_payload, self._bank - self._tail - RECORD_BYTES)
            raise MemoryFull(f"a record of {len(payload)} bytes does not fit; at most {left} do now")
        with self._changing():
            for offset in (0, self._bank):
                self._storage.write(offset + self._tail, record)
                self._storage.sync()
        self._count += 1
        self._tail += len(record)

    def compact(self, snapshot: bytes) -> None:
        """Put ``snapshot`` durably in the place of everything before. Raises `StorageError` or `MemoryFull`."""
        if len(snapshot) > self.longest_snapshot:
            raise MemoryFull(f"a snapshot of {len(snapshot)} bytes does not fit; at most {self.longest_snapshot} do")
        record = pack_record(self._epoch + 1, 0, snapshot)
        content = record.ljust(self._tail - SECTOR, b"\0")
        with self._changing():
            # The second copy first: appending begins with the first, so that each order leaves the other copy whole.
            for offset in (self._bank, 0):
                write_bank(self._storage, offset, self._epoch + 1, content)
        self._epoch += 1
        self._count = 1
        self._tail = SECTOR + len(record)

    def scrub(self) -> tuple[str, ...]:
        """Read both copies again and repair them, before a second fault can meet a first one; returns the sentences.

        Raises `MemoryLost` or `StorageError`.
        """
        with self._changing():
            found = survey(self._storage)
            if (found.epoch, len(found.payloads), found.tail) != (self._epoch, self._count, self._tail):
                raise MemoryLost(f"{self._count} records were written, {len(found.payloads)} are left")
            return repair(self._storage, found)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """What is left by an exception is unknown until both copies have been read again."""
        if not self._usable:
            raise StorageError("the memory failed and must be opened again")
        self._usable = False
        yield
        self._usable = True
