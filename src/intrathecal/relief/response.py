"""How much pain, or spasticity, the drugs take away together.

Opioids act at two sites and are doses of one another. With a local anaesthetic they interact as was measured (Ngan Kee
2014, Anesthesiology 120:1126: U = f + b + a sqrt(f b)). For other pairs no interaction was measured: they act independently
(Bliss), each on what the others leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial, reduce

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Mechanism, Relief
from intrathecal.relief.hill import fraction, interacting, together
from intrathecal.relief.indices import OPIOID, Indices, none
from intrathecal.relief.tolerance import Factors

Array = NDArray[np.float64]

LOCAL_ANAESTHETIC: Mechanism = "local anaesthetic"


def relief_fraction(relief: Relief, acting: Sequence[Indices], factors: Factors, insensitivity: float = 1.0) -> Array:
    """The fraction (t,) of pain that the drugs against pain take away; zero without any.

    ``factors`` are how many times the concentration the sites need, ``insensitivity`` how many times more this person
    does; both are the opioids' alone. More of any drug never gives less.
    """
    drugs = [each for each in acting if each.drug.effect == "pain"]
    opioids = [each for each in drugs if each.mechanism == OPIOID]
    local = [each for each in drugs if each.mechanism == LOCAL_ANAESTHETIC]
    others = [each for each in drugs if each.mechanism not in (OPIOID, LOCAL_ANAESTHETIC)]
    parts = []
    if opioids:
        seen = [both_sites(relief, each, factors) / insensitivity for each in opioids]
        parts.append(together(seen, _hills(opioids), relief.opioid_hill.canonical))
    if local:
        hills = _hills(local)
        parts.append(together([_everywhere(each) for each in local], hills, max(hills)))
    fractions = [_alone(each) for each in others]
    if parts:
        log_odds = reduce(partial(interacting, synergy=relief.opioid_local_anaesthetic_synergy.canonical), parts)
        fractions.append(_ceiling(opioids + local) * fraction(log_odds))
    return _independent(acting, fractions)


def spasticity_fraction(acting: Sequence[Indices]) -> Array:
    """The fraction (t,) of spasticity that the drugs against it take away; zero without any."""
    return _independent(acting, [_alone(each) for each in acting if each.drug.effect == "spasticity"])


def both_sites(relief: Relief, opioid: Indices, factors: Factors) -> Array:
    """The index of an opioid at its two sites together, tolerance counted."""
    spinal, supraspinal = opioid.spinal / factors.spinal, opioid.supraspinal / factors.supraspinal
    return np.asarray(spinal + supraspinal + relief.site_synergy.canonical * np.sqrt(spinal) * np.sqrt(supraspinal))


def _everywhere(each: Indices) -> Array:
    return each.spinal + each.supraspinal


def _hills(drugs: Sequence[Indices]) -> list[float]:
    return [each.drug.response.hill.canonical for each in drugs]


def _ceiling(drugs: Sequence[Indices]) -> float:
    """The most that drugs which act as one can do: as much as the strongest of them."""
    return max(each.drug.response.ceiling.canonical for each in drugs)


def _alone(each: Indices) -> Array:
    hills = _hills([each])
    return _ceiling([each]) * fraction(together([_everywhere(each)], hills, hills[0]))


def _independent(acting: Sequence[Indices], fractions: Iterable[Array]) -> Array:
    """1 - product of (1 - E), summed so that a small one keeps its digits."""
    total = none(acting)
    for each in fractions:
        total = total + each * (1.0 - total)
    return total
