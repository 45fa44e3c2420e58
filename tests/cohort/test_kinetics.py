"""The compiled modes of a patient's drugs, against complex numbers one by one."""

from __future__ import annotations

import numpy as np
import pytest

from intrathecal.cohort.kinetics import KEPT, NOTHING, STEP_S, TIP_ROW, TOGETHER, Kinetics, move, show

#: Modes that do not turn, of which the last of the second course are nothing; and one more that turns, in the second.
REAL, MODES = 14, 2 * TOGETHER
TIPS = 2


def kinetics(seed: int) -> Kinetics:
    """Two drugs with modes at random."""
    random = np.random.default_rng(seed)
    rates, turning = -(10.0 ** random.uniform(-6, -1, (2, MODES))), np.zeros((2, MODES))
    rates[1, -1], turning[1, -2:] = rates[1, -2], 3e-4
    grown = np.zeros((KEPT, 2, MODES))
    grown[0] = np.expm1(rates * STEP_S)
    turned = np.expm1((rates[1, -2] + 1j * turning[1, -2]) * STEP_S)
    grown[0, 1, -2:] = turned.real, turned.imag
    return Kinetics(
        rates=rates,
        turning=turning,
        grown=grown,
        spans=np.array([STEP_S, *np.zeros(KEPT - 1)]),
        oldest=np.ones(1, dtype=np.int64),
        seen=random.normal(size=(2, TIP_ROW + TIPS, MODES)),
        force=random.normal(size=(2, TIPS, MODES)),
        modes=random.normal(size=(2, MODES)),
        entered=np.zeros((2, TIPS)),
        pairs=np.array([0, 1]),
        drug=np.array([0, 1]),
    )


def test_more_durations_than_are_kept_are_moved_over_exactly() -> None:
    """Each several times, in turn, with inflow at either place; what entered is added up."""
    drugs, random = kinetics(1), np.random.default_rng(2)
    durations = np.append(STEP_S, random.uniform(0.5, 5000.0, 2 * KEPT))
    alone, pair = drugs.modes.copy(), complex(*drugs.modes[1, -2:])
    entered = np.zeros((2, TIPS))
    for seconds in np.concatenate([durations, durations[::-1], durations[:3], durations]):
        place, ug_per_s = int(random.integers(TIPS)), random.uniform(0.0, 1.0, 2)
        push = ug_per_s[:, None] * drugs.force[:, place]
        move(drugs, 0, place, ug_per_s, float(seconds))
        alone += np.expm1(drugs.rates * seconds) * (alone + push)
        rate = complex(drugs.rates[1, -2], drugs.turning[1, -2])
        pair += (np.exp(rate * seconds) - 1.0) * (pair + complex(*push[1, -2:]))
        entered[:, place] += ug_per_s * seconds
    assert drugs.modes[0] == pytest.approx(alone[0], rel=1e-12)
    assert drugs.modes[1, :-2] == pytest.approx(alone[1, :-2], rel=1e-12)
    assert complex(*drugs.modes[1, -2:]) == pytest.approx(pair, rel=1e-11)
    assert drugs.entered == pytest.approx(entered, rel=1e-12)


def test_one_course_alone_is_moved() -> None:
    """The others stay as they are."""
    drugs = kinetics(3)
    before = drugs.modes.copy()
    move(drugs, 1, 0, np.array([0.3]), STEP_S)
    assert np.array_equal(drugs.modes[0], before[0])
    assert (drugs.modes[1] != before[1]).all()


@pytest.mark.parametrize("place", range(TIPS))
def test_what_is_seen_are_products_of_rows_and_modes(place: int) -> None:
    """The first rows, and that of the place where the tip is."""
    drugs, shown = kinetics(4), np.zeros((2, TIP_ROW + 1))
    show(drugs.seen, drugs.modes, TIP_ROW + place, shown)
    rows = [*range(TIP_ROW), TIP_ROW + place]
    assert shown == pytest.approx(np.einsum("crq,cq->cr", drugs.seen[:, rows], drugs.modes), rel=1e-12)


def test_what_has_faded_is_nothing() -> None:
    """No mode stays among the numbers that are nearly too small for a computer."""
    drugs = kinetics(5)
    for _ in range(40):
        move(drugs, 0, 0, np.zeros(2), 1e6)
    left = np.abs(np.concatenate([drugs.modes[0], drugs.modes[1, :-2]]))
    assert (left == 0.0).any()
    assert left[left > 0].min() > NOTHING
