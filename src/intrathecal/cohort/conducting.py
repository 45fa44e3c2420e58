"""The whole of `intrathecal cohort`: people drawn, run and written down, from Python as from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from intrathecal.cohort.bands import hours
from intrathecal.cohort.keeping import Keeping, key_of, read_rows
from intrathecal.cohort.lives import Study
from intrathecal.cohort.running import CHUNK, Done, Make, Progress, run, traces_of
from intrathecal.cohort.summing import figures
from intrathecal.cohort.workers import cluster, cores, local
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
    same cohort left in the folder is not repeated. Raises `SimulationError` for an event that cannot happen at its moment,
    and `ClusterError` for a cluster that does not answer.
    """
    study = Study.of(therapy, seed)
    keeping = Keeping(folder, whose(study), hours(study.end_ms), traces_of(study))
    with workers_at(address, patients) as (make, workers):
        done = run(study, patients, keeping, make, workers, progress)
    if not done.patients:
        return Cohort(patients, {"patients": 0}, study, folder, (), done)
    files = keeping.finish()
    if not done.stopped:
        keeping.clear()
    drugs = [entry.drug.name for entry in therapy.drugs]
    working = done.seconds.get("prepare", 0.0) + done.seconds.get("live", 0.0)
    told = {
        "patients": done.patients,
        "patients_per_second": done.fresh / done.wall_s if done.wall_s else None,
        "propagation_per_second": done.fresh * workers / working if working else None,
        "workers": workers,
        "seed": seed,
        "stopped": done.stopped,
        "seconds": {**done.seconds, "wall": done.wall_s},
        **figures(read_rows(files[0]), drugs),
        "files": [str(file) for file in files],
    }
    return Cohort(patients, told, study, folder, tuple(files), done)


def whose(study: Study) -> str:
    """What tells this study's parts from those of another."""
    from intrathecal import __version__

    return key_of(__version__, study.population.therapy, study.population.seed, CHUNK)


@contextmanager
def workers_at(address: str | None, patients: int) -> Iterator[tuple[Make, int]]:
    """Who works: a cluster, or as many processes of this machine as it has cores and there are chunks."""
    if address is None:
        count = max(1, min(cores(), -(-patients // CHUNK)))
        yield partial(local, count), count
        return
    with cluster(address) as (executor, count):
        yield (lambda: executor), count
