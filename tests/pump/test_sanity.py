"""What the controller could not work with never reaches it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.support import HOUR, filled, settings

from intrathecal.pump.controller import BatterySensed, Press, Prime, Program, Refilled, step
from intrathecal.pump.encoding import EncodingError, from_text, to_text
from intrathecal.pump.hardware import DAY_MS, WEEK_MS
from intrathecal.pump.sanity import MOST_TOLD_DIGITS, complaint
from intrathecal.pump.settings import Bridge, Demand, Level, Limit, Orders, Periodic, Ramp, Scheduled
from intrathecal.pump.state import Given, Running

ONE, NONE = Fraction(1), Fraction(0)
TOLD = settings("2.4 mg/day")
LONG = Fraction(10**MOST_TOLD_DIGITS * 3 + 1, 3)
WEEK = ((0, Level(ONE)),)
PIECES = (Given(0, 5, ONE, ()), Given(5, 7, ONE, ()))


@pytest.mark.requirement("ACC-7")
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Level(LONG), '"dose" has more than 100 digits'),
        (Scheduled((), ONE, 1), '"at" must hold rising times below 604800000 ms, at least one'),
        (Scheduled((5, 5), ONE, 1), '"at" must hold rising times'),
        (Scheduled((WEEK_MS,), ONE, 1), '"at" must hold rising times'),
        (Scheduled((5,), ONE, 0), '"over" must be above zero'),
        (Periodic(DAY_MS, HOUR, ONE, 1), '"anchor" must be below 86400000 ms'),
        (Periodic(0, HOUR, ONE, HOUR + 1), '"over" must be at most "every"'),
        (Periodic(0, 59_999, ONE, 1), '"every" must be at least 60000 ms'),
        (Periodic(0, HOUR, ONE, 0), '"over" must be above zero'),
        (Demand(ONE, 0, 1, 1), '"over" must be above zero'),
        (Demand(ONE, 1, 1, 0), '"max_per_day" must be above zero'),
        (Ramp(NONE, ONE, HOUR), '"step" must be above zero'),
        (Ramp(ONE, ONE, 1), '"every" must be at least 60000 ms'),
        (Ramp(ONE, LONG, HOUR), '"target" has more than 100 digits'),
        (Limit(NONE, 1), '"dose" must be above zero'),
        (Limit(ONE, 0), '"per" must be above zero'),
        (Limit(ONE, 401 * DAY_MS), '"per" must be at most 34560000000 ms'),
        (Orders(()), '"week" must hold rising times'),
        (Orders(((5, Level(ONE)),)), '"week" must begin at 0'),
        (Orders((*WEEK, (9, Level(ONE)), (8, Level(ONE)))), '"week" must hold rising times'),
        (replace(TOLD, primary="fentanyl"), '"labels" must hold "fentanyl", above zero'),
        (replace(TOLD, labels=(("morphine", NONE),)), '"labels" must hold "morphine", above zero'),
        (replace(TOLD, labels=(("morphine", ONE), ("morphine", ONE))), '"labels" name a drug twice'),
        (replace(TOLD, labels=(("morphine", LONG),)), '"labels morphine" has more than 100 digits'),
        (replace(TOLD, tubing=LONG), '"tubing" has more than 100 digits'),
        (replace(TOLD.hardware, step_pL=0), '"step_pL" must be above zero'),
        (replace(TOLD.hardware, slowest=ONE * 10**9), '"slowest" must be at most "fastest"'),
        (replace(TOLD.hardware, fastest=NONE, slowest=NONE), '"fastest" must be above zero'),
        (Bridge(ONE, NONE), '"rate" must be above zero'),
        (Prime(ONE, 0), '"over" must be above zero'),
        (Prime(LONG, 1), '"volume" has more than 100 digits'),
        (Refilled(1, "morphine", ()), '"labels" must hold "morphine", above zero'),
        (Refilled(1, "morphine", TOLD.labels, Bridge(LONG, ONE)), '"bridge.volume" has more than 100 digits'),
        (BatterySensed(Fraction(3, 2)), '"left" must be at most 1'),
        (Running("patient", 5, 4, ONE, ONE), '"until" must not lie before "began"'),
        (Given(5, 5, ONE, ()), '"end" must lie after "start"'),
        (replace(filled(TOLD), presses=(1,)), '"now" lies before what has happened'),
        (replace(filled(TOLD), given=PIECES), '"now" lies before what has happened'),
        (replace(filled(TOLD), now=9, given=PIECES[::-1]), '"given" must be in order of time'),
    ],
)
def test_what_makes_no_sense_is_refused(value: Any, said: str) -> None:
    """One sentence each; neither written nor read."""
    assert complaint(value).startswith(said)
    with pytest.raises(EncodingError, match=said.split('"')[1]):
        to_text(type(value), value)


@pytest.mark.parametrize(
    "value", [TOLD, TOLD.orders, TOLD.hardware, filled(TOLD), Press(), replace(filled(TOLD), now=9, given=PIECES)]
)
def test_what_makes_sense_is_not(value: Any) -> None:
    """Whole settings and states."""
    assert complaint(value) == ""


def amounts(top: int = 10**7) -> st.SearchStrategy[Fraction]:
    """Any dose in ng, from nothing to far too much."""
    return st.one_of(st.just(NONE), st.builds(Fraction, st.integers(0, top), st.integers(1, 999)))


def times(top: int) -> st.SearchStrategy[int]:
    """Any time in ms, clustered at nothing and at the top."""
    return st.one_of(st.integers(0, top), st.sampled_from([0, 1, 60_000, HOUR, top]))


def sane(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Those that are let through."""
    return values.filter(lambda value: not complaint(value))


@st.composite
def orders(draw: st.DrawFn) -> Orders:
    """Orders that nobody would write, but that are let through."""
    level = st.builds(Level, amounts(100), st.booleans())
    week = {0: draw(level), **draw(st.dictionaries(times(WEEK_MS - 1), level, max_size=3))}
    rising = st.sets(times(WEEK_MS - 1), min_size=1, max_size=3).map(lambda at: tuple(sorted(at)))
    limits = draw(st.lists(sane(st.builds(Limit, amounts(), times(DAY_MS))), max_size=1))
    rhythms = sane(st.builds(Periodic, times(DAY_MS - 1), times(DAY_MS), amounts(), times(DAY_MS)))
    return Orders(
        tuple(sorted(week.items())),
        tuple(draw(st.lists(sane(st.builds(Scheduled, rising, amounts(), times(DAY_MS))), max_size=2))),
        tuple(draw(st.lists(rhythms, max_size=1))),
        draw(st.none() | sane(st.builds(Demand, amounts(), times(DAY_MS), times(DAY_MS), st.integers(0, 9)))),
        draw(st.none() | sane(st.builds(Ramp, amounts(9), amounts(9), times(DAY_MS)))),
        tuple(limits),
    )


@given(told=orders())
@check(max_examples=40, deadline=None)
def test_whatever_is_let_through_can_be_carried_out(told: Orders) -> None:
    """The controller takes the orders and a press and runs on, without an error."""
    read = from_text(Orders, to_text(Orders, told))
    assert read == told
    state = filled(TOLD)
    state, _ = step(state, Program(read), HOUR)
    state, _ = step(state, Press(), HOUR + 1)
    state, _ = step(state, Press(), 30 * HOUR)
    assert state.reservoir_pL >= 0
    assert from_text(type(state), to_text(type(state), state)) == state
