"""Advancing a system: against each other, against scipy, against what the arithmetic promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import expm
from tests.simulation.canals import straight, system

from intrathecal.catalogue import load_catalogue
from intrathecal.simulation.modal import modal, phi_functions
from intrathecal.simulation.propagation import Propagator, choose
from intrathecal.simulation.squaring import poisson_weights, squaring
from intrathecal.simulation.system import LinearSystem, build_system, couple
from intrathecal.simulation.trajectory import ROUND_OFF, without_round_off
from intrathecal.spine import assemble

Array = NDArray[np.float64]
Make = Callable[[LinearSystem], Propagator]
BOTH = pytest.mark.parametrize("make", [modal, squaring], ids=["modal", "squaring"])


def morphine(cells: int = 40) -> LinearSystem:
    """Morphine in a reference adult."""
    catalogue = load_catalogue()
    return build_system(catalogue.drugs["morphine"], catalogue, 175, 70, cells)


def schedule(built: LinearSystem, segments: int) -> tuple[Array, Array, Array]:
    """Durations, inputs and sources of a restless program and of tablets."""
    random = np.random.default_rng(5)
    sources = np.stack([built.source("intrathecal", 40.0), built.source("oral")], axis=1)
    durations = np.where(random.random(segments) < 0.5, 900.0, random.random(segments) * 4000)
    return durations, random.random((segments, 2)) * [0.03, 3.0], sources


def test_phi_functions_near_and_far_from_zero() -> None:
    """The exponential and the two functions after it keep their digits from 1e-300 to -1e4, and for complex numbers."""
    import decimal

    decimal.getcontext().prec = 60
    for z in (-1e-300, -1e-17, -1e-9, -1e-3, -0.4999, -0.5, -0.51, -3.0, -40.0, -1e4):
        exact = decimal.Decimal(z)
        grown = exact.exp()
        right = [grown, (grown - 1) / exact, (grown - 1 - exact) / exact**2]
        if z > -1e-12:  # beyond sixty digits: the limits
            right[1:] = [decimal.Decimal(1), decimal.Decimal("0.5")]
        found = [float(part[0]) for part in phi_functions(np.array([z]))]
        assert found == pytest.approx([float(value) for value in right], rel=3e-15)
    assert [float(part[0]) for part in phi_functions(np.zeros(1))] == [1.0, 1.0, 0.5]
    turned = phi_functions(np.array([1e-3j, -2.0 + 5.0j]))
    assert turned[2] == pytest.approx([0.5 + 1e-3j / 6 - 1e-6 / 24, (turned[1][1] - 1) / (-2.0 + 5.0j)], rel=1e-9)


def test_poisson_weights_sum_to_their_moments() -> None:
    """The probabilities sum to 1, their tails to the mean, the sums of those to half of the mean squared."""
    for mean in (0.0, 1e-6, 0.3, 2.0):
        sums = [part.sum() for part in poisson_weights(mean)]
        assert sums == pytest.approx([1.0, mean, 0.5 * mean**2], rel=1e-14, abs=1e-300)


@BOTH
def test_one_step_is_the_matrix_exponential(make: Make) -> None:
    """Each method gives what scipy's exponential of the augmented matrix gives, integral included."""
    built = morphine()
    n, push = len(built.states), built.source("intrathecal", 40.0) * 0.7
    start, duration = built.source("intravenous") * 300, 2345.6
    augmented = np.zeros((2 * n + 1, 2 * n + 1))
    augmented[:n, :n], augmented[:n, -1], augmented[n : 2 * n, :n] = built.generator.toarray(), push, np.eye(n)
    right = expm(augmented * duration) @ np.concatenate([start, np.zeros(n), [1.0]])
    propagator = make(built)
    run = propagator.run(propagator.internal(start), np.array([duration]), np.ones((1, 1)), push[:, None])
    entered = 300 + 0.7 * duration
    assert np.abs(propagator.physical(run.states[-1]) - right[:n]).sum() <= 1e-11 * entered
    assert np.abs(run.integral - right[n : 2 * n]).sum() <= 1e-11 * entered * duration


def test_modes_and_squaring_agree() -> None:
    """Two methods that share no arithmetic agree to 1e-9 of the drug that entered, over a week of changes."""
    built = morphine()
    durations, inputs, sources = schedule(built, 300)
    entered = float(durations @ inputs.sum(axis=1))
    found = []
    for propagator in (modal(built), squaring(built)):
        run = propagator.run(propagator.internal(np.zeros(len(built.states))), durations, inputs, sources)
        amounts = np.stack([propagator.physical(state) for state in run.states])
        found.append((amounts, run.integral))
    assert np.abs(found[0][0] - found[1][0]).sum(axis=1).max() <= 1e-9 * entered
    assert np.abs(found[0][1] - found[1][1]).sum() <= 1e-9 * found[1][1].sum()


@BOTH
def test_cutting_a_run_changes_no_bit(make: Make) -> None:
    """A run that is stopped and resumed gives the same states and the same outputs, bit for bit."""
    built = morphine()
    propagator = make(built)
    durations, inputs, sources = schedule(built, 700)
    start = propagator.internal(built.source("intravenous") * 50)
    rows = np.vstack([built.csf_profile, built.cord_profile, *built.sites.values()])
    whole = propagator.run(start, durations, inputs, sources)
    seen = propagator.observe(whole.states, rows)
    for cut in (1, 299, 512, 613):
        first = propagator.run(start, durations[:cut], inputs[:cut], sources)
        second = propagator.run(first.states[-1], durations[cut:], inputs[cut:], sources)
        assert np.array_equal(second.states, whole.states[cut:])
        assert np.array_equal(propagator.observe(first.states, rows), seen[: cut + 1])
        assert np.array_equal(propagator.observe(second.states, rows), seen[cut:])
        assert np.array_equal(propagator.integral(second.states[-1]), propagator.integral(whole.states[-1]))


@BOTH
def test_states_add_up(make: Make) -> None:
    """A dose given at once is added to a state, and two runs add up to the run of both."""
    built = morphine()
    propagator = make(built)
    durations, inputs, sources = schedule(built, 20)
    dose = propagator.internal(built.source("oral") * 1e4)
    nothing = propagator.internal(np.zeros(len(built.states)))
    both = propagator.run(dose, durations, inputs, sources).states[-1]
    alone = propagator.run(dose, durations, 0 * inputs, sources).states[-1]
    other = propagator.run(nothing, durations, inputs, sources).states[-1]
    assert propagator.physical(both) == pytest.approx(propagator.physical(alone + other), rel=1e-9, abs=1e-9)


@BOTH
def test_integral_is_the_area_under_the_curve(make: Make) -> None:
    """The area of a dose until all is gone is -G^-1 b, and that of a run is the difference of two states."""
    built = morphine()
    propagator = make(built)
    dose = built.source("intrathecal", 33.0)
    run = propagator.run(
        propagator.internal(dose), np.array([60.0, 40 * 86400.0]), np.zeros((2, 0)), np.zeros((dose.size, 0))
    )
    right = np.linalg.solve(-built.generator.toarray(), dose)
    assert run.integral == pytest.approx(right, rel=1e-9)
    later = propagator.integral(run.states[-1]) - propagator.integral(run.states[1])
    assert later == pytest.approx(right - propagator.integral(run.states[1]), rel=1e-9, abs=1e-9 * right.max())


def test_squaring_keeps_every_microgram_over_a_long_step() -> None:
    """Through the thirty doublings of one step of ten years nothing of a closed canal is lost or made."""
    built = system(straight(40), 0.05)
    propagator, dose = squaring(built), built.source("intrathecal", 20.0)
    run = propagator.run(propagator.internal(dose), np.array([3e8]), np.zeros((1, 0)), np.zeros((dose.size, 0)))
    assert abs(propagator.physical(run.states[-1]).sum() - 1.0) <= 1e-13


def test_closed_canal_has_a_zero_rate_and_keeps_its_drug() -> None:
    """Without any loss one mode does not decay: nothing is lost in ten years, and the mean concentration is dose over volume."""
    built = system(straight(40), 0.05)
    dose = built.source("intrathecal", 20.0) * 7.0
    assert modal(built).error_estimate == float("inf")
    for propagator in (modal(built), choose(built)):
        run = propagator.run(propagator.internal(dose), np.array([3e8]), np.zeros((1, 0)), np.zeros((dose.size, 0)))
        assert propagator.physical(run.states[-1]) == pytest.approx(np.full(40, 7.0 / 40), rel=1e-7)
        assert run.integral.sum() == pytest.approx(7.0 * 3e8, rel=1e-7)


def cycle() -> LinearSystem:
    """A system with complex pairs: drug that goes round three boxes and leaves one of them."""
    built = couple("test", assemble(straight(3), np.full(4, 0.05), np.zeros(4), {}), None, 0.0, 2.5)
    generator = np.array([[-1.0, 0.0, 0.9], [1.0, -1.1, 0.0], [0.0, 1.1, -0.9]]) - np.diag([0.0, 0.0, 0.1])
    return replace(
        built, generator=sparse.csr_array(generator * 1e-3), sinks={"eliminated": np.array([0.0, 0.0, 1e-4])}
    )


def test_complex_pairs() -> None:
    """Modes that turn as they decay are advanced as well as the others."""
    built = cycle()
    fast, slow = modal(built), squaring(built)
    both: tuple[Propagator, Propagator] = (fast, slow)
    assert fast.real == 1
    assert fast.rates.size == 2
    assert fast.error_estimate < 1e-12
    durations, inputs = np.array([10.0, 500.0, 3000.0, 1e5]), np.array([[1.0], [0.0], [2.0], [0.5]])
    source, start = np.array([[0.0], [1.0], [0.0]]), np.array([5.0, 0.0, 0.0])
    runs = [each.run(each.internal(start), durations, inputs, source) for each in both]
    found = [each.observe(run.states, np.eye(3)) for each, run in zip(both, runs, strict=True)]
    assert found[0] == pytest.approx(found[1], rel=1e-11)
    assert runs[0].integral == pytest.approx(runs[1].integral, rel=1e-11)


def test_bad_modes_are_not_used() -> None:
    """Where flow far outruns dispersion the modes are too sensitive: their bound says so, and squaring takes over."""
    good, bad = morphine(), system(straight(150), 1e-4, 1e-4, speed=2e-3)
    assert modal(good).error_estimate < 1e-8
    assert choose(good).method.startswith("modal")
    assert modal(bad).error_estimate > 1e-8
    assert choose(bad).method.startswith("scaling and squaring")
    propagator = choose(bad)
    start = bad.source("intrathecal", 20.0)
    run = propagator.run(propagator.internal(start), np.array([1000.0]), np.zeros((1, 0)), np.zeros((start.size, 0)))
    assert propagator.physical(run.states[-1]) == pytest.approx(expm(bad.generator.toarray() * 1000) @ start, abs=1e-12)


def test_bound_covers_the_error() -> None:
    """The modes' bound is above their distance from scipy's exponential, also where they are bad."""
    for dispersion in (2e-3, 4e-3, 1e-2):
        built = system(straight(100), dispersion, 1e-4, speed=1e-3)
        propagator, start = modal(built), built.source("intrathecal", 20.0)
        for duration in (100.0, 3000.0):
            right = expm(built.generator.toarray() * duration) @ start
            run = propagator.run(
                propagator.internal(start), np.array([duration]), np.zeros((1, 0)), np.zeros((start.size, 0))
            )
            error = np.abs(propagator.vectors @ run.states[-1][0] - right)
            assert error.sum() <= max(propagator.error_estimate, 1e-13)


@BOTH
def test_zero_duration_and_no_segments(make: Make) -> None:
    """A segment of no length changes nothing, and a run of no segments gives its start back."""
    built = morphine()
    propagator = make(built)
    start = propagator.internal(built.source("oral") * 10)
    source = built.source("oral")[:, None]
    run = propagator.run(start, np.array([0.0]), np.array([[5.0]]), source)
    assert np.array_equal(run.states[1], start)
    assert not run.integral.any()
    assert propagator.run(start, np.zeros(0), np.zeros((0, 1)), source).states.shape == (1, 2, len(built.states))


@BOTH
@pytest.mark.parametrize(
    ("durations", "inputs", "message"),
    [
        ([60.0], [[float("nan")]], "inputs holds a number that is negative or not finite"),
        ([-1.0], [[1.0]], "durations_s holds a number that is negative"),
        ([60.0], [[-1.0]], "inputs holds"),
        ([60.0, 60.0], [[1.0]], "do not fit"),
    ],
)
def test_wrong_input_is_refused(make: Make, durations: list[float], inputs: list[list[float]], message: str) -> None:
    """Numbers that are negative or not finite, and arrays that do not fit, are refused before anything is advanced."""
    built = morphine()
    propagator = make(built)
    start = propagator.internal(np.zeros(len(built.states)))
    with pytest.raises(ValueError, match=message):
        propagator.run(start, np.array(durations), np.array(inputs), built.source("oral")[:, None])


@BOTH
def test_years_without_a_dose(make: Make) -> None:
    """A dose fades to nothing in a year, through the smallest numbers that there are, and nothing complains."""
    built = morphine()
    propagator = make(built)
    dose = built.source("intrathecal", 33.0) * 100
    run = propagator.run(
        propagator.internal(dose), np.full(73, 5 * 86400.0), np.zeros((73, 0)), np.zeros((dose.size, 0))
    )
    rows = np.array(list(built.sites.values()))
    assert propagator.observe(run.states, rows)[-1].max() <= 1e-250
    assert all(propagator.physical(state).sum() <= 101 for state in run.states)
    assert built.sinks["eliminated"] @ run.integral == pytest.approx(100.0, rel=1e-10)


def test_washed_out_dose_beside_a_slow_layer() -> None:
    """Round-off in modes that hold nothing but decay most slowly is known as such when the dose itself is long gone."""
    catalogue = load_catalogue()
    drug = catalogue.drugs["baclofen"]
    csf = replace(
        drug.csf,
        cord_share=replace(drug.csf.cord_share, number=Decimal("1e-27")),
        cord_residence=replace(drug.csf.cord_residence, number=Decimal(12)),
    )
    built = build_system(replace(drug, csf=csf), catalogue, 120, 30, 30)
    propagator, dose = modal(built), 57.0 * built.source("epidural", 45.0)
    run = propagator.run(propagator.internal(dose), np.array([605928.0]), np.zeros((1, 0)), np.zeros((dose.size, 0)))
    assert 0 < propagator.physical(run.states[-1]).sum() < 1e-8
    assert propagator.observe(run.states, np.array(list(built.sites.values()))).min() >= 0


def test_round_off_is_removed_and_nothing_else() -> None:
    """A hair below zero becomes zero; more than a hair, or a number that is none, stops the run."""
    assert without_round_off(np.array([1.0, -0.5 * ROUND_OFF]), 1.0, "x").tolist() == [1.0, 0.0]
    with pytest.raises(ArithmeticError, match="below zero by more than round-off"):
        without_round_off(np.array([1.0, -1e-6]), 1.0, "x")
    with pytest.raises(ArithmeticError, match="not finite"):
        without_round_off(np.array([1.0, np.nan]), 1.0, "x")
