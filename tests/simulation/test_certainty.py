"""The bound on the error of a few modes, against squaring, which has no modes."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulation.extremes import Array, Extreme, drawn, entry, schedule

from intrathecal.flow import Site
from intrathecal.simulation.certainty import NEGLIGIBLE, Certainty, certainty
from intrathecal.simulation.comb import comb
from intrathecal.simulation.modal import Modal, modal
from intrathecal.simulation.propagation import Propagator, looked_at
from intrathecal.simulation.reduction import reduced
from intrathecal.simulation.squaring import Squaring, squaring
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Rows
from intrathecal.simulation.unrest import Doubt, Unrest, doubt

TIMES_S = np.geomspace(1.0, 1e7, 60)
SEEDS = pytest.mark.parametrize("seed", range(16))
#: Where the difference of the two methods is their round-off, a bound on one of them says nothing.
ROUND_OFF = 1e-10
TIP = Site("intrathecal", "T10")


def drawn_case(seed: int) -> tuple[LinearSystem, Array, Modal]:
    """A system of one of the extreme patients, what enters, and modes that may be too few for it."""
    random = np.random.default_rng(seed)
    system = drawn(seed, 40).build()
    route = str(random.choice(["intrathecal", "epidural", "intravenous"], p=[0.7, 0.15, 0.15]))
    source = entry(system, route, random.random())
    return system, source, reduced(system, comb(system), source[:, None], int(random.choice([48, 64, 96]))).known(1.0)


def missed(
    measure: Certainty, exact: Squaring, modes: Modal, given: tuple[Array, Array, Array, Array], rows: Rows
) -> float:
    """The true error of ``given`` (amounts, durations, inputs, source), relative to the peak at every place."""
    amounts, durations, inputs, source = given
    seen = []
    both: tuple[Propagator, Propagator] = (modes, exact)
    for each in both:
        run = each.run(each.internal(amounts), durations, inputs, source[:, None])
        seen.append(each.observe(run.states, rows))
    return measure.relative(np.abs(seen[0] - seen[1]).max(axis=0), seen[1].max(axis=0))


@SEEDS
def test_step_and_dose_err_by_no_more_than_is_said(seed: int) -> None:
    """A step, a minute's dose, a second's stroke and a dose at once stay within their bounds at every place."""
    system, source, modes = drawn_case(seed)
    rows, exact = looked_at(system), squaring(system)
    found = certainty(modes, comb(system), source, rows)
    nothing, steps = np.zeros(source.size), np.diff(np.append(0.0, TIMES_S))
    given = [(found.of_step(), (nothing, steps, np.ones((60, 1)), source))]
    given.append((found.of_dose(0.0), (source, steps, np.zeros((60, 1)), source)))
    for over in (60.0, 1.0):
        rates = np.zeros((61, 1))
        rates[0] = 1.0 / over
        given.append((found.of_dose(over), (nothing, np.append(over, steps), rates, source)))
    for bound, what in given:
        assert missed(found, exact, modes, what, rows) <= bound + ROUND_OFF
    assert found.worst == max(found.of_step(), found.of_dose(60.0))


@SEEDS
def test_a_run_errs_by_no_more_than_is_said(seed: int) -> None:
    """A restless program, with what was given at once before it, stays within the run's own bound, which is of its size."""
    system, source, modes = drawn_case(seed)
    durations, rates = schedule(seed)
    rows = np.array([*system.sites.values()])
    about = doubt(system, modes, [TIP], source[:, None], rows)
    assert about is not None
    peaks = modes.observe(modes.run(modes.internal(5.0 * source), durations, rates, source[:, None]).states, rows)
    stirred = about.advance(about.add(about.start(), TIP, 5.0), durations, rates, [TIP])
    true = missed(about.misses[0], squaring(system), modes, (5.0 * source, durations, rates, source), rows)
    bound = about.error(stirred, peaks.max(axis=0))
    assert true <= bound + ROUND_OFF
    assert bound <= 1000.0 * true + 1e-4


def of_one(sums: Unrest, about: Doubt, durations: Array, rates: Array) -> Unrest:
    """``sums`` after segments of one entry."""
    return sums.advance(np.abs(about.misses[0].shifts), about.fading_per_s, durations, rates)


def test_what_is_counted_of_a_run_is_above_what_a_mode_holds() -> None:
    """The sums for a run are above the size of the mode that is fed with it, advanced step by step; cutting changes nothing."""
    system = Extreme().build()
    source = entry(system, "intrathecal", 0.6)
    modes = reduced(system, comb(system), source[:, None], 48)
    about = doubt(system, modes, [TIP], source[:, None], np.array([*system.sites.values()]))
    assert about is not None
    durations, rates = schedule(11, 300)
    held, largest = np.zeros(about.misses[0].shifts.size, complex), np.zeros(about.misses[0].shifts.size)
    shifts = about.misses[0].shifts
    for duration, rate in zip(durations, rates[:, 0], strict=True):
        held = np.exp(shifts * duration) * held + np.expm1(shifts * duration) / shifts * rate
        largest = np.maximum(largest, np.abs(held))
    whole = of_one(Unrest.none(), about, durations, rates[:, 0])
    assert (whole.largest >= largest * (1 - 1e-12)).all()
    assert (whole.largest <= 60.0 * largest + 1e-9 * largest.max()).all()
    halves = of_one(
        of_one(Unrest.none(), about, durations[:123], rates[:123, 0]), about, durations[123:], rates[123:, 0]
    )
    assert np.array_equal(halves.largest, whole.largest)


def test_a_rate_that_stays_is_one_change() -> None:
    """A constant rate cut into many segments is no more unrest than its one change."""
    system = Extreme().build()
    source = entry(system, "intrathecal", 0.6)
    modes = reduced(system, comb(system), source[:, None], 48)
    about = doubt(system, modes, [TIP], source[:, None], np.array([*system.sites.values()]))
    assert about is not None
    many = of_one(Unrest.none(), about, np.full(1000, 864.0), np.full(1000, 0.3))
    assert (many.largest <= 0.6 / np.abs(about.misses[0].shifts)).all()
    assert many.largest.max() > 0


def test_places_nearly_free_of_drug_are_measured_by_what_there_is_to_see() -> None:
    """Upstream of a strong flow there is next to nothing: its round-off does not count as an error."""
    system = Extreme(spread=0.05, absorbed=4.5, ratio=0.0, half_life_min=30.0).build()
    source = entry(system, "intrathecal", 0.9)
    modes = reduced(system, comb(system), source[:, None], 96)
    found = certainty(modes, comb(system), source, looked_at(system))
    reached = (found.seen @ (found.force / -found.rates)).real
    shares = reached / found.largest_per_mL
    assert shares.min() < 1e-3 * NEGLIGIBLE * shares.max()
    assert found.worst < 1e-4
    assert found.relative(np.full(reached.size, 1e-30), np.zeros(reached.size)) == 0.0


def test_no_doubt_without_few_modes() -> None:
    """Squaring has no modes to doubt, and all modes have a bound of their own."""
    system = Extreme().build()
    source = entry(system, "intrathecal", 0.6)[:, None]
    rows = np.array([*system.sites.values()])
    assert doubt(system, squaring(system), [TIP], source, rows) is None
    assert doubt(system, modal(system), [TIP], source, rows) is None
