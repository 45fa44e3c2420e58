"""What a plan with too many changes gives at most: constant rates, and a reserve that may come on top in any window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from intrathecal.pump.hardware import WEEK_MS
from intrathecal.pump.settings import Level, Orders, Scheduled, Settings


def evened(settings: Settings, few_enough: Callable[[Orders], bool]) -> tuple[Orders, Fraction, Fraction]:
    """Orders with clauses taken out until they are ``few_enough``, and what those give at most, as dose rate and reserve.

    In any window of L ms they give no more than the rate (ng/ms) times L and the reserve (ng), wherever it begins. A ramp
    that is taken out runs at its highest.
    """
    orders, rate, reserve = settings.orders, Fraction(0), Fraction(0)
    for rhythm in sorted(orders.periodic, key=lambda rhythm: rhythm.every):
        if few_enough(orders):
            return orders, rate, reserve
        orders = replace(orders, periodic=tuple(other for other in orders.periodic if other is not rhythm))
        rate, reserve = rate + rhythm.dose / rhythm.every, reserve + rhythm.dose
    if orders.ramp is not None and not few_enough(orders):
        most = max(Fraction(1), orders.ramp.target)
        week = tuple((at, replace(level, dose=level.dose * most)) for at, level in orders.week)
        orders = replace(orders, ramp=None, week=week)
    for bolus in sorted(orders.scheduled, key=lambda bolus: -len(bolus.at)):
        if few_enough(orders):
            return orders, rate, reserve
        orders = replace(orders, scheduled=tuple(other for other in orders.scheduled if other is not bolus))
        rate, reserve = rate + bolus.dose * len(bolus.at) / WEEK_MS, reserve + _reserve_of_boluses(bolus)
    if few_enough(orders):
        return orders, rate, reserve
    mean, ahead = _base(settings, orders)
    return replace(orders, week=((0, Level(Fraction(0))),)), rate + mean, reserve + ahead


def _reserve_of_boluses(bolus: Scheduled) -> Fraction:
    """How far a week's boluses are ahead of their mean rate at most: each counts from its start, and until its end."""
    mean = bolus.dose * len(bolus.at) / WEEK_MS
    begun = [(count + 1) * bolus.dose - mean * at for count, at in enumerate(bolus.at)]
    ended = [count * bolus.dose - mean * (at + bolus.over) for count, at in enumerate(bolus.at)]
    return max(begun) - min(ended)


def _base(settings: Settings, orders: Orders) -> tuple[Fraction, Fraction]:
    """The mean dose rate of base and windows as the pump runs them, and how far they are ahead of it at most."""
    edges = [at for at, _ in orders.week[1:]] + [WEEK_MS]
    given, total = [Fraction(0)], Fraction(0)
    for (start, level), end in zip(orders.week, edges, strict=True):
        possible = settings.dose(settings.hardware.possible(settings.flow(level.dose)))
        total += (settings.minimum_dose if level.minimum else possible) * (end - start)
        given.append(total)
    ahead = [dose - total * at / WEEK_MS for dose, at in zip(given, [0, *edges], strict=True)]
    return total / WEEK_MS, max(ahead) - min(ahead)
