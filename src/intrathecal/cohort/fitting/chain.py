"""Patients drawn from the posterior by an ensemble of walkers (emcee), and how far the draws can be trusted.

Two kinds of steps alternate at random: proposals from a Student distribution with the width of the normal approximation about
the maximum, which are taken often where that approximation is good, and differences between walkers (ter Braak 2006), which
need no such thing. Steps are added until the chain is long enough, or until as many are done as were allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from intrathecal.cohort.fitting.mode import Mode
from intrathecal.flow import Array

#: Walkers for every direction, the fewest that emcee takes, and the fewest of all.
PER_DIRECTION, FEWEST = 2, 8
#: So much of all steps are proposals about the maximum; their degrees of freedom and their width in units of the normal one.
NEAR_MODE, FREEDOM, WIDER = 0.6, 5.0, 1.1
#: Steps between two looks at the chain, and the part of it that is left out at its beginning.
ROUND, BURN_IN = 25, 0.2
#: So many autocorrelation times make a chain long enough to trust its own estimate of them (Foreman-Mackey 2013).
ENOUGH_TIMES = 50.0
#: Each use of a seed has its own stream.
CHAIN_STREAM = 7

Density = Callable[[Array], Array]
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Chain:
    """The walkers' places ``kept`` (steps, walkers, d) after ``left_out`` steps, and what tells how good they are.

    ``autocorrelation`` (d,) is the integrated autocorrelation time in steps, ``acceptance`` the share of steps that were taken.
    """

    kept: Array
    left_out: int
    autocorrelation: Array
    acceptance: float

    @property
    def slowest(self) -> float:
        """The largest autocorrelation time; one where nothing was sampled."""
        return float(self.autocorrelation.max(initial=1.0))

    @property
    def effective(self) -> float:
        """How many independent draws the chain is worth."""
        return float(self.kept.shape[0] * self.kept.shape[1] / self.slowest)

    @property
    def is_long_enough(self) -> bool:
        """Whether the chain is long enough to trust it."""
        return bool(self.kept.shape[2] == 0 or self.kept.shape[0] >= ENOUGH_TIMES * self.slowest)

    def spread(self, draws: int) -> Array:
        """About so many places (k, d), evenly from all of the chain, as many as there are if these are fewer."""
        if not self.kept.shape[2]:
            return np.zeros((draws, 0))
        every = self.kept.reshape(-1, self.kept.shape[2])
        return np.asarray(every[np.linspace(0, len(every) - 1, min(draws, len(every))).round().astype(int)])


def sampled(density: Density, mode: Mode, draws: int, most_steps: int, seed: int, progress: Progress) -> Chain:
    """Walk until the chain is long enough and worth ``draws`` independent ones, or for ``most_steps``.

    ``density`` is the logarithm (k,) of that of the posterior at places (k, d) in the sampled directions.
    """
    if not mode.sampled:
        return Chain(np.zeros((1, draws, 0)), 0, np.zeros(0), 1.0)
    import emcee
    from emcee.moves import DEMove, MHMove

    size, widths = mode.sampled, mode.widths[: mode.sampled]
    walkers = max(PER_DIRECTION * size, FEWEST)
    stream = np.random.SeedSequence(seed, spawn_key=(CHAIN_STREAM,))
    legacy = np.random.RandomState(np.random.MT19937(stream))  # what emcee draws from
    sampler = emcee.EnsembleSampler(
        walkers,
        size,
        density,
        vectorize=True,
        moves=[(MHMove(_about(mode.start, WIDER * widths)), NEAR_MODE), (DEMove(), 1.0 - NEAR_MODE)],
    )
    sampler.random_state = legacy.get_state()
    state: Any = _beginning(density, mode.start, widths, walkers, legacy)
    while True:
        state = sampler.run_mcmc(state, min(ROUND, most_steps - sampler.iteration))
        chain = _looked_at(sampler)
        worth = min(chain.kept.shape[0] / (ENOUGH_TIMES * chain.slowest), chain.effective / draws)
        progress(min(max(worth, sampler.iteration / most_steps), 1.0))
        if worth >= 1.0 or sampler.iteration >= most_steps:
            return chain


def _beginning(density: Density, start: Array, widths: Array, walkers: int, random: Any) -> Array:
    """Where the walkers begin: about the maximum, at places that can be."""
    found = np.zeros((0, start.size))
    while len(found) < walkers:
        tried = start + widths * random.standard_normal((walkers, start.size))
        found = np.vstack([found, tried[np.isfinite(density(tried))]])
    return found[:walkers]


def _about(start: Array, widths: Array) -> Callable[[Array, Any], tuple[Array, Array]]:
    """Proposals that do not hang on where a walker is, and the logarithm of how much likelier the way back is."""

    def log_student(places: Array) -> Array:
        squares = (((places - start) / widths) ** 2).sum(axis=1)
        return np.asarray(-0.5 * (FREEDOM + start.size) * np.log1p(squares / FREEDOM))

    def propose(places: Array, random: Any) -> tuple[Array, Array]:
        scale = np.sqrt(random.chisquare(FREEDOM, len(places)) / FREEDOM)
        there = start + widths * random.standard_normal(places.shape) / scale[:, None]
        return there, log_student(places) - log_student(there)

    return propose


def _looked_at(sampler: Any) -> Chain:
    from emcee.autocorr import integrated_time

    left_out = int(BURN_IN * sampler.iteration)
    kept = np.asarray(sampler.get_chain(discard=left_out))
    # A walker that never moved has no autocorrelation; it is taken to be as long as the chain.
    with np.errstate(invalid="ignore", divide="ignore"):
        times = np.asarray(integrated_time(kept, tol=0), dtype=float)
    times = np.where(np.isfinite(times), np.maximum(times, 1.0), float(len(kept)))
    return Chain(kept, left_out, times, float(np.mean(sampler.acceptance_fraction)))
