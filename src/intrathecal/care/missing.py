"""Scores that are not there, or that are not the drug's: handled as trials of pain do, never by guessing.

After a rescue the score before it holds for a while; after a withdrawal the baseline holds; one missing score between two
others lies on the line between them; everything else is imputed as often as one likes, which for normal scores with a
correlation that falls with time has a closed form: their mean, and a variance that the result carries.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

import numpy as np

from intrathecal.care.diary import Entry
from intrathecal.care.series import FURTHEST_H, HOURS_PER_DAY
from intrathecal.flow import Array

Bits = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False)
class Completed:
    """``scores`` (n,) without a gap, the ``variance`` that gaps add to their weighted mean, and which were ``interpolated``."""

    scores: Array
    variance: float
    interpolated: Bits


def is_only_rescue(entry: Entry) -> bool:
    """Whether a row says that a rescue was taken and no score: nobody was asked for one, so that none is missing."""
    return entry.nrs is None and bool(entry.rescue_mme)


def after_rescue(entries: Sequence[Entry], window: timedelta) -> tuple[Array, Bits]:
    """The scores (n,) of ``entries`` with that before a rescue holding for ``window``, and which (n,) that changed.

    A score that is worse than the one before the rescue stays. The row of the rescue holds the score before it; where it
    has none, the last one written is that score, if it is not older than a score can stand for.
    """
    scores = np.array([math.nan if entry.nrs is None else entry.nrs for entry in entries])
    changed, until, held = np.zeros(len(scores), dtype=bool), None, math.nan
    last: Entry | None = None
    for index, entry in enumerate(entries):
        if until is not None and entry.at < until and not scores[index] >= held:
            scores[index] = held
            changed[index] = True
        elif is_only_rescue(entry) and last is not None and entry.at - last.at <= timedelta(hours=FURTHEST_H):
            scores[index] = last.nrs
            changed[index] = True
        last = last if entry.nrs is None else entry
        if entry.rescue_mme and not math.isnan(scores[index]):
            until, held = entry.at + window, float(scores[index])
    return scores, changed


def complete(
    hours: Array,
    scores: Array,
    weights: Array,
    mean: float,
    variance: float,
    day_correlation: float,
    mean_variance: float,
) -> Completed:
    """``scores`` (n,) at ``hours`` (n,) with their gaps (nan) closed.

    They scatter with ``variance`` about ``mean``, which itself is known with ``mean_variance``; two that are a day apart have
    ``day_correlation``. The added variance is that of the mean with ``weights`` (n,).
    """
    filled, shares = scores.copy(), weights / weights.sum()
    spread, leaning, interpolated = 0.0, 0.0, np.zeros(len(scores), dtype=bool)
    for is_gap, run in groupby(range(len(scores)), key=lambda index: bool(np.isnan(scores[index]))):
        gap = list(run)
        if not is_gap:
            continue
        first, last = gap[0], gap[-1]
        known = [index for index in (first - 1, last + 1) if 0 <= index < len(scores)]
        if len(gap) == 1 and len(known) == 2:
            filled[first] = np.interp(hours[first], hours[known], scores[known])
            interpolated[first] = True
            continue
        rule = _Rule(hours[known], hours[gap], day_correlation)
        filled[gap] = mean + rule.pull @ (scores[known] - mean)
        spread += variance * rule.spread(shares[gap])
        leaning += float(shares[gap] @ (1 - rule.pull.sum(axis=1)))
    return Completed(filled, spread + leaning**2 * mean_variance, interpolated)


class _Rule:
    """What the scores at ``known`` times (k,) say of those at ``asked`` times (m,), both in hours."""

    def __init__(self, known: Array, asked: Array, day_correlation: float) -> None:
        self.rate = -math.log(day_correlation) / HOURS_PER_DAY
        self.asked = asked
        self.across = np.exp(-self.rate * np.abs(asked[:, None] - known[None, :]))
        self.inverse = np.linalg.inv(np.exp(-self.rate * np.abs(known[:, None] - known[None, :])))
        self.pull = self.across @ self.inverse

    def spread(self, weights: Array) -> float:
        """The variance, in units of that of one score, that the weighted sum keeps when the known scores are given."""
        total, before = 0.0, 0.0
        steps = np.exp(-self.rate * np.diff(self.asked, prepend=self.asked[0]))
        for index, (weight, stays) in enumerate(zip(weights.tolist(), steps.tolist(), strict=True)):
            before = stays * (before + float(weights[index - 1])) if index else 0.0
            total += weight * (weight + 2 * before)
        told = weights @ self.across
        return max(total - float(told @ self.inverse @ told), 0.0)
