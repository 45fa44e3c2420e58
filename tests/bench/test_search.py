"""The search for the loosest tolerance."""

from __future__ import annotations

from bench.contenders import TOLERANCES
from bench.search import loosest
from hypothesis import given
from hypothesis import strategies as st


@given(st.floats(1e-12, 1e-2), st.floats(0.1, 10.0))
def test_the_loosest_that_is_good_enough_is_found(largest: float, factor: float) -> None:
    """Where the error is so many times the tolerance: that one is good enough, and the next looser one is not."""
    found = loosest(lambda rtol: factor * rtol, TOLERANCES, largest)
    good = [rtol for rtol in TOLERANCES if factor * rtol <= largest]
    assert found == (max(good) if good else None)


def test_a_method_that_gives_up_or_runs_away_is_not_good_enough() -> None:
    """An error that is raised, or is no number, makes the search go on."""

    def error(rtol: float) -> float:
        if rtol > 1e-4:
            raise ArithmeticError("too loose")
        if rtol > 1e-5:
            return float("nan")
        return rtol

    assert loosest(error, TOLERANCES, 1e-4) == 1e-5
