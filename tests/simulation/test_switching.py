"""A body that changes in time: asleep and awake, lying and standing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm
from tests.simulation.extremes import Array, Extreme, entry

from intrathecal.simulation.switching import Phase, Switching
from intrathecal.simulation.system import ELIMINATED

AWAKE, ASLEEP = Extreme(spread=1.0).build(), Extreme(spread=0.4).build()
BODY = Switching.of({"awake": AWAKE, "asleep": ASLEEP})
SOURCE = entry(AWAKE, "intrathecal", 0.6)[:, None]
ROWS = np.array([AWAKE.sites["T10"], AWAKE.sites["cisterna_magna"], AWAKE.sites["plasma"]])
NOTHING = np.zeros(len(AWAKE.states))


def nights(days: int, rate: float = 0.01) -> list[Phase]:
    """Sixteen hours awake and eight asleep, by the hour."""
    return [
        Phase(body, np.full(hours, 3600.0), np.full((hours, 1), rate))
        for _ in range(days)
        for body, hours in (("awake", 16), ("asleep", 8))
    ]


def exact(x: Array, generator: Array, seconds: float, push: Array) -> Array:
    """The amounts after ``seconds`` by scipy's exponential."""
    size = x.size
    augmented = np.zeros((size + 1, size + 1))
    augmented[:size, :size], augmented[:size, -1] = generator, push
    return np.asarray((expm(augmented * seconds) @ np.append(x, 1.0))[:size])


def test_each_phase_is_the_exponential_of_its_own_system() -> None:
    """Three days and nights are the product of six exponentials, and are seen at every hour."""
    passed = BODY.run(NOTHING, nights(3), SOURCE, ROWS)
    x, right = NOTHING, []
    for _ in range(3):
        for system, hours in ((AWAKE, 16), (ASLEEP, 8)):
            x = exact(x, system.generator.toarray(), hours * 3600.0, 0.01 * SOURCE[:, 0])
            right.append(ROWS @ x)
    assert passed.seen.shape == (73, 3)
    assert passed.seen[[16, 24, 40, 48, 64, 72]] == pytest.approx(np.array(right), rel=1e-8)
    assert passed.amounts == pytest.approx(x, rel=1e-7, abs=1e-9 * x.max())


def test_every_microgram_is_somewhere() -> None:
    """Through two hundred changes what entered is there or has left, to 1e-10 of it."""
    passed = BODY.run(7.0 * SOURCE[:, 0], nights(100), SOURCE, ROWS)
    entered = 7.0 + 100 * 86400 * 0.01
    assert abs(AWAKE.parent @ passed.amounts + passed.left_ug[ELIMINATED] - entered) <= 1e-10 * entered
    assert passed.amounts.min() >= 0


def test_a_change_to_the_same_body_is_none() -> None:
    """Switching between two names of one system is the run without a change."""
    same = Switching.of({"awake": AWAKE, "asleep": AWAKE})
    one = same.run(NOTHING, [Phase("awake", np.full(72, 3600.0), np.full((72, 1), 0.01))], SOURCE, ROWS)
    assert same.run(NOTHING, nights(3), SOURCE, ROWS).seen == pytest.approx(one.seen, rel=1e-9, abs=1e-12)


def test_other_states_and_other_names_are_refused() -> None:
    """Systems of another mesh cannot take over, and a body without a system is named."""
    with pytest.raises(ValueError, match="do not have the same states"):
        Switching.of({"awake": AWAKE, "asleep": Extreme(cells=41).build()})
    with pytest.raises(ValueError, match='"standing" has no system: there are awake, asleep'):
        BODY.run(NOTHING, [Phase("standing", np.ones(1), np.ones((1, 1)))], SOURCE, ROWS)
