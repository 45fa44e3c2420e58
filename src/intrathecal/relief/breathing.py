"""How far opioids depress breathing, at a carbon dioxide that is held."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from intrathecal.relief.hill import fraction, together
from intrathecal.relief.indices import OPIOID, Indices, none
from intrathecal.relief.tolerance import Factors

Array = NDArray[np.float64]


def breathing_fraction(acting: Sequence[Indices], factors: Factors) -> Array:
    """What is left of breathing (t,), 1 without drug.

    Indices of opioids add, over the tolerance of the supraspinal site. The form is that of Dahan 2004 (Anesthesiology
    101:1201); a person who breathes too little gathers carbon dioxide, which drives breathing, and is not followed here.
    """
    drugs = [each for each in acting if each.drug.breathing is not None]
    if not drugs:
        return 1.0 - none(acting)
    needed = [factors.supraspinal if each.mechanism == OPIOID else 1.0 for each in drugs]
    hills = [each.drug.breathing.hill.canonical for each in drugs if each.drug.breathing is not None]
    seen = [np.asarray(each.breathing / times) for each, times in zip(drugs, needed, strict=True)]
    return fraction(-together(seen, hills, max(hills)))
