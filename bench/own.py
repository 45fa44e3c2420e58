"""This program's engines on a linear workload, one small function each, behind the protocol of `propagation`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy import sparse

from bench.workloads import Array, Run, Solved, Workload, steps
from intrathecal.simulation.modal import modal
from intrathecal.simulation.system import ELIMINATED, WEIGHT_RANGE, LinearSystem

#: Floating-point operations for a mode and a step: two products and sums for the amount, four for its integral.
PER_MODE = 10.0


@dataclass(frozen=True, eq=False)
class Bare:
    """What `intrathecal.simulation.modal.modal` reads of a system; its last state, what is eliminated, is a sink."""

    drug: str
    generator: sparse.csr_array
    sinks: Mapping[str, Array]
    parent: Array
    weights: Array


def bare(workload: Workload) -> Bare:
    """The system of ``workload`` without its last state."""
    inner = workload.generator[:-1, :-1].tocsr()
    sink = workload.generator[-1, :-1].toarray().ravel()
    return Bare(workload.name, inner, {ELIMINATED: sink}, np.ones(sink.size), balance(inner))


def balance(generator: sparse.csr_array) -> Array:
    """Amounts (n) between which exchange is even, as far as it can be: along a tree of two-way transfers from state 0.

    States that nothing ties to the tree weigh as much as the first one.
    """
    both = generator.minimum(generator.T).tocsr()
    found, before = sparse.csgraph.breadth_first_order(both, 0, directed=False)
    weights = np.ones(generator.shape[0])
    for state in found[1:]:
        weights[state] = weights[before[state]] * generator[state, before[state]] / generator[before[state], state]
    lowest, highest = WEIGHT_RANGE
    return np.asarray(np.clip(weights, lowest, highest))


def exact(workload: Workload) -> Run:
    """The dense modes: exact to round-off whatever the tolerance. Finding the modes is the set-up."""
    propagator = modal(cast(LinearSystem, bare(workload)))
    durations, inputs, ends = steps(workload)
    rows, source = workload.rows[:, :-1], workload.source[:-1, None]
    sink = np.asarray(workload.generator[-1, :-1].toarray().ravel())
    size = sink.size

    def run(rtol: float) -> Solved:
        done = propagator.run(propagator.internal(workload.start[:-1]), durations, inputs[:, None], source)
        seen = propagator.observe(done.states[ends], np.vstack([rows, np.ones(size)]))
        eliminated = (sink @ propagator.vectors) @ done.states[ends, 1].T
        flops = PER_MODE * durations.size * size + 2.0 * (len(rows) + 2) * ends.size * size
        return Solved(seen[:, :-1], seen[:, -1] + eliminated, flops)

    return run
