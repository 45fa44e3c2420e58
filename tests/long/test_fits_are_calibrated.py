"""Fits of many patients whose truth is known: ranks and intervals are what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from bench.fits import WEEK, held, therapies
from scipy.stats import binom

from intrathecal.cohort.fitting.expecting import Expecting
from intrathecal.cohort.fitting.working import alone, asking, together
from intrathecal.simulation.observed import PainScore

PATIENTS, DRAWS, STEPS = 12, 60, 100
#: A test of this size fails by chance once in so many times.
CHANCE = 1e-3
#: Values that a week of scores and three samples narrow.
NARROWED = (
    "drug.morphine.response.spinal_ec50",
    "drug.morphine.csf.loss_half_life",
    "drug.morphine.plasma.clearance",
    "next: mean pain",
    "next: lowest breathing",
)


@pytest.mark.timeout(1800)
def test_the_truth_is_where_the_draws_say() -> None:
    """Over 12 patients of the population: as often inside the 90 % interval as that says, and on neither side of the middle."""
    with together() as share_out:
        found = [held(patient, WEEK, DRAWS, STEPS, share_out)[0] for patient in range(PATIENTS)]

    for name in NARROWED:
        mine = [one for patient in found for one in patient if one.name == name]
        inside, ranks = sum(one.inside for one in mine), np.array([one.rank for one in mine])
        assert len(mine) == PATIENTS
        assert binom.cdf(inside, PATIENTS, 0.9) > CHANCE, (name, inside)
        # The mean of uniform numbers is normal to a good approximation, with variance 1 / 12 n.
        assert abs(ranks.mean() - 0.5) < 3.3 / np.sqrt(12 * PATIENTS), (name, ranks)


def test_who_asks_is_no_matter() -> None:
    """One process or two: the same, to the last bit."""
    expecting = Expecting.of(therapies(2)[0], [PainScore(3_600_000 * hour, 5.0) for hour in (6, 30)], [])
    points = np.random.default_rng(1).standard_normal((5, len(expecting.prior.names)))

    with together(2) as share_out:
        assert np.array_equal(asking(expecting, share_out)(points), asking(expecting, alone)(points))
