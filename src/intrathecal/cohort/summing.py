"""The figures of a cohort from its table of outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from intrathecal.cohort.outcomes import DAILY, RESPONDS_PERCENT
from intrathecal.flow import Array

Columns = Mapping[str, Any]
#: Patients in the lowest and in the highest fifth of a value are compared.
FIFTH = 0.2
EXPOSURE = "mean_ug_per_mL"
#: More reasons than this are not told one by one: what a pump refuses may name times and doses.
MOST_REASONS, OTHER_REASONS = 20, "other reasons"


def spread(values: Array) -> dict[str, float | None]:
    """Median, 5 and 95 percent points of what is known of ``values``."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not known.size:
        return {"median": None, "p05": None, "p95": None}
    low, middle, high = np.percentile(known, [5, 50, 95]).tolist()
    return {"median": middle, "p05": low, "p95": high}


def figures(table: Columns, drugs: Sequence[str]) -> dict[str, Any]:
    """What the outcomes of all patients come to, under the keys that scripts read."""
    relief = np.asarray(table["relief_percent"], dtype=float)
    told = relief[np.isfinite(relief)]
    exposure: dict[str, dict[str, Any]] = {drug: {} for drug in drugs}
    for name in table:
        if name.startswith(EXPOSURE):
            _, drug, site = name.split(" ", 2)
            exposure[drug][site] = spread(table[name])
    errors = np.asarray(table["error_estimate"], dtype=float)
    return {
        "relief_percent": spread(relief),
        "responders_fraction": float(np.mean(told >= RESPONDS_PERCENT)) if told.size else None,
        "breathing_fraction_min": spread(table["breathing_fraction_min"]),
        "complaint_mean": spread(table["complaint_mean"]),
        "presses_given": spread(table["presses_given"]),
        "presses_refused": spread(table["presses_refused"]),
        "exposure": exposure,
        "error_estimate_max": float(np.nanmax(errors)) if np.isfinite(errors).any() else None,
        "left_to_the_controller": reasons(table["left_to_the_controller"]),
        "refused": reasons(table["refused"]),
    }


def reasons(given: Array) -> dict[str, int]:
    """How many patients each reason was given for; the most frequent first, and the rare ones together."""
    counts = Counter(str(why) for why in given if why)
    told = dict(counts.most_common(MOST_REASONS))
    rest = counts.total() - sum(told.values())
    return {**told, OTHER_REASONS: rest} if rest else told


def mean_doses(table: Columns) -> dict[str, float]:
    """The mean dose at the tip (ug a day) of every drug, over all patients."""
    begins = f"{DAILY} "
    return {
        name.removeprefix(begins): float(np.mean(values)) for name, values in table.items() if name.startswith(begins)
    }


def tornado(table: Columns, values: Sequence[str], outcome: str = "relief_percent") -> list[dict[str, Any]]:
    """How an ``outcome`` hangs on what was drawn: its mean in the lowest and in the highest fifth of each of ``values``.

    The value that moves it most comes first. ``rank_correlation`` is Spearman's.
    """
    wanted = np.asarray(table[outcome], dtype=float)
    known = np.isfinite(wanted)
    if known.sum() < 2 / FIFTH:
        return []
    found = []
    for name in values:
        drawn = np.asarray(table[name], dtype=float)[known]
        if drawn.min() == drawn.max():
            continue
        low, high = np.quantile(drawn, [FIFTH, 1.0 - FIFTH])
        ends = [float(wanted[known][part].mean()) for part in (drawn <= low, drawn >= high)]
        related = rank_correlation(drawn, wanted[known])
        found.append({"name": name, "low": ends[0], "high": ends[1], "rank_correlation": related})
    return sorted(found, key=lambda one: -abs(one["high"] - one["low"]))


def rank_correlation(some: Array, others: Array) -> float:
    """Spearman's correlation of two values of the same patients; 0 where one of them does not vary."""
    if np.ptp(some) == 0 or np.ptp(others) == 0:
        return 0.0
    return float(np.corrcoef(_ranks(some), _ranks(others))[0, 1])


def _ranks(values: Array) -> Array:
    """Ranks from 1; equal values share the middle of theirs."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(times) - 0.5 * (times - 1.0))[place]
    return ranks
