"""Transport against published measurements, jointly, with one D(z) and the catalogue's values.

Four sets are *fitted*: dispersion at T6 and C4, and the losses of morphine and baclofen, were chosen with them in view, so
agreement shows that one set of values can hold them together, not that the model predicts them.
"""

from __future__ import annotations

import numpy as np
import pytest

from intrathecal.catalogue import load_catalogue
from intrathecal.simulation.system import build_system
from intrathecal.validation import Row, validate

CATALOGUE = load_catalogue()
FITTED_AND_MET = (
    "kroin-1993-gradient",
    "baclofen-gradient",
    "sjostrom-1987-level",
    "sjostrom-1987-volume",
    "sjostrom-1987-half-life",
    "sjostrom-1987-remainder",
    "cisternography-arrival",
)


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    """Every target by its id."""
    return {row.id: row for row in validate(CATALOGUE)}


@pytest.mark.parametrize("target", FITTED_AND_MET)
def test_fitted_measurements_are_held_together_by_one_dispersion(rows: dict[str, Row], target: str) -> None:
    """Gradient of tracer and of baclofen, level, volume, half-life and remainder of morphine, arrival at the cisterns."""
    assert rows[target].role == "fitted"
    assert rows[target].inside
    assert 0.5 <= rows[target].ratio <= 2.0


def test_morphine_in_plasma_at_5_to_10_minutes_is_not_met(rows: dict[str, Row]) -> None:
    """Fitted, NOT met: plasma at 5 to 10 min is 4.5 ng/mL in the paper and a fortieth of that here.

    No loss from the fluid can give it: holding 4.5 ng/mL in plasma that clears and distributes at 4.05 L/min takes 18 ug/min, 6 %
    of the dose every minute, a half-life of 11 min where the same paper measured 90.
    """
    kinetics = CATALOGUE.drugs["morphine"].plasma
    assert kinetics.second_clearance is not None
    assert kinetics.third_clearance is not None
    leaving = sum(flow.canonical for flow in (kinetics.clearance, kinetics.second_clearance, kinetics.third_clearance))
    needed_per_min = 4.5e-3 * leaving * 60 / 300
    assert np.log(2) / needed_per_min < 15
    assert 0.02 <= rows["sjostrom-1987-plasma"].ratio <= 0.04


def test_what_was_predicted_is_reported_met_or_not(rows: dict[str, Row]) -> None:
    """The peak after a vein is inside its band; epidural morphine comes too early and too high, and the report says so."""
    inside = {row.id: row.inside for row in rows.values() if row.role == "predicted"}

    assert inside["meineke-2002-tmax"]
    assert not inside["epidural-morphine-peak"]
    assert not inside["epidural-morphine-tmax"]


def test_figures_do_not_hang_on_the_mesh() -> None:
    """On a mesh twice as fine the gradient of baclofen moves by less than one percent."""
    drug = CATALOGUE.drugs["baclofen"]
    ratios = []
    for cells in (150, 300):
        system = build_system(drug, CATALOGUE, 175.0, 70.0, cells)
        push = system.source("intrathecal", system.canal.sites_cm["L3"])
        at_rest = np.linalg.solve(-system.generator.toarray(), push)
        ratios.append(system.sites["L4"] @ at_rest / (system.sites["cisterna_magna"] @ at_rest))
    assert ratios[0] == pytest.approx(ratios[1], rel=0.01)
