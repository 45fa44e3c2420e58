"""The limit clause: no window of its length ever holds more than its dose.

What counts is everything: doses given before, boluses running, and the base, windows, ramp and scheduled boluses still to
come (counting only what was given lets the base overdose after a bolus: the flaw described for the Open PCA pump, Larson
et al. 2020, requirement R5.2(5)).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm

from intrathecal.pump.course import Course, Piece
from intrathecal.pump.evenness import evened
from intrathecal.pump.foresight import Under, planned
from intrathecal.pump.hardware import DAY_MS, WEEK_MS
from intrathecal.pump.schedule import starts
from intrathecal.pump.settings import MINUTE_MS, Limit, Orders, Settings
from intrathecal.therapy.clauses import LONGEST_LIMIT_DAYS

#: Doses are remembered so long, for the limits of programs to come: no limit looks further back.
MEMORY_MS = LONGEST_LIMIT_DAYS * DAY_MS
#: A course of more changes than this is held against limits as if its boluses were spread evenly, with a reserve.
MOST_CHANGES = 20_000
#: The same while the earliest start is looked for, which takes many trials.
MOST_CHANGES_IN_A_TRIAL = 500


@dataclass(frozen=True)
class LimitBreach:
    """A window of a limit's length that would hold more than the limit.

    ``dose`` ng would be held by the window that ends at ``end`` (ms on the counter); it is the most that could be held where
    a course has too many changes to be followed one by one. ``earliest`` is the first time at which the program could start
    if nothing more were given until then; None if it never fits.
    """

    limit: Limit
    dose: Fraction
    end: int
    earliest: int | None = None


def find_breach(
    limits: Iterable[Limit], pieces: Sequence[Piece], after: int, reserve: Fraction = Fraction(0)
) -> LimitBreach | None:
    """The fullest window that ends at ``after`` or later and breaks a limit; None if all hold.

    ``reserve`` ng may come on top in any window.
    """
    worst: LimitBreach | None = None
    for limit in limits:
        held = [piece for piece in pieces if piece[1] > after - limit.per]
        dose, end = Course(held).fullest(limit.per, after)
        dose += reserve
        if dose > limit.dose and (worst is None or dose / limit.dose > worst.dose / worst.limit.dose):
            worst = LimitBreach(limit, dose, end)
    return worst


@dataclass(frozen=True)
class Outset:
    """Orders that began at ``began``, with their ramp at ``origin``, and that run from ``first`` on (ms on the counter)."""

    began: int
    origin: int
    first: int


def check_program(
    settings: Settings, given: Sequence[Piece], began: int, first: int | None = None
) -> LimitBreach | None:
    """Whether orders that start at ``began`` fit their own limits after what was ``given``.

    A bridge keeps them waiting until ``first``; it is part of what was given, and its windows count too.
    """
    if not settings.orders.limits:
        return None
    first = began if first is None else first
    found = check_course(settings, given, Outset(began, first, first), after=began)
    if found is None:
        return None
    low, high = first, first + max(limit.per for limit in settings.orders.limits)
    if check_course(settings, given, Outset(high, high, high)) is not None:
        return found
    while high - low > MINUTE_MS:
        middle = (low + high) // 2
        trial = check_course(settings, given, Outset(middle, middle, middle), most=MOST_CHANGES_IN_A_TRIAL)
        low, high = (low, middle) if trial is None else (middle, high)
    return replace(found, earliest=high)


def check_course(
    settings: Settings,
    before: Sequence[Piece],
    outset: Outset,
    *,
    after: int | None = None,
    under_way: Sequence[Under] = (),
    until: int | None = None,
    most: int = MOST_CHANGES,
) -> LimitBreach | None:
    """Whether orders keep their limits, in every window that ends at ``after`` or later (``outset.first``, if not said).

    ``before`` is everything given, or to be given, before ``outset.first``; the boluses ``under_way`` run then, and what begins
    at that very moment is among them. The plan is followed ``until`` that time, or as long as it does not repeat itself; one
    of more than ``most`` changes is counted as `evened`, never as less than it gives.
    """
    orders = settings.orders
    if not orders.limits:
        return None
    first = outset.first

    def length(orders: Orders) -> int:
        return _horizon(orders) if until is None else until - first

    steady, reserve = Fraction(0), Fraction(0)
    if changes(orders, length(orders)) > most:
        orders, steady, reserve = evened(settings, lambda orders: changes(orders, length(orders)) <= most)
        settings = replace(settings, orders=orders)
        reserve += settings.dose(sum((left for _, left in under_way), Fraction(0)))
    last = first + length(orders)
    coming = starts(settings, outset.began, first + bool(under_way), last)
    flows = planned(settings, outset.origin, under_way, coming, first, last)
    course = [*before, *((start, end, settings.dose(flow)) for start, end, flow in flows)]
    if steady > 0:
        course.append((first, last, steady))
    return find_breach(orders.limits, course, first if after is None else after, reserve)


def _horizon(orders: Orders) -> int:
    """How far a plan must be followed until it only repeats itself."""
    pattern = lcm(WEEK_MS, *(rhythm.every for rhythm in orders.periodic))
    return _ramping(orders) + pattern + max(limit.per for limit in orders.limits)


def _ramping(orders: Orders) -> int:
    ramp = orders.ramp
    return 0 if ramp is None else ramp.every * (int(abs(ramp.target - 1) / ramp.step) + 1)


def changes(orders: Orders, length: int) -> int:
    """About how many times the rate changes in ``length`` ms."""
    ramp = orders.ramp
    weekly = len(orders.week) + 2 * sum(len(bolus.at) for bolus in orders.scheduled)
    steps = 0 if ramp is None else min(length, _ramping(orders)) // ramp.every
    return weekly * length // WEEK_MS + steps + 2 * sum(length // rhythm.every for rhythm in orders.periodic)
