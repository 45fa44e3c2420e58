"""The world's journal, added up as it is written: what the motor really did, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from intrathecal.torture.reading import Figures
from intrathecal.torture.violation import Violation
from intrathecal.world.journal import Line

#: Steps that may come at once: the one that is due, and one that was tried again.
AT_ONCE = 2
#: Drops at the edge of a window: a step may be completed on one side of it or on the other.
EDGE_STEPS = 2


class Witness:
    """A journal (see `world.journal`) that keeps sums instead of lines.

    ``rotor`` is where the steps brought it, ``steps`` how many they were; volumes are fL. Raises `Violation` where steps
    repeat, or come faster than the pump may run.
    """

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self.rotor = 0
        self.steps_made = 0
        self.delivered_fL = 0
        self.lost_fL = 0
        self.filled_fL = 0
        self._spread = 0.0
        self._level = 0.0
        self._last = 0

    def __iter__(self) -> Iterator[Line]:
        return iter(())

    def write(self, line: Line) -> None:
        """Count what came in and what left otherwise than by a step."""
        did = line["did"]
        if did == "inject":
            self.filled_fL += line["fL"]
        elif did in ("leak", "escape", "aspirate"):
            self.lost_fL += line["fL"]

    def steps(self, at: int, first: int, count: int, fL: int) -> None:
        """Count steps."""
        if first != self.rotor + 1:
            raise Violation("count", f"a step brought the rotor to {first} after {self.rotor}")
        self.rotor += count
        self.steps_made += count
        self.delivered_fL += count * fL
        figures = self._figures
        spread = min(self._spread, count * figures.step_pL)
        self._spread -= spread
        self._level = max(0.0, self._level - figures.fastest * (at - self._last)) + count * figures.step_pL - spread
        self._last = at

    def spread(self, ms: int) -> None:
        """The steps that come now were made in the course of the ``ms`` before; 0: no more of them."""
        self._level = max(0.0, self._level - self._spread)
        self._spread = self._figures.fastest * ms
        self._last += ms

    def check_flow(self, excused: int) -> None:
        """The fastest flow, without ``excused`` steps that a runaway motor has just made."""
        self._level = max(0.0, self._level - excused * self._figures.step_pL)
        if self._level > AT_ONCE * self._figures.step_pL + self._figures.fastest:
            too_many = self._level / self._figures.step_pL
            raise Violation("fastest-flow", f"{too_many:.1f} steps more than the fastest flow makes in the time")


class Doses:
    """The dose given in the course of real time, and windows of it. Between two points the flow is taken as constant."""

    def __init__(self) -> None:
        self._times = [0]
        self._totals = [0.0]

    def add(self, at: int, dose: float) -> None:
        """``dose`` ng more until ``at``."""
        total = self._totals[-1] + dose
        if at == self._times[-1]:
            self._totals[-1] = total
            return
        if len(self._times) > 1 and dose == 0 and self._totals[-2] == self._totals[-1]:
            self._times[-1] = at
            return
        self._times.append(at)
        self._totals.append(total)

    def given(self, at: int) -> float:
        """What was given by ``at``."""
        index = bisect_right(self._times, at) - 1
        if index < 0:
            return 0.0
        if index + 1 == len(self._times):
            return self._totals[-1]
        begin, end = self._times[index], self._times[index + 1]
        share = (at - begin) / (end - begin)
        return self._totals[index] + share * (self._totals[index + 1] - self._totals[index])

    def fullest(self, length: int, since: int) -> float:
        """The most that a window of ``length`` ms holds that ends later than ``since``, of those that end by now."""
        now = self._times[-1]
        first = bisect_right(self._times, since)
        ends = {now, *self._times[first:]}
        ends.update(
            time + length for time in self._times[bisect_right(self._times, since - length) :] if time + length <= now
        )
        return max(self.given(end) - self.given(end - length) for end in ends)
