"""How likely unwanted effects are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.relief.support import BACLOFEN, CATALOGUE, FENTANYL, MORPHINE, at, changed

from intrathecal.catalogue import SideEffect
from intrathecal.relief import NO_TOLERANCE, Factors, exposures, probabilities

EFFECTS = CATALOGUE.side_effects
ITCHING: SideEffect = changed(EFFECTS["itching"], background=0.1, half_index=2.0, slope=1.5)


def test_background_half_and_all() -> None:
    """Nobody is spared the background; half of the others have it at the half index; at the end all."""
    found = [probabilities({"itching": ITCHING}, {"itching": peak})["itching"] for peak in (0.0, 2.0, 1e200)]
    assert found == pytest.approx([0.1, 0.55, 1.0])
    quarter = 0.1 + 0.9 * 0.5**1.5 / (0.5**1.5 + 1)
    assert probabilities({"itching": ITCHING}, {"itching": 1.0})["itching"] == pytest.approx(quarter)


@settings(deadline=None)
@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_is_never_safer(peak: float, extra: float) -> None:
    """Every probability of the catalogue rises with the peak, and is one."""
    little = probabilities(EFFECTS, dict.fromkeys(EFFECTS, peak))
    more = probabilities(EFFECTS, dict.fromkeys(EFFECTS, peak + extra))
    for name in EFFECTS:
        assert 0 <= little[name] <= more[name] <= 1


def test_only_those_that_a_drug_can_cause() -> None:
    """A mechanism that nobody is given causes nothing; opioids cause the same things, together, each at its site."""
    acting = [at(MORPHINE, [1.0, 2.0], [0.5, 0.0]), at(FENTANYL, [0.25, 0.0], [0.0, 4.0])]
    seen = exposures(EFFECTS, acting, NO_TOLERANCE)
    assert set(seen) == {name for name, effect in EFFECTS.items() if effect.mechanism == "opioid"}
    for name, values in seen.items():
        assert values.tolist() == ([1.25, 2.0] if EFFECTS[name].site == "spinal" else [0.5, 4.0])
    assert all(
        EFFECTS[name].mechanism == "GABA-B agonist" for name in exposures(EFFECTS, [at(BACLOFEN, 1.0)], NO_TOLERANCE)
    )


def test_whoever_is_used_to_it_is_at_less_risk() -> None:
    """Tolerance at its own site divides the index of an effect that wears off, and leaves the others as they are."""
    acting = [at(MORPHINE, [6.0], [6.0])]
    seen = exposures(EFFECTS, acting, Factors(2.0, np.array([3.0])))
    expected = {"itching": 3.0, "urinary-retention": 6.0, "nausea": 2.0, "respiratory-depression": 2.0}
    assert {name: values.tolist() for name, values in seen.items()} == {name: [x] for name, x in expected.items()}
