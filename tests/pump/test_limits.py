"""The limit clause: no window of its length ever holds more."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.support import HOUR, MINUTE, answers, filled, ng_per_mL, play, run, settings

from intrathecal.pump import controller
from intrathecal.pump.controller import Event, Press, Program, Refilled, Tick, fresh
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.limits import check_program
from intrathecal.pump.settings import order
from intrathecal.pump.state import Action, ProgramRefused, State, Stretch
from intrathecal.therapy import Program as Text

DEMAND = "on demand 0.5 mg over 10 min, lockout 10 min, max 100 per day"


def refused(actions: Sequence[Action]) -> list[ProgramRefused]:
    """The refusals among actions."""
    return [action for action in actions if isinstance(action, ProgramRefused)]


def fullest(state: State, actions: Sequence[Action], length: int) -> Fraction:
    """The largest dose (ng) that any window of ``length`` held, counted from the steps themselves."""
    times: list[int] = []
    for action in actions:
        if isinstance(action, Stretch):
            times += action.step_times()
    step = state.settings.dose(Fraction(state.settings.hardware.step_pL))
    most, first = 0, 0
    for last, time in enumerate(times):
        while times[first] <= time - length:
            first += 1
        most = max(most, last - first + 1)
    return most * step


@pytest.mark.requirement("ACC-2", "PCA-R5.2(5)-1", "PCA-R5.2(5)-2", "PCA-EC13")
def test_a_press_counts_the_base_still_to_come() -> None:
    """2 mg/day and a limit of 3 mg in 24 h leave room for two presses at any time, not for four right after the start."""
    state = filled(settings(f"2 mg/day\n{DEMAND}\nlimit 3 mg per 24 h"))
    _, actions = play(state, [(at * HOUR, Press()) for at in range(1, 9)])

    assert [reason for _, reason in answers(actions)] == ["", ""] + ["limit"] * 6


def test_a_program_that_cannot_keep_its_own_limit_is_refused_for_ever() -> None:
    """A base above the limit can never start."""
    breach = check_program(settings("3 mg/day\nlimit 2 mg per 24 h"), (), 0)

    assert breach is not None
    assert breach.earliest is None


@pytest.mark.requirement("ACC-2")
def test_what_was_given_before_delays_a_program_to_the_earliest_possible_time() -> None:
    """After a day at 4 mg/day, a program of 2 mg/day with a limit of 3 mg in 24 h may start 6 h later, and can."""
    state, _ = run(filled(settings("4 mg/day")), DAY_MS)
    orders = order(Text.parse("2 mg/day\nlimit 3 mg per 24 h"), state.settings.concentration)
    same, actions = play(state, [(DAY_MS, Program(orders))])
    (refusal,) = refused(actions)

    assert same == state
    assert refusal.breach.earliest is not None
    assert abs(refusal.breach.earliest - DAY_MS - 6 * HOUR) <= MINUTE
    stopped = order(Text.parse("stop"), state.settings.concentration)
    _, later = play(state, [(DAY_MS, Program(stopped)), (refusal.breach.earliest, Program(orders))])
    assert refused(later) == []


@pytest.mark.requirement("ACC-2")
def test_a_ramp_is_followed_to_its_end_before_a_program_is_accepted() -> None:
    """A ramp that would pass the limit after ten days is refused on the first."""
    assert check_program(settings("1 mg/day\nramp to 4 mg/day by 10 % every 1 day\nlimit 3 mg per 24 h"), (), 0)


def test_presses_are_not_part_of_the_acceptance() -> None:
    """A program whose presses could pass the limit is accepted; each press is judged when it comes."""
    assert check_program(settings(f"2 mg/day\n{DEMAND}\nlimit 2.1 mg per 24 h"), (), 0) is None


def test_a_bolus_given_faster_than_asked_counts_as_it_is_given() -> None:
    """0.2 mg over 20 h is below the slowest flow: it is given in 10 h, 0.02 mg in each hour."""
    program = "stop\nbolus 0.2 mg over 20 h at 00:00"

    assert check_program(settings(f"{program}\nlimit 0.019 mg per 1 h"), (), 0) is not None
    assert check_program(settings(f"{program}\nlimit 0.02 mg per 1 h"), (), 0) is None


def test_a_slow_press_counts_as_it_is_given() -> None:
    """The same for a patient's bolus. Two of them run together at the slowest flow: a window holds no more, but for longer."""
    demand = "on demand 0.2 mg over 20 h, lockout 1 h, max 9 per day"
    for limit, second in (("0.019", "limit"), ("0.02", ""), ("0.05", "")):
        state = filled(settings(f"stop\n{demand}\nlimit {limit} mg per 1 h"))
        _, actions = play(state, [(HOUR, Press()), (2 * HOUR, Press())])

        first = "limit" if limit == "0.019" else ""
        assert [reason for _, reason in answers(actions)] == [first, second]
        state, _ = play(filled(settings(f"stop\n{demand}\nlimit 0.39 mg per 20 h")), [(HOUR, Press())])
        assert answers(play(state, [(2 * HOUR, Press())])[1]) == [(2 * HOUR, "limit")]


@pytest.mark.requirement("ACC-2")
def test_the_memory_of_doses_outlives_a_program() -> None:
    """Doses given by a program without a limit count for the limit of the next."""
    state, _ = play(
        filled(settings(f"1 mg/day\n{DEMAND}")), [(20 * HOUR + at * 10 * MINUTE, Press()) for at in range(4)]
    )
    orders = order(Text.parse("1 mg/day\nlimit 2 mg per 24 h"), state.settings.concentration)
    _, actions = play(state, [(DAY_MS, Program(orders))])

    assert len(refused(actions)) == 1


@pytest.mark.requirement("ACC-2", "PCA-R5.2(5)-1")
@given(
    base=st.integers(1, 30),
    window=st.integers(1, 30),
    limit=st.integers(5, 60),
    hours=st.integers(2, 30),
    presses=st.lists(st.integers(0, 3 * 24 * 60), max_size=25),
)
@check(max_examples=60, deadline=None)
def test_no_window_ever_holds_more_than_the_limit(
    base: int, window: int, limit: int, hours: int, presses: list[int]
) -> None:
    """Whatever is programmed and pressed, the steps counted in any window stay within the limit, to one step."""
    told = settings(
        f"{base / 10} mg/day\n22:00-06:00 {window / 10} mg/day\nbolus 0.1 mg over 20 min every 7 h from 03:00\n"
        f"{DEMAND}\nlimit {limit / 10} mg per {hours} h",
        pump="prometra-ii-20",
    )
    if check_program(told, (), 0) is not None:
        return
    state = fresh(told, 20 * PL_PER_ML, 0)
    events: list[tuple[int, Event]] = [*((at * MINUTE, Press()) for at in sorted(presses)), (4 * DAY_MS, Tick())]
    state, actions = play(state, events)

    step = told.dose(Fraction(told.hardware.step_pL))
    assert fullest(state, actions, hours * HOUR) <= told.orders.limits[0].dose + step


def test_a_limit_looks_back_over_months() -> None:
    """59 days at about 4 mg a day are more than 150 mg in 55 days: a new program with that limit is refused."""
    state, _ = run(filled(settings("4 mg/day", pump="synchromed-ii-40"), 40), 59 * DAY_MS)
    orders = order(Text.parse("1 mg/day\nlimit 150 mg per 55 days"), state.settings.concentration)
    _, actions = play(state, [(59 * DAY_MS, Program(orders))])

    assert len(refused(actions)) == 1


def test_a_refill_at_another_label_keeps_the_limit() -> None:
    """At twice the concentration the base is slower than the pump can run: what it would give instead breaks the limit."""
    state = filled(settings("0.4 mg/day\nlimit 2.8 mg per 7 days", concentration="5 mg/mL"))
    state, _ = run(state, 8 * DAY_MS)
    told = Refilled(20 * PL_PER_ML, "morphine", (("morphine", ng_per_mL("10 mg/mL")),))
    after, actions = controller.step(state, told, state.now)
    assert [type(action) for action in actions] == [ProgramRefused]
    assert after.settings == state.settings
    same = Refilled(20 * PL_PER_ML, "morphine", state.settings.labels)
    assert controller.step(state, same, state.now)[1] == []
