"""The device: the requests, keys and logs that it keeps, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.pump.bench import BUSY, MONDAY, Bench, orders_of
from tests.pump.support import HOUR, MINUTE
from tests.pump.unit_support import BASE, DEMAND, state_of

from intrathecal.pump.book import ANSWERS, EVENTS, FAULTS, MOST_KEPT, MOST_PAIRED, Paired
from intrathecal.pump.controller import (
    Press,
    Refilled,
    Stop,
)
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.records import FirstFill
from intrathecal.pump.sentences import answer_of


@pytest.mark.requirement("GIP-2.3.2")
def test_a_request_is_remembered_with_what_became_of_it_also_after_a_restart() -> None:
    """Done, refused and never arrived."""
    bench = Bench()
    unit = bench.filled(DEMAND)
    unit.tell(Press(), by="handset", request="first")
    unit.tell(Press(), by="handset", request="second")
    assert unit.burn("third")
    bench.off(0)
    unit = bench.start()

    reasons = [
        answered.reason for answered in (unit.answered(name) for name in ("first", "second", "third")) if answered
    ]
    assert reasons == ["", "lockout", "it never arrived"]
    assert unit.answered("fourth") is None
    assert unit.burn("first")
    assert unit.answered("first") is not None


def test_only_so_many_requests_are_remembered() -> None:
    """The oldest are forgotten first."""
    bench = Bench(size=2**20)
    unit = bench.filled(BASE)
    for number in range(ANSWERS + 2):
        unit.burn(str(number))

    assert unit.answered("1") is None
    assert unit.answered("2") is not None


@pytest.mark.requirement("GIP-4.1.1", "GIP-4.1.3", "ACC-5", "PCA-R6.6-1")
def test_every_act_and_every_refusal_is_logged_with_its_date_and_who_did_it() -> None:
    """Nothing is changed by a refusal."""
    bench = Bench()
    unit = bench.start()
    assert answer_of(unit.tell(Press(), by="h")) == "the pump has not been filled"
    too_much = replace(bench.first_fill(BASE), volume_pL=21 * PL_PER_ML)
    assert answer_of(unit.tell(too_much)) == "the reservoir holds 20 mL"
    other = Bench("synchromed-ii-40").first_fill(BASE)
    assert answer_of(unit.tell(other)) == "the settings are for a synchromed-ii-40, this is a synchromed-ii-20"
    broken = bench.first_fill("24 mg/day\nlimit 1 mg per 24 h")
    assert answer_of(unit.tell(broken, by="p")) == "limit: a window of 24 h would hold 24 mg, more than 1 mg"
    assert unit.state is None
    assert answer_of(unit.tell(bench.first_fill(DEMAND), by="p", text=DEMAND)) == ""
    assert unit.book.text == DEMAND
    assert answer_of(unit.tell(bench.first_fill(DEMAND))) == "the pump has been filled before"
    refill = Refilled(21 * PL_PER_ML, "morphine", state_of(unit).settings.labels)
    assert answer_of(unit.tell(refill, by="p")) == "the reservoir holds 20 mL"
    unit.tell(orders_of("24 mg/day\nlimit 1 mg per 24 h"), by="p", text="no")
    assert unit.book.text == DEMAND
    unit.tell(orders_of("1 mg/day"), by="p", text="1 mg/day")
    assert unit.book.text == "1 mg/day"

    lines = [(entry.kind, entry.by) for entry in unit.book.events]
    assert lines == [
        ("power", ""),
        ("refused", "h"),
        ("fill", ""),
        ("fill", ""),
        ("fill", "p"),
        ("fill", "p"),
        ("fill", ""),
        ("refill", "p"),
        ("program", "p"),
        ("program", "p"),
    ]
    assert unit.book.events[0].date == MONDAY
    assert unit.book.events[-1].date == MONDAY + HOUR
    assert [entry.number for entry in unit.book.events] == list(range(1, 11))


@pytest.mark.requirement("PCA-R6.6-2")
def test_equal_neighbours_of_a_log_are_counted_and_the_oldest_entries_are_overwritten_first() -> None:
    """Numbers go on, so that what was overwritten is missed."""
    bench = Bench(size=4 * 2**20)
    unit = bench.start()
    for _ in range(3):
        unit.note("garbage", "nonsense came", "somebody", fault=True)
    for number in range(EVENTS):
        unit.note("note", f"line {number}", fault=number < FAULTS)

    assert len(unit.book.events) == EVENTS
    assert unit.book.events[0].text == "line 0"
    assert unit.book.events[-1].number == EVENTS + 2
    assert len(unit.book.faults) == FAULTS
    bench.off(0)
    assert bench.start().book.faults[-1].text == f"line {FAULTS - 1}"


def test_keys_and_texts_are_kept_in_bounds() -> None:
    """Known again after a restart; one can be forgotten, one can be changed."""
    bench = Bench(size=2**20)
    unit = bench.start()
    for number in range(MOST_PAIRED):
        assert unit.pair(f"key {number}", Paired("handset", "h", "PEM"))
    assert not unit.pair("one more", Paired("handset", "h", "PEM"))
    assert unit.pair("key 1", Paired("programmer", "p", "PEM"))
    assert unit.unpair("key 0", "p")
    for number in range(MOST_KEPT):
        assert unit.keep(f"text {number}", "x")
    assert not unit.keep("one more", "x")
    assert not unit.keep("text 0", "x" * 5000)
    assert unit.keep("text 0", "y")
    bench.off(0)
    unit = bench.start()

    assert len(unit.book.paired) == MOST_PAIRED - 1
    assert unit.book.paired["key 1"].role == "programmer"
    assert unit.book.kept["text 0"] == "y"


def test_a_pump_with_one_flow_for_life_cannot_be_stopped() -> None:
    """It says so."""
    bench = Bench("isomed-20-0.5")
    unit = bench.start()
    told = bench.first_fill("5 mg/day")
    unit.tell(FirstFill(told.settings, 20 * PL_PER_ML, 0, MONDAY, 0))

    assert answer_of(unit.tell(Stop())) == "this pump has one flow for life"
    bench.go(unit, MINUTE)
    bench.check(unit)


def test_the_busy_program_of_the_other_tests_runs() -> None:
    """It has a bolus at the hour of the first fill."""
    bench = Bench()
    unit = bench.filled(BUSY)
    assert [bolus.kind for bolus in state_of(unit).running] == ["scheduled"]
