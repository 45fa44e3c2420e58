"""A pump as good as new, to find out what a program gives: no dose before, a bottomless reservoir, no battery to end."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from intrathecal.pump.booking import start_boluses
from intrathecal.pump.controller import Tick, step
from intrathecal.pump.hardware import PL_PER_ML, WEEK_MS
from intrathecal.pump.settings import MINUTE_MS, Level, Settings
from intrathecal.pump.state import State, Stretch

#: More than any program gives.
BOTTOMLESS_PL = 1000 * 1000 * PL_PER_ML
#: Boluses that come again this soon are as good as a rate.
OFTEN_MS = 15 * MINUTE_MS


def rested(settings: Settings, began: int, start: int) -> State:
    """The pump at ``start`` (ms) with a program that began at ``began``; a ramp begins at ``start``."""
    unworn = replace(settings, hardware=replace(settings.hardware, life_ns=None))
    state = State(
        settings=unworn,
        now=start,
        began=began,
        ramp_origin=start,
        reservoir_pL=BOTTOMLESS_PL,
        filled_pL=BOTTOMLESS_PL,
    )
    return start_boluses(state)


def at_scale(settings: Settings, scale: Fraction) -> Settings:
    """The program without its ramp, with base and windows at this part of what they begin with."""
    orders = settings.orders
    week = tuple((at, level if level.minimum else Level(level.dose * scale)) for at, level in orders.week)
    return replace(settings, orders=replace(orders, week=week, ramp=None))


def evenly(settings: Settings) -> Settings:
    """The program with rhythms of `OFTEN_MS` and less as a part of its base: a day holds as much of them, but for one bolus."""
    orders = settings.orders
    often = [rhythm for rhythm in orders.periodic if rhythm.every <= OFTEN_MS]
    if not often:
        return settings
    rate = sum((rhythm.dose / rhythm.every for rhythm in often), Fraction(0))
    week = tuple(
        (at, Level(rate + (settings.minimum_dose if level.minimum else level.dose))) for at, level in orders.week
    )
    rare = tuple(rhythm for rhythm in orders.periodic if rhythm.every > OFTEN_MS)
    return replace(settings, orders=replace(orders, week=week, periodic=rare))


def delivered_share(settings: Settings, began: int, start: int) -> Fraction | None:
    """What the pump gives in a week without presses over what the program asks; None if that is nothing.

    The pump runs at the nearest flow that it can, and a bolus keeps its amount.
    """
    after, actions = step(rested(settings, began, start), Tick(), start + WEEK_MS)
    asked = sum(
        (one.asked * (one.end - one.start) for one in actions if isinstance(one, Stretch)),
        Fraction(0),
    )
    given = sum((piece.flow * (piece.end - piece.start) for piece in after.given), Fraction(0))
    return given / asked if asked > 0 else None
