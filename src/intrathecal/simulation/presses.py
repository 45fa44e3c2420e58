"""When the handset is pressed, as far as that does not depend on the patient's pain."""

from __future__ import annotations

import numpy as np

from intrathecal.pump.hardware import DAY_MS
from intrathecal.therapy import PressRate, PressTimes, SimulationPlan

#: Each use of the run's seed has its own stream.
PRESS_STREAM = 1


def press_times(plan: SimulationPlan, day: int) -> tuple[int, ...]:
    """The presses (ms) of the ``day``-th 24 hours (from 0); a random day is drawn by itself, whatever came before."""
    first = day * DAY_MS
    match plan.presses:
        case PressTimes(at_ms):
            return tuple(at for at in at_ms if first <= at < first + DAY_MS)
        case PressRate(per_day):
            random = np.random.default_rng(np.random.SeedSequence(plan.seed, spawn_key=(PRESS_STREAM, day)))
            count = random.poisson(float(per_day))
            return tuple(sorted(first + int(at) for at in random.integers(0, DAY_MS, count)))
        case _:
            return ()
