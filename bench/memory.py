"""How quick the pump's memory is: appends in memory and on a disk, opening and scrubbing a full one, snapshots.

Run with ``python -m bench.memory [folder]``; the folder says which disk (default: the temporary one).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter

from intrathecal.pump.memory.memory import DEFAULT_SIZE, Memory
from intrathecal.pump.memory.storage import FileStorage
from intrathecal.world.storages import FaultyStorage

#: What an intent or a commit takes, and a compressed snapshot.
RECORD, SNAPSHOT = b"r" * 120, b"s" * 100_000
APPENDS, SYNCED = 400_000, 300


def in_memory() -> None:
    """Appends through snapshots: what the torture pays."""
    storage = FaultyStorage(2**20, 0)
    Memory.format(storage)
    memory, _ = Memory.open(storage)
    snapshots, began = 0, perf_counter()
    for _ in range(APPENDS):
        memory.append(RECORD)
        if memory.full:
            memory.compact(SNAPSHOT)
            snapshots += 1
    each = (perf_counter() - began) / APPENDS
    print(f"{APPENDS} appends in memory of {storage.size} bytes: {each * 1e6:.1f} us each, {snapshots} snapshots")


def on_disk(folder: Path) -> None:
    """Appends as a real pump makes them, then a full memory."""
    path = folder / "pump.memory"
    FileStorage.create(path, DEFAULT_SIZE, Memory.format)
    with FileStorage(path) as storage:
        memory, _ = Memory.open(storage)
        began = perf_counter()
        for _ in range(SYNCED):
            memory.append(RECORD)
        print(f"append on {folder}: {(perf_counter() - began) / SYNCED * 1e3:.2f} ms each, with its two syncs")
        began = perf_counter()
        memory.compact(SNAPSHOT)
        print(f"snapshot of {len(SNAPSHOT)} bytes: {(perf_counter() - began) * 1e3:.1f} ms")

    full = FaultyStorage.of(path.read_bytes(), 0)
    memory, _ = Memory.open(full)
    count = 0
    while not memory.full:
        memory.append(RECORD)
        count += 1
    path.write_bytes(full.image)
    with FileStorage(path) as storage:
        began = perf_counter()
        memory, recovered = Memory.open(storage)
        print(f"open a full memory of {storage.size} bytes, {count} records: {perf_counter() - began:.3f} s")
        print(f"records given back: {len(recovered.payloads)}, repairs: {len(recovered.repairs)}")
        began = perf_counter()
        memory.scrub()
        print(f"scrub it: {perf_counter() - began:.3f} s")
    print(f"the file has {path.stat().st_size} bytes")


if __name__ == "__main__":
    in_memory()
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        on_disk(Path(name))
