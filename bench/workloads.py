"""A linear workload: one drug's system, what flows in, what is looked at and when, and the exact answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[np.float64]

W1_FILE = Path(__file__).parent / "data" / "w1.npz"
DAY_S = 86_400.0
LAYERS, CELLS = ("csf", "cord", "epidural"), 150
#: The states of W1 that are no cells.
BOXES = ("cranial", "plasma", "peripheral 1", "peripheral 2", "eliminated")
TARGET = "target"
#: So many parts of the smallest peak among the outputs is the absolute tolerance of an integrator; with 1e-5 it limits the error.
SMALL = 1e-7


@dataclass(frozen=True, eq=False)
class Workload:
    """dx/dt = generator x + source u(t) from x(0) = ``start``, seen through ``rows``.

    ``states`` (n) names; ``generator`` (n, n; 1/s); ``source`` (n) is the share of the input that each state receives.
    Between two of ``edges_s`` (m + 1, from 0) the input is one of ``inputs`` (m; ug/s). ``rows`` (p, n) turn amounts
    (ug) into ``outputs`` (ug/mL), which are wanted at ``samples_s`` (q, after 0); ``reference`` (q, p) is the exact
    answer, and ``agreement`` how far two exact methods are apart, in parts of each output's peak. The states ``counted``
    (n, 0 or 1) hold all drug that entered, with what is eliminated.
    """

    name: str
    states: tuple[str, ...]
    generator: sparse.csr_array
    source: Array
    start: Array
    edges_s: Array
    inputs: Array
    samples_s: Array
    outputs: tuple[str, ...]
    rows: Array
    counted: Array
    reference: Array
    agreement: float

    @property
    def days(self) -> float:
        """How long it is."""
        return float(self.edges_s[-1]) / DAY_S

    @property
    def entered(self) -> Array:
        """All drug (q; ug) that entered until each sample."""
        given = np.concatenate([[0.0], np.cumsum(np.diff(self.edges_s) * self.inputs)])
        return np.asarray(np.interp(self.samples_s, self.edges_s, given) + self.counted @ self.start)

    def part(self, days: float) -> Workload:
        """The first ``days`` of it, or all if it is shorter."""
        end = min(days * DAY_S, float(self.edges_s[-1]))
        segments, samples = int(np.searchsorted(self.edges_s, end)), int(np.searchsorted(self.samples_s, end, "right"))
        return replace(
            self,
            edges_s=np.append(self.edges_s[:segments], end),
            inputs=self.inputs[:segments],
            samples_s=self.samples_s[:samples],
            reference=self.reference[:samples],
        )


@dataclass(frozen=True, eq=False)
class Solved:
    """What a method gives: ``outputs`` (q, p; ug/mL) and the ``mass`` (q; ug) in all counted states.

    ``flops`` are counted by formula, where the method has one.
    """

    outputs: Array
    mass: Array
    flops: float | None = None


#: A method made ready for a workload: it takes a relative tolerance (exact methods do not look at it).
Run = Callable[[float], Solved]


def absolute_tolerance(workload: Workload) -> float:
    """Small (ug) against the peak of every output, as an amount in the state that is seen."""
    volumes = 1.0 / workload.rows.max(axis=1)
    return SMALL * float((np.abs(workload.reference).max(axis=0) * volumes).min())


def errors_between(found: Array, right: Array) -> Array:
    """The largest difference of every output (p) of ``found`` (q, p), in parts of the peak of what is ``right`` (q, p)."""
    return np.asarray(np.abs(found - right).max(axis=0) / np.abs(right).max(axis=0))


def mass_defect(workload: Workload, solved: Solved) -> float:
    """The most drug that is missing or too much at any sample, in parts of all that entered."""
    entered = workload.entered
    return float(np.abs(solved.mass - entered).max() / entered[-1])


def steps(workload: Workload) -> tuple[Array, Array, NDArray[np.intp]]:
    """Durations (k, s) and inputs (k) between all edges and samples in order, and the ends (q) that are samples."""
    times = np.union1d(workload.edges_s, workload.samples_s)
    durations = np.diff(times)
    which = np.searchsorted(workload.edges_s, times[:-1], "right") - 1
    return durations, workload.inputs[which], np.searchsorted(times, workload.samples_s)


def every(step_s: float, end_s: float) -> Array:
    """All multiples of ``step_s`` after 0 and up to ``end_s``."""
    return np.arange(1, int(end_s / step_s) + 1, dtype=np.float64) * step_s


def w1() -> Workload:
    """W1, from its data file."""
    with np.load(W1_FILE) as file:
        data: Mapping[str, Array] = dict(file)
    size, count = int(data["n"]), len(data["output_states"])
    rows = np.zeros((count, size))
    rows[np.arange(count), data["output_states"].astype(int)] = 1.0 / data["output_divisor_mL"]
    states = (*(f"{layer} {cell}" for layer in LAYERS for cell in range(CELLS)), *BOXES)
    seen = [states[place] for place in data["output_states"].astype(int)]
    seen[2] = TARGET
    source = np.zeros(size)
    source[int(data["source_state"])] = 1.0
    entries = (data["rates_per_s"], (data["rows"].astype(int), data["cols"].astype(int)))
    edges = data["segment_start_s"]
    return Workload(
        name="W1",
        states=states,
        generator=sparse.csr_array(entries, shape=(size, size)),
        source=source,
        start=np.zeros(size),
        edges_s=edges,
        inputs=data["segment_ug_per_s"],
        samples_s=every(float(data["sample_s"]), float(edges[-1])),
        outputs=tuple(seen),
        rows=rows,
        counted=np.ones(size),
        reference=data["reference_ug_per_mL"],
        agreement=7e-9,
    )
