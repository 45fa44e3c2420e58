"""What the controller relies on beyond types and signs: what it divides by, and what it goes through in order.

A pump reads its memory and its messages through these checks, so that nothing that reached it from outside can make it
divide by zero, look for a drug that is not there, or spend its days on boluses a millisecond apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from intrathecal.pump.controller import BatterySensed, Prime, Refilled
from intrathecal.pump.hardware import DAY_MS, WEEK_MS, Hardware
from intrathecal.pump.limits import MEMORY_MS
from intrathecal.pump.settings import (
    MINUTE_MS,
    Bridge,
    Demand,
    Level,
    Limit,
    Orders,
    Periodic,
    Ramp,
    Scheduled,
    Settings,
)
from intrathecal.pump.state import Given, Running, State

#: Digits of a number that the pump is told. Remainders take up its digits for good: they must not grow without bound.
MOST_TOLD_DIGITS = 100
_TOLD_BITS = MOST_TOLD_DIGITS * 33219 // 10000


def complaint(value: object) -> str:
    """What is wrong with a part of the pump's settings, state or events; empty if nothing is."""
    check = _CHECKS.get(type(value))
    return "" if check is None else check(value)


def _zero(**values: int | Fraction | None) -> str:
    """The first of some values that is not above zero."""
    return next(
        (f'"{name}" must be above zero' for name, value in values.items() if value is not None and value <= 0), ""
    )


def _hasty(every: int) -> str:
    """The clock of a program counts minutes: nothing in it comes again sooner."""
    return "" if every >= MINUTE_MS else f'"every" must be at least {MINUTE_MS} ms'


def _long(**values: Fraction | None) -> str:
    """The first of some values that the pump is told and that has too many digits."""
    for name, value in values.items():
        if value is not None and max(value.numerator.bit_length(), value.denominator.bit_length()) > _TOLD_BITS:
            return f'"{name}" has more than {MOST_TOLD_DIGITS} digits'
    return ""


def _ascending(name: str, times: Sequence[int], before: int) -> str:
    rising = all(earlier < later for earlier, later in pairwise(times))
    if times and rising and times[-1] < before:
        return ""
    return f'"{name}" must hold rising times below {before} ms, at least one'


def _labels(primary: str, labels: tuple[tuple[str, Fraction], ...]) -> str:
    names = [drug for drug, _ in labels]
    if len(set(names)) < len(names):
        return '"labels" name a drug twice'
    if dict(labels).get(primary, 0) <= 0:
        return f'"labels" must hold "{primary}", above zero'
    return _long(**{f"labels {drug}": label for drug, label in labels})


def _level(level: Level) -> str:
    return _long(dose=level.dose)


def _scheduled(bolus: Scheduled) -> str:
    return _ascending("at", bolus.at, WEEK_MS) or _zero(over=bolus.over) or _long(dose=bolus.dose)


def _periodic(bolus: Periodic) -> str:
    if bolus.anchor >= DAY_MS:
        return f'"anchor" must be below {DAY_MS} ms'
    if bolus.over > bolus.every:
        return '"over" must be at most "every"'
    return _hasty(bolus.every) or _zero(over=bolus.over) or _long(dose=bolus.dose)


def _demand(demand: Demand) -> str:
    return _zero(over=demand.over, max_per_day=demand.max_per_day) or _long(dose=demand.dose)


def _ramp(ramp: Ramp) -> str:
    return _hasty(ramp.every) or _zero(step=ramp.step) or _long(step=ramp.step, target=ramp.target)


def _limit(limit: Limit) -> str:
    if limit.per > MEMORY_MS:
        return f'"per" must be at most {MEMORY_MS} ms'
    return _zero(dose=limit.dose, per=limit.per) or _long(dose=limit.dose)


def _orders(orders: Orders) -> str:
    times = [at for at, _ in orders.week]
    return _ascending("week", times, WEEK_MS) or ("" if times[0] == 0 else '"week" must begin at 0')


def _settings(settings: Settings) -> str:
    return _labels(settings.primary, settings.labels) or _long(tubing=settings.tubing, catheter=settings.catheter)


def _hardware(hardware: Hardware) -> str:
    if hardware.slowest > hardware.fastest:
        return '"slowest" must be at most "fastest"'
    return _zero(
        step_pL=hardware.step_pL,
        reservoir_pL=hardware.reservoir_pL,
        fastest=hardware.fastest,
        life_ns=hardware.life_ns,
        max_schedule_steps=hardware.max_schedule_steps,
    )


def _bridge(bridge: Bridge) -> str:
    return _zero(rate=bridge.rate)


def _prime(prime: Prime) -> str:
    return _zero(over=prime.over) or _long(volume=prime.volume)


def _refilled(refilled: Refilled) -> str:
    bridge = refilled.bridge
    long = "" if bridge is None else _long(**{"bridge.volume": bridge.volume, "bridge.rate": bridge.rate})
    return _labels(refilled.primary, refilled.labels) or long


def _battery(sensed: BatterySensed) -> str:
    return _long(left=sensed.left) if sensed.left <= 1 else '"left" must be at most 1'


def _running(running: Running) -> str:
    return "" if running.began <= running.until else '"until" must not lie before "began"'


def _given(given: Given) -> str:
    return "" if given.start < given.end else '"end" must lie after "start"'


def _state(state: State) -> str:
    if max((state.began, *state.presses, *(piece.end for piece in state.given[-1:]))) > state.now:
        return '"now" lies before what has happened'
    if any(earlier.end > later.start for earlier, later in pairwise(state.given)):
        return '"given" must be in order of time'
    return ""


_CHECKS: dict[type, Callable[[Any], str]] = {
    Level: _level,
    Scheduled: _scheduled,
    Periodic: _periodic,
    Demand: _demand,
    Ramp: _ramp,
    Limit: _limit,
    Orders: _orders,
    Settings: _settings,
    Hardware: _hardware,
    Bridge: _bridge,
    Prime: _prime,
    Refilled: _refilled,
    BatterySensed: _battery,
    Running: _running,
    Given: _given,
    State: _state,
}
