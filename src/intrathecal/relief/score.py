"""What a patient answers: a whole number, which wanders about the pain from hour to hour and day to day.

The wandering is an Ornstein-Uhlenbeck process on a grid of equal steps, y' = a y + sd sqrt(1 - a^2) z with z standard normal:
of one standard deviation for ever, and with a correlation that falls by the same factor every day.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Relief
from intrathecal.relief.patient import WORST_PAIN
from intrathecal.relief.streams import generators

Array = NDArray[np.float64]

DAY_S = 86_400
#: Each use of the run's seed has its own stream; presses at random have the first.
SCORE_STREAM = 2


def noise(relief: Relief, seed: int, first_step: int, count: int, step_s: float, last: float | None) -> Array:
    """How far the answers lie from the pain at ``count`` steps from ``first_step`` on (count,).

    ``last`` is the value at the step before, none at step 0. Every day's numbers are drawn from the seed by themselves, so
    the values are the same, bit for bit, however a run is cut. Raises `ValueError` for a step that does not divide a day, and
    for a missing or superfluous ``last``.
    """
    if (last is None) != (first_step == 0):
        raise ValueError("give the last value from step 1 on, and none at step 0")
    spread, stays, moves = wandering(relief, step_s)
    values: list[float] = []
    for draw in normals(seed, first_step, count, step_s).tolist():
        last = spread * draw if last is None else stays * last + moves * draw
        values.append(last)
    return np.array(values)


def scores(pain: Array, away: Array) -> Array:
    """The answers (t,): whole numbers from 0 to 10, for a ``pain`` and how far ``away`` from it the patient feels."""
    return np.rint(np.clip(pain + away, 0.0, WORST_PAIN))


def wandering(relief: Relief, step_s: float) -> tuple[float, float, float]:
    """sd, a and sd sqrt(1 - a^2) of this module's docstring for steps of ``step_s``."""
    spread = relief.score_sd.canonical
    stays = relief.score_day_correlation.canonical ** (step_s / DAY_S)
    return spread, stays, spread * (1.0 - stays * stays) ** 0.5


def normals(seed: int, first: int, count: int, step_s: float) -> Array:
    """The standard normal numbers z (count,) of the steps from ``first`` on; raises `ValueError` as `noise` does."""
    per_day = round(DAY_S / step_s)
    if per_day * step_s != DAY_S:
        raise ValueError(f"step_s is {step_s:g}: give a divisor of {DAY_S}")
    days = range(first // per_day, -(-(first + count) // per_day))
    drawn = np.empty((len(days), per_day))
    for row, generator in zip(drawn, generators(seed, SCORE_STREAM, days), strict=True):
        generator.standard_normal(out=row)
    skipped = first % per_day
    return drawn.ravel()[skipped : skipped + count]
