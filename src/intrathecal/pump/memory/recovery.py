"""What two copies of the memory still say together, and how they are made whole again.

Both banks hold the same records at the same places, so that a record which one of them has lost is read from the other.
After the last record there are zeros. A bank is always durable before the other one is touched; therefore a cut of power
leaves something begun or spoilt after the last record in one of them only, and that was never acknowledged. Where every
bank whose header is sound shows something that none can give, a record that was acknowledged may be gone: the memory is
lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from intrathecal.pump.memory.records import (
    RECORD_BYTES,
    SECTOR,
    Header,
    longest_record,
    pack_header,
    read_header,
    read_record,
    shows_writing,
)
from intrathecal.pump.memory.storage import Storage, StorageError

NAMES = ("first", "second")
#: What a medium may destroy at once when the power fails (the largest physical sector): the copies do not share one.
SHARED = 4096
#: Damaged records that are named one by one in a sentence.
_MOST_NAMED = 5


class MemoryLost(Exception):
    """What was acknowledged cannot be given back: the pump must fail safe. Nothing was changed."""


@dataclass
class Bank:
    """One copy as it was found: where it lies, its bytes (none where it cannot be read), and which records it cannot give."""

    place: int
    offset: int
    content: bytes
    header: Header | None
    missing: list[int] = field(default_factory=list)


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
    if size == 0 or storage.size % (2 * SHARED):
        raise MemoryLost(f"no pump's memory is {storage.size} bytes long; the file was cut, or is something else")
    return size


def survey(storage: Storage) -> Found:
    """Read both banks; changes nothing. Raises `MemoryLost`, or `StorageError` when what is missing could not be read."""
    size = bank_bytes(storage)
    banks = (_look(storage, 0, size), _look(storage, 1, size))
    try:
        return _together(banks)
    except MemoryLost as lost:
        unread = [NAMES[bank.place] for bank in banks if not bank.content]
        if unread:
            raise StorageError(f"the {' and '.join(unread)} copy of the memory could not be read ({lost})") from None
        raise


def _together(banks: tuple[Bank, Bank]) -> Found:
    """What both banks give. Raises `MemoryLost`."""
    epochs = [bank.header.epoch for bank in banks if bank.header is not None and bank.header.whole]
    if not epochs:
        raise MemoryLost("neither copy begins as a pump's memory does; the file is something else, or both are damaged")
    epoch = max(epochs)
    records: list[bytes] = []
    offset = SECTOR
    while (record := _record(banks, offset, epoch, len(records))) is not None:
        records.append(record)
        offset += len(record)
    whole = [bank for bank in banks if bank.header == Header(epoch, whole=True)]
    if not records or all(shows_writing(bank.content[offset:]) for bank in whole):
        raise MemoryLost(f"no copy can give record {len(records)} of generation {epoch}, which was written")
    return Found(epoch, tuple(record[RECORD_BYTES:] for record in records), b"".join(records), banks)


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
        if was[:SECTOR] != first:
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
    is written after such a failure, so that these can only be a header, the newest record, or what an unfinished record
    after it left behind, with the rest of the sectors that hold them.
    """
    size = bank_bytes(storage)
    image = (pack_header(Header(found.epoch, whole=True), size) + found.log).ljust(size, b"\0")
    newest = found.tail - RECORD_BYTES - len(found.payloads[-1])
    begin, end = newest // SHARED * SHARED, found.tail + longest_record(size)
    for bank in found.banks:
        storage.write(bank.offset, image[: min(SHARED, begin)])
        storage.write(bank.offset + begin, image[begin : -(-end // SHARED) * SHARED])
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
        return Bank(place, place * size, b"", None)
    return Bank(place, place * size, content, read_header(content))


def _record(banks: tuple[Bank, Bank], offset: int, epoch: int, number: int) -> bytes | None:
    """The record that at least one bank has; a bank that does not have it is told so."""
    first, second = banks
    record = read_record(first.content, offset, epoch, number)
    if record is not None and second.content.startswith(record, offset):
        return record
    other = read_record(second.content, offset, epoch, number)
    if record is not None and other is not None:
        raise MemoryLost(f"the copies disagree about record {number} of generation {epoch}")
    if record is not None:
        second.missing.append(number)
    elif other is not None:
        first.missing.append(number)
    return record or other


def _sentences(bank: Bank, found: Found) -> list[str]:
    """What was wrong with a bank."""
    copy, other = f"the {NAMES[bank.place]} copy of the memory", f"the {NAMES[1 - bank.place]}"
    if not bank.content:
        return [f"{copy} could not be read; it was written again from {other}"]
    if bank.header not in (None, Header(found.epoch, whole=True)):
        return [f"{copy} was being rewritten when the power failed; it was written again from {other}"]
    said = []
    newest = len(found.payloads) - 1
    tail = bank.content[found.tail :]
    if bank.header is None:
        said.append(f"the header of {copy} was damaged; it was restored")
    elif bank.content[:SECTOR] != pack_header(bank.header, len(bank.content)):
        said.append(f"stray bits beside the header of {copy} were cleared")
    if bank.missing == [newest]:
        said.append(f"record {newest}, the newest, was not whole in {copy}; it was restored from {other}")
    elif bank.missing:
        more = f" and {len(bank.missing) - _MOST_NAMED} more" if len(bank.missing) > _MOST_NAMED else ""
        named = ", ".join(map(str, bank.missing[:_MOST_NAMED])) + more
        said.append(f"record {named} was damaged in {copy}; it was restored from {other}")
    if shows_writing(tail):
        said.append(f"what was begun after record {newest} and never finished was removed from {copy}")
    elif tail != bytes(len(tail)):
        said.append(f"stray bits after record {newest}, the newest, were cleared in {copy}")
    return said
