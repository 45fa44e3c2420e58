"""The answers: how they scatter, and that a run can be cut anywhere."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.relief.support import RELIEF, with_relief

from intrathecal.relief import noise, scores
from intrathecal.relief.streams import generators

STEP_S = 900
DAY = 96


@settings(deadline=None)
@given(st.integers(0, 2**63), st.lists(st.integers(0, 500), max_size=4), st.sampled_from([300.0, 900.0, 3600.0]))
def test_cutting_changes_no_bit(seed: int, cuts: list[int], step_s: float) -> None:
    """However a run is cut, within a day or between days, its answers scatter the same, bit for bit."""
    whole = noise(RELIEF, seed, 0, 500, step_s, None)
    last, parts, edges = None, [], [0, *sorted(cuts), 500]
    for first, end in pairwise(edges):
        part = noise(RELIEF, seed, first, end - first, step_s, last)
        last = part[-1] if part.size else last
        parts.append(part)
    assert np.array_equal(np.concatenate(parts), whole)


def test_stationary_spread_and_memory() -> None:
    """Over eight years of quarters of an hour: the spread asked for, and the correlation of a day, two days and an hour."""
    values = with_relief(score_sd=1.3, score_day_correlation=0.5)
    seen = noise(values, 11, 0, 3000 * DAY, STEP_S, None)
    assert abs(seen.mean()) < 0.1
    assert seen.std() == pytest.approx(1.3, rel=0.03)
    for lag, right in ((DAY, 0.5), (2 * DAY, 0.25), (4, 0.5 ** (1 / 24))):
        assert np.corrcoef(seen[:-lag], seen[lag:])[0, 1] == pytest.approx(right, abs=0.05)


@pytest.mark.parametrize("step", [0, 1, 95, 96, 200])
def test_spread_from_the_first_answer_on(step: int) -> None:
    """Across people the spread is the same at every step, the first included: nobody starts at zero."""
    values = with_relief(score_sd=2.0)
    people = np.array([noise(values, seed, 0, step + 1, STEP_S, None)[-1] for seed in range(600)])
    assert people.std() == pytest.approx(2.0, rel=0.12)  # four standard errors
    assert abs(people.mean()) < 0.35


def test_coarser_grid_is_the_same_process() -> None:
    """Steps of an hour have the spread and the day's memory of steps of a quarter of it."""
    values = with_relief(score_sd=1.0, score_day_correlation=0.7)
    hourly = noise(values, 3, 0, 3000 * 24, 3600, None)
    assert hourly.std() == pytest.approx(1.0, rel=0.05)
    assert np.corrcoef(hourly[:-24], hourly[24:])[0, 1] == pytest.approx(0.7, abs=0.05)


def test_no_scatter_and_other_seeds() -> None:
    """Without spread the patient answers the pain; another seed is another patient."""
    assert not noise(with_relief(score_sd=0), 1, 0, 200, STEP_S, None).any()
    assert not np.array_equal(noise(RELIEF, 1, 0, 200, STEP_S, None), noise(RELIEF, 2, 0, 200, STEP_S, None))


def test_wrong_use_is_refused() -> None:
    """A step that does not divide a day, and a memory that is missing or too much."""
    with pytest.raises(ValueError, match="step_s is 1000: give a divisor of 86400"):
        noise(RELIEF, 1, 0, 10, 1000, None)
    with pytest.raises(ValueError, match="give the last value"):
        noise(RELIEF, 1, 5, 10, STEP_S, None)
    with pytest.raises(ValueError, match="none at step 0"):
        noise(RELIEF, 1, 0, 10, STEP_S, 0.3)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 10), st.floats(-20, 20)), min_size=1, max_size=20))
def test_answers_are_whole_numbers_on_the_scale(felt: list[tuple[float, float]]) -> None:
    """0 to 10, never further than a half from what is felt unless that leaves the scale."""
    pain, away = np.array(felt).T
    seen = scores(pain, away)
    assert np.array_equal(seen, seen.astype(int))
    assert np.all((seen >= 0) & (seen <= 10))
    inside = (pain + away >= 0) & (pain + away <= 10)
    assert np.all(np.abs(seen - pain - away)[inside] <= 0.5)


@given(st.integers(0, 2**140), st.integers(0, 2**31), st.integers(0, 2**31))
def test_the_numbers_of_a_day_are_those_of_its_seed_sequence(seed: int, stream: int, day: int) -> None:
    """Whatever the length of the seed; `numpy` itself says what they are."""
    (found,) = generators(seed, stream, [day])
    told = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, day)))
    assert found.bit_generator.state == told.bit_generator.state
    assert np.array_equal(found.standard_normal(5), told.standard_normal(5))
