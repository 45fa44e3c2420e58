"""Tolerance: where it settles, how fast it comes and goes, and that steps do not matter."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from tests.relief.support import RELIEF, with_tolerance

from intrathecal.relief import Tolerated, advance, steady

STEP_S = 900.0
DAY = 96
INDEX = st.floats(0, 50)
STATES = st.builds(Tolerated, *[st.floats(0, 1) for _ in range(4)])
VALUES = RELIEF.tolerance


@settings(deadline=None)
@given(INDEX, INDEX)
def test_steady_state_stays(spinal: float, supraspinal: float) -> None:
    """Under the index that it settled at, tolerance no longer moves, and its factors are 1 + max times occupancy."""
    start = steady(spinal, supraspinal)
    end, factors = advance(VALUES, start, np.full(DAY, spinal), np.full(DAY, supraspinal), STEP_S)
    assert end == start
    cord, brain = spinal / (1 + spinal), supraspinal / (1 + supraspinal)
    fast = VALUES.fast_max.canonical
    assert factors.spinal == pytest.approx(np.full(DAY, 1 + (fast + VALUES.spinal_slow_max.canonical) * cord))
    assert factors.supraspinal == pytest.approx(
        np.full(DAY, 1 + (fast + VALUES.supraspinal_slow_max.canonical) * brain)
    )


@settings(deadline=None)
@given(STATES, INDEX, INDEX)
def test_every_start_settles_there(state: Tolerated, spinal: float, supraspinal: float) -> None:
    """Whatever it was before, tolerance ends at the steady state of an index that is held for ever."""
    end, _ = advance(VALUES, state, np.full(400, spinal), np.full(400, supraspinal), 1e8)
    right = steady(spinal, supraspinal)
    for part in ("spinal_fast", "spinal_slow", "supraspinal_fast", "supraspinal_slow"):
        assert getattr(end, part) == pytest.approx(getattr(right, part), abs=1e-12)


def test_index_that_is_held_gives_exponentials() -> None:
    """Held at 1 from nothing, each part rises to one half by its half-life; without drug it recovers by the other."""
    values = with_tolerance(
        fast_half_life=26 * 3600,
        fast_recovery_half_life=4 * 86400,
        slow_half_life=100 * 86400,
        slow_recovery_half_life=14 * 86400,
    )
    k = 10 * DAY
    state, factors = advance(values, Tolerated(), np.ones(k), np.full(k, 3.0), STEP_S)
    days = np.arange(k) / DAY
    fast, slow = (0.5 * (1 - 0.5 ** (days / half_life)) for half_life in (26 / 24, 100))
    most = values.fast_max.canonical
    assert factors.spinal == pytest.approx(1 + most * fast + values.spinal_slow_max.canonical * slow, rel=1e-12)
    brain = 1 + 1.5 * (most * fast + values.supraspinal_slow_max.canonical * slow)
    assert factors.supraspinal == pytest.approx(brain, rel=1e-12)
    after, _ = advance(values, state, np.zeros(k), np.zeros(k), STEP_S)
    assert after.spinal_fast == pytest.approx(state.spinal_fast * 0.5 ** (10 / 4), rel=1e-11)
    assert after.supraspinal_slow == pytest.approx(state.supraspinal_slow * 0.5 ** (10 / 14), rel=1e-11)


def test_steps_are_those_of_a_fine_solution() -> None:
    """Under a restless index, the steps end where a tight integrator of dF/dt = (x - F) k(x > F) ends."""
    random = np.random.default_rng(4)
    spinal, supraspinal = random.gamma(0.5, 4.0, DAY), random.gamma(0.5, 1.0, DAY)
    up = [log(2) / half.canonical for half in (VALUES.fast_half_life, VALUES.slow_half_life) * 2]
    down = [log(2) / half.canonical for half in (VALUES.fast_recovery_half_life, VALUES.slow_recovery_half_life) * 2]
    now = np.array([0.3, 0.05, 0.6, 0.4])
    found, _ = advance(VALUES, Tolerated(*now), spinal, supraspinal, STEP_S)
    for cord, brain in zip(spinal, supraspinal, strict=True):
        x = np.array([cord / (1 + cord)] * 2 + [brain / (1 + brain)] * 2)

        def slope(_: float, f: np.ndarray, x: np.ndarray = x) -> np.ndarray:
            return np.asarray((x - f) * np.where(x > f, up, down))

        now = solve_ivp(slope, (0.0, STEP_S), now, rtol=1e-10, atol=1e-12).y[:, -1]
    seen = [found.spinal_fast, found.spinal_slow, found.supraspinal_fast, found.supraspinal_slow]
    assert seen == pytest.approx(now.tolist(), abs=1e-9)


@settings(deadline=None)
@given(STATES, st.lists(st.tuples(INDEX, INDEX), min_size=2, max_size=20), st.data())
def test_cutting_changes_no_bit(state: Tolerated, path: list[tuple[float, float]], data: st.DataObject) -> None:
    """Two parts of a path, one after the other, are the whole path, bit for bit; no factor is below 1."""
    cord, brain = np.array(path).T
    cut = data.draw(st.integers(0, len(path)))
    whole, factors = advance(VALUES, state, cord, brain, STEP_S)
    first, before = advance(VALUES, state, cord[:cut], brain[:cut], STEP_S)
    second, after = advance(VALUES, first, cord[cut:], brain[cut:], STEP_S)
    assert second == whole
    assert np.array_equal(np.append(before.spinal, after.spinal), factors.spinal)
    assert np.array_equal(np.append(before.supraspinal, after.supraspinal), factors.supraspinal)
    assert np.min(factors.spinal) >= 1
    assert np.min(factors.supraspinal) >= 1
    assert factors.spinal[0] == state.factors(VALUES).spinal  # type: ignore[index]


@settings(deadline=None)
@given(STATES, st.lists(st.tuples(INDEX, st.floats(0, 10)), min_size=1, max_size=20))
def test_more_drug_never_means_less_tolerance(state: Tolerated, path: list[tuple[float, float]]) -> None:
    """At every moment, a person who had more is at least as tolerant."""
    little, more = np.array(path).T
    _, few = advance(VALUES, state, little, little, STEP_S)
    _, many = advance(VALUES, state, little + more, little + more, STEP_S)
    assert np.all(np.asarray(many.spinal) >= few.spinal)
    assert np.all(np.asarray(many.supraspinal) >= few.supraspinal)


def test_huge_index_is_full_occupancy() -> None:
    """A million EC50s, or an overdose without bound, tolerate no more than full occupancy does."""
    assert steady(1e300, 0.0) == Tolerated(1.0, 1.0, 0.0, 0.0)
    state, _ = advance(VALUES, Tolerated(), np.array([1e300]), np.array([0.0]), STEP_S)
    assert state.spinal_fast == pytest.approx(1 - exp(-log(2) * STEP_S / VALUES.fast_half_life.canonical))
