"""What advances a system: the cheapest that is good enough, and the reason said where that is not a few modes."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from tests.simulation.extremes import CATALOGUE, DRUGS, Array, Extreme, entry

from intrathecal.simulation import propagation
from intrathecal.simulation.certainty import certainty
from intrathecal.simulation.comb import comb
from intrathecal.simulation.exploring import explored
from intrathecal.simulation.modal import Modal
from intrathecal.simulation.propagation import COUNTS, TOLERANCE, choose, choose_for, looked_at
from intrathecal.simulation.shifted import Shifted
from intrathecal.simulation.system import LinearSystem, build_system


@pytest.mark.parametrize("name", DRUGS)
@pytest.mark.parametrize("shortest_s", [60.0, 1.0, 0.0])
def test_few_modes_do_for_every_drug(name: str, shortest_s: float) -> None:
    """For a reference adult and the usual tip a few modes are within the tolerance: also for strokes and doses at once."""
    system = build_system(CATALOGUE.drugs[name], CATALOGUE, 172, 78)
    chosen = choose_for(system, entry(system, "intrathecal", 0.6)[:, None], shortest_s)
    assert chosen.error_estimate <= TOLERANCE
    assert "rational Krylov" in chosen.method
    assert isinstance(chosen, Modal)
    assert chosen.vectors.shape[1] <= 98


def test_a_smaller_tolerance_takes_more_modes() -> None:
    """The basis grows by itself until the bound is below what is asked for; where it never is, all modes are taken."""
    system = build_system(CATALOGUE.drugs["morphine"], CATALOGUE, 172, 78)
    source = entry(system, "intrathecal", 0.6)[:, None]
    found = [choose_for(system, source, 0.0, tolerance) for tolerance in (1e-4, 1e-7, 1e-9)]
    sizes = [int(each.method.split()[1]) for each in found]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    assert all(each.error_estimate <= bound for each, bound in zip(found, (1e-4, 1e-7, 1e-9), strict=True))
    exact = choose_for(system, source, 0.0, 1e-15)
    assert exact.method.startswith(f"modal, {len(system.states)} modes, because fewer modes may be off by ")


def test_what_cannot_follow_a_fine_mesh_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shifts far slower than drug leaves the cell at the tip are passed over: they would have missed by more than is allowed."""
    system = Extreme(cells=1200).build()
    source, tried = entry(system, "intrathecal", 0.6)[:, None], []

    def tell(system: LinearSystem, comb: Shifted, entries: Array, count: int) -> Modal:
        tried.append(count)
        return explored(system, comb, entries, count)

    monkeypatch.setattr(propagation, "explored", tell)
    assert choose_for(system, source).error_estimate <= TOLERANCE
    passed_over = [count for count in COUNTS if count < min(tried)]
    assert passed_over
    assert passed_over + tried == list(COUNTS[: len(passed_over) + len(tried)])
    for count in passed_over:
        shape = Shifted(comb(system))
        missed = certainty(explored(system, shape, source, count), shape, source[:, 0], looked_at(system))
        assert missed.worst > TOLERANCE


def test_many_entries_take_all_modes() -> None:
    """Where so many places are entered that the modes would not be few, all are taken."""
    system = Extreme(cells=40).build()
    sources = np.stack([entry(system, "intrathecal", share) for share in np.linspace(0.1, 0.9, 6)], axis=1)
    assert choose_for(system, sources).method.startswith(f"modal, {len(system.states)} modes")


def test_bad_modes_go_on_to_squaring() -> None:
    """Strong flow against hardly any dispersion: few modes are not enough, all modes are too sensitive, squaring is taken."""
    system = Extreme(spread=0.01, absorbed=5.0, ratio=0.0, half_life_min=600.0, cells=150).build()
    chosen = choose_for(system, entry(system, "intrathecal", 0.1)[:, None], 0.0)
    assert chosen.method.startswith("scaling and squaring")
    assert "because fewer modes may be off by" in chosen.method


def test_nothing_that_enters_and_nothing_that_leaves() -> None:
    """A drug that enters nowhere, and one that never leaves, are advanced too, and it is said how."""
    system = Extreme().build()
    assert "nothing is said to enter" in choose_for(system, np.zeros((len(system.states), 0))).method
    assert "few modes cannot be made" in choose_for(system, np.zeros((len(system.states), 1))).method


def test_a_mesh_ten_times_as_fine() -> None:
    """Of 1,500 cells a few modes are made in little memory; without entries, implicit steps advance them."""
    tracemalloc.start()
    system = build_system(CATALOGUE.drugs["morphine"], CATALOGUE, 172, 78, 1500)
    chosen = choose_for(system, entry(system, "intrathecal", 0.6)[:, None])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert chosen.error_estimate <= TOLERANCE
    assert "rational Krylov" in chosen.method
    assert peak < 60 * 2**20
    assert choose(system).method == f"implicit (Radau IIA), {len(system.states)} states"
