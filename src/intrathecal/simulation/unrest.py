"""How far a whole run may be off: what it was given, seen at the frequencies at which the modes' error is known.

`certainty` bounds an error by |V(s, t)|, the size of what one mode of rate s = i w - a holds that was fed with the whole input.
Two sums bound it, and the smaller one is taken. Over pieces of constant rate r and length d, r min(d, 2 / |s|); over changes
of rate, the change over |s|, and the rate that runs now over |s|. Pieces and changes fade by e^{-a t} once they are over. What
is given at once counts in both. The first is good for short doses, the second for a rate that stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from intrathecal.flow import Site
from intrathecal.simulation.certainty import FREQUENCIES_PER_S, Certainty, certainty
from intrathecal.simulation.comb import comb
from intrathecal.simulation.modal import Modal
from intrathecal.simulation.propagation import Propagator
from intrathecal.simulation.shifted import Shifted
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Array, recurrence

#: a, in units of the slowest rate that is seen: what is older than a few times its inverse counts no more.
FADING = 0.5


@dataclass(frozen=True, eq=False)
class Unrest:
    """What entered at one site until now: bounds of |V| (K) by ``pieces`` and ``changes``, and the ``largest`` (K) so far.

    The piece that is not over runs at ``rate`` (ug/s) for ``lasted_s``; it is not among the ``pieces`` yet.
    """

    pieces: Array
    changes: Array
    largest: Array
    rate: float = 0.0
    lasted_s: float = 0.0

    @classmethod
    def none(cls) -> Unrest:
        """Before anything has entered."""
        zeros = np.zeros(FREQUENCIES_PER_S.size)
        return cls(zeros, zeros, zeros)

    def add(self, amount_ug: float) -> Unrest:
        """An amount enters at once."""
        pieces, changes = self.pieces + amount_ug, self.changes + amount_ug
        return replace(
            self, pieces=pieces, changes=changes, largest=np.maximum(self.largest, np.minimum(pieces, changes))
        )

    def at(self, sizes_per_s: Array, wanted_per_s: Array) -> Array:
        """The largest |V| so far at the |s| ``wanted_per_s`` (k), by those known at ``sizes_per_s`` (K): it falls with |s|."""
        return np.asarray(np.interp(wanted_per_s, sizes_per_s, self.largest))

    def advance(self, sizes_per_s: Array, fading_per_s: float, durations_s: Array, rates: Array) -> Unrest:
        """Over segments of ``durations_s`` (m), each at one of ``rates`` (m; ug/s); ``sizes_per_s`` (K) are the |s|."""
        before, faded, sizes = (
            np.append(self.rate, rates[:-1]),
            np.exp(-fading_per_s * durations_s),
            sizes_per_s[:, None],
        )
        changed = np.abs(rates - before)
        steady, at = 1.0 * (changed == 0.0), np.flatnonzero(changed)
        lasted = recurrence(np.array([self.lasted_s]), steady[:, None], durations_s[:, None])[:, 0]
        added = np.zeros((2 * sizes.size, rates.size))
        added[: sizes.size, at] = before[at] * np.minimum(lasted[at], 2.0 / sizes) * faded[at]
        added[sizes.size :, at] = changed[at] / sizes * faded[at]
        sums = recurrence(np.append(self.pieces, self.changes), faded[:, None], added.T).T
        pieces, changes = sums[: sizes.size], sums[sizes.size :]
        whole = pieces[:, 1:] + rates * np.minimum(lasted[1:], 2.0 / sizes)
        largest = np.minimum(whole, changes[:, 1:] + rates / sizes).max(axis=1, initial=0.0)
        rate = float(rates[-1]) if rates.size else self.rate
        ended = pieces[:, -1].copy(), changes[:, -1].copy()
        return Unrest(*ended, np.maximum(self.largest, largest), rate, float(lasted[-1]))


@dataclass(frozen=True, eq=False)
class Doubt:
    """What the modes miss at the sites that are looked at (p), for every one of the ``entries``."""

    entries: tuple[Site, ...]
    misses: tuple[Certainty, ...]
    fading_per_s: float

    def start(self) -> tuple[Unrest, ...]:
        """Nothing has entered anywhere."""
        return tuple(Unrest.none() for _ in self.entries)

    def add(self, unrest: tuple[Unrest, ...], site: Site, amount_ug: float) -> tuple[Unrest, ...]:
        """An amount enters at ``site`` at once."""
        return tuple(
            before.add(amount_ug) if entry == site else before
            for entry, before in zip(self.entries, unrest, strict=True)
        )

    def advance(
        self, unrest: tuple[Unrest, ...], durations_s: Array, inputs: Array, sites: Sequence[Site]
    ) -> tuple[Unrest, ...]:
        """Over segments of ``durations_s`` (m) with ``inputs`` (m, k; ug/s) at ``sites`` (k)."""
        sizes, nothing = self._sizes, np.zeros(durations_s.size)
        return tuple(
            before.advance(
                sizes,
                self.fading_per_s,
                durations_s,
                inputs[:, sites.index(entry)].copy() if entry in sites else nothing,
            )
            for entry, before in zip(self.entries, unrest, strict=True)
        )

    @property
    def _sizes(self) -> Array:
        return np.abs(self.misses[0].shifts)

    def error(self, unrest: tuple[Unrest, ...], peaks: Array) -> float:
        """The largest error of a run at any site, relative to the highest concentration there, ``peaks`` (p,)."""
        bounds = [miss.bound(partial(given.at, self._sizes)) for miss, given in zip(self.misses, unrest, strict=True)]
        return self.misses[0].relative(np.sum(bounds, axis=0), peaks)


def doubt(
    system: LinearSystem, propagator: Propagator, entries: Sequence[Site], sources: Array, rows: Array
) -> Doubt | None:
    """The doubt about ``propagator`` for drug that enters at ``entries``, whose ``sources`` (n, k) share it among the states.

    ``rows`` (p, n) are what is looked at. None where the propagator is not one of few modes, which are made for a comb: then
    `Propagator.error_estimate` is all that is known.
    """
    if not (isinstance(propagator, Modal) and propagator.are_few):
        return None
    shape, fading = Shifted(comb(system)), FADING * float(-propagator.rates.real.max())
    misses = tuple(certainty(propagator, shape, source, rows, fading) for source in sources.T)
    return Doubt(tuple(entries), misses, fading)
