"""The same virtual patients under one therapy after another: what a comparison, a sweep and a search are made of.

A patient is drawn from seed and number alone (`drawing`), with the same deviates, pain, scores and presses whatever the therapy.
Each therapy is one cohort, run as any other (`running`), in a folder of its own; one that is finished there is not run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intrathecal.cohort.bands import hours
from intrathecal.cohort.conducting import whose, workers_at
from intrathecal.cohort.keeping import OUTCOMES, Keeping, key_of, read_rows
from intrathecal.cohort.lives import Study
from intrathecal.cohort.running import Progress, run, traces_of
from intrathecal.cohort.workers import Crew
from intrathecal.quantities import InputError
from intrathecal.therapy import Therapy

#: Says of which cohort the outcomes in a folder are.
DONE = "done"

Columns = Mapping[str, Any]


class StudyError(InputError):
    """A study that cannot be made: one message with what is wrong and what would be right."""


class Stopped(Exception):
    """Ctrl-C ended a study between two patients; what was finished is kept."""


@dataclass(frozen=True, eq=False)
class Crowd:
    """``patients`` drawn from ``seed``, and the ``crew`` that runs them."""

    patients: int
    seed: int
    crew: Crew

    def outcomes(self, therapy: Therapy, folder: Path, progress: Progress = lambda done: None) -> Columns:
        """The table of outcomes under ``therapy``, by column, in the order of the patients; it is kept in ``folder``.

        Raises `Stopped` after Ctrl-C, and `StudyError` where a drawn patient cannot be, or an event not happen at its
        moment: without them all, means and pairs would be those of other people.
        """
        study = Study.of(therapy, self.seed)
        key = key_of(whose(study), self.patients)
        if _read(folder / DONE) != key or not (folder / OUTCOMES).is_file():
            (folder / DONE).unlink(missing_ok=True)
            self._run(study, Keeping(folder, key, hours(study.end_ms), traces_of(study)), progress)
            (folder / DONE).write_text(key, encoding="utf-8")
        progress(1.0)
        table = read_rows(folder / OUTCOMES)
        if why := next(filter(None, table["refused"]), None):
            raise StudyError(f"{therapy.file}: a patient drawn around it cannot be run ({why}); change the value")
        return table

    def _run(self, study: Study, keeping: Keeping, progress: Progress) -> None:
        done = run(study, self.patients, keeping, self.crew.for_a_run(), self.crew.count, progress)
        if done.stopped:
            raise Stopped
        keeping.finish()
        keeping.clear()


@contextmanager
def crowd(patients: int, seed: int, address: str | None) -> Iterator[Crowd]:
    """So many patients, run by this machine's cores or by the Dask cluster at ``address``, for one therapy after another.

    Raises `ClusterError` for a cluster that does not answer.
    """
    with workers_at(address, patients) as (make, count):
        crew = Crew(make, count)
        try:
            yield Crowd(patients, seed, crew)
        finally:
            crew.dismiss()


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
