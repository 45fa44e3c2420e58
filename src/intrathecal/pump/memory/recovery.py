"""What two copies of the memory still say together, and how they are made whole again.

Both banks hold the same records at the same places, so that a record which one of them has lost is read from the other.
The first bank is always written and durable before the second is touched; therefore a record that was begun in the second
had been whole in the first. Where the second shows such a record and neither can give it, something that may have been
acknowledged is gone, and the memory is lost. A record begun only in the first was never acknowledged and is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from intrathecal.pump.memory.records import (
    RECORD_BYTES,
    SECTOR,
    Header,
    pack_header,
    pack_record,
    read_header,
    read_record,
    shows_writing,
)
from intrathecal.pump.memory.storage import Storage, StorageError

NAMES = ("first", "second")
#: Damaged records that are named one by one in a sentence.
_MOST_NAMED = 5


class MemoryLost(Exception):
    """What was acknowledged cannot be given back: the pump must fail safe. Nothing was changed."""


@dataclass
class Bank:
    """One copy as it was found: where it lies, its bytes (None: not readable), and which records it cannot give."""

    place: int
    offset: int
    content: bytes | None
    header: Header | None
    missing: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """For a sentence."""
        return f"{NAMES[self.place]} copy"

    def holds(self, epoch: int) -> bool:
        """Whether it may be a whole copy of a generation: its header says so or is damaged."""
        return self.content is not None and self.header in (None, Header(epoch, whole=True))


@dataclass(frozen=True)
class Found:
    """The log that both banks give together, and the banks."""

    epoch: int
    payloads: tuple[bytes, ...]
    log: bytes
    banks: tuple[Bank, Bank]

    @property
    def tail(self) -> int:
        """Where the next record goes: bytes after a bank's beginning."""
        return SECTOR + len(self.log)


def bank_bytes(storage: Storage) -> int:
    """The size of each of the two banks. Raises `MemoryLost` when the storage cannot be divided so."""
    size = storage.size // 2
    if storage.size != 2 * size or size % SECTOR or size < 3 * SECTOR:
        raise MemoryLost(f"no pump's memory is {storage.size} bytes long; the file was cut, or is something else")
    return size


def survey(storage: Storage) -> Found:
    """Read both banks. Raises `MemoryLost`, or `StorageError` when neither can be read; changes nothing."""
    size = bank_bytes(storage)
    banks = (_look(storage, 0, size), _look(storage, 1, size))
    if all(bank.content is None for bank in banks):
        raise StorageError("neither copy of the memory can be read")
    epochs = [bank.header.epoch for bank in banks if bank.header is not None and bank.header.whole]
    if not epochs:
        raise MemoryLost("neither copy begins as a pump's memory does; the file is something else, or both are damaged")
    epoch = max(epochs)
    payloads: list[bytes] = []
    log: list[bytes] = []
    offset = SECTOR
    while (payload := _record(banks, offset, epoch, len(payloads))) is not None:
        log.append(pack_record(epoch, len(payloads), payload))
        payloads.append(payload)
        offset += RECORD_BYTES + len(payload)
    # Only a copy that takes part in this generation can show that a record of it was begun.
    witness = banks[1] if banks[1].holds(epoch) else banks[0]
    if not payloads or shows_writing((witness.content or b"")[offset:]):
        raise MemoryLost(f"record {len(payloads)} of generation {epoch} is damaged in both copies")
    return Found(epoch, tuple(payloads), b"".join(log), banks)


def repair(storage: Storage, found: Found) -> tuple[str, ...]:
    """Make both banks what they should be, and durable; returns a sentence for each thing that was wrong.

    A bank that is whole is put right before one that is not, and each is durable before the next is touched: a cut
    anywhere leaves what was found.
    """
    done: list[str] = []
    first = pack_header(Header(found.epoch, whole=True), bank_bytes(storage))
    right = found.log.ljust(bank_bytes(storage) - SECTOR, b"\0")
    for bank in sorted(found.banks, key=lambda bank: bank.header != Header(found.epoch, whole=True)):
        done += _sentences(bank, found)
        was = bank.content
        if was is None or was[:SECTOR] != first:
            write_bank(storage, bank.offset, found.epoch, right)
        elif was[SECTOR:] != right:
            for place in range(0, len(right), SECTOR):
                sector = right[place : place + SECTOR]
                if was[SECTOR + place : SECTOR + place + SECTOR] != sector:
                    storage.write(bank.offset + SECTOR + place, sector)
            storage.sync()
    return tuple(done)


def refresh(storage: Storage, found: Found) -> None:
    """Write again, in both banks, what the last change before this one may have left undurable.

    After a `Storage.sync` that failed, an operating system may go on showing bytes that never reached the medium. Nothing
    is written after such a failure, so that these can only be a header or the newest record.
    """
    newest = pack_record(found.epoch, len(found.payloads) - 1, found.payloads[-1])
    for bank in found.banks:
        storage.write(bank.offset, pack_header(Header(found.epoch, whole=True), bank_bytes(storage)))
        storage.write(bank.offset + found.tail - len(newest), newest)
        storage.sync()


def write_bank(storage: Storage, offset: int, epoch: int, records: bytes) -> None:
    """Put ``records`` into the bank at ``offset`` in such a way that it is never taken for whole in between."""
    size = bank_bytes(storage)
    storage.write(offset, pack_header(Header(epoch, whole=False), size))
    storage.sync()
    storage.write(offset + SECTOR, records)
    storage.sync()
    storage.write(offset, pack_header(Header(epoch, whole=True), size))
    storage.sync()


def _look(storage: Storage, place: int, size: int) -> Bank:
    try:
        content = storage.read(place * size, size)
    except StorageError:
        return Bank(place, place * size, None, None)
    return Bank(place, place * size, content, read_header(content))


def _record(banks: tuple[Bank, Bank], offset: int, epoch: int, number: int) -> bytes | None:
    """The payload that at least one bank has; who does not have it is told so."""
    payloads = [None if bank.content is None else read_record(bank.content, offset, epoch, number) for bank in banks]
    given = [payload for payload in payloads if payload is not None]
    if not given:
        return None
    if given[0] != given[-1]:
        raise MemoryLost(f"the copies disagree about record {number} of generation {epoch}")
    for bank, payload in zip(banks, payloads, strict=True):
        if payload is None:
            bank.missing.append(number)
    return given[0]


def _sentences(bank: Bank, found: Found) -> list[str]:
    """What was wrong with a bank."""
    other = NAMES[1 - bank.place]
    if bank.content is None:
        return [f"the {bank.name} of the memory could not be read; it was written again from the {other}"]
    if not bank.holds(found.epoch):
        return [f"the {bank.name} of the memory was being rewritten when the power failed; this was completed"]
    said = []
    size = len(bank.content)
    if bank.header is None:
        said.append(f"the header of the {bank.name} of the memory was damaged; it was restored")
    elif bank.content[:SECTOR] != pack_header(bank.header, size):
        said.append(f"stray bits beside the header of the {bank.name} of the memory were cleared")
    tail = bank.content[found.tail :]
    missing = list(bank.missing)
    if missing == [len(found.payloads) - 1] and bank.place == 1:
        said.append(
            f"record {missing[0]} had not reached the {bank.name} of the memory whole, or was damaged there; it was copied from the {other}"
        )
    elif missing:
        more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
        named = ", ".join(map(str, missing[:_MOST_NAMED])) + more
        said.append(f"damage in the {bank.name} of the memory (record {named}) was restored from the {other}")
    if shows_writing(tail):
        said.append(
            f"an unfinished record after record {len(found.payloads) - 1} was removed from the {bank.name} of the memory"
        )
    elif tail.strip(b"\0"):
        said.append(f"stray bits after the last record of the {bank.name} of the memory were cleared")
    return said
