"""Presses that are given or refused wrongly: lockout, daily count, limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.torture.defects.defect import HOUR, MINUTE, MORNING, Defect, Patch, situation
from tests.torture.defects.restarts import PRESSED

from intrathecal.pump import controller, pressing
from intrathecal.pump.book import Answered
from intrathecal.pump.booking import ZERO
from intrathecal.pump.controller import Event, Program, Reset
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.life import Life
from intrathecal.pump.settings import Demand, Orders
from intrathecal.pump.state import Action, PressAnswer, State
from intrathecal.torture.plan import Happening


def _forgetting_presses(at: type[Event]) -> Callable[[Patch], None]:
    """The lockout ends at an event."""

    def switch_on(patch: Patch) -> None:
        right = controller._act

        def wrong(state: State, event: Event) -> tuple[State, list[Action]]:
            return right(replace(state, presses=()) if isinstance(event, at) else state, event)

        patch.setattr(controller, "_act", wrong)

    return switch_on


def _reason(actions: list[Action]) -> str:
    """Why a press was refused."""
    return "".join(action.reason for action in actions if isinstance(action, PressAnswer))


def _refused_press_counted(patch: Patch) -> None:
    right = controller._press

    def wrong(state: State) -> tuple[State, list[Action]]:
        after, actions = right(state)
        return (replace(after, presses=(*state.presses, state.now)) if _reason(actions) else after), actions

    patch.setattr(controller, "_press", wrong)


def _refused_press_given(patch: Patch) -> None:
    right = controller._press

    def wrong(state: State) -> tuple[State, list[Action]]:
        after, actions = right(state)
        if _reason(actions) == "lockout":
            given, _ = right(replace(state, presses=()))
            after = replace(given, presses=state.presses)
        return after, actions

    patch.setattr(controller, "_press", wrong)


def _refused_press_not_logged(patch: Patch) -> None:
    right = Life._enter

    def wrong(self: Life, at: int, head: tuple[str, str], actions: list[Action], by: str, request: str) -> None:
        if _reason(actions):
            self.book.answer(request, Answered(at, _reason(actions)))
        else:
            right(self, at, head, actions, by, request)

    patch.setattr(Life, "_enter", wrong)


def _given_while_stopped(patch: Patch) -> None:
    right = pressing.standing
    patch.setattr(pressing, "standing", lambda state: right(replace(state, stopped_at=None)))


def _counted_by_calendar_day(patch: Patch) -> None:
    right = pressing.refusal

    def wrong(state: State) -> str:
        midnight = state.now - (state.settings.clock + state.now) % DAY_MS
        today = tuple(at for at in state.presses if at >= midnight)
        return right(replace(state, presses=today))

    patch.setattr(controller, "refusal", wrong)


def _window_without_base_to_come(patch: Patch) -> None:
    def wrong(state: State, demand: Demand) -> str:
        for limit in state.settings.orders.limits:
            since = state.now - limit.per
            recent = [(piece.end - max(piece.start, since), piece.flow) for piece in state.given if piece.end > since]
            if state.settings.dose(sum((length * flow for length, flow in recent), ZERO)) + demand.dose > limit.dose:
                return "limit"
        return ""

    patch.setattr(pressing, "_limit", wrong)


def _limits_forget_what_was_given_before(patch: Patch) -> None:
    right = controller._program

    def wrong(state: State, orders: Orders) -> tuple[State, list[Action]]:
        after, actions = right(replace(state, given=()), orders)
        return replace(after, given=state.given), actions

    patch.setattr(controller, "_program", wrong)


TWICE_A_DAY = "2.4 mg/day\non demand 0.1 mg over 5 min, lockout 10 min, max 2 per day"
FULL_WINDOW = "2.4 mg/day\non demand 0.05 mg over 5 min, lockout 10 min, max 24 per day\nlimit 0.13 mg per 1 h"
LARGE_BOLUS = "2.4 mg/day\non demand 0.5 mg over 5 min, lockout 10 min, max 24 per day"
LOW_LIMIT = "1.2 mg/day\nlimit 0.25 mg per 4 h"

PRESSES = (Happening(10 * MINUTE, "press"), Happening(40 * MINUTE, "press"), Happening(75 * MINUTE, "press"))

PRESSED_AGAIN = situation([PRESSED], 2 * HOUR, *PRESSES)
PRESSED_AFTER_RESET = situation([PRESSED], 2 * HOUR, *PRESSES, Happening(30 * MINUTE, "reset"))
PRESSED_AFTER_PROGRAM = situation([PRESSED], 2 * HOUR, *PRESSES, Happening(30 * MINUTE, "program", 0))
PRESSED_AROUND_MIDNIGHT = situation(
    [TWICE_A_DAY],
    HOUR,
    Happening(10 * MINUTE, "press"),
    Happening(25 * MINUTE, "press"),
    Happening(50 * MINUTE, "press"),
    wall_ms=MORNING + 15 * HOUR + 30 * MINUTE,
)
PRESSED_WHILE_STOPPED = situation([PRESSED], HOUR, Happening(10 * MINUTE, "stop"), Happening(20 * MINUTE, "press"))
PRESSED_EARLY_IN_WINDOW = situation([FULL_WINDOW], 2 * HOUR, Happening(10 * MINUTE, "press"))
LIMITED_AFTER_BOLUS = situation(
    [LARGE_BOLUS, LOW_LIMIT], HOUR, Happening(10 * MINUTE, "press"), Happening(20 * MINUTE, "program", 1)
)

DEFECTS = (
    Defect(
        "lockout forgotten at a new program",
        "presses are not remembered when a program is taken",
        _forgetting_presses(Program),
        PRESSED_AFTER_PROGRAM,
        "lockout",
        "two boluses in",
    ),
    Defect(
        "lockout ended by a reset",
        "presses are not remembered when a programmer resets the pump",
        _forgetting_presses(Reset),
        PRESSED_AFTER_RESET,
        "lockout",
        "two boluses in",
    ),
    Defect(
        "refused press counted",
        "a press that gave nothing begins the lockout anew",
        _refused_press_counted,
        PRESSED_AGAIN,
        "refusal",
        'a press was refused for "lockout"',
    ),
    Defect(
        "refused press gives drug",
        "a press in the lockout is refused, and the bolus begins",
        _refused_press_given,
        PRESSED_AGAIN,
        "dose",
        "the words ask for",
    ),
    Defect(
        "refused press not logged",
        "a refusal is remembered for its sender alone",
        _refused_press_not_logged,
        PRESSED_AGAIN,
        "log",
        "is not in the log",
    ),
    Defect(
        "press given during an emergency stop",
        "a press in an emergency stop is answered as given",
        _given_while_stopped,
        PRESSED_WHILE_STOPPED,
        "refusal",
        "given although: stopped",
    ),
    Defect(
        "daily count by the calendar",
        "the count of a day's presses begins anew at midnight",
        _counted_by_calendar_day,
        PRESSED_AROUND_MIDNIGHT,
        "daily-count",
        "at most 2 are allowed",
    ),
    Defect(
        "window without the base to come",
        "a press is held against what was given, and not against the base that still comes",
        _window_without_base_to_come,
        PRESSED_EARLY_IN_WINDOW,
        "limit",
        "the limit is",
    ),
    Defect(
        "limits forget what a former program gave",
        "a new program's limits begin to count when it is taken",
        _limits_forget_what_was_given_before,
        LIMITED_AFTER_BOLUS,
        "limit",
        "the limit is",
    ),
)
