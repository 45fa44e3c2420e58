"""The cohort from end to end: drawing, pump, presses, drugs, relief and what is written, for three drugs over 90 days.

The first measure is the way that one patient is simulated, patient by patient; the compiled way is held against it, too.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.limits import Limits
from bench.progress import Progress
from bench.tables import Row, Table
from intrathecal.cohort.conducting import Cohort, run_cohort
from intrathecal.cohort.lives import exact_life
from intrathecal.cohort.workers import cores
from intrathecal.therapy import Therapy, load_therapy

THERAPY = Path(__file__).parent / "data" / "three-drugs.toml"
PATIENTS, WARM, ONE_BY_ONE = 1024, 128, 6


def run(therapy: Therapy, patients: int) -> Cohort:
    """A cohort in a folder of its own that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        return run_cohort(therapy, patients, Path(folder))


def cohort(progress: Progress, limits: Limits) -> Sequence[Table]:
    """The section of the bench."""
    therapy = load_therapy(THERAPY)
    progress.say("cohort: one patient at a time, by the simulation")
    study, alone = run(therapy, WARM).study, []
    for index in range(ONE_BY_ONE):
        patient = study.population.therapy_of(study.population.draw(index))
        began = perf_counter()
        exact_life(patient, "for the bench")
        alone.append(perf_counter() - began)
    progress.say(f"cohort: {PATIENTS:,} patients")
    found = run(therapy, PATIENTS)
    figures, first = found.figures, cores() / median(alone)
    rows: list[Row] = [
        {"way": "simulation, one by one", "patients": ONE_BY_ONE, "a second": first, "times the first": 1.0},
        {
            "way": "cohort, end to end",
            "patients": PATIENTS,
            "a second": figures["patients_per_second"],
            "times the first": figures["patients_per_second"] / first,
            "largest bound on an error": figures["error_estimate_max"],
            "memory of the driver, MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        },
    ]
    spent, workers = figures["seconds"], figures["workers"]
    whole = sum(spent.get(part, 0.0) for part in ("prepare", "live", "record"))
    parts: list[Row] = [
        {"part": name, "ms a patient": 1e3 * spent[name] / PATIENTS, "share": f"{100 * spent[name] / whole:.0f} %"}
        for name in ("prepare", "live", "record")
    ]
    notes = [
        f"{THERAPY.name}: 90 days, presses when pain is above the patient's own threshold; {workers} workers. One by one is "
        "counted as if all cores did it. The workers have run before; their start is in the time of the cohort.",
        "prepare: the patient's values, the systems of four courses of drug and their modes. live: pump, line, drugs, relief "
        "and presses. record: the row, the histograms.",
    ]
    return [Table("Cohort, three drugs, 90 days", rows, notes), Table("Where the time of a cohort goes", parts)]
