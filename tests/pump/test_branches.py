"""The corners of the controller that no other test of this room turns."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.pump.bench import SECOND, Bench
from tests.pump.support import (
    HOUR,
    MINUTE,
    answers,
    counted_between,
    counted_mL,
    filled,
    names,
    ng_per_mL,
    play,
    run,
    settings,
)

from intrathecal.catalogue import load_catalogue
from intrathecal.pump import alarms
from intrathecal.pump.controller import Event, Press, Refilled, Reset, Tick, next_call, step
from intrathecal.pump.exactness import inexact
from intrathecal.pump.forecast import auto_bridge, due, reservoir_dates
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML, Hardware
from intrathecal.pump.settings import Bridge, fixed_orders, labels_of
from intrathecal.pump.state import ProgramRefused
from intrathecal.pump.unit import Unit
from intrathecal.quantities import parse_quantity
from intrathecal.world import faults
from intrathecal.world.storages import Failure, PowerCut

STEP_ML = 4e-6
SAME = (("morphine", ng_per_mL("10 mg/mL")),)


def bridge(volume_mL: str, mL_per_day: str) -> Bridge:
    """A bridge as a clinic would say it."""
    return Bridge(Fraction(volume_mL) * PL_PER_ML, Fraction(mL_per_day) * PL_PER_ML / DAY_MS)


def test_the_counter_cannot_go_back() -> None:
    """It is a mistake of whoever calls."""
    state, _ = step(filled(settings("1 mg/day")), Tick(), HOUR)
    with pytest.raises(ValueError, match="cannot go back from 3600000 to 3599999"):
        step(state, Tick(), HOUR - 1)


def test_doses_are_forgotten_after_400_days_and_not_before() -> None:
    """The windows of 450 days; of what flowed, the newest 400 days are known."""
    state, _ = run(filled(settings("stop\n06:00-07:00 0.05 mg/day"), 40), 450 * DAY_MS)

    assert state.given[0].end >= 50 * DAY_MS
    assert state.given[0].start < 51 * DAY_MS
    assert len(state.given) == 400


def test_everything_older_than_the_memory_is_forgotten_at_once() -> None:
    """A pump that stood for 402 days knows of nothing."""
    state = filled(settings("stop\nMon 06:00-07:00 1 mg/day"))
    state, _ = step(state, Tick(), 8 * HOUR)
    state = replace(state, settings=settings("stop"))
    state, _ = step(state, Tick(), 402 * DAY_MS)

    assert state.given == ()


def test_a_pump_that_does_not_sound_when_it_stands_still_has_no_date_for_it() -> None:
    """The Prometra has no such alarm."""
    state, actions = run(filled(settings("stop", pump="prometra-ii-20")), 4 * DAY_MS)

    assert names(actions) == []
    assert next_call(state) > 300 * DAY_MS


def test_a_bolus_squeezed_by_the_fastest_flow_lasts_longer_and_is_counted_by_limits_as_it_will_come() -> None:
    """5 mg in 20 min would be 36 mL a day; after 20 minutes a third is still to come."""
    text = "stop\nbolus 5 mg over 20 min at 01:00\non demand 1 mg over 10 min, lockout 1 min, max 4 per day\nlimit 5.5 mg per 1 h"
    at = (HOUR + 25 * MINUTE, HOUR + 31 * MINUTE, 2 * HOUR + 25 * MINUTE)
    events: list[tuple[int, Event]] = [(time, Press()) for time in at]
    _, actions = play(filled(settings(text)), events)

    assert counted_between(actions, HOUR, HOUR + 20 * MINUTE) == pytest.approx(24 / 72, abs=STEP_ML)
    assert [reason for _, reason in answers(actions)] == ["fastest flow", "limit", ""]


def test_a_bolus_that_is_given_before_its_time_is_over_holds_no_more() -> None:
    """Raised to the slowest flow it ends early; until its time is over it is there, and empty."""
    demand = "on demand 0.1 mg over 10 min, lockout 1 h, max 4 per day"
    text = f"stop\nbolus 0.2 mg over 20 h at 00:00 on Mon\n{demand}\nlimit 0.3 mg per 24 h"
    state, _ = step(filled(settings(text)), Tick(), 12 * HOUR)
    assert [bolus.left for bolus in state.running] == [0]
    assert reservoir_dates(state).low == reservoir_dates(replace(state, running=())).low
    _, actions = play(state, [(12 * HOUR, Press()), (13 * HOUR, Press())])

    assert answers(actions) == [(12 * HOUR, ""), (13 * HOUR, "limit")]


def test_a_refill_whose_bridge_breaks_a_limit_changes_nothing() -> None:
    """The old drug in the line counts too."""
    text = "1 mg/day\nlimit 1.2 mg per 24 h"
    state, _ = run(filled(settings(text)), DAY_MS)
    after, actions = step(state, Refilled(20 * PL_PER_ML, "morphine", SAME, bridge("0.2", "2.4")), state.now)

    assert len([action for action in actions if isinstance(action, ProgramRefused)]) == 1
    assert after == state


def test_a_reset_of_a_pump_that_runs_its_program_changes_nothing() -> None:
    """There is nothing to reset."""
    state, _ = step(filled(settings("1 mg/day")), Tick(), HOUR)
    assert step(state, Reset(), HOUR) == (state, [])


def test_what_cannot_be_done_exactly_is_said() -> None:
    """Too slow, too fast, too many steps a day, a pump without a minimum rate, boluses that are no whole steps."""
    many = "\n".join(f"bolus 0.1 mg over 1 min at {hour:02}:00" for hour in range(14))
    clauses = [finding.clause for finding in inexact(settings("0.1 mg/day\n" + many))]
    assert clauses.count("schedule") == 1
    assert "base" in clauses

    fast = [f for f in inexact(settings("1 mg/day\non demand 5 mg over 1 min, lockout 1 h, max 4 per day"))]
    assert [f.reason for f in fast if "fastest" in f.reason]
    ramp = inexact(settings("1 mg/day\n12:00-13:00 300 mg/day\nramp to 400 mg/day by 100 % every 1 day"))
    assert {f.reason for f in ramp} >= {"the pump cannot run faster than its fastest flow"}
    still = inexact(settings("minimum rate\nbolus 0.03 mg over 1 min every 5 h from 01:00", pump="prometra-ii-20"))
    assert {f.clause for f in still} == {"base", "periodic bolus"}


def test_dates_of_a_pump_that_is_low_or_never_will_be() -> None:
    """A date that has passed stays what it was; no flow has none."""
    low = reservoir_dates(filled(settings("1 mg/day"), 1))
    assert low == type(low)(0, 0, 0)
    assert reservoir_dates(filled(settings("stop"))) == type(low)(None, None, None)
    assert due(0, None, DAY_MS) is None
    spent = replace(filled(settings("1 mg/day")), reservoir_pL=2 * PL_PER_ML)
    assert reservoir_dates(spent).low == 0


def test_presses_that_a_limit_allows_are_what_the_worst_case_counts() -> None:
    """Of 4 x 1 mg a day, 1 mg is left by the limit beside the base; a bolus under way counts as well."""
    text = "1 mg/day\non demand 1 mg over 1 h, lockout 1 h, max 4 per day\nlimit 2 mg per 24 h"
    state, _ = step(filled(settings(text)), Press(), 1)
    dates = reservoir_dates(state)

    assert dates.worst is not None
    assert dates.worst / DAY_MS == pytest.approx(17.9 / 0.2, rel=1e-6)


def test_no_bridge_is_worked_out_where_nothing_runs() -> None:
    """Nothing to bridge with."""
    assert auto_bridge(filled(settings("stop"))) is None
    assert auto_bridge(filled(settings("1 mg/day", dead_mL="0"))) is None


def test_a_fixed_pump_runs_its_one_flow_at_whatever_is_in_it() -> None:
    """0.5 mL a day."""
    hardware = Hardware.of(load_catalogue().pumps["isomed-20-0.5"])
    labels = labels_of({"morphine": parse_quantity("20 mg/mL", "concentration")})
    told = replace(settings("1 mg/day"), hardware=hardware, orders=fixed_orders(hardware, labels[0][1]), labels=labels)
    state, _ = run(filled(told), 2 * DAY_MS)

    assert counted_mL(state) == pytest.approx(1, abs=1e-5)
    assert fixed_orders(replace(hardware, fixed=None), labels[0][1]).week[0][1].dose == 0


def test_an_alarm_of_a_pump_without_a_buzzer_is_not_sounded() -> None:
    """It has none."""
    state, actions = run(filled(settings("10 mg/day", pump="isomed-20-0.5"), 1), DAY_MS)

    assert names(actions) == []
    assert alarms.LOW_RESERVOIR not in state.sounding


# ---- corners of the device


def started_while_stuck(bench: Bench) -> Unit:
    """A pump whose motor stands, at the moment before it is tried again."""
    unit = bench.filled("2.4 mg/day")
    bench.mechanism.suffer(faults.STUCK)
    bench.go(unit, 2 * SECOND)
    bench.mechanism.mend(faults.STUCK)
    return unit


def test_a_motor_that_turned_at_a_try_that_was_cut_off_is_found_turning() -> None:
    """The rotor tells that the stall is over."""
    bench = Bench()
    unit = started_while_stuck(bench)

    def cut() -> None:
        raise PowerCut("the power failed")

    bench.wires.trouble(1, cut, after=True)
    with pytest.raises(PowerCut):
        bench.go(unit, 2 * MINUTE)
    bench.off(SECOND)
    unit = bench.start()

    assert unit.state is not None
    assert not unit.state.stalled
    assert bench.steps_made == 1
    bench.check(unit)


def test_a_memory_that_fails_while_an_act_is_settled_stops_the_pump() -> None:
    """Before the motor's return could be made durable."""
    bench = Bench()
    unit = bench.filled("2.4 mg/day")
    bench.wires.lost = True
    bench.go(unit, 2 * SECOND)
    bench.wires.lost = False
    bench.storage.fail(Failure(1, "write", lasting=True))
    bench.go(unit, 10 * SECOND)

    assert unit.failed.startswith("memory failure")
    assert unit.uncertain
    assert bench.steps_made == 0


def test_a_pump_without_a_memory_does_not_care_for_a_lost_motor() -> None:
    """What is worse is said."""
    bench = Bench()
    unit = Unit.without_memory("gone", bench.wires, bench.clock, bench.identity(), bench.hardware)
    bench.wires.lost = True
    unit.tell(Reset())

    assert unit.failed == "memory failure: gone"


def test_a_copy_that_is_damaged_is_put_right_before_a_snapshot_is_written() -> None:
    """And the log says so."""
    bench = Bench(size=64 * 1024)
    unit = bench.filled("240 mg/day")
    bench.storage.flip(8 * 600)
    bench.go(unit, 20 * SECOND)

    assert [entry.kind for entry in unit.book.faults] == ["memory"]
    bench.check(unit)
