"""The row that every patient of a cohort is in the table of outcomes."""

from __future__ import annotations

from typing import Any

from intrathecal.cohort.drawing import Drawn
from intrathecal.cohort.lives import Life, Study
from intrathecal.pump.hardware import DAY_MS

Row = dict[str, Any]

#: Relief of half of the pain makes a responder.
RESPONDS_PERCENT = 50.0
#: What became of a patient; there is more for each drug, place and side effect.
BECAME = (
    "complaint_before",
    "complaint_mean",
    "relief_percent",
    "hours_to_half_relief",
    "breathing_fraction_min",
    "presses_given",
    "presses_refused",
    "ran_empty",
    "error_estimate",
)
#: Begins the names of the mean doses at the tip; the drug follows.
DAILY = "dose_ug_per_day"


def row(study: Study, drawn: Drawn, life: Life) -> Row:
    """One patient: who it is, what was drawn (each value in the unit of the catalogue), and what became of it."""
    days = life.times_s[-1] * 1000 / DAY_MS
    became = (
        life.before,
        life.complaint_mean,
        life.relief_percent,
        life.hours_to_half_relief,
        float(life.breathing.min()),
        life.presses_given,
        life.presses_refused,
        life.ran_empty,
        life.error,
    )
    return {
        **_who(drawn),
        **dict(zip(BECAME, became, strict=True)),
        **{f"probability {name}": chance for name, chance in life.side_effects.items()},
        **{f"{DAILY} {drug}": amount / days for drug, amount in life.given_ug.items()},
        **_exposure("mean_ug_per_mL", life.means),
        **_exposure("peak_ug_per_mL", life.peaks),
        "left_to_the_controller": life.left_to if study.population.therapy.pump else "",
        "refused": "",
    }


def refused_row(drawn: Drawn, why: str) -> Row:
    """A patient who could not be run at all, and why: nothing became of it."""
    return {**_who(drawn), **dict.fromkeys(BECAME), "left_to_the_controller": "", "refused": why}


def _who(drawn: Drawn) -> Row:
    return {
        "patient": drawn.index,
        "seed": drawn.seed,
        "height_cm": drawn.height_cm,
        "weight_kg": drawn.weight_kg,
        "pain": drawn.pain,
        "press_above": drawn.press_above,
        "drive_error": drawn.drive_error,
        **{f"{name} ({value.unit})": float(value.number) for name, value in drawn.values.items()},
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
