"""This program's engines on a linear workload, one small function each, behind the protocol of `propagation`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy import sparse

from bench.workloads import Array, Run, Solved, Workload, steps
from intrathecal.simulation.certainty import Certainty, certainty
from intrathecal.simulation.comb import SIDES, Comb, arranged
from intrathecal.simulation.evenly import evened, fed_at_most, run_evenly, seen_evenly
from intrathecal.simulation.lockstep import at_rest, responses
from intrathecal.simulation.modal import modal
from intrathecal.simulation.reduction import reduced
from intrathecal.simulation.shared_rates import STEPS, fitted, window_for
from intrathecal.simulation.system import ELIMINATED, WEIGHT_RANGE, LinearSystem
from intrathecal.simulation.trajectory import largest
from intrathecal.simulation.unrest import FADING

#: Shifts that are tried in turn, each with the tolerance below which it is not worth a try.
COUNTS = {36: 1e-7, 48: 0.0, 64: 0.0, 96: 0.0}
#: Where the error is looked at (1/s).
FREQUENCIES_PER_S = np.geomspace(1e-7, 30.0, 18)
#: Floating-point operations for a mode, a step and an output.
PER_STEP = 2.0
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


def krylov(workload: Workload) -> Run:
    """As few modes as the bound says are enough for the tolerance, seen at equal steps; finding them is in the run."""
    system, comb = bare(workload), shaped(workload)
    source, rows = workload.source[:-1], workload.rows[:, :-1]
    flow = evened(workload.edges_s, workload.inputs, float(workload.samples_s[0]), workload.samples_s.size)
    counted = np.vstack([rows, system.parent])

    def run(rtol: float) -> Solved:
        for count in (count for count, least in COUNTS.items() if rtol >= least):
            modes = reduced(cast(LinearSystem, system), comb, source[:, None], count)
            done = run_evenly(modes, flow, source)
            there = done.seen(counted).T
            miss = certainty(modes, comb, source, rows, FADING * float(-modes.rates.real.max()), FREQUENCIES_PER_S)
            if bound(miss, workload, there[:-1]) <= rtol:
                flops = PER_STEP * flow.held.size * modes.rates.size * (2.0 + len(rows))
                return Solved(there[:-1].T, there[-1] + done.left(system.sinks[ELIMINATED]), flops)
        raise ArithmeticError(f"{workload.name}: no number of shifts is enough for {rtol}")

    return run


def shared(workload: Workload) -> Run:
    """Exponentials of rates that everybody shares, as many as the bound says are enough; finding them is in the run."""
    comb, source, largest_per_mL = shaped(workload), workload.source[:-1].copy(), largest(workload.rows)
    rows = np.vstack([workload.rows[:, :-1], np.ones(source.size)])
    flow = evened(workload.edges_s, workload.inputs, float(workload.samples_s[0]), workload.samples_s.size)

    def run(rtol: float) -> Solved:
        rest = at_rest(comb, source)
        steady = rows @ rest
        stays_s = float(steady[-1])
        for step in STEPS:
            window = window_for(stays_s, *step)
            values = rows @ responses(comb, window.shifts, source)
            found = fitted(window, values[:-1], steady[:-1], largest_per_mL)
            miss = found.certainty
            # not worth a run where even an inflow that never changes is not met
            if miss.relative(miss.bound(lambda size: 1.0 / size), steady[:-1]) > rtol:
                continue
            counting = window.fit_count(values[-1], stays_s)
            there = seen_evenly(-window.rates, np.vstack([found.terms, counting]), flow)
            if bound(miss, workload, there[:-1]) <= rtol:
                flops = PER_STEP * flow.held.size * window.rates.size * (1.0 + len(rows))
                left = counting.sum() * flow.entered - there[-1]
                return Solved(there[:-1].T, there[-1] + left, flops)
        raise ArithmeticError(f"{workload.name}: no number of rates is enough for {rtol}")

    return run


def bound(miss: Certainty, workload: Workload, seen: Array) -> float:
    """The bound on the error of what is ``seen`` (p, q), relative to the largest of each place."""
    sizes = np.abs(miss.shifts)
    most = fed_at_most(sizes, -float(miss.shifts[0].real), np.diff(workload.edges_s), workload.inputs)
    return miss.relative(miss.bound(lambda size: np.interp(size, sizes, most)), seen.max(axis=1))


def shaped(workload: Workload) -> Comb:
    """The comb that the system of ``workload`` is, whichever end of the canal the cranium is named at."""
    names = {state: place for place, state in enumerate(workload.states[:-1])}
    cells = range(sum(state.startswith("csf ") for state in names))
    fluid = [names[f"csf {cell}"] for cell in cells]
    beside = {names[f"csf {cell}"]: [names.get(f"{layer} {cell}", -1) for layer in SIDES] for cell in cells}
    boxes = [names[box] for box in ("cranial", "cisterna_magna") if box in names]
    if workload.generator[boxes[-1], fluid[-1]]:
        fluid.reverse()
    chain = np.array([*boxes, *fluid])
    side = np.array([beside.get(place, [-1] * len(SIDES)) for place in chain.tolist()]).T
    return arranged(bare(workload).generator, chain, side, names["plasma"])


def balance(generator: sparse.csr_array) -> Array:
    """Amounts (n) at which nothing grows: even between two-way neighbours along a tree from state 0, else what flows in holds.

    In their measure the system only loses, so that every projection of it is stable.
    """
    both = generator.minimum(generator.T).tocsr()
    found, before = sparse.csgraph.breadth_first_order(both, 0, directed=False)
    weights = np.zeros(generator.shape[0])
    weights[found[0]] = 1.0
    for state in found[1:]:
        weights[state] = weights[before[state]] * generator[state, before[state]] / generator[before[state], state]
    others = np.setdiff1d(np.arange(weights.size), found)
    inner, inflow = generator[others][:, others].toarray(), generator[others] @ weights
    weights[others] = np.linalg.solve(-inner, inflow) if others.size else weights[others]
    smallest = weights[weights > 0].min()
    lowest, highest = WEIGHT_RANGE
    return np.asarray(np.clip(weights, lowest * smallest, highest * smallest))


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
