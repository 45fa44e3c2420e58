"""The power fails at every write and every sync, and again during every recovery."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, product

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.memory.model import FORMATTED, SIZE, Act, Life, acts

from intrathecal.pump.memory.memory import Memory
from intrathecal.world.storages import FaultyStorage, PowerCut

#: Bytes that survive together: the common sector, pieces of one, and the largest physical one.
SECTORS = st.sampled_from([512, 512, 64, 4096])


def cut_short(life: Life, storage: FaultyStorage, happening: Sequence[Act], change: int) -> bool:
    """Live until the power fails at the ``change``-th write or sync; False if it is never reached."""
    storage.cut_at(change)
    try:
        life.live(happening)
    except PowerCut:
        return True
    storage.cut_at(None)
    return False


@pytest.mark.requirement("GIP-1.7.1", "ACC-16")
@given(happening=acts(), later=acts(3), seed=st.integers(0, 2**32), sector=SECTORS)
@check(max_examples=60, deadline=None)
def test_a_cut_anywhere_leaves_all_that_was_acknowledged(
    happening: list[Act], later: list[Act], seed: int, sector: int
) -> None:
    """What was under way is there whole or not at all, and the memory goes on from there."""
    for change in count(1):
        storage = FaultyStorage.of(FORMATTED, seed + change, sector)
        life = Life(storage)
        reached = cut_short(life, storage, happening, change)
        life.live(later)
        life.open()
        assert life.repairs == ()
        if not reached:
            break


@given(happening=acts(4), seed=st.integers(0, 2**32), sector=SECTORS)
@check(max_examples=25, deadline=None)
def test_a_cut_anywhere_in_a_recovery_changes_nothing(happening: list[Act], seed: int, sector: int) -> None:
    """However often the recovery itself is cut, and wherever."""
    for change in count(1):
        storage = FaultyStorage.of(FORMATTED, seed + change, sector)
        life = Life(storage)
        reached = cut_short(life, storage, happening, change)
        for recovery in count(1):
            again = FaultyStorage.of(storage.image, seed + recovery, sector)
            other = Life(again)
            other.sure, other.perhaps = life.sure, life.perhaps
            # Three recoveries in a row that are cut, then one that is not.
            cuts = [cut_short(other, again, [], recovery + later) for later in (0, 1, 2)]
            other.open()
            if not any(cuts):
                break
        if not reached:
            break


@given(happening=acts(30), gaps=st.lists(st.integers(1, 40), max_size=12), seed=st.integers(0, 2**32), sector=SECTORS)
@check(max_examples=100, deadline=None)
def test_cut_after_cut_in_a_long_life(happening: list[Act], gaps: list[int], seed: int, sector: int) -> None:
    """Nothing acknowledged is ever forgotten, through recoveries that are cut and acts that are repeated."""
    storage = FaultyStorage.of(FORMATTED, seed, sector)
    life = Life(storage)
    left = list(happening)
    for gap in [*gaps, None]:
        storage.cut_at(gap)
        try:
            life.open()
            while left:
                life.do(left[0])
                left.pop(0)
        except PowerCut:
            continue
    life.open()


def test_damage_in_both_copies_is_repaired_through_cuts_too() -> None:
    """One copy has lost its header and a record, the other another record: each is needed until the other is whole."""
    acts = [Act("append", letter * 400) for letter in (b"a", b"b", b"c", b"d")]
    for spoilt, other in ((0, SIZE // 2), (SIZE // 2, 0)):
        for seed, change in product(range(40), range(1, 9)):
            storage = FaultyStorage.of(FORMATTED, seed)
            life = Life(storage)
            life.live(acts)
            for place, letter in ((spoilt, b"a"), (other, b"c")):
                storage.flip(storage.image.index(letter * 400, place) * 8)
            storage.flip(spoilt * 8)
            cut_short(life, storage, [], change)
            life.open()
            assert len(life.sure.payloads) == 4


def test_an_unfinished_record_is_dropped_and_said() -> None:
    """The first copy shows that a record was begun, the second never did."""
    said: set[str] = set()
    for seed in range(200):
        storage = FaultyStorage.of(FORMATTED, seed)
        life = Life(storage)
        life.live([Act("append", b"told")])
        storage.cut_at(1)
        try:
            life.do(Act("append", b"never" * 80))
        except PowerCut:
            life.open()
        said.update(life.repairs)
        assert life.sure.payloads[0] == b"told"
    removed = "what was begun after record 1 and never finished was removed from the first copy of the memory"
    copied = "record 2, the newest, was not whole in the second copy of the memory; it was restored from the first"
    assert {removed, copied} <= said


def test_nothing_is_repaired_after_a_quiet_end() -> None:
    """Opening a memory that nothing happened to reports nothing and changes nothing."""
    storage = FaultyStorage.of(FORMATTED, 1)
    Life(storage).live([Act("append", b"a"), Act("compact", b"b"), Act("append", b"c")])
    before = storage.image
    _, recovered = Memory.open(storage)

    assert (recovered.snapshot, recovered.payloads, recovered.repairs) == (b"b", (b"c",), ())
    assert storage.image == before
