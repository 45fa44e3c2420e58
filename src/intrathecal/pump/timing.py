"""When the motor must next be driven."""

from __future__ import annotations

from intrathecal.pump.booking import flow_given, next_change
from intrathecal.pump.controller import FOREVER
from intrathecal.pump.state import State, ceil_div

#: A motor that stands is tried again this often.
TRY_MS = 60_000


def is_owed(state: State) -> bool:
    """Whether a motor that stands should be tried again: a step is owed, and it may be given."""
    may = state.stalled and not (state.stopped or state.empty or state.ended)
    return may and state.owed >= state.settings.hardware.step_pL


def next_try(state: State, tried_at: int | None) -> int | None:
    """When a motor that stands is tried again (later than the state's time); None if it is not."""
    if tried_at is None or not is_owed(state):
        return None
    return max(state.now + 1, tried_at + TRY_MS)


def next_stretch(state: State, tried_at: int | None) -> int:
    """The first time later than the state's at which the rate changes or a motor that stands is tried."""
    change, trial = next_change(state, state.now + FOREVER), next_try(state, tried_at)
    return change if trial is None else min(change, trial)


def next_step(state: State, tried_at: int | None) -> int:
    """The first time at which a step is due, or anything changes."""
    change, rate = next_stretch(state, tried_at), flow_given(state)
    if rate == 0:
        return change
    return min(change, state.now + max(1, ceil_div(state.settings.hardware.step_pL - state.owed, rate)))
