"""Exact advance by scaling and squaring, with nothing but sums and products of numbers that are not negative.

Three matrices advance a state x and its integral w over a time h with constant input b u:

    E = exp(G h),  F = integral of exp(G t) over h,  H = integral of F over h:
    x <- E x + F b u,    w <- w + F x + H b u.

For a short step they are Poisson sums of powers of P = 1 + G / c (c the fastest rate; uniformisation), in which no term is
negative; doubling the step is E E, F + F E and H + h F + H E. So nothing falls below zero and nothing cancels. After each
doubling the columns of E and F are scaled so that what is there and what has left add up to what entered; otherwise
their round-off would double with the step. Every duration is a sum of steps of this ladder and one remainder shorter than
the shortest, so no duration needs a matrix of its own. Slower than the modes, but free of any condition on them: it is
what they are tested against, and stands in where they are not good enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import exp, floor, log2
from typing import TYPE_CHECKING

import numpy as np

from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import (
    EPS,
    Array,
    Rows,
    Trajectory,
    check_rows,
    check_run,
    product,
    residence_s,
    without_round_off,
)

if TYPE_CHECKING:
    from scipy import sparse

# the shortest step of the ladder, in units of the fastest rate, is between half of this and this
SHORTEST = 2.0
# terms of the Poisson sum that are below round-off of the first ones end it
SMALLEST_TERM = 1e-19


@dataclass(frozen=True)
class Step:
    """E, F and H (n, n) for one duration."""

    duration_s: float
    moved: Array
    summed: Array
    summed_twice: Array


def poisson_weights(mean: float) -> tuple[Array, Array, Array]:
    """Probabilities p_k of a Poisson count, its tails t_k = sum of p_j over j > k, and the sums of those tails over j >= k + 1.

    They are the weights of P^k in E, in c F and in c^2 H, summed from the small end; all within round-off.
    """
    terms = [exp(-mean)]
    while terms[-1] > SMALLEST_TERM * terms[0] or len(terms) < mean:
        terms.append(terms[-1] * mean / len(terms))
    weights = np.array([*terms, 0.0])
    tails = np.append(np.cumsum(weights[::-1])[::-1][1:], 0.0)
    return weights, tails, np.append(np.cumsum(tails[::-1])[::-1][1:], 0.0)


def short_step(
    generator: sparse.csr_array, fastest_per_s: float, state: Array, duration_s: float, push: Array
) -> Array:
    """``state`` (2, n: amounts and integrals) after ``duration_s`` under ``push`` (n; ug/s).

    ``duration_s`` is a few times 1 / ``fastest_per_s`` at most.
    """
    c = fastest_per_s
    if duration_s == 0:
        return state
    held, result = np.stack([state[0], push / c]), np.stack([np.zeros_like(push), state[1]])
    for weight, tail, tails in zip(*poisson_weights(c * duration_s), strict=True):
        result[0] += weight * held[0] + tail * held[1]
        result[1] += (tail * held[0] + tails * held[1]) / c
        held = held + (generator @ held.T).T / c
    return result


def shortest_step_s(fastest_per_s: float) -> float:
    """The shortest step of a ladder of powers of two: between 1 and 2 times 1 / ``fastest_per_s``."""
    return 2.0 ** floor(log2(SHORTEST / fastest_per_s))


@dataclass(frozen=True)
class Squaring:
    """A propagator: see `intrathecal.simulation.propagation.Propagator`. A state is (2, n): amounts and their integrals."""

    generator: sparse.csr_array
    fastest_per_s: float
    shortest_s: float
    parent: Array
    sink: Array
    error_estimate: float
    remark: str = ""
    _ladder: list[Step] = field(default_factory=list, repr=False, compare=False)

    @property
    def method(self) -> str:
        """What advances the system, for people."""
        return f"scaling and squaring, {self.parent.size} states{self.remark}"

    def because(self, why: str) -> Squaring:
        """The same, and why it was taken."""
        return replace(self, remark=f", because {why}")

    def internal(self, x: Array) -> Array:
        """The state (2, n) of amounts ``x`` (n, ug), its integral zero."""
        return np.stack([np.asarray(x, dtype=float), np.zeros(self.parent.size)])

    def physical(self, state: Array) -> Array:
        """The amounts (n, ug) of a state."""
        return without_round_off(state[0], 0.0, "amounts")

    def integral(self, state: Array) -> Array:
        """The integral of x (n, ug s) since `internal` made the first state of the run that led to ``state``."""
        return without_round_off(state[1], 0.0, "integrals")

    def observe(self, states: Array, rows: Rows) -> Array:
        """``rows`` (p, n, never negative) times x at every one of ``states`` (m + 1, 2, n): (m + 1, p)."""
        seen = product(np.ascontiguousarray(states[:, 0]), check_rows(rows, self.parent.size).T)
        return without_round_off(seen, 0.0, "observed values")

    def run(self, state: Array, durations_s: Array, inputs: Array, sources: Array) -> Trajectory:
        """Advance ``state`` over segments of ``durations_s`` (m), each with constant ``inputs`` (m, k; ug/s).

        ``sources`` (n, k) share every input among the states. Raises `ValueError` for arrays that do not fit and numbers
        below zero or not finite.
        """
        durations, given, entries = check_run(durations_s, inputs, sources, self.parent.size)
        states = np.empty((durations.size + 1, 2, self.parent.size))
        states[0] = state
        pushes = [(step.summed @ entries, step.summed_twice @ entries) for step in self._steps(durations)]
        for segment, duration in enumerate(durations):
            units = floor(duration / self.shortest_s)
            left, push = duration - units * self.shortest_s, entries @ given[segment]
            x, w = short_step(self.generator, self.fastest_per_s, states[segment], left, push)
            for step, (first, second) in zip(self._ladder, pushes, strict=False):
                if units & 1:
                    w = w + step.summed @ x + second @ given[segment]
                    x = step.moved @ x + first @ given[segment]
                units >>= 1
            states[segment + 1] = x, w
        return Trajectory(states, self)

    def _steps(self, durations: Array) -> list[Step]:
        """The ladder up to the longest of ``durations``; the rungs that are missing are made and kept."""
        longest = durations.max(initial=0.0)
        while not self._ladder or 2.0 * self._ladder[-1].duration_s <= longest:
            made = self._double(self._ladder[-1]) if self._ladder else self._shortest_step()
            self._ladder.append(made)
        return self._ladder

    def _shortest_step(self) -> Step:
        c = self.fastest_per_s
        power = np.eye(self.parent.size)
        moved, summed, twice = (np.zeros_like(power) for _ in range(3))
        for weight, tail, tails in zip(*poisson_weights(c * self.shortest_s), strict=True):
            moved += weight * power
            summed += (tail / c) * power
            twice += (tails / c**2) * power
            power = power + (self.generator @ power) / c
        return self._balanced(self.shortest_s, moved, summed, twice)

    def _double(self, step: Step) -> Step:
        moved, summed, twice = step.moved, step.summed, step.summed_twice
        return self._balanced(
            2.0 * step.duration_s,
            moved @ moved,
            summed + summed @ moved,
            twice + step.duration_s * summed + twice @ moved,
        )

    def _balanced(self, duration_s: float, moved: Array, summed: Array, twice: Array) -> Step:
        """Columns scaled by 1 + round-off, so that what stays and what leaves make up what entered."""
        scale = 1.0 + (self.parent - self.parent @ moved - self.sink @ summed)
        return Step(duration_s, moved * scale, summed * scale, twice)


def squaring(system: LinearSystem) -> Squaring:
    """The ladder of steps of ``system``; its rungs are made when a duration first needs them.

    The error estimate is that of round-off that grows at random through the sums of one doubling, n^1/2 eps, and then once
    for every shortest step that drug stays in the system.
    """
    dense = system.generator.toarray()
    fastest = float(-dense.diagonal().min()) or 1.0
    shortest = shortest_step_s(fastest)
    stays = residence_s(dense).sum(axis=0).max()
    return Squaring(
        generator=system.generator,
        fastest_per_s=fastest,
        shortest_s=shortest,
        parent=system.parent,
        sink=np.sum(list(system.sinks.values()), axis=0),
        error_estimate=float(EPS * np.sqrt(len(dense)) * stays / shortest),
    )
