"""Methods on one linear workload: tolerances found, runs interleaved, errors against the exact answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from time import perf_counter, process_time

import numpy as np

from bench.alone import Alone, alone
from bench.contenders import EXACT, LARGEST_ERROR, Contender
from bench.limits import GIGA, Limits
from bench.progress import Progress
from bench.search import loosest
from bench.tables import Bar, Row, Table
from bench.workloads import Array, Run, Solved, Workload, errors_between, mass_defect

#: Tolerances are looked for on so many days, and then tried on the whole run.
SEARCH_DAYS = 6.0
#: Runs of every method, and of one that takes longer than `LONG_S`.
RUNS, FEW_RUNS, LONG_S = 5, 2, 20.0
#: What is quicker than this is run several times over for one reading.
READING_S = 0.05


@dataclass
class Measured:
    """A contender on its part of a workload: set-up and runs (s, each for one run of the part), and what it gave."""

    contender: Contender
    workload: Workload
    run: Run
    tolerance: float | None
    setup_s: float
    first_s: float
    solved: Solved
    runs_s: list[float] = field(default_factory=list)
    processor_s: list[float] = field(default_factory=list)
    alone: Alone | None = None

    @property
    def given(self) -> float:
        """The tolerance that it runs at: the tightest where none was good enough."""
        return self.contender.tolerances[-1] if self.tolerance is None else self.tolerance

    @property
    def run_s(self) -> float:
        """The median run, of the part."""
        return median(self.runs_s)

    @property
    def errors(self) -> Array:
        """Of every output, in parts of its peak."""
        return errors_between(self.solved.outputs, self.workload.reference)


def compare(workload: Workload, contenders: Sequence[Contender], limits: Limits, progress: Progress) -> Sequence[Table]:
    """Two tables: the methods side by side, and the error of every output by each of them."""
    measured = [_ready(contender, workload, progress) for contender in contenders]
    for turn in range(RUNS):
        for one in measured:
            if turn < FEW_RUNS or max(one.runs_s) <= LONG_S:
                progress.say(f"{workload.name}: {one.contender.name}, run {turn + 1} of {RUNS}")
                _time(one)
    for one in measured:
        progress.say(f"{workload.name}: {one.contender.name}, alone")
        one.alone = alone(one.contender, one.workload, one.given)
    return _summary(workload, measured, limits), _errors(workload, measured)


def _ready(contender: Contender, workload: Workload, progress: Progress) -> Measured:
    """Find the tolerance, first on some days and then on all that the contender runs, and keep its answer."""
    progress.say(f"{workload.name}: {contender.name}, tolerance")
    part = contender.share(workload)
    short = part.part(SEARCH_DAYS)
    quick = contender.prepare(short)
    start = loosest(lambda rtol: _worst(quick(rtol), short), contender.tolerances, contender.largest_error)
    began = perf_counter()
    run = contender.prepare(part)
    setup_s = perf_counter() - began
    left = [] if start is None else [one for one in contender.tolerances if one <= start]
    tolerance = loosest(lambda rtol: _worst(run(rtol), part), left, contender.largest_error)
    began = perf_counter()
    solved = run(contender.tolerances[-1] if tolerance is None else tolerance)
    return Measured(contender, part, run, tolerance, setup_s, perf_counter() - began, solved)


def _worst(solved: Solved, workload: Workload) -> float:
    return float(errors_between(solved.outputs, workload.reference).max())


def _time(one: Measured) -> None:
    """One reading of the run: by the clock, and the time of all processors."""
    times = max(1, ceil(READING_S / max(one.first_s, 1e-9)))
    began, used = perf_counter(), process_time()
    for _ in range(times):
        one.run(one.given)
    one.runs_s.append((perf_counter() - began) / times)
    one.processor_s.append((process_time() - used) / times)


def _scaled(one: Measured, workload: Workload) -> float:
    """The median run (s), scaled to the whole workload."""
    return one.run_s * workload.days / one.workload.days


def _summary(workload: Workload, measured: Sequence[Measured], limits: Limits) -> Table:
    good = [one for one in measured if one.contender.baseline and one.tolerance is not None]
    base = min(good, key=lambda one: _scaled(one, workload), default=None)
    rows = [_row(one, workload, base, limits) for one in measured]
    bars = [
        Bar(workload.name, one.contender.name, _scaled(one, workload), one.contender.own)
        for one in measured
        if one.tolerance is not None
    ]
    size = f"{len(workload.states)} states, {workload.inputs.size} segments of constant flow in {workload.days:g} days"
    notes = [
        f"{size}, {workload.samples_s.size} samples of {len(workload.outputs)} outputs. Two exact methods agree to "
        f"{workload.agreement:.0e} of every output's peak.",
        "Errors are the largest difference from the exact answer at any sample, in parts of the output's peak; mass is what is "
        "missing or too much at any sample, in parts of all drug that entered.",
        f"Each method runs at the loosest relative tolerance of 1, 2 or 5 times a power of ten that keeps every output within "
        f"{LARGEST_ERROR:.0e}, found on {SEARCH_DAYS:g} days and verified on all days that it runs; an exact one has none and "
        f"is to keep {EXACT:.0e}.",
        f"Runs are interleaved, times are medians; a method that takes more than {LONG_S:g} s runs {FEW_RUNS} times.",
        "Processor: the time of all cores together, which other work on the machine hardly changes.",
        "Who ran fewer days: the run is scaled to all, the error, the mass and the cold start are those of these days.",
        "Cold: in a process of its own, from loading libraries to the first answer. Memory: the peak of that process, and in "
        "brackets what libraries, making ready and running added to numpy and the workload.",
        f"Share: operations counted by formula over what one core did in registers, {limits.core_gflops:.0f} GFLOP/s.",
        *(f"Counted for {one.contender.name}: {one.contender.counted}." for one in measured if one.contender.counted),
    ]
    if base is not None:
        notes.insert(3, f"Faster: than {base.contender.name}, by the run alone and with the set-up of both.")
    return Table(workload.name, rows, notes, bars)


def _row(one: Measured, workload: Workload, base: Measured | None, limits: Limits) -> Row:
    run_s, worst = _scaled(one, workload), int(one.errors.argmax())
    flops, cold = one.solved.flops, one.alone
    whole = None if base is None else (_scaled(base, workload) + base.setup_s) / (run_s + one.setup_s)
    tolerance: str | float | None = one.given or None
    return {
        "method": one.contender.name,
        "run, s": run_s,
        "processor, s": median(one.processor_s) * workload.days / one.workload.days,
        "set-up, s": one.setup_s,
        "runs": len(one.runs_s),
        "days run": one.workload.days,
        "tolerance": tolerance if one.tolerance is not None else f"not met at {tolerance}",
        "largest error": float(one.errors[worst]),
        "at": one.workload.outputs[worst],
        "mass": mass_defect(one.workload, one.solved),
        "cold, s": None if cold is None else cold.first_s,
        "memory, MiB": None if cold is None else f"{cold.peak:.0f} ({cold.beyond:.0f})",
        "faster": None if base is None else _scaled(base, workload) / run_s,
        "with set-up": whole,
        "share": None if flops is None else f"{100 * flops / (one.run_s * GIGA * limits.core_gflops):.2g} %",
    }


def _errors(workload: Workload, measured: Sequence[Measured]) -> Table:
    found = np.array([one.errors for one in measured])
    names = [one.contender.name for one in measured]
    rows: list[Row] = [
        {"output": output, **dict(zip(names, found[:, place].tolist(), strict=True))}
        for place, output in enumerate(workload.outputs)
    ]
    return Table(f"{workload.name}: the error of every output", rows)
