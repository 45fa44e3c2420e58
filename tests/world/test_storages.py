"""The faulty medium does what real ones do, and the same again for the same seed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st

from intrathecal.pump.memory.storage import StorageError
from intrathecal.world.storages import Failure, FaultyStorage, PowerCut

SIZE = 4096
SECTOR = 512
Writes = list[tuple[int, bytes]]


def writes() -> st.SearchStrategy[Writes]:
    """Some writes inside the medium."""
    one = st.tuples(st.integers(0, SIZE - 1), st.binary(min_size=1, max_size=1500))
    return st.lists(one.map(lambda write: (write[0], write[1][: SIZE - write[0]])), min_size=1, max_size=5)


@given(told=writes(), seed=st.integers())
def test_synced_bytes_survive_and_unsynced_ones_are_shown(told: Writes, seed: int) -> None:
    """As a plain array of bytes, as long as the power stays."""
    storage, plain = FaultyStorage(SIZE, seed), bytearray(SIZE)
    for offset, data in told:
        storage.write(offset, data)
        plain[offset : offset + len(data)] = data
        assert storage.read(0, SIZE) == plain
    assert storage.image == bytes(SIZE)
    storage.sync()
    storage.cut()
    assert storage.read(0, SIZE) == storage.image == plain
    assert (storage.reads, storage.writes, storage.syncs) == (len(told) + 1, len(told), 1)


@given(told=writes(), seed=st.integers())
@check(max_examples=200)
def test_a_cut_touches_only_sectors_that_were_pending(told: Writes, seed: int) -> None:
    """And what is left is what is read afterwards."""
    before = bytes(range(256)) * (SIZE // 256)
    storage = FaultyStorage.of(before, seed)
    for offset, data in told:
        storage.write(offset, data)
    storage.cut()
    for start in range(0, SIZE, SECTOR):
        if not any(offset < start + SECTOR and start < offset + len(data) for offset, data in told):
            assert storage.image[start : start + SECTOR] == before[start : start + SECTOR]
    assert storage.read(0, SIZE) == storage.image


def test_after_a_cut_each_byte_is_one_that_was_written_but_for_rare_noise() -> None:
    """Two writes that overlap: each byte is the oldest, the middle or the newest, in nine cuts of ten."""
    noisy = 0
    for seed in range(400):
        storage = FaultyStorage.of(b"0" * SIZE, seed)
        storage.write(100, b"1" * 2000)
        storage.write(700, b"2" * 2000)
        storage.cut()
        inside = storage.image[:100], storage.image[100:700], storage.image[700:2100], storage.image[2100:2700]
        possible = b"0", b"01", b"012", b"02"
        noisy += any(set(part) - set(some) for part, some in zip(inside, possible, strict=True))
    assert 20 <= noisy <= 60


def test_every_part_of_what_was_pending_survives_sometimes() -> None:
    """Over the seeds: each of the sixteen subsets of four sectors, and noise."""
    seen = set()
    for seed in range(600):
        storage = FaultyStorage(SIZE, seed)
        for sector in (2, 0, 3, 1):
            storage.write(sector * SECTOR, b"x" * SECTOR)
        storage.cut()
        seen.add(tuple(storage.image[sector * SECTOR : (sector + 1) * SECTOR] for sector in range(4)))
    pure = {picture for picture in seen if all(set(sector) in ({0}, {ord("x")}) for sector in picture)}
    assert len(pure) == 16
    assert len(seen) > 16


def test_a_seed_repeats_a_run() -> None:
    """The same cut leaves the same bytes; another seed leaves others."""

    def left(seed: int) -> bytes:
        storage = FaultyStorage(SIZE, seed)
        storage.write(0, b"x" * SIZE)
        storage.cut()
        return storage.image

    assert left(5) == left(5)
    assert len({left(seed) for seed in range(20)}) > 5


def test_the_power_fails_during_the_chosen_write_or_sync() -> None:
    """The n-th from now; afterwards the medium works again."""
    storage = FaultyStorage(SIZE, 0)
    storage.write(0, b"a")
    storage.cut_at(2)
    storage.sync()
    with pytest.raises(PowerCut):
        storage.write(1, b"b")
    assert storage.changes == 3
    assert storage.image[:1] == b"a" or storage.image[:SECTOR] != b"a" + bytes(SECTOR - 1)
    storage.write(1, b"c")
    storage.sync()
    assert storage.read(1, 1) == b"c"


def test_nothing_in_the_pump_can_catch_a_power_cut() -> None:
    """It is no `Exception`."""
    assert not issubclass(PowerCut, Exception)


@pytest.mark.parametrize("lasting", [False, True])
def test_the_nth_operation_fails_once_or_for_good(lasting: bool) -> None:
    """Operations of other kinds are not counted."""
    storage = FaultyStorage(SIZE, 0)
    storage.fail(Failure(2, "write", lasting))
    storage.write(0, b"a")
    storage.read(0, 1)
    storage.sync()
    with pytest.raises(StorageError, match="could not be written"):
        storage.write(0, b"b")
    if lasting:
        with pytest.raises(StorageError):
            storage.write(0, b"c")
    storage.fail(None)
    storage.write(0, b"d")
    assert storage.read(0, 1) == b"d"


def test_any_kind_of_operation_can_be_the_one_that_fails() -> None:
    """Reads, writes and syncs are counted together."""
    storage = FaultyStorage(SIZE, 0)
    storage.fail(Failure(3))
    storage.write(0, b"a")
    storage.sync()
    with pytest.raises(StorageError, match="could not be read"):
        storage.read(0, 1)


@given(seed=st.integers())
def test_a_failed_write_leaves_some_beginning_and_a_failed_sync_some_part(seed: int) -> None:
    """What a failed sync did not keep is shown until the power fails, and never becomes durable."""
    storage = FaultyStorage(SIZE, seed)
    storage.fail(Failure(1, "write"))
    with pytest.raises(StorageError):
        storage.write(0, b"x" * 100)
    assert storage.read(0, 100).rstrip(b"\0") == b"x" * storage.read(0, 100).count(b"x")

    storage.write(0, b"y" * SECTOR * 2)
    storage.fail(Failure(1, "sync"))
    with pytest.raises(StorageError):
        storage.sync()
    kept = storage.image
    storage.sync()
    assert storage.read(0, SECTOR * 2) == b"y" * SECTOR * 2
    assert storage.image == kept
    storage.cut()
    assert storage.read(0, SIZE) == kept


@given(bit=st.integers(0, SIZE * 8 - 1))
def test_a_flipped_bit_is_one_bit_at_rest(bit: int) -> None:
    """Twice is as before."""
    storage = FaultyStorage(SIZE, 0)
    storage.flip(bit)
    assert int.from_bytes(storage.image, "little") == 1 << bit
    storage.cut()
    storage.flip(bit)
    assert storage.read(0, SIZE) == bytes(SIZE)


def test_bytes_outside_the_medium_are_an_error() -> None:
    """Reading and writing alike."""
    storage = FaultyStorage(SIZE, 0)
    with pytest.raises(StorageError, match="bytes 4095 to 4097 lie outside the medium's 4096"):
        storage.write(SIZE - 1, b"ab")
    with pytest.raises(StorageError, match="lie outside"):
        storage.read(-1, 1)
