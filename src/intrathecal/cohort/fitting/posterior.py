"""One patient's posterior: who the patient may be after the data, as draws, and what the data have told of every value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intrathecal.cohort.fitting.chain import Chain, Progress, sampled
from intrathecal.cohort.fitting.expecting import Expecting
from intrathecal.cohort.fitting.likelihood import Likelihood
from intrathecal.cohort.fitting.mode import Mode, find_mode
from intrathecal.cohort.fitting.working import Map, alone, asking
from intrathecal.flow import Array
from intrathecal.simulation.observed import PainScore, Sample
from intrathecal.therapy import Therapy

#: Where a search begins, and what the data say nothing about, have streams of their own.
START_STREAM, REST_STREAM = 8, 9
#: Independent draws that are wanted, and the most steps of the walkers, unless told otherwise.
DRAWS, STEPS = 200, 1000
#: What part of the time the search for the maximum and the chain take, about.
SEARCH, WALK = 0.1, 0.9


@dataclass(frozen=True, eq=False)
class Posterior:
    """The fit of a therapy: ``mode`` and ``chain``, and ``draws`` (k, n) of u with what is ``expected`` (k, m) of them."""

    expecting: Expecting
    likelihood: Likelihood
    mode: Mode
    chain: Chain
    draws: Array
    expected: Array

    @property
    def deviates(self) -> Array:
        """The draws as deviates (k, n) of the prior's names."""
        return self.expecting.prior.deviates(self.draws)

    @property
    def learned(self) -> Array:
        """By what part (n,) the data have narrowed the variance of each name's deviate, in the normal approximation."""
        factor, mode = self.expecting.prior.factor, self.mode
        along = factor @ mode.directions
        before, after = (factor**2).sum(axis=1), ((along * mode.widths) ** 2).sum(axis=1)
        return np.asarray(1.0 - after / before)

    @property
    def misfit(self) -> float:
        """The mean square of the data's residuals at the maximum; about one where the model describes them."""
        if not self.likelihood.observed.size:
            return 1.0
        return float((self.likelihood.residuals(self.mode.expected) ** 2).mean())


def fit(
    therapy: Therapy,
    scores: Sequence[PainScore],
    samples: Sequence[Sample],
    *,
    seed: int = 0,
    draws: int = DRAWS,
    steps: int = STEPS,
    share_out: Map = alone,
    progress: Progress = lambda done: None,
) -> Posterior:
    """Fit the patient of ``therapy`` to what was observed: the maximum of the posterior, and draws from it.

    Raises `FitError` for a therapy that cannot be fitted, and `SimulationError` for an event that cannot happen.
    """
    expecting = Expecting.of(therapy, scores, samples)
    likelihood, ask, size = Likelihood.of(expecting), asking(expecting, share_out), len(expecting.prior.names)
    # The median is asked here: what is compiled for it is then kept for all workers.
    expecting.at(np.zeros(size))
    mode = find_mode(ask, likelihood, size, _stream(seed, START_STREAM))
    progress(SEARCH)

    def density(inside: Array) -> Array:
        points = mode.lifted(inside)
        found = likelihood.log_density(ask(points)) - 0.5 * (points**2).sum(axis=1)
        return np.where(np.isfinite(found), found, -np.inf)

    chain = sampled(density, mode, draws, steps, seed, lambda done: progress(SEARCH + (WALK - SEARCH) * done))
    random = _stream(seed, REST_STREAM)
    found = mode.drawn(chain.spread(draws), random)
    expected = ask(found)
    possible = np.isfinite(expected).all(axis=1)
    progress(1.0)
    return Posterior(expecting, likelihood, mode, chain, found[possible], expected[possible])


def _stream(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(stream,))))
