"""Amounts in the course of time: sums of constant rates, exactly."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from math import lcm

#: (start ms, end ms, rate per ms)
Piece = tuple[int, int, Fraction]


#: Rates whose common denominator has more bits are rounded up to the last of so many.
MOST_BITS = 2048


class Course:
    """The running total of pieces that may overlap. Rates are scaled to integers, which is exact and fast."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._unit = 1
        for denominator in {rate.denominator for _, _, rate in pieces}:
            self._unit = lcm(self._unit, denominator)
            if self._unit.bit_length() > MOST_BITS:
                self._unit = 1 << MOST_BITS
                break
        changes: dict[int, int] = {}
        for start, end, rate in pieces:
            scaled = -(-rate.numerator * self._unit // rate.denominator)
            changes[start] = changes.get(start, 0) + scaled
            changes[end] = changes.get(end, 0) - scaled
        self.times = sorted(changes)
        self._totals: list[int] = []
        self._rates: list[int] = []
        total = rate_now = 0
        for index, time in enumerate(self.times):
            if index:
                total += rate_now * (time - self.times[index - 1])
            rate_now += changes[time]
            self._totals.append(total)
            self._rates.append(rate_now)

    def total(self, at: int) -> Fraction:
        """What has been given by ``at``."""
        return Fraction(self._scaled(at), self._unit)

    def fullest(self, length: int, after: int) -> tuple[Fraction, int]:
        """(amount, end) of the window of ``length`` ms, ending at ``after`` or later, that holds most.

        What a window holds is piecewise linear in its end, so that the maximum lies where an edge of it meets a change.
        """
        ends = {after, *(end for time in self.times for end in (time, time + length) if end > after)}
        most, best = 0, after
        for end in sorted(ends):
            held = self._scaled(end) - self._scaled(end - length)
            if held > most:
                most, best = held, end
        return Fraction(most, self._unit), best

    def _scaled(self, at: int) -> int:
        index = bisect_right(self.times, at) - 1
        return 0 if index < 0 else self._totals[index] + self._rates[index] * (at - self.times[index])

    def reach(self, amount: Fraction) -> int | None:
        """The first ms by which ``amount`` has been given; None if it never is."""
        scaled = amount * self._unit
        for index, total in enumerate(self._totals):
            last = index + 1 == len(self._totals)
            if self._rates[index] > 0 and (last or scaled <= self._totals[index + 1]):
                return self.times[index] + max(0, int(-((total - scaled) // self._rates[index])))
        return None
