"""One drug in one virtual patient, by exponentials: what each holds of what enters, and what is seen of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intrathecal.body import PLASMA
from intrathecal.flow import Array, Site
from intrathecal.relief.point import SITES
from intrathecal.simulation.certainty import certainty
from intrathecal.simulation.comb import Comb, comb
from intrathecal.simulation.lockstep import at_rest
from intrathecal.simulation.modal import Modal, Modes, modal
from intrathecal.simulation.reduction import reduced
from intrathecal.simulation.shared_rates import answers, window_for
from intrathecal.simulation.system import LinearSystem
from intrathecal.spine import CISTERNA

#: The error of a cohort's concentrations, relative to the largest at the same place.
TOLERANCE = 1e-4
#: What is tried for it, in turn: steps of the shared rates and the fastest of them (1/s), then shifts for modes of its own, and
#: the frequencies at which their error is looked at (1/s): fewer than for one patient, and the bound stays within a few percent.
STEPS = ((0.3, 3.0), (0.22, 8.0), (0.16, 16.0))
COUNTS = (64, 96)
FREQUENCIES_PER_S = np.geomspace(1e-7, 100.0, 24)


@dataclass(frozen=True, eq=False)
class Followed:
    """One drug in one patient by its modes; ``seen`` (r, q) and ``force`` (s, q) in their order, and a bound on the error.

    ``rates`` are 1/s, the first ``real`` of them real; of a pair that turns only one is there, and the modes' numbers are first
    those of the real ones, then the real parts of the others, then their imaginary parts. ``everywhere`` (p, q) are the sites
    of the system, in its order.
    """

    system: LinearSystem
    rates: Modes
    real: int
    seen: Array
    force: Array
    everywhere: Array
    error: float

    def over_rates(self, parts: Array) -> Array:
        """The real and imaginary ``parts`` (..., q) of numbers, divided by the rates of their modes."""
        real, rates = self.real, self.rates
        divided = parts.copy()
        divided[..., :real] /= rates.real[:real]
        cosine, sine = np.split(parts[..., real:], 2, axis=-1)
        turned = (cosine + 1j * sine) / rates[real:]
        divided[..., real:] = np.concatenate([turned.real, turned.imag], axis=-1)
        return divided


def follow(system: LinearSystem, sites: Sequence[Site], shortest_s: float) -> Followed:
    """A drug that enters its ``system`` at ``sites``, each time for ``shortest_s`` or longer."""
    places = system.canal.sites_cm
    entries = np.array([system.source(site.route, places.get(site.level)) for site in sites])
    nothing = np.zeros(len(system.states))
    rows = np.array(
        [
            *(system.effects.get(site, nothing) for site in SITES),
            system.sites[PLASMA],
            system.sites[CISTERNA],
            *(system.tip_row(places[site.level]) if site.level else nothing for site in sites),
        ]
    )
    shape = comb(system)
    for step in STEPS:
        found = _by_shared_rates(system, shape, entries, rows, step, shortest_s)
        if found.error <= TOLERANCE:
            return found
    return _by_own_modes(system, shape, entries, rows, shortest_s)


def _by_shared_rates(
    system: LinearSystem, shape: Comb, entries: Array, rows: Array, step: tuple[float, float], shortest_s: float
) -> Followed:
    """Each of ``entries`` (s, n) has rates of its own, cut from the grid of this ``step``."""
    looked_at = np.vstack([rows, list(system.sites.values())])
    parent, rates, terms, errors = system.parent, [], [], []
    # a metabolite and an effect site may be there for longer than the drug is
    behind_s = 1.0 / min(shape.fading.min(initial=np.inf), shape.blood.diagonal().min())
    for entry in entries:
        rest = at_rest(shape, entry)
        window = window_for(max(float(parent @ rest), behind_s), *step)
        found = answers(shape, entry, looked_at, rest, window)
        rates.append(-window.rates)
        terms.append(found.terms)
        errors.append(found.worst(slice(len(rows)), shortest_s))
    seen, force = np.hstack(terms), np.repeat(np.eye(len(rates)), [each.size for each in rates], axis=1)
    slower = np.concatenate(rates)
    return Followed(system, slower, slower.size, seen[: len(rows)], force, seen[len(rows) :], max(errors))


def _by_own_modes(system: LinearSystem, shape: Comb, entries: Array, rows: Array, shortest_s: float) -> Followed:
    """As few modes as are good enough at ``rows``, else all."""
    for count in COUNTS:
        few = reduced(system, shape, entries.T, count)
        misses = [certainty(few, shape, entry, rows, frequencies_per_s=FREQUENCIES_PER_S) for entry in entries]
        error = max(max(miss.of_step(), miss.of_dose(shortest_s)) for miss in misses)
        if error <= TOLERANCE:
            return _by_modes(system, few, entries, rows, error)
    every = modal(system)
    return _by_modes(system, every, entries, rows, every.error_estimate)


def _by_modes(system: LinearSystem, modes: Modal, entries: Array, rows: Array, error: float) -> Followed:
    everywhere = np.array(list(system.sites.values())) @ modes.vectors
    force = (modes.inverse @ entries.T).T
    return Followed(system, modes.rates, modes.real, rows @ modes.vectors, force, everywhere, error)
