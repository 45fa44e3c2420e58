"""The course without presses, and what the pump then plans, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from math import prod

import numpy as np

from intrathecal.cohort.planning import Regime, TimeLine, time_line
from intrathecal.cohort.probing import probed
from intrathecal.cohort.tables import LIMIT, LINE, PIECE, REGIME, Table, table
from intrathecal.flow import Array, Site
from intrathecal.pump.booking import ZERO
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.pressing import fastest_planned, standing
from intrathecal.pump.schedule import base_pieces, starts
from intrathecal.pump.state import State
from intrathecal.simulation.delivery import Delivery, is_stroked
from intrathecal.world import faults


@dataclass(frozen=True, eq=False)
class Quiet:
    """A quiet piece of the course: the delivery at its start, and the pump at its end."""

    start: Delivery
    end: State

    @property
    def pump(self) -> State:
        """The pump at its start."""
        return self.start.pump

    @property
    def flow(self) -> Fraction:
        """The mean flow that was asked of the motor (pL/ms)."""
        before, after = self.pump, self.end
        steps = (after.steps - before.steps) * before.settings.hardware.step_pL
        return (after.owed - before.owed + steps) / (after.now - before.now)

    @property
    def kept(self) -> float:
        """The part of what leaves the pump that comes out at the tip."""
        off = any(fault.kind == faults.DISCONNECT for fault in self.start.device.faults)
        return 0.0 if off else 1 - self.start.leak


def piece_table(
    pieces: Sequence[Quiet],
    regime_of: Sequence[int],
    fill_of: Sequence[int],
    answers: Sequence[str],
    sites: Sequence[Site],
) -> Table:
    """The quiet pieces; ``answers`` and ``sites`` give the numbers of what stands against a press and of where the tip lies."""
    flows = [piece.flow for piece in pieces]
    probes = [probed(piece.pump) for piece in pieces]
    pressed = [flow if probe is None else probe.flow for flow, probe in zip(flows, probes, strict=True)]
    volumes = [flow * (piece.end.now - piece.pump.now) for flow, piece in zip(flows, pieces, strict=True)]
    return table(
        PIECE,
        start_ms=(piece.pump.now for piece in pieces),
        end_ms=(piece.end.now for piece in pieces),
        flow=[float(flow) for flow in flows],
        with_press=[float(flow) for flow in pressed],
        clamped=(probe is not None and probe.is_clamped for probe in probes),
        total_pL=[float(volume) for volume in accumulate([ZERO, *volumes[:-1]])],
        standing=(answers.index(standing(piece.pump)) for piece in pieces),
        now_flow=[float(fastest_planned(piece.pump, 1)) for piece in pieces],
        drive=[prod(fault.drive for fault in piece.start.device.faults) for piece in pieces],
        kept=[piece.kept for piece in pieces],
        site=(sites.index(piece.start.site) for piece in pieces),
        stroked=(is_stroked(piece.pump) for piece in pieces),
        regime=regime_of,
        fill=fill_of,
    )


def regime_table(
    regimes: Sequence[Regime],
    ahead: Sequence[Sequence[object]],
    lines: Sequence[TimeLine],
    clears: Sequence[int],
    end: int,
) -> Table:
    """What holds when; ``clears`` are the ms at which boluses under way are ended, ``ahead`` and ``lines`` go with regimes."""
    demands = [regime.settings.orders.demand for regime in regimes]
    ahead_from, ahead_to = _slices([len(steps) for steps in ahead])
    limit_from, limit_to = _slices([len(regime.settings.orders.limits) for regime in regimes])
    line_from, line_to = _slices([len(line.ms) for line in lines])
    return table(
        REGIME,
        begin_ms=(regime.state.now for regime in regimes),
        rate=[float(regime.press_rate) for regime in regimes],
        over=(0 if demand is None else demand.over for demand in demands),
        lockout=(0 if demand is None else demand.lockout for demand in demands),
        most=(0 if demand is None else demand.max_per_day for demand in demands),
        clear_ms=(min((at for at in clears if at > regime.state.now), default=end) for regime in regimes),
        ahead_from=ahead_from,
        ahead_to=ahead_to,
        checked=(regime.checked for regime in regimes),
        limit_from=limit_from,
        limit_to=limit_to,
        line_from=line_from,
        line_to=line_to,
    )


def limit_table(regimes: Sequence[Regime], lines: Sequence[TimeLine]) -> Table:
    """The limits of all regimes, one after the other."""
    pairs = [(regime, limit, line) for regime, line in zip(regimes, lines, strict=True) for limit in regime.limits]
    return table(
        LIMIT,
        dose=[float(limit.dose) for _, limit, _ in pairs],
        per=(limit.per for _, limit, _ in pairs),
        fullest=[line.fullest(limit.per, regime.state.now) for regime, limit, line in pairs],
    )


def line_table(lines: Sequence[TimeLine]) -> Table:
    """The time lines of all regimes, one after the other."""
    names = LINE.names or ()
    return table(LINE, **{name: np.concatenate([getattr(line, name) for line in lines]) for name in names})


def time_lines(regimes: Sequence[Regime], pieces: Sequence[Quiet]) -> list[TimeLine]:
    """What each regime's limits count without presses."""
    longest = max(regime.longest_ms for regime in regimes)
    return [
        time_line(regime, [(each.pump, each.end) for each in pieces if each.end.now <= regime.state.now], longest)
        for regime in regimes
    ]


def planned_ahead(pieces: Sequence[Quiet], regime_of: Sequence[int], regimes: int) -> list[list[tuple[int, float]]]:
    """From when on (ms) the fastest flow (pL/ms) planned during a bolus that begins then is what, for each regime."""
    ahead: list[list[tuple[int, float]]] = [[] for _ in range(regimes)]
    for piece, regime in zip(pieces, regime_of, strict=True):
        ahead[regime] += _ahead(piece.pump, piece.end.now)
    return ahead


def _ahead(state: State, end: int) -> list[tuple[int, float]]:
    demand, settings = state.settings.orders.demand, state.settings
    if demand is None or standing(state):
        return [(state.now, 0.0)]
    last = end + demand.over
    changes = {start for start, _, _ in base_pieces(settings, state.ramp_origin, state.now, last)}
    changes |= {start.at for start in starts(settings, state.began, state.now + 1, last)}
    times = {state.now, *(at - demand.over + 1 for at in changes if state.now < at - demand.over + 1 < end)}
    return [(at, float(fastest_planned(replace(state, now=at), demand.over))) for at in sorted(times)]


def labels(regimes: Sequence[Regime]) -> Array:
    """How much of the primary drug of the second regime a pL holds that the first gives, by label (ng/pL)."""
    return np.array([[_label(one, other) for other in regimes] for one in regimes])


def _label(fill: Regime, asked: Regime) -> float:
    return float(dict(fill.settings.labels).get(asked.settings.primary, ZERO) / PL_PER_ML)


def _slices(lengths: Sequence[int]) -> tuple[list[int], list[int]]:
    ends = list(accumulate(lengths))
    return [0, *ends[:-1]], ends
