"""W2: ten thousand virtual patients of the demo's morphine, each with a system of its own, all given the demo's own flow.

What is timed is propagation: from a patient's system to the fluid at the tip, both effect sites and plasma at every quarter of an
hour of 90 days, with the bound on this patient's error. Drawing a patient and making the system is timed apart. The error is
told against 64 shifts for every patient, and for some of them against all modes.
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
from bench.own import COUNTS, FREQUENCIES_PER_S, nothing
from bench.progress import Progress
from bench.tables import Row, Table
from bench.workloads import Array
from intrathecal.cohort.drawing import Population
from intrathecal.cohort.workers import Processes, cores
from intrathecal.relief.sites import SPINAL, SUPRASPINAL
from intrathecal.simulation.certainty import certainty
from intrathecal.simulation.comb import Comb, comb
from intrathecal.simulation.evenly import evened, run_evenly
from intrathecal.simulation.modal import modal
from intrathecal.simulation.reduction import reduced
from intrathecal.simulation.system import LinearSystem, build_system
from intrathecal.simulation.unrest import FADING
from intrathecal.therapy import load_therapy

PATIENTS, CHUNK, SEED = 10_000, 250, 1
#: Every so many patients one is held against all modes.
BY_ALL_MODES = 100
LARGEST_ERROR = 1e-4
STEP_S, STEPS = 900.0, 8640
#: Shifts of what the others are held against.
REFERENCE = 64


@dataclass(frozen=True)
class Part:
    """Some patients: bounds and errors (k,), against all modes where that was looked at, and times (s)."""

    bounds: Array
    errors: Array
    exact: Array
    systems_s: float
    propagation_s: float
    tries: Array


@cache
def _given(edges: bytes, inputs: bytes) -> tuple[Population, Array, Array]:
    population = Population(load_therapy(DEMO), SEED)
    return population, np.frombuffer(edges), np.frombuffer(inputs)


def part(edges: bytes, inputs: bytes, first: int) -> Part:
    """The patients from ``first`` on; what the workers are asked for."""
    population, edges_s, rates = _given(edges, inputs)
    flow = evened(edges_s, rates, STEP_S, STEPS)
    systems, began = [], perf_counter()
    for index in range(first, first + CHUNK):
        therapy = population.therapy_of(population.draw(index))
        drug, patient = therapy.drugs[0].drug, therapy.patient
        systems.append(build_system(drug, therapy.catalogue, patient.height_cm, patient.weight_kg))
    systems_s, found = perf_counter() - began, []
    sources = [system.source("intrathecal", system.canal.sites_cm["T10"]) for system in systems]
    rows = [_rows(system) for system in systems]
    began = perf_counter()
    for system, source, wanted in zip(systems, sources, rows, strict=True):
        found.append(_propagate(system, comb(system), source, wanted, (flow, edges_s, rates)))
    propagation_s = perf_counter() - began
    errors, exact = np.empty(CHUNK), np.full(CHUNK, np.nan)
    for place, (system, source, wanted, (seen, _, _)) in enumerate(zip(systems, sources, rows, found, strict=True)):
        right = run_evenly(reduced(system, comb(system), source[:, None], REFERENCE), flow, source).seen(wanted)
        errors[place] = _apart(seen, right)
        if (first + place) % BY_ALL_MODES == 0:
            exact[place] = _apart(seen, run_evenly(modal(system), flow, source).seen(wanted))
    bounds, tries = np.array([one[1] for one in found]), np.array([one[2] for one in found])
    return Part(bounds, errors, exact, systems_s, propagation_s, tries)


def _rows(system: LinearSystem) -> Array:
    tip, plasma = system.tip_row(system.canal.sites_cm["T10"]), system.sites["plasma"]
    return np.array([tip, system.effects[SPINAL], system.effects[SUPRASPINAL], plasma])


def _propagate(
    system: LinearSystem, shape: Comb, source: Array, rows: Array, given: tuple[object, Array, Array]
) -> tuple[Array, float, int]:
    """What is seen (k, p), the bound on its error, and how many shifts that took."""
    flow, edges_s, rates = given
    for count in COUNTS:
        modes = reduced(system, shape, source[:, None], count)
        seen = run_evenly(modes, flow, source).seen(rows)  # type: ignore[arg-type]
        fading = FADING * float(-modes.rates.real.max())
        miss = certainty(modes, shape, source, rows, fading, FREQUENCIES_PER_S)
        sizes = np.abs(miss.shifts)
        fed = nothing(sizes).advance(sizes, fading, np.diff(edges_s), rates)
        bound = miss.relative(miss.bound(partial(fed.at, sizes)), seen.max(axis=0))
        if bound <= LARGEST_ERROR:
            return seen, bound, count
    raise ArithmeticError("no number of shifts is enough")


def _apart(seen: Array, right: Array) -> float:
    return float((np.abs(seen - right).max(axis=0) / right.max(axis=0)).max())


def parts(progress: Progress, patients: int) -> Iterator[Part]:
    """All patients, on all cores."""
    given = flows(90)[0]
    edges, inputs = np.ascontiguousarray(given.edges_s).tobytes(), np.ascontiguousarray(given.inputs).tobytes()
    part(edges, inputs, 0)
    with Processes(cores()) as pool:
        asked = [pool.submit(part, edges, inputs, first) for first in range(0, patients, CHUNK)]
        for done, future in enumerate(as_completed(asked), start=1):
            progress.say(f"W2: {done * CHUNK:,} of {patients:,} patients")
            yield future.result()


def w2(progress: Progress, limits: Limits) -> Sequence[Table]:
    """The section of the bench."""
    found = list(parts(progress, PATIENTS))
    errors, bounds = (np.concatenate([getattr(one, name) for one in found]) for name in ("errors", "bounds"))
    exact, tries = (np.concatenate([getattr(one, name) for one in found]) for name in ("exact", "tries"))
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
    steps = ", ".join(f"{np.mean(tries == count):.1%} with {count}" for count in COUNTS if (tries == count).any())
    notes = [
        "90 days of the demo's own flow, seen every quarter of an hour at the tip, both effect sites and in plasma. Errors are "
        f"in parts of the largest value at each; against {REFERENCE} shifts, and for {known.size} patients against all modes.",
        f"The bound is this patient's, for this flow, and is in the time. Shifts: {steps}.",
        f"{workers} processes with one thread each; a second: patients times processes over the time that they took together.",
    ]
    return [Table("W2: virtual patients, propagation alone", rows, notes)]
