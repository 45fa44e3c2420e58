"""The figures of a run, under the keys that scripts read."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from intrathecal.catalogue import unverified
from intrathecal.catalogue.citing import AnyEntry
from intrathecal.flow import Array
from intrathecal.pump.alarms import Alarm
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.simulation.assumed import assumptions
from intrathecal.simulation.background import MORPHINE, is_swallowed
from intrathecal.simulation.dates import held_before, refill_dates, when
from intrathecal.simulation.delivery import Delivery
from intrathecal.simulation.reached import Finished, Reached
from intrathecal.simulation.relieved import relief_figures
from intrathecal.simulation.transport import Channel, Held
from intrathecal.therapy import ReplacePump, Revise, Therapy

HOUR_S = 3600.0
Figures = dict[str, Any]


def outcome(run: Finished) -> Figures:
    """All figures of a run; plain numbers, text, lists and tables, ready for JSON."""
    case, end = run.case, run.end
    therapy = case.therapy
    ledger = {drug: row for drug, row in ledger_rows(run).items() if row["entered_ug"] > 0}
    return {
        "title": therapy.title,
        "days": end.now / DAY_MS,
        "drugs": list(case.drugs),
        "assumptions": assumptions(run.case, run.end.notes, run.end.now),
        "unverified": [f"{name} = {value}" for name, value in unverified(entries_used(therapy))],
        "pump": _pump(therapy, end, end.delivery) if end.delivery else None,
        "refill": _refill(therapy, end, end.delivery) if end.delivery else None,
        "refills": [
            {
                "at": when(therapy, refill.at),
                "believed_left_mL": refill.believed_mL,
                "true_left_mL": refill.true_mL,
            }
            for refill in end.refills
        ],
        "daily": _daily(run),
        "ledger": ledger,
        "exposure": {
            drug: _exposure(channel, held, end.now / 1000)
            for drug, channel, held in zip(case.drugs, case.channels, end.held, strict=True)
            if drug in ledger
        },
        "metabolites": _metabolites(run),
        "relief": relief_figures(run, ledger),
        "engine": {
            "method": "; ".join(dict.fromkeys(channel.propagator.method for channel in case.channels)),
            "wall_s": run.wall_s,
            "error_estimate": run.error,
        },
    }


def ledger_rows(run: Finished) -> dict[str, dict[str, float]]:
    """Where every microgram of each parent drug is at the end of a run."""
    end = run.end
    zero = np.zeros(len(run.case.drugs))
    delivery = end.delivery
    rows = {}
    for index, (drug, channel, held) in enumerate(zip(run.case.drugs, run.case.channels, end.held, strict=True)):
        amounts = held.amounts(channel)
        pump: dict[str, Array] = {"reservoir": zero, "pump_tubing": zero, "catheter": zero}
        lost: dict[str, Array] = {"degraded": zero, "removed": zero, "leaked": zero, "pocket": zero}
        entered = end.given_ug
        if delivery is not None:
            pump = {
                "reservoir": delivery.device.masses_ug,
                "pump_tubing": delivery.line.tubing_mass_ug(),
                "catheter": delivery.line.catheter_mass_ug(),
            }
            lost = {name: getattr(delivery.ledger, name) for name in lost}
            entered = entered + delivery.ledger.entered
        row = {
            "entered_ug": float(entered[index]),
            **{f"{name}_ug": float(amount[index]) for name, amount in pump.items()},
            **{f"{name}_ug": amounts[name] for name in ("csf", "cord", "epidural", "body", "eliminated")},
            **{f"{name}_ug": float(amount[index]) for name, amount in lost.items()},
        }
        parts = sum(row.values()) - row["entered_ug"]
        error = abs(parts - row["entered_ug"]) / row["entered_ug"] if row["entered_ug"] > 0 else 0.0
        rows[drug] = {**row, "relative_error": error}
    return rows


def entries_used(therapy: Therapy) -> list[AnyEntry]:
    """The catalogue entries that a run of this therapy rests on."""
    entries: list[AnyEntry] = [therapy.pump.entry] if therapy.pump else []
    entries += [event.action.pump.entry for event in therapy.events if isinstance(event.action, ReplacePump)]
    entries += [therapy.catheter.entry] if therapy.catheter else []
    entries += [event.action.catheter.entry for event in therapy.events if isinstance(event.action, Revise)]
    entries = list({id(entry): entry for entry in entries}.values())
    catalogue = therapy.catalogue
    drugs = {entry.drug.name: entry.drug for entry in therapy.drugs}
    if is_swallowed(therapy):
        drugs.setdefault(MORPHINE, catalogue.drugs[MORPHINE])
    mechanisms = {drug.response.mechanism for drug in drugs.values()}
    entries += drugs.values()
    entries += [catalogue.anatomy, catalogue.physiology, catalogue.relief]
    return entries + [effect for effect in catalogue.side_effects.values() if effect.mechanism in mechanisms]


def _pump(therapy: Therapy, end: Reached, delivery: Delivery) -> Figures:
    pump = delivery.pump
    return {
        "model": pump.settings.hardware.model,
        "counted_mL": float(Fraction(delivery.counted_before_pL + pump.counted_pL, PL_PER_ML)),
        "delivered_mL": end.delivered_mL,
        "reservoir_mL": pump.reservoir_pL / PL_PER_ML,
        "reservoir_true_mL": delivery.device.volume_mL,
        "battery_fraction": pump.battery_fraction,
        "alarms": [_alarm(therapy, alarm) for alarm in end.alarms],
        "presses_given": sum(not answer.reason for answer in end.answers),
        "presses_refused": [
            {"at": when(therapy, answer.at), "reason": answer.reason} for answer in end.answers if answer.reason
        ],
        "inexact": [
            {
                "from": when(therapy, at),
                "clause": item.clause,
                "asked": item.asked,
                "delivered": item.delivered,
                "unit": item.unit,
                "reason": item.reason,
            }
            for at, item in end.inexact
        ],
    }


def _alarm(therapy: Therapy, alarm: Alarm) -> Figures:
    return {"at": when(therapy, alarm.at), "alarm": alarm.name, "priority": alarm.priority}


def _refill(therapy: Therapy, end: Reached, delivery: Delivery) -> Figures:
    """Dates of the fill in the pump, with the program now in force."""
    filled_at = end.filled_at
    dates = refill_dates(therapy, delivery.pump, filled_at, filled_at, held_before(therapy, filled_at))
    return {
        "low_reservoir_at": when(therapy, dates.reservoir.low),
        "worst_case_low_reservoir_at": when(therapy, dates.reservoir.worst),
        "fastest_low_reservoir_at": when(therapy, dates.reservoir.fastest),
        "due_at": when(therapy, dates.due),
        "due_reason": dates.reason,
    }


def _daily(run: Finished) -> list[Figures]:
    """What was asked for and what reached the tip, day by day."""
    rows = []
    for index, day in enumerate(run.end.days):
        doses = {
            drug: {"asked_ug": float(day.asked_ug[i]), "delivered_ug": float(day.tip_ug[i])}
            for i, drug in enumerate(run.case.drugs)
        }
        rows.append({"day": index, "from": when(run.case.therapy, index * DAY_MS), "doses": doses})
    return rows if run.case.therapy.pump else []


def _exposure(channel: Channel, held: Held, seconds: float) -> dict[str, dict[str, float] | None]:
    def figures(peak: float, auc: float) -> dict[str, float]:
        return {"mean_ug_per_mL": auc / seconds, "peak_ug_per_mL": peak, "auc_ug_h_per_mL": auc / HOUR_S}

    tip = figures(held.tip_peak, held.tip_auc) if held.tip_seen else None
    sites: dict[str, dict[str, float] | None] = {"tip": tip}
    for (site, row), peak in zip(channel.system.sites.items(), held.peaks, strict=True):
        sites[site] = figures(float(peak), float(row @ held.integral))
    return sites


def _metabolites(run: Finished) -> Figures:
    """Mean concentration in plasma of the active metabolites that are followed."""
    found: Figures = {}
    for entry, channel, held in zip(run.case.therapy.drugs, run.case.channels, run.end.held, strict=True):
        row, metabolite = channel.system.metabolite_row, entry.drug.metabolite
        if row is not None and metabolite is not None and held.integral.any():
            mean = float(row @ held.integral) / (run.end.now / 1000)
            found[metabolite.name] = {"of": entry.drug.name, "plasma": {"mean_ug_per_mL": mean}}
    return found
