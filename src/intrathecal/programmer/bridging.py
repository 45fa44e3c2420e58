"""The bridge: what brings the old drug out of tubing and catheter before a new concentration arrives.

Plug flow, as in clinics' own sums (pumps run so slowly that a front is blurred by about a hundredth of the catheter):
volume = tubing + catheter; flow = daily dose over the old concentration; without a bridge the new flow brings the old drug
out, at the new dose times old over new concentration.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from intrathecal.pump.forecast import auto_bridge, mean_dose
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.settings import Settings
from intrathecal.pump.state import State

HOUR_MS = 3_600_000
NG_PER_UG = 1000


@dataclass(frozen=True)
class BridgeFigures:
    """The bridge between two labels; all but ``needed`` are None where there is none, or where it cannot run.

    ``skipped_dose_percent`` is the dose without it in percent of the dose asked, ``skipped_for_h`` for how long.
    """

    needed: bool
    volume_mL: float | None = None
    rate_mL_per_day: float | None = None
    duration_h: float | None = None
    skipped_dose_percent: float | None = None
    skipped_for_h: float | None = None


@dataclass(frozen=True)
class Step:
    """What arrives at the tip for a while (None: from then on): the old primary drug, and the new one."""

    rate_mL_per_day: float
    duration_h: float | None
    old_ug_per_day: float
    new_ug_per_day: float


@dataclass(frozen=True)
class Mistake:
    """What a bridge of the wrong ``volume_mL``, or at the wrong flow, brings."""

    name: str
    volume_mL: float
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class BridgePlan:
    """A bridge, step by step, and what happens when it is got wrong.

    ``old`` and ``new`` are the primary drugs before and after. ``given_ug`` is what the bridge gives of the old one;
    ``shown_ug`` is the same volume at the new concentration, as programmers are said to show it.
    """

    figures: BridgeFigures
    old: str
    new: str
    steps: tuple[Step, ...]
    given_ug: float | None
    shown_ug: float | None
    mistakes: tuple[Mistake, ...]


def is_needed(before: Settings, after: Settings) -> bool:
    """Whether tubing and catheter hold another drug than what comes after it."""
    return dict(before.labels) != dict(after.labels) and before.dead_volume > 0


def bridge_figures(before: State | None, after: State, rate: Fraction | None = None) -> BridgeFigures:
    """The bridge at ``rate`` (pL/ms; at the dose that runs, if it is not given), and what happens without it."""
    if before is None or not is_needed(before.settings, after.settings):
        return BridgeFigures(needed=False)
    old, new = before.settings, after.settings
    volume, flow = old.dead_volume, flow_of(after)
    rate = bridge_rate(before) if rate is None else rate
    skipped = dict(old.labels).get(new.primary, Fraction(0)) / new.concentration
    return BridgeFigures(
        needed=True,
        volume_mL=float(volume / PL_PER_ML),
        rate_mL_per_day=None if rate is None else _mL_per_day(rate),
        duration_h=None if rate is None else _hours(volume, rate),
        skipped_dose_percent=float(100 * skipped),
        skipped_for_h=_hours(volume, flow) if flow > 0 else None,
    )


def bridge_rate(before: State) -> Fraction | None:
    """The flow (pL/ms) that keeps the dose that runs; None where nothing runs, or the pump cannot run a bridge."""
    hardware = before.settings.hardware
    bridge = None if hardware.fixed is not None else auto_bridge(before)
    return None if bridge is None else hardware.possible(bridge.rate)


def flow_of(state: State) -> Fraction:
    """The mean flow (pL/ms) of a program, as the pump can run it."""
    settings = state.settings
    return settings.hardware.possible(settings.flow(mean_dose(settings, state.ramp_origin, state.now)))


def plan_bridge(before: State, after: State, rate: Fraction | None, untrimmed: Fraction) -> BridgePlan:
    """The bridge step by step, at ``rate`` (pL/ms) or at the dose that runs.

    ``untrimmed`` (pL) is what the whole catheter would hold: a volume that is mistaken for what is left of it.
    """
    old, new = before.settings, after.settings
    line = _Line(old, new, flow_of(after))
    figures = bridge_figures(before, after, rate)
    rate = bridge_rate(before) if rate is None else rate
    if not figures.needed:
        return BridgePlan(figures, old.primary, new.primary, (line.last,), None, None, ())
    skipped = Mistake("no bridge", 0.0, line.steps(Fraction(0), line.flow))
    if rate is None:
        return BridgePlan(figures, old.primary, new.primary, skipped.steps, None, None, ())
    volume = old.dead_volume
    wrong_rate = rate * old.concentration / new.concentration
    mistakes = [skipped]
    if old.tubing > 0:
        mistakes.append(line.mistake("pump tubing forgotten", old.catheter, rate))
    if untrimmed > old.catheter:
        mistakes.append(line.mistake("catheter taken as untrimmed", old.tubing + untrimmed, rate))
    if wrong_rate not in (rate, line.flow):
        mistakes.append(line.mistake("dose over the new concentration", volume, wrong_rate))
    return BridgePlan(
        figures,
        old.primary,
        new.primary,
        line.steps(volume, rate),
        given_ug=float(volume * old.concentration / PL_PER_ML / NG_PER_UG),
        shown_ug=float(volume * new.concentration / PL_PER_ML / NG_PER_UG),
        mistakes=tuple(mistakes),
    )


@dataclass(frozen=True)
class _Line:
    """Tubing and catheter full of ``old``, with ``new`` behind it and its program's ``flow`` (pL/ms) after the bridge."""

    old: Settings
    new: Settings
    flow: Fraction

    @property
    def last(self) -> Step:
        """The new program, with the new drug at the tip."""
        return Step(_mL_per_day(self.flow), None, 0.0, self._ug_per_day(self.new, self.flow))

    def steps(self, volume: Fraction, rate: Fraction) -> tuple[Step, ...]:
        """What arrives with a bridge of ``volume`` (pL) at ``rate``: old drug first, whatever drives it."""
        dead = self.old.dead_volume
        parts = [
            (self.old, min(volume, dead), rate),
            (self.old, dead - volume, self.flow),
            (self.new, volume - dead, rate),
        ]
        found = [self._step(holds, part, flow) for holds, part, flow in parts if part > 0]
        return (*found, self.last)

    def mistake(self, name: str, volume: Fraction, rate: Fraction) -> Mistake:
        """What a bridge that is wrong brings."""
        return Mistake(name, float(volume / PL_PER_ML), self.steps(volume, rate))

    def _step(self, holds: Settings, volume: Fraction, rate: Fraction) -> Step:
        """``volume`` of what ``holds`` describes arrives at ``rate``; at no flow it never ends."""
        lasts = _hours(volume, rate) if rate > 0 else None
        old, new = (self._ug_per_day(holds, rate) if holds is side else 0.0 for side in (self.old, self.new))
        return Step(_mL_per_day(rate), lasts, old, new)

    @staticmethod
    def _ug_per_day(holds: Settings, rate: Fraction) -> float:
        return float(holds.dose(rate) * DAY_MS / NG_PER_UG)


def _mL_per_day(flow: Fraction) -> float:
    return float(flow * DAY_MS / PL_PER_ML)


def _hours(volume: Fraction, flow: Fraction) -> float:
    return float(volume / flow / HOUR_MS)
