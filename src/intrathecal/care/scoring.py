"""Relief with its uncertainty, and how probable it is that true relief is large enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

from intrathecal.catalogue import Trial

PERCENT = 100
#: The variance of what rounding to whole points takes away: scores that never change are still only known to half a point.
ROUNDING_VARIANCE = 1 / 12


@dataclass(frozen=True)
class Relief:
    """Percent relief, its standard error, and what is believed of the true one: normal with ``mean`` and ``sd``."""

    percent: float
    standard_error: float
    mean: float
    sd: float

    def probability_above(self, percent: float) -> float:
        """The probability that true relief is at least ``percent``."""
        return 0.5 * math.erfc((percent - self.mean) / (self.sd * math.sqrt(2)))


def pooled_variance(phases: list[list[float]], otherwise: float) -> float:
    """The variance of scores within phases, never below that of rounding; ``otherwise`` where no phase has two."""
    squares, degrees = 0.0, 0
    for scores in phases:
        if scores:
            mean = sum(scores) / len(scores)
            squares += sum((score - mean) ** 2 for score in scores)
            degrees += len(scores) - 1
    return max(squares / degrees, ROUNDING_VARIANCE) if degrees else otherwise


def relief(before: float, during: float, before_variance: float, during_variance: float, trial: Trial) -> Relief:
    """Relief (percent) from the two means and their variances (points squared); ``before`` is above 0.

    PPR = 100 (B - T) / B. Delta method: SE = 100 / B * sqrt(var(T) + (T / B)^2 var(B)). The posterior is that of a normal
    prior and a normal error: precisions add.
    """
    percent = PERCENT * (before - during) / before
    error = PERCENT / before * math.sqrt(during_variance + (during / before) ** 2 * before_variance)
    prior_mean, prior_sd = (PERCENT * value.canonical for value in (trial.prior_mean, trial.prior_sd))
    prior, seen = 1 / prior_sd**2, 1 / error**2
    return Relief(percent, error, (prior * prior_mean + seen * percent) / (prior + seen), (prior + seen) ** -0.5)
