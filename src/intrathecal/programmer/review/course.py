"""What a program asks of the pump from moment to moment, whether or not the pump can."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm

from intrathecal.programmer.review.rested import at_scale
from intrathecal.pump.hardware import WEEK_MS
from intrathecal.pump.schedule import base_asked, level_at, next_base_change, starts
from intrathecal.pump.settings import Settings

#: Rhythms that fit no week are followed for so long.
LONGEST_MS = 5 * WEEK_MS


@dataclass(frozen=True)
class Stretch:
    """A constant flow asked from ``start`` to ``end`` (ms), pL/ms: of the base, and of the boluses that come by themselves.

    ``minimum`` is whether the base is the pump's minimum rate, which is slower than its slowest flow by design.
    """

    start: int
    end: int
    base: Fraction
    boluses: Fraction
    minimum: bool

    @property
    def flow(self) -> Fraction:
        """Base and boluses together."""
        return self.base + self.boluses


def pattern_ms(settings: Settings) -> int:
    """After how long windows and boluses come again as they were, as far as they are followed."""
    return min(lcm(WEEK_MS, *(rhythm.every for rhythm in settings.orders.periodic)), LONGEST_MS)


def asked(settings: Settings, scale: Fraction, began: int, first: int) -> list[Stretch]:
    """All that is asked from ``first`` on until it comes again, with a ramp at this ``scale``."""
    settings = at_scale(settings, scale)
    last = first + pattern_ms(settings)
    changes: dict[int, Fraction] = {first: Fraction(0), last: Fraction(0)}
    for bolus in starts(settings, began, first, last):
        rate = settings.flow(bolus.dose) / bolus.over
        changes[bolus.at] = changes.get(bolus.at, Fraction(0)) + rate
        changes[bolus.at + bolus.over] = changes.get(bolus.at + bolus.over, Fraction(0)) - rate
    at: int | None = first
    while at is not None and at < last:
        changes.setdefault(at, Fraction(0))
        at = next_base_change(settings, first, at)
    found, boluses = [], Fraction(0)
    times = sorted(time for time in changes if time <= last)
    for start, end in pairwise(times):
        boluses += changes[start]
        minimum = level_at(settings, start).minimum
        found.append(Stretch(start, end, base_asked(settings, first, start), boluses, minimum))
    return found
