"""How likely unwanted effects are, by the strongest action of the drugs that cause them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import SideEffect
from intrathecal.relief.hill import fraction, logarithm
from intrathecal.relief.indices import Indices, site_index
from intrathecal.relief.tolerance import Factors

Array = NDArray[np.float64]


def exposures(side_effects: Mapping[str, SideEffect], acting: Sequence[Indices], factors: Factors) -> dict[str, Array]:
    """By name, the index (t,) that each side effect depends on; tolerance divides those that wear off.

    Only those whose mechanism a drug in ``acting`` has.
    """
    mechanisms = {each.mechanism for each in acting}
    return {
        name: site_index(acting, effect.mechanism, effect.site) / _worn(effect, factors)
        for name, effect in side_effects.items()
        if effect.mechanism in mechanisms
    }


def _worn(effect: SideEffect, factors: Factors) -> Array | float:
    if not effect.wears_off:
        return 1.0
    return factors.spinal if effect.site == "spinal" else factors.supraspinal


def probabilities(side_effects: Mapping[str, SideEffect], peaks: Mapping[str, float]) -> dict[str, float]:
    """By name, how likely each is in a person whose greatest exposure was ``peaks``.

    P = 1 - (1 - background) (1 - u^s / (half^s + u^s)), u the peak, s the slope.
    """
    return {name: _probability(side_effects[name], peak) for name, peak in peaks.items()}


def _probability(effect: SideEffect, peak: float) -> float:
    spared = 1.0 - effect.background.canonical
    log_odds = effect.slope.canonical * (logarithm(peak) - logarithm(effect.half_index.canonical))
    return float(1.0 - spared * fraction(-log_odds))
