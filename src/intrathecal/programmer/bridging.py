"""The bridge: what brings the old drug out of tubing and catheter before a new concentration arrives.

Plug flow, as in clinics' own sums: volume = tubing + catheter; flow = daily dose over the old concentration; without a
bridge the new flow brings the old drug out, at new dose times old over new concentration.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from intrathecal.pump.forecast import auto_bridge, mean_dose
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.settings import Settings
from intrathecal.pump.state import State

HOUR_MS = 3_600_000


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


def is_needed(before: Settings, after: Settings) -> bool:
    """Whether tubing and catheter hold another drug than what comes after it."""
    return dict(before.labels) != dict(after.labels) and before.dead_volume > 0


def bridge_figures(before: State | None, after: State) -> BridgeFigures:
    """The bridge at the dose that runs, and what happens without it."""
    if before is None or not is_needed(before.settings, after.settings):
        return BridgeFigures(needed=False)
    old, new = before.settings, after.settings
    volume = old.dead_volume
    bridge = None if old.hardware.fixed is not None else auto_bridge(before)
    rate = None if bridge is None else old.hardware.possible(bridge.rate)
    flow = new.hardware.possible(new.flow(mean_dose(new, after.ramp_origin, after.now)))
    skipped = dict(old.labels).get(new.primary, Fraction(0)) / new.concentration
    return BridgeFigures(
        needed=True,
        volume_mL=float(volume / PL_PER_ML),
        rate_mL_per_day=None if rate is None else float(rate * DAY_MS / PL_PER_ML),
        duration_h=None if rate is None else float(volume / rate / HOUR_MS),
        skipped_dose_percent=float(100 * skipped),
        skipped_for_h=float(volume / flow / HOUR_MS) if flow > 0 else None,
    )
