"""The figures against the formulas, worked by hand."""

from __future__ import annotations

from math import erf, sqrt

import numpy as np
import pytest
from tests.care.support import CATALOGUE, steady, verdict

from intrathecal.care.scoring import pooled_variance, relief
from intrathecal.care.series import (
    between_scores,
    effective_count,
    pain_difference,
    stands_for,
    time_weighted,
)
from intrathecal.care.trial import figures


def test_scores_at_equal_distances_weigh_the_same() -> None:
    """Also the outer ones: a score a day stands for a day."""
    assert stands_for(np.array([0.0, 24.0, 48.0])).tolist() == [24, 24, 24]
    assert stands_for(np.array([7.0])).tolist() == [24]
    assert time_weighted(np.array([0.0, 24.0, 48.0]), np.array([2.0, 3.0, 7.0])) == pytest.approx(4)


def test_many_scores_of_one_bad_hour_weigh_no_more_than_the_hour() -> None:
    """Scores at 0, 10, 11, 12 and 24 h: hours of 10, 5.5, 1, 6.5 and 12, by hand."""
    hours, scores = np.array([0.0, 10.0, 11.0, 12.0, 24.0]), np.array([2.0, 8.0, 8.0, 8.0, 2.0])
    assert stands_for(hours).tolist() == [10, 5.5, 1, 6.5, 12]
    assert time_weighted(hours, scores) == pytest.approx((22 * 2 + 13 * 8) / 35)
    assert pain_difference(hours, scores, 8.0) == pytest.approx(22 * 6)


def test_no_score_stands_for_more_than_a_day() -> None:
    """Nobody knows what the pain was in a week without a diary."""
    assert stands_for(np.array([0.0, 168.0])).tolist() == [24, 24]


def test_correlated_scores_are_worth_less() -> None:
    """N (1 - r) / (1 + r): nine daily scores at 0.5 are worth three; scores every 12 h follow each other at 0.5 ** 0.5."""
    assert effective_count(9, 0.5) == pytest.approx(3)
    assert effective_count(1, 0.5) == 1
    assert between_scores(np.array([0.0, 12.0, 24.0]), 0.5) == pytest.approx(sqrt(0.5))
    assert between_scores(np.array([0.0, 24.0]), 0.5) == 0.5


def test_variance_is_that_within_phases() -> None:
    """Two phases around different means; scores that never change are still rounded."""
    assert pooled_variance([[7, 8, 9], [2, 4]], 1.0) == pytest.approx((2 + 2) / 3)
    assert pooled_variance([[8, 8, 8], [3]], 1.0) == pytest.approx(1 / 12)
    assert pooled_variance([[8], []], 1.0) == 1.0


def test_the_published_example_of_the_standard_error() -> None:
    """A baseline of 7.5, a scatter of one point, two independent scores each: about 10 points at half relief."""
    found = relief(7.5, 3.75, 1 / 2, 1 / 2, CATALOGUE.trial)
    assert found.percent == 50
    assert found.standard_error == pytest.approx(100 / 7.5 * sqrt(1 / 2 + 0.25 / 2))
    assert 10 <= found.standard_error <= 11


def test_the_posterior_is_that_of_two_normals() -> None:
    """A prior of N(45, 25^2) and a measurement of 60 with an error of 25: halfway, and narrower by the root of two."""
    found = relief(10.0, 4.0, 0.0, 6.25, CATALOGUE.trial)
    assert (found.percent, found.standard_error) == pytest.approx((60, 25))
    assert (found.mean, found.sd) == pytest.approx((52.5, 25 / sqrt(2)))
    chance = 0.5 * (1 + erf((found.mean - 50) / found.sd / sqrt(2)))
    assert found.probability_above(50) == pytest.approx(chance)


def test_a_whole_diary_by_hand() -> None:
    """Baseline 7, 8, 9 and trial 2, 3, 4, a score a day: every figure of the command."""
    found = figures(verdict(*steady([7, 8, 9], [2, 3, 4])))
    error = 100 / 8 * sqrt(1 + (3 / 8) ** 2)
    weight = 25**2 / (25**2 + error**2)
    assert found["baseline_mean"] == 8
    assert found["trial_mean"] == 3
    assert found["relief_percent"] == 62.5
    assert found["standard_error"] == pytest.approx(error)
    assert found["believed_relief"]["mean_percent"] == pytest.approx(45 + weight * 17.5)
    assert found["believed_relief"]["sd_percent"] == pytest.approx(25 * sqrt(1 - weight))
    assert found["days"] == 3
    assert found["spid"] == pytest.approx((6 + 5 + 4) * 24)


def test_probabilities_agree_with_a_simulation_of_the_model() -> None:
    """Of patients drawn from the prior and measured with the error, those measured at 60 have half relief so often."""
    random = np.random.default_rng(3)
    truth = random.normal(45, 25, 2_000_000)
    measured = truth + random.normal(0, 12.5, truth.size)
    alike = truth[np.abs(measured - 60) < 0.5]
    found = relief(10.0, 4.0, 0.0, 1.25**2, CATALOGUE.trial)
    assert found.probability_above(50) == pytest.approx(float((alike >= 50).mean()), abs=0.01)
