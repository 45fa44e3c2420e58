"""Flows and volumes that are not those of the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from tests.torture.defects.defect import COARSE, DAY, HOUR, MINUTE, Defect, Patch, situation

from intrathecal.pump import booking, controller
from intrathecal.pump.controller import Refilled
from intrathecal.pump.hardware import Hardware
from intrathecal.pump.settings import Orders
from intrathecal.pump.state import Action, State
from intrathecal.torture.plan import Happening


def _keeping(change: Callable[[State, State], State]) -> Callable[[Patch], None]:
    """A new program changes more or less of the state than it should; ``change`` gets the state before and after."""

    def switch_on(patch: Patch) -> None:
        right = controller._program

        def wrong(state: State, orders: Orders) -> tuple[State, list[Action]]:
            after, actions = right(state, orders)
            return (after if after is state else change(state, after)), actions

        patch.setattr(controller, "_program", wrong)

    return switch_on


def _remainder_dropped_at_change_of_rate(patch: Patch) -> None:
    right = booking._book

    def wrong(state: State, to: int) -> tuple[State, list[Action]]:
        after, actions = right(state, to)
        if booking.flow_given(after) != booking.flow_given(state):
            after = replace(after, owed=Fraction(0))
        return after, actions

    patch.setattr(booking, "_book", wrong)


def _no_fastest_flow(patch: Patch) -> None:
    def wrong(self: Hardware, asked: Fraction) -> Fraction:
        return Fraction(0) if asked <= 0 else max(asked, self.slowest)

    patch.setattr(Hardware, "possible", wrong)


def _empty_not_believed(patch: Patch) -> None:
    right = booking._book

    def wrong(state: State, to: int) -> tuple[State, list[Action]]:
        if state.reservoir_pL >= state.settings.hardware.step_pL:
            return right(state, to)
        after, actions = right(replace(state, reservoir_pL=state.settings.hardware.reservoir_pL), to)
        return replace(after, reservoir_pL=state.reservoir_pL), actions

    patch.setattr(booking, "_book", wrong)


def _refilling(change: Callable[[State, Refilled], Refilled]) -> Callable[[Patch], None]:
    """A refill is taken as another one."""

    def switch_on(patch: Patch) -> None:
        right = controller._refill

        def wrong(state: State, event: Refilled) -> tuple[State, list[Action]]:
            return right(state, change(state, event))

        patch.setattr(controller, "_refill", wrong)

    return switch_on


def _bolus_replaces_base(patch: Patch) -> None:
    right = booking.base_now

    def wrong(state: State) -> Fraction:
        return Fraction(0) if any(bolus.left > 0 for bolus in state.running) else right(state)

    patch.setattr(booking, "base_now", wrong)


def _ramp_runs_on_during_bridge(patch: Patch) -> None:
    right = booking._book

    def wrong(state: State, to: int) -> tuple[State, list[Action]]:
        after, actions = right(state, to)
        return replace(after, ramp_origin=state.ramp_origin), actions

    patch.setattr(booking, "_book", wrong)


STEADY = "12 mg/day"
OFTEN_CHANGED = "11 mg/day\n10:00-11:00 3 mg/day\n13:00-14:30 24 mg/day\n16:00-17:00 stop\n20:00-23:00 5 mg/day"
LONG_BOLUS = "2.4 mg/day\non demand 0.2 mg over 1 h, lockout 4 h, max 4 per day"
OVERLAPPING = "2.4 mg/day\nbolus 0.7 mg over 5 min at 12:00\nbolus 0.7 mg over 5 min at 12:02"
#: Refills whose random figures are another label, without and with a bridge for the old drug.
OTHER_LABEL, OTHER_LABEL_BRIDGED, OTHER_LABEL_BRIDGED_LONG = 18_012, 18_001, 18_028

NEW_PROGRAMS = situation(
    [STEADY],
    3 * HOUR,
    *(Happening(n * 10 * MINUTE + MINUTE, "program", 0) for n in range(1, 15)),
    model=COARSE,
)
PROGRAM_IN_BOLUS = situation(
    [LONG_BOLUS], 2 * HOUR, Happening(20 * MINUTE, "press"), Happening(40 * MINUTE, "program", 0)
)
CHANGING_RATES = situation([OFTEN_CHANGED], 3 * DAY, model=COARSE)
OVERLAP = situation([OVERLAPPING], 5 * HOUR)
RUNS_EMPTY = situation(["24 mg/day"], HOUR, volume_uL=50)
REFILLED = situation(["2.4 mg/day"], 4 * HOUR, Happening(HOUR, "refill", OTHER_LABEL))
BRIDGED = situation(["2.4 mg/day"], 4 * HOUR, Happening(HOUR, "refill", OTHER_LABEL_BRIDGED))
RAMP_BRIDGED = situation(
    ["0.9 mg/day\nramp to 6 mg/day by 33.3 % every 12 h"], 5 * DAY, Happening(HOUR, "refill", OTHER_LABEL_BRIDGED_LONG)
)

DEFECTS = (
    Defect(
        "partial stroke lost at a new program",
        "what is owed and not yet a whole step is dropped when a program is taken",
        _keeping(lambda _, after: replace(after, owed=Fraction(0))),
        NEW_PROGRAMS,
        "dose",
        "the words ask for",
    ),
    Defect(
        "remainder dropped at a change of rate",
        "what is owed and not yet a whole step is dropped when the flow changes",
        _remainder_dropped_at_change_of_rate,
        CHANGING_RATES,
        "dose",
        "the words ask for",
    ),
    Defect(
        "old boluses run on in a new program",
        "a bolus of the old program goes on beside the new one",
        _keeping(lambda before, after: replace(after, running=before.running)),
        PROGRAM_IN_BOLUS,
        "dose",
        "the words ask for",
    ),
    Defect(
        "bolus replaces the base",
        "the base stands still while a bolus runs",
        _bolus_replaces_base,
        PROGRAM_IN_BOLUS,
        "dose",
        "the words ask for",
    ),
    Defect(
        "faster than the fastest in an overlap",
        "the sum of base and boluses has no upper bound",
        _no_fastest_flow,
        OVERLAP,
        "fastest-flow",
        "steps more than the fastest flow makes",
    ),
    Defect(
        "empty reservoir still booked",
        "steps go on, and are counted, when nothing is left",
        _empty_not_believed,
        RUNS_EMPTY,
        "empty",
        "more was counted than was filled",
    ),
    Defect(
        "another concentration without its bridge",
        "the new concentration counts while the old drug is still in the line",
        _refilling(lambda _, event: replace(event, bridge=None)),
        BRIDGED,
        "dose",
        "the words ask for",
    ),
    Defect(
        "refill keeps the old label",
        "flows are still worked out with the old concentration",
        _refilling(lambda state, event: replace(event, labels=state.settings.labels)),
        REFILLED,
        "dose",
        "the words ask for",
    ),
    Defect(
        "ramp runs on during a bridge",
        "the ramp takes its steps while it should wait",
        _ramp_runs_on_during_bridge,
        RAMP_BRIDGED,
        "dose",
        "the words ask for",
    ),
)
