"""A workload's bookkeeping against sums by hand."""

from dataclasses import replace

import numpy as np
import pytest
from bench.own import exact
from bench.workloads import Solved, errors_between, mass_defect, steps, w1
from tests.bench.decay import HOUR_S, INFLOW, decay


def test_mass_defect_is_the_largest_gap_over_all_that_entered() -> None:
    """A known amount that is missing at one sample is found there, in parts of the whole inflow."""
    workload = decay()
    entered = INFLOW * workload.samples_s
    missing = np.zeros_like(entered)
    missing[7] = 0.25
    assert workload.entered == pytest.approx(entered, rel=1e-14)
    assert mass_defect(workload, Solved(workload.reference, entered)) < 1e-14
    found = mass_defect(workload, Solved(workload.reference, entered - missing))
    assert found == pytest.approx(0.25 / (INFLOW * 24 * HOUR_S), rel=1e-9)


def test_what_was_there_at_the_start_counts_as_entered() -> None:
    """Drug in a state at time zero is part of the mass."""
    workload = replace(decay(), start=np.array([0.0, 5.0, 0.0]))
    assert workload.entered[0] == pytest.approx(5.0 + INFLOW * workload.samples_s[0])


def test_errors_are_in_parts_of_each_output_s_own_peak() -> None:
    """The same difference is a larger error where the peak is smaller."""
    right = np.array([[1.0, 10.0], [2.0, 40.0]])
    assert errors_between(right + np.array([[0.0], [0.2]]), right) == pytest.approx([0.1, 0.005])


def test_steps_hold_every_edge_and_sample_once_with_the_input_of_their_segment() -> None:
    """Durations add up to the time of each sample, and durations times inputs to what entered."""
    workload = replace(decay(1, 700.0), inputs=np.array([0.1, 0.7]))
    durations, inputs, ends = steps(workload)
    times = np.concatenate([[0.0], np.cumsum(durations)])
    assert times[ends] == pytest.approx(workload.samples_s)
    given = np.concatenate([[0.0], np.cumsum(durations * inputs)])
    assert given[ends] == pytest.approx(workload.entered)


def test_a_part_is_the_beginning_of_the_whole() -> None:
    """Three days of W1 end at three days, with the samples, the flows and the answers until then."""
    whole = w1()
    part = whole.part(3.0)
    assert part.days == 3.0
    assert part.samples_s[-1] == part.edges_s[-1] == 3 * 86400.0
    assert len(part.inputs) == len(part.edges_s) - 1
    assert part.entered[-1] == pytest.approx(whole.entered[len(part.samples_s) - 1], rel=1e-12)
    assert np.array_equal(part.reference, whole.reference[: len(part.samples_s)])
    assert whole.part(1e6).days == whole.days


def test_dense_modes_give_the_exact_answer() -> None:
    """Against the answer by hand, and against that of the data file, with its drug all accounted for."""
    for workload, worst in ((decay(), 1e-12), (w1().part(3.0), 1e-9)):
        solved = exact(workload)(0.0)
        assert errors_between(solved.outputs, workload.reference).max() < worst
        assert mass_defect(workload, solved) < 1e-10
