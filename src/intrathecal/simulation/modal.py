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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import (
    EPS,
    Array,
    Trajectory,
    check_rows,
    check_run,
    product,
    residence_s,
    without_round_off,
)

Modes = NDArray[np.float64] | NDArray[np.complex128]
# below this |z| the closed forms lose digits and the series has converged after these terms
SERIES_BELOW, SERIES_TERMS = 0.5, 16
# a memory of 2 x 8 bytes x modes x this many for every function of the modes
SEGMENTS_AT_ONCE = 512


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

    A state is (2, n): the modes, and their integrals since `internal` made it. The first ``real`` modes are real; then
    come the real parts of the complex pairs, then their imaginary parts. ``vectors`` and ``inverse`` are V and W in that
    basis; ``balance`` (2, n) turns a state into the drug that entered: what is there, and what has left.
    """

    rates: NDArray[np.complex128]
    real: int
    vectors: Array
    inverse: Array
    balance: Array
    error_estimate: float

    @property
    def method(self) -> str:
        """What advances the system, for people."""
        return f"modal, {self.inverse.shape[0]} modes"

    def internal(self, x: Array) -> Array:
        """The state (2, n) of amounts ``x`` (n, ug), its integral zero."""
        return np.stack([self.inverse @ x, np.zeros(self.inverse.shape[0])])

    def physical(self, state: Array) -> Array:
        """The amounts (n, ug) of a state, round-off below zero removed."""
        x = self.vectors @ state[0]
        return without_round_off(x, self._entered(state), "amounts")

    def integral(self, state: Array) -> Array:
        """The integral of x (n, ug s) since `internal` made the first state of the run that led to ``state``."""
        total = self.vectors @ state[1]
        return without_round_off(total, np.abs(total).sum(), "integrals")

    def observe(self, states: Array, rows: Array) -> Array:
        """``rows`` (p, n, never negative) times x at every one of ``states`` (m + 1, 2, n): (m + 1, p)."""
        rows = check_rows(rows, self.inverse.shape[0])
        modes = np.ascontiguousarray(states[:, 0])
        seen = product(modes, (rows @ self.vectors).T)
        return without_round_off(seen, self._entered(states)[:, None] * rows.max(axis=1), "observed values")

    def run(self, state: Array, durations_s: Array, inputs: Array, sources: Array) -> Trajectory:
        """Advance ``state`` over segments of ``durations_s`` (m), each with constant ``inputs`` (m, k; ug/s).

        ``sources`` (n, k) share every input among the states. Each step works mode by mode, so that cutting a run in
        two changes no bit. Raises `ValueError` for arrays that do not fit and numbers below zero or not finite.
        """
        durations, given, entries = check_run(durations_s, inputs, sources, self.inverse.shape[0])
        forcing = self._modes((self.inverse @ entries).T)
        rates = self.rates if self._pairs else self.rates.real
        states = np.empty((durations.size + 1, 2, self.inverse.shape[0]))
        states[0] = state
        y, w = self._modes(state)
        for start in range(0, durations.size, SEGMENTS_AT_ONCE):
            stop = min(start + SEGMENTS_AT_ONCE, durations.size)
            distinct, which = np.unique(durations[start:stop], return_inverse=True)
            grown, phi1, phi2 = phi_functions(rates * distinct[:, None])
            phi1, phi2 = phi1 * distinct[:, None], phi2 * (distinct * distinct)[:, None]
            for segment, kind in enumerate(which, start):
                push = sum(amount * force for amount, force in zip(given[segment], forcing, strict=True))
                y, w = grown[kind] * y + phi1[kind] * push, w + (phi1[kind] * y + phi2[kind] * push)
                self._store(states[segment + 1], y, w)
        return Trajectory(states, self.integral(states[-1]) - self.integral(states[0]))

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

    def _store(self, into: Array, y: Modes, w: Modes) -> None:
        """Real and imaginary parts of ``y`` and ``w`` into a state (2, n)."""
        for part, modes in zip(into, (y, w), strict=True):
            part[: self.rates.size] = modes.real
            part[self.rates.size :] = modes.imag[self.real :]


def modal(system: LinearSystem) -> Modal:
    """Find the modes of ``system``.

    A system without a loss has no mean residence time: its error estimate is infinite. Raises `ArithmeticError` when the
    modes are linearly dependent to working precision.
    """
    scale = np.sqrt(system.weights)
    dense = system.generator.toarray()
    rates, vectors = np.linalg.eig(dense * (scale[None, :] / scale[:, None]))
    real = np.flatnonzero(rates.imag == 0)
    upper = np.flatnonzero(rates.imag > 0)
    basis = np.hstack([vectors[:, real].real, vectors[:, upper].real, -vectors[:, upper].imag]) * scale[:, None]
    try:
        inverse = np.linalg.inv(basis)
    except np.linalg.LinAlgError:
        raise ArithmeticError(f"{system.drug}: the modes are linearly dependent") from None
    kept = np.concatenate([rates[real], rates[upper]])
    balance = np.array([system.parent, np.sum(list(system.sinks.values()), axis=0)]) @ basis
    return Modal(kept, real.size, basis, inverse, balance, _error(dense, kept, real.size, (basis, inverse)))


def _error(dense: Array, rates: NDArray[np.complex128], real: int, modes: tuple[Array, Array]) -> float:
    """The bound of this module's docstring, for ``modes`` V and W."""
    basis, inverse = modes
    turning, pairs = basis * np.concatenate([rates.real, rates.real[real:]]), rates.size - real
    if pairs:
        cosine, sine = basis[:, real : real + pairs], basis[:, real + pairs :]
        turning[:, real : real + pairs] += sine * rates.imag[real:]
        turning[:, real + pairs :] -= cosine * rates.imag[real:]
    residence = residence_s(dense)
    if not np.isfinite(residence).all():
        return float("inf")
    missed = np.abs(dense - turning @ inverse).sum(axis=0) @ residence
    evaluated = EPS * (np.abs(basis).sum(axis=0) @ np.abs(inverse))
    return float(missed.max() + evaluated.max())
