"""What is given is what the words say, evenly and exactly; what cannot be given is said and never booked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.bench import MONDAY, MORPHINE, Bench, orders_of
from tests.pump.support import HOUR, MINUTE, filled, names, play, run, settings
from tests.simulation.support import run as simulated

from intrathecal.pump import alarms
from intrathecal.pump.controller import Event, Press, Prime, Program, Refilled, Resume, Rotor, Stop, Tick
from intrathecal.pump.encoding import EncodingError, decode, encode, parse
from intrathecal.pump.forecast import reservoir_dates
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.memory.memory import Memory
from intrathecal.pump.records import Born, to_payload
from intrathecal.pump.sentences import answer_of
from intrathecal.pump.settings import Level, Orders
from intrathecal.pump.state import Stretch

COARSE = "prometra-ii-20"


def steps_between(actions: list[object], first: int, last: int) -> int:
    """How many steps are completed from ``first`` on and before ``last``."""
    stretches = [action for action in actions if isinstance(action, Stretch)]
    return sum(first <= time < last for stretch in stretches for time in stretch.step_times())


@pytest.mark.requirement("GIP-1.4.7", "GIP-1.4.2", "GIP-1.4.1")
def test_boluses_are_spread_evenly_each_at_its_own_rate() -> None:
    """0.6 mg over an hour by the program, 0.1 mg over 10 min by a press: each tenth of them holds the same steps, to one."""
    told = settings("stop\nbolus 0.6 mg over 60 min at 08:00\non demand 0.1 mg over 10 min, lockout 1 h, max 9 per day")
    events: list[tuple[int, Event]] = [(12 * HOUR, Press()), (DAY_MS, Tick())]
    _, done = play(filled(told), events)
    actions: list[object] = [*done]

    for begins, lasts, dose_ng in ((8 * HOUR, HOUR, 600_000), (12 * HOUR, 10 * MINUTE, 100_000)):
        tenths = [
            steps_between(actions, begins + k * lasts // 10 + 1, begins + (k + 1) * lasts // 10 + 1) for k in range(10)
        ]
        expected = told.flow(Fraction(dose_ng)) / told.hardware.step_pL
        assert max(tenths) - min(tenths) <= 1
        assert abs(sum(tenths) - expected) <= 1
    assert steps_between(actions, 0, DAY_MS) == steps_between(actions, 8 * HOUR, 12 * HOUR + 10 * MINUTE + 1)


@pytest.mark.requirement("GIP-1.5.3", "GIP-1.5.4", "GIP-6.2.2")
def test_the_reservoir_s_dates_are_computed_again_at_every_change() -> None:
    """A program of twice the dose halves the time left; a bolus brings the date forward by its own volume; a refill resets it."""
    told = settings("2.4 mg/day\non demand 0.24 mg over 10 min, lockout 1 h, max 9 per day")
    state, _ = play(filled(told), [(DAY_MS, Tick())])
    first = reservoir_dates(state).low
    doubled, _ = play(
        state, [(DAY_MS, Program(replace(told.orders, week=((0, Level(told.orders.week[0][1].dose * 2)),))))]
    )
    pressed, _ = play(state, [(DAY_MS, Press())])
    refilled, _ = play(state, [(DAY_MS, Refilled(20 * PL_PER_ML, "morphine", (("morphine", Fraction(20 * 10**6)),)))])

    assert first is not None
    left = first - DAY_MS
    assert reservoir_dates(doubled).low == pytest.approx(DAY_MS + left / 2, abs=2000)
    assert reservoir_dates(pressed).low == pytest.approx(first - DAY_MS / 10, abs=2000)
    # 18 mL at 20 mg/mL and 2.4 mg/day.
    assert reservoir_dates(refilled).low == pytest.approx(DAY_MS + 150 * DAY_MS, abs=2000)
    assert refilled.filled_pL == refilled.reservoir_pL == 20 * PL_PER_ML


@pytest.mark.requirement("GIP-1.6.1", "PCA-R7.2-1")
def test_a_stop_ends_after_the_step_that_has_begun_and_keeps_the_remainder() -> None:
    """Not one step follows, however long; resumed, the next step comes when what was left of it has been asked for."""
    bench = Bench(COARSE)
    unit = bench.filled("2 mg/day")
    bench.go(unit, 50 * HOUR + MINUTE)
    assert unit.tell(Stop()) is not None
    state, made = unit.state, bench.steps_made
    assert state is not None
    assert state.owed > 0
    bench.go(unit, 30 * HOUR)
    assert bench.steps_made == made == state.steps
    unit.tell(Resume())
    assert unit.state is not None
    assert unit.state.owed == state.owed
    bench.go(unit, int((bench.hardware.step_pL - state.owed) / (Fraction(PL_PER_ML, 5) / DAY_MS)) + 2)
    assert bench.steps_made == made + 1


@pytest.mark.requirement("ACC-6", "ACC-20")
@given(
    volume=st.integers(1, 40),
    happened=st.lists(
        st.tuples(
            st.integers(0, 12 * HOUR), st.sampled_from(["press", "stop", "resume", "stuck", "freed", "cut", "fill"])
        ),
        max_size=12,
    ),
)
@check(max_examples=40, deadline=None)
def test_reservoir_and_delivered_are_what_was_filled(volume: int, happened: list[tuple[int, str]]) -> None:
    """To the step, through stalls, stops, power cuts and an empty reservoir; count, rotor and journal agree."""
    bench = Bench()
    unit = bench.start()
    program = "24 mg/day\non demand 1 mg over 20 min, lockout 1 h, max 20 per day"
    fill = replace(bench.first_fill(program), volume_pL=volume * PL_PER_ML // 20)
    assert answer_of(unit.tell(fill)) == ""
    told_pL, counted_before = fill.volume_pL, 0
    for wait, what in [*happened, (DAY_MS, "press")]:
        bench.leap(unit, wait)
        if what == "cut":
            bench.off(MINUTE)
            unit = bench.start()
        elif what == "stuck":
            bench.mechanism.suffer("stuck")
        elif what == "freed":
            bench.mechanism.mend("stuck")
        elif what == "fill":
            unit.tell(Refilled(PL_PER_ML, "morphine", MORPHINE))
            assert unit.state is not None
            told_pL, counted_before = PL_PER_ML, unit.state.counted_pL
        else:
            asked: dict[str, Event] = {"press": Press(), "stop": Stop(), "resume": Resume()}
            unit.tell(asked[what])
        state = unit.state
        assert state is not None
        assert state.reservoir_pL + state.counted_pL - counted_before == told_pL
        assert state.reservoir_pL >= 0
        bench.check(unit)
        assert bench.steps_made == state.steps


@pytest.mark.requirement("ACC-20", "PCA-R7.2-3", "GIP-1.5.6")
def test_an_empty_reservoir_is_never_booked() -> None:
    """1 mL at 2.4 mL/day is counted once; for two days after nothing is, and the dose stands still."""
    told = settings("24 mg/day\nbolus 1 mg over 10 min at 07:00")
    state, actions = run(filled(told, 1), 3 * DAY_MS)

    assert state.counted_pL == PL_PER_ML
    assert dict(state.booked)["morphine"] == told.dose(Fraction(PL_PER_ML))
    assert alarms.EMPTY_RESERVOIR in [name for _, name in names(actions)]


@pytest.mark.requirement("ACC-7")
@pytest.mark.parametrize("rate", ["-1/1", "NaN", "Infinity", "1/0", "-0/1", "1e3", ""])
def test_a_rate_below_zero_or_not_finite_cannot_be_held(rate: str) -> None:
    """Neither as a value that is sent, nor in what the memory keeps."""
    data = encode(Orders, orders_of("2.4 mg/day").orders)
    data["week"][0][1]["dose"] = rate

    with pytest.raises(EncodingError):
        decode(Orders, data)


@pytest.mark.requirement("ACC-7", "PCA-R7.3-2")
def test_a_pump_that_is_told_or_remembers_a_rate_below_zero_gives_nothing_of_it() -> None:
    """Told, it is refused and the old program goes on; in the memory, the pump stops with its alarm."""
    bench = Bench(COARSE)
    unit = bench.filled("2 mg/day")
    before = unit.state
    assert "cannot be kept" in answer_of(unit.tell(Program(Orders(week=((0, Level(Fraction(-1))),)))))
    assert unit.state == before

    with pytest.raises(EncodingError):
        parse('{"rate": NaN}')
    memory, _ = bench.read()
    memory.append(json.dumps({"is": "Told", "dose": "-1/1"}).encode())
    failed = bench.start()
    made = bench.steps_made
    bench.go(failed, HOUR)
    assert [alarm.name for alarm in failed.alarms()] == [alarms.MEMORY_FAILURE]
    assert bench.steps_made == made


@pytest.mark.requirement("ACC-19")
def test_the_therapy_never_jumps_with_summer_time() -> None:
    """Told at +01:00 on Friday, 27 March 2026; on the 29th clocks in Europe jump: the bolus of 07:00 keeps its 24 hours."""
    bench = Bench()
    friday = int(datetime.fromisoformat("2026-03-27T00:00+00:00").timestamp() * 1000)
    bench.clock.go(friday - MONDAY)
    unit = bench.start()
    fill = replace(
        bench.first_fill("stop\nbolus 0.01 mg over 1 min at 07:00"), wall_ms=friday + HOUR, offset_minutes=60
    )
    assert answer_of(unit.tell(fill)) == ""
    began, start = list[int](), bench.world_ms
    for half in range(10):
        done = bench.leap(unit, 12 * HOUR)
        # By the world's time, whatever the pump takes it for.
        at = [
            bench.world_ms - (unit.now() - action.start)
            for action in done
            if isinstance(action, Stretch) and action.boluses
        ]
        began += at
        if half % 2 == 0:
            bench.off(MINUTE)
            unit = bench.start()

    assert [(at - start) / HOUR for at in began] == pytest.approx([24 * day + 6 for day in range(5)], abs=1e-3)


@pytest.mark.requirement("PCA-R6.4.2-3", "GIP-4.1.2", "GIP-4.1.3")
def test_alarms_come_and_are_logged_in_the_order_in_which_they_occur() -> None:
    """Low, then empty, then two days without flow; each with its date in the fault log."""
    bench = Bench()
    unit = bench.start()
    unit.tell(replace(bench.first_fill("24 mg/day"), volume_pL=5 * PL_PER_ML))
    bench.leap(unit, 5 * DAY_MS)
    logged = [entry for entry in unit.book.faults if entry.kind == "alarm"]

    expected = [alarms.LOW_RESERVOIR, alarms.EMPTY_RESERVOIR, alarms.STOPPED]
    assert [entry.text.split(" ")[0] for entry in logged] == expected
    assert [entry.at for entry in logged] == sorted(entry.at for entry in logged)
    assert [entry.at / DAY_MS for entry in logged] == pytest.approx([1.25, 5 / 2.4, 5 / 2.4 + 2], abs=1e-3)
    assert [entry.date - entry.at for entry in logged] == [unit.book.zero] * 3
    assert [alarm.name for alarm in unit.alarms()] == expected


@pytest.mark.requirement("PCA-R6.6-3")
def test_times_are_kept_to_a_millisecond() -> None:
    """Two entries a millisecond apart have times a millisecond apart, after a restart too."""
    bench = Bench()
    unit = bench.start()
    for text in ("one", "two"):
        bench.pass_time(1)
        unit.note("test", text)
    again = bench.start()
    one, two = (entry for entry in again.book.events if entry.kind == "test")

    assert two.at - one.at == two.date - one.date == 1


@pytest.mark.requirement("PCA-EC6", "ACC-5", "GIP-1.4.11")
@pytest.mark.parametrize(
    ("before", "says"),
    [
        ((Stop(),), "stopped"),
        ((Rotor(stalled=True),), "motor stall"),
        ((Prime(Fraction(PL_PER_ML, 10), 30 * MINUTE),), "priming"),
        ((Refilled(0, "morphine", MORPHINE),), "reservoir empty"),
    ],
)
def test_a_bolus_that_could_not_flow_is_refused_with_its_reason(before: tuple[Event, ...], says: str) -> None:
    """A prime and a press alike: neither is lost in silence, nor comes later; the log has the reason."""
    bench = Bench()
    unit = bench.filled("2 mg/day\non demand 0.1 mg over 10 min, lockout 1 h, max 9 per day")
    for event in before:
        assert answer_of(unit.tell(event)) == ""
    known = unit.state
    for event in (Prime(Fraction(PL_PER_ML, 10), 30 * MINUTE), Press()):
        assert answer_of(unit.tell(event)) == says
        assert says in unit.book.events[-1].text
    assert unit.state == known


@pytest.mark.requirement("ACC-23")
def test_a_report_uses_the_program_that_was_in_force_then() -> None:
    """2.4 mg/day for two days, then 4.8: the first two days of the figures stay 2.4 after the program has changed."""
    done = simulated('at = "day 2 10:00"\nprogram = "4.8 mg/day"', days="4")
    asked = [day["doses"]["morphine"]["asked_ug"] for day in done.figures["daily"]]

    assert asked == pytest.approx([2400, 2400, 4800, 4800], rel=1e-3)


@pytest.mark.requirement("GIP-3.4.5", "PCA-EC4", "PCA-R7.4-2", "GIP-3.3.4")
def test_a_pump_whose_records_make_no_sense_starts_with_an_alarm_and_gives_nothing() -> None:
    """A record that cannot follow the others: nothing is guessed; presses are refused with the reason."""
    bench = Bench()
    unit = bench.filled("2 mg/day\non demand 0.1 mg over 10 min, lockout 1 h, max 9 per day")
    bench.go(unit, MINUTE)
    memory, _ = Memory.open(bench.storage)
    memory.append(to_payload(Born(bench.identity()))[:-1])
    failed = bench.start()
    made = bench.steps_made

    assert failed.failed.startswith("memory failure")
    assert answer_of(failed.tell(Press())).startswith("memory failure")
    bench.go(failed, HOUR)
    assert bench.steps_made == made
