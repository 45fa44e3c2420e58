"""Exponentials of rates that everybody shares: what they keep exactly, and how far off they say that they are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulation.extremes import EXTREMES, Array, Extreme, drawn, entry, schedule

from intrathecal.simulation.comb import comb
from intrathecal.simulation.evenly import driven, evened, fed_at_most, fed_most, seen_evenly
from intrathecal.simulation.lockstep import at_rest, observed, responses
from intrathecal.simulation.modal import modal
from intrathecal.simulation.shared_rates import STEPS, Answers, answers, window_for
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.unrest import Unrest

ROUTES = st.sampled_from(["intrathecal", "epidural", "intravenous"])
ALL_STEPS = pytest.mark.parametrize("step", STEPS)
TIMES_S = np.geomspace(0.1, 1e8, 100)
MINUTE_S = 60.0


def places(built: LinearSystem) -> Array:
    """The rows (p, n) of sites and effect sites."""
    return np.array([*built.sites.values(), *built.effects.values()])


def answered(built: LinearSystem, source: Array, step: tuple[float, float]) -> Answers:
    """What is found for drug that enters at ``source``."""
    shape = comb(built)
    rest = at_rest(shape, source)
    return answers(shape, source, places(built), rest, window_for(float(built.parent @ rest), *step))


def stepped(rates: Array, terms: Array, times_s: Array) -> Array:
    """The response (p, t) to a step of 1 ug/s of modes with ``terms`` (p, q)."""
    return np.asarray((terms @ (np.expm1(rates[:, None] * times_s) / rates[:, None])).real)


@settings(max_examples=40, deadline=None)
@given(EXTREMES, ROUTES, st.floats(0, 1))
def test_all_frequencies_at_once_are_those_one_by_one(extreme: Extreme, route: str, share: float) -> None:
    """The chains of all s moved side by side end where each ends alone, and so does what a few rows see of them."""
    built = extreme.build()
    shape, source, rows = comb(built), entry(built, route, share), places(built)
    shifts = 1j * np.geomspace(1e-7, 30.0, 24) - 1e-9
    alone = shape.resolvent(shifts, source)
    together = responses(shape, shifts, source)
    size = np.abs(alone).max(axis=0)
    assert (np.abs(together[:, :24] + 1j * together[:, 24:] - alone) <= 1e-12 * size).all()
    seen = observed(shape, shifts, source, rows)
    assert (np.abs(seen - rows @ together) <= 1e-13 * (rows @ np.abs(together))).all()
    rest = shape.resolvent(np.zeros(1), source)[:, 0]
    assert at_rest(shape, source) == pytest.approx(rest, rel=1e-12, abs=1e-13 * rest.max())


@settings(max_examples=40, deadline=None)
@given(EXTREMES, ROUTES, st.floats(0, 1), st.sampled_from(STEPS))
def test_rest_and_all_drug_are_exact_however_few_rates(
    extreme: Extreme, route: str, share: float, step: tuple[float, float]
) -> None:
    """A steady inflow ends where the system says; the row that counts drug begins with all that entered and is left to none."""
    built = extreme.build()
    shape, source = comb(built), entry(built, route, share)
    rest = at_rest(shape, source)
    stays_s = float(built.parent @ rest)
    found = answers(shape, source, places(built), rest, window_for(stays_s, *step))
    steady = places(built) @ rest
    ends = 1.0 / found.window.rates
    assert (np.abs(found.terms @ ends - steady) <= 1e-13 * (steady + np.abs(found.terms) @ ends)).all()
    counting = found.window.fit_count(built.parent @ responses(shape, found.window.shifts, source), stays_s)
    assert abs(counting.sum() - 1.0) <= 1e-13 * (1.0 + np.abs(counting).sum())
    assert abs(counting @ ends - stays_s) <= 1e-13 * (stays_s + np.abs(counting) @ ends)


@pytest.mark.parametrize("seed", range(24))
def test_no_error_is_larger_than_its_bound(seed: int) -> None:
    """For a step and a minute's dose, at every site, far beyond likely patients, at every step of the rates."""
    built = drawn(seed, 60).build()
    source = entry(built, "intrathecal", np.random.default_rng(seed).random())
    every = modal(built)
    assert every.error_estimate < 1e-7, "all modes are to be the truth here"
    rates, seen, force = every.complex_parts(places(built), source)
    after = np.maximum(TIMES_S, MINUTE_S)
    for step in STEPS:
        found = answered(built, source, step)
        miss, own = found.certainty, -found.window.rates
        right, told = stepped(rates, seen * force, TIMES_S), stepped(own, found.terms, TIMES_S)
        assert miss.relative(np.abs(told - right).max(axis=1), right.max(axis=1)) <= miss.of_step()
        dose = stepped(rates, seen * force, after) - stepped(rates, seen * force, after - MINUTE_S)
        given_dose = stepped(own, found.terms, after) - stepped(own, found.terms, after - MINUTE_S)
        assert miss.relative(np.abs(given_dose - dose).max(axis=1), dose.max(axis=1)) <= miss.of_dose(MINUTE_S)


def test_closer_rates_err_less() -> None:
    """For a likely patient every step of the rates is an order of magnitude better than the one before, or below 1e-6."""
    built = Extreme(cells=150).build()
    errors = [answered(built, entry(built, "intrathecal", 0.6), step).certainty.of_step() for step in STEPS]
    assert errors[0] < 2e-4
    for worse, better in pairwise(errors):
        assert better < max(0.1 * worse, 1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_a_whole_schedule_errs_by_no_more_than_its_bound(seed: int) -> None:
    """Pauses, boluses of a minute and strokes of a second, seen at equal steps, against all modes of the system."""
    built = Extreme(cells=60).build()
    source, (durations, rates) = entry(built, "intrathecal", 0.1 * seed), schedule(seed)
    flow = evened(np.concatenate([[0.0], np.cumsum(durations)]), rates[:, 0], 900.0, int(durations.sum() / 900.0))
    times, every = 900.0 * np.arange(1, flow.held.size + 1), modal(built)
    edges = np.union1d(np.concatenate([[0.0], np.cumsum(durations)]), times)
    edges = edges[edges <= times[-1]]
    given_rates = rates[np.searchsorted(np.cumsum(durations), edges[:-1], "right"), 0]
    run = every.run(every.internal(0.0 * source), np.diff(edges), given_rates[:, None], source[:, None])
    right = every.observe(run.states[np.searchsorted(edges, times)], places(built)).T
    found = answered(built, source, STEPS[1])
    told = seen_evenly(-found.window.rates, found.terms, flow)
    held = driven(-found.window.rates, np.ones(found.window.rates.size), flow)
    assert told == pytest.approx(found.terms @ held.T, rel=1e-9, abs=1e-12 * told.max())
    most, sizes = fed_most(found.window.shifts, flow), np.abs(found.window.shifts)
    bound = found.certainty.bound(lambda size: np.interp(size, sizes, most))
    assert found.certainty.relative(np.abs(told - right).max(axis=1), right.max(axis=1)) <= found.certainty.relative(
        bound, right.max(axis=1)
    )
    assert found.certainty.relative(bound, right.max(axis=1)) < 1e-3


def test_the_most_that_a_turning_mode_holds_is_that_of_its_run() -> None:
    """|V| by real and imaginary parts apart is that of complex modes, moved as all modes are."""
    durations, rates = schedule(3)
    flow = evened(np.concatenate([[0.0], np.cumsum(durations)]), rates[:, 0], 900.0, 300)
    shifts = 1j * np.geomspace(1e-6, 1.0, 16) - 1e-6
    right = np.abs(driven(shifts, np.ones(16, dtype=complex), flow)).max(axis=0)
    assert fed_most(shifts, flow) == pytest.approx(right, rel=1e-12)


@ALL_STEPS
@settings(deadline=None, max_examples=25)
@given(st.floats(1e2, 1e8), st.floats(1e2, 1e8))
def test_patients_share_their_rates(step: tuple[float, float], one_s: float, other_s: float) -> None:
    """Whoever keeps drug for longer has slower rates besides, and all others in common."""
    longer, shorter = (window_for(stays_s, *step).rates for stays_s in sorted((one_s, other_s), reverse=True))
    assert longer[longer.size - shorter.size :].tolist() == shorter.tolist()
    assert longer[0] <= 0.2 / max(one_s, other_s) < longer[0] * np.exp(step[0]) * (1 + 1e-12)


@pytest.mark.parametrize("stays_s", [0.0, np.inf, np.nan, -1.0])
def test_drug_that_never_leaves_has_no_rates(stays_s: float) -> None:
    """It is said, not guessed."""
    with pytest.raises(ArithmeticError, match="never leaves"):
        window_for(stays_s, *STEPS[0])


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_what_is_said_to_be_fed_at_most_is_that_of_a_whole_run(seed: int) -> None:
    """The compiled sums are those that a run of one patient keeps, and no smaller than what a turning mode truly holds."""
    durations, rates = schedule(seed)
    sizes, fading = np.geomspace(1e-7, 10.0, 24), 1e-6
    told = fed_at_most(sizes, fading, durations, rates[:, 0])
    nothing = Unrest(0.0 * sizes, 0.0 * sizes, 0.0 * sizes)
    assert told == pytest.approx(nothing.advance(sizes, fading, durations, rates[:, 0]).largest, rel=1e-12)
    flow = evened(np.concatenate([[0.0], np.cumsum(durations)]), rates[:, 0], 900.0, 100)
    shifts = 1j * np.sqrt(sizes**2 - fading**2, where=sizes > fading, out=0.0 * sizes) - np.minimum(fading, sizes)
    assert (fed_most(shifts, flow) <= told * (1 + 1e-9)).all()
