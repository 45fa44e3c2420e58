"""What was read from a pump as figures with units in their names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from intrathecal.programmer.session import Outcome
from intrathecal.pump.book import Entry
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.telemetry.messages import Fill, Reading, Sounding

#: Nanograms and ng/mL in the units that are shown.
NG_PER_UG = 1000
#: Kind and text of the log entry that ends the time without a clock.
FIRST_FILL = ("fill", "first fill")


def iso(wall_ms: int, offset_minutes: int) -> str:
    """A local time (ms since 1970) of a clock that is so far ahead of UTC, in ISO 8601 with its offset."""
    zone = timezone(timedelta(minutes=offset_minutes))
    return (datetime(1970, 1, 1, tzinfo=zone) + timedelta(milliseconds=wall_ms)).isoformat(timespec="milliseconds")


def figures(reading: Reading, outcomes: Sequence[Outcome] = ()) -> dict[str, Any]:
    """Everything that was read; ``outcomes`` says what became of commands that were not answered in time."""

    def clock(at: int) -> str:
        return iso(reading.wall_ms - reading.now + at, reading.offset_minutes)

    return {
        "identity": reading.serial,
        "model": reading.model,
        "time": clock(reading.now),
        "program_text": reading.program if reading.fill else None,
        **_counted(reading.fill),
        "alarms": [_alarm(alarm, clock(alarm.at)) for alarm in reading.alarms],
        "log": _log(reading),
        "delivery": "uncertain" if reading.uncertain else "certain",
        "failed": reading.failed or None,
        "keys": [{"fingerprint": key.fingerprint, "role": key.role, "name": key.name} for key in reading.keys],
        "settled": [str(outcome) for outcome in outcomes],
    }


def _counted(fill: Fill | None) -> dict[str, Any]:
    if fill is None:
        names = (
            "counted_mL reservoir_mL battery_fraction primary flow_mL_per_day asked_mL_per_day stopped bridge_running"
        )
        return {"doses_ug": {}, "concentrations_ug_per_mL": {}} | dict.fromkeys([*names.split(), "press_refusal"])
    settings, hardware = fill.settings, fill.settings.hardware
    life = hardware.life_ns
    return {
        "counted_mL": fill.steps * hardware.step_pL / PL_PER_ML,
        "doses_ug": {drug: float(dose / NG_PER_UG) for drug, dose in fill.booked},
        "reservoir_mL": fill.reservoir_pL / PL_PER_ML,
        "battery_fraction": None if life is None else max(0.0, 1 - fill.battery_ns / life),
        "primary": settings.primary,
        "concentrations_ug_per_mL": {drug: float(label / NG_PER_UG) for drug, label in settings.labels},
        "flow_mL_per_day": float(fill.flow * DAY_MS / PL_PER_ML),
        "asked_mL_per_day": float(fill.asked * DAY_MS / PL_PER_ML),
        "stopped": fill.stopped,
        "bridge_running": fill.bridging,
        "press_refusal": fill.refusal or None,
    }


def _alarm(alarm: Sounding, at: str) -> dict[str, str]:
    return {"at": at, "alarm": alarm.name, "priority": alarm.priority}


def _log(reading: Reading) -> list[dict[str, Any]]:
    """Every entry in order of time; a fault stands in the event log too, for as long as that holds it.

    Until its first fill a pump knows no other clock than UTC.
    """
    filled = next((entry.at for entry in reading.events if (entry.kind, entry.text) == FIRST_FILL), -1)
    shown = {_key(entry) for entry in reading.events}
    entries = [*(entry for entry in reading.faults if _key(entry) not in shown), *reading.events]
    return [
        {
            "at": iso(entry.date, reading.offset_minutes if entry.at > filled else 0),
            "kind": entry.kind,
            "text": entry.text,
            "by": entry.by or None,
            "count": entry.count,
        }
        for entry in sorted(entries, key=lambda entry: (entry.at, entry.number))
    ]


def _key(entry: Entry) -> tuple[int, str, str]:
    return entry.at, entry.kind, entry.text
