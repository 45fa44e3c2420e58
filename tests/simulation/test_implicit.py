"""Implicit steps against the modes and scipy's exponential, and what they keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from tests.simulation.canals import straight, system
from tests.simulation.extremes import CATALOGUE, EXTREMES, entry, schedule

from intrathecal.simulation.implicit import NODES, WEIGHTS, implicit
from intrathecal.simulation.modal import modal
from intrathecal.simulation.squaring import squaring
from intrathecal.simulation.system import ELIMINATED, build_system


def test_one_step_is_of_order_seven() -> None:
    """The rational function follows the exponential to the seventh power of z, and vanishes far to the left."""
    for z in (-0.02, -0.04, -0.08, 0.02 + 0.05j):
        parts = [w / a / (1 - a * z) for w, a in zip(WEIGHTS, NODES, strict=True)]
        parts += [np.conj(w / a) / (1 - np.conj(a) * z) for w, a in zip(WEIGHTS, NODES, strict=True)]
        assert abs(sum(parts) - np.exp(z)) <= 1e-14 + 1e-6 * abs(z) ** 8
    far = 2 * sum((w / a / (1 + 1e8 * a)).real for w, a in zip(WEIGHTS, NODES, strict=True))
    assert abs(far) < 1e-6


def test_agrees_with_the_modes() -> None:
    """On the default mesh a restless program agrees with all modes to 1e-8 of the peak at every site."""
    built = build_system(CATALOGUE.drugs["morphine"], CATALOGUE, 172, 78)
    source, (durations, rates) = entry(built, "intrathecal", 0.6)[:, None], schedule(3, 12)
    rows = np.array([*built.sites.values(), *built.effects.values()])
    seen = []
    for each in (implicit(built), modal(built)):
        run = each.run(each.internal(2.0 * source[:, 0]), durations, rates, source)
        seen.append(each.observe(run.states, rows))
    assert (np.abs(seen[0] - seen[1]).max(axis=0) <= 1e-8 * seen[1].max(axis=0)).all()


@settings(max_examples=15, deadline=None)
@given(EXTREMES, st.integers(0, 100))
def test_every_microgram_is_somewhere(extreme: object, seed: int) -> None:
    """What entered is there or eliminated to 1e-12 of it, none is negative, and squaring says the same to 1e-7 of it."""
    built = extreme.build()  # type: ignore[attr-defined]
    source, (durations, rates) = entry(built, "intrathecal", 0.3)[:, None], schedule(seed, 6)
    found = []
    for each in (implicit(built), squaring(built)):
        run = each.run(each.internal(source[:, 0]), durations, rates, source)
        x, entered = each.physical(run.states[-1]), 1.0 + float(durations @ rates[:, 0])
        assert abs(built.parent @ x + built.sinks[ELIMINATED] @ run.integral - entered) <= 1e-12 * entered
        assert x.min() >= 0
        found.append(x)
    assert np.abs(found[0] - found[1]).sum() <= 1e-7 * entered


def test_needs_no_symmetry_and_no_loss() -> None:
    """Where flow far outruns dispersion, and where nothing ever leaves, steps give what scipy's exponential gives."""
    for built in (system(straight(60), 1e-4, 1e-4, speed=2e-3), system(straight(40), 0.05)):
        steps, start = implicit(built), built.source("intrathecal", 20.0)
        run = steps.run(steps.internal(start), np.array([900.3]), np.zeros((1, 0)), np.zeros((start.size, 0)))
        right = expm(built.generator.toarray() * 900.3) @ start
        assert steps.physical(run.states[-1]) == pytest.approx(right, abs=1e-8)


def test_a_run_goes_on_bit_for_bit() -> None:
    """A run cut between two segments and taken up from its state is the run that was not cut."""
    built = system(straight(30), 0.05, 1e-4)
    steps, (durations, rates) = implicit(built), schedule(1, 10)
    source = built.source("intrathecal", 20.0)[:, None]
    whole = steps.run(steps.internal(np.zeros(30)), durations, rates, source)
    later = implicit(built)
    second = later.run(whole.states[4], durations[4:], rates[4:], source)
    assert np.array_equal(second.states, whole.states[4:])
    assert np.array_equal(later.observe(second.states, np.eye(30)), steps.observe(whole.states, np.eye(30))[4:])
