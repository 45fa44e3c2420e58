"""Steps that the rotor made otherwise than was asked: the count follows the rotor."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from intrathecal.pump.booking import add_doses
from intrathecal.pump.state import Given, State


def not_made(state: State, steps: int, labels: tuple[tuple[str, Fraction], ...]) -> State:
    """Take back ``steps`` that were booked at ``labels`` and that the rotor did not make.

    One of them stays owed and is tried again; the others are dropped: nothing is made up for in a burst.
    """
    taken_back = _count(state, -steps, labels)
    return replace(taken_back, owed=state.owed + min(steps, 1) * state.settings.hardware.step_pL)


def made_ahead(state: State, steps: int) -> State:
    """Count ``steps`` that were made before the state asked for them: the next ones come so much later."""
    counted = _count(state, steps, _labels(state))
    return replace(counted, owed=state.owed - steps * state.settings.hardware.step_pL)


def stray(state: State, steps: int) -> State:
    """Count ``steps`` that nobody asked for, on top of all that is due; limits remember them as of the last ms."""
    counted = _count(state, steps, _labels(state))
    volume = Fraction(steps * state.settings.hardware.step_pL)
    before, last = state.now - 1, state.given[-1:]
    if before < 0:
        return counted
    if last and last[0].end == state.now:
        whole = last[0]
        kept = (replace(whole, end=before),) if whole.start < before else ()
        given = (*state.given[:-1], *kept, replace(whole, start=before, flow=whole.flow + volume))
    else:
        given = (*state.given, Given(before, state.now, volume, _labels(state)))
    return replace(counted, given=given)


def _count(state: State, steps: int, labels: tuple[tuple[str, Fraction], ...]) -> State:
    volume = steps * state.settings.hardware.step_pL
    return replace(
        state,
        steps=state.steps + steps,
        reservoir_pL=max(0, state.reservoir_pL - volume),
        booked=add_doses(state.booked, labels, volume),
    )


def _labels(state: State) -> tuple[tuple[str, Fraction], ...]:
    return state.bridge_labels if state.bridge is not None else state.settings.labels
