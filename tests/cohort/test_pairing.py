"""Paired differences against the textbook's own functions, and shares against counting by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from intrathecal.cohort.pairing import difference, paired


def table(count: int, seed: int, more: float = 0.0) -> dict[str, Any]:
    """Outcomes of patients who differ much between them and little between tables."""
    people, scatter = np.random.default_rng(5), np.random.default_rng(seed)
    relief = people.normal(50, 20, count) + scatter.normal(more, 3, count)
    return {
        "patient": np.arange(count),
        "relief_percent": relief,
        "complaint_mean": 7 - 0.07 * relief,
        "breathing_fraction_min": people.uniform(0.2, 0.9, count),
        "presses_given": scatter.integers(0, 4, count),
        "presses_refused": scatter.integers(0, 4, count),
        "mean_ug_per_mL morphine tip": people.lognormal(size=count),
        "dose_ug_per_day morphine": people.normal(1000, 20, count),
        "height_cm": people.normal(170, 7, count),
    }


def test_intervals_are_those_of_the_paired_and_of_the_unpaired_t_test() -> None:
    """SciPy's, and Welch's for two independent samples; the paired one is far shorter."""
    one, other = table(200, 1)["relief_percent"], table(200, 2, 4.0)["relief_percent"]
    found = difference(one, other, 1)

    same = stats.ttest_rel(other, one).confidence_interval(0.95)
    independent = stats.ttest_ind(other, one, equal_var=False).confidence_interval(0.95)
    assert found["mean"] == pytest.approx(np.mean(other) - np.mean(one))
    assert found["interval"] == pytest.approx([same.low, same.high])
    assert found["interval_unpaired"] == pytest.approx([independent.low, independent.high])
    assert np.ptp(found["interval"]) < 0.25 * np.ptp(found["interval_unpaired"])


def test_shares_and_responders_are_those_that_one_counts() -> None:
    """Patient by patient; more of what is bad is worse, and a press is neither."""
    one, other = table(150, 1), table(150, 2, 3.0)
    found = paired(one, other)
    pairs = list(zip(one["relief_percent"], other["relief_percent"], strict=True))

    assert found["responders"] == {
        "both": sum(a >= 50 and b >= 50 for a, b in pairs),
        "only_first": sum(a >= 50 > b for a, b in pairs),
        "only_second": sum(b >= 50 > a for a, b in pairs),
        "neither": sum(a < 50 and b < 50 for a, b in pairs),
    }
    table_of = found["responders"]
    gained = (table_of["only_second"] - table_of["only_first"]) / 150
    assert found["responders_fraction"]["mean"] == pytest.approx(gained)
    better = sum(b > a for a, b in pairs) / 150
    assert found["differences"]["relief_percent"]["better"] == pytest.approx(better)
    assert found["differences"]["complaint_mean"]["better"] == pytest.approx(better)
    refused = found["differences"]["presses_refused"]
    assert refused["worse"] == pytest.approx(np.mean(other["presses_refused"] > one["presses_refused"]))
    assert "better" not in found["differences"]["presses_given"]
    assert "height_cm" not in found["differences"]
    assert {"mean_ug_per_mL morphine tip", "dose_ug_per_day morphine"} <= set(found["differences"])


def test_patients_without_one_of_the_two_are_not_compared_and_few_have_no_interval() -> None:
    """What is not known of one is not known of the difference."""
    one, other = np.array([1.0, np.nan, 3.0]), np.array([2.0, 5.0, np.nan])
    found = difference(one, other, 1)

    assert (found["patients"], found["mean"], found["interval"], found["better"]) == (1, 1.0, None, 1.0)
    assert difference(one[1:2], other[1:2])["mean"] is None
    assert difference(np.ones(4), np.ones(4))["interval_unpaired"] == [0.0, 0.0]
