"""The report of a cohort: bands over all patients, outcomes, dose against exposure, and what they hang on; one HTML file."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intrathecal.cohort.keeping import BANDS, OUTCOMES, read_rows
from intrathecal.cohort.outcomes import columns
from intrathecal.report import bands, cohort_words, outcomes
from intrathecal.report.content import events, sources
from intrathecal.report.headline import mean_of, patient_words, pump_words
from intrathecal.report.packing import pack_times, pack_values
from intrathecal.report.page import page
from intrathecal.report.plots import PLASMA
from intrathecal.report.samples import Samples
from intrathecal.report.tables import days_words
from intrathecal.report.wording import Clock
from intrathecal.simulation.api import DEFAULT_EVERY_MS
from intrathecal.simulation.assumed import assumptions
from intrathecal.simulation.feeling import PAIN, SPASTICITY, is_spastic
from intrathecal.simulation.files import replacing
from intrathecal.simulation.outcome import entries_used
from intrathecal.simulation.run import prepare
from intrathecal.spine import CISTERNA
from intrathecal.therapy import Therapy

if TYPE_CHECKING:
    from intrathecal.cohort.conducting import Cohort
    from intrathecal.report.charts import Chart


def write_cohort_report(found: Cohort, path: Path) -> None:
    """Write the report of a cohort that is written down; whole or not at all."""
    text = cohort_report(found)
    with replacing(path) as file:
        file.write_text(text, encoding="utf-8")


def cohort_report(found: Cohort) -> str:
    """The report as HTML, from the cohort's figures and the outcomes and bands in its folder."""
    import xarray as xr

    study, figures = found.study, found.figures
    therapy, end_ms = study.population.therapy, study.end_ms
    table = read_rows(found.folder / OUTCOMES)
    with xr.open_dataset(found.folder / BANDS, engine="h5netcdf", decode_timedelta=False) as opened:
        seen = bands.traces(opened)
    complaint, last = SPASTICITY if is_spastic(therapy) else PAIN, mean_of(therapy.simulation.days)
    drugs = [entry.drug for entry in therapy.drugs]
    scales = {drug.name: bands.fluid_scale(seen, drug) for drug in drugs}
    tip = [therapy.catheter.tip] if therapy.pump and therapy.catheter else []
    felt, drug = bands.felt(seen, therapy), bands.concentrations(seen, therapy)
    spread = outcomes.spread_charts(table, complaint)
    scatters = outcomes.scatters(table, drugs, [*tip, PLASMA], scales) if tip else []
    tornados = outcomes.tornados(table, columns(study), complaint)
    side_effects = outcomes.side_effects(table)
    happened, clock = events(therapy, end_ms), Clock(therapy.start)
    packed = {
        **_drawn(therapy, end_ms, seen, happened),
        "plots": [asdict(plot) for plot in (*felt, *drug)],
        "bars": [asdict(bars) for bars, _ in side_effects],
        "charts": [_chart(chart) for chart in (*spread, *scatters, *tornados)],
        "spoken": bands.told(seen, (*felt, *drug)),
    }
    said = {
        "therapy": therapy,
        "patients": figures["patients"],
        "lasted": days_words(Fraction(therapy.simulation.days)),
        "patient": patient_words(therapy),
        "pump": pump_words(therapy),
        "began": clock.text(0),
        "ended": clock.text(end_ms),
        "stopped": cohort_words.stopped(found),
        "cards": cohort_words.cards(table, figures, complaint, last, drugs),
        "spreads": outcomes.spreads(table, complaint, last, drugs, [*tip, CISTERNA, PLASMA], scales),
        "events": happened,
        "program": str(therapy.program) if therapy.program else "",
        "felt": felt,
        "spread": spread,
        "scatters": scatters,
        "scatter_note": outcomes.shown_note(figures["patients"]),
        "tornados": tornados,
        "drug": drug,
        "side_effects": side_effects,
        "drawing": cohort_words.drawing(study.population),
        "varying": cohort_words.varying(study.population),
        "running": cohort_words.running(therapy, figures),
        "command": cohort_words.command(found),
        "assumptions": assumptions(prepare(therapy, DEFAULT_EVERY_MS), (), end_ms),
        "sources": sources([*entries_used(therapy), therapy.catalogue.population], therapy.catalogue),
        "seed": figures["seed"],
        "error": figures["error_estimate_max"],
    }
    return page("cohort.html.jinja", packed, **said)


def _drawn(therapy: Therapy, end_ms: int, seen: Samples, happened: list[dict[str, Any]]) -> dict[str, Any]:
    """The bands as the page's scripts read them: the cohort is the one side of the page."""
    side = {
        "key": "A",
        "title": therapy.title,
        "epoch": Clock(therapy.start).epoch_ms,
        "end": end_ms,
        "marks": [{"at": told["at"], "label": str(told["number"])} for told in happened],
        "neighbours": seen.neighbours,
    }
    values = {f"A/{name}": {**pack_values(of), "base": "A"} for name, of in seen.values.items()}
    return {"sides": [side], "bases": {"A": pack_times(seen.times_ms)}, "values": values, "spine": {"first": end_ms}}


def _chart(chart: Chart) -> dict[str, Any]:
    """A picture without its table, which stands in the page itself."""
    return {name: value for name, value in asdict(chart).items() if name not in ("table", "note")}
