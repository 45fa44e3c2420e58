"""A drug's answer as a sum of exponentials whose rates are the same for everybody: for many patients, seen at a few places.

The answer H(s) of a place to what enters is known exactly at any s (`lockstep`). It is fitted by the sum of c_k / (s + r_k)
with rates r_k that are log-spaced, r_k = e^{h k}, from well below the slowest to the fastest that can be seen. Nothing is
searched for: the answer of a network that trades and loses drug is a smooth mixture of such terms, and a rate that lies between
two of the r_k is made up by its neighbours the more exactly, the smaller h is. Where a strong flow makes it no such mixture,
the bound on the error says so, and the modes of a rational Krylov space are taken (`reduction`).

The c_k are those of least squares at frequencies log-spaced along the contour s = i w - a on which `certainty` measures the
error, a below every rate. So they come from one product of matrices, and the same values of H that they are fitted to, more of
them than there are c_k, say how far off the fit is. Two things hold to round-off: the answer at rest, H(0), and with it means,
areas and steady states; and for the row that counts drug, that the c_k sum to one, so that what enters is there or has left.

All windows are cut from one grid of rates. Patients who share a flow therefore share what the flow makes of every rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from math import ceil, floor, log

import numpy as np

from intrathecal.simulation.certainty import PEAK_TIMES_S, Certainty, fed_by_dose, fed_by_step
from intrathecal.simulation.comb import Comb
from intrathecal.simulation.lockstep import observed
from intrathecal.simulation.modal import Modes
from intrathecal.simulation.trajectory import Array, largest

#: The steps of the grid, and the fastest rate of each (1/s), that are tried in turn.
STEPS = ((0.33, 2.0), (0.25, 2.0), (0.22, 8.0), (0.16, 16.0))
#: The slowest rate, in units of one over the mean time that drug stays; a of this module's docstring in units of that rate.
SLOWEST, FADING = 0.2, 0.5
#: Frequencies: how many for each rate, and how far they reach beyond the slowest and the fastest.
FOR_EACH, BELOW, ABOVE = 0.6, 0.4, 3.0
#: The weight of a frequency w is w to this power: between a step's and a dose's.
LEANING = 0.6
#: Directions of the fit that are smaller than this part of the largest are not used: they would carry round-off.
SMALLEST = 1e-13
#: So many frequencies are passed at once by a processor.
TOGETHER = 8


@dataclass(frozen=True, eq=False)
class Fit:
    """How c_k are made of values (2 K) along a contour and of others (e) that are to be met exactly.

    ``terms`` (q, 2 K) are the values of every term, ``exact`` (q, e) what is met exactly of them. The c_k are values @ ``near``
    (2 K, q) + others @ ``met`` (e, q); ``moved`` (e, q) are the smallest c_k that have these others, whatever their values.
    """

    terms: Array
    exact: Array
    near: Array
    met: Array
    moved: Array

    @classmethod
    def of(cls, terms: Array, exact: Array, weights: Array, scale: Array) -> Fit:
        """Least squares with ``weights`` (2 K), the c_k in units of ``scale`` (q)."""
        matrix, held = (terms * weights).T * scale, (exact.T * scale)
        moved = np.linalg.pinv(held)
        free = np.linalg.svd(held)[2][len(held) :].T
        solved = free @ np.linalg.pinv(matrix @ free, rcond=SMALLEST)
        met = moved - solved @ (matrix @ moved)
        return cls(terms, exact, solved.T * weights[:, None] * scale, met.T * scale, moved.T * scale)

    def __call__(self, values: Array, others: Array) -> Array:
        """The c_k (p, q) of ``values`` (p, 2 K) and ``others`` (p, e)."""
        found = values @ self.near + others @ self.met
        # once more, for what is left: the c_k take turns in sign, and the first ones carry round-off
        found += (values - found @ self.terms) @ self.near + (others - found @ self.exact) @ self.met
        return np.asarray(found + (others - found @ self.exact) @ self.moved)


@dataclass(frozen=True, eq=False)
class Window:
    """Some neighbouring rates of the grid, and how an answer is fitted by them.

    ``rates`` (q; 1/s) are those from the place ``first`` of the grid of this ``step`` on; ``shifts`` (K; 1/s) are the i w - a,
    ``parts`` (K) their shares of the integral of `certainty`. ``fitting`` meets the answer at rest, and ``counting``, for the row
    that counts drug, besides that its c_k sum to one.
    """

    step: float
    first: int
    rates: Array
    fading_per_s: float
    shifts: Modes
    parts: Array
    fitting: Fit
    counting: Fit

    def fit(self, values: Array, rest: Array) -> Array:
        """The c_k (p, q) of answers with ``values`` (p, 2 K; real parts first) at the shifts and ``rest`` (p) at s = 0."""
        return self.fitting(values, rest[:, None])

    def fit_count(self, values: Array, rest: float) -> Array:
        """The same (q) of the row that counts drug, with ``values`` (2 K): they sum to one."""
        return np.asarray(self.counting(values[None], np.array([[rest, 1.0]]))[0])

    def missed(self, values: Array, terms: Array) -> Array:
        """How far c_k, ``terms`` (p, q), miss ``values`` (p, 2 K) at each shift (p, K), times its part of the integral."""
        real, imag = np.split(values - terms @ self.fitting.terms, 2, axis=1)
        return np.asarray(np.sqrt(real * real + imag * imag) * self.parts)


@dataclass(frozen=True, eq=False)
class Answers:
    """What drug that enters at one place does at p others: ``terms`` (p, q; ug/mL for each ug) of the rates of ``window``."""

    window: Window
    terms: Array
    certainty: Certainty

    def worst(self, rows: slice, over_s: float) -> float:
        """The larger of the bounds, at some of the rows, for a step and for a dose over ``over_s``, which is above 0."""
        miss, grown, dosed = self.certainty.of_rows(rows), *_responses(self.window, over_s)
        step = miss.relative(miss.bound(fed_by_step), (miss.seen @ grown).max(axis=1))
        dose = miss.relative(miss.bound(partial(fed_by_dose, over_s)), (miss.seen @ dosed).max(axis=1))
        return max(step, dose)


@lru_cache(maxsize=256)
def _responses(window: Window, over_s: float) -> tuple[Array, Array]:
    """What the rates of a window hold (q, t) after a step of 1 ug/s, and after 1 ug given over a time: the same for everybody."""

    def grown(times_s: Array) -> Array:
        return np.asarray(-np.expm1(-window.rates[:, None] * times_s) / window.rates[:, None])

    after = np.maximum(PEAK_TIMES_S, over_s)
    return grown(PEAK_TIMES_S), (grown(after) - grown(after - over_s)) / over_s


def window_for(stays_s: float, step: float, fastest_per_s: float) -> Window:
    """The window of the grid of that ``step`` for drug that stays for the mean time ``stays_s``.

    Raises `ArithmeticError` where drug never leaves.
    """
    if not 0.0 < stays_s < np.inf:
        raise ArithmeticError("what enters never leaves, or is nothing")
    return _window(floor(log(SLOWEST / stays_s) / step), step, fastest_per_s)


@lru_cache(maxsize=256)
def _window(first: int, step: float, fastest_per_s: float) -> Window:
    rates = np.exp(step * np.arange(first, ceil(log(fastest_per_s) / step) + 1))
    fading = FADING * float(rates[0])
    least, most = log(BELOW * rates[0]), log(ABOVE * fastest_per_s)
    count = TOGETHER * ceil(FOR_EACH * (most - least) / step / TOGETHER)
    frequencies = np.exp(np.linspace(least, most, count))
    shifts = 1j * frequencies - fading
    kernel = 1.0 / (shifts + rates[:, None])
    terms = np.hstack([kernel.real, kernel.imag])
    weights = np.tile((frequencies + rates[0]) ** LEANING, 2)
    parts = np.full(count, (most - least) / (count - 1))
    parts[[0, -1]] += 1.0
    scale = rates - fading  # of the c_k, so that every direction of the fit is of the same size
    return Window(
        step=step,
        first=first,
        rates=rates,
        fading_per_s=fading,
        shifts=shifts,
        parts=parts * frequencies / np.pi,
        fitting=Fit.of(terms, 1.0 / rates[:, None], weights, scale),
        counting=Fit.of(terms, np.stack([1.0 / rates, np.ones(rates.size)], axis=1), weights, scale),
    )


def answers(comb: Comb, entry: Array, rows: Array, rest: Array, window: Window) -> Answers:
    """What drug that enters at ``entry`` (n) does at ``rows`` (p, n), by the rates of ``window``.

    ``rest`` (n) are the amounts in which a steady inflow of 1 ug/s ends (`lockstep.at_rest`).
    """
    return fitted(window, observed(comb, window.shifts, entry, rows), rows @ rest, largest(rows))


def fitted(window: Window, values: Array, rest: Array, largest_per_mL: Array) -> Answers:
    """The answers of rows, of any number of patients, by their ``values`` (p, 2 K) at the window's shifts and at ``rest`` (p)."""
    terms = window.fit(values, rest)
    missed, force = window.missed(values, terms), np.ones(window.rates.size)
    return Answers(window, terms, Certainty(window.shifts, missed, -window.rates, terms, force, largest_per_mL))
