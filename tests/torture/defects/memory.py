"""How a memory loses what it was given."""

from __future__ import annotations

from dataclasses import replace

from tests.torture.defects.defect import HOUR, MINUTE, SECOND, Defect, Patch, cuts, situation
from tests.torture.defects.restarts import PRESSED

from intrathecal.pump import book, engine
from intrathecal.pump.engine import Engine
from intrathecal.pump.life import Life, pack
from intrathecal.pump.memory import records
from intrathecal.pump.memory.memory import Memory
from intrathecal.pump.memory.records import SECTOR, pack_record
from intrathecal.torture.plan import Happening


def _second_copy_not_written(patch: Patch) -> None:
    def wrong(self: Memory, payload: bytes) -> None:
        record = pack_record(self._epoch, self._count, payload)
        self._storage.write(self._tail, record)
        self._storage.sync()
        self._count += 1
        self._tail += len(record)

    patch.setattr(Memory, "append", wrong)


def _never_synced(patch: Patch) -> None:
    def wrong(self: Memory, payload: bytes) -> None:
        record = pack_record(self._epoch, self._count, payload)
        for offset in (0, self._bank):
            self._storage.write(offset + self._tail, record)
        self._count += 1
        self._tail += len(record)

    patch.setattr(Memory, "append", wrong)


def _checksums_not_looked_at(patch: Patch) -> None:
    def wrong(data: bytes) -> int:
        return 0

    patch.setattr(records, "crc32", wrong)


def _repairs_not_logged(patch: Patch) -> None:
    right = Engine.note

    def wrong(self: Engine, kind: str, text: str, by: str = "", *, fault: bool = False) -> bool:
        return kind == "memory" or right(self, kind, text, by, fault=fault)

    patch.setattr(Engine, "note", wrong)


def _snapshot_without_answers(patch: Patch) -> None:
    def wrong(life: Life) -> bytes:
        image = life.image
        return pack(Life.of(replace(image, book=replace(image.book, answers=()))))

    patch.setattr(engine, "pack", wrong)


def _answered_before_durable(patch: Patch) -> None:
    right = Memory.append
    waiting: list[bytes] = []

    def wrong(self: Memory, payload: bytes) -> None:
        if b'"Told"' in payload and not waiting:
            waiting.append(payload)
            return
        for earlier in (*waiting, payload):
            right(self, earlier)
        waiting.clear()

    patch.setattr(Memory, "append", wrong)


def _log_overwritten(patch: Patch) -> None:
    patch.setattr(book, "EVENTS", 8)


#: A bit of an early record in the first copy.
EARLY_BIT = 8 * (SECTOR + 300)

BIT_FLIPPED = situation(["2.4 mg/day"], 20 * MINUTE, Happening(10 * MINUTE, "bit-flip", EARLY_BIT, SECOND))
CUTS_EVERYWHERE = situation(["2.4 mg/day"], HOUR, *cuts(5 * MINUTE, 3 * MINUTE, range(1, 16)))
PRESSED_ALL_DAY = situation(
    [PRESSED],
    5 * HOUR,
    Happening(10 * MINUTE, "presses-all-day", 2 * MINUTE, 4 * HOUR),
    Happening(4 * HOUR + 30 * MINUTE, "power-cut", 0, SECOND),
)
CUT_AFTER_PRESS = situation(
    [PRESSED], 30 * MINUTE, Happening(10 * MINUTE, "press"), Happening(10 * MINUTE + 1, "power-cut", 0, SECOND)
)

DEFECTS = (
    Defect(
        "only one copy is written",
        "records go into the first copy alone",
        _second_copy_not_written,
        BIT_FLIPPED,
        "log",
        "is not what it was",
    ),
    Defect(
        "nothing is made durable",
        "both copies are written and never synced",
        _never_synced,
        CUTS_EVERYWHERE,
        "clock",
        "which was durable",
    ),
    Defect(
        "checksums not looked at",
        "every checksum is right",
        _checksums_not_looked_at,
        BIT_FLIPPED,
        "memory",
        "the memory was lost by 1 flipped bits",
    ),
    Defect(
        "repairs of the memory not logged",
        "a flipped bit is put right in silence",
        _repairs_not_logged,
        BIT_FLIPPED,
        "memory",
        "was not logged",
    ),
    Defect(
        "answers forgotten in a snapshot",
        "what became of earlier requests is not kept when the memory is written anew",
        _snapshot_without_answers,
        PRESSED_ALL_DAY,
        "replay",
        "was read again",
    ),
    Defect(
        "answered before it is durable",
        "what is asked is done and answered at once, and kept with the next record",
        _answered_before_durable,
        CUT_AFTER_PRESS,
        "replay",
        "was read again",
    ),
    Defect(
        "log overwritten",
        "the log keeps eight entries",
        _log_overwritten,
        PRESSED_ALL_DAY,
        "log",
        "is gone",
    ),
)
