"""Exact advance by the modes of the generator: any duration costs the same, and one exponential serves a whole segment.

With G = V L W, W = V^-1, every mode obeys dy/dt = l y + (W b) u and is known in closed form over a constant input:

    y(t) = e^z y + t phi1(z) (W b) u,    w(t) = w + t phi1(z) y + t^2 phi2(z) (W b) u,    z = l t,

where w is the integral of y. So amounts *and* what has left through every sink come from the same numbers. The generator is first
scaled by the square roots of the equilibrium amounts, which makes it symmetric but for the flow of fluid, absorption and
elimination: its modes are then well conditioned. Complex pairs are kept as real and imaginary parts, so a state is real.

Bound. Let D = G - V L W as computed. Over any time the two motions differ by at most the integral of |D| e^{Gs} x, because a
system that only moves and loses drug never makes more of it (its exponential is at most 1 in the 1-norm). Relative to the drug
that entered this is at most | |D| |G^-1| |_1: the misfit of every state, for the mean time that drug spends there. Evaluating
V (e^z (W x)) adds eps | |V| |W| |_1. An effect site copies drug, but nothing follows from it, and it answers an error of its
fluid with no larger one: the sum over all states covers the drug and each of the sites.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import (
    EPS,
    Array,
    Rows,
    Trajectory,
    balanced,
    check_rows,
    check_run,
    largest,
    product,
    recurrence,
    residence_s,
    without_round_off,
)

Modes = NDArray[Any]
# below this |z| the closed forms lose digits and the series has converged after these terms
SERIES_BELOW, SERIES_TERMS = 0.5, 16
# units of the last digit by which a sum of modes may be off: those of the steps that led to it, and of the sum
LAST_DIGITS = 100.0
# a memory of 2 x 8 bytes x modes x this many for every function of the modes
SEGMENTS_AT_ONCE = 512
# durations whose functions are kept
DURATIONS = 1024


def phi_functions(z: Modes) -> tuple[Modes, Modes, Modes]:
    """exp(z), phi1(z) = (exp(z) - 1) / z and phi2(z) = (exp(z) - 1 - z) / z^2, to round-off, for any z with Re z <= 0."""
    small = np.abs(z) < SERIES_BELOW
    safe = np.where(small, -1.0, z)
    grown = np.expm1(safe)
    near = np.where(small, z, 0.0)
    series = np.zeros_like(near)
    for term in range(SERIES_TERMS, 1, -1):  # phi2 = 1/2 (1 + z/3 (1 + z/4 (...)))
        series = (1.0 + near * series) / term
    phi2 = np.where(small, series, (grown - safe) / (safe * safe))
    phi1 = np.where(small, 1.0 + near * series, grown / safe)
    return np.where(small, 1.0 + near * (1.0 + near * series), np.exp(safe)), phi1, phi2


@dataclass(frozen=True)
class Modal:
    """A propagator: see `intrathecal.simulation.propagation.Propagator`.

    A state is (2, q): q modes, all n of the system or fewer, and their integrals since `internal` made it. The first
    ``real`` modes are real; then come the real parts of the complex pairs, then their imaginary parts. ``vectors`` (n, q) and
    ``inverse`` (q, n) are V and W in that basis; ``parent`` (n) counts the drug, ``leaving`` (n; 1/s) is what leaves of it, and
    ``balance`` (2, q) turns a state into the drug that entered: what is there, and what is there no longer. ``remark`` says
    why these modes were taken, where that is to be told.
    """

    rates: NDArray[np.complex128]
    real: int
    vectors: Array
    inverse: Array
    parent: Array
    leaving: Array
    balance: Array
    error_estimate: float
    remark: str = ""
    _known_over: dict[float, Modes] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls, system: LinearSystem, rates: NDArray[np.complex128], real: int, vectors: Array, inverse: Array
    ) -> Modal:
        """The modes of ``system``, nothing known yet of their error."""
        parent, leaving = system.parent, np.sum(list(system.sinks.values()), axis=0)
        there = parent @ vectors
        balance = np.stack([there, -turned(there, rates, real)])
        return cls(rates, real, vectors, inverse, parent, leaving, balance, float("inf"))

    @property
    def are_few(self) -> bool:
        """Whether these are not all modes of the system."""
        states, modes = self.vectors.shape
        return bool(modes < states)

    @property
    def method(self) -> str:
        """What advances the system, for people."""
        states, modes = self.vectors.shape
        few = f"{modes} modes for {states} states (rational Krylov)" if self.are_few else f"{modes} modes"
        return f"modal, {few}{self.remark}"

    def known(self, error_estimate: float) -> Modal:
        """The same with its error."""
        return replace(self, error_estimate=error_estimate)

    def because(self, why: str) -> Modal:
        """The same, and why these modes were taken."""
        return replace(self, remark=f", because {why}")

    def internal(self, x: Array) -> Array:
        """The state (2, q) of amounts ``x`` (n, ug), its integral zero."""
        return np.stack([self._split(np.asarray(x, dtype=float)), np.zeros(self.inverse.shape[0])])

    def physical(self, state: Array) -> Array:
        """The amounts (n, ug) of a state, none below zero; all of the drug together is what it is without that."""
        x = self.vectors @ state[0]
        kept = without_round_off(x, self._entered(state), "amounts", self.error_estimate)
        return balanced(kept, float(self.balance[0] @ state[0]), self.parent)

    def integral(self, state: Array) -> Array:
        """The integral of x (n, ug s) since `internal` made the first state of the run that led to ``state``.

        What has left, by it, is what is there no longer, to the last digit.
        """
        total = self.vectors @ state[1]
        kept = without_round_off(total, np.abs(total).sum(), "integrals", self.error_estimate)
        return balanced(kept, float(self.balance[1] @ state[1]), self.leaving)

    def observe(self, states: Array, rows: Rows) -> Array:
        """``rows`` (p, n, never negative) times x at every one of ``states`` (m + 1, 2, q): (m + 1, p)."""
        rows = check_rows(rows, self.vectors.shape[0])
        modes = np.ascontiguousarray(states[:, 0])
        seen = product(modes, (rows @ self.vectors).T)
        scale = self._entered(states)[:, None] * largest(rows)
        return without_round_off(seen, scale, "observed values", self.error_estimate)

    def upper_parts(self, rows: Rows, entry: Array) -> tuple[Modes, Modes, Modes]:
        """The same with one mode of every pair: what is seen is then the real part. Real numbers where no mode turns."""
        real, pairs = self.real, self._pairs
        seen, force = np.asarray(rows @ self.vectors), self.inverse @ entry
        if not pairs:
            return self.rates.real, seen, force
        upper = seen[:, real : real + pairs] - 1j * seen[:, real + pairs :]
        return self.rates, np.hstack([seen[:, :real], upper]), self._modes(force)

    def complex_parts(self, rows: Rows, entry: Array) -> tuple[Modes, Modes, Modes]:
        """Rates (q,), what is seen of every mode in ``rows`` (p, q) and what ``entry`` (n) gives it (q,), for all q modes.

        Complex numbers where there is a pair. The response to a constant inflow of 1 ug/s is then the sum of
        seen (e^{rate t} - 1) / rate force.
        """
        real, pairs = self.real, self._pairs
        seen, force = rows @ self.vectors, self.inverse @ entry
        if not pairs:
            return self.rates.real, seen, force
        cosine, sine = seen[:, real : real + pairs], seen[:, real + pairs :]
        upper = cosine - 1j * sine
        turned = self._modes(force)[real:]
        return (
            np.concatenate([self.rates, self.rates[real:].conj()]),
            np.hstack([seen[:, :real], 0.5 * upper, 0.5 * upper.conj()]),
            np.concatenate([force[:real], turned, turned.conj()]),
        )

    def loss(self, entry: Array) -> float:
        """The share of drug entering at ``entry`` (n) that round-off may add or take where modes cancel one another."""
        force = np.abs(self.inverse @ entry)
        rates = np.abs(np.concatenate([self.rates, self.rates[self.real :]]))
        there, left = np.abs(self.balance)
        return float(LAST_DIGITS * EPS * (there @ force + left @ (force / rates)))

    def run(self, state: Array, durations_s: Array, inputs: Array, sources: Array) -> Trajectory:
        """Advance ``state`` over segments of ``durations_s`` (m), each with constant ``inputs`` (m, k; ug/s).

        ``sources`` (n, k) share every input among the states. Each step works mode by mode, so that cutting a run in
        two changes no bit. Raises `ValueError` for arrays that do not fit and numbers below zero or not finite.
        """
        durations, given, entries = check_run(durations_s, inputs, sources, self.vectors.shape[0])
        forcing = np.ascontiguousarray(self._modes(self._split(entries).T))
        states = np.empty((durations.size + 1, 2, self.inverse.shape[0]))
        states[0] = state
        modes = np.ascontiguousarray(self._modes(np.asarray(state)))
        for start in range(0, durations.size, SEGMENTS_AT_ONCE):
            stop = min(start + SEGMENTS_AT_ONCE, durations.size)
            distinct, which = np.unique(durations[start:stop], return_inverse=True)
            grown, phi1, phi2 = self._over(distinct)
            pushed = sum(given[start:stop, source, None] * forcing[source] for source in range(given.shape[1]))
            y = recurrence(modes[0], grown[which], phi1[which] * pushed)
            w = np.add.accumulate(np.concatenate([modes[1:], phi1[which] * y[:-1] + phi2[which] * pushed]))
            marched = np.stack([y[1:], w[1:]], axis=1)
            self._store(states[start + 1 : stop + 1], marched)
            modes = marched[-1]
        return Trajectory(states, self)

    def _over(self, durations_s: Array) -> Modes:
        """e^z, t phi1(z) and t^2 phi2(z) (3, d, q) for durations t (d): a schedule has the same ones from day to day."""
        wanted, known = durations_s.tolist(), self._known_over
        missing = [duration for duration in wanted if duration not in known]
        if missing:
            if len(known) + len(missing) > DURATIONS:
                known.clear()
                missing = wanted
            over = np.array(missing)[:, None]
            grown, phi1, phi2 = phi_functions((self.rates if self._pairs else self.rates.real) * over)
            known.update(zip(missing, np.stack([grown, phi1 * over, phi2 * (over * over)], axis=1), strict=True))
        return np.stack([known[duration] for duration in wanted], axis=1)

    def _split(self, x: Array) -> Array:
        """The modes (q, ...) of amounts ``x`` (n, ...), which hold as much drug, to the last digit."""
        modes = self.inverse @ x
        drug, held = self.parent @ x, self.balance[0] @ modes
        return np.asarray(modes * np.divide(drug, held, out=np.ones_like(held), where=(drug > 0) & (held > 0)))

    def _entered(self, states: Array) -> Array:
        """The drug (ug) that entered until ``states`` (..., 2, n): round-off is measured by it, not by what is left of it."""
        return np.asarray(np.abs(np.einsum("...ij,ij->...", states, self.balance)))

    @property
    def _pairs(self) -> int:
        return self.rates.size - self.real

    def _modes(self, parts: Array) -> Modes:
        """One number per mode from real and imaginary parts (..., n)."""
        if not self._pairs:
            return parts
        real, pairs = self.real, self._pairs
        split = parts[..., real : real + pairs] + 1j * parts[..., real + pairs :]
        return np.concatenate([parts[..., :real], split], axis=-1)

    def _store(self, into: Array, modes: Modes) -> None:
        """Real and imaginary parts of ``modes`` (m, 2, ...) into states (m, 2, q)."""
        into[..., : self.rates.size] = modes.real
        into[..., self.rates.size :] = modes.imag[..., self.real :]


def turned(rows: Array, rates: NDArray[np.complex128], real: int) -> Array:
    """``rows`` (..., q) of states, as rows of their rates of change."""
    cosine, sine = np.split(rows[..., real:], 2, axis=-1)
    slower, faster = rates.real[real:], rates.imag[real:]
    parts = [rows[..., :real] * rates.real[:real], cosine * slower + sine * faster, sine * slower - cosine * faster]
    return np.concatenate(parts, axis=-1)


def modal(system: LinearSystem) -> Modal:
    """Find the modes of ``system``.

    A system without a loss has no mean residence time: its error estimate is infinite. Raises `ArithmeticError` when the
    modes are linearly dependent to working precision or not found.
    """
    scale = np.sqrt(system.weights)
    dense = system.generator.toarray()
    rates, real, parts, inverse = eigen(dense * (scale[None, :] / scale[:, None]), system.drug)
    found = Modal.of(system, rates, real, parts * scale[:, None], inverse / scale)
    return found.known(_error(dense, found))


def by_modes(system: LinearSystem, matrix: Array, lifted: Array, projection: Array) -> Modal:
    """The propagator of x = ``lifted`` (n, q) y, dy/dt = ``matrix`` (q, q) y, y = ``projection`` (q, n) x, by its modes.

    Raises `ArithmeticError` as `modal` does.
    """
    rates, real, parts, inverse = eigen(matrix, system.drug)
    return Modal.of(system, rates, real, lifted @ parts, inverse @ projection)


def eigen(matrix: Array, name: str) -> tuple[NDArray[np.complex128], int, Array, Array]:
    """The rates of ``matrix`` (q, q), real ones first, how many these are, and its modes V (q, q) and W = V^-1.

    Complex pairs become real and imaginary parts. Raises `ArithmeticError`, which begins with ``name``, when the modes are
    linearly dependent or not found.
    """
    try:
        rates, vectors = np.linalg.eig(matrix)
        real, upper = np.flatnonzero(rates.imag == 0), np.flatnonzero(rates.imag > 0)
        parts = np.hstack([vectors[:, real].real, vectors[:, upper].real, -vectors[:, upper].imag])
        inverse = np.linalg.inv(parts)
    except np.linalg.LinAlgError as problem:
        raise ArithmeticError(f"{name}: the modes are linearly dependent or not found ({problem})") from None
    return np.concatenate([rates[real], rates[upper]]), real.size, parts, inverse


def _error(dense: Array, modes: Modal) -> float:
    """The bound of this module's docstring."""
    basis, inverse = modes.vectors, modes.inverse
    turning = turned(basis, modes.rates, modes.real)
    residence = residence_s(dense)
    if not np.isfinite(residence).all():
        return float("inf")
    missed = np.abs(dense - turning @ inverse).sum(axis=0) @ residence
    evaluated = EPS * (np.abs(basis).sum(axis=0) @ np.abs(inverse))
    return float(missed.max() + evaluated.max())
