"""The resolvent of a comb against a general sparse solver, and what is no comb."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import splu
from tests.simulation.extremes import CATALOGUE, DRUGS, EXTREMES, Array, Extreme, entry

from intrathecal.simulation.comb import NotACombError, comb
from intrathecal.simulation.propagation import choose_for
from intrathecal.simulation.shifted import Shifted
from intrathecal.simulation.system import LinearSystem, build_system, tracer_system

SHIFTS = np.array([0.0, 1e-8, 1e-5, 1e-3, 0.1, 10.0])


def check(system: LinearSystem, source: Array) -> None:
    """The equation holds entry by entry to round-off, and SuperLU, which pivots, finds the same to what it loses by that.

    So it is by compiled code and by arrays.
    """
    one, scale = sparse.eye_array(len(system.states), format="csc"), system.weights
    shape = comb(system)
    for way, shifts in itertools.product((shape, Shifted(shape)), (SHIFTS, 1j * SHIFTS[1:])):
        found = way.resolvent(shifts, source)
        assert found.dtype == shifts.dtype
        for shift, x in zip(shifts, found.T, strict=True):
            matrix = sparse.csc_array(shift * one - system.generator)
            assert (np.abs(matrix @ x - source) <= 1e-14 * (abs(matrix) @ np.abs(x) + source)).all()
            right = splu(matrix).solve(source + 0 * shift)
            assert (np.abs(x - right) / scale).max() <= 1e-7 * (np.abs(right) / scale).max()


@pytest.mark.parametrize("name", DRUGS)
@pytest.mark.parametrize("route", ["intrathecal", "epidural", "intravenous", "oral"])
def test_every_drug_is_a_comb(name: str, route: str) -> None:
    """On the default mesh every drug and route agrees with a general solver at real and imaginary shifts."""
    if route == "oral" and CATALOGUE.drugs[name].oral is None:
        route = "intravenous"
    system = build_system(CATALOGUE.drugs[name], CATALOGUE, 172, 78)
    check(system, entry(system, route, 0.6))


@settings(max_examples=40, deadline=None)
@given(EXTREMES, st.sampled_from(["intrathecal", "epidural", "intravenous"]), st.floats(0, 1))
def test_extreme_patients_are_combs(extreme: Extreme, route: str, share: float) -> None:
    """So does any patient, also one whose plasma gives nothing back."""
    system = extreme.build()
    check(system, entry(system, route, share))


def test_what_is_on_a_side_box_or_in_the_hub_is_solved_too() -> None:
    """Any right-hand side will do, not only a dose: amounts in cord, epidural space, tissue, metabolite and effect site."""
    system = Extreme().build()
    check(system, np.random.default_rng(1).random(len(system.states)))


def test_an_exchange_out_of_place_is_refused() -> None:
    """One more exchange, between two cells that are no neighbours, is no comb; such a system is advanced by all modes."""
    system = Extreme().build()
    extra = np.zeros((len(system.states),) * 2)
    extra[9, 3], extra[3, 3] = 1e-5, -1e-5
    odd = replace(system, generator=sparse.csr_array(system.generator + sparse.csr_array(extra)))
    with pytest.raises(NotACombError, match="beside those of a comb"):
        comb(odd)
    assert (
        choose_for(odd, odd.source("intrathecal", 30.0)[:, None]).method
        == f"modal, {len(odd.states)} modes, because few modes are made for a comb"
    )


def test_fluid_without_blood_is_refused() -> None:
    """A tracer has no plasma, so no comb."""
    with pytest.raises(NotACombError, match="without cranium or plasma"):
        comb(tracer_system(CATALOGUE.tracers["indtpa"], CATALOGUE, 172, 40))


def test_many_shifts_are_solved_in_parts() -> None:
    """However many shifts there are: each solution is that of its shift alone."""
    system = Extreme().build()
    shape, source, shifts = Shifted(comb(system)), entry(system, "intrathecal", 0.6), 1j * np.geomspace(1e-8, 1e3, 200)
    found = shape.resolvent(shifts, source)
    for place in (0, 77, 199):
        alone = shape.resolvent(shifts[place : place + 1], source)[:, 0]
        assert found[:, place] == pytest.approx(alone, rel=1e-13, abs=0)
