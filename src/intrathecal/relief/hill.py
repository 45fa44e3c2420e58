"""Fractions of an effect from indices, in logarithms of odds, where no concentration is too large or too small.

An effect of fraction E has the odds E / (1 - E). A Hill curve of an index u (concentration over EC50) has the odds u^h.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def logarithm(values: Array | float) -> Array:
    """The natural logarithm of ``values`` (never negative), minus infinity for zero."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))


def together(indices: Sequence[Array], hills: Sequence[float], hill: float) -> Array:
    """The logarithm of (sum of u^(h / hill))^hill: drugs that do the same, each with its own steepness h.

    Alone, each keeps u^h; those with h = ``hill`` are doses of one another (Loewe additivity).
    """
    terms = [own / hill * logarithm(index) for index, own in zip(indices, hills, strict=True)]
    return np.asarray(hill * np.logaddexp.reduce(terms, axis=0))


def interacting(first: Array, second: Array, synergy: float) -> Array:
    """The logarithm of a + b + ``synergy`` sqrt(a b), of the logarithms of a and b (0: additive)."""
    both = 0.5 * (first + second) + logarithm(synergy)
    return np.asarray(np.logaddexp(np.logaddexp(first, second), both))


def fraction(log_odds: Array) -> Array:
    """E = odds / (1 + odds)."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))
