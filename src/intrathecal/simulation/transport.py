"""One drug in one patient: what enters the canal, blood or gut, advanced exactly and observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from intrathecal.flow import Array, Infusion, Site
from intrathecal.simulation.propagation import Propagator
from intrathecal.simulation.system import ELIMINATED, LinearSystem
from intrathecal.simulation.trajectory import Trajectory
from intrathecal.simulation.unrest import Doubt, Unrest


@dataclass(frozen=True, eq=False)
class Course:
    """What was seen over a span: ``sites`` (edges, sites) ug/mL, ``tip`` (edges,), and the states at all edges."""

    sites: Array
    tip: Array
    states: Array


@dataclass(frozen=True, eq=False)
class Channel:
    """The system of one drug, and what advances it. ``places`` are the levels' middles (cm below the top of C1).

    ``doubt`` is what few modes may miss; None where they are not few, or it is not known where the drug enters.
    """

    system: LinearSystem
    propagator: Propagator
    places: dict[str, float]
    doubt: Doubt | None = None

    def source(self, site: Site) -> Array:
        """Where a dose at ``site`` enters (n)."""
        return self.system.source(site.route, self.places.get(site.level))

    def tip_row(self, tip: Site | None) -> Array:
        """The CSF beside the tip (n); nothing where there is no tip."""
        return np.zeros(len(self.system.states)) if tip is None else self.system.tip_row(self.places[tip.level])

    def look(self, states: Array, tip: Site | None) -> Course:
        """What is seen in ``states`` (edges, 2, n)."""
        seen = self.propagator.observe(states, np.array([*self.system.sites.values(), self.tip_row(tip)]))
        return Course(seen[:, :-1], seen[:, -1], states)

    def effects(self, states: Array) -> dict[str, Array]:
        """The concentration (edges,) ug/mL at every effect site in ``states`` (edges, 2, n), by its name."""
        rows = self.system.effects
        return dict(zip(rows, self.propagator.observe(states, np.array([*rows.values()])).T, strict=True))


@dataclass(frozen=True, eq=False)
class Held:
    """One drug's amounts in the patient, and what they have been so far.

    ``state`` is the propagator's own; ``integral`` (n) ug s; ``peaks`` (sites) ug/mL; ``tip_peak`` and ``tip_auc`` (ug s/mL)
    follow the tip wherever it is. ``unrest`` is what entered, at every site of the channel's doubt.
    """

    state: Array
    integral: Array
    peaks: Array
    tip_peak: float = 0.0
    tip_auc: float = 0.0
    tip_seen: bool = False
    unrest: tuple[Unrest, ...] = ()

    @classmethod
    def nothing(cls, channel: Channel) -> Held:
        """Before any drug has entered."""
        size = len(channel.system.states)
        return cls(
            channel.propagator.internal(np.zeros(size)),
            np.zeros(size),
            np.zeros(len(channel.system.sites)),
            unrest=channel.doubt.start() if channel.doubt else (),
        )

    def amounts(self, channel: Channel) -> dict[str, float]:
        """Amounts (ug) in CSF, cord, epidural space and body, and eliminated."""
        parts = channel.system.amounts(channel.propagator.physical(self.state))
        return {**parts, ELIMINATED: float(channel.system.sinks[ELIMINATED] @ self.integral)}

    def add(self, channel: Channel, site: Site, amount_ug: float) -> Held:
        """An amount enters at once."""
        return replace(
            self,
            state=self.state + channel.propagator.internal(amount_ug * channel.source(site)),
            unrest=channel.doubt.add(self.unrest, site, amount_ug) if channel.doubt else (),
        )

    def draw(self, channel: Channel, site: Site, volume_mL: float) -> tuple[Held, float]:
        """Fluid around the tip is drawn off; also what drug it held (ug)."""
        x = channel.propagator.physical(self.state)
        taken = x * channel.system.slug(channel.places[site.level], volume_mL)
        return replace(self, state=channel.propagator.internal(x - taken)), float(taken.sum())

    def error(self, channel: Channel) -> float:
        """How far what is told of the drug may be off: the run's own bound, or that of what advanced it."""
        if channel.doubt is None:
            return channel.propagator.error_estimate
        return channel.doubt.error(self.unrest, self.peaks)


def advance(channel: Channel, state: Array, edges_s: Array, entries: Sequence[Infusion], drug: int) -> Trajectory:
    """Move one drug over ``edges_s`` (m + 1) with the ``entries`` that fall between them (the ``drug``-th rate of each)."""
    places, inputs = _inflow(edges_s, entries, drug)
    sources = np.zeros((len(channel.system.states), len(places)))
    for column, site in enumerate(places):
        sources[:, column] = channel.source(site)
    return channel.propagator.run(state, np.diff(edges_s), inputs, sources)


def _inflow(edges_s: Array, entries: Sequence[Infusion], drug: int) -> tuple[list[Site], Array]:
    """The sites at which one drug enters between ``edges_s`` (m + 1), and its rates there (m, sites; ug/s)."""
    given = [entry for entry in entries if entry.rates[drug] > 0]
    places = list(dict.fromkeys(entry.site for entry in given))
    inputs = np.zeros((len(edges_s) - 1, len(places)))
    between = np.searchsorted(edges_s, np.array([(entry.start_s, entry.end_s) for entry in given])).tolist()
    for entry, (first, last) in zip(given, between, strict=True):
        inputs[first:last, places.index(entry.site)] += entry.rates[drug]
    return places, inputs


def stir(channel: Channel, held: Held, edges_s: Array, entries: Sequence[Infusion], drug: int) -> Held:
    """``held`` with what `advance` was given noted, for the bound on the run's error."""
    if channel.doubt is None:
        return held
    places, inputs = _inflow(edges_s, entries, drug)
    return replace(held, unrest=channel.doubt.advance(held.unrest, np.diff(edges_s), inputs, places))


def follow(channel: Channel, held: Held, motion: Trajectory, tip: Site | None) -> tuple[Held, Course]:
    """What the patient holds after ``motion``, and what was seen on the way."""
    course = channel.look(motion.states, tip)
    later = replace(
        held,
        state=motion.states[-1],
        integral=held.integral + motion.integral,
        peaks=np.maximum(held.peaks, course.sites.max(axis=0)),
        tip_peak=max(held.tip_peak, float(course.tip.max())),
        tip_auc=held.tip_auc + float(channel.tip_row(tip) @ motion.integral),
        tip_seen=held.tip_seen or tip is not None,
    )
    return later, course
