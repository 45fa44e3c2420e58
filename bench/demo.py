"""W3: the demo's own systems and flows as linear workloads, with an exact answer by the dense modes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from scipy import sparse

from bench.workloads import Array, Workload, errors_between, every, steps
from intrathecal.flow import Site
from intrathecal.pump.hardware import DAY_MS
from intrathecal.simulation.api import DEFAULT_EVERY_MS
from intrathecal.simulation.modal import modal
from intrathecal.simulation.propagation import Propagator
from intrathecal.simulation.run import finish, prepare, start
from intrathecal.simulation.squaring import squaring
from intrathecal.simulation.system import ELIMINATED, LinearSystem
from intrathecal.simulation.trajectory import Trajectory
from intrathecal.simulation.transport import Channel, Course
from intrathecal.therapy import load_therapy

DEMO = Path(__file__).parents[1] / "examples" / "failed-back.toml"
DAYS, SAMPLE_S = 90, 900.0
#: Edges are rounded to a microsecond, so that none lies beside a sample by round-off alone.
DECIMALS = 6
#: Rates that differ by less than this part of the fastest are the same one.
SAME = 1e-12
#: The first days over which the modes are checked against scaling and squaring.
CHECKED_DAYS = 9


@dataclass
class Recorder:
    """A propagator that also keeps its last run; see `intrathecal.simulation.propagation.Propagator`."""

    inner: Propagator
    last: tuple[Trajectory, Array, Array, Array] | None = None

    @property
    def method(self) -> str:
        """What advances the system."""
        return self.inner.method

    @property
    def error_estimate(self) -> float:
        """As the inner one's."""
        return self.inner.error_estimate

    def because(self, why: str) -> Propagator:
        """As the inner one's."""
        return self.inner.because(why)

    def internal(self, x: Array) -> Array:
        """As the inner one's."""
        return self.inner.internal(x)

    def physical(self, state: Array) -> Array:
        """As the inner one's."""
        return self.inner.physical(state)

    def integral(self, state: Array) -> Array:
        """As the inner one's."""
        return self.inner.integral(state)

    def observe(self, states: Array, rows: Array) -> Array:
        """As the inner one's."""
        return self.inner.observe(states, rows)

    def run(self, state: Array, durations_s: Array, inputs: Array, sources: Array) -> Trajectory:
        """As the inner one's, and kept."""
        done = self.inner.run(state, durations_s, inputs, sources)
        self.last = (done, durations_s, inputs, sources)
        return done


@dataclass(frozen=True, eq=False)
class Watched(Channel):
    """A channel that writes down the flows of every motion that is looked at.

    The simulation tries a span with several presses, and looks only at the one that stays.
    """

    flows: list[tuple[Array, Array, Array]] = field(default_factory=list)

    def look(self, states: Array, tip: Site | None) -> Course:
        """As any channel, and the flows that led to ``states`` are kept."""
        recorder = self.propagator
        if isinstance(recorder, Recorder) and recorder.last is not None and recorder.last[0].states is states:
            self.flows.append(recorder.last[1:])
        return super().look(states, tip)


@dataclass(frozen=True, eq=False)
class Flows:
    """What one drug's system was given: between two of ``edges_s`` (m + 1) one of ``inputs`` (m; ug/s), into ``source`` (n)."""

    system: LinearSystem
    edges_s: Array
    inputs: Array
    source: Array


def flows(days: int) -> tuple[Flows, ...]:
    """Run the demo for so many days and take down what reached the canal, drug by drug."""
    case = prepare(load_therapy(DEMO), DEFAULT_EVERY_MS)
    watched = tuple(Watched(one.system, Recorder(one.propagator), one.places) for one in case.channels)
    case = replace(case, channels=watched)
    finish(case, start(case), days * DAY_MS, lambda done: None)
    return tuple(_taken(channel) for channel in watched)


def _taken(channel: Watched) -> Flows:
    """All flows of a run, one after the other; neighbours of the same rate are one.

    Raises `ValueError` where drug enters at more than one place.
    """
    durations = np.concatenate([given for given, _, _ in channel.flows])
    rates = np.concatenate([inputs.sum(axis=1) for _, inputs, _ in channel.flows])
    sources = np.unique(np.hstack([sources for _, _, sources in channel.flows]), axis=1)
    if sources.shape[1] != 1:
        raise ValueError(f"{DEMO.name}: drug enters at {sources.shape[1]} places; a workload has one")
    edges = np.round(np.concatenate([[0.0], np.cumsum(durations)]), DECIMALS)
    kept = np.flatnonzero(~(np.abs(np.diff(rates, prepend=np.nan)) <= SAME * rates.max()))
    return Flows(channel.system, np.append(edges[kept], edges[-1]), rates[kept], sources[:, 0])


def closed(system: LinearSystem) -> tuple[sparse.csr_array, Array]:
    """The generator (n + 1) with a last state that collects what leaves, and 1 for every state that holds drug."""
    size = len(system.states)
    sinks = np.sum(list(system.sinks.values()), axis=0)
    generator = sparse.csr_array(
        np.vstack([np.hstack([system.generator.toarray(), np.zeros((size, 1))]), [*sinks, 0.0]])
    )
    return generator, np.append(system.parent, 1.0)


@cache
def demo(days: int = DAYS) -> tuple[Workload, ...]:
    """W3, a workload for each drug of the demo: every level, the cisterna magna and plasma, every 15 min.

    The metabolite and the effect sites are left out: nothing that is wanted follows from them.
    """
    return tuple(_workload(one) for one in flows(days))


def _workload(given: Flows) -> Workload:
    system = given.system
    generator, counted = closed(system)
    kept = np.flatnonzero(counted)
    rows = np.pad(np.array(list(system.sites.values())), ((0, 0), (0, 1)))
    samples = every(SAMPLE_S, float(given.edges_s[-1]))
    names = (*system.states, ELIMINATED)
    blank = Workload(
        name=f"W3 {system.drug}",
        states=tuple(names[place] for place in kept),
        generator=generator[kept][:, kept],
        source=np.append(given.source, 0.0)[kept],
        start=np.zeros(kept.size),
        edges_s=given.edges_s,
        inputs=given.inputs,
        samples_s=samples,
        outputs=tuple(system.sites),
        rows=rows[:, kept],
        counted=np.ones(kept.size),
        reference=np.zeros((samples.size, len(rows))),
        agreement=np.nan,
    )
    exact = replace(blank, reference=_exact(blank, given, modal(system)))
    checked = exact.part(CHECKED_DAYS)
    apart = errors_between(_exact(checked, given, squaring(system)), checked.reference)
    return replace(exact, agreement=float(apart.max()))


def _exact(workload: Workload, given: Flows, propagator: Propagator) -> Array:
    """All sites (q, p) at the samples, by the whole system with its metabolite and effect sites."""
    durations, inputs, ends = steps(workload)
    begin = propagator.internal(np.zeros(given.source.size))
    done = propagator.run(begin, durations, inputs[:, None], given.source[:, None])
    return propagator.observe(done.states[ends], np.array(list(given.system.sites.values())))
