"""What the report of a cohort says: the figures that are read first, how patients were drawn, and how they were run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from intrathecal.catalogue import Drug, Spread
from intrathecal.cohort.bands import BINS, WIDTH
from intrathecal.cohort.drawing import Population
from intrathecal.cohort.outcomes import RESPONDS_PERCENT
from intrathecal.report.headline import HALF, Card
from intrathecal.report.outcomes import Columns, column, share_interval
from intrathecal.report.tables import Table
from intrathecal.report.wording import MCG_PER_MG, count, number, percent
from intrathecal.therapy import Therapy

if TYPE_CHECKING:
    from intrathecal.cohort.conducting import Cohort

#: What a spread's kind means, before its numbers.
KINDS = {
    "cv": "coefficient of variation",
    "sd": "standard deviation",
    "range": "5 to 95 %:",
    "factor": "5 to 95 %: divided and multiplied by",
}


def stopped(found: Cohort) -> str:
    """That not all patients are in it; empty where they are."""
    done = found.figures["patients"]
    if not found.done.stopped and done >= found.asked:
        return ""
    return (
        f"This run was stopped: {done} of the {found.asked} patients that were asked for are in it. "
        "The same command goes on from there."
    )


def cards(table: Columns, figures: dict[str, Any], complaint: str, last: str, drugs: Sequence[Drug]) -> list[Card]:
    """The headline figures, in the order in which they are read; ``last`` says over which time a complaint's mean is."""
    made = [
        *_relief(table, figures, complaint, last),
        _breathing(table, figures),
        *(_dose(table, drug) for drug in drugs),
    ]
    return [card for card in (*made, _presses(figures)) if card is not None]


def _relief(table: Columns, figures: dict[str, Any], complaint: str, last: str) -> list[Card]:
    relief = column(table, "relief_percent")
    relief = relief[np.isfinite(relief)]
    if not relief.size:
        return []
    before, now = (number(float(np.nanmedian(column(table, f"complaint_{when}"))), 2) for when in ("before", "mean"))
    responders = int((relief >= RESPONDS_PERCENT).sum())
    low, high = share_interval(responders, relief.size)
    says = f"Median and 5 to 95 %. {complaint.capitalize()} {before} before and {now} {last}, medians."
    known = f"With so many patients the share is known to be from {percent(low)} to {percent(high)}, 95 times of 100."
    return [
        Card(f"Relief of {complaint}", _three(figures["relief_percent"], unit=" %"), says),
        Card(
            "Responders",
            percent(responders / relief.size),
            f"{responders} of {relief.size} patients had relief of at least half. {known}",
        ),
    ]


def _breathing(table: Columns, figures: dict[str, Any]) -> Card:
    lowest = column(table, "breathing_fraction_min")
    below = int((lowest < HALF).sum())
    says = f"Of normal, median and 5 to 95 %. {count(below, 'patient')} of {lowest.size} fell below half of normal at some time."
    return Card("Lowest breathing", _three(figures["breathing_fraction_min"], 100.0, " %"), says, calls=below > 0)


def _dose(table: Columns, drug: Drug) -> Card | None:
    doses = column(table, f"dose_ug_per_day {drug.name}")
    if not doses.max() > 0:
        return None
    mg = drug.customary_mass_unit == "mg"
    low, middle, high = np.percentile(doses / (MCG_PER_MG if mg else 1.0), [5, 50, 95]).tolist()
    figure = _three({"median": middle, "p05": low, "p95": high}, unit=f" {drug.customary_mass_unit}")
    return Card(
        f"Daily dose of {drug.title}", figure, "Reached the tip in 24 hours, mean of the run; median and 5 to 95 %."
    )


def _presses(figures: dict[str, Any]) -> Card:
    given, refused = figures["presses_given"], figures["presses_refused"]
    if not given["p95"] and not refused["p95"]:
        return Card("Handset", "not pressed", "19 of 20 patients or more asked for no bolus.")
    says = f"Medians of the whole run. 5 to 95 %: {_ends(given)} given, {_ends(refused)} refused."
    return Card("Handset", f"{round(given['median'])} given, {round(refused['median'])} refused", says)


def _three(of: dict[str, float | None], scale: float = 1.0, unit: str = "") -> str:
    low, middle, high = (None if of[key] is None else of[key] * scale for key in ("p05", "median", "p95"))  # type: ignore[operator]
    return f"{number(middle, 2)}{unit} ({number(low, 2)} to {number(high, 2)})"


def _ends(of: dict[str, float]) -> str:
    return f"{round(of['p05'])} to {round(of['p95'])}"


def drawing(population: Population) -> list[str]:
    """How patients were drawn, in sentences."""
    people = population.therapy.catalogue.population
    families = ", ".join(f"{family.name} ({family.correlation})" for family in people.families)
    return [
        "Every value that varies keeps the number of the file or the catalogue as its median. "
        f"{len(population.varying)} values of the catalogue vary, each by its own spread, lognormally; a share along the "
        "logarithm of its odds. Values without a spread do not vary.",
        f"Height varies by {percent(people.height_cv.canonical)} and weight by {percent(people.weight_cv.canonical)} "
        f"(coefficients of variation, correlation {people.height_weight_correlation}); the volume of the fluid falls as weight "
        f"rises (correlation {people.weight_fluid_correlation}).",
        f"Pain before therapy has a standard deviation of {people.pain_sd} points. Where the file lets pain decide about "
        f"presses, the pain that is pressed above has one of {people.press_sd}. The drive of each pump errs within its labelled "
        "accuracy.",
        f"Values that vary together, with the correlation of any two: {families}.",
        "A patient hangs on the seed and its own number alone.",
    ]


def varying(population: Population) -> Table:
    """Every value of the catalogue that was drawn."""
    rows = tuple(
        (
            of.name,
            str(of.value),
            "" if of.value.spread is None else _spread(of.value.spread),
            f"{of.family}, {number(of.correlation, 2)}" if of.family else "alone",
        )
        for of in population.varying
    )
    head = ("value", "median", "spread", "varies with")
    return Table("varying", "Every value that was drawn", head, rows, numeric=False)


def _spread(spread: Spread) -> str:
    numbers = " to ".join(f"{value:f}" for value in spread.numbers)
    return f"{KINDS[spread.kind]} {numbers}"


def running(therapy: Therapy, figures: dict[str, Any]) -> list[str]:
    """How the patients were run, in sentences."""
    left = figures["left_to_the_controller"]
    compiled = "Every patient was run by the compiled way, which the tests hold against the run of one patient."
    usual = compiled if therapy.pump else "There is no pump: every patient was run as a single one is."
    said = [
        f"{times} of {figures['patients']} patients were run one by one by the controller of the pump, because {why}."
        for why, times in left.items()
    ]
    return [
        *(said or [usual]),
        f"The largest bound on the error of a concentration is {figures['error_estimate_max']:.0e} of the largest at its place. "
        f"A percentile in a band is read from counts: it is off by less than {100 / BINS:g} % of the scale of pain or breathing, "
        f"and {100 * WIDTH:.1f} % of a concentration.",
        "Figures in tables and histograms are those of the patients themselves.",
    ]


def command(found: Cohort) -> str:
    """The command that makes the same cohort again."""
    therapy = found.study.population.therapy
    words = ["intrathecal", "cohort", Path(therapy.file).name, "--patients", str(found.asked)]
    return shlex.join([*words, "--seed", str(found.figures["seed"]), "--out", found.folder.name or "."])
