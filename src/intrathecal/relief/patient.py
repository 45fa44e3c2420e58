"""Pain and spasticity: what they were before, and what is left of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Relief
from intrathecal.relief.indices import OPIOID, Indices, site_index
from intrathecal.relief.response import relief_fraction
from intrathecal.relief.sites import SPINAL, SUPRASPINAL
from intrathecal.relief.tolerance import Tolerated, steady

Array = NDArray[np.float64]

#: The ends of the scales: a number from 0 to 10, and the modified Ashworth scale.
WORST_PAIN, WORST_ASHWORTH = 10.0, 4.0
#: Answers are whole numbers: pain from here on is answered as ten.
ANSWERED_AS_WORST = WORST_PAIN - 0.5
# insensitivity is searched between 1 and 2 to this power, by so many halvings of the power
LARGEST_POWER, HALVINGS = 1000.0, 80


@dataclass(frozen=True)
class Baseline:
    """A patient before therapy.

    ``pain`` is what the patient has on the oral opioid, ``untreated_pain`` what it would be without any drug.
    ``insensitivity`` (1 or more) divides the opioids' effect on this patient's pain. ``tolerated`` is the tolerance that the
    oral opioid has left.
    """

    pain: float
    untreated_pain: float
    insensitivity: float
    tolerated: Tolerated


def baseline(relief: Relief, acting: Sequence[Indices], pain: float) -> Baseline:
    """The patient who has ``pain`` (0 to 10) at rest on the opioids ``acting``, none or those by mouth (one time each).

    Where that needs untreated pain above ten, it is ten, and the patient is less sensitive to opioids than most. Pain that
    is answered as ten tells nothing beyond that: the patient is then as sensitive as that answer allows.
    """
    indices = (float(np.squeeze(site_index(acting, OPIOID, site))) for site in (SPINAL, SUPRASPINAL))
    tolerated = steady(*indices)
    factors = tolerated.factors(relief.tolerance)

    def taken(insensitivity: float) -> float:
        return float(np.squeeze(relief_fraction(relief, acting, factors, insensitivity)))

    relieved = taken(1.0)
    if pain <= WORST_PAIN * (1.0 - relieved):
        untreated = pain / (1.0 - relieved) if pain > 0 else 0.0
        return Baseline(pain, untreated, 1.0, tolerated)
    wanted = max(1.0 - pain / WORST_PAIN, 1.0 - ANSWERED_AS_WORST / WORST_PAIN)
    low, high = 0.0, LARGEST_POWER if relieved > wanted else 0.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if taken(2.0**middle) > wanted else (low, middle)
    return Baseline(WORST_PAIN * (1.0 - taken(2.0**high)), WORST_PAIN, 2.0**high, tolerated)


def placebo(relief: Relief, since_s: Array | float) -> Array:
    """The share (t,) of pain that hope takes, ``since_s`` after something was first given; none before."""
    halves = np.maximum(since_s, 0.0) / relief.placebo_half_time.canonical
    return np.asarray(-relief.placebo_max.canonical * np.expm1(-np.log(2.0) * halves))


def pain(untreated_pain: float, relieved: Array, hoped: Array) -> Array:
    """Pain (t,), 0 to 10, when drugs take the fraction ``relieved`` of it and placebo ``hoped`` of the rest."""
    return np.asarray(untreated_pain * (1.0 - relieved) * (1.0 - hoped))


def ashworth(before: float, relieved: Array) -> Array:
    """Spasticity (t,) on the modified Ashworth scale, 0 to 4."""
    return np.clip(before * (1.0 - relieved), 0.0, WORST_ASHWORTH)
