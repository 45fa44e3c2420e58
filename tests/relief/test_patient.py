"""The patient before therapy, and what pain and spasticity are left."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.relief.support import BUPIVACAINE, MORPHINE, RELIEF, at, hill

from intrathecal.relief import ashworth, baseline, breathing_fraction, pain, placebo, relief_fraction, steady

PAIN = st.floats(0, 10)
INDEX = st.floats(0, 30)
WEEK_S = 7 * 86400.0


@settings(deadline=None)
@given(PAIN)
def test_without_an_opioid_pain_is_what_it_is(now: float) -> None:
    """Nothing by mouth: untreated pain is the pain, and the patient is as sensitive as any."""
    found = baseline(RELIEF, (), now)
    assert found.untreated_pain == found.pain == now
    assert found.insensitivity == 1
    assert found.tolerated == steady(0.0, 0.0)
    assert baseline(RELIEF, [at(MORPHINE, np.zeros(1), np.zeros(1))], now) == found


@settings(deadline=None)
@given(PAIN, INDEX, INDEX)
def test_untreated_pain_solves_its_equation(now: float, spinal: float, supraspinal: float) -> None:
    """Untreated pain, less what the tolerated oral opioid takes, is today's pain; it stays on the scale by insensitivity."""
    acting = [at(MORPHINE, [spinal], [supraspinal])]
    found = baseline(RELIEF, acting, now)
    taken = relief_fraction(RELIEF, acting, found.tolerated.factors(RELIEF.tolerance), found.insensitivity)
    assert found.untreated_pain * (1 - float(taken[0])) == pytest.approx(found.pain, rel=1e-12, abs=1e-300)
    assert 0 <= found.untreated_pain <= 10 * (1 + 1e-12)
    assert found.insensitivity >= 1
    if now <= 9.5:
        assert found.pain == pytest.approx(now, rel=1e-12)
    assert np.rint(found.pain) == np.rint(now) or abs(np.rint(now) - now) > 0.49
    assert found.insensitivity == 1 or found.untreated_pain == 10


def test_insensitive_patient_by_hand() -> None:
    """Pain of 8 on an opioid that would take half in others: it takes a fifth here, and the factor is that of two Hill curves."""
    h = MORPHINE.response.hill.canonical
    slow, fast = RELIEF.tolerance.spinal_slow_max.canonical, RELIEF.tolerance.fast_max.canonical
    index = 1.0
    while abs(miss := index / (1 + (fast + slow) * index / (1 + index)) - 1) > 1e-14:
        index -= miss
    assert hill(index / (1 + (fast + slow) * index / (1 + index)), h) == pytest.approx(0.5)
    found = baseline(RELIEF, [at(MORPHINE, [index], [0.0])], 8.0)
    assert found.untreated_pain == 10
    assert found.pain == pytest.approx(8.0, rel=1e-12)
    assert found.insensitivity == pytest.approx(4 ** (1 / h), rel=1e-10)  # odds of 1 become odds of 1/4
    assert breathing_fraction([at(MORPHINE, 0, 0, 1.0)], found.tolerated.factors(RELIEF.tolerance)) == pytest.approx(
        0.5
    )


def test_worst_pain_on_a_heavy_opioid() -> None:
    """Ten is answered from 9.5 on: the patient is insensitive, but no more than that answer says, and opioids still work."""
    heavy = [at(MORPHINE, [20.0], [20.0])]
    found = baseline(RELIEF, heavy, 10.0)
    assert found.insensitivity > 1
    assert found.pain == pytest.approx(9.5, rel=1e-12)
    assert baseline(RELIEF, heavy, 9.5).insensitivity == pytest.approx(found.insensitivity, rel=1e-12)
    assert baseline(RELIEF, heavy, 9.0).insensitivity < found.insensitivity
    faint = baseline(RELIEF, [at(MORPHINE, [1e-3], [0.0])], 10.0)
    assert faint.insensitivity == 1
    assert faint.pain == pytest.approx(10.0, abs=1e-3)
    never = baseline(RELIEF, heavy, 0.0)
    assert (never.untreated_pain, never.insensitivity, never.pain) == (0.0, 1.0, 0.0)


def test_overwhelming_opioid() -> None:
    """An oral opioid that would leave nothing of any pain meets a patient who still has some."""
    found = baseline(RELIEF, [at(MORPHINE, [1e60], [1e60])], 4.0)
    assert found.pain == pytest.approx(4.0, rel=1e-9)
    assert found.untreated_pain == 10


def test_placebo_rises_to_its_most() -> None:
    """None before therapy, half of the most after its half-time, all of it in the end."""
    most, half = RELIEF.placebo_max.canonical, RELIEF.placebo_half_time.canonical
    seen = placebo(RELIEF, np.array([-1e6, 0.0, half, 2 * half, 1e3 * half]))
    assert seen == pytest.approx(most * np.array([0, 0, 0.5, 0.75, 1]))


def test_pain_and_spasticity_that_are_left() -> None:
    """Drugs take their part, placebo one of the rest; spasticity has no placebo and stays on its scale."""
    assert pain(8.0, np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.25, 0.1])) == pytest.approx([8.0, 3.0, 0.0])
    assert ashworth(3.0, np.array([0.0, 0.5, 1.0])) == pytest.approx([3.0, 1.5, 0.0])
    assert ashworth(4.5, np.array([0.0])).tolist() == [4.0]


def test_oral_opioid_alone_makes_tolerant() -> None:
    """Only opioids leave tolerance behind."""
    assert baseline(RELIEF, [at(BUPIVACAINE, [1.0])], 5.0).tolerated == steady(0.0, 0.0)
    assert baseline(RELIEF, [at(MORPHINE, [1.0], [3.0])], 5.0).tolerated == steady(1.0, 3.0)
