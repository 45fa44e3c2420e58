"""How a system is advanced: exactly between changes of its input.

By a few modes where it is known where drug enters and a bound says that they are enough, by more where it does not, then by all
of them, and by scaling and squaring, which has no condition, where even these are not good enough. What was taken, and why it
was not the first choice, stands in `Propagator.method`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from intrathecal.simulation.comb import NotACombError, comb
from intrathecal.simulation.modal import modal
from intrathecal.simulation.reduction import FASTEST_PER_S, certainty, reduced
from intrathecal.simulation.squaring import squaring
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Array, Trajectory

#: All modes are used where their bound, relative to the drug that entered, is at most this.
LARGEST_ERROR = 1e-8
#: A few modes are used where their bound, relative to the largest value at every place that is looked at, is at most this.
TOLERANCE = 1e-6
#: From how many entries on the modes would no longer be few.
MOST_ENTRIES = 4


class Propagator(Protocol):
    """Advances one system exactly over segments of constant input.

    A state (2, q) is a plain array of floats: kept and given back, the run goes on bit for bit. States add up: the state of a
    dose given at once is ``internal`` of it.
    """

    @property
    def method(self) -> str:
        """What advances the system, for people."""

    @property
    def error_estimate(self) -> float:
        """The largest error: of few modes relative to the largest value at the same place, else to all drug that entered."""

    def internal(self, x: Array) -> Array:
        """The state (2, q) of amounts ``x`` (n, ug), its integral zero."""

    def physical(self, state: Array) -> Array:
        """The amounts (n, ug) of a state, none below zero."""

    def integral(self, state: Array) -> Array:
        """The integral of x (n, ug s) since `internal` made the first state of the run that led to ``state``."""

    def run(self, state: Array, durations_s: Array, inputs: Array, sources: Array) -> Trajectory:
        """Advance over m segments (s) with constant ``inputs`` (m, k; ug/s) shared among states by ``sources`` (n, k)."""

    def observe(self, states: Array, rows: Array) -> Array:
        """``rows`` (p, n, never negative) times x at every one of ``states`` (m + 1, 2, q): (m + 1, p), none below zero."""


def choose(system: LinearSystem, largest_error: float = LARGEST_ERROR) -> Propagator:
    """All modes of ``system`` where their bound is at most ``largest_error``, else scaling and squaring."""
    try:
        fast = modal(system)
    except ArithmeticError:
        return squaring(system)
    return fast if fast.error_estimate <= largest_error else squaring(system)


def choose_for(system: LinearSystem, entries: Array, tolerance: float = TOLERANCE) -> Propagator:
    """What advances drug that enters ``system`` at ``entries`` (n, k) and nowhere else, over a minute or longer each time.

    The fewest modes whose bound is at most ``tolerance``, else what `choose` takes.
    """
    try:
        shape = comb(system)
    except NotACombError:
        return choose(system)
    if not 0 < entries.shape[1] < MOST_ENTRIES:
        return choose(system)
    rows, bound = looked_at(system), float("inf")
    for count in FASTEST_PER_S:
        try:
            few = reduced(system, shape, entries, count)
        except ArithmeticError:
            break
        bound = max(certainty(few, shape, entry, rows).worst for entry in entries.T)
        if bound <= tolerance:
            return few.known(bound)
    exact = modal(system)
    if exact.error_estimate <= LARGEST_ERROR:
        return exact.known(exact.error_estimate, f", because fewer may be off by {bound:.1e}")
    return squaring(system)


def looked_at(system: LinearSystem) -> Array:
    """The rows (p, n) of every place that anybody looks at: sites, effect sites, metabolite, fluid and cord."""
    metabolite = [] if system.metabolite_row is None else [system.metabolite_row]
    rows = [*system.sites.values(), *system.effects.values(), *metabolite, *system.csf_profile, *system.cord_profile]
    return np.array(rows)
