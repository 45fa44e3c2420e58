"""What the orders ask for at a time, and when that changes next. Times are ms on the pump's counter."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge

from intrathecal.pump.hardware import DAY_MS, WEEK_MS
from intrathecal.pump.settings import Level, Periodic, Scheduled, Settings


@dataclass(frozen=True)
class Start:
    """A bolus of ``dose`` ng over ``over`` ms that begins by itself at ``at``."""

    at: int
    dose: Fraction
    over: int


def level_at(settings: Settings, at: int) -> Level:
    """The base or window in force."""
    week = settings.orders.week
    index = bisect_right(week, (settings.clock + at) % WEEK_MS, key=lambda entry: entry[0]) - 1
    return week[index][1]


def scale_at(settings: Settings, origin: int, at: int) -> Fraction:
    """How far the ramp that began at ``origin`` has scaled base and windows."""
    ramp = settings.orders.ramp
    if ramp is None:
        return Fraction(1)
    taken = ramp.step * max(0, (at - origin) // ramp.every)
    return min(1 + taken, ramp.target) if ramp.target >= 1 else max(1 - taken, ramp.target)


def base_asked(settings: Settings, origin: int, at: int) -> Fraction:
    """The flow (pL/ms) that base, windows and ramp ask for."""
    return _asked(settings, level_at(settings, at), origin, at)


def base_given(settings: Settings, origin: int, at: int) -> Fraction:
    """The flow nearest to that which the pump can run at; the minimum rate is below the slowest flow by design."""
    level = level_at(settings, at)
    asked = _asked(settings, level, origin, at)
    return asked if level.minimum else settings.hardware.possible(asked)


def _asked(settings: Settings, level: Level, origin: int, at: int) -> Fraction:
    if level.minimum:
        return settings.hardware.minimum or Fraction(0)
    scaled = settings.orders.ramp is not None
    return settings.flow(level.dose * scale_at(settings, origin, at) if scaled else level.dose)


def base_beside(settings: Settings, asked: Fraction) -> Fraction:
    """The base's flow while boluses run: it is raised to the slowest flow only where it runs alone."""
    return min(asked, settings.hardware.fastest)


def bolus_share(settings: Settings, base: Fraction, wanted: Fraction) -> Fraction:
    """What running boluses get of the flow that they ask for together, beside the base.

    Where the sum is slower or faster than the pump can run, a bolus keeps its amount and ends sooner or later.
    """
    return (settings.hardware.possible(base + wanted) - base) / wanted


def next_base_change(settings: Settings, origin: int, after: int) -> int | None:
    """The first time later than ``after`` at which base, window or ramp changes; None if never."""
    week = settings.orders.week
    times = []
    if len(week) > 1:
        local = (settings.clock + after) % WEEK_MS
        index = bisect_right(week, local, key=lambda entry: entry[0])
        change = week[index][0] if index < len(week) else week[0][0] + WEEK_MS
        times.append(after + change - local)
    ramp = settings.orders.ramp
    if ramp is not None and scale_at(settings, origin, after) != ramp.target:
        times.append(origin + ((after - origin) // ramp.every + 1) * ramp.every)
    return min(times, default=None)


def next_start(settings: Settings, began: int, after: int) -> int | None:
    """The first time at or later than ``after`` at which a bolus begins by itself; None if there are none."""
    times = []
    local = (settings.clock + after) % WEEK_MS
    for bolus in settings.orders.scheduled:
        index = bisect_right(bolus.at, local - 1)
        change = bolus.at[index] if index < len(bolus.at) else bolus.at[0] + WEEK_MS
        times.append(after + change - local)
    for rhythm in settings.orders.periodic:
        times.append(_first_beat(settings, rhythm, began, after))
    return min(times, default=None)


def starts_at(settings: Settings, began: int, at: int) -> tuple[Start, ...]:
    """The boluses that begin by themselves at ``at``."""
    local = (settings.clock + at) % WEEK_MS
    starts = [Start(at, bolus.dose, bolus.over) for bolus in settings.orders.scheduled if local in bolus.at]
    for rhythm in settings.orders.periodic:
        since = at - _anchor(settings, began, rhythm.anchor)
        if since >= 0 and since % rhythm.every == 0:
            starts.append(Start(at, rhythm.dose, rhythm.over))
    return tuple(starts)


def starts(settings: Settings, began: int, first: int, last: int) -> Iterator[Start]:
    """All boluses that begin by themselves from ``first`` on and before ``last``, in order of time."""
    weekly = (_weekly(settings, bolus, first, last) for bolus in settings.orders.scheduled)
    rhythmic = (_rhythmic(settings, rhythm, began, first, last) for rhythm in settings.orders.periodic)
    return merge(*weekly, *rhythmic, key=lambda start: start.at)


def _weekly(settings: Settings, bolus: Scheduled, first: int, last: int) -> Iterator[Start]:
    monday = first - (settings.clock + first) % WEEK_MS
    for week in range(monday, last, WEEK_MS):
        yield from (Start(week + at, bolus.dose, bolus.over) for at in bolus.at if first <= week + at < last)


def _rhythmic(settings: Settings, rhythm: Periodic, began: int, first: int, last: int) -> Iterator[Start]:
    begin = _first_beat(settings, rhythm, began, first)
    return (Start(at, rhythm.dose, rhythm.over) for at in range(begin, last, rhythm.every))


def base_pieces(settings: Settings, origin: int, first: int, last: int) -> Iterator[tuple[int, int, Fraction]]:
    """(start, end, flow in pL/ms) of what base, windows and ramp will give between two times."""
    at = first
    while at < last:
        change = next_base_change(settings, origin, at)
        end = last if change is None else min(change, last)
        yield at, end, base_given(settings, origin, at)
        at = end


def _first_beat(settings: Settings, rhythm: Periodic, began: int, after: int) -> int:
    """The first time at or later than ``after`` at which a rhythm's bolus begins."""
    anchor = _anchor(settings, began, rhythm.anchor)
    return anchor + max(0, -(-(max(after, began) - anchor) // rhythm.every)) * rhythm.every


def _anchor(settings: Settings, began: int, clock: int) -> int:
    midnight = began - (settings.clock + began) % DAY_MS
    return midnight + clock
