"""How far a few modes may be off: a bound in the frequency domain, for a step, for a dose, and for a whole run.

The error of a response is the difference E(s) of two transfer functions, the system's and the modes', both known exactly. For
an input with transform U, at any time t and for any a >= 0 that is less than every rate of the system (Parseval; the contour
lies at Re s = -a),

    |e(t)| <= 1/pi  integral over w > 0 of |E(i w - a)| |V(i w - a, t)| dw,    V = integral of e^{s (t - r)} u(r) dr until t.

A step of 1 ug/s has |V| <= 1/w, 1 ug given over d has |V| <= min(1, 2 / (w d)), 1 ug given at once has |V| = 1. The integral
is summed over log-spaced w, ends included: below them E falls as w does, above them as 1/w. With a > 0 what happened long ago
fades by e^{-a t}; that is how the inputs of a run are added up (`Unrest`).

Modes that are far from orthogonal cancel one another when they are added up. What round-off makes of that is added: so many
units of the last digit of the sum of |V| at the modes' own rates, without signs.

What is told is relative to the largest value that the same input brings to the place looked at. A place that holds less
than `NEGLIGIBLE` of what the fullest one does is measured by that share: there is nothing to see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from intrathecal.simulation.comb import Numbers
from intrathecal.simulation.modal import LAST_DIGITS, Modal, Modes
from intrathecal.simulation.trajectory import EPS, Array, Rows, largest

#: The frequencies at which the error is looked at (1/s), seven to a decade, and the times at which the largest response is.
FREQUENCIES_PER_S = np.geomspace(1e-8, 1e3, 78)
PEAK_TIMES_S = np.append(0.0, np.geomspace(0.1, 1e8, 100))
#: Doses over a minute or longer are always within the bound.
MINUTE_S = 60.0
#: A place that holds a smaller share of the drug than this part of the largest share is nearly free of drug.
NEGLIGIBLE = 1e-6
TINY = float(np.finfo(float).tiny)
#: |V| of some inputs at any |s| (k; 1/s): (k,).
Size = Callable[[Array], Array]


class Resolvent(Protocol):
    """A system that can be solved at many shifts: a comb, by compiled code or by arrays."""

    def resolvent(self, shifts: Numbers, entry: Array) -> Numbers:
        """The x (n, K) of (s_k - G) x_k = ``entry`` (n) for every one of ``shifts`` (K, 1/s; no real part below zero)."""


def fed_by_step(size: Array) -> Array:
    """|V| of a step of 1 ug/s, at most."""
    return 1.0 / size


def fed_by_dose(over_s: float, size: Array) -> Array:
    """|V| of 1 ug that is given over ``over_s``, at most."""
    return np.asarray(np.minimum(1.0, 2.0 / np.maximum(size * over_s, TINY)))


@dataclass(frozen=True)
class Certainty:
    """What ``modes`` miss of the system at p places for drug that enters at one of its entries.

    ``missed`` (p, K) is |E| at K ``shifts``, each with its part of the integral; ``rates`` (q), ``seen`` (p, q) and ``force``
    (q) are the modes', ``largest_per_mL`` (p,) the largest entry of every place's row. A `Size` gives |V| at any |s|.
    """

    shifts: Modes
    missed: Array
    rates: Modes
    seen: Modes
    force: Modes
    largest_per_mL: Array

    def of_rows(self, rows: slice) -> Certainty:
        """The same of some of the places."""
        return replace(self, missed=self.missed[rows], seen=self.seen[rows], largest_per_mL=self.largest_per_mL[rows])

    @property
    def worst(self) -> float:
        """The larger of the bounds for a step and for a dose over a minute."""
        return max(self.of_step(), self.of_dose(MINUTE_S))

    def of_step(self) -> float:
        """The largest error of a step, relative to the largest value at the same place."""
        return self._worst(fed_by_step, self._step(PEAK_TIMES_S))

    def of_dose(self, over_s: float) -> float:
        """The same of a dose given over ``over_s``; at once for 0."""
        if over_s == 0:
            response = (self.seen @ (np.exp(self.rates[:, None] * PEAK_TIMES_S) * self.force[:, None])).real
        else:
            after = np.maximum(PEAK_TIMES_S, over_s)
            response = (self._step(after) - self._step(after - over_s)) / over_s
        return self._worst(partial(fed_by_dose, over_s), response)

    def bound(self, fed: Size) -> Array:
        """The largest error (p,; ug/mL) of inputs whose |V| is at most what ``fed`` gives for |s|."""
        rounded = LAST_DIGITS * EPS * (np.abs(self.seen) @ (np.abs(self.force) * fed(np.abs(self.rates))))
        return np.asarray(self.missed @ fed(np.abs(self.shifts)) + rounded)

    def relative(self, error: Array, reached: Array) -> float:
        """The largest of ``error`` (p,) relative to ``reached`` (p,), the largest values there; 0 where there is no drug."""
        return float(relative(error, reached, self.largest_per_mL))

    def _worst(self, fed: Size, response: Array) -> float:
        return self.relative(self.bound(fed), response.max(axis=1))

    def _step(self, times_s: Array) -> Array:
        """The response (p, t) to a step of 1 ug/s."""
        grown = np.expm1(self.rates[:, None] * times_s) / self.rates[:, None]
        return np.asarray((self.seen @ (grown * self.force[:, None])).real)


def relative(error: Array, reached: Array, largest_per_mL: Array) -> Array:
    """The largest of ``error`` (..., p) relative to ``reached`` (..., p), the largest values there; 0 where there is no drug."""
    seen = largest_per_mL > 0
    largest_share = np.divide(reached, largest_per_mL, out=np.zeros(reached.shape), where=seen).max(
        axis=-1, initial=0.0
    )
    measure = np.maximum(reached, NEGLIGIBLE * largest_share[..., None] * largest_per_mL)
    shares = np.divide(error, measure, out=np.zeros(measure.shape), where=measure > 0)
    return np.asarray(shares.max(axis=-1, initial=0.0))


def certainty(
    modes: Modal,
    comb: Resolvent,
    entry: Array,
    rows: Rows,
    fading_per_s: float = 0.0,
    frequencies_per_s: Array = FREQUENCIES_PER_S,
) -> Certainty:
    """How far ``modes`` may be off at the places ``rows`` (p, n) for drug that enters at ``entry`` (n).

    ``fading_per_s`` is a of this module's docstring; ``frequencies_per_s`` (K) are log-spaced.
    """
    shifts = 1j * frequencies_per_s - fading_per_s
    rates, seen, force = modes.complex_parts(rows, entry)
    exact = np.asarray(rows @ comb.resolvent(shifts, entry))
    missed = np.abs(exact - _product(seen, force[:, None] / (shifts - rates[:, None])))
    parts = np.full(shifts.size, np.log(frequencies_per_s[1] / frequencies_per_s[0]))
    parts[[0, -1]] += 1.0
    return Certainty(shifts, missed * frequencies_per_s * parts / np.pi, rates, seen, force, largest(rows))


def _product(seen: Modes, responses: Modes) -> Modes:
    """``seen`` (p, q) times complex ``responses`` (q, K); what is real is not multiplied as if it were complex."""
    if np.iscomplexobj(seen):
        return np.asarray(seen @ responses)
    return np.asarray(seen @ np.ascontiguousarray(responses).view(float)).view(complex)
