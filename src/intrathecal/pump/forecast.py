"""When the reservoir will be low, and when to refill."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from intrathecal.pump.booking import ZERO, bolus_rates
from intrathecal.pump.course import Course, Piece
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.schedule import base_pieces, scale_at, starts
from intrathecal.pump.settings import Bridge, Settings
from intrathecal.pump.state import State, ceil_div

#: The plan is followed so far, one after the other; a program that takes longer than the last has no date.
HORIZONS_MS = tuple(days * DAY_MS for days in (64, 366, 3660))


@dataclass(frozen=True)
class Dates:
    """When the reservoir is low, in ms on the counter; None if it never is. A date that has passed stays what it was.

    ``low`` is as programmed, ``worst`` with all presses, ``fastest`` with them at the fast end of the pump's accuracy.
    """

    low: int | None
    worst: int | None
    fastest: int | None


def reservoir_dates(state: State) -> Dates:
    """The dates of the fill that is in the pump, with the program now in force."""
    low = state.settings.low_reservoir_pL
    usable = Fraction(state.reservoir_pL - low)
    # At the fast end of the accuracy, more than was counted has left already.
    fast = Fraction(state.filled_pL - low) / (1 + state.settings.hardware.accuracy) - (
        state.filled_pL - state.reservoir_pL
    )
    presses = press_flow(state)
    if state.low_at is not None:
        return Dates(state.low_at, state.low_at, state.low_at)
    return Dates(_when(state, usable, ZERO), _when(state, usable, presses), _when(state, fast, presses))


def press_flow(state: State) -> Fraction:
    """The mean flow (pL/ms) of all presses that count, lockout and limits allow."""
    settings = state.settings
    demand = settings.orders.demand
    if demand is None:
        return ZERO
    dose = demand.dose * min(Fraction(demand.max_per_day, DAY_MS), Fraction(1, demand.lockout))
    mean = mean_dose(settings, state.ramp_origin, state.now)
    for limit in settings.orders.limits:
        dose = min(dose, max(ZERO, limit.dose / limit.per - mean))
    return settings.flow(dose)


def mean_dose(settings: Settings, origin: int, at: int) -> Fraction:
    """Weekly mean dose rate (ng/ms of the primary drug) of base, windows and scheduled boluses, at the ramp's step of ``at``."""
    base, boluses = settings.orders.weekly_mean(settings.minimum_dose, scale_at(settings, origin, at))
    return base + boluses


def auto_bridge(state: State) -> Bridge | None:
    """The dead volume at the weekly mean dose over the running concentration; None if nothing is running."""
    flow = state.settings.flow(mean_dose(state.settings, state.ramp_origin, state.now))
    volume = state.settings.dead_volume
    return Bridge(volume, flow) if flow > 0 and volume > 0 else None


def due(filled: int, worst: int | None, lead: int) -> int | None:
    """The refill appointment by volume: whole days to the worst-case date, less the lead."""
    if worst is None:
        return None
    return filled + (worst - filled) // DAY_MS * DAY_MS - lead


def _when(state: State, volume: Fraction, presses: Fraction) -> int | None:
    """When ``volume`` will have been given, with ``presses`` as a constant extra flow."""
    if volume <= 0:
        return state.now
    for horizon in HORIZONS_MS:
        reached = Course(_coming(state, horizon, presses)).reach(volume)
        if reached is not None and reached <= state.now + horizon:
            return reached
    return None


def _coming(state: State, horizon: int, presses: Fraction) -> list[Piece]:
    """All flow from now to the horizon: bridge, boluses under way, base and what begins by itself."""
    settings, now = state.settings, state.now
    pieces: list[Piece] = []
    begins, boluses_from = now, now + 1  # a bolus that begins now is under way already
    if state.bridge is not None:
        rate = settings.hardware.possible(state.bridge.rate)
        begins = boluses_from = now + ceil_div(state.bridge.volume, rate)
        pieces.append((now, begins, rate))
    else:
        for bolus, rate in zip(state.running, bolus_rates(state), strict=True):
            if rate > 0:
                pieces.append((now, now + max(1, ceil_div(bolus.left, rate)), rate))
    last = now + horizon
    pieces += base_pieces(settings, state.ramp_origin + begins - now, begins, last)
    pieces += [
        (s.at, s.at + s.over, settings.flow(s.dose) / s.over) for s in starts(settings, state.began, boluses_from, last)
    ]
    pieces.append((begins, last, presses))
    return [piece for piece in pieces if piece[2] > 0 and piece[1] > piece[0]]
