"""The demo's 90 days by CVODE from the same equations, beside this program's own: errors at every site and both times.

Run with ``python -m bench.demo_cvode [days]``; it prints one line per drug and site group.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

import numpy as np

from bench.cvode import Array, advance
from intrathecal.pump.hardware import DAY_MS
from intrathecal.simulation.api import DEFAULT_EVERY_MS
from intrathecal.simulation.propagation import Propagator
from intrathecal.simulation.run import finish, prepare, start
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Trajectory
from intrathecal.therapy import load_therapy

DEMO = Path(__file__).parents[1] / "examples" / "failed-back.toml"
#: Small against every peak of the demo (tens of ug in a cell), so that the relative tolerance decides.
RTOL, ATOL_UG = 1e-7, 1e-6


@dataclass
class Recorder:
    """A propagator that also writes down every run it was asked for, and how long it took."""

    inner: Propagator
    runs: list[tuple[Array, Array, Array]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def method(self) -> str:
        """What advances the system."""
        return self.inner.method

    @property
    def error_estimate(self) -> float:
        """As the inner one's."""
        return self.inner.error_estimate

    def internal(self, x: Array) -> Array:
        """As the inner one's."""
        return self.inner.internal(x)

    def physical(self, state: Array) -> Array:
        """As the inner one's."""
        return self.inner.physical(state)

    def integral(self, state: Array) -> Array:
        """As the inner one's."""
        return self.inner.integral(state)

    def run(self, state: Array, durations_s: Array, inputs: Array, sources: Array) -> Trajectory:
        """As the inner one's, timed and written down."""
        began = perf_counter()
        done = self.inner.run(state, durations_s, inputs, sources)
        self.seconds += perf_counter() - began
        self.runs.append((durations_s, inputs, sources))
        return done

    def observe(self, states: Array, rows: Array) -> Array:
        """As the inner one's, timed."""
        began = perf_counter()
        seen = self.inner.observe(states, rows)
        self.seconds += perf_counter() - began
        return seen


@dataclass(frozen=True)
class Agreement:
    """One drug by both methods: the largest difference at each site over the peak there, and both times (s)."""

    drug: str
    segments: int
    errors: dict[str, float]
    own_s: float
    cvode_s: float


def compare(days: int) -> Iterator[Agreement]:
    """Run the demo, then its own segments again by CVODE, drug by drug."""
    case = prepare(load_therapy(DEMO), DEFAULT_EVERY_MS)
    recorders = [Recorder(channel.propagator) for channel in case.channels]
    channels = tuple(
        replace(channel, propagator=recorder) for channel, recorder in zip(case.channels, recorders, strict=True)
    )
    case = replace(case, channels=channels)
    finish(case, start(case), days * DAY_MS, lambda done: None)
    for channel, recorder in zip(channels, recorders, strict=True):
        rows = np.array(list(channel.system.sites.values()))
        own_s = recorder.seconds
        own, peer, cvode_s = _both(channel.system, recorder, rows)
        errors = np.max(np.abs(own - peer), axis=0) / np.max(own, axis=0)
        segments = sum(len(durations) for durations, _, _ in recorder.runs)
        by_site = dict(zip(channel.system.sites, errors.tolist(), strict=True))
        yield Agreement(channel.system.drug, segments, by_site, own_s, cvode_s)


def main(days: int) -> None:
    """Print a table."""
    print("| drug | days | segments | own, s | CVODE, s | worst level | plasma | cisterna magna |")
    print("|---|---|---|---|---|---|---|---|")
    for found in compare(days):
        apart = {site: found.errors[site] for site in ("plasma", "cisterna_magna")}
        levels = max(error for site, error in found.errors.items() if site not in apart)
        print(
            f"| {found.drug} | {days} | {found.segments} | {found.own_s:.2f} | {found.cvode_s:.1f} | {levels:.1e} | "
            f"{apart['plasma']:.1e} | {apart['cisterna_magna']:.1e} |",
            flush=True,
        )


def _both(system: LinearSystem, recorder: Recorder, rows: Array) -> tuple[Array, Array, float]:
    """All sites at all edges by both, and CVODE's time."""
    everything = np.eye(len(system.states))
    state, x = recorder.internal(np.zeros(len(system.states))), np.zeros(len(system.states))
    own, peer, seconds = [], [], 0.0
    for segments in recorder.runs:
        done = recorder.inner.run(state, *segments)
        own.append(recorder.inner.observe(done.states, rows))
        state = done.states[-1]
        began = perf_counter()
        states = advance(system, x, segments, everything, rtol=RTOL, atol_ug=ATOL_UG)
        seconds += perf_counter() - began
        peer.append(states @ rows.T)
        x = states[-1]
    return np.concatenate(own), np.concatenate(peer), seconds


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 90)
