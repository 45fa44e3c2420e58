"""A few modes: what they keep exactly, whatever their number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulation.extremes import EXTREMES, Array, Extreme, entry, schedule

from intrathecal.simulation.certainty import certainty
from intrathecal.simulation.comb import comb
from intrathecal.simulation.exploring import explored
from intrathecal.simulation.modal import Modal
from intrathecal.simulation.propagation import COUNTS as COUNTED
from intrathecal.simulation.propagation import Propagator, looked_at
from intrathecal.simulation.reduction import FASTEST_PER_S, reduced, shifts
from intrathecal.simulation.shifted import Shifted
from intrathecal.simulation.squaring import squaring
from intrathecal.simulation.system import ELIMINATED, LinearSystem
from intrathecal.simulation.trajectory import Rows

COUNTS = pytest.mark.parametrize("count", COUNTED)


def few(built: LinearSystem, sources: Array, count: int = 48) -> Modal:
    """The modes for what enters at ``sources`` (n, k)."""
    return explored(built, Shifted(comb(built)), sources, count)


@settings(max_examples=40, deadline=None)
@given(EXTREMES, st.sampled_from(COUNTED), st.sampled_from(["intrathecal", "epidural", "intravenous"]), st.floats(0, 1))
def test_arrays_and_compiled_code_find_the_same_space(extreme: Extreme, count: int, route: str, share: float) -> None:
    """The modes of either miss as little, to round-off, and what they show differs nowhere by more than what they may miss."""
    built = extreme.build()
    sources = np.stack([entry(built, each, share) for each in {route, "intravenous"}], axis=1)
    rows, shape = looked_at(built), comb(built)
    ways = explored(built, Shifted(shape), sources, count), reduced(built, shape, sources, count)
    for source in sources.T:
        arrays, compiled = (certainty(modes, shape, source, rows) for modes in ways)
        assert arrays.worst <= max(2e-5, 100.0 * compiled.worst)
        grown = [_step(modes, rows, source, np.geomspace(1.0, 1e7, 15)) for modes in ways]
        apart = np.abs(grown[0] - grown[1]).max(axis=1)
        assert (apart <= arrays.bound(np.reciprocal) + compiled.bound(np.reciprocal)).all()


def _step(modes: Modal, rows: Rows, source: Array, times_s: Array) -> Array:
    """The answer (p, t) to a step of 1 ug/s."""
    rates, seen, force = modes.complex_parts(rows, source)
    return np.asarray((seen @ (np.expm1(rates[:, None] * times_s) / rates[:, None] * force[:, None])).real)


@settings(max_examples=40, deadline=None)
@given(
    EXTREMES,
    st.sampled_from(COUNTED),
    st.lists(st.sampled_from(["intrathecal", "epidural", "intravenous"]), min_size=1, max_size=2, unique=True),
    st.floats(0, 1),
    st.integers(0, 1000),
)
def test_every_microgram_is_somewhere(extreme: Extreme, count: int, routes: list[str], share: float, seed: int) -> None:
    """What entered is there or eliminated, to the last digits that the modes leave; no amount is below zero."""
    built = extreme.build()
    sources = np.stack([entry(built, route, share) for route in routes], axis=1)
    modes = few(built, sources, count).known(1.0)
    durations, rates = schedule(seed, 20)
    inputs = np.tile(rates, (1, len(routes)))
    run = modes.run(modes.internal(3.0 * sources[:, 0]), durations, inputs, sources)
    entered = 3.0 + float(durations @ inputs.sum(axis=1))
    for x, integral in (
        (modes.physical(run.states[-1]), run.integral),
        (modes.physical(run.states[-1]), modes.integral(run.states[-1])),
    ):
        error = abs(built.parent @ x + built.sinks[ELIMINATED] @ integral - entered)
        assert error <= (1e-12 + sum(modes.loss(source) for source in sources.T)) * entered
        assert x.min() >= 0
    assert modes.observe(run.states, looked_at(built)).min() >= 0


@pytest.mark.parametrize("route", ["intrathecal", "epidural", "intravenous", "oral"])
def test_a_handful_of_modes_lose_nothing(monkeypatch: pytest.MonkeyPatch, route: str) -> None:
    """With five shifts the curves are wrong, but no drug is lost, and what is there at rest is right."""
    monkeypatch.setitem(FASTEST_PER_S, 5, 1e-2)
    built = Extreme(cells=150).build()
    source = entry(built, route, 0.6)
    modes, (durations, rates) = few(built, source[:, None], 5).known(1.0), schedule(7)
    run = modes.run(modes.internal(source), durations, rates, source[:, None])
    entered = 1.0 + float(durations @ rates[:, 0])
    x = modes.physical(run.states[-1])
    assert abs(built.parent @ x + built.sinks[ELIMINATED] @ run.integral - entered) <= 1e-13 * entered
    eliminated = built.sinks[ELIMINATED] @ (modes.vectors @ run.states[-1][1])
    assert abs(built.parent @ x + eliminated - entered) <= 1e-11 * entered
    rest = modes.run(run.states[-1], np.array([1e9]), np.ones((1, 1)), source[:, None]).states[-1]
    right = np.linalg.solve(-built.generator.toarray(), source)
    assert modes.vectors @ rest[0] == pytest.approx(right, rel=1e-8, abs=1e-9 * right.max())


@COUNTS
@pytest.mark.parametrize("route", ["intrathecal", "epidural", "intravenous", "oral"])
def test_rest_and_the_first_moment_are_exact(count: int, route: str) -> None:
    """A dose at once is where it entered, and the area under every curve is that of the whole system."""
    built = Extreme(cells=150).build()
    source = entry(built, route, 0.6)
    modes = few(built, source[:, None], count)
    assert modes.physical(modes.internal(source)) == pytest.approx(source, abs=1e-12)
    area = np.linalg.solve(-built.generator.toarray(), source)
    run = modes.run(modes.internal(source), np.array([4e8]), np.zeros((1, 0)), np.zeros((source.size, 0)))
    assert run.integral == pytest.approx(area, rel=1e-9, abs=1e-9 * area.max())


def test_a_run_goes_on_bit_for_bit() -> None:
    """A run cut anywhere and taken up from its state is the run that was not cut."""
    built = Extreme().build()
    source = entry(built, "intrathecal", 0.5)[:, None]
    modes, (durations, rates) = few(built, source), schedule(4)
    whole = modes.run(modes.internal(np.zeros(len(built.states))), durations, rates, source)
    for cut in (1, 17, 59):
        first = modes.run(whole.states[0], durations[:cut], rates[:cut], source)
        second = modes.run(first.states[-1], durations[cut:], rates[cut:], source)
        assert np.array_equal(second.states[-1], whole.states[-1])


def test_complex_pairs_of_a_strong_flow() -> None:
    """Where flow far outruns dispersion modes turn as they decay; they agree with squaring, which has no modes."""
    built = Extreme(spread=0.03, absorbed=4.5, half_life_min=600.0).build()
    source = entry(built, "intrathecal", 0.7)[:, None]
    modes = few(built, source, 96)
    assert modes.rates.size - modes.real >= 3
    (durations, rates), rows = schedule(2), np.array([*built.sites.values()])
    both: tuple[Propagator, Propagator] = (modes, squaring(built))
    runs = [each.run(each.internal(source[:, 0]), durations, rates, source) for each in both]
    seen, right = (each.observe(run.states, rows) for each, run in zip(both, runs, strict=True))
    assert (np.abs(seen - right).max(axis=0) <= 1e-7 * right.max()).all()


def test_drug_that_reaches_nothing_else_needs_no_more_modes() -> None:
    """By vein, where plasma gives nothing back, there are a few boxes: a few modes, and none of noise."""
    built = Extreme(drug="hydromorphone", ratio=0.0).build()
    modes = few(built, entry(built, "intravenous", 0.0)[:, None], 96)
    assert modes.rates.size < 12
    assert modes.rates.real.max() < 0


def test_drug_that_never_leaves_is_refused() -> None:
    """Without a loss there is no slowest rate; the caller takes another way."""
    for stays_s in (float("inf"), 0.0, float("nan")):
        with pytest.raises(ArithmeticError, match="never leaves"):
            shifts(stays_s, 48)


def test_modes_of_a_growing_mesh_cost_no_square_of_it() -> None:
    """Ten times the cells take ten times the memory, and give the same answer to 2 %."""
    seen = []
    for cells in (60, 600):
        built = Extreme(cells=cells).build()
        source = entry(built, "intrathecal", 0.6)[:, None]
        modes = few(built, source, 96)
        assert modes.vectors.size <= 120 * len(built.states)
        run = modes.run(modes.internal(np.zeros(len(built.states))), np.array([7200.0]), np.ones((1, 1)), source)
        seen.append(modes.observe(run.states, np.array([built.sites["L1"], built.sites["cisterna_magna"]]))[-1])
    assert seen[0] == pytest.approx(seen[1], rel=2e-2)
