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
from intrathecal.pump.hardware import DAY_MS, WEEK_MS
from intrathecal.pump.schedule import base_given, base_pieces, starts
from intrathecal.pump.settings import MINUTE_MS, Limit, Settings

#: Doses are remembered so long, for the limits of programs to come.
MEMORY_MS = 400 * DAY_MS
#: Ramps, and rhythms that fit neither day nor week, are followed this far when a program is accepted.
LONGEST_PATTERN_MS = 400 * DAY_MS


@dataclass(frozen=True)
class LimitBreach:
    """A window of a limit's length that would hold more than the limit.

    ``dose`` ng would be held by the window that ends at ``end`` (ms on the counter). ``earliest`` is the first time at which
    the program could start if nothing more were given until then; None if it never fits.
    """

    limit: Limit
    dose: Fraction
    end: int
    earliest: int | None = None


def find_breach(limits: Iterable[Limit], pieces: Sequence[Piece], after: int) -> LimitBreach | None:
    """The fullest window that ends at ``after`` or later and breaks a limit; None if all hold."""
    worst: LimitBreach | None = None
    for limit in limits:
        held = [piece for piece in pieces if piece[1] > after - limit.per]
        dose, end = _fullest_window(held, limit.per, after)
        if dose > limit.dose and (worst is None or dose / limit.dose > worst.dose / worst.limit.dose):
            worst = LimitBreach(limit, dose, end)
    return worst


def base_doses(settings: Settings, origin: int, first: int, last: int) -> list[Piece]:
    """What base, windows and ramp give between two times, as dose rates."""
    pieces = base_pieces(settings, origin, first, last)
    return [(start, end, settings.dose(flow)) for start, end, flow in pieces if flow > 0]


def bolus_doses(settings: Settings, origin: int, began: int, first: int, last: int) -> list[Piece]:
    """What the boluses give that begin by themselves from ``first`` on and before ``last``."""
    return [
        bolus_piece(settings, origin, bolus.at, bolus.dose, bolus.over)
        for bolus in starts(settings, began, first, last)
    ]


def bolus_piece(settings: Settings, origin: int, at: int, dose: Fraction, over: int) -> Piece:
    """What a bolus gives from ``at`` on; with the base below the slowest flow it is given at that, and ends sooner.

    One that is stretched by the fastest flow counts as asked: coming sooner than it can, it fills no window less.
    """
    room = settings.hardware.slowest - base_given(settings, origin, at)
    if settings.flow(dose) < room * over:
        over = max(1, int(settings.flow(dose) // room))
    return at, at + over, dose / over


def check_program(
    settings: Settings, given: Sequence[Piece], began: int, first: int | None = None
) -> LimitBreach | None:
    """Whether orders that start at ``began`` fit their own limits after what was ``given``.

    A bridge keeps them waiting until ``first``; it is part of what was given.
    """
    if not settings.orders.limits:
        return None
    first = began if first is None else first
    found = check_course(settings, given, began, first, first)
    if found is None:
        return None
    low, high = first, first + max(limit.per for limit in settings.orders.limits)
    if check_course(settings, given, high, high, high) is not None:
        return found
    while high - low > MINUTE_MS:
        middle = (low + high) // 2
        fits = check_course(settings, given, middle, middle, middle) is None
        low, high = (low, middle) if fits else (middle, high)
    return replace(found, earliest=high)


def check_course(
    settings: Settings, before: Sequence[Piece], began: int, origin: int, first: int
) -> LimitBreach | None:
    """Whether orders that began at ``began`` (their ramp at ``origin``) keep their limits from ``first`` on.

    ``before`` is everything given, or to be given, before ``first``.
    """
    limits = settings.orders.limits
    if not limits:
        return None
    last = first + _horizon(settings)
    course = [*before, *base_doses(settings, origin, first, last), *bolus_doses(settings, origin, began, first, last)]
    return find_breach(limits, course, first)


def _horizon(settings: Settings) -> int:
    """How far a plan must be followed until it only repeats itself."""
    orders = settings.orders
    pattern = min(lcm(WEEK_MS, *(rhythm.every for rhythm in orders.periodic)), LONGEST_PATTERN_MS)
    ramp = orders.ramp
    ramping = 0 if ramp is None else ramp.every * (int(abs(ramp.target - 1) / ramp.step) + 1)
    ramping = min(ramping, LONGEST_PATTERN_MS)
    return ramping + pattern + max(limit.per for limit in orders.limits)


def _fullest_window(pieces: Sequence[Piece], length: int, after: int) -> tuple[Fraction, int]:
    """(dose, end) of the window of ``length`` ms, ending at ``after`` or later, that holds most.

    The dose in a window is piecewise linear in its end, so the maximum lies where an edge of the window meets an edge of
    a piece.
    """
    course = Course(pieces)
    ends = {after, *(end for time in course.times for end in (time, time + length) if end > after)}
    best, best_end = Fraction(0), after
    for end in sorted(ends):
        held = course.total(end) - course.total(end - length)
        if held > best:
            best, best_end = held, end
    return best, best_end
