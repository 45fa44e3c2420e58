"""Implicit steps with sparse factors: for a mesh too fine for dense matrices, and in need of no symmetry and no modes.

One step h of Radau IIA with four stages (order 7, L-stable, stiffly accurate; Hairer and Wanner 1999) multiplies a linear
system by the Padé approximant R(hG) of its exponential. In partial fractions, with poles 1/a of R and phi = (R(z) - 1) / z =
sum of c / (1 - a z),

    y = (1 - h a G)^-1 (x + h a b u),    x <- sum of (c / a) y,    w <- w + h sum of c y,

where w is the integral of x: two complex solves a step, the other two are their conjugates. What stays and what has left add up
to what entered; round-off in that is taken out at once. Steps are powers of two, so their factors are kept. Every step is done
once and in two halves; the halves are kept where both agree, else the step is halved.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import factorial, floor, log2
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from intrathecal.simulation.squaring import short_step, shortest_step_s
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import (
    Array,
    Rows,
    Trajectory,
    balanced,
    check_rows,
    check_run,
    largest,
    product,
    without_round_off,
)

if TYPE_CHECKING:
    from scipy import sparse
    from scipy.sparse.linalg import SuperLU

STAGES = 4
#: A step and its two halves differ by at most this part of the drug that is there; the halves are closer by 2^7.
STEP_ERROR = 1e-9
#: The next step is twice as long where the difference was below this part of that: 2^-8 would do, if there were no round-off.
LONGER_BELOW = 1e-2
#: Steps are halved no further than this many times below the time in which the fastest box empties: that is round-off.
LOWEST_RUNG = -6


def _fractions() -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """The a and c (2,) of this module's docstring in the upper half plane."""
    top, both = STAGES - 1, 2 * STAGES - 1
    numerator = Polynomial([factorial(both - j) / factorial(top - j) / factorial(j) for j in range(STAGES)])
    denominator = Polynomial(
        [(-1.0) ** j * STAGES * factorial(both - j) / factorial(STAGES - j) / factorial(j) for j in range(STAGES + 1)]
    )
    poles = denominator.roots()
    poles = poles[poles.imag > 0]
    poles = poles - denominator(poles) / denominator.deriv()(poles)  # the last digits
    return 1.0 / poles, -numerator(poles) / (poles**2 * denominator.deriv()(poles))


NODES, WEIGHTS = _fractions()


@dataclass(frozen=True)
class Implicit:
    """A propagator: see `intrathecal.simulation.propagation.Propagator`. A state is (2, n): amounts and their integrals."""

    generator: sparse.csr_array
    fastest_per_s: float
    shortest_s: float
    parent: Array
    leaving: Array
    error_estimate: float
    remark: str = ""
    _factors: dict[int, list[SuperLU]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def method(self) -> str:
        """What advances the system, for people."""
        return f"implicit (Radau IIA), {self.parent.size} states{self.remark}"

    def because(self, why: str) -> Implicit:
        """The same, and why it was taken."""
        return replace(self, remark=f", because {why}")

    def internal(self, x: Array) -> Array:
        """The state (2, n) of amounts ``x`` (n, ug), its integral zero."""
        return np.stack([np.asarray(x, dtype=float), np.zeros(self.parent.size)])

    def physical(self, state: Array) -> Array:
        """The amounts (n, ug) of a state, none below zero; all of the drug together is what it is without that."""
        kept = without_round_off(state[0], self._entered(state), "amounts", self.error_estimate)
        return balanced(kept, float(self.parent @ state[0]), self.parent)

    def integral(self, state: Array) -> Array:
        """The integral of x (n, ug s) since `internal` made the first state of the run that led to ``state``."""
        kept = without_round_off(state[1], np.abs(state[1]).sum(), "integrals", self.error_estimate)
        return balanced(kept, float(self.leaving @ state[1]), self.leaving)

    def observe(self, states: Array, rows: Rows) -> Array:
        """``rows`` (p, n, never negative) times x at every one of ``states`` (m + 1, 2, n): (m + 1, p)."""
        rows = check_rows(rows, self.parent.size)
        seen = product(np.ascontiguousarray(states[:, 0]), rows.T)
        scale = self._entered(states)[:, None] * largest(rows)
        return without_round_off(seen, scale, "observed values", self.error_estimate)

    def run(self, state: Array, durations_s: Array, inputs: Array, sources: Array) -> Trajectory:
        """Advance ``state`` over segments of ``durations_s`` (m), each with constant ``inputs`` (m, k; ug/s).

        ``sources`` (n, k) share every input among the states. Raises `ValueError` for arrays that do not fit and numbers
        below zero or not finite.
        """
        durations, given, entries = check_run(durations_s, inputs, sources, self.parent.size)
        states = np.empty((durations.size + 1, 2, self.parent.size))
        states[0] = state
        for segment, duration in enumerate(durations):
            states[segment + 1] = self._advance(states[segment], float(duration), entries @ given[segment])
        return Trajectory(states, self)

    def _advance(self, state: Array, left_s: float, push: Array) -> Array:
        """``state`` after a segment."""
        rung = LOWEST_RUNG
        while (fits := left_s / (2.0 * self.shortest_s * 2.0**LOWEST_RUNG)) >= 1.0:
            rung = min(rung, LOWEST_RUNG + floor(log2(fits)))
            once = self._step(state, push, rung + 1)
            twice = self._step(self._step(state, push, rung), push, rung)
            error = np.abs(once[0] - twice[0]).sum() / max(np.abs(twice[0]).sum(), np.finfo(float).tiny)
            if error > STEP_ERROR and rung > LOWEST_RUNG:
                rung -= 1
                continue
            state, left_s = twice, left_s - 2.0 * self.shortest_s * 2.0**rung
            rung += error < LONGER_BELOW * STEP_ERROR
        return short_step(self.generator, self.fastest_per_s, state, left_s, push)

    def _step(self, state: Array, push: Array, rung: int) -> Array:
        """``state`` after one step of two to the power of ``rung`` shortest ones."""
        h, x = self.shortest_s * 2.0**rung, state[0]
        parts = [solver.solve(x + h * node * push) for solver, node in zip(self._solvers(rung, h), NODES, strict=True)]
        held = 2.0 * sum((weight / node * y).real for weight, node, y in zip(WEIGHTS, NODES, parts, strict=True))
        passed = 2.0 * h * sum((weight * y).real for weight, y in zip(WEIGHTS, parts, strict=True))
        entered, found = self.parent @ (x + h * push), self.parent @ held + self.leaving @ passed
        scale = entered / found if found > 0 else 1.0
        return np.stack([held * scale, state[1] + passed * scale])

    def _solvers(self, rung: int, h: float) -> list[SuperLU]:
        """The factors for steps ``h``, made when they are first needed."""
        from scipy import sparse
        from scipy.sparse.linalg import splu

        if rung not in self._factors:
            one = sparse.eye_array(self.parent.size, format="csc")
            self._factors[rung] = [splu(sparse.csc_array(one - (h * node) * self.generator)) for node in NODES]
        return self._factors[rung]

    def _entered(self, states: Array) -> Array:
        """The drug (ug) that entered until ``states`` (..., 2, n)."""
        return np.asarray(np.abs(states[..., 0, :] @ self.parent + states[..., 1, :] @ self.leaving))


def implicit(system: LinearSystem) -> Implicit:
    """Implicit steps of ``system``; the error estimate is that of a hundred steps, without what their halves gain."""
    fastest = float(-system.generator.diagonal().min()) or 1.0
    return Implicit(
        generator=system.generator,
        fastest_per_s=fastest,
        shortest_s=shortest_step_s(fastest),
        parent=system.parent,
        leaving=np.sum(list(system.sinks.values()), axis=0),
        error_estimate=100.0 * STEP_ERROR,
    )
