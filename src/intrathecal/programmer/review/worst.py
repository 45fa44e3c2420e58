"""The most that a program can give in a day or an hour, with all presses that it allows.

The pump's own controller answers the presses, so that lockout, count, limits and fastest flow are its own. The handset is
pressed whenever it gives something, from the moment on at which base, windows and boluses give most. Beside a handset,
boluses that come every few minutes count as a rate, so that an answer does not take a minute.
"""

from __future__ import annotations

from fractions import Fraction

from intrathecal.programmer.review.course import pattern_ms
from intrathecal.programmer.review.rested import at_scale, evenly, rested
from intrathecal.pump.controller import Press, Tick, step
from intrathecal.pump.course import Course
from intrathecal.pump.hardware import DAY_MS, WEEK_MS
from intrathecal.pump.schedule import base_pieces, starts
from intrathecal.pump.settings import MINUTE_MS, Demand, Settings
from intrathecal.pump.state import PressAnswer, State

#: A press that a limit or the fastest flow refuses is tried again this often; then the very millisecond is sought.
RETRY_MS = 5 * MINUTE_MS
#: A day that reaches this much of all that could be given is not sought any further.
NEARLY = Fraction(9999, 10_000)


def heaviest(state: State, length: int) -> Fraction:
    """The most of the primary drug (ng) that any ``length`` ms can hold once the program of ``state`` runs."""
    settings = state.settings
    if settings.orders.ramp is not None and settings.orders.ramp.target > 1:
        settings = at_scale(settings, settings.orders.ramp.target)
    if settings.orders.demand is not None:
        settings = evenly(settings)
    alone, fullest = _heaviest_without_presses(settings, state, length)
    found = max(_pressed(settings, state, begin, begin + 2 * length, length) for begin in {state.now, fullest})
    orders, demand = settings.orders, settings.orders.demand
    if demand is None or not orders.limits:
        return found
    presses = min(demand.max_per_day * -(-length // DAY_MS), -(-length // max(1, demand.lockout)))
    most = min([alone + presses * demand.dose, *(limit.dose for limit in orders.limits if limit.per >= length)])
    if found >= NEARLY * most:
        return found
    # Where a limit refuses presses while base and boluses give most, they may add up to more at another time.
    return max(found, _pressed(settings, state, state.now, state.now + WEEK_MS + length, length))


def _heaviest_without_presses(settings: Settings, state: State, length: int) -> tuple[Fraction, int]:
    """The most that base, windows and boluses give in ``length`` ms, and when these begin."""
    first = state.now
    last = first + pattern_ms(settings) + length
    course = list(base_pieces(settings, first, first, last))
    course += [
        (bolus.at, bolus.at + bolus.over, settings.flow(bolus.dose) / bolus.over)
        for bolus in starts(settings, state.began, first, last)
    ]
    volume, end = Course(course).fullest(length, first + length)
    return settings.dose(volume), max(first, end - length)


def _pressed(settings: Settings, state: State, begin: int, end: int, length: int) -> Fraction:
    """The fullest ``length`` ms around ``begin`` if the handset is pressed from then to ``end``, with no dose before it."""
    orders = settings.orders
    running = max([0, *(one.over for one in orders.scheduled), *(one.over for one in orders.periodic)])
    start = max(state.now, begin - running)
    now, _ = step(rested(settings, state.began, start), Tick(), begin)
    if orders.demand is not None:
        now = _press(now, orders.demand, end)
    now, _ = step(now, Tick(), end)
    given = [(piece.start, piece.end, settings.dose(piece.flow)) for piece in now.given]
    return Course(given).fullest(length, begin)[0]


def _press(state: State, demand: Demand, end: int) -> State:
    """Press as soon as anything is given, again and again, before ``end``."""
    at = state.now
    while at < end:
        pressed, reason = _answer(state, at)
        if reason == "":
            if state.now < at - 1 and _answer(state, at - 1)[1] == "":
                pressed = _first_given(state, at)
            state, at = pressed, pressed.now + max(1, demand.lockout)
        elif reason == "lockout":
            at = max(at + 1, state.presses[-1] + demand.lockout)
        elif reason == "daily count":
            at = max(at + 1, state.presses[-demand.max_per_day] + DAY_MS)
        else:
            state, at = pressed, at + RETRY_MS
    return state


def _first_given(refused: State, given: int) -> State:
    """The state after the first press that is given, later than the state's own time and not after ``given``."""
    low = refused.now
    while given - low > 1:
        middle = (low + given) // 2
        if _answer(refused, middle)[1] == "":
            given = middle
        else:
            low = middle
    return _answer(refused, given)[0]


def _answer(state: State, at: int) -> tuple[State, str]:
    pressed, actions = step(state, Press(), at)
    return pressed, next(action.reason for action in actions if isinstance(action, PressAnswer))
