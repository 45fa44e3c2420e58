"""The most likely patient, and the directions about which the data say something.

The maximum of the posterior is a problem of least squares: the residuals of the data, and u itself, which the prior wants to
be zero. At the maximum, the singular values s of the residuals' slope tell what the data add: along a singular vector the
variance of the prior, one, becomes 1 / (1 + s^2) (Laplace). Only the directions in which that is noticeably less than one are
sampled; the others keep the normal distribution that they have there (likelihood-informed subspace: Cui et al. 2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from intrathecal.cohort.fitting.likelihood import Likelihood
from intrathecal.cohort.fitting.working import Ask
from intrathecal.flow import Array

#: Patients drawn from the prior of whom the best is where the search begins, beside the median.
STARTS = 15
#: The search steps so far (standard deviations) to find a slope, and the slope at the maximum is a mean over so much.
STEP, WIDE_STEP = 0.1, 0.5
#: The search ends where a step or its gain is smaller than this part: far less than the posterior's own width.
SMALL, MOST_STEPS = 1e-3, 30
#: A direction is sampled where s^2 is above this: its standard deviation is then less than 0.95 of the prior's.
NOTICED = 0.1
#: No more directions than these are sampled, those with the largest s.
MOST_DIRECTIONS = 8
#: A residual of a patient who cannot be: far off.
IMPOSSIBLE = 1e3


@dataclass(frozen=True, eq=False)
class Mode:
    """The maximum ``u`` (n,), all ``directions`` (n, n; columns, the best informed first), and ``gains`` s^2 (n,) along them.

    The first ``sampled`` of them are those that the data say something about. ``expected`` (m,) are the data there.
    """

    u: Array
    directions: Array
    gains: Array
    sampled: int
    expected: Array

    @property
    def start(self) -> Array:
        """The maximum in the sampled directions (d,)."""
        return np.asarray(self.u @ self.directions[:, : self.sampled])

    @property
    def widths(self) -> Array:
        """The standard deviations (n,) along all directions, as the normal approximation has them."""
        return np.asarray(1.0 / np.sqrt(1.0 + self.gains))

    def lifted(self, inside: Array) -> Array:
        """The patients (k, n) at ``inside`` (k, d) in the sampled directions, and at the maximum in the others."""
        chosen = self.directions[:, : self.sampled]
        return np.asarray(self.u + (inside - self.start) @ chosen.T)

    def drawn(self, inside: Array, random: np.random.Generator) -> Array:
        """The same, and as the normal approximation draws them in the others."""
        left = self.directions[:, self.sampled :]
        scatter = random.standard_normal((len(inside), left.shape[1])) * self.widths[self.sampled :]
        return self.lifted(inside) + scatter @ left.T


def find_mode(ask: Ask, likelihood: Likelihood, size: int, random: np.random.Generator) -> Mode:
    """The maximum of the posterior of ``size`` standard normal numbers; ``random`` draws where the search may begin."""
    if not likelihood.observed.size:
        return Mode(np.zeros(size), np.eye(size), np.zeros(size), 0, np.zeros(0))
    from scipy.optimize import least_squares

    def residuals(points: Array) -> Array:
        found = likelihood.residuals(ask(points))
        return np.append(np.where(np.isfinite(found), found, IMPOSSIBLE), points, axis=1)

    def slope(u: Array) -> Array:
        return np.asarray((residuals(u + STEP * np.eye(size)) - residuals(u[None])) / STEP).T

    # Many numbers are far from zero only together: half of the scatter is nearer to where a maximum lies.
    starts = np.vstack([np.zeros(size), 0.5 * random.standard_normal((STARTS, size))])
    first = starts[np.argmin((residuals(starts) ** 2).sum(axis=1))]
    best = least_squares(
        lambda u: residuals(u[None])[0], first, jac=slope, xtol=SMALL, ftol=SMALL, gtol=SMALL, max_nfev=MOST_STEPS
    )
    u = np.asarray(best.x)
    both = residuals(np.vstack([u + WIDE_STEP * np.eye(size), u - WIDE_STEP * np.eye(size)]))[:, :-size]
    slopes = (both[:size] - both[size:]) / (2.0 * WIDE_STEP)
    _, values, vectors = np.linalg.svd(slopes.T, full_matrices=True)
    gains = np.zeros(size)
    gains[: values.size] = values[:size] ** 2
    sampled = min(int((gains > NOTICED).sum()), MOST_DIRECTIONS)
    return Mode(u, vectors.T, gains, sampled, ask(u[None])[0])
