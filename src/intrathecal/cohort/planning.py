"""The dose that a pump without presses gave and plans, as its limits count it, in the course of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from intrathecal.cohort.probing import probed
from intrathecal.flow import Array
from intrathecal.pump.booking import ZERO
from intrathecal.pump.course import Piece
from intrathecal.pump.foresight import Under, planned
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.limits import MOST_CHANGES, changes
from intrathecal.pump.pieces import bridge_pieces, running_boluses
from intrathecal.pump.pressing import BRIDGING, PRIMING, standing
from intrathecal.pump.schedule import starts
from intrathecal.pump.settings import Limit, Settings
from intrathecal.pump.state import State


@dataclass(frozen=True)
class Regime:
    """From the ``state`` on ``until`` (ms) nobody changes what the pump is told; ``checked``: it then looks at its limits."""

    state: State
    until: int
    checked: bool

    @property
    def settings(self) -> Settings:
        """What it is told."""
        return self.state.settings

    @property
    def press_rate(self) -> Fraction:
        """The flow of a patient's bolus (pL/ms); 0 where none is programmed."""
        demand = self.settings.orders.demand
        return ZERO if demand is None else self.settings.flow(demand.dose) / demand.over

    @property
    def most_presses(self) -> int:
        """More than this many presses cannot be given in it."""
        demand = self.settings.orders.demand
        if demand is None:
            return 0
        length = self.until - self.state.now
        return min((length // DAY_MS + 1) * demand.max_per_day, length // demand.lockout + 1)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Its limits."""
        return self.settings.orders.limits

    @property
    def longest_ms(self) -> int:
        """The longest of its limits; 0 without one."""
        return max((limit.per for limit in self.limits), default=0)

    @property
    def is_evened(self) -> bool:
        """Whether the controller spreads a plan of so many changes evenly when it holds a press against its limits."""
        demand = self.settings.orders.demand
        if demand is None or not self.longest_ms:
            return False
        # Boluses that are slower than the slowest flow end sooner, never later.
        begun = max([demand.over, *(bolus.over for bolus in self.settings.orders.scheduled)])
        begun = max([begun, *(rhythm.over for rhythm in self.settings.orders.periodic)])
        return changes(self.settings.orders, 2 * begun + self.longest_ms) > MOST_CHANGES


@dataclass(frozen=True, eq=False)
class TimeLine:
    """Dose without presses: ``total`` (ng) at ``ms``, and ``rate`` from then on; ``less`` and ``less_rate`` as in `TimeLines`."""

    ms: NDArray[np.int64]
    total: Array
    rate: Array
    less: Array
    less_rate: Array

    def fullest(self, length: int, after: int) -> float:
        """The most dose (ng) of a window of ``length`` ms that ends at ``after`` or later."""
        ends = np.union1d(np.concatenate([self.ms, self.ms + length]), [after])
        ends = ends[(ends >= after) & (ends <= self.ms[-1])]
        held = np.interp(ends, self.ms, self.total) - np.interp(ends - length, self.ms, self.total)
        return float(held.max(initial=0.0))


def time_line(regime: Regime, before: Iterable[tuple[State, State]], longest_ms: int) -> TimeLine:
    """What was given ``before`` (states at both ends of quiet pieces), and what the pump plans from the regime's start on.

    It ends where no window of a limit can hold a bolus any more that began in the regime.
    """
    state, settings = regime.state, regime.settings
    begin, per = state.now, regime.longest_ms
    if not per:
        return _of([], begin, begin)
    given = [_given(start, end, settings) for start, end in before if end.now > begin - longest_ms]
    demand = settings.orders.demand
    bridge = [(start, end, rate, ZERO) for start, end, rate in bridge_pieces(state)]
    follows = bridge[-1][1] if bridge else begin
    last = max(follows, regime.until) + 2 * per + (0 if demand is None else demand.over)
    plans = standing(state) in ("", BRIDGING, PRIMING)
    return _of([*given, *bridge, *(_plan(regime, follows, last) if plans else [])], begin - longest_ms, last)


Row = tuple[int, int, Fraction, Fraction]


def _given(start: State, end: State, settings: Settings) -> Row:
    """What flowed in a quiet piece, and what a bolus under way would have taken from it (ng/ms)."""
    labels = start.bridge_labels if start.bridge is not None else start.settings.labels
    label = dict(labels).get(settings.primary, ZERO) / PL_PER_ML
    step = start.settings.hardware.step_pL
    flow = (end.owed - start.owed + (end.steps - start.steps) * step) / (end.now - start.now)
    return start.now, end.now, flow * label, _less(start, flow) * label


def _less(state: State, flow: Fraction) -> Fraction:
    """What a patient's bolus under way takes from the flow of the rest (pL/ms)."""
    probe = probed(state)
    return ZERO if probe is None else flow + probe.bolus - probe.flow


def _plan(regime: Regime, first: int, last: int) -> list[Row]:
    state, settings = regime.state, regime.settings
    origin = state.ramp_origin + first - state.now
    running = running_boluses(state) if first == state.now else []

    def flows(under_way: Sequence[Under]) -> list[Piece]:
        coming = starts(settings, state.began, first + (first == state.now), last)
        return planned(settings, origin, under_way, coming, first, last)

    alone = flows(running)
    rate = regime.press_rate
    beside = flows([*running, (rate, rate * (last - first + 1))]) if rate else alone
    return [
        (start, end, settings.dose(flow), settings.dose(flow + rate - other))
        for start, end, flow, other in _overlaid(alone, beside, first, last)
    ]


def _overlaid(one: Sequence[Piece], other: Sequence[Piece], first: int, last: int) -> list[Row]:
    """Two courses of flow with common edges."""
    edges = sorted({first, last, *(at for start, end, _ in (*one, *other) for at in (start, end))})
    rows, pointers = [], [0, 0]
    for start, end in pairwise(edges):
        flows = []
        for which, course in enumerate((one, other)):
            while pointers[which] < len(course) and course[pointers[which]][1] <= start:
                pointers[which] += 1
            at = pointers[which]
            flows.append(course[at][2] if at < len(course) and course[at][0] <= start else ZERO)
        rows.append((start, end, flows[0], flows[1]))
    return rows


def _of(rows: Sequence[Row], first: int, last: int) -> TimeLine:
    """Rows one after the other, with gaps, as running totals from ``first`` to ``last``."""
    edges = sorted({first, last, *(at for row in rows for at in row[:2])})
    ms = np.array(edges, dtype=np.int64)
    rate, less = np.zeros(len(ms)), np.zeros(len(ms))
    for start, end, dose, taken in rows:
        span = slice(*np.searchsorted(ms, [start, end]))
        rate[span], less[span] = float(dose), float(taken)
    steps = np.diff(ms)
    return TimeLine(
        ms,
        np.concatenate([[0.0], np.cumsum(rate[:-1] * steps)]),
        rate,
        np.concatenate([[0.0], np.cumsum(less[:-1] * steps)]),
        less,
    )
