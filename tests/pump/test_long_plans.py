"""Limits over plans that are long, dense, or given otherwise than they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from time import process_time

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.support import HOUR, answers, filled, play, settings

from intrathecal.pump import controller
from intrathecal.pump.controller import Press, Program
from intrathecal.pump.course import Course
from intrathecal.pump.evenness import evened
from intrathecal.pump.foresight import planned
from intrathecal.pump.hardware import DAY_MS, WEEK_MS
from intrathecal.pump.limits import check_program
from intrathecal.pump.schedule import starts
from intrathecal.pump.settings import Orders, Settings
from intrathecal.pump.state import Action, ProgramRefused

#: Processor seconds in which a program or a press must be judged, with room for a slow machine.
PROMPT_S = 5


def fullest(told: Settings, length: int, days: int) -> Fraction:
    """The most dose (ng) that a window holds within some days, followed bolus by bolus."""
    last = days * DAY_MS
    flows = planned(told, 0, (), starts(told, 0, 0, last), 0, last)
    return Course([(start, end, told.dose(flow)) for start, end, flow in flows]).fullest(length, 0)[0]


@pytest.mark.requirement("ACC-2")
def test_a_slow_bolus_counts_as_it_is_given_also_when_the_base_ends_under_it() -> None:
    """0.12 mg over 12 h are given at the slowest flow, 0.02 mg/h, from the minute on in which the window beside them ends."""
    program = "stop\n07:50-08:00 0.5 mg/day\nbolus 0.12 mg over 12 h at 07:59"

    assert check_program(settings(f"{program}\nlimit 0.015 mg per 1 h"), (), 0) is not None
    assert check_program(settings(f"{program}\nlimit 0.0236 mg per 1 h"), (), 0) is None


@pytest.mark.requirement("ACC-2", "PCA-R5.2(5)-2")
def test_a_ramp_is_followed_however_long_it_is() -> None:
    """A ramp that passes the limit on its 500th day is refused on the first."""
    ramp = "0.1 mg/day\nramp to 10 mg/day by 1 % every 1 day"
    assert check_program(settings(f"{ramp}\nlimit 0.6 mg per 24 h"), (), 0) is not None
    assert check_program(settings(f"{ramp}\nlimit 10 mg per 24 h"), (), 0) is None


@pytest.mark.requirement("ACC-2")
def test_rhythms_that_meet_after_years_are_held_against_the_limit_too() -> None:
    """Boluses every 397 min and every 401 min first fall on the same minute after 110 days, and in the same window often.

    Beside a weekly window of 5 min the three meet only after years.
    """
    text = (
        "stop\nMon 12:00-12:05 20 mg/day\nbolus 0.5 mg over 5 min every 397 min from 00:00\n"
        "bolus 0.5 mg over 5 min every 401 min from 00:00"
    )
    both, window = Fraction(10**6), Fraction(20 * 10**6 * 5, 1440)
    for limit, fits in ((both + window - 1000, False), (2 * both + window + 1000, True)):
        told = settings(f"{text}\nlimit {float(limit / 10**6):.6f} mg per 5 min")
        assert (check_program(told, (), 0) is None) == fits


DENSE = "on demand 0.01 mg over 1 min, lockout 1 min, max 100 per day"
EVERY_MINUTE = ", ".join(f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440))
LONG_PLANS = (
    "1 mg/day\nbolus 0.001 mg over 10 s every 61 s from 00:00",
    "1 mg/day\n08:00-20:00 2 mg/day\nbolus 0.1 mg over 10 min every 61 min from 00:00",
    "0.1 mg/day\nramp to 2 mg/day by 0.001 % every 1 min",
    f"1 mg/day\nbolus 0.001 mg over 30 s at {EVERY_MINUTE}",
)


@pytest.mark.parametrize("plan", LONG_PLANS)
@pytest.mark.parametrize("limits", ["limit 5 mg per 24 h", "limit 0.01 mg per 24 h", "limit 2000 mg per 400 days"])
def test_a_plan_of_a_million_boluses_is_judged_at_once(plan: str, limits: str) -> None:
    """Program, press and a program again: none keeps the drive waiting, whether it is accepted or not."""
    told = settings(f"{plan}\n{DENSE}\n{limits}")
    began = process_time()
    breach = check_program(told, (), 0)
    assert (breach is None) == ("0.01 mg" not in limits)
    state, actions = play(filled(told), [(HOUR, Press())])
    assert answers(actions) == [(HOUR, "" if breach is None else "limit")]
    controller.step(state, Program(told.orders), HOUR)
    assert process_time() - began < PROMPT_S


@given(
    rhythms=st.lists(st.tuples(st.integers(1, 90), st.integers(1, 900)), max_size=3),
    times=st.lists(st.integers(0, 287), min_size=1, max_size=20, unique=True),
    window=st.integers(1, 80),
    per=st.integers(5, 4000),
)
@check(max_examples=15, deadline=None)
def test_a_plan_that_is_evened_never_counts_as_less_than_it_gives(
    rhythms: Sequence[tuple[int, int]], times: Sequence[int], window: int, per: int
) -> None:
    """Whatever is taken out, rate times length and reserve are at least what any window of four weeks holds."""
    clocks = ", ".join(f"{at // 12:02}:{at % 12 * 5:02}" for at in times)
    text = "\n".join(
        [
            f"1 mg/day\nSat Sun 08:00-20:00 {window / 10} mg/day\nbolus 0.04 mg over 45 min at {clocks} on Mon Wed",
            *(f"bolus 0.02 mg over {over} min every {over + rest} min from 03:00" for over, rest in rhythms),
        ]
    )
    told = settings(text)
    length = per * 60_000
    true = fullest(told, length, 28)
    left: set[Orders] = set()
    for most in range(5):

        def few_enough(orders: Orders, most: int = most) -> bool:
            clauses = len(orders.periodic) + len(orders.scheduled) + (len(orders.week) > 1)
            return clauses <= most

        orders, rate, reserve = evened(told, few_enough)
        left.add(orders)
        rest = Settings(**{**told.__dict__, "orders": orders})
        assert fullest(rest, length, 28) + rate * length + reserve >= true
    assert len(left) >= 3


def test_a_refused_plan_says_when_it_fits() -> None:
    """After a day of 4 mg, a dense plan of 2.4 mg a day under 3 mg may start 6 h later, and no earlier than it can."""
    state, _ = play(filled(settings("4 mg/day")), [(WEEK_MS, controller.Tick())])
    dense = settings("1 mg/day\nbolus 0.001 mg over 10 s every 61 s from 00:00\nlimit 3 mg per 24 h").orders
    _, actions = controller.step(state, Program(dense), WEEK_MS)
    (earliest,) = [_earliest(action) for action in actions]
    assert earliest is not None
    assert 6 * HOUR <= earliest - WEEK_MS < 6.1 * HOUR
    stopped, _ = controller.step(state, Program(settings("stop").orders), WEEK_MS)
    assert not [
        action for action in controller.step(stopped, Program(dense), earliest)[1] if isinstance(action, ProgramRefused)
    ]


def _earliest(action: Action) -> int | None:
    assert isinstance(action, ProgramRefused)
    return action.breach.earliest


@pytest.mark.requirement("ACC-1", "ACC-2")
def test_a_bolus_beside_a_base_at_the_fastest_flow_waits_for_it_to_end() -> None:
    """24 mL a day leave no room until 07:05: what was to come from 07:00 on comes after that."""
    told = settings("stop\n06:00-07:05 24 mL/day\nbolus 1 uL over 1 min at 07:00")
    flows = planned(told, 0, (), starts(told, 0, 0, DAY_MS), 0, DAY_MS)
    ends = 7 * HOUR + 5 * 60_000
    assert all(rate <= told.hardware.fastest for _, _, rate in flows)
    assert sum(rate * (end - start) for start, end, rate in flows if start >= ends) == 10**6


def test_rates_without_a_common_denominator_never_count_as_less() -> None:
    """A thousand of them: each is rounded up, by less than anything that could be measured."""
    rates = [Fraction(1, 10**6 + number) for number in range(1000)]
    held = Course([(number, number + 1, rate) for number, rate in enumerate(rates)]).total(1000)
    assert sum(rates) <= held <= sum(rates) + Fraction(1, 10**300)
