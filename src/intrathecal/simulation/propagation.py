"""How a system is advanced: exactly between changes of its input.

By a few modes where it is known where drug enters and a bound says that they are enough, by more where it does not, then by all
of them, and where even these are not good enough by scaling and squaring, which has no condition. A mesh too fine for dense
matrices goes from the few modes to implicit steps. What was taken, and why fewer modes were not, stands in `Propagator.method`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from intrathecal.simulation.certainty import MINUTE_S, certainty
from intrathecal.simulation.comb import NotACombError, comb
from intrathecal.simulation.exploring import explored
from intrathecal.simulation.implicit import implicit
from intrathecal.simulation.modal import modal
from intrathecal.simulation.reduction import FASTEST_PER_S
from intrathecal.simulation.shifted import Shifted
from intrathecal.simulation.squaring import squaring
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Array, Rows, Trajectory
from intrathecal.spine import CORD, CSF

if TYPE_CHECKING:
    from scipy import sparse

#: All modes are used where their bound, relative to the drug that entered, is at most this.
LARGEST_ERROR = 1e-8
#: A few modes are used where their bound, relative to the largest value at every place that is looked at, is at most this.
TOLERANCE = 1e-6
#: ... and where round-off in them adds or takes no more than this share of the drug.
LARGEST_LOSS = 1e-10
#: Shifts of an entry, as `reduction` has them: the first that is enough is taken.
COUNTS = (48, 64, 96)
#: Modes are not found from shifts that are all this many times slower than drug leaves the place where it enters: they miss it.
SLOWER = 2.5
#: From this part of all states on, modes are no longer few.
MOST_MODES = 0.7
#: Of more states than this no dense matrix is made: its modes would take a minute and more.
LARGEST_DENSE = 1500


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

    def because(self, why: str) -> Propagator:
        """The same, and why it was taken and nothing faster, which `method` says."""

    def internal(self, x: Array) -> Array:
        """The state (2, q) of amounts ``x`` (n, ug), its integral zero."""

    def physical(self, state: Array) -> Array:
        """The amounts (n, ug) of a state, none below zero."""

    def integral(self, state: Array) -> Array:
        """The integral of x (n, ug s) since `internal` made the first state of the run that led to ``state``."""

    def run(self, state: Array, durations_s: Array, inputs: Array, sources: Array) -> Trajectory:
        """Advance over m segments (s) with constant ``inputs`` (m, k; ug/s) shared among states by ``sources`` (n, k)."""

    def observe(self, states: Array, rows: Rows) -> Array:
        """``rows`` (p, n, never negative) times x at every one of ``states`` (m + 1, 2, q): (m + 1, p), none below zero."""


def choose(system: LinearSystem, largest_error: float = LARGEST_ERROR) -> Propagator:
    """All modes of ``system`` where their bound is at most ``largest_error``, else what needs no modes."""
    if len(system.states) > LARGEST_DENSE:
        return implicit(system)
    try:
        fast = modal(system)
    except ArithmeticError:
        return squaring(system)
    return fast if fast.error_estimate <= largest_error else squaring(system)


def choose_for(
    system: LinearSystem, entries: Array, shortest_s: float = MINUTE_S, tolerance: float = TOLERANCE
) -> Propagator:
    """What advances drug that enters ``system`` at ``entries`` (n, k) and nowhere else.

    The fewest modes whose bound is at most ``tolerance`` for a step, for a dose over a minute and for one over
    ``shortest_s`` (0: at once), else what `choose` takes. Not tried are so few that they cannot follow drug as it leaves the
    place where it enters.
    """
    try:
        shape = Shifted(comb(system))
    except NotACombError:
        return choose(system).because("few modes are made for a comb")
    if not entries.shape[1]:
        return choose(system).because("nothing is said to enter")
    rows, why = looked_at(system), "few modes cannot be made"
    spreads_per_s = float((-system.generator.diagonal() @ entries).max())
    fast = [count for count in COUNTS if SLOWER * FASTEST_PER_S[count] >= spreads_per_s]
    for count in fast or COUNTS[-1:]:
        if count * entries.shape[1] > MOST_MODES * len(system.states):
            break
        try:
            few = explored(system, shape, entries, count)
        except ArithmeticError:
            break
        misses = [certainty(few, shape, entry, rows) for entry in entries.T]
        doses = {MINUTE_S, shortest_s}
        bound = max(max(miss.of_step(), *(miss.of_dose(over_s) for over_s in doses)) for miss in misses)
        loss = max(few.loss(entry) for entry in entries.T)
        if bound <= tolerance and loss <= LARGEST_LOSS:
            return few.known(bound)
        why = f"fewer modes may be off by {bound:.1e}" + (f" and lose {loss:.1e}" if loss > LARGEST_LOSS else "")
    return choose(system).because(why)


def looked_at(system: LinearSystem) -> sparse.csr_array:
    """The rows (p, n) of every place that anybody looks at: sites, effect sites, metabolite, fluid and cord."""
    from scipy import sparse

    metabolite = [] if system.metabolite_row is None else [system.metabolite_row]
    points = np.array([*system.sites.values(), *system.effects.values(), *metabolite])
    rows = sparse.vstack([sparse.csr_array(points), system.profile(CSF), system.profile(CORD)], format="csr")
    return sparse.csr_array(rows[np.diff(rows.indptr) > 0])
