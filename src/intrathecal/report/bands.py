"""Bands over all patients of a cohort: what is drawn over time, and what a picture says to somebody who does not see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from intrathecal.catalogue import Drug
from intrathecal.cohort.bands import LOWEST, PERCENTS
from intrathecal.flow import Array
from intrathecal.relief.patient import WORST_ASHWORTH, WORST_PAIN
from intrathecal.report.plots import NG_PER_MCG, PLASMA, Line, Mark, Plot, Scale, site_title, suited
from intrathecal.report.samples import Samples, thinned
from intrathecal.report.wording import number
from intrathecal.simulation.feeling import BREATHING, PAIN, SPASTICITY
from intrathecal.spine import CISTERNA
from intrathecal.therapy import Therapy

if TYPE_CHECKING:
    import xarray as xr

MS_PER_S = 1000
MEDIAN = 50


def traces(bands: xr.Dataset) -> Samples:
    """The percentiles over time under ``TRACE/PERCENT``, thinned where there are too many hours to send along.

    A concentration below the lowest that the bands tell apart is zero.
    """
    times_ms = np.rint(bands["time"].to_numpy() * MS_PER_S).astype(np.int64)
    whole: dict[str, Array] = {}
    for name, band in bands.data_vars.items():
        values = np.asarray(band.to_numpy(), dtype=float)
        known = np.where(values < LOWEST, 0.0, values) if band.attrs["units"] == "ug/mL" else values
        whole |= {_line(str(name), percent): of for percent, of in zip(PERCENTS, known, strict=True)}
    kept = thinned(Samples(times_ms, whole))
    for name in bands.data_vars:
        # Neighbours are thinned in each line by itself: two lines that lie close must not cross by that.
        lines = [_line(str(name), percent) for percent in PERCENTS]
        kept.values.update(zip(lines, np.sort([kept.values[line] for line in lines], axis=0), strict=True))
    return kept


def felt(seen: Samples, therapy: Therapy) -> list[Plot]:
    """Bands of the complaint and of breathing."""
    breathing = _plot("breathing", BREATHING, "Breathing of all patients, percent of normal", "Breathing", "%")
    return [_complaint(seen, therapy), replace(breathing, factor=100.0, least=0, greatest=100)]


def _complaint(seen: Samples, therapy: Therapy) -> Plot:
    if _line(PAIN, PERCENTS[0]) in seen.values:
        asked = getattr(therapy.simulation.presses, "above", None)
        marks = () if asked is None else (Mark(float(asked), "presses above, median"),)
        plot = _plot("pain", PAIN, "Pain of all patients, 0 to 10", "Pain", "")
        return replace(plot, least=0, greatest=WORST_PAIN, marks=marks)
    title = "Spasticity of all patients, modified Ashworth scale 0 to 4"
    return replace(_plot("spasticity", SPASTICITY, title, "Ashworth", ""), least=0, greatest=WORST_ASHWORTH)


def concentrations(seen: Samples, therapy: Therapy) -> list[Plot]:
    """Bands of every drug's concentration at the tip, in the cisterna magna and in plasma."""
    plots = []
    for drug in (entry.drug for entry in therapy.drugs):
        fluid = fluid_scale(seen, drug)
        for site in (*(["tip"] if therapy.pump else []), CISTERNA, PLASMA):
            scale = Scale(NG_PER_MCG, "ng/mL") if site == PLASMA else fluid
            where = f"in {site_title(site)}" if site == PLASMA else f"at the {site_title(site)}"
            title = f"Concentration of {drug.title} {where}, all patients"
            plot = _plot(f"{site}-{drug.name}", trace(site, drug), title, "Concentration", scale.unit)
            plots.append(replace(plot, log=True, factor=scale.factor))
    return plots


def fluid_scale(seen: Samples, drug: Drug) -> Scale:
    """The unit that suits a drug's concentrations in the fluid."""
    highest = [_line(trace(site, drug), PERCENTS[-1]) for site in ("tip", CISTERNA)]
    return suited(max(float(seen.values[name].max()) for name in highest))


def trace(site: str, drug: Drug) -> str:
    """A site's and drug's name in the bands."""
    return f"{site}_{drug.name}".replace("-", "_")


def _plot(name: str, trace: str, title: str, axis: str, unit: str) -> Plot:
    lines = tuple(
        Line("median" if percent == MEDIAN else f"{percent:g} %", _line(trace, percent), 0) for percent in PERCENTS
    )
    return Plot(name, title, axis, unit, lines, kind="bands")


def _line(trace: str, percent: float) -> str:
    return f"{trace}/{percent:g}"


def told(seen: Samples, plots: Sequence[Plot]) -> dict[str, str]:
    """Every picture in words, by its name: the least and the greatest median, and how it is at the end."""
    return {plot.name: _told(seen, plot) for plot in plots}


def _told(seen: Samples, plot: Plot) -> str:
    low, _, middle, _, high = (seen.values[line.values] * plot.factor for line in plot.lines)
    unit = f" {plot.unit}" if plot.unit else ""
    return (
        f"{plot.title}. The median is between {number(float(middle.min()))} and {number(float(middle.max()))}{unit}. "
        f"At the end it is {number(float(middle[-1]))}{unit}; nine of ten patients are between {number(float(low[-1]))} and "
        f"{number(float(high[-1]))}{unit}."
    )
