"""Two therapies in the same patients: what one changes in each of them, and how sure the mean of that is.

The interval of a mean difference is Student's, from the differences of the patients themselves. What two independent samples of
as many patients would have (Welch's) stands beside it: what differs between people is in that one and not in the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import hypot, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intrathecal.cohort.outcomes import DAILY, RESPONDS_PERCENT
from intrathecal.cohort.summing import EXPOSURE
from intrathecal.flow import Array

Columns = Mapping[str, Any]

#: The share of the interval of a mean.
CERTAIN = 0.95
#: What is compared, and whether more of it is better for a patient (1), worse (-1) or neither (0).
COMPARED = {
    "relief_percent": 1,
    "complaint_mean": -1,
    "breathing_fraction_min": 1,
    "presses_given": 0,
    "presses_refused": -1,
}


def paired(one: Columns, other: Columns) -> dict[str, Any]:
    """What ``other`` changes in the patients of ``one``, who stand in the same rows of both tables of outcomes.

    ``differences`` are other less one, for every outcome that both have (`difference`); ``responders`` counts who has relief of
    half with both, with one of them, or with neither, and ``responders_fraction`` is the difference of their shares.
    """
    found: dict[str, Any] = {}
    for name in common(one, other):
        found[name] = difference(np.asarray(one[name], dtype=float), np.asarray(other[name], dtype=float), sense(name))
    return {
        "interval": f"{CERTAIN:.0%}, Student's t of the differences in the same patients",
        "differences": found,
        **_responders(np.asarray(one["relief_percent"], dtype=float), np.asarray(other["relief_percent"], dtype=float)),
    }


def sense(name: str) -> int:
    """Whether more of an outcome is better for a patient (1), worse (-1) or neither (0)."""
    return COMPARED.get(name, 0)


def common(one: Columns, other: Columns) -> Iterator[str]:
    """The outcomes that are compared, of those that both tables have."""
    for name in one:
        if name in other and (name in COMPARED or name.startswith((f"{EXPOSURE} ", f"{DAILY} "))):
            yield name


def difference(one: Array, other: Array, better: int = 0) -> dict[str, Any]:
    """The mean of ``other`` less ``one`` over patients who have both, with its interval.

    ``better``, ``worse`` and ``same`` are shares of the patients; without a sense, ``more`` and ``less`` stand for them.
    ``interval_unpaired`` is that of two independent samples as large. None where too few patients have both.
    """
    known = np.isfinite(one) & np.isfinite(other)
    one, other = one[known], other[known]
    apart, count = other - one, int(known.sum())
    if not count:
        return {"patients": 0, "mean": None, "interval": None, "interval_unpaired": None}
    up, down = float(np.mean(apart > 0)), float(np.mean(apart < 0))
    names = ("better", "worse") if better else ("more", "less")
    shares = (down, up) if better < 0 else (up, down)
    mean = float(apart.mean())
    return {
        "patients": count,
        "mean": mean,
        "interval": _interval(mean, float(apart.std(ddof=1)) / sqrt(count), count - 1) if count > 1 else None,
        "interval_unpaired": _unpaired(mean, one, other) if count > 1 else None,
        **dict(zip(names, shares, strict=True)),
        "same": float(np.mean(apart == 0)),
    }


def _interval(mean: float, error: float, freedom: float) -> list[float]:
    from scipy.stats import t

    reach = float(t.ppf(0.5 + CERTAIN / 2, freedom)) * error
    return [mean - reach, mean + reach]


def _unpaired(mean: float, one: Array, other: Array) -> list[float]:
    """Welch's interval, with his degrees of freedom."""
    squares = [float(values.var(ddof=1)) / values.size for values in (one, other)]
    total = sum(squares)
    if total == 0.0:
        return [mean, mean]
    freedom = total**2 / sum(square**2 / (one.size - 1) for square in squares)
    return _interval(mean, hypot(*map(sqrt, squares)), freedom)


def _responders(one: Array, other: Array) -> dict[str, Any]:
    known = np.isfinite(one) & np.isfinite(other)
    first: NDArray[np.bool_] = one[known] >= RESPONDS_PERCENT
    second: NDArray[np.bool_] = other[known] >= RESPONDS_PERCENT
    table = {
        "both": int((first & second).sum()),
        "only_first": int((first & ~second).sum()),
        "only_second": int((~first & second).sum()),
        "neither": int((~first & ~second).sum()),
    }
    return {"responders": table, "responders_fraction": difference(first.astype(float), second.astype(float), 1)}
