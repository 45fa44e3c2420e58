"""How a system is advanced: exactly between changes of its input, by its modes where they are good, else by squaring."""

from __future__ import annotations

from typing import Protocol

from intrathecal.simulation.modal import modal
from intrathecal.simulation.squaring import squaring
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Array, Trajectory

#: The modes are used where their bound, relative to the drug that entered, is at most this.
LARGEST_ERROR = 1e-8


class Propagator(Protocol):
    """Advances one system exactly over segments of constant input.

    A state (2, n) is a plain array of floats: kept and given back, the run goes on bit for bit. States add up: the state of a
    dose given at once is ``internal`` of it. ``error_estimate`` is relative to all drug that entered.
    """

    @property
    def method(self) -> str:
        """What advances the system, for people."""

    @property
    def error_estimate(self) -> float:
        """The largest error, relative to all drug that entered."""

    def internal(self, x: Array) -> Array:
        """The state (2, n) of amounts ``x`` (n, ug), its integral zero."""

    def physical(self, state: Array) -> Array:
        """The amounts (n, ug) of a state, none below zero."""

    def integral(self, state: Array) -> Array:
        """The integral of x (n, ug s) since `internal` made the first state of the run that led to ``state``."""

    def run(self, state: Array, durations_s: Array, inputs: Array, sources: Array) -> Trajectory:
        """Advance over m segments (s) with constant ``inputs`` (m, k; ug/s) shared among states by ``sources`` (n, k)."""

    def observe(self, states: Array, rows: Array) -> Array:
        """``rows`` (p, n, never negative) times x at every one of ``states`` (m + 1, 2, n): (m + 1, p), none below zero."""


def choose(system: LinearSystem, largest_error: float = LARGEST_ERROR) -> Propagator:
    """The modes of ``system`` where their bound is at most ``largest_error``, else scaling and squaring.

    `Propagator.method` says which.
    """
    try:
        fast = modal(system)
    except ArithmeticError:
        return squaring(system)
    return fast if fast.error_estimate <= largest_error else squaring(system)
