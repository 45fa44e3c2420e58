"""Dispersion by shear alone, from theory without a fit: an independent check of the order of D(z) and of its coefficient."""

import numpy as np
import pytest
from tests.simulation.exact import plate_dispersion

from intrathecal.catalogue import load_catalogue
from intrathecal.spine import Motion, build_canal, closure, dispersion

VISCOSITY = 0.007  # cm2/s, cerebrospinal fluid at 37 C
MOLECULAR = 5e-6  # cm2/s, the diffusivity that the published figures below use
GAP = 0.3  # cm, between cord and dura
CATALOGUE = load_catalogue()


def by_finite_differences(gap: float, displaced: float, per_s: float, viscosity: float, mixing: float) -> float:
    """The same dispersion by solving i w G - kappa G'' = U - U0 on 4000 points."""
    points, a, omega = 4000, 0.5 * gap, 2 * np.pi * per_s
    y = (np.arange(points) + 0.5) / points * gap - a
    m = np.sqrt(1j * omega / viscosity)
    mean = 0.5 * omega * displaced
    speed = mean * (1 - np.cosh(m * y) / np.cosh(m * a)) / (1 - np.tanh(m * a) / (m * a)) - mean
    between = mixing / (gap / points) ** 2
    diagonal = np.full(points, 1j * omega + 2 * between)
    diagonal[[0, -1]] -= between
    from scipy.linalg import solve_banded

    off = np.full(points, -between, dtype=complex)
    solution = solve_banded((1, 1), np.array([off, diagonal, off]), speed)
    return float(mixing + 0.5 * np.mean(speed * solution.conj()).real)


@pytest.mark.parametrize("mixing", [5e-6, 1e-3, 1e-2, 1e-1])
def test_closed_form_solves_its_equation(mixing: float) -> None:
    """The closed form is the solution by finite differences."""
    right = by_finite_differences(GAP, 1.0, 1.17, VISCOSITY, mixing)
    assert plate_dispersion(GAP, 1.0, 1.17, VISCOSITY, mixing) == pytest.approx(right, rel=1e-4)


def test_steady_limit() -> None:
    """When the flow turns so slowly that the gap is mixed, it is Taylor's 1 + 2/105 (U a / kappa)^2, averaged over the cycle."""
    mixing, displaced, per_s = 0.05, 30.0, 2e-4
    peak = np.pi * per_s * displaced
    right = mixing * (1 + 2 / 105 * 0.5 * (peak * 0.5 * GAP / mixing) ** 2)
    extra = plate_dispersion(GAP, displaced, per_s, VISCOSITY, mixing) - mixing
    assert extra == pytest.approx(right - mixing, rel=1e-3)


def test_published_enhancement_of_the_spinal_canal() -> None:
    """For a gap of 4 mm and a stroke of 5 mm dispersion is 5.3 times molecular, near the 5.8 of Sharp 2019."""
    ratio = plate_dispersion(0.4, 0.5, 1.17, VISCOSITY, MOLECULAR) / MOLECULAR
    assert ratio == pytest.approx(5.8, rel=0.1)


def test_shear_coefficient_is_the_largest_that_shear_allows() -> None:
    """Over all lateral mixing (D - kL) / (f s^2) has its largest value near 1e-2 cm2/s: the catalogue's kL and b = 0.043."""
    mixing = np.geomspace(1e-5, 1.0, 101)
    found = np.array([(plate_dispersion(GAP, 1.0, 1.17, VISCOSITY, k) - k) / 1.17 for k in mixing])
    assert CATALOGUE.physiology.shear_coefficient.canonical == pytest.approx(found.max(), rel=0.05)
    assert 0.5 < CATALOGUE.physiology.lateral_mixing.canonical / mixing[found.argmax()] < 2


def test_dispersion_is_of_the_order_of_shear_with_strong_mixing() -> None:
    """Shear at the best mixing gives D(z) within a factor 2 at L3, T6 and C4; with molecular mixing 100 times too little."""
    canal = build_canal(CATALOGUE.anatomy, 175)
    physiology = CATALOGUE.physiology
    used = dispersion(physiology, physiology, canal)
    motion = Motion.of(physiology, canal)
    assert np.all(closure(motion, canal) > 0)
    for level in ("L3", "T6", "C4"):
        z = canal.sites_cm[level]
        area, wanted = np.interp(z, canal.edges_cm, canal.csf_area_cm2), np.interp(z, canal.edges_cm, used)
        below = max(z - canal.sites_cm["C2"], 0) / (canal.length_cm - canal.sites_cm["C2"])
        share = 1 - 0.9 * below
        strokes = [(motion.stroke_mL, motion.heart_per_s), (motion.breath_mL, motion.breathing_per_s)]
        for mixing, low, high in ((0.01, 0.5, 2.0), (MOLECULAR, 0.0, 0.01)):
            each = [plate_dispersion(GAP, v * share / area, f, VISCOSITY, mixing) - mixing for v, f in strokes]
            assert low <= (mixing + sum(each)) / wanted <= high
