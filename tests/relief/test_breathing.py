"""Breathing under opioids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.relief.support import BUPIVACAINE, FENTANYL, MORPHINE, at, changed, factors

from intrathecal.catalogue import Drug
from intrathecal.relief import NO_TOLERANCE, breathing_fraction

INDEX = st.just(0.0) | st.floats(1e-9, 1e9)


def steep(drug: Drug, steepness: float) -> Drug:
    """``drug`` with another steepness of its effect on breathing."""
    return replace(drug, breathing=changed(drug.breathing, hill=steepness))


@settings(deadline=None)
@given(INDEX, INDEX, st.floats(0, 1e3), st.floats(1, 20), st.floats(0.5, 3), st.floats(0.5, 3))
def test_more_opioid_never_means_more_breathing(
    first: float, second: float, extra: float, needed: float, hill: float, other: float
) -> None:
    """Of either of two opioids, of any steepness, in any tolerance; what is left is between nothing and all."""
    a, b = steep(MORPHINE, hill), steep(FENTANYL, other)
    tolerant = factors(1.0, needed)
    before = float(breathing_fraction([at(a, 0, 0, first), at(b, 0, 0, second)], tolerant))
    for more in ((first + extra, second), (first, second + extra)):
        after = float(breathing_fraction([at(a, 0, 0, more[0]), at(b, 0, 0, more[1])], tolerant))
        assert 0.0 <= after <= before * (1 + 1e-12) <= 1.0 + 1e-12


def test_half_at_an_index_of_one() -> None:
    """1 / (1 + u), u over tolerance; opioids of the same steepness add; without an opioid breathing is whole."""
    drug, other = steep(MORPHINE, 1), steep(FENTANYL, 1)
    assert breathing_fraction([at(drug, 0, 0, [0.0, 1.0, 3.0])], NO_TOLERANCE) == pytest.approx([1.0, 0.5, 0.25])
    both = breathing_fraction([at(drug, 0, 0, 1.0), at(other, 0, 0, 2.0)], factors(9.0, 1.5))
    assert float(both) == pytest.approx(1 / 3)
    assert breathing_fraction([at(BUPIVACAINE, [1e3, 1e4])], NO_TOLERANCE).tolist() == [1.0, 1.0]
    assert float(breathing_fraction([], NO_TOLERANCE)) == 1.0


def test_only_the_brain_counts() -> None:
    """Neither the cord's index nor its tolerance changes breathing."""
    usual = breathing_fraction([at(MORPHINE, 0.0, 0.0, 0.7)], NO_TOLERANCE)
    assert breathing_fraction([at(MORPHINE, 9.0, 9.0, 0.7)], factors(7.0, 1.0)) == usual


def test_overdose_without_bound() -> None:
    """Breathing stops; nothing overflows."""
    assert breathing_fraction([at(MORPHINE, 0, 0, np.array([1e30, 1e300]))], NO_TOLERANCE) == pytest.approx([0, 0])
