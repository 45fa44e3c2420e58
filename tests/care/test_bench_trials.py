"""The study of trials with a known truth, in small."""

from __future__ import annotations

from bench.trials import PLACEBO, diary, shares, study
from tests.care.support import CATALOGUE

PRIOR = (45.0, 25.0)


def test_clear_scores_are_decided_rightly_and_scattered_ones_are_extended() -> None:
    """Most at half a point, hardly any wrongly; at two points about half stay undecided; one date decides nothing."""
    clear, loose = (shares(study(CATALOGUE, scatter, 3, PRIOR, 120), 50) for scatter in (0.5, 2.0))
    assert clear["right"] > 0.7
    assert clear["wrong"] < 0.08
    assert clear["right if passed"] > 0.85
    assert loose["undecided"] > clear["undecided"] + 0.1
    assert shares(study(CATALOGUE, 1.0, 1, PRIOR, 20), 50)["undecided"] == 1


def test_few_pass_on_placebo() -> None:
    """About as many as were seen to respond to it: a sixth."""
    assert 0.08 < shares(study(CATALOGUE, 1.0, 3, PLACEBO, 120), 50)["passed"] < 0.27


def test_a_simulated_diary_holds_the_truth() -> None:
    """A patient at 8 with half of it relieved, over many days."""
    kept = diary(CATALOGUE, 1, 8.0, 50.0, 300)
    scores = [entry.nrs for entry in kept.phase("trial") if entry.nrs is not None]
    assert len(scores) == 1200
    assert abs(sum(scores) / len(scores) - 4) < 0.3
