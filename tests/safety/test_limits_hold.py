"""Limits, lockout and the fastest flow hold through everything, counted from what the motor really did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.bench import MONDAY, Bench, orders_of
from tests.pump.support import HOUR, MINUTE, answers, filled, play, settings

from intrathecal.pump.controller import BatteryReset, Event, Press, Prime, Program, Reset, Resume, Stop, Tick, fresh
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.limits import check_program
from intrathecal.pump.sentences import answer_of
from intrathecal.pump.settings import Orders, order
from intrathecal.pump.state import Stretch
from intrathecal.therapy import Program as Text

#: Steps of 2.5 uL of 10 mg/mL are 0.025 mg each: few enough to follow for days, step by step.
COARSE = "prometra-ii-20"
STEP_MG = Fraction(25, 1000)
LIMIT_MG = 3
ASKING = "on demand 0.5 mg over 20 min, lockout 30 min, max 40 per day"
LIMITED = f"2 mg/day\n{ASKING}\nlimit {LIMIT_MG} mg per 24 h"
#: Programs that may follow each other; all keep the same limit.
PROGRAMS = (
    LIMITED,
    f"1 mg/day\n22:00-06:00 4 mg/day\n{ASKING}\nlimit {LIMIT_MG} mg per 24 h",
    f"1.2 mg/day\nbolus 0.5 mg over 30 min at 23:50\nbolus 0.2 mg over 10 min every 7 h from 01:00\n{ASKING}\n"
    f"limit {LIMIT_MG} mg per 24 h",
    f"stop\n{ASKING}\nlimit {LIMIT_MG} mg per 24 h",
)


def step_times(bench: Bench) -> list[int]:
    """When the motor made each step, by the world's own journal (ms of the world)."""
    return [line["at"] for line in bench.journal if line["did"] == "step" for _ in range(line["count"])]


def fullest_mg(times: Sequence[int], length: int) -> Fraction:
    """The most that any window of ``length`` ms held."""
    most, first = 0, 0
    for last, time in enumerate(times):
        while times[first] <= time - length:
            first += 1
        most = max(most, last - first + 1)
    return most * STEP_MG


@pytest.mark.requirement("ACC-2", "PCA-R5.2(5)-1", "PCA-R5.2(5)-2")
@pytest.mark.parametrize(("filled_at", "quiet"), [(0, 1), (0, 8), (20, 3)])
def test_the_flaw_that_counts_only_what_was_given_cannot_happen(filled_at: int, quiet: int) -> None:
    """2 mg/day under 3 mg in 24 h: after 8 quiet hours only 0.67 mg were given, and four boluses of 0.5 mg seem to fit.

    With the base still to come they would make 4 mg in a day. Two are given and the others refused, in the morning and
    across midnight, and no window of the days after holds more than 3 mg.
    """
    bench = Bench(COARSE)
    unit = bench.start()
    assert answer_of(unit.tell(replace(bench.first_fill(LIMITED), wall_ms=MONDAY + filled_at * HOUR))) == ""
    bench.go(unit, quiet * HOUR)
    given_mg, said = Fraction(2 * quiet, 24), []
    for _ in range(4):
        said.append(answer_of(unit.tell(Press())))
        # What the flawed rule looks at, everything given in the last day and the bolus: it would give all four.
        assert given_mg + Fraction(1, 2) <= LIMIT_MG
        given_mg += (Fraction(1, 2) if said[-1] == "" else 0) + Fraction(2, 48)
        bench.go(unit, 30 * MINUTE)
    bench.go(unit, 3 * DAY_MS)

    assert said == ["", "", "limit", "limit"]
    assert fullest_mg(step_times(bench), DAY_MS) <= LIMIT_MG + STEP_MG


WHAT = ("press", "cut", "jump back", "jump on", "stop", "resume", "dip", "reset", *PROGRAMS)


@pytest.mark.requirement("ACC-2", "PCA-R5.2(5)-2")
@given(
    first=st.sampled_from(PROGRAMS),
    happened=st.lists(st.tuples(st.integers(0, 9 * HOUR), st.sampled_from(WHAT)), min_size=4, max_size=25),
)
@check(max_examples=25, deadline=None)
def test_no_window_of_real_time_ever_holds_more(first: str, happened: list[tuple[int, str]]) -> None:
    """Across midnight, presses, power cuts, wrong clocks, stops, battery dips and programs: to one step, at the motor."""
    bench = Bench(COARSE)
    unit = bench.filled(first)
    for wait, what in happened:
        bench.go(unit, wait)
        if what == "cut":
            bench.off(5 * HOUR)
            unit = bench.start()
        elif what.startswith("jump"):
            bench.clock.jump(13 * HOUR if what == "jump on" else -7 * HOUR)
            bench.off(MINUTE)
            unit = bench.start()
        else:
            event: dict[str, Event] = {
                "press": Press(), "stop": Stop(), "resume": Resume(), "dip": BatteryReset(), "reset": Reset(),
            }  # fmt: skip
            unit.tell(event.get(what) or orders_of(what))
            unit.tell(Press())
    bench.go(unit, DAY_MS)

    times = step_times(bench)
    assert fullest_mg(times, DAY_MS) <= LIMIT_MG + STEP_MG
    assert unit.state is not None
    assert unit.state.steps == len(times)


@pytest.mark.requirement("ACC-4", "PCA-R5.2(3)")
@pytest.mark.parametrize("jump", [-20 * HOUR, -HOUR, 0, HOUR, 20 * HOUR])
@pytest.mark.parametrize("between", ["cut", "program", "stop", "dip"])
def test_the_lockout_holds_through_power_clock_and_programs(between: str, jump: int) -> None:
    """Ten minutes before its end a press is refused, whatever happened and wherever the clock was put; after it, given."""
    bench = Bench(COARSE)
    unit = bench.filled(LIMITED)
    bench.go(unit, HOUR)
    assert answer_of(unit.tell(Press())) == ""
    bench.go(unit, 10 * MINUTE)
    bench.clock.jump(jump)
    if between == "cut":
        bench.off(MINUTE)
        unit = bench.start()
    events: dict[str, tuple[Event, ...]] = {
        "program": (orders_of(LIMITED),), "stop": (Stop(), Resume()), "dip": (BatteryReset(), Reset()),
    }  # fmt: skip
    for event in events.get(between, ()):
        assert answer_of(unit.tell(event)) == ""
    bench.go(unit, 10 * MINUTE)
    before = bench.steps_made
    assert answer_of(unit.tell(Press())) == "lockout"
    bench.go(unit, 11 * MINUTE)
    assert answer_of(unit.tell(Press())) == ""
    assert before <= bench.steps_made


@pytest.mark.requirement("ACC-1", "GIP-1.4.3", "PCA-R5.2(2)")
@given(
    base=st.integers(0, 280),
    window=st.integers(0, 280),
    boluses=st.lists(st.tuples(st.integers(1, 90), st.integers(1, 60), st.integers(0, 23)), max_size=4),
    asked=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    happened=st.lists(st.tuples(st.integers(0, 3 * HOUR), st.sampled_from(["press", "prime", "still"])), max_size=20),
)
@check(max_examples=80, deadline=None)
def test_the_total_rate_is_never_above_the_fastest_in_any_overlap(
    base: int, window: int, boluses: list[tuple[int, int, int]], asked: tuple[int, int], happened: list[tuple[int, str]]
) -> None:
    """Base, window, boluses at the same hour, presses and primes: each rate, and each minute's steps, stay within it."""
    clauses = [f"{base / 10} mL/day" if base else "stop"]
    clauses += [f"02:00-05:00 {window / 10} mL/day"] if window else []
    clauses += [f"bolus {volume * 10} uL over {over} min at {hour:02}:00" for volume, over, hour in boluses]
    clauses.append(f"on demand {asked[0] * 10} uL over {asked[1]} min, lockout 1 min, max 1000 per day")
    told = settings("\n".join(clauses), pump=COARSE)
    hardware = told.hardware
    at, events = 0, list[tuple[int, Event]]()
    for wait, what in happened:
        at += wait
        asked_for: dict[str, Event] = {"press": Press(), "prime": Prime(Fraction(PL_PER_ML, 5), 4 * MINUTE)}
        events.append((at, asked_for.get(what, Tick())))
    _, actions = play(filled(told), [*events, (at + 6 * HOUR, Tick())])
    stretches = [action for action in actions if isinstance(action, Stretch)]
    times = [time for stretch in stretches for time in stretch.step_times()]

    assert all(stretch.rate <= hardware.fastest for stretch in stretches)
    first = 0
    for last, time in enumerate(times):
        while times[first] <= time - MINUTE:
            first += 1
        assert (last - first) * hardware.step_pL <= hardware.fastest * MINUTE


@pytest.mark.requirement("ACC-5", "PCA-EC1", "PCA-EC13", "GIP-1.4.12")
@given(
    presses=st.lists(st.integers(1, 2 * DAY_MS), min_size=2, max_size=30, unique=True),
    limit=st.sampled_from(["", "\nlimit 3 mg per 24 h"]),
)
@check(max_examples=60, deadline=None)
def test_a_refused_press_gives_exactly_nothing(presses: list[int], limit: str) -> None:
    """A pump that refuses is, to the last remainder, the pump that was never asked; the reason is never empty."""
    told = settings(f"2 mg/day\non demand 0.5 mg over 20 min, lockout 2 h, max 4 per day{limit}")
    asked: list[tuple[int, Event]] = [(at, Press()) for at in sorted(presses)]
    end: tuple[int, Event] = (3 * DAY_MS, Tick())
    state, actions = play(filled(told), [*asked, end])
    given_at = {at for at, reason in answers(actions) if not reason}
    alone, _ = play(filled(told), [*((at, event) for at, event in asked if at in given_at), end])

    assert state == alone
    assert len(answers(actions)) == len(presses)


@pytest.mark.requirement("ACC-3", "GIP-1.4.4")
@given(at=st.integers(0, DAY_MS), over=st.integers(1, 120))
@check(max_examples=60, deadline=None)
def test_a_bolus_never_alters_the_basal(at: int, over: int) -> None:
    """With a press the pump has given exactly the bolus more a day later; the program is the same, and so is every rate after."""
    text = f"2 mg/day\n20:00-08:00 3 mg/day\non demand 0.1 mg over {over} min, lockout 1 h, max 9 per day"
    told = settings(text)
    quiet, alone = play(filled(told), [(at, Tick()), (2 * DAY_MS, Tick())])
    asked, actions = play(filled(told), [(at, Press()), (2 * DAY_MS, Tick())])

    assert asked.settings == quiet.settings
    step = told.hardware.step_pL
    assert (asked.steps - quiet.steps) * step + asked.owed - quiet.owed == told.flow(Fraction(100_000))

    def base_after(done: Sequence[object]) -> dict[int, Fraction]:
        ends = at + over * MINUTE
        return {a.start: a.asked for a in done if isinstance(a, Stretch) and a.start > ends}

    common = base_after(alone).keys() & base_after(actions).keys()
    assert all(base_after(alone)[start] == base_after(actions)[start] for start in common)
    assert common or at + over * MINUTE > 32 * HOUR


@pytest.mark.requirement("ACC-2", "ACC-9")
def test_a_program_that_would_break_its_limit_after_what_was_given_changes_nothing() -> None:
    """Two boluses and half a day were given; a program of 2.4 mg/day may not start before some of it is a day old."""
    bench = Bench(COARSE)
    unit = bench.filled(LIMITED)
    bench.go(unit, 12 * HOUR)
    for _ in range(2):
        assert answer_of(unit.tell(Press())) == ""
        bench.go(unit, HOUR)
    before = unit.state
    refused = unit.tell(orders_of(f"2.4 mg/day\nlimit {LIMIT_MG} mg per 24 h"))

    assert answer_of(refused).startswith("limit")
    assert unit.state == before
    bench.off(MINUTE)
    again = bench.start()
    assert again.state is not None
    assert again.state.settings.orders == orders_of(LIMITED).orders
    bench.go(again, DAY_MS)
    assert fullest_mg(step_times(bench), DAY_MS) <= LIMIT_MG + STEP_MG


@pytest.mark.requirement("ACC-2", "PCA-R5.2(5)-2")
@given(dose=st.integers(1, 60), over=st.integers(1, 90), hours=st.integers(2, 48), allowed=st.integers(5, 60))
@check(max_examples=60, deadline=None)
def test_a_bolus_across_midnight_is_in_every_window_that_it_touches(
    dose: int, over: int, hours: int, allowed: int
) -> None:
    """A scheduled bolus that begins at 23:50 and a press that meets it: any window, at any offset, to one step."""
    text = f"1 mg/day\nbolus {dose / 100} mg over {over} min at 23:50\n{ASKING}\nlimit {allowed / 10} mg per {hours} h"
    told = settings(text, pump=COARSE)
    if check_program(told, (), 0) is not None:
        return
    events: list[tuple[int, Event]] = [(at * 37 * MINUTE, Press()) for at in range(1, 110)]
    _, actions = play(fresh(told, 20 * PL_PER_ML, 0), [*events, (4 * DAY_MS, Tick())])
    times = [time for action in actions if isinstance(action, Stretch) for time in action.step_times()]

    assert fullest_mg(times, hours * HOUR) <= Fraction(allowed, 10) + STEP_MG


def test_the_programs_of_these_tests_keep_their_own_limit() -> None:
    """Otherwise they would be refused, and nothing would be shown."""
    for text in PROGRAMS:
        assert check_program(settings(text, pump=COARSE), (), 0) is None
        orders: Orders = order(Text.parse(text), Fraction(10**7))
        assert Program(orders) == orders_of(text)
