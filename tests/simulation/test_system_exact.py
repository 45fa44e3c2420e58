"""The transport of the product against closed solutions in a straight canal: default mesh, halved and quartered."""

from __future__ import annotations

from collections.abc import Callable
from math import log, log2

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve
from tests.simulation import exact
from tests.simulation.canals import AREA, CELLS, LENGTH_CM, Array, misfit, steady, straight, system

from intrathecal.simulation.modal import modal
from intrathecal.simulation.system import LinearSystem, couple
from intrathecal.spine import CORD, EPIDURAL, Canal, Cranium, Layer, assemble

DISPERSION = 0.025  # cm2/s, the smallest of the default canal
LARGEST = 1e-3
MIDDLE = 0.5 * LENGTH_CM
Case = Callable[[int], float]


def advanced(built: LinearSystem, x: Array, time: float, push: Array | None = None) -> Array:
    """The concentrations in the fluid after ``time`` with a constant ``push``."""
    propagator = modal(built)
    source = np.zeros((x.size, 1)) if push is None else push[:, None]
    run = propagator.run(propagator.internal(x), np.array([time]), np.ones((1, 1)), source)
    return np.asarray(built.csf_profile @ propagator.physical(run.states[-1]))


def steady_open(cells: int) -> float:
    """Number 1, with flow: four times as long as the default canal, so that the ends are far."""
    built = system(straight(4 * cells, 4 * LENGTH_CM), DISPERSION, 4e-4, speed=1e-3)
    found = built.csf_profile @ steady(built, built.source("intrathecal", 4 * MIDDLE))
    return misfit(built, found, exact.steady_line(built.z_cm - 4 * MIDDLE, 1, AREA, DISPERSION, 4e-4, 1e-3), 4 * MIDDLE)


def steady_closed(cells: int) -> float:
    """Number 2: both ends closed, the source away from the middle."""
    built = system(straight(cells), DISPERSION, 2e-4)
    found = built.csf_profile @ steady(built, built.source("intrathecal", 44.0))
    return misfit(built, found, exact.steady_closed(built.z_cm, 44.0, LENGTH_CM, 1, AREA, DISPERSION, 2e-4), 44.0)


def start_up(cells: int) -> float:
    """Number 3, after 20 minutes."""
    built = system(straight(cells), DISPERSION, 3e-4)
    push = built.source("intrathecal", MIDDLE)
    found = advanced(built, np.zeros(cells), 1200.0, push)
    return misfit(built, found, exact.start_up(built.z_cm - MIDDLE, 1200.0, 1, AREA, DISPERSION, 3e-4), MIDDLE)


def bolus_open(cells: int) -> float:
    """Number 4 with flow and loss, after 10 minutes."""
    built = system(straight(cells), DISPERSION, 3e-4, speed=2e-3)
    found = advanced(built, built.source("intrathecal", MIDDLE), 600.0)
    return misfit(built, found, exact.bolus_line(built.z_cm - MIDDLE, 600.0, 1, AREA, DISPERSION, 3e-4, 2e-3), MIDDLE)


def bolus_closed(cells: int) -> float:
    """Number 4 between closed ends, after 6 hours, near the end of the sac."""
    built = system(straight(cells), DISPERSION)
    found = advanced(built, built.source("intrathecal", 55.0), 6 * 3600.0)
    return misfit(built, found, exact.bolus_closed(built.z_cm, 55.0, LENGTH_CM, 6 * 3600.0, 1, AREA, DISPERSION), 55.0)


def held_end(cells: int) -> float:
    """Number 5, after an hour: a cisterna so large that its concentration stays."""
    box = Cranium(cisterna_mL=1e9, cranial_mL=1.0, upward_mL_per_s=0.0, exchange_mL_per_s=0.0, loss_per_s=0.0)
    built = system(straight(cells), DISPERSION, 1e-4, speed=1e-3, cranium=box)
    filled = np.where(np.array(built.states) == "cisterna_magna", 1e9, 0.0)
    found = advanced(built, filled, 3600.0)
    return misfit(built, found, exact.held_end(built.z_cm, 3600.0, DISPERSION, 1e-4, 1e-3), None)


def periodic(cells: int) -> float:
    """Number 6: the amplitude under an infusion that swings once an hour."""
    built, omega = system(straight(2 * cells, 2 * LENGTH_CM), DISPERSION, 3e-4), 2 * np.pi / 3600.0
    swinging = sparse.eye_array(2 * cells, dtype=complex) * (1j * omega) - built.generator
    found = np.abs(
        built.csf_profile @ spsolve(swinging.tocsc(), built.source("intrathecal", 2 * MIDDLE).astype(complex))
    )
    right = exact.periodic_line(built.z_cm - 2 * MIDDLE, omega, 1, AREA, DISPERSION, 3e-4)
    return misfit(built, found, right, 2 * MIDDLE)


def side_stores(cells: int) -> float:
    """Number 9: drug that is lost through cord and epidural space, at rest, is lost at the rate that was asked."""
    layers = {CORD: Layer(1.2e-4, 0.5, 7200.0), EPIDURAL: Layer(0.8e-4, 0.036, 1900.0)}
    built = system(straight(cells), DISPERSION, layers=layers)
    found = built.csf_profile @ steady(built, built.source("intrathecal", 44.0))
    return misfit(built, found, exact.steady_closed(built.z_cm, 44.0, LENGTH_CM, 1, AREA, DISPERSION, 2e-4), 44.0)


def manufactured(cells: int) -> float:
    """Number 10: C = 2 + cos(pi z / L) at rest in a canal whose area, dispersion and absorption vary along it."""
    edges = np.linspace(0.0, LENGTH_CM, cells + 1)
    wave = np.pi / LENGTH_CM

    def area(z: Array) -> Array:
        return np.asarray(1.2 + 0.4 * np.sin(2 * wave * z))

    def spread(z: Array) -> Array:
        return np.asarray(0.2 * np.exp(-0.03 * z))

    def flow(z: Array) -> Array:
        return np.asarray(1.7e-3 * (1 - z / LENGTH_CM))

    def outflow(z: Array) -> Array:
        """What crosses a face at z: Q C - A D dC/dz."""
        return np.asarray(flow(z) * (2 + np.cos(wave * z)) + area(z) * spread(z) * wave * np.sin(wave * z))

    def integral_of_area(z: Array) -> Array:
        return np.asarray(1.2 * z - 0.2 / wave * np.cos(2 * wave * z))

    volume = np.diff(integral_of_area(edges))
    plain = straight(cells)
    canal = Canal(
        edges,
        area(edges),
        plain.tissue_area_cm2,
        volume,
        plain.tissue_volume_mL,
        plain.epidural_volume_mL,
        plain.levels,
        plain.sites_cm,
    )
    spine = assemble(canal, spread(edges), flow(edges), {})
    right = 2 + np.cos(wave * canal.centres_cm)
    absorbed = 1.7e-3 / LENGTH_CM * np.diff(2 * edges + np.sin(wave * edges) / wave)  # integral of q C
    crossing = outflow(edges)
    crossing[0] = 0.0  # fluid that enters at the closed top is free of drug: the source makes up for it
    push = np.diff(crossing) + absorbed
    built = couple("test", spine, None, 0.0, 2.5)
    return misfit(built, built.csf_profile @ steady(built, push), right, None)


CASES: list[Case] = [
    steady_open,
    steady_closed,
    start_up,
    bolus_open,
    bolus_closed,
    held_end,
    periodic,
    side_stores,
    manufactured,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_exact_solution(case: Case) -> None:
    """On the default mesh the error is at most a thousandth, and it falls with the square of the spacing."""
    errors = [case(CELLS * finer) for finer in (1, 2, 4)]
    assert errors[0] <= LARGEST
    assert 1.8 < log2(errors[0] / errors[1]) < 2.4
    assert 1.8 < log2(errors[1] / errors[2]) < 2.4


@pytest.mark.parametrize("minutes", [10, 30, 120])
def test_bolus_keeps_its_loss(minutes: int) -> None:
    """What is left of a dose in the canal after any time is exp(-kt) of it, on any mesh."""
    built = system(straight(40), DISPERSION, log(2) / 5400)
    found = advanced(built, built.source("intrathecal", 50.0), 60.0 * minutes) @ built.canal.csf_volume_mL
    assert found == pytest.approx(0.5 ** (minutes / 90), rel=1e-11)
