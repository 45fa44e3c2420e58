"""How the cost grows when patients, days, changes of rate or cells of the canal are ten times as many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from statistics import median
from time import perf_counter

import numpy as np

from bench.cohorts import THERAPY, run
from bench.demo import DEMO
from bench.limits import Limits
from bench.progress import Progress
from bench.tables import Row, Table
from intrathecal.simulation.evenly import evened, run_evenly
from intrathecal.simulation.modal import Modal
from intrathecal.simulation.propagation import choose_for
from intrathecal.simulation.system import build_system
from intrathecal.therapy import load_therapy

TIMES, STEP_S, DAY_STEPS = 7, 900.0, 96
CELLS, DAYS, EVENTS, PATIENTS = 150, 9, 500, 256


def growth(progress: Progress, limits: Limits) -> Sequence[Table]:
    """The section of the bench."""
    progress.say("growth: days, changes, cells and patients times ten")
    rows: list[Row] = [
        _row("days of one patient", DAYS, lambda days: _propagation(CELLS, days, EVENTS)),
        _row("changes of rate", EVENTS, lambda events: _propagation(CELLS, 10 * DAYS, events)),
        _row("cells of the canal, modes and run", CELLS, lambda cells: _propagation(cells, 10 * DAYS, EVENTS)),
        _row("patients of a cohort, three drugs, 9 days", PATIENTS, _cohort, times=1),
    ]
    notes = [
        "Linear or better is a factor of 10 or less. Days and changes: modes found, run and seen at every quarter of an hour; "
        "cells: the same with the system's modes found for the bound that one patient gets. Patients: end to end, workers' start "
        "in it.",
    ]
    return [Table("Ten times as much", rows, notes)]


def _row(what: str, few: int, measure: Callable[[int], Callable[[], object]], times: int = TIMES) -> Row:
    small, large = (_seconds(measure(size), times) for size in (few, 10 * few))
    return {"what": what, "from": few, "to": 10 * few, "s": small, "then s": large, "factor": large / small}


def _seconds(work: Callable[[], object], times: int) -> float:
    work()
    spent = []
    for _ in range(times):
        began = perf_counter()
        work()
        spent.append(perf_counter() - began)
    return median(spent)


def _propagation(cells: int, days: int, events: int) -> Callable[[], object]:
    """The demo's morphine with so many cells, days and changes of rate at random times."""
    therapy = load_therapy(DEMO)
    patient, drug = therapy.patient, therapy.drugs[0].drug
    system = build_system(drug, therapy.catalogue, patient.height_cm, patient.weight_kg, cells)
    source = system.source("intrathecal", system.canal.sites_cm["T10"])
    random = np.random.default_rng(1)
    edges = np.sort(random.uniform(0.0, days * 86_400.0, events + 1))
    edges[0], rates = 0.0, random.uniform(0.0, 1.0, events)
    rows = np.array(list(system.sites.values()))

    def work() -> object:
        modes = choose_for(system, source[:, None])
        if not isinstance(modes, Modal):
            raise TypeError(f"{modes.method}: few modes are measured here")
        return run_evenly(modes, evened(edges, rates, STEP_S, days * DAY_STEPS), source).seen(rows)

    return work


def _cohort(patients: int) -> Callable[[], object]:
    therapy = load_therapy(THERAPY)
    short = replace(therapy, simulation=replace(therapy.simulation, days=Fraction(DAYS)))
    return lambda: run(short, patients)
