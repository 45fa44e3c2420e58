"""What was made durable is the pump: read again it is the same, and single steps and quiet stretches come to the same."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import Phase, assume, given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.bench import MORPHINE, SECOND, Bench, orders_of
from tests.pump.support import HOUR, MINUTE, ng_per_mL

from intrathecal.pump.book import Paired
from intrathecal.pump.controller import (
    BatteryReset,
    BatterySensed,
    Event,
    Mute,
    Press,
    Prime,
    Refilled,
    Reset,
    Resume,
    Stop,
)
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.life import Life, pack, unpack
from intrathecal.pump.records import from_payload
from intrathecal.pump.settings import Bridge
from intrathecal.pump.state import State
from intrathecal.pump.unit import Unit
from intrathecal.world import faults
from intrathecal.world.storages import PowerCut

PROGRAMS = [
    "stop",
    "0.1 mg/day",
    "2.4 mg/day\non demand 0.01 mg over 10 s, lockout 1 min, max 4 per day",
    "24 mg/day\nbolus 0.05 mg over 1 min at 01:00, 01:02",
    "0.5 mg/day\nbolus 0.02 mg over 20 s every 5 min from 00:30\nramp to 2 mg/day by 50 % every 10 min",
    "1 mg/day\n01:05-01:10 10 mg/day\nlimit 2 mg per 30 min",
]
TWICE = (("morphine", ng_per_mL("20 mg/mL")),)
EVENTS: list[Event] = [
    Press(),
    Press(),
    Stop(),
    Resume(),
    Mute(),
    Reset(),
    BatteryReset(),
    BatterySensed(Fraction(1, 3)),
    Prime(Fraction(PL_PER_ML, 1000), MINUTE),
    Refilled(20 * PL_PER_ML, "morphine", MORPHINE),
    Refilled(30_000, "morphine", TWICE),
    Refilled(20 * PL_PER_ML, "morphine", TWICE, Bridge(Fraction(PL_PER_ML, 2000), Fraction(PL_PER_ML, HOUR))),
]
ALL_BUT_EXPLAIN = [phase for phase in Phase if phase is not Phase.explain]


@st.composite
def happenings(draw: st.DrawFn, longest: int = 20 * MINUTE) -> list[tuple[int, str | Event]]:
    """Waits (ms), each followed by an event, a program, a fault of the motor or its end."""
    waits = st.one_of(st.integers(0, 5 * SECOND), st.integers(0, longest), st.sampled_from([0, MINUTE, longest]))
    what = st.one_of(st.sampled_from(EVENTS), st.sampled_from([*PROGRAMS, "stuck", "freed", "slipping", "still"]))
    return draw(st.lists(st.tuples(waits, what), min_size=1, max_size=8))


def happen(bench: Bench, unit: Unit, what: str | Event) -> None:
    """Let one thing happen."""
    if what == "stuck":
        bench.mechanism.suffer(faults.STUCK)
    elif what == "slipping":
        bench.mechanism.suffer(faults.SLIPPING, 0.3, 10 * MINUTE)
    elif what == "freed":
        bench.mechanism.mend(faults.STUCK)
    elif isinstance(what, str) and what != "still":
        unit.tell(orders_of(what), by="programmer", request=f"{bench.world_ms}", text=what)
    elif not isinstance(what, str):
        unit.tell(what, by="somebody", request=f"r{bench.world_ms}")


def single(bench: Bench, unit: Unit, ms: int) -> None:
    """Let time pass step by step."""
    bench.go(unit, ms)


def quiet(bench: Bench, unit: Unit, ms: int) -> None:
    """Let time pass, one act per stretch of constant rate."""
    bench.leap(unit, ms)


def play(
    way: Callable[[Bench, Unit, int], None], program: str, happened: list[tuple[int, str | Event]]
) -> tuple[Bench, Unit]:
    """A pump to which all of it happened."""
    bench = Bench(size=2**20)
    unit = bench.filled(program)
    for wait, what in happened:
        way(bench, unit, wait)
        happen(bench, unit, what)
    unit.tell(Mute())
    return bench, unit


@pytest.mark.requirement("ACC-16", "GIP-4.1.4", "GIP-3.4.1", "PCA-R7.4-1")
@given(program=st.sampled_from(PROGRAMS), happened=happenings())
@check(max_examples=60, deadline=None, phases=ALL_BUT_EXPLAIN)
def test_read_again_the_pump_is_what_it_was(program: str, happened: list[tuple[int, str | Event]]) -> None:
    """From its last snapshot, and from its first record on: state, book, alarms, open intents, to the last remainder."""
    bench, unit = play(quiet, program, happened)
    unit.note("note", "a line", "somebody", fault=True)
    unit.pair("ab12", Paired("handset", "bedside", "PEM"))
    unit.keep("code", "1234")
    bench.check(unit)
    before = unit.life.image

    memory, recovered = bench.read()
    again = Life(bench.identity()) if recovered.snapshot is None else unpack(recovered.snapshot)
    for payload in recovered.payloads:
        again.apply(from_payload(payload))
    assert again.image == before
    assert bench.replayed().image == before
    assert unpack(pack(unit.life)).image == before

    memory.compact(pack(unit.life))
    _, recovered = bench.read()
    assert recovered.snapshot is not None
    assert unpack(recovered.snapshot).image == before


@given(program=st.sampled_from(PROGRAMS), happened=happenings(2 * MINUTE))
@check(max_examples=60, deadline=None, phases=ALL_BUT_EXPLAIN)
def test_single_steps_and_quiet_stretches_come_to_the_same(
    program: str, happened: list[tuple[int, str | Event]]
) -> None:
    """The same state, the same rotor, the same log, as long as the motor does what it is told."""
    assume(not {"stuck", "slipping"} & {what for _, what in happened if isinstance(what, str)})
    (one, first), (other, second) = play(single, program, happened), play(quiet, program, happened)

    assert first.state == second.state
    assert one.mechanism.truth.rotor == other.mechanism.truth.rotor
    assert [entry.text for entry in first.book.events] == [entry.text for entry in second.book.events]
    assert first.alarms() == second.alarms()


@given(
    program=st.sampled_from(PROGRAMS),
    happened=happenings(),
    cuts=st.lists(st.tuples(st.integers(1, 400), st.integers(0, DAY_MS)), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
)
@check(max_examples=60, deadline=None, phases=ALL_BUT_EXPLAIN)
def test_whenever_the_power_fails_count_and_rotor_agree(
    program: str, happened: list[tuple[int, str | Event]], cuts: list[tuple[int, int]], seed: int
) -> None:
    """Several cuts, with the time without power that follows; no dose is counted that did not flow, none flows uncounted."""
    bench = Bench(seed=seed, size=2**20)
    unit = bench.filled(program)
    pending = list(cuts)
    for wait, what in happened:
        try:
            if pending:
                bench.storage.cut_at(pending[0][0])
            quiet(bench, unit, wait)
            happen(bench, unit, what)
        except PowerCut:
            off = pending.pop(0)[1]
            before = bench.steps_made
            bench.off(off)
            unit = bench.start()
            assert bench.steps_made == before
        bench.storage.cut_at(None)
        bench.check(unit)
        assert not unit.uncertain
        balance(unit.state, bench)


def balance(state: State | None, bench: Bench) -> None:
    """What the reservoir held when it was last filled is what it holds and what was counted since, to one step."""
    assert state is not None
    assert 0 <= state.reservoir_pL <= state.filled_pL
    truth = bench.mechanism.truth
    assert truth.volume_fL + truth.delivered_fL == 20 * 10**12
