"""The n-th read, write or sync fails, once and for good, for every n."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.memory.model import FORMATTED, Act, Life, acts

from intrathecal.pump.memory.memory import Memory, MemoryFull
from intrathecal.pump.memory.storage import StorageError
from intrathecal.world.storages import Failure, FaultyStorage, Operation, PowerCut


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("operation", ["write", "sync", "read", None])
@given(happening=acts(5), later=acts(3), seed=st.integers(0, 2**32), change=st.integers(1, 20))
@check(max_examples=15, deadline=None)
def test_a_failure_anywhere_stops_the_memory_and_costs_nothing(
    operation: Operation | None, lasting: bool, happening: list[Act], later: list[Act], seed: int, change: int
) -> None:
    """It takes nothing more until it is opened again; then all that was acknowledged is there, also after a power cut."""
    for number in count(1):
        storage = FaultyStorage.of(FORMATTED, seed + number)
        life = Life(storage)
        life.open()
        storage.fail(Failure(number, operation, lasting))
        stopped = False
        try:
            for act in happening:
                life.do(act)
        except StorageError:
            stopped = True
            with pytest.raises(StorageError):
                life.memory.append(b"more")
            if lasting:
                with pytest.raises(StorageError):
                    Memory.open(storage)
        storage.fail(None)
        life.open()
        storage.cut_at(change)
        try:
            for act in later:
                life.do(act)
        except PowerCut:
            pass
        else:
            storage.cut()
        life.open()
        if not stopped:
            break


@given(happening=acts(5), seed=st.integers(0, 2**32), operation=st.sampled_from(["write", "sync", "read", None]))
@check(max_examples=40, deadline=None)
def test_a_failure_while_it_opens(happening: list[Act], seed: int, operation: Operation | None) -> None:
    """It opens all the same, or it does not and can be opened later; a power cut between changes nothing."""
    for number in count(1):
        storage = FaultyStorage.of(FORMATTED, seed + number)
        life = Life(storage)
        life.live(happening)
        storage.flip(seed % (storage.size * 8))
        storage.fail(Failure(number, operation))
        before = storage.reads + storage.changes
        try:
            life.open()
        except StorageError:
            storage.cut()
            life.open()
        storage.fail(None)
        if number > storage.reads + storage.changes - before:
            break


@pytest.mark.parametrize(("first", "name", "other"), [(1, "first", "second"), (2, "second", "first")])
def test_a_copy_that_cannot_be_read_is_written_again(first: int, name: str, other: str) -> None:
    """The other one gives everything."""
    storage = FaultyStorage.of(FORMATTED, 0)
    life = Life(storage)
    life.live([Act("append", b"a"), Act("compact", b"b"), Act("append", b"c")])
    storage.fail(Failure(first, "read"))
    life.open()

    said = f"the {name} copy of the memory could not be read; it was written again from the {other}"
    assert life.repairs == (said,)


def test_what_is_too_long_is_refused_and_harms_nothing() -> None:
    """Records up to the longest, snapshots up to the longest; a full memory says so before it must refuse."""
    life = Life(FaultyStorage.of(FORMATTED, 0))
    life.open()
    memory = life.memory
    with pytest.raises(MemoryFull, match=r"a record of 417 bytes does not fit; at most 416 do now"):
        memory.append(b"x" * (memory.longest_payload + 1))
    with pytest.raises(MemoryFull, match=r"a snapshot of 1761 bytes does not fit; at most 1760 do"):
        memory.compact(b"x" * (memory.longest_snapshot + 1))
    life.do(Act("compact", b"s" * memory.longest_snapshot))
    taken = 0
    while not memory.full:
        life.do(Act("append", b"p" * memory.longest_payload))
        taken += 1
    assert taken > 1
    with pytest.raises(MemoryFull):
        memory.append(b"p" * memory.longest_payload)
    life.do(Act("compact", b""))
    assert not memory.full
    life.open()
    assert life.sure.snapshot == b""


def test_a_memory_that_is_not_full_takes_the_longest_record() -> None:
    """However many bytes are left, to the last one; when it is full the longest is refused."""
    outcomes = set()
    for length in range(140):
        life = Life(FaultyStorage.of(FORMATTED, 0))
        life.live([Act("compact", b"s" * 1700), *[Act("append", b"p" * 100)] * 10])
        life.memory.append(b"p" * length)
        full = life.memory.full
        try:
            life.memory.append(b"p" * life.memory.longest_payload)
            outcomes.add((full, "taken"))
        except MemoryFull:
            outcomes.add((full, "refused"))
    assert outcomes == {(False, "taken"), (True, "refused")}


def test_a_memory_of_many_records_stays_where_it_is() -> None:
    """Twenty thousand records through a memory of 8 kB, looked at now and then."""
    life = Life(FaultyStorage.of(FORMATTED, 0))
    life.open()
    for number in range(20_000):
        life.do(Act("append", b"%d" % number))
        if number % 1000 == 999:
            life.open()
            assert life.repairs == ()
