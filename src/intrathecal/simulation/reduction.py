"""A few modes in place of all: a rational Krylov reduction of one drug's system, with a bound on its error.

What enters at b leaves its trace in the solutions of (s - G) x = b. Those at a few dozen s, log-spaced between the slowest and
the fastest rate that can be seen, span a space in which the system is projected (Galerkin), orthonormal in the measure of the
amounts at rest. In that measure G only loses, so that the projection is stable; and with the row that counts drug (1 for every
state of it) in the space, what enters is there or has left, to round-off, however few the modes. The solution at s = 0 is
among them: means, areas under curves and what is eliminated in the end are exact.

Bound. The error of a response is the difference E(s) of two transfer functions, both known exactly on the imaginary axis. For
an input with transform U, at any time

    |e(t)| <= 1/pi  integral of |E(i w)| |U(i w)| dw,    |U| <= 1/w for a step, <= min(d, 2/w) for a dose over d,

summed here over log-spaced w. It is that of one step or dose relative to the largest value that the same step or dose brings to
the place looked at. Steps and doses add up, and so do their largest values where they overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from intrathecal.simulation.comb import Comb
from intrathecal.simulation.modal import Modal, Modes
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Array

#: Doses are given over this or longer: what is fast against it is not resolved.
SHORTEST_DOSE_S = 60.0
#: How many shifts an entry gets, and the fastest of them (1/s).
FASTEST_PER_S = {24: 0.3, 36: 1.0, 48: 3.0, 64: 6.0}
#: The slowest shift, in units of one over the mean time that drug stays in the system.
SLOWEST = 0.3
#: The frequencies at which the error is looked at (1/s), and the times after a step at which its largest response is.
FREQUENCIES_PER_S = np.geomspace(1e-7, 30.0, 18)
PEAK_TIMES_S = np.geomspace(30.0, 1e8, 120)


def shifts(comb: Comb, parent: Array, entry: Array, count: int) -> Array:
    """``count`` shifts (1/s) for drug that enters at ``entry`` (n): zero, and the others log-spaced.

    Raises `ArithmeticError` where drug never leaves.
    """
    stays = float(parent @ comb.resolvent(np.zeros(1), entry)[:, 0])
    if not 0.0 < stays < np.inf:
        raise ArithmeticError("what enters never leaves, or is nothing")
    return np.append(0.0, np.geomspace(SLOWEST / stays, FASTEST_PER_S[count], count - 1))


def reduced(system: LinearSystem, comb: Comb, entries: Array, count: int) -> Modal:
    """The modes of ``system`` as it is seen by what enters at ``entries`` (n, k), with ``count`` shifts for each.

    A state that did not come from these entries, or from a constant flow into them, is cut to what they can bring about.
    Raises `ArithmeticError` where drug never leaves, and where the modes are linearly dependent to working precision.
    """
    scale = np.sqrt(system.weights)
    columns = [system.parent * scale]
    for entry in entries.T:
        x = comb.resolvent(shifts(comb, system.parent, entry, count), entry) / scale[:, None]
        columns += list((x / np.linalg.norm(x, axis=0)).T)
    basis, _ = np.linalg.qr(np.array(columns).T)
    lifted, projection = basis * scale[:, None], basis.T / scale
    matrix = projection @ (system.generator @ lifted)
    return by_modes(system, matrix, lifted, projection)


def by_modes(system: LinearSystem, matrix: Array, lifted: Array, projection: Array) -> Modal:
    """The propagator of x = ``lifted`` y, dy/dt = ``matrix`` y, y = ``projection`` x: all by the modes of ``matrix``.

    Complex pairs become real and imaginary parts. Raises `ArithmeticError` where the modes are linearly dependent.
    """
    rates, vectors = np.linalg.eig(matrix)
    real, upper = np.flatnonzero(rates.imag == 0), np.flatnonzero(rates.imag > 0)
    parts = np.hstack([vectors[:, real].real, vectors[:, upper].real, -vectors[:, upper].imag])
    try:
        inverse = np.linalg.inv(parts)
    except np.linalg.LinAlgError:
        raise ArithmeticError(f"{system.drug}: the modes are linearly dependent") from None
    return Modal.of(
        system, np.concatenate([rates[real], rates[upper]]), real.size, lifted @ parts, inverse @ projection
    )


@dataclass(frozen=True)
class Certainty:
    """Bounds (p,) on the error of a step and of a short dose at p places, relative to the largest value there."""

    step: Array
    dose: Array

    @property
    def worst(self) -> float:
        """The largest of all."""
        return float(max(self.step.max(initial=0.0), self.dose.max(initial=0.0)))


def certainty(modes: Modal, comb: Comb, entry: Array, rows: Array, dose_s: float = SHORTEST_DOSE_S) -> Certainty:
    """How far ``modes`` may be off at the places ``rows`` (p, n) for drug that enters at ``entry`` (n).

    Doses are given over ``dose_s``. Places that nothing reaches have no error.
    """
    turning = 1j * FREQUENCIES_PER_S
    rates, seen, force = modes.complex_parts(rows, entry)
    exact = rows @ comb.resolvent(turning, entry)
    missed = np.abs(exact - seen @ (force[:, None] / (turning - rates[:, None])))
    width = np.log(FREQUENCIES_PER_S[1] / FREQUENCIES_PER_S[0]) / np.pi
    steps = _responses(rates, seen, force, PEAK_TIMES_S)
    doses = steps - _responses(rates, seen, force, np.maximum(PEAK_TIMES_S - dose_s, 0.0))
    short = np.minimum(FREQUENCIES_PER_S * dose_s, 2.0)
    return Certainty(
        _relative(missed.sum(axis=1) * width, steps.max(axis=1)),
        _relative((missed * short).sum(axis=1) * width, doses.max(axis=1)),
    )


def _responses(rates: Modes, seen: Modes, force: Modes, times_s: Array) -> Array:
    """The response (p, t) to a step of 1 ug/s."""
    return np.asarray((seen @ (np.expm1(rates[:, None] * times_s) / rates[:, None] * force[:, None])).real)


def _relative(error: Array, largest: Array) -> Array:
    reached = largest > 0
    return np.where(reached, error / np.where(reached, largest, 1.0), np.where(error > 0, np.inf, 0.0))
