"""Two therapies of one patient, laid over each other: B beside A, and what B changes."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from intrathecal.pump.hardware import DAY_MS
from intrathecal.quantities import InputError, Quantity
from intrathecal.simulation.api import Run
from intrathecal.simulation.outcome import Figures
from intrathecal.therapy import Patient, Therapy

SECONDS_PER_DAY = DAY_MS / 1000
REFILL_DATES = ("low_reservoir_at", "worst_case_low_reservoir_at", "fastest_low_reservoir_at", "due_at")
#: What of a patient is called otherwise in a therapy file, and its unit there.
KEYS = {"height_cm": ("height", "cm"), "weight_kg": ("weight", "kg"), "egfr_ml_per_min": ("egfr", "mL/min")}


class ComparisonError(InputError):
    """Two therapies that are not of one patient: the message names what differs."""


def check_same_patient(first: Therapy, second: Therapy) -> None:
    """Demand that two therapies are of one patient; raises `ComparisonError`.

    What a file leaves out counts as what is assumed for it.
    """
    differing = []
    for field in fields(Patient):
        one, other = getattr(first.patient, field.name), getattr(second.patient, field.name)
        if field.name != "assumed" and not _same(one, other):
            key, unit = KEYS.get(field.name, (field.name, ""))
            differing.append(f"{key} ({_said(one, unit)} and {_said(other, unit)})")
    if differing:
        raise ComparisonError(
            f"{second.file}, [patient]: not the patient of {first.file}: {', '.join(differing)}; "
            "two therapies of one patient are compared, so give both files the same [patient]"
        )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return one.exact == other.exact
    return bool(one == other)


def _said(value: Any, unit: str) -> str:
    if value is None:
        return "not given"
    return f"{value:g} {unit}".strip() if isinstance(value, float) else str(value)


def comparison(first: Run, second: Run) -> Figures:
    """The figures of the second run, with ``difference``: the second less the first.

    ``difference`` holds ``daily_dose_ug`` (means of all 24 hours, asked and delivered, by drug), the means of
    ``exposure`` by drug and site, what is a number of ``relief``, and ``refill_days``: by how many days, counted from the
    start of each run, the dates of the refill are later. A drug that one therapy does not have counts as none of it; what is
    not known of one is null.
    """
    one, other = first.figures, second.figures
    difference = {
        "daily_dose_ug": _changes(_mean_doses(one), _mean_doses(other), missing=0.0),
        "exposure": _changes(_mean_exposure(one), _mean_exposure(other), missing=0.0),
        "relief": _changes(one["relief"] or {}, other["relief"] or {}, missing=None),
        "refill_days": _changes(_refill_days(first), _refill_days(second), missing=None),
    }
    asked = second.finished.case.therapy.simulation.days
    ran = second.finished.end.now / DAY_MS
    said = [f"Its file asks for {float(asked):g} days; it ran for {ran:g}, as the other."] if asked != ran else []
    return {**other, "assumptions": [*other["assumptions"], *said], "difference": difference}


def _changes(one: Figures, other: Figures, missing: float | None) -> Figures:
    """Every number of ``other`` less that of ``one``, table by table; ``missing`` stands for what only one has."""
    found: Figures = {}
    for key in dict.fromkeys([*one, *other]):
        before, after = one.get(key, missing), other.get(key, missing)
        if isinstance(before, dict) or isinstance(after, dict):
            found[key] = _changes(_table(before), _table(after), missing)
        elif before is None or after is None:
            found[key] = None
        else:
            found[key] = after - before
    return found


def _table(value: Any) -> Figures:
    return value if isinstance(value, dict) else {}


def _mean_doses(figures: Figures) -> Figures:
    """The mean of every 24 hours, by drug; the whole days of a run that has any."""
    days = figures["daily"][: int(figures["days"])]
    return {
        drug: {key: sum(day["doses"][drug][key] for day in days) / len(days) for key in ("asked_ug", "delivered_ug")}
        for drug in figures["drugs"]
        if days
    }


def _mean_exposure(figures: Figures) -> Figures:
    return {
        drug: {site: seen["mean_ug_per_mL"] for site, seen in sites.items() if seen is not None}
        for drug, sites in figures["exposure"].items()
    }


def _refill_days(run: Run) -> Figures:
    """The days from the start of the run to the dates of the refill."""
    refill, start = run.figures["refill"] or {}, run.finished.case.therapy.start
    dates = {key: refill.get(key) for key in REFILL_DATES}
    if start is None:
        return dict.fromkeys(REFILL_DATES)
    return {
        key: None
        if at is None
        else (datetime.fromisoformat(at).replace(tzinfo=None) - start).total_seconds() / SECONDS_PER_DAY
        for key, at in dates.items()
    }
