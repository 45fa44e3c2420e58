"""Flipped bits and spoilt copies: everything is given back and reported, or the memory says that it is lost."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.memory.model import FORMATTED, SIZE, Act, Content, Life, acts

from intrathecal.pump.memory.memory import Memory, MemoryLost
from intrathecal.pump.memory.records import SECTOR, Header, pack_header, pack_record
from intrathecal.world.storages import FaultyStorage, PowerCut

BANK = SIZE // 2
TOLD = [Act("append", b"one"), Act("compact", b"two, three"), Act("append", b"four"), Act("append", b"\0" * 40)]


def lived(happening: list[Act], seed: int = 0) -> Life:
    """A memory after some acts."""
    life = Life(FaultyStorage.of(FORMATTED, seed))
    life.live(happening)
    return life


def reopen(image: bytes) -> tuple[Content, tuple[str, ...], bytes]:
    """What an image gives back, the repairs, and the image afterwards."""
    storage = FaultyStorage.of(image, 0)
    _, recovered = Memory.open(storage)
    return Content(recovered.snapshot, recovered.payloads), recovered.repairs, storage.image


def with_bank(image: bytes, place: int, bank: bytes) -> bytes:
    """An image with one of its copies replaced."""
    return bank + image[BANK:] if place == 0 else image[:BANK] + bank


@pytest.mark.requirement("ACC-15", "PCA-R7.4-2", "PCA-R7.4-3")
@pytest.mark.parametrize(("place", "name"), [(0, "first"), (1, "second")])
def test_every_single_flipped_bit_is_masked_repaired_and_reported(place: int, name: str) -> None:
    """All 65,536 bits of a small memory, one at a time: headers, lengths, numbers, checksums, payloads, unused tail."""
    life = lived(TOLD)
    storage = life.storage
    assert isinstance(storage, FaultyStorage)
    right = storage.image
    for bit in range(place * BANK * 8, (place + 1) * BANK * 8):
        storage.flip(bit)
        life.open()
        assert len(life.repairs) == 1, bit
        assert f"the {name} copy" in life.repairs[0], bit
        assert storage.image == right, bit


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    "spoilt",
    [
        lambda bank: b"\0" * BANK,
        lambda bank: b"\xff" * BANK,
        lambda bank: FORMATTED[:BANK],
        lambda bank: bank[::-1],
        lambda bank: bytes(byte ^ 0x55 for byte in bank),
        lambda bank: bank[:SECTOR] + b"\xd5\xeb\x6d\xb7" * ((BANK - SECTOR) // 4),
    ],
)
def test_one_copy_is_enough(place: int, spoilt: Callable[[bytes], bytes]) -> None:
    """Whatever became of the other: blank, noise, an older generation."""
    life = lived(TOLD)
    assert isinstance(life.storage, FaultyStorage)
    right = life.storage.image
    bank = right[place * BANK : (place + 1) * BANK]
    found, repairs, after = reopen(with_bank(right, place, spoilt(bank)))

    assert found == life.sure
    assert repairs
    assert after == right


@pytest.mark.requirement("ACC-15")
@given(happening=acts(), bits=st.lists(st.integers(0, SIZE * 8 - 1), min_size=2, max_size=6))
@check(max_examples=300, deadline=None)
def test_several_flipped_bits_never_give_anything_else(happening: list[Act], bits: list[int]) -> None:
    """All that was acknowledged, or a memory that says it is lost and changes nothing."""
    life = lived(happening)
    storage = life.storage
    assert isinstance(storage, FaultyStorage)
    for bit in bits:
        storage.flip(bit)
    before = storage.image
    try:
        life.open()
    except MemoryLost:
        assert storage.image == before


def test_damage_to_different_records_of_both_copies_is_masked() -> None:
    """Each copy gives what the other has lost."""
    life = lived(TOLD)
    storage = life.storage
    assert isinstance(storage, FaultyStorage)
    right = storage.image
    for place, number in ((0, 0), (1, 1), (0, 2)):
        at = right.index((b"two, three", b"four", b"\0" * 40)[number], place * BANK + SECTOR)
        storage.flip(at * 8)
    life.open()

    assert life.repairs == (
        "record 0, 2 was damaged in the first copy of the memory; it was restored from the second",
        "record 1 was damaged in the second copy of the memory; it was restored from the first",
    )
    assert storage.image == right


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_same_record_damaged_in_both_copies_is_a_lost_memory(number: int) -> None:
    """The newest too: that one of it was acknowledged shows in both copies."""
    life = lived(TOLD)
    storage = life.storage
    assert isinstance(storage, FaultyStorage)
    for place in (0, 1):
        at = storage.image.index((b"two, three", b"four", b"\0" * 40)[number], place * BANK + SECTOR)
        storage.flip(at * 8 + 3)
    before = storage.image
    with pytest.raises(MemoryLost, match=f"no copy can give record {number} of generation 1, which was written"):
        life.open()
    assert storage.image == before


def used_bits(image: bytes) -> list[int]:
    """Bits of headers and records, and some of the unused rest."""
    used = [byte * 8 + bit for byte in range(len(image)) if image[byte] for bit in range(8)]
    return used + list(range(0, len(image) * 8, 997))


def telling_bits(image: bytes) -> list[int]:
    """One bit of each header, of each record's beginning, and of each payload, whether still in use or not."""
    starts = [at for at in range(len(image)) if image.startswith(b"\xd5\xeb\x6d\xb7", at)]
    return [place * 8 + 3 for place in (8, BANK + 8, *starts, *(at + 40 for at in starts))]


def cut_and_flipped(happening: list[Act], seed: int, bits: Callable[[bytes], list[int]]) -> tuple[int, int]:
    """Cut a life at each write and sync in turn, then flip each of some bits: how often it was found, and how often lost.

    Whatever is found holds all that was acknowledged.
    """
    found = lost = 0
    for change in count(1):
        storage = FaultyStorage.of(FORMATTED, seed * 1000 + change)
        life = Life(storage)
        storage.cut_at(change)
        try:
            life.live(happening)
        except PowerCut:
            image = storage.image
        else:
            break
        for bit in bits(image):
            again = FaultyStorage.of(image, bit)
            again.flip(bit)
            other = Life(again)
            other.sure, other.perhaps = life.sure, life.perhaps
            try:
                other.open()
                found += 1
            except MemoryLost:
                lost += 1
    return found, lost


def test_a_cut_and_any_flipped_bit_together_lose_nothing_in_silence() -> None:
    """What was acknowledged is there, or it is said; being lost is the exception even for two faults at once."""
    found, lost = cut_and_flipped(TOLD, 1, used_bits)
    assert lost < found / 4


def test_a_cut_and_a_flipped_bit_in_records_of_many_sectors_lose_nothing_in_silence() -> None:
    """Old and new sectors of a copy that is being rewritten never pass for a whole one."""
    small, large = Act("compact", b"small"), Act("compact", b"large" * 300)
    happening = [Act("append", b"a" * 400), Act("append", b"b" * 400), small, Act("append", b"c" * 400), large, small]
    for seed in range(60):
        cut_and_flipped(happening, seed, telling_bits)


@given(
    happening=acts(),
    bit=st.integers(0, SIZE * 8 - 1),
    when=st.integers(0, 8),
    change=st.integers(1, 60),
    seed=st.integers(),
)
@check(max_examples=400, deadline=None)
def test_a_bit_flipped_long_before_the_cut(happening: list[Act], bit: int, when: int, change: int, seed: int) -> None:
    """The damage sleeps while the pump goes on, until the power fails: nothing acknowledged goes missing in silence."""
    storage = FaultyStorage.of(FORMATTED, seed)
    life = Life(storage)
    try:
        life.live(happening[:when])
        storage.flip(bit)
        storage.cut_at(change)
        for act in happening[when:]:
            life.do(act)
    except PowerCut:
        pass
    storage.cut()
    try:
        life.open()
    except MemoryLost:
        return
    life.open()
    assert life.repairs == ()


@pytest.mark.requirement("GIP-3.3.1")
@given(happening=acts(), bit=st.integers(0, SIZE * 8 - 1))
@check(max_examples=200, deadline=None)
def test_a_scrub_finds_and_repairs_what_sleeps(happening: list[Act], bit: int) -> None:
    """One sentence, and no trace of it afterwards."""
    life = lived(happening)
    storage = life.storage
    assert isinstance(storage, FaultyStorage)
    right = storage.image
    storage.flip(bit)

    assert len(life.memory.scrub()) == 1
    assert storage.image == right
    assert life.memory.scrub() == ()


def test_a_scrub_says_that_a_record_is_gone() -> None:
    """Both copies were put back to an earlier time, behind the pump's back."""
    storage = FaultyStorage.of(FORMATTED, 0)
    life = Life(storage)
    life.live(TOLD[:1])
    earlier = storage.image
    life.do(Act("append", b"later"))
    storage.write(0, earlier)
    with pytest.raises(MemoryLost, match="3 records were written, 2 are left"):
        life.memory.scrub()


def test_stray_bits_in_the_unused_part_of_both_copies_are_cleared() -> None:
    """A few bits are no record: nothing was written there."""
    life = lived(TOLD)
    storage = life.storage
    assert isinstance(storage, FaultyStorage)
    right = storage.image
    for bit in (BANK * 8 - 1, BANK * 8 - 77, SIZE * 8 - 5):
        storage.flip(bit)
    life.open()
    assert [
        f"stray bits after record 2, the newest, were cleared in the {name}" in said
        for name, said in zip(("first", "second"), life.repairs, strict=True)
    ] == [True, True]
    assert storage.image == right


def test_a_record_in_the_place_of_another_is_not_taken_for_it() -> None:
    """In both copies the bytes of the first record were written over those of the second."""
    storage = FaultyStorage.of(FORMATTED, 0)
    Life(storage).live([Act("append", b"first"), Act("append", b"other")])
    image = storage.image
    first, other = pack_record(0, 1, b"first"), pack_record(0, 2, b"other")
    assert image.count(other) == 2
    with pytest.raises(MemoryLost, match="no copy can give record 2"):
        reopen(image.replace(other, first))


def test_copies_that_disagree_are_a_lost_memory() -> None:
    """Two sound records with the same number cannot both be true."""
    banks = b""
    for payload in (b"yes", b"no!"):
        records = pack_record(0, 0, b"") + pack_record(0, 1, payload)
        banks += pack_header(Header(0, whole=True), BANK) + records.ljust(BANK - SECTOR, b"\0")
    with pytest.raises(MemoryLost, match="the copies disagree about record 1 of generation 0"):
        reopen(banks)


@pytest.mark.requirement("GIP-3.4.5")
@pytest.mark.parametrize(
    ("image", "said"),
    [
        (bytes(SIZE), "neither copy begins as a pump's memory does"),
        (b"Dear diary, " * 4096, "neither copy begins as a pump's memory does"),
        (FORMATTED[:-1], "no pump's memory is 8191 bytes long"),
        (FORMATTED[:BANK], "no pump's memory is 4096 bytes long"),
        (FORMATTED + FORMATTED, "neither copy begins as a pump's memory does"),
        (b"", "no pump's memory is 0 bytes long"),
    ],
)
def test_what_is_no_memory_is_never_taken_for_a_new_one(image: bytes, said: str) -> None:
    """An erased memory is not that of a new pump, and a cut or grown file is not the memory that it was."""
    storage = FaultyStorage.of(image, 0)
    with pytest.raises(MemoryLost, match=said):
        Memory.open(storage)
    assert storage.image == image
