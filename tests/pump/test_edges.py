"""What happens at the very moment when two things meet, and at the ends of what a pump can do."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.pump.support import (
    HOUR,
    MINUTE,
    bolus_starts,
    counted_between,
    counted_mL,
    filled,
    ng_per_mL,
    play,
    run,
    settings,
)

from intrathecal.pump.controller import BatteryReset, Event, Program, Refilled, Reset, Rotor, Tick, step
from intrathecal.pump.forecast import reservoir_dates
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.settings import Bridge, order
from intrathecal.pump.state import ProgramRefused
from intrathecal.therapy import Program as Text

STEP_ML = 4e-6
SAME = (("morphine", ng_per_mL("10 mg/mL")),)


def bridge(volume_mL: str, mL_per_day: str) -> Bridge:
    """A bridge as a clinic would say it."""
    return Bridge(Fraction(volume_mL) * PL_PER_ML, Fraction(mL_per_day) * PL_PER_ML / DAY_MS)


def orders_of(text: str) -> Program:
    """A new program for a pump with 10 mg/mL."""
    return Program(order(Text.parse(text), SAME[0][1]))


def test_a_bolus_slower_than_the_slowest_flow_keeps_its_amount_and_ends_sooner() -> None:
    """0.02 mL in 20 h would be 0.024 mL a day; at 0.048 mL a day it takes 10 h."""
    state, actions = run(filled(settings("stop\nbolus 0.2 mg over 20 h at 00:00 on Mon")), DAY_MS)

    assert counted_between(actions, 0, 10 * HOUR) == pytest.approx(0.02, abs=STEP_ML)
    assert counted_mL(state) == pytest.approx(0.02, abs=STEP_ML)


def test_with_a_bolus_on_top_a_slow_base_is_not_raised() -> None:
    """0.024 mL a day and a bolus of 1 mL in 12 h are together within the range, and given as asked; alone the base is 0.048."""
    state, actions = run(filled(settings("0.24 mg/day\nbolus 10 mg over 12 h at 00:00")), DAY_MS)

    assert counted_between(actions, 0, 12 * HOUR) == pytest.approx(1.012, abs=STEP_ML)
    assert counted_mL(state) == pytest.approx(1.012 + 0.024, abs=STEP_ML)


def test_a_ramp_pauses_only_for_as_long_as_a_bridge_runs() -> None:
    """A bridge of a day, replaced after 6 h by a refill without one: the ramp's step comes 6 h later."""
    state = filled(settings("1 mg/day\nramp to 2 mg/day by 100 % every 2 days"))
    events: list[tuple[int, Event]] = [
        (DAY_MS, Refilled(20 * PL_PER_ML, "morphine", SAME, bridge("0.1", "0.1"))),
        (DAY_MS + 6 * HOUR, Refilled(20 * PL_PER_ML, "morphine", SAME)),
        (4 * DAY_MS, Tick()),
    ]
    state, _ = play(state, events)

    assert counted_mL(state) == pytest.approx(0.1 * 2.25 + 0.2 * 1.75, abs=2 * STEP_ML)


def test_a_ramp_pauses_on_while_a_bridge_stands_still() -> None:
    """A stall of 12 h makes a bridge of a day last 36 h."""
    state = filled(settings("1 mg/day\nramp to 2 mg/day by 100 % every 2 days"))
    events: list[tuple[int, Event]] = [
        (DAY_MS, Refilled(20 * PL_PER_ML, "morphine", SAME, bridge("0.1", "0.1"))),
        (DAY_MS + HOUR, Rotor(True)),
        (DAY_MS + 13 * HOUR, Rotor(False)),
        (4 * DAY_MS, Tick()),
    ]
    state, _ = play(state, events)

    assert counted_mL(state) == pytest.approx(0.1 * 3 + 0.2 * 0.5, abs=2 * STEP_ML)


def test_a_program_sent_during_a_bridge_is_judged_by_its_own_first_day() -> None:
    """Sent on Monday, its bolus comes every second Monday; that the bridge ends on Tuesday does not move it."""
    program = "stop\nTue 06:00-07:00 24 mg/day\nbolus 1 mg over 10 min every 14 days from 06:30\nlimit 1.5 mg per 1 h"
    events: list[tuple[int, Event]] = [
        (HOUR, Refilled(20 * PL_PER_ML, "morphine", SAME, bridge("0.1", "0.1"))),
        (2 * HOUR, orders_of(program)),
    ]
    state, actions = play(filled(settings("1 mg/day")), events)

    assert not [action for action in actions if isinstance(action, ProgramRefused)]
    _, actions = play(state, [(15 * DAY_MS, Tick())])
    assert bolus_starts(actions) == [14 * DAY_MS + 6 * HOUR + 30 * MINUTE]


def test_a_reset_at_the_time_of_a_bolus_gives_it() -> None:
    """The program runs again from that very moment."""
    events: list[tuple[int, Event]] = [
        (HOUR, BatteryReset()),
        (7 * HOUR, Reset()),
        (8 * HOUR, Reset()),
        (DAY_MS, Tick()),
    ]
    _, actions = play(filled(settings("stop\nbolus 0.2 mg over 10 min at 07:00, 08:00")), events)

    assert bolus_starts(actions) == [7 * HOUR, 8 * HOUR]


def test_a_refill_that_fills_nothing_keeps_the_remainder() -> None:
    """What was asked for and is not yet a whole step is given after the next refill."""
    state, _ = step(filled(settings("2.4 mg/day")), Tick(), DAY_MS + 1)
    owed = state.owed
    state, _ = play(state, [(DAY_MS + 1, Refilled(0, "morphine", SAME)), (DAY_MS + HOUR, Tick())])

    assert owed > 0
    assert state.owed == owed


def test_dates_count_the_bolus_that_is_due_when_a_bridge_ends() -> None:
    """1 mL, of which the bridge leaves 0.9 at 07:00: half of it is the bolus, so that the reservoir is low by 08:00."""
    told = settings("stop\nbolus 9 mg over 1 h at 07:00", alarm_mL=0)
    refill = Refilled(PL_PER_ML, "morphine", SAME, bridge("0.1", "2.4"))
    state, _ = step(filled(told), Tick(), 6 * HOUR)
    state, _ = step(state, refill, 6 * HOUR)

    assert reservoir_dates(state).low == 8 * HOUR


def test_doses_of_another_drug_do_not_count_for_the_limit_of_a_new_primary_drug() -> None:
    """2 mg of morphine were given with 0.2 mg of hydromorphone, which its limit counts."""
    both = {"hydromorphone": "1 mg/mL"}
    state, _ = run(filled(settings("2 mg/day", others=both)), DAY_MS)
    labels = (("hydromorphone", ng_per_mL("1 mg/mL")),)
    for limit, refused in (("0.39 mg", 1), ("0.4 mg", 0)):
        text = f"stop\nbolus 0.2 mg over 1 min at 00:30 on Tue\nlimit {limit} per 24 h"
        program = order(Text.parse(text), labels[0][1])
        _, actions = step(state, Refilled(20 * PL_PER_ML, "hydromorphone", labels, None, program), DAY_MS)

        assert len([action for action in actions if isinstance(action, ProgramRefused)]) == refused
