"""The device when its memory is damaged, full, lost or of another model."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from hashlib import shake_256

import pytest
from tests.pump.bench import SECOND, Bench, orders_of
from tests.pump.support import HOUR, MINUTE
from tests.pump.unit_support import BASE

from intrathecal.pump.book import MOST_KEPT, Identity, Paired
from intrathecal.pump.controller import (
    Press,
    Prime,
    Program,
    Reset,
    Stop,
)
from intrathecal.pump.engine import SCRUB_MS
from intrathecal.pump.memory.memory import Memory, Recovered
from intrathecal.pump.sentences import answer_of
from intrathecal.pump.settings import Limit
from intrathecal.pump.state import Refused
from intrathecal.pump.unit import Unit, WrongPump
from intrathecal.world.storages import Failure


@pytest.mark.requirement("GIP-3.3.4", "PCA-EC5")
def test_a_pump_whose_memory_is_lost_answers_and_gives_nothing() -> None:
    """Everything is refused with the reason, nothing can be kept, and the alarm goes on."""
    bench = Bench()
    unit = Unit.without_memory("both copies are damaged", bench.wires, bench.clock, bench.identity(), bench.hardware)

    bench.go(unit, 3 * HOUR)
    assert unit.failed == "memory failure: both copies are damaged"
    assert [alarm.name for alarm in unit.alarms()] == ["memory-failure"]
    for event in (Press(), Stop(), orders_of(BASE), bench.first_fill(BASE)):
        assert answer_of(unit.tell(event)) == unit.failed
    assert not unit.note("note", "a line")
    assert not unit.keep("code", "1")
    assert not unit.pair("ab", Paired("handset", "h", "PEM"))
    assert not unit.unpair("ab")
    assert not unit.burn("x")
    assert not unit.uncertain
    assert bench.steps_made == 0


@pytest.mark.requirement("GIP-3.4.5", "PCA-EC4", "PCA-R7.4-2")
@pytest.mark.parametrize("payload", [b"P 12", b"nonsense", b'{"is":"Born"}', b"D 5 5 1", b"I 5 6"])
def test_records_that_make_no_sense_stop_the_pump(payload: bytes) -> None:
    """It does not guess what it was."""
    bench = Bench()
    memory, _ = bench.read()
    unit = Unit.open(
        memory, Recovered(None, (payload,), ()), bench.wires, bench.clock, bench.identity(), bench.hardware
    )

    assert unit.failed.startswith("memory failure: its records cannot be read")


@pytest.mark.parametrize("snapshot", [b"", b"x" * 100])
def test_a_snapshot_that_makes_no_sense_stops_the_pump(snapshot: bytes) -> None:
    """It does not begin anew."""
    bench = Bench()
    memory, _ = bench.read()
    unit = Unit.open(memory, Recovered(snapshot, (), ()), bench.wires, bench.clock, bench.identity(), bench.hardware)

    assert unit.failed.startswith("memory failure: its records cannot be read")


@pytest.mark.requirement("PCA-R7.4-3", "ACC-15", "GIP-3.4.1")
def test_what_the_memory_repaired_is_in_the_fault_log_without_an_alarm() -> None:
    """One bit turned over, in either copy, at rest."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.go(unit, MINUTE)
    bench.off(SECOND)
    bench.storage.flip(8 * 600)
    unit = bench.start()

    assert [entry.kind for entry in unit.book.faults] == ["memory"]
    assert unit.alarms() == ()
    bench.check(unit)


@pytest.mark.requirement("GIP-3.3.1", "PCA-EC22", "PCA-R7.4-1")
def test_the_memory_is_read_again_every_week_and_repaired() -> None:
    """A bit that turns over while the pump runs is found before the second copy could lose the same record."""
    bench = Bench()
    unit = bench.filled("stop")
    bench.storage.flip(8 * 600)
    bench.leap(unit, SCRUB_MS + MINUTE)
    assert [entry.kind for entry in unit.book.faults] == ["memory", "alarm"]  # and that it stands still


def test_a_memory_that_cannot_be_read_any_more_stops_the_pump_at_its_weekly_look() -> None:
    """It would not survive the next loss of power."""
    bench = Bench()
    unit = bench.filled("stop")
    bench.storage.fail(Failure(1, "read", lasting=True))
    bench.leap(unit, SCRUB_MS + MINUTE)

    assert unit.failed.startswith("memory failure")


def test_a_full_memory_is_made_smaller_and_the_pump_goes_on() -> None:
    """Thousands of steps in a small memory."""
    bench = Bench(size=64 * 1024)
    unit = bench.filled("240 mg/day")
    bench.go(unit, 20 * SECOND)
    bench.check(unit)
    image = unit.life.image
    _, recovered = bench.read()
    assert recovered.snapshot is not None
    bench.off(0)
    assert bench.start().life.state == image.state


def test_a_snapshot_that_does_not_fit_stops_the_pump() -> None:
    """It says so; it forgets nothing."""
    bench = Bench(size=16 * 1024)
    unit = bench.filled("240 mg/day")
    for number in range(200):
        unit.keep(f"name {number % MOST_KEPT}", shake_256(bytes([number])).hexdigest(300))
    bench.go(unit, 5 * SECOND)

    assert unit.failed.startswith("memory failure")


def test_what_does_not_fit_into_the_memory_is_refused_and_nothing_else_changes() -> None:
    """A program of absurd size, a text, a key, and a number with too many digits."""
    bench = Bench(size=32 * 1024)
    unit = bench.filled(BASE)
    before = unit.state
    limits = tuple(Limit(Fraction(10**9), HOUR + i) for i in range(400))
    orders = orders_of(BASE).orders

    assert "cannot be kept" in answer_of(unit.tell(Program(replace(orders, limits=limits))))
    assert not unit.keep("long", "x" * 4096)
    assert not unit.pair("ab", Paired("handset", "h", "x" * 4000))
    assert "cannot be kept" in answer_of(unit.tell(Prime(Fraction(1, 10**200), SECOND)))
    assert unit.state == before
    assert not unit.failed
    blank = Bench(size=32 * 1024)
    fill = blank.first_fill(BASE)
    told = replace(fill, settings=replace(fill.settings, orders=replace(orders, limits=limits)))
    assert "cannot be kept" in answer_of(blank.start().tell(told))


@pytest.mark.requirement("GIP-6.3.2")
def test_a_memory_of_another_model_is_refused_and_a_new_version_is_noted() -> None:
    """The serial number stays what it was."""
    bench = Bench()
    bench.start()
    memory, recovered = bench.read()
    wrong = Identity("IT-2", "prometra-ii-20", "1")
    with pytest.raises(WrongPump, match="that of a synchromed-ii-20, not of a prometra-ii-20"):
        Unit.open(memory, recovered, bench.wires, bench.clock, wrong, bench.hardware)
    newer = Identity("IT-2", "synchromed-ii-20", "2")
    unit = Unit.open(memory, recovered, bench.wires, bench.clock, newer, bench.hardware)

    assert unit.book.identity == Identity("IT-1", "synchromed-ii-20", "2")


def test_a_pump_that_has_failed_in_both_ways_says_what_is_worse() -> None:
    """The memory is lost while the motor is."""
    bench = Bench()
    unit = bench.filled(BASE)
    bench.wires.lost = True
    bench.go(unit, 2 * SECOND)
    bench.storage.fail(Failure(1, "sync", lasting=True))
    assert answer_of(unit.tell(Stop())).startswith("memory failure")
    bench.wires.lost = False
    bench.go(unit, HOUR)

    assert unit.failed.startswith("memory failure")
    assert bench.steps_made == 0
    assert isinstance(unit.tell(Reset())[-1], Refused)


def test_a_blank_memory_is_a_new_pump_only_once() -> None:
    """Its identity is the first thing that it remembers."""
    bench = Bench()
    bench.start()
    _, recovered = Memory.open(bench.storage)

    assert recovered.payloads[0].startswith(b'{"is":"Born"')
