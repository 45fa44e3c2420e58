"""The whole of `intrathecal cohort`: people drawn, run and written down, from Python as from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from intrathecal.cohort.bands import hours
from intrathecal.cohort.keeping import Keeping, key_of, read_rows
from intrathecal.cohort.lives import Study
from intrathecal.cohort.running import CHUNK, Done, Make, Progress, chunk_size, run, traces_of
from intrathecal.cohort.summing import figures
from intrathecal.cohort.workers import Processes, cluster, cores
from intrathecal.therapy import Therapy


@dataclass(frozen=True)
class Cohort:
    """A cohort that is written down: the patients ``asked`` for, its figures, the study, and the files in its folder."""

    asked: int
    figures: dict[str, Any]
    study: Study
    folder: Path
    files: tuple[Path, ...]
    done: Done


def run_cohort(
    therapy: Therapy,
    patients: int,
    folder: Path,
    *,
    seed: int = 0,
    address: str | None = None,
    progress: Progress = lambda done: None,
) -> Cohort:
    """Draw and run ``patients`` around the patient of ``therapy``, and write outcomes and bands into ``folder``.

    The work is done by this machine's cores, or by the Dask cluster at ``address``. What an earlier, unfinished run of the
    same cohort left in the folder is not repeated. Raises `SimulationError` for an event that cannot happen at its moment
    even if nobody presses, `ClusterError` for a cluster that cannot be used, and `LostError` for workers that are lost again
    and again.
    """
    study = Study.of(therapy, seed)
    with workers_at(address, patients, chunk_size(study)) as (make, workers):
        keeping = Keeping(folder, key_of(whose(study), patients), hours(study.end_ms), traces_of(study))
        done = run(study, patients, keeping, make, workers, progress)
    if not done.patients:
        return Cohort(patients, {"patients": 0}, study, folder, (), done)
    began = perf_counter()
    files = keeping.finish()
    if not done.stopped:
        keeping.clear()
    drugs = [entry.drug.name for entry in therapy.drugs]
    working = done.seconds.get("prepare", 0.0) + done.seconds.get("live", 0.0)
    written = perf_counter() - began
    busy = done.wall_s - done.start_s + written
    told = {
        "patients": done.patients,
        "patients_per_second": done.fresh / busy if done.fresh else None,
        "propagation_per_second": done.fresh * workers / working if working else None,
        "workers": workers,
        "seed": seed,
        "stopped": done.stopped,
        "resumed": done.patients - done.fresh,
        "seconds": {**done.seconds, "start": done.start_s, "write": written, "wall": done.wall_s + written},
        **figures(read_rows(files[0]), drugs),
        "files": [str(file) for file in files],
    }
    return Cohort(patients, told, study, folder, tuple(files), done)


def whose(study: Study) -> str:
    """What tells this study's parts from those of another."""
    from intrathecal import __version__

    # Where a file lies and what it is called says nothing of the people in it.
    therapy = replace(study.population.therapy, file="", title="")
    return key_of(__version__, therapy, study.population.seed, chunk_size(study))


@contextmanager
def workers_at(address: str | None, patients: int, chunk: int = CHUNK) -> Iterator[tuple[Make, int]]:
    """Who works: a cluster, or as many processes of this machine as it has cores and there are chunks."""
    if address is None:
        count = max(1, min(cores(), -(-patients // chunk)))
        yield partial(Processes, count), count
        return
    with cluster(address) as (executor, count):
        yield (lambda: executor), count
