"""How likely the data are: normal scores that wander about their mean, and lognormal concentrations.

Scores scatter by ``relief.score_sd``, with a correlation of ``score_day_correlation`` ** (days between two) (`relief.score`), and
rounding to whole numbers adds 1/12 to each variance. Near 0 and 10 their scatter is really less: the fit then trusts them less
than it might. Samples scatter by ``population.sample_cv``, each on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, log1p, pi

import numpy as np

from intrathecal.catalogue import Catalogue
from intrathecal.cohort.fitting.expecting import Expecting
from intrathecal.flow import Array
from intrathecal.pump.hardware import DAY_MS

#: The variance of what rounding to whole numbers takes away.
ROUNDING = 1.0 / 12.0


@dataclass(frozen=True, eq=False)
class Likelihood:
    """Data ``observed`` (m,) and the Cholesky ``factor`` (m, m) of the covariance of their scatter."""

    observed: Array
    factor: Array

    @classmethod
    def of(cls, expecting: Expecting) -> Likelihood:
        """The likelihood of what was observed in a therapy."""
        catalogue = expecting.prior.population.therapy.catalogue
        times = np.array([score.at_ms for score in expecting.scores], dtype=float)
        covariance = np.zeros((expecting.count, expecting.count))
        covariance[: times.size, : times.size] = score_covariance(catalogue, times)
        rest = np.arange(times.size, expecting.count)
        covariance[rest, rest] = log1p(catalogue.population.sample_cv.canonical**2)
        return cls(expecting.observed, np.asarray(np.linalg.cholesky(covariance)))

    def residuals(self, expected: Array) -> Array:
        """The distances (..., m) of the data from what is ``expected`` (..., m), independent and of variance one."""
        away = (self.observed - expected).reshape(-1, self.observed.size)
        whitened = np.linalg.solve(self.factor, away.T).T
        return np.asarray(whitened.reshape(np.shape(expected)))

    def log_density(self, expected: Array) -> Array:
        """The logarithm of the density (...) of the data where ``expected`` (..., m) is."""
        size = self.observed.size
        constant = size * log(2.0 * pi) / 2.0 + float(np.log(np.diag(self.factor)).sum())
        return np.asarray(-0.5 * (self.residuals(expected) ** 2).sum(axis=-1) - constant)


def score_covariance(catalogue: Catalogue, times_ms: Array) -> Array:
    """The covariance (n, n) of scores at ``times_ms`` (n,)."""
    relief = catalogue.relief
    days = np.abs(times_ms[:, None] - times_ms) / DAY_MS
    wandering = relief.score_sd.canonical**2 * relief.score_day_correlation.canonical**days
    return np.asarray(wandering + ROUNDING * np.eye(times_ms.size))
