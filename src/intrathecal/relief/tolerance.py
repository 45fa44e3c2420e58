"""Tolerance to opioids: the longer and the more a site is occupied, the more it needs.

A site that acts with index u is occupied to x = u / (1 + u). A fast and a slow part follow x, each with one half-life
upwards and another downwards, and the site needs T = 1 + fast_max F + slow_max S times the concentration. The form is an
EC50 that rises with a tolerance compartment (Ekblom 1993, J Pharmacol Exp Ther 266:244; Ouellet and Pollack 1995,
J Pharmacokinet Biopharm 23:531), driven by occupancy so that it saturates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Tolerance, Value

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Factors:
    """How many times the concentration each site needs: 1 or more, one number or (t,)."""

    spinal: Array | float
    supraspinal: Array | float


#: A person who never had an opioid.
NO_TOLERANCE = Factors(1.0, 1.0)


@dataclass(frozen=True)
class Tolerated:
    """How far the fast and slow parts have come at each site, from 0 to 1."""

    spinal_fast: float = 0.0
    spinal_slow: float = 0.0
    supraspinal_fast: float = 0.0
    supraspinal_slow: float = 0.0

    def factors(self, values: Tolerance) -> Factors:
        """What each site needs now."""
        return _factors(values, self.spinal_fast, self.spinal_slow, self.supraspinal_fast, self.supraspinal_slow)


def occupied(index: Array) -> Array:
    """The occupancy (t,) of a site that acts with ``index``."""
    return np.asarray(1.0 - 1.0 / (1.0 + index))


def steady(spinal_index: float, supraspinal_index: float) -> Tolerated:
    """Where tolerance settles when the sites act with these indices for ever."""
    spinal, supraspinal = (float(occupied(np.asarray(index))) for index in (spinal_index, supraspinal_index))
    return Tolerated(spinal, spinal, supraspinal, supraspinal)


def advance(
    values: Tolerance, state: Tolerated, spinal: Array, supraspinal: Array, step_s: float
) -> tuple[Tolerated, Factors]:
    """``state`` after k steps of ``step_s``, and the factors (k,) at the start of each.

    ``spinal`` and ``supraspinal`` (k,) are the opioids' indices at the start of each step. Each step is exact for an
    occupancy that stays what it was at its start.
    """
    fast = _kept(values.fast_half_life, values.fast_recovery_half_life, step_s)
    slow = _kept(values.slow_half_life, values.slow_recovery_half_life, step_s)
    in_cord, in_brain = occupied(np.asarray(spinal)).tolist(), occupied(np.asarray(supraspinal)).tolist()
    parts = [_follow(state.spinal_fast, in_cord, fast), _follow(state.spinal_slow, in_cord, slow)]
    parts += [_follow(state.supraspinal_fast, in_brain, fast), _follow(state.supraspinal_slow, in_brain, slow)]
    return Tolerated(*(float(part[-1]) for part in parts)), _factors(values, *(part[:-1] for part in parts))


def _factors(values: Tolerance, *parts: Array | float) -> Factors:
    """1 + fast_max F + slow_max S of both sites, from the fast and slow part of each."""
    spinal_fast, spinal_slow, supraspinal_fast, supraspinal_slow = parts
    fast_max = values.fast_max.canonical
    return Factors(
        1.0 + fast_max * spinal_fast + values.spinal_slow_max.canonical * spinal_slow,
        1.0 + fast_max * supraspinal_fast + values.supraspinal_slow_max.canonical * supraspinal_slow,
    )


def _kept(rising: Value, falling: Value, step_s: float) -> tuple[float, float]:
    """The share of a distance that is left after a step, upwards and downwards."""
    up, down = (0.5 ** (step_s / half_life.canonical) for half_life in (rising, falling))
    return up, down


def _follow(held: float, targets: list[float], kept: tuple[float, float]) -> Array:
    """One part at the start of every step, and at the end of the last (k + 1,)."""
    up, down = kept
    seen = [held]
    for target in targets:
        held = target + (held - target) * (up if target > held else down)
        seen.append(held)
    return np.array(seen)
