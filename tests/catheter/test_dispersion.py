"""Growth of variance in a tube, against a numerical solution and the limits of Taylor and Aris."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.special import jn_zeros

from intrathecal.catheter.dispersion import ZEROS, shear

RADIUS = 0.0265
AREA = np.pi * RADIUS**2
KAPPA = 5e-6
RELAXATION = RADIUS**2 / KAPPA
RINGS = 60


def numerical_variance(velocities: list[float], durations: list[float]) -> float:
    """Variance from Aris's moment equations on rings of equal width.

    mu1 is the first axial moment in each ring in the frame of the mean flow: d mu1/dt = kappa lap mu1 + u'; then
    d sigma^2/dt = 2 kappa + 2 mean(u' mu1).
    """
    edges = np.linspace(0.0, RADIUS, RINGS + 1)
    areas = np.diff(edges**2) / RADIUS**2
    middle = 0.5 * (edges[1:] ** 2 + edges[:-1] ** 2) / RADIUS**2  # the mean of r^2 over a ring
    excess = 1.0 - 2.0 * middle
    coupling = 2.0 * edges[1:-1] / np.diff(0.5 * (edges[1:] + edges[:-1])) / RADIUS**2

    def slope(_: float, state: NDArray[np.float64], velocity: float) -> NDArray[np.float64]:
        flux = KAPPA * coupling * np.diff(state[:-1])
        moment = (np.append(flux, 0.0) - np.insert(flux, 0, 0.0)) / areas + velocity * excess
        growth = 2.0 * KAPPA + 2.0 * velocity * (areas * excess) @ state[:-1]
        return np.append(moment, growth)

    state = np.zeros(RINGS + 1)
    for velocity, duration in zip(velocities, durations, strict=True):
        solution = solve_ivp(slope, (0.0, duration), state, "LSODA", args=(velocity,), rtol=1e-8, atol=1e-10)
        state = solution.y[:, -1]
    return float(state[-1])


def variance(velocity: float, duration: float) -> float:
    """Variance after a flow that began at rest."""
    tube = shear((KAPPA,), AREA)
    return float(tube.variance(tube.rested, velocity, np.array([duration]))[0, 0])


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 2.1, 20.0])
def test_the_closed_form_solves_the_moment_equations(share: float) -> None:
    """From the laminar start to the Taylor-Aris end, variance is that of a numerical solution of Aris's equations."""
    assert variance(0.3, share * RELAXATION) == pytest.approx(numerical_variance([0.3], [share * RELAXATION]), rel=2e-3)


def test_in_the_end_the_growth_is_that_of_taylor_and_aris() -> None:
    """Long after the start, d(sigma^2)/dt = 2 kappa (1 + (a U / kappa)^2 / 48)."""
    velocity, late = 0.02, 50.0 * RELAXATION
    growth = (variance(velocity, late + 100.0) - variance(velocity, late)) / 100.0
    assert growth == pytest.approx(2.0 * KAPPA * (1.0 + (RADIUS * velocity / KAPPA) ** 2 / 48.0), rel=1e-6)


def test_at_first_the_growth_is_that_of_the_laminar_profile() -> None:
    """Long before a^2/kappa the excess over molecular diffusion is U^2 t^2 / 3."""
    velocity, early = 0.3, 2e-3 * RELAXATION
    assert variance(velocity, early) - 2.0 * KAPPA * early == pytest.approx(velocity**2 * early**2 / 3.0, rel=0.03)


def test_a_slow_infusion_at_20_ul_per_hour() -> None:
    """20 uL/h in a bore of 0.53 mm, kappa 7e-6 cm2/s: U 2.5e-3 cm/s, Pe 9.5, D 2.9 kappa, 1.2 cm of blur in 90 cm."""
    velocity = 0.02 / 3600.0 / AREA
    assert velocity == pytest.approx(2.5e-3, rel=0.02)
    kappa = 7e-6
    assert RADIUS * velocity / kappa == pytest.approx(9.5, rel=0.02)
    tube = shear((kappa,), AREA)
    grown = tube.variance(tube.rested, velocity, np.array([90.0 / velocity]))[0, 0]
    assert grown / (2.0 * kappa * 90.0 / velocity) == pytest.approx(2.9, rel=0.02)
    assert grown**0.5 == pytest.approx(1.2, rel=0.03)


def test_past_flow_is_remembered_through_changes_of_rate_and_pauses() -> None:
    """Fast, slow, still, fast again: the variance is that of the numerical solution of the same sequence."""
    velocities, durations = [0.3, 0.05, 0.0, 0.2], [20.0, 8.0, 5.0, 30.0]
    tube = shear((KAPPA,), AREA)
    memory, total = tube.rested, 0.0
    for velocity, duration in zip(velocities, durations, strict=True):
        total += tube.variance(memory, velocity, np.array([duration]))[0, 0]
        memory = tube.after(memory, velocity, duration)
    assert total == pytest.approx(numerical_variance(velocities, durations), rel=2e-3)


def test_a_steady_flow_may_be_cut_anywhere() -> None:
    """Variance over pieces of a flow adds up to that of the whole."""
    tube = shear((KAPPA, 3e-6), AREA)
    whole = tube.variance(tube.rested, 0.1, np.array([90.0]))[0]
    memory, pieces = tube.rested, np.zeros(2)
    for duration in (1.0, 29.0, 60.0):
        pieces = pieces + tube.variance(memory, 0.1, np.array([duration]))[0]
        memory = tube.after(memory, 0.1, duration)
    np.testing.assert_allclose(pieces, whole, rtol=1e-12)


def test_the_modes_are_the_first_zeros_of_the_bessel_function() -> None:
    """They are those of J1, to the last digit, and none is left out."""
    assert jn_zeros(1, len(ZEROS)).tolist() == list(ZEROS)
