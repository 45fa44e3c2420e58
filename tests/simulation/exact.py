"""Closed solutions of drug in a straight canal, and the quantities that go with them; nothing here calls the product.

Written from the transport equation dC/dt = D C'' - u C' - k C with a source of strength m' (ug/s) or M (ug) in area A.
"""

from __future__ import annotations

import cmath

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc, erfcx

Array = NDArray[np.float64]


def steady_line(x: Array, rate: float, area: float, dispersion: float, loss: float, speed: float = 0.0) -> Array:
    """Steady infusion at x = 0 into a canal without ends."""
    w = np.sqrt(speed**2 + 4.0 * dispersion * loss)
    return np.asarray(rate / (area * w) * np.exp((speed * x - np.abs(x) * w) / (2.0 * dispersion)))


def steady_closed(
    x: Array, place: float, length: float, rate: float, area: float, dispersion: float, loss: float
) -> Array:
    """Steady infusion at ``place`` into a canal closed at 0 and ``length``."""
    scale = np.sqrt(loss / dispersion)
    low, high = np.minimum(x, place), np.maximum(x, place)
    shape = np.cosh(scale * low) * np.cosh(scale * (length - high)) / np.sinh(scale * length)
    return np.asarray(rate / (area * np.sqrt(dispersion * loss)) * shape)


def start_up(x: Array, time: float, rate: float, area: float, dispersion: float, loss: float) -> Array:
    """Infusion at x = 0 that begins at time 0, in a canal without ends."""
    far, root, decay = np.abs(x), 2.0 * np.sqrt(dispersion * time), np.sqrt(loss * time)
    near = np.exp(-np.sqrt(loss / dispersion) * far) * erfc(far / root - decay)
    # exp(a) erfc(b) as erfcx(b) exp(a - b^2), which does not overflow
    other = erfcx(far / root + decay) * np.exp(np.sqrt(loss / dispersion) * far - (far / root + decay) ** 2)
    return np.asarray(rate / (4.0 * area * np.sqrt(dispersion * loss)) * (near - other))


def bolus_line(x: Array, time: float, mass: float, area: float, dispersion: float, loss: float, speed: float) -> Array:
    """A dose at x = 0 and time 0 in a canal without ends."""
    spread = 4.0 * dispersion * time
    return np.asarray(
        mass / (area * np.sqrt(np.pi * spread)) * np.exp(-((x - speed * time) ** 2) / spread - loss * time)
    )


def bolus_closed(
    x: Array, place: float, length: float, time: float, mass: float, area: float, dispersion: float
) -> Array:
    """A dose at ``place`` in a canal closed at 0 and ``length``, without loss: the cosine series."""
    waves = np.arange(1, 400) * np.pi / length
    terms = np.cos(np.outer(x, waves)) * np.cos(waves * place) * np.exp(-dispersion * waves**2 * time)
    return np.asarray(mass / (area * length) * (1.0 + 2.0 * terms.sum(axis=1)))


def held_end(x: Array, time: float, dispersion: float, loss: float, speed: float) -> Array:
    """Concentration held at 1 at x = 0 from time 0 on (Ogata and Banks 1961, with loss)."""
    w, root = np.sqrt(speed**2 + 4.0 * dispersion * loss), 2.0 * np.sqrt(dispersion * time)
    away = np.exp((speed - w) * x / (2.0 * dispersion)) * erfc((x - w * time) / root)
    back = np.exp((speed + w) * x / (2.0 * dispersion)) * erfc((x + w * time) / root)
    return np.asarray(0.5 * (away + back))


def periodic_line(x: Array, omega: float, rate: float, area: float, dispersion: float, loss: float) -> Array:
    """Amplitude of the concentration under an infusion rate cos(omega t) at x = 0 in a canal without ends."""
    root = cmath.sqrt((loss + 1j * omega) / dispersion)
    return np.asarray(rate / (2.0 * area * abs(dispersion * root)) * np.exp(-np.abs(x) * root.real))


def plate_dispersion(gap: float, displaced: float, per_s: float, viscosity: float, mixing: float) -> float:
    """Effective dispersion of a flow that oscillates between plates (the plane case of Watson 1983, J Fluid Mech 133:233).

    ``displaced`` is the length (cm) between the turning points of the mean flow, ``mixing`` the diffusivity across the gap.
    With half gap a, u = Re U(y) e^{iwt} and i w G - kappa G'' = U - U0, G'(+-a) = 0: D = kappa + 1/2 Re mean[(U - U0) G*].
    U and G are sums of cosh, and so the mean is closed.
    """
    a, omega = 0.5 * gap, 2.0 * np.pi * per_s
    mean_speed = 0.5 * omega * displaced
    m, n = cmath.sqrt(1j * omega / viscosity) * a, cmath.sqrt(1j * omega / mixing) * a
    peak = mean_speed / (1.0 - cmath.tanh(m) / m)
    forced = -peak / (1j * omega - mixing * m * m / a**2)
    free = -forced * m * cmath.tanh(m) / (n * cmath.tanh(n))
    speeds = ((peak - mean_speed, 0j), (-peak, m))
    solution = (((peak - mean_speed) / (1j * omega), 0j), (forced, m), (free, n))
    mean = sum(c * d.conjugate() * _mean_product(p, q.conjugate()) for c, p in speeds for d, q in solution)
    return mixing + 0.5 * complex(mean).real


def _mean_product(p: complex, q: complex) -> complex:
    """The mean over -1..1 of cosh(p y) cosh(q y) / (cosh p cosh q)."""

    def half(s: complex, tanhs: complex) -> complex:
        if abs(s) < 1e-6:
            return _sech(p) * _sech(q)
        return tanhs / s

    return 0.5 * (half(p + q, cmath.tanh(p) + cmath.tanh(q)) + half(p - q, cmath.tanh(p) - cmath.tanh(q)))


def _sech(p: complex) -> complex:
    return 2.0 * cmath.exp(-p) / (1.0 + cmath.exp(-2.0 * p))
