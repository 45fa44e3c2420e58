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
    """Count ``steps`` that nobody asked for, on top of all that is due; limits remember them."""
    counted = _count(state, steps, _labels(state))
    volume = Fraction(steps * state.settings.hardware.step_pL)
    return replace(counted, given=(*state.given, Given(state.now, state.now + 1, volume, _labels(state))))


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
