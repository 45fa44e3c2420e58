"""What another therapy of the same patient changes, in a few lines."""

from __future__ import annotations

from typing import Any

from intrathecal.cli.summary import number

#: The figures of relief that are compared in the summary, as they are said.
RELIEF = {
    "pain_mean": "pain",
    "spasticity_mean": "spasticity",
    "relief_percent": "relief, %",
    "breathing_fraction_min": "least breathing",
    "presses_given": "presses given",
    "presses_refused": "presses refused",
}


def compared(figures: dict[str, Any]) -> str:
    """B less A, for the figures that are read first."""
    other = figures["compare"]
    difference = other["difference"]
    rows = [
        (f"{drug}, mcg a day at the tip", change["delivered_ug"])
        for drug, change in difference["daily_dose_ug"].items()
    ]
    rows += [(title, difference["relief"].get(key)) for key, title in RELIEF.items()]
    rows.append(("next refill, days", difference["refill_days"]["due_at"]))
    told = [f"  {title}: {'+' if change > 0 else ''}{number(change)}" for title, change in rows if change is not None]
    return "\n".join(["", f"Compared with {other['title']}, for as many days; B less A:", *told]) + "\n"
