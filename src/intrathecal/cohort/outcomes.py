"""The row that every patient of a cohort is in the table of outcomes."""

from __future__ import annotations

from typing import Any

from intrathecal.cohort.drawing import Drawn
from intrathecal.cohort.lives import Life, Study
from intrathecal.pump.hardware import DAY_MS

Row = dict[str, Any]

#: Relief of half of the pain makes a responder.
RESPONDS_PERCENT = 50.0
#: Begins the names of the mean doses at the tip; the drug follows.
DAILY = "dose_ug_per_day"


def row(study: Study, drawn: Drawn, life: Life) -> Row:
    """One patient: who it is, what was drawn (each value in the unit of the catalogue), and what became of it."""
    therapy = study.population.therapy
    before = {"pain": drawn.pain, "press_above": drawn.press_above, "drive_error": drawn.drive_error}
    days = life.times_s[-1] * 1000 / DAY_MS
    doses = {f"{DAILY} {drug}": amount / days for drug, amount in life.given_ug.items()}
    return {
        "patient": drawn.index,
        "seed": drawn.seed,
        "height_cm": drawn.height_cm,
        "weight_kg": drawn.weight_kg,
        **before,
        **{f"{name} ({value.unit})": float(value.number) for name, value in drawn.values.items()},
        "complaint_before": life.before,
        "complaint_mean": life.complaint_mean,
        "relief_percent": life.relief_percent,
        "hours_to_half_relief": life.hours_to_half_relief,
        "breathing_fraction_min": float(life.breathing.min()),
        "presses_given": life.presses_given,
        "presses_refused": life.presses_refused,
        "ran_empty": life.ran_empty,
        **{f"probability {name}": chance for name, chance in life.side_effects.items()},
        **doses,
        **_exposure("mean_ug_per_mL", life.means),
        **_exposure("peak_ug_per_mL", life.peaks),
        "error_estimate": life.error,
        "left_to_the_controller": life.left_to if therapy.pump else "",
    }


def _exposure(figure: str, of: Any) -> Row:
    return {f"{figure} {drug} {site}": number for drug, sites in of.items() for site, number in sites.items()}


def columns(study: Study) -> tuple[str, ...]:
    """The values that were drawn, as columns of the table: what outcomes may hang on."""
    drawn = study.population.draw(0)
    known = ["height_cm", "weight_kg", "pain", "drive_error"] + (
        ["press_above"] if drawn.press_above is not None else []
    )
    return (*known, *(f"{name} ({value.unit})" for name, value in drawn.values.items()))
