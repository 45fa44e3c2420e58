"""A pump that goes on after a bridge, a dip, a stall or a cut keeps its limits as if it had been programmed anew."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import pytest
from tests.pump.bench import Bench
from tests.pump.support import HOUR, MINUTE, filled, ng_per_mL, play, settings

from intrathecal.pump import alarms
from intrathecal.pump.controller import (
    BatteryReset,
    ClockSeen,
    Event,
    Refilled,
    Reset,
    Resume,
    Rotor,
    Tick,
)
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.sentences import answer_of
from intrathecal.pump.settings import Bridge
from intrathecal.pump.state import Action, ProgramRefused, Stretch
from intrathecal.world import faults

TEN = (("morphine", ng_per_mL("10 mg/mL")),)
FIVE = (("morphine", ng_per_mL("5 mg/mL")),)


def bridge(volume_uL: int, hours: int) -> Bridge:
    """A volume given evenly in so many hours."""
    return Bridge(Fraction(volume_uL * 10**6), Fraction(volume_uL * 10**6, hours * HOUR))


def refill(labels: tuple[tuple[str, Fraction], ...], through: Bridge | None) -> Refilled:
    """A full reservoir."""
    return Refilled(20 * PL_PER_ML, "morphine", labels, through)


def refused(actions: Iterable[Action]) -> bool:
    """Whether something was refused."""
    return any(isinstance(action, ProgramRefused) for action in actions)


def fullest_mg(actions: Iterable[Action], length: int) -> float:
    """The most that any window held, counted from the steps, booked by label."""
    steps = [
        (time, float(dict(action.labels)["morphine"]) * action.step_pL / PL_PER_ML)
        for action in actions
        if isinstance(action, Stretch)
        for time in action.step_times()
    ]
    most = held = 0.0
    first = 0
    for time, dose in steps:
        held += dose
        while steps[first][0] <= time - length:
            held -= steps[first][1]
            first += 1
        most = max(most, held)
    return most / 1e6


@pytest.mark.requirement("ACC-2")
@pytest.mark.parametrize(("limit", "fits"), [("1.02", False), ("1.06", True)])
def test_every_window_of_a_bridge_counts(limit: str, fits: bool) -> None:
    """1 mg until 20:00 and 0.05 mg/h of old drug from then on: the first hour of the bridge holds most, not its end."""
    state = filled(settings(f"stop\nbolus 1 mg over 10 min at 19:50\nlimit {limit} mg per 1 h"))
    _, actions = play(state, [(20 * HOUR, refill(FIVE, bridge(60, 12))), (40 * HOUR, Tick())])

    assert refused(actions) != fits
    assert fullest_mg(actions, HOUR) <= float(limit) + 0.0001


@pytest.mark.requirement("ACC-2")
def test_a_bridge_that_is_cut_short_lets_the_program_begin_only_if_its_limit_holds() -> None:
    """A bridge of 0.6 mg is to end at 18:00; a second refill at 06:00 would let the bolus of 07:00 come on top of it."""
    state = filled(settings("stop\nbolus 1 mg over 1 h at 07:00\nlimit 1.27 mg per 24 h", start="2026-03-02T18:00"))
    state, actions = play(state, [(0, refill(FIVE, bridge(60, 24)))])
    assert not refused(actions)
    after, cut = play(state, [(12 * HOUR, refill(FIVE, None)), (3 * DAY_MS, Tick())])
    assert refused(cut)
    assert after.settings.labels == FIVE
    assert fullest_mg(cut, DAY_MS) <= 1.27


@pytest.mark.requirement("ACC-2")
def test_what_flowed_at_the_minimum_rate_counts_when_a_reset_is_asked_for() -> None:
    """20 h at 0.06 mg a day leave no room for the whole bolus of the morning; a day later there is."""
    told = settings("stop\nbolus 1 mg over 1 h at 07:00\nlimit 1 mg per 24 h")
    state, _ = play(filled(told), [(10 * HOUR, BatteryReset())])
    at = DAY_MS + 6 * HOUR
    before, _ = play(state, [(at, Tick())])
    after, actions = play(before, [(at, Reset())])
    assert refused(actions)
    assert answer_of(actions).startswith("limit")
    assert after == before
    later, actions = play(after, [(at + 2 * HOUR, Reset())])
    assert not refused(actions)
    assert not later.safe


@pytest.mark.requirement("ACC-2")
def test_a_bridge_that_stood_still_is_followed_by_its_program_only_if_the_limit_holds() -> None:
    """The stall moves bridge and ramp; what they give together then is judged when the motor turns again, and stopped."""
    told = settings("stop\nSat 12:00-24:00 4 mg/day\nlimit 2.2 mg per 24 h")
    state, actions = play(filled(told), [(3 * DAY_MS, refill(FIVE, bridge(100, 24)))])
    assert not refused(actions)
    stalled, _ = play(state, [(3 * DAY_MS + HOUR, Rotor(stalled=True))])
    soon, actions = play(stalled, [(3 * DAY_MS + 2 * HOUR, Rotor(stalled=False))])
    assert not refused(actions)
    assert not soon.stopped
    late = 4 * DAY_MS + 12 * HOUR
    stopped, actions = play(stalled, [(late, Rotor(stalled=False))])
    assert refused(actions)
    assert alarms.EMERGENCY_STOP in stopped.sounding
    _, actions = play(stopped, [(late + HOUR, Resume())])
    assert refused(actions)
    on, actions = play(stopped, [(7 * DAY_MS, Resume()), (10 * DAY_MS, Tick())])
    assert not refused(actions)
    assert not on.stopped


def test_a_stall_that_held_up_a_bridge_is_logged_with_the_limit() -> None:
    """The pump itself, with its motor: it stands still, sounds, and says why in its log; a resume later is accepted."""
    bench = Bench("synchromed-ii-20")
    unit = bench.filled("stop\nSat 12:00-24:00 4 mg/day\nlimit 2.2 mg per 24 h")
    bench.go(unit, 3 * DAY_MS)
    assert answer_of(unit.tell(refill(FIVE, bridge(100, 24)))) == ""
    bench.go(unit, HOUR)
    bench.mechanism.suffer(faults.STUCK)
    bench.go(unit, 35 * HOUR)
    bench.mechanism.mend(faults.STUCK)
    bench.go(unit, HOUR)

    assert alarms.EMERGENCY_STOP in {alarm.name for alarm in unit.alarms()}
    assert any(entry.kind == "limit" and "2.2 mg" in entry.text for entry in unit.book.faults)
    assert answer_of(unit.tell(Resume())).startswith("limit")


@pytest.mark.requirement("ACC-2", "ACC-4")
def test_a_clock_that_would_break_a_limit_is_kept_and_one_that_would_not_is_set() -> None:
    """Put forward by 2 h, a bolus would come 22 h after the one before: too soon for a limit of one in 24 h."""
    for limit, said in (("1", "a limit would be broken"), ("2.1", "")):
        told = settings(f"stop\nbolus 1 mg over 10 min at 07:00\nlimit {limit} mg per 24 h")
        seen: Event = ClockSeen(told.clock + 12 * HOUR + 2 * HOUR)
        _, actions = play(filled(told), [(12 * HOUR, seen), (3 * DAY_MS, Tick())])
        assert said in answer_of(actions)
        assert fullest_mg(actions, DAY_MS - MINUTE) <= float(limit)
