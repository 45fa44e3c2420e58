"""Dispersion and how it follows heart, breathing and stroke volume; flow of fluid."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

from intrathecal.catalogue import Physiology, load_catalogue
from intrathecal.spine import Cranium, Motion, build_canal, closure, dispersion, spinal_flow

CATALOGUE = load_catalogue()
NORMAL = CATALOGUE.physiology
CANAL = build_canal(CATALOGUE.anatomy, 175)


def changed(**factors: float) -> Physiology:
    """The built-in physiology with some values multiplied."""
    values = {name: getattr(NORMAL, name) for name in factors}
    return replace(
        NORMAL,
        **{name: replace(value, number=value.number * Decimal(str(factors[name]))) for name, value in values.items()},
    )


def at(profile: NDArray[np.float64], level: str) -> float:
    """A profile over the faces, at a level."""
    return float(np.interp(CANAL.sites_cm[level], CANAL.edges_cm, profile))


def test_reference_motion_gives_the_three_values() -> None:
    """Without a change D is that of the catalogue at C4, T6 and L3, log-linear between and constant beyond."""
    found = dispersion(NORMAL, NORMAL, CANAL)
    right = [value.canonical for value in (NORMAL.dispersion_c4, NORMAL.dispersion_t6, NORMAL.dispersion_l3)]
    assert [at(found, level) for level in ("C4", "T6", "L3")] == pytest.approx(right, rel=0.01)
    assert found[0] == pytest.approx(right[0])
    assert found[-1] == pytest.approx(right[2])
    middle = 0.5 * (CANAL.sites_cm["T6"] + CANAL.sites_cm["L3"])
    assert np.interp(middle, CANAL.edges_cm, found) == pytest.approx(np.sqrt(right[1] * right[2]), rel=0.01)
    assert np.all(np.diff(found) <= 1e-15)


@pytest.mark.parametrize("name", ["heart_rate", "stroke_volume", "respiratory_rate", "respiratory_displacement"])
def test_more_motion_spreads_more(name: str) -> None:
    """Faster or larger beats and breaths raise D everywhere, most where the fluid moves most."""
    ratio = dispersion(changed(**{name: 2.0}), NORMAL, CANAL) / dispersion(NORMAL, NORMAL, CANAL)
    assert np.all(ratio > 1)
    assert np.all(ratio <= (4.0 if name.startswith(("stroke", "respiratory_d")) else 2.0))
    assert at(ratio, "T6") > at(ratio, "L5")


def test_closure_is_the_written_formula() -> None:
    """D = kL + b (f_c s_c^2 + f_r s_r^2), with s = volume over area, at C2 and at the end of the sac."""
    motion = Motion(1.5, 1.17, 4.0, 0.25, 0.1, 0.01, 0.043)
    found = closure(motion, CANAL)
    area = float(np.interp(CANAL.sites_cm["C2"], CANAL.edges_cm, CANAL.csf_area_cm2))
    right = 0.01 + 0.043 * (1.17 * (1.5 / area) ** 2 + 0.25 * (4.0 / area) ** 2)
    assert at(found, "C2") == pytest.approx(right, rel=0.02)
    end = CANAL.csf_area_cm2[-1]
    assert found[-1] == pytest.approx(0.01 + 0.043 * (1.17 * (0.15 / end) ** 2 + 0.25 * (0.4 / end) ** 2))


def test_still_fluid_only_mixes() -> None:
    """Without beat and breath the closure is the lateral mixing."""
    assert closure(Motion(0.0, 1.0, 0.0, 1.0, 0.1, 0.013, 0.043), CANAL) == pytest.approx(np.full(151, 0.013))


def test_closure_alone_is_near_the_fitted_values() -> None:
    """The formula with the catalogue's motion, fitted to nothing, is within a factor 2 of the three fitted values."""
    found = closure(Motion.of(NORMAL, CANAL), CANAL)
    fitted = dispersion(NORMAL, NORMAL, CANAL)
    for level in ("C4", "T6", "L3"):
        assert 0.5 < at(found, level) / at(fitted, level) < 2.0


def test_fluid_is_absorbed_evenly_and_stops_at_the_sac() -> None:
    """The spinal share enters at the top, falls linearly, and nothing flows at the end of the sac."""
    flow = spinal_flow(NORMAL, CANAL)
    assert flow[0] == pytest.approx(NORMAL.spinal_absorption.canonical)
    assert flow[-1] == 0.0
    assert np.diff(flow) == pytest.approx(np.full(150, -flow[0] / 150))


def test_cranium_shares_out_what_is_made() -> None:
    """What is made and not absorbed along the canal goes up; the two boxes hold all cranial fluid."""
    cranium = Cranium.of(NORMAL, 1e-4)
    assert cranium.upward_mL_per_s == pytest.approx((0.35 - 0.10) / 60)
    assert cranium.cisterna_mL + cranium.cranial_mL == pytest.approx(NORMAL.cranial_volume.canonical)
