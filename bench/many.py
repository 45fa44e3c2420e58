"""W2: ten thousand virtual patients of the demo's morphine, each with a system of its own, all given the demo's own flow.

What is timed is propagation: from a patient's system, arranged as a comb, to the fluid at the tip, both effect sites and
plasma at every quarter of an hour of 90 days, with the bound on this patient's error. Drawing a patient and making the system
is timed apart. The error is told against 64 shifts for every patient, and for some of them against all modes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import cache, partial
from time import perf_counter

import numpy as np

from bench.demo import DEMO, flows
from bench.limits import Limits
from bench.progress import Progress
from bench.tables import Row, Table
from bench.workloads import Array
from intrathecal.cohort.drawing import Population
from intrathecal.cohort.workers import Processes, cores
from intrathecal.relief.sites import SPINAL, SUPRASPINAL
from intrathecal.simulation import shared_rates
from intrathecal.simulation.certainty import relative
from intrathecal.simulation.comb import Comb, comb
from intrathecal.simulation.evenly import driven, evened, fed_most, run_evenly
from intrathecal.simulation.lockstep import at_rest, observed
from intrathecal.simulation.modal import modal
from intrathecal.simulation.reduction import reduced
from intrathecal.simulation.shared_rates import Window, fitted, window_for
from intrathecal.simulation.system import LinearSystem, build_system
from intrathecal.simulation.trajectory import largest
from intrathecal.simulation.unrest import Unrest
from intrathecal.therapy import load_therapy

PATIENTS, CHUNK, SEED = 10_000, 500, 1
#: Every so many patients one is held against all modes.
BY_ALL_MODES = 100
LARGEST_ERROR = 1e-4
STEP_S, STEPS = 900.0, 8640
#: So many slower rates are run through the flow too, because another patient will ask for them.
SPARE = 12
#: Shifts of what the others are held against.
REFERENCE = 64
#: Steps of the rates and the fastest of them (1/s) that are tried in turn; places that are looked at; a peak is looked for
#: at every so many steps.
RATES, PLACES, FOR_PEAKS = ((0.33, 4.0), *shared_rates.STEPS[2:]), 4, 16


@dataclass(frozen=True, eq=False)
class Patient:
    """A system as a comb, where drug enters (n), what is looked at (p, n), and the drug itself (n)."""

    system: LinearSystem
    shape: Comb
    source: Array
    rows: Array
    parent: Array


@dataclass(frozen=True)
class Part:
    """Some patients: bounds and errors (k,), against all modes where that was looked at, steps of the rates, and times (s)."""

    bounds: Array
    errors: Array
    exact: Array
    systems_s: float
    propagation_s: float
    steps: Array


class Given:
    """The flow that all are given, what it makes of the windows of rates that were asked for, and room for what is seen."""

    def __init__(self, edges_s: Array, rates: Array) -> None:
        self.flow = evened(edges_s, rates, STEP_S, STEPS)
        self.room = np.empty((CHUNK, PLACES, STEPS))
        self._fed: dict[Window, Unrest] = {}
        self._held: dict[tuple[float, int], tuple[int, Array]] = {}

    def fed(self, window: Window) -> Unrest:
        """|V| at the window's shifts (K), the largest at any step."""
        if window not in self._fed:
            most = fed_most(window.shifts, self.flow)
            self._fed[window] = Unrest(0.0 * most, 0.0 * most, most)
        return self._fed[window]

    def held(self, window: Window) -> Array:
        """What every rate of the window holds at every step (q, k): all windows of a grid share them."""
        last = window.first + window.rates.size
        first, known = self._held.get((window.step, last), (last, np.empty((0, STEPS))))
        if window.first < first:
            first = window.first - SPARE
            rates = np.exp(window.step * np.arange(first, last))
            known = np.ascontiguousarray(driven(-rates, np.ones(rates.size), self.flow).T)
            self._held[window.step, last] = (first, known)
        return known[window.first - first :]


@cache
def _given(edges: bytes, inputs: bytes) -> tuple[Population, Given]:
    """What all patients share; one of them is run, so that a worker has loaded what it needs."""
    population, given = Population(load_therapy(DEMO), SEED), Given(np.frombuffer(edges), np.frombuffer(inputs))
    propagate([_patient(population, 0)], given)
    return population, given


def part(edges: bytes, inputs: bytes, first: int) -> Part:
    """The patients from ``first`` on; what the workers are asked for."""
    population, given = _given(edges, inputs)
    began = perf_counter()
    patients = [_patient(population, index) for index in range(first, first + CHUNK)]
    systems_s, began = perf_counter() - began, perf_counter()
    traces, bounds, steps = propagate(patients, given)
    propagation_s = perf_counter() - began
    errors, exact = np.empty(CHUNK), np.full(CHUNK, np.nan)
    for place, (one, seen) in enumerate(zip(patients, traces, strict=True)):
        few = reduced(one.system, one.shape, one.source[:, None], REFERENCE)
        errors[place] = _apart(seen, run_evenly(few, given.flow, one.source).seen(one.rows))
        if (first + place) % BY_ALL_MODES == 0:
            exact[place] = _apart(seen, run_evenly(modal(one.system), given.flow, one.source).seen(one.rows))
    return Part(bounds, errors, exact, systems_s, propagation_s, steps)


def _patient(population: Population, index: int) -> Patient:
    therapy = population.therapy_of(population.draw(index))
    drug, patient = therapy.drugs[0].drug, therapy.patient
    system = build_system(drug, therapy.catalogue, patient.height_cm, patient.weight_kg)
    tip_cm = system.canal.sites_cm["T10"]
    return Patient(system, comb(system), system.source("intrathecal", tip_cm), _rows(system), system.parent)


def propagate(patients: Sequence[Patient], given: Given) -> tuple[list[Array], Array, Array]:
    """What is seen of each (n of (p, k)), the bound on its error (n) and the step of the rates that this took (n).

    Those whose bound is too large are done again with closer rates.
    """
    traces: list[Array] = [np.empty(0)] * len(patients)
    bounds, steps, room = np.empty(len(patients)), np.empty(len(patients)), given.room.reshape(-1, STEPS)
    rest = [at_rest(one.shape, one.source) for one in patients]
    stays_s = [float(one.parent @ end) for one, end in zip(patients, rest, strict=True)]
    left = list(range(len(patients)))
    for step in RATES:
        found: dict[Window, list[int]] = {}
        for place in left:
            found.setdefault(window_for(stays_s[place], *step), []).append(place)
        for window, places in found.items():
            several = [patients[place] for place in places]
            every = fitted(
                window,
                np.concatenate([observed(one.shape, window.shifts, one.source, one.rows) for one in several]),
                np.concatenate([one.rows @ rest[place] for one, place in zip(several, places, strict=True)]),
                np.concatenate([largest(one.rows) for one in several]),
            )
            held = given.held(window)
            # some of the steps: no peak is larger than the true one, and no bound smaller
            peaks = (every.terms @ held[:, ::FOR_PEAKS]).max(axis=1)
            miss = every.certainty
            missed = miss.bound(partial(given.fed(window).at, np.abs(window.shifts)))
            shape = (len(several), PLACES)
            bounds[places] = relative(*(each.reshape(shape) for each in (missed, peaks, miss.largest_per_mL)))
            steps[places] = step[0]
            good = np.flatnonzero(bounds[places] <= LARGEST_ERROR)
            seen, room = np.split(room, [PLACES * good.size])
            terms = every.terms.reshape(*shape, window.rates.size)[good].reshape(-1, window.rates.size)
            np.matmul(terms, held, out=seen)
            for at, trace in zip(good.tolist(), seen.reshape(-1, PLACES, STEPS), strict=True):
                traces[places[at]] = trace
        left = np.flatnonzero(bounds > LARGEST_ERROR).tolist()
    if left:
        raise ArithmeticError(f"no rates are enough for {len(left)} patients")
    return traces, bounds, steps


def _rows(system: LinearSystem) -> Array:
    tip, plasma = system.tip_row(system.canal.sites_cm["T10"]), system.sites["plasma"]
    return np.array([tip, system.effects[SPINAL], system.effects[SUPRASPINAL], plasma])


def _apart(seen: Array, right: Array) -> float:
    return float((np.abs(seen.T - right).max(axis=0) / right.max(axis=0)).max())


def parts(progress: Progress, patients: int) -> Iterator[Part]:
    """All patients, on all cores."""
    given = flows(90)[0]
    edges, inputs = np.ascontiguousarray(given.edges_s).tobytes(), np.ascontiguousarray(given.inputs).tobytes()
    with Processes(cores()) as pool:
        asked = [pool.submit(part, edges, inputs, first) for first in range(0, patients, CHUNK)]
        for done, future in enumerate(as_completed(asked), start=1):
            progress.say(f"W2: {done * CHUNK:,} of {patients:,} patients")
            yield future.result()


def w2(progress: Progress, limits: Limits) -> Sequence[Table]:
    """The section of the bench."""
    found = list(parts(progress, PATIENTS))
    errors, bounds = (np.concatenate([getattr(one, name) for one in found]) for name in ("errors", "bounds"))
    exact, tried = (np.concatenate([getattr(one, name) for one in found]) for name in ("exact", "steps"))
    known, workers = exact[np.isfinite(exact)], cores()
    propagation, systems = (sum(getattr(one, name) for one in found) for name in ("propagation_s", "systems_s"))
    rows: list[Row] = [
        {
            "patients": errors.size,
            "a second, propagation": errors.size * workers / propagation,
            "us each, one core": 1e6 * propagation / errors.size,
            "us for the system before": 1e6 * systems / errors.size,
            "error, median": float(np.median(errors)),
            "99 %": float(np.percentile(errors, 99)),
            "worst": float(errors.max()),
            "worst bound": float(bounds.max()),
            "smallest bound over error": float((bounds / errors).min()),
            "worst by all modes": float(known.max()),
        }
    ]
    steps = ", ".join(f"{np.mean(tried == step):.1%} with {step:g}" for step, _ in RATES if (tried == step).any())
    notes = [
        "90 days of the demo's own flow, seen every quarter of an hour at the tip, both effect sites and in plasma. Errors are "
        f"in parts of the largest value at each; against {REFERENCE} shifts, and for {known.size} patients against all modes.",
        "Every patient has rates of one grid, and what the flow makes of them is the same for all; a patient's own are what it "
        f"does at each place, and its bound, for this flow, which is in the time. Steps of the grid: {steps}.",
        f"{workers} processes with one thread each; a second: patients times processes over the time that they took together.",
    ]
    return [Table("W2: virtual patients, propagation alone", rows, notes)]
