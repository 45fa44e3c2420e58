"""Bands of the traces over all patients, in memory that does not grow with them: a histogram for every hour and trace.

Counts add up whatever the order, so that the bands hang neither on the number of workers nor on who was first. A percentile is
read from the counts, linear inside its bin: it is off by less than one bin, which is an eighth of a percent of the scale of pain
or breathing, and `WIDTH` of a concentration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intrathecal.cohort.lives import SEEN, Life
from intrathecal.flow import Array
from intrathecal.relief.patient import WORST_ASHWORTH, WORST_PAIN
from intrathecal.simulation.feeling import BREATHING, PAIN

Bins = NDArray[np.uint16]
Counts = NDArray[np.int64]

#: Bins of every trace, and the part of a concentration that one of them spans: from 0.1 pg/mL to 100 mg/mL.
BINS, LOWEST, HIGHEST = 800, 1e-7, 1e5
WIDTH = (HIGHEST / LOWEST) ** (1.0 / (BINS - 2)) - 1.0
HOUR_S = 3600.0
PERCENTS = (5.0, 25.0, 50.0, 75.0, 95.0)


@dataclass(frozen=True)
class Scale:
    """A trace and the edges of its bins (BINS + 1,); concentrations below the lowest are in the first."""

    name: str
    drug: str
    edges: Array
    unit: str


def scales(complaint: str, drugs: Sequence[str]) -> tuple[Scale, ...]:
    """The traces of a cohort: the complaint, breathing, and every drug at tip, plasma and cisterna magna."""
    worst = WORST_PAIN if complaint == PAIN else WORST_ASHWORTH
    concentration = np.concatenate([[0.0], np.geomspace(LOWEST, HIGHEST, BINS - 1), [np.inf]])
    felt = [Scale(complaint, "", _linear(worst), ""), Scale(BREATHING, "", _linear(1.0), "")]
    return (*felt, *(Scale(site, drug, concentration, "ug/mL") for drug in drugs for site in SEEN))


def _linear(most: float) -> Array:
    return np.linspace(0.0, most, BINS + 1)


def bins_of(life: Life, traces: Sequence[Scale], times_s: Array) -> Bins:
    """In which bin every trace is at ``times_s`` (h): (h, traces)."""
    at = np.searchsorted(life.times_s, times_s)
    seen = [life.complaint, life.breathing, *life.seen.reshape(-1, life.times_s.size)]
    found = [
        np.searchsorted(scale.edges, values[at], side="right") - 1 for scale, values in zip(traces, seen, strict=True)
    ]
    inside: Bins = np.clip(np.array(found).T, 0, BINS - 1).astype(np.uint16)
    return inside


def hours(end_ms: int) -> Array:
    """The times (s) of the bands: every hour, and the end."""
    return np.append(np.arange(0.0, end_ms / 1000, HOUR_S), end_ms / 1000)


class Bands:
    """The histograms, ``counts`` (hours, traces, bins)."""

    def __init__(self, times_s: Array, traces: Sequence[Scale]) -> None:
        self.times_s, self.traces = times_s, tuple(traces)
        self.counts: NDArray[np.int32] = np.zeros((times_s.size, len(traces), BINS), dtype=np.int32)

    def add(self, bins: Bins) -> None:
        """Count patients: ``bins`` (patients, hours, traces)."""
        flat = self.counts.reshape(-1)
        start = np.arange(flat.size // BINS, dtype=np.int64) * BINS
        for one in bins.reshape(len(bins), -1):
            flat[start + one] += 1

    def percentiles(self, percents: Sequence[float] = PERCENTS) -> Array:
        """The percentiles (percents, hours, traces)."""
        found = np.empty((len(percents), *self.counts.shape[:2]))
        for trace, scale in enumerate(self.traces):
            counts = self.counts[:, trace]
            below = np.cumsum(counts, axis=1)
            for place, percent in enumerate(percents):
                wanted = below[:, -1:] * (percent / 100.0)
                which = np.minimum((below < wanted).sum(axis=1), BINS - 1)[:, None]
                inside = np.take_along_axis(counts, which, axis=1)
                before = np.take_along_axis(below, which, axis=1) - inside
                share = np.clip((wanted - before) / np.maximum(inside, 1), 0.0, 1.0)
                low, high = scale.edges[which], scale.edges[which + 1]
                found[place, :, trace] = (low + (np.where(np.isfinite(high), high, low) - low) * share)[:, 0]
        return found

    def dataset(self) -> Any:
        """The bands as labelled arrays (percent, time), with their units and how near they are."""
        import xarray as xr

        found, kept = self.percentiles(), {}
        for trace, scale in enumerate(self.traces):
            name = f"{scale.name}_{scale.drug}".rstrip("_").replace("-", "_")
            near = f"to {WIDTH:.1%} of the value" if scale.unit else f"to {float(scale.edges[1]):g}"
            kept[name] = (("percent", "time"), found[:, :, trace], {"units": scale.unit or "1", "accuracy": near})
        return xr.Dataset(
            kept,
            coords={"percent": ("percent", np.array(PERCENTS)), "time": ("time", self.times_s, {"units": "seconds"})},
            attrs={"patients": int(self.counts[0, 0].sum())},
        )
