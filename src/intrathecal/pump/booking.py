"""Quiet stretches: what is given while nothing changes, and when something will."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from intrathecal.pump import alarms
from intrathecal.pump.alarms import Alarm
from intrathecal.pump.hardware import NS_PER_MS, PL_PER_ML
from intrathecal.pump.remembering import Labels, remember
from intrathecal.pump.schedule import (
    base_asked,
    base_beside,
    base_given,
    bolus_share,
    next_base_change,
    next_start,
    starts_at,
)
from intrathecal.pump.settings import Bridge
from intrathecal.pump.state import Action, Given, Running, State, Stretch, ceil_div

ZERO = Fraction(0)


class Flows(NamedTuple):
    """What flows at a moment (pL/ms): the base, each running bolus, and what the motor is driven at.

    Base and boluses are those of the program, also while a bridge runs or the motor stands still.
    """

    base: Fraction
    boluses: list[Fraction]
    motor: Fraction


def flows(state: State) -> Flows:
    """The flows from now until the next change."""
    base = base_now(state)
    boluses = _shares(state, base)
    return Flows(base, boluses, _driven(state, base, boluses))


def advance(state: State, to: int) -> tuple[State, list[Action]]:
    """Book all that happens by itself up to ``to``."""
    actions: list[Action] = []
    while state.now < to:
        state, done = _book(state, min(to, next_change(state, to)))
        actions += done
        state, sounded = settle(state)
        actions += sounded
    return state, actions


def next_change(state: State, horizon: int) -> int:
    """The first time later than now at which anything changes by itself, at most ``horizon``."""
    times = [horizon]
    settings, now = state.settings, flows(state)
    if state.bridge is None:
        change = next_base_change(settings, state.ramp_origin, state.now)
        start = next_start(settings, state.began, state.now + 1)
        times += [time for time in (change, start) if time is not None]
        for bolus, rate in zip(state.running, now.boluses, strict=True):
            times.append(bolus.until)
            if rate > 0:
                times.append(state.now + ceil_div(bolus.left, rate))
    elif now.motor > 0:  # a bridge waits while the motor stands
        times.append(state.now + ceil_div(state.bridge.volume, now.motor))
    times += _device_times(state, now.motor)
    return min(time for time in times if time > state.now)


def asked_flow(state: State) -> Fraction:
    """What the program asks for now (pL/ms), whether or not the pump can."""
    if state.bridge is not None:
        return state.bridge.rate
    base = base_asked(state.settings, state.ramp_origin, state.now)
    return sum((bolus.rate for bolus in state.running if state.now < bolus.until), base)


def base_now(state: State) -> Fraction:
    """The flow of base or window as the pump runs it; after a battery reset there is only the minimum rate.

    A base slower than the pump can run is raised only while it runs alone: with a bolus the sum counts.
    """
    if state.safe:
        return state.settings.hardware.minimum or ZERO
    if _wanted(state) > 0:
        return base_beside(state.settings, base_asked(state.settings, state.ramp_origin, state.now))
    return base_given(state.settings, state.ramp_origin, state.now)


def bolus_rates(state: State) -> list[Fraction]:
    """The flow of each running bolus: its own, or its share of the possible flow beside the base."""
    return _shares(state, base_now(state))


def _shares(state: State, base: Fraction) -> list[Fraction]:
    """The same beside a ``base`` (pL/ms)."""
    wanted = _wanted(state)
    if wanted == 0:
        return [ZERO] * len(state.running)
    share = bolus_share(state.settings, base, wanted)
    return [bolus.rate * share if bolus.left > 0 else ZERO for bolus in state.running]


def _wanted(state: State) -> Fraction:
    return sum((bolus.rate for bolus in state.running if bolus.left > 0), ZERO)


def settle(state: State) -> tuple[State, list[Action]]:
    """What begins and ends at this very moment: the bridge, boluses, alarms."""
    if state.bridge is not None and state.bridge.volume <= 0:
        state = replace(state, bridge=None, bridge_labels=())
    if state.bridge is None and not state.safe and not state.stopped:
        state = start_boluses(state)
    return sound(state)


def start_boluses(state: State) -> State:
    """Start the boluses that are due now."""
    due = starts_at(state.settings, state.began, state.now)
    running = tuple(bolus for bolus in state.running if bolus.left > 0 or state.now < bolus.until)
    if not due and len(running) == len(state.running):
        return state
    for start in due:
        volume = state.settings.flow(start.dose)
        running += (Running("scheduled", start.at, start.at + start.over, volume / start.over, volume),)
    return replace(state, running=running)


def sound(state: State) -> tuple[State, list[Action]]:
    """Sound what has come true and silence what is no longer so."""
    hardware = state.settings.hardware
    low = state.reservoir_pL <= state.settings.low_reservoir_pL
    if low and state.low_at is None:
        state = replace(state, low_at=state.now)
    state = age(state)
    still = hardware.stopped_alarm_ms
    true_now = {
        alarms.LOW_RESERVOIR: low,
        alarms.EMPTY_RESERVOIR: state.empty,
        alarms.REPLACE_SOON: state.replace_at is not None,
        alarms.END_OF_SERVICE: state.ended,
        alarms.MOTOR_STALL: state.stalled,
        alarms.STOPPED: still is not None and state.still_since is not None and state.now >= state.still_since + still,
        alarms.BATTERY_RESET: state.safe,
        alarms.EMERGENCY_STOP: state.stopped,
    }
    sounding = tuple(name for name, holds in true_now.items() if holds and hardware.alarms)
    if sounding == state.sounding:
        return state, []
    fresh: list[Action] = [Alarm(state.now, name) for name in sounding if name not in state.sounding]
    return replace(state, sounding=sounding, muted_until=None if fresh else state.muted_until), fresh


def flow_given(state: State) -> Fraction:
    """The flow at which the motor is driven now (pL/ms); 0 when it cannot turn."""
    return flows(state).motor


def _driven(state: State, base: Fraction, boluses: list[Fraction]) -> Fraction:
    if state.ended or state.empty or state.stalled or state.stopped:
        return ZERO
    if state.bridge is not None:
        return state.settings.hardware.possible(state.bridge.rate)
    return sum(boluses, base)


def _book(state: State, to: int) -> tuple[State, list[Action]]:
    """One quiet stretch: a constant rate from now to ``to``, counted in one call."""
    length = to - state.now
    hardware = state.settings.hardware
    now = flows(state)
    rate = now.motor
    volume, running, bridge = _pass(state, now, length)
    if rate == 0:
        # The motor does not turn: time runs on for boluses, which are lost, and the bridge waits.
        volume, bridge = ZERO, state.bridge
    owed = state.owed + volume
    steps = max(0, min(int(owed // hardware.step_pL), state.reservoir_pL // hardware.step_pL)) if rate else 0
    reservoir = state.reservoir_pL - steps * hardware.step_pL
    labels = state.bridge_labels if state.bridge is not None else state.settings.labels
    began = sum(bolus.began == state.now for bolus in state.running)
    stretch = Stretch(state.now, to, steps, hardware.step_pL, asked_flow(state), state.owed, rate, labels, began)
    state = replace(
        state,
        now=to,
        owed=owed - steps * hardware.step_pL,
        steps=state.steps + steps,
        reservoir_pL=reservoir,
        booked=add_doses(state.booked, labels, steps * hardware.step_pL),
        running=running,
        bridge=bridge,
        ramp_origin=state.ramp_origin + (length if state.bridge is not None or state.stopped else 0),
        given=_remembered(state, to, rate, volume, labels),
        battery_ns=_worn(state, length, steps),
        still_since=(state.now if state.still_since is None else state.still_since) if rate == 0 else None,
    )
    return state, [stretch]


def _pass(state: State, now: Flows, length: int) -> tuple[Fraction, tuple[Running, ...], Bridge | None]:
    """The volume asked of the motor in ``length`` ms, and what is then left of boluses and bridge.

    Changes fall on whole ms, so that a bolus or bridge may end within the last one: what it has left bounds its volume.
    """
    if state.bridge is not None:
        volume = min(state.bridge.volume, state.settings.hardware.possible(state.bridge.rate) * length)
        return volume, state.running, replace(state.bridge, volume=state.bridge.volume - volume)
    parts = [min(bolus.left, rate * length) for bolus, rate in zip(state.running, now.boluses, strict=True)]
    running = tuple(replace(bolus, left=bolus.left - part) for bolus, part in zip(state.running, parts, strict=True))
    return sum(parts, now.base * length), running, None


def _device_times(state: State, rate: Fraction) -> list[int]:
    """When reservoir, battery or standstill will raise an alarm, at a ``rate`` of the motor (pL/ms)."""
    hardware = state.settings.hardware
    times = []
    if rate > 0:
        for level in (state.settings.low_reservoir_pL, hardware.step_pL - 1):
            if state.reservoir_pL > level:
                steps = -(-(state.reservoir_pL - level) // hardware.step_pL)
                times.append(state.now + max(1, ceil_div(steps * hardware.step_pL - state.owed, rate)))
    elif hardware.stopped_alarm_ms is not None and state.still_since is not None:
        times.append(state.still_since + hardware.stopped_alarm_ms)
    elif hardware.stopped_alarm_ms is not None:
        times.append(state.now + hardware.stopped_alarm_ms)
    if hardware.life_ns is not None and not state.ended:
        if state.replace_at is not None:
            times.append(state.replace_at + hardware.eri_lead_ms)
        else:
            drain = NS_PER_MS + rate / hardware.step_pL * hardware.step_ns
            times.append(state.now + ceil_div(_replace_level(state) - state.battery_ns, drain))
    return times


def _remembered(state: State, to: int, rate: Fraction, volume: Fraction, labels: Labels) -> tuple[Given, ...]:
    """The memory of doses with a stretch.

    What ends within its last ms is a piece of its own there, so that it does not matter how often the controller was called.
    """
    if volume == rate * (to - state.now):
        return remember(state.given, state.now, to, volume, labels)
    before = rate * (to - 1 - state.now)
    given = remember(state.given, state.now, to - 1, before, labels) if to - 1 > state.now else state.given
    return remember(given, to - 1, to, volume - before, labels)


def _worn(state: State, length: int, steps: int) -> int:
    """The charge that is used, counted up to all of it: more has no meaning, and would outgrow the memory's integers."""
    hardware = state.settings.hardware
    used = state.battery_ns + length * NS_PER_MS + steps * hardware.step_ns
    return max(state.battery_ns, min(used, hardware.life_ns or 0))


def age(state: State) -> State:
    """Elective replacement when only its lead is left of the battery; the end comes a fixed time later."""
    hardware = state.settings.hardware
    if hardware.life_ns is None or state.ended:
        return state
    past = state.battery_ns - _replace_level(state)
    if state.replace_at is None and past >= 0:
        # A pump that is old when it is first filled passed the level before.
        state = replace(state, replace_at=state.now - past // NS_PER_MS)
    if state.replace_at is not None and state.now >= state.replace_at + hardware.eri_lead_ms:
        state = replace(state, ended=True, running=())
    return state


def _replace_level(state: State) -> int:
    hardware = state.settings.hardware
    return (hardware.life_ns or 0) - hardware.eri_lead_ms * NS_PER_MS


def add_doses(
    booked: tuple[tuple[str, Fraction], ...], labels: tuple[tuple[str, Fraction], ...], volume_pL: int
) -> tuple[tuple[str, Fraction], ...]:
    """The totals (ng by drug) with a volume of what the label says added."""
    totals = dict(booked)
    for drug, concentration in labels:
        dose = Fraction(volume_pL * concentration.numerator, PL_PER_ML * concentration.denominator)
        totals[drug] = totals.get(drug, ZERO) + dose
    return tuple(totals.items())
