"""The figures of a review, under the keys that scripts read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from intrathecal.programmer.bridging import BridgeFigures
from intrathecal.programmer.review.rested import at_scale, delivered_share
from intrathecal.programmer.review.side import Side, change_percent
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.schedule import scale_at
from intrathecal.simulation.dates import RefillDates, when


def figures(before: Side | None, after: Side, dates: RefillDates, bridge: BridgeFigures) -> dict[str, Any]:
    """Plain numbers, text and tables, ready for JSON."""
    therapy, settings = after.therapy, after.settings
    drugs = list(after.drugs) if before is None else list(dict.fromkeys([*after.drugs, *before.drugs]))
    return {
        "rate_mL_per_day": after.flow_mL_per_day,
        "daily_dose_ug": {drug: after.daily_ug(drug) for drug in drugs},
        "worst_case_daily_dose_ug": {drug: after.worst_daily_ug(drug) for drug in drugs},
        "catheter_volume_mL": float(settings.catheter / PL_PER_ML),
        "pump_tubing_mL": float(settings.tubing / PL_PER_ML),
        "low_reservoir_at": when(therapy, dates.reservoir.low),
        "worst_case_low_reservoir_at": when(therapy, dates.reservoir.worst),
        "fastest_low_reservoir_at": when(therapy, dates.reservoir.fastest),
        "refill_due_at": when(therapy, dates.due),
        "refill_due_reason": dates.reason,
        "change_percent": {drug: change_percent(before, after, drug) for drug in drugs},
        "bridge": asdict(bridge),
        "delivered_minus_asked_percent": _delivered_minus_asked_percent(after),
    }


def _delivered_minus_asked_percent(side: Side) -> float | None:
    """What the pump gives beyond the program in the week that is meant, without presses; None if that asks for nothing."""
    state = side.state
    settings = at_scale(side.settings, scale_at(side.settings, state.ramp_origin, state.now))
    share = delivered_share(settings, state.began, state.now)
    return None if share is None else float(100 * (share - 1))
