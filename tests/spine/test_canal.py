"""The canal: lengths, areas, volumes."""

import numpy as np
import pytest

from intrathecal.catalogue import load_catalogue
from intrathecal.spine import build_canal

ANATOMY = load_catalogue().anatomy


def test_default_canal_has_the_published_size() -> None:
    """66 cm, 4.4 mm a cell; 91 mL of fluid and 308 cm2 of dura, within 15 % of Sass 2017 (97.3 mL, 318.5 cm2)."""
    canal = build_canal(ANATOMY, 175)
    assert canal.length_cm == pytest.approx(65.95)
    assert canal.spacing_cm == pytest.approx(0.44, abs=0.005)
    assert canal.csf_volume_mL.sum() == pytest.approx(97.3, rel=0.15)
    assert (canal.dural_perimeter_cm() * canal.spacing_cm).sum() == pytest.approx(318.5, rel=0.15)
    below = canal.csf_volume_mL[canal.centres_cm > canal.sites_cm["T12"]]
    assert 28.0 < below.sum() < 81.1  # Hogan 1996, from the disc above T12


def test_volume_is_the_integral_of_the_area_on_every_mesh() -> None:
    """Coarse and fine meshes hold the same fluid, and every cell its share of a fine quadrature."""
    fine = build_canal(ANATOMY, 160, 3000)
    for cells in (50, 150, 300):
        canal = build_canal(ANATOMY, 160, cells)
        assert canal.csf_volume_mL == pytest.approx(fine.csf_volume_mL.reshape(cells, -1).sum(axis=1), rel=1e-12)
        assert canal.tissue_volume_mL.sum() == pytest.approx(fine.tissue_volume_mL.sum())
    quadrature = np.interp(fine.centres_cm, fine.edges_cm, fine.csf_area_cm2) * fine.spacing_cm
    assert fine.csf_volume_mL == pytest.approx(quadrature, rel=1e-3)


def test_lengths_follow_height_and_areas_do_not() -> None:
    """A person of 150 cm has a canal of 150/175 of the length, with the same area at every level."""
    tall, small = build_canal(ANATOMY, 175), build_canal(ANATOMY, 150)
    assert small.length_cm == pytest.approx(tall.length_cm * 150 / 175)
    assert small.sites_cm["T10"] == pytest.approx(tall.sites_cm["T10"] * 150 / 175)
    assert small.csf_area_cm2 == pytest.approx(tall.csf_area_cm2)
    assert small.csf_volume_mL.sum() == pytest.approx(tall.csf_volume_mL.sum() * 150 / 175)


def test_levels_run_from_c1_to_s2() -> None:
    """Every level has cells, in order, and its middle lies in one of them."""
    canal = build_canal(ANATOMY, 175)
    names = [level.name for level in ANATOMY.levels]
    assert list(dict.fromkeys(canal.levels)) == names
    for name in names:
        cell = int(canal.sites_cm[name] / canal.spacing_cm)
        assert canal.levels[cell] == name
    assert canal.sites_cm["C1"] == pytest.approx(1.15)
    assert canal.sites_cm["T10"] == pytest.approx(36.20)


def test_area_runs_through_the_measured_levels() -> None:
    """At the middle of a level the area is that of the table, and between two it lies between them."""
    canal = build_canal(ANATOMY, 175, 600)
    for level in ANATOMY.levels[1:-1]:
        found = np.interp(canal.sites_cm[level.name], canal.edges_cm, canal.csf_area_cm2)
        assert found == pytest.approx(level.csf_mm2 / 100, rel=0.02)
    assert canal.csf_area_cm2.min() >= 0.7
    assert canal.csf_area_cm2.max() <= 2.46


@pytest.mark.parametrize(("height", "cells"), [(0.0, 150), (-3.0, 150), (float("nan"), 150), (175.0, 20)])
def test_impossible_canal_is_refused(height: float, cells: int) -> None:
    """No height, or fewer cells than levels, makes no canal."""
    with pytest.raises(ValueError, match=r"height_cm is|fewer than the 26 levels"):
        build_canal(ANATOMY, height, cells)
