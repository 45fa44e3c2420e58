"""Scores over time, and how much of the time each of them stands for."""

from __future__ import annotations

import numpy as np

from intrathecal.flow import Array

HOURS_PER_DAY = 24.0
#: A score stands for half a day to either side at most: what lies further off was not seen.
FURTHEST_H = 12.0


def stands_for(hours: Array) -> Array:
    """The hours (n,) that each of the times ``hours`` (n,) stands for.

    Half of the gap on either side, the outer ones as far outwards as inwards, and never more than half a day to a side: equal
    gaps give equal hours. A single time stands for a day.
    """
    if len(hours) == 1:
        return np.array([2 * FURTHEST_H])
    half: Array = np.minimum(np.diff(hours) / 2, FURTHEST_H)
    hours_each: Array = np.append(half[0], half) + np.append(half, half[-1])
    return hours_each


def time_weighted(hours: Array, scores: Array) -> float:
    """The mean of ``scores`` (n,) over time: sum of score times hours, over the sum of hours (TWA)."""
    weights = stands_for(hours)
    return float(weights @ scores / weights.sum())


def pain_difference(hours: Array, scores: Array, before: float) -> float:
    """The sum of pain intensity differences (SPID), in points times hours: sum of (``before`` - score) times hours."""
    return float(stands_for(hours) @ (before - scores))


def between_scores(hours: Array, day_correlation: float) -> float:
    """The correlation of a score with the next: ``day_correlation`` ** (their usual distance in days)."""
    if len(hours) < 2:
        return day_correlation
    return float(day_correlation ** (np.median(np.diff(hours)) / HOURS_PER_DAY))


def effective_count(count: int, correlation: float) -> float:
    """How many independent scores ``count`` correlated ones are worth: n (1 - r) / (1 + r), and never less than one."""
    return max(count * (1 - correlation) / (1 + correlation), 1.0)
