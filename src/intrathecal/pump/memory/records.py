"""How a record and a copy's header lie on the medium, each with checksums.

A bank is one copy of the memory: a header of one `SECTOR`, then records without gaps, then zeros to its end. All integers
are little-endian. CRC-32 (zlib) finds every single flipped bit, and every burst of up to 32, in what it covers; lengths are
covered by a checksum of their own, so that no flipped length decides how much is checked.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from zlib import crc32

SECTOR = 512
_HEADER = struct.Struct("<8sQQII")
_HEADER_MAGIC = b"ITmemory"
_WHOLE, _REWRITTEN = 0x57484F4C, 0x52455752
_RECORD = struct.Struct("<4sIQQII")
_RECORD_MAGIC = b"\xd5\xeb\x6d\xb7"
#: Bytes of a record beside its payload.
RECORD_BYTES = _RECORD.size
#: The magic alone sets 22 bits, so that a record of which so many bits have flipped still shows that one was written.
_STRAY_BITS = 8


@dataclass(frozen=True)
class Header:
    """What a bank says of itself: which generation of records it holds, and whether it is ``whole`` or being rewritten."""

    epoch: int
    whole: bool


def longest_record(bank_bytes: int) -> int:
    """Bytes that one record may take, so that a bank always holds several; a snapshot may take more."""
    return (bank_bytes - SECTOR) // 8


def pack_header(header: Header, bank_bytes: int) -> bytes:
    """The first sector of a bank of ``bank_bytes``."""
    told = _HEADER.pack(_HEADER_MAGIC, bank_bytes, header.epoch, _WHOLE if header.whole else _REWRITTEN, 0)[:-4]
    return (told + struct.pack("<I", crc32(told))).ljust(SECTOR, b"\0")


def read_header(bank: bytes) -> Header | None:
    """What a bank's first sector says; None if it is damaged, or of a bank of another size."""
    magic, bank_bytes, epoch, mark, checksum = _HEADER.unpack_from(bank)
    if checksum != crc32(bank[: _HEADER.size - 4]) or (magic, bank_bytes) != (_HEADER_MAGIC, len(bank)):
        return None
    return Header(epoch, mark == _WHOLE) if mark in (_WHOLE, _REWRITTEN) else None


def pack_record(epoch: int, number: int, payload: bytes) -> bytes:
    """The ``number``-th record of a generation."""
    told = _RECORD.pack(_RECORD_MAGIC, len(payload), epoch, number, crc32(payload), 0)[:-4]
    return told + struct.pack("<I", crc32(told)) + payload


def read_record(bank: bytes, offset: int, epoch: int, number: int) -> bytes | None:
    """That record, payload and all before it, if it lies whole and sound at ``offset``; None otherwise."""
    start = offset + RECORD_BYTES
    if start > len(bank):
        return None
    magic, length, its_epoch, its_number, payload_checksum, checksum = _RECORD.unpack_from(bank, offset)
    if checksum != crc32(bank[offset : start - 4]):
        return None
    if (magic, its_epoch, its_number) != (_RECORD_MAGIC, epoch, number) or start + length > len(bank):
        return None
    record = bank[offset : start + length]
    return record if crc32(record[RECORD_BYTES:]) == payload_checksum else None


def shows_writing(tail: bytes) -> bool:
    """Whether something was written where there should be zeros; a few stray bits are no record."""
    return tail != bytes(len(tail)) and int.from_bytes(tail, "little").bit_count() > _STRAY_BITS
