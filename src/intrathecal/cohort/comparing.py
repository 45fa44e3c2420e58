"""The whole of `intrathecal cohort --compare`: the same people under two therapies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from intrathecal.catalogue import Catalogue, Value
from intrathecal.catalogue.overriding import known_values
from intrathecal.cohort.crowd import Columns, StudyError, crowd
from intrathecal.cohort.figures import NO_ADVICE
from intrathecal.cohort.keeping import BANDS, OUTCOMES, write_json
from intrathecal.cohort.pairing import common, paired
from intrathecal.cohort.running import Progress
from intrathecal.cohort.summing import figures
from intrathecal.simulation.comparison import check_same_patient
from intrathecal.simulation.files import replacing
from intrathecal.therapy import Therapy

FIRST, SECOND, DIFFERENCES, COMPARISON = "first", "second", "differences.parquet", "comparison.json"


def check_same_people(first: Therapy, second: Therapy) -> None:
    """Demand that two therapies are of one patient, and that people are drawn around both alike.

    Raises `ComparisonError` for another patient, `StudyError` for another body, another effect or another drug of one name.
    """
    check_same_patient(first, second)
    one, other = dict(_of_people(first.catalogue)), dict(_of_people(second.catalogue))
    apart = [name for name in one if one[name] != other.get(name)]
    if apart or first.catalogue.population != second.catalogue.population:
        name = apart[0] if apart else "population"
        raise StudyError(
            f"{second.file}: its catalogue has another {name} than that of {first.file}; "
            "the same people are compared, so name the same catalogue files in both"
        )


def _of_people(catalogue: Catalogue) -> Iterator[tuple[str, Value]]:
    """What people are made of: all but devices and limits."""
    for name, value in known_values(catalogue).items():
        if name.startswith(("anatomy.", "physiology.", "relief.", "drug.", "side_effect.")):
            yield name, value


def compare_cohorts(
    first: Therapy,
    second: Therapy,
    patients: int,
    folder: Path,
    *,
    seed: int = 0,
    address: str | None = None,
    progress: Progress = lambda done: None,
) -> dict[str, Any]:
    """Draw and run ``patients`` under both therapies, and write outcomes, differences and figures into ``folder``.

    The second runs for as many days as the first. The figures are those of `cohort` for the first, ``compare`` those of the
    second and, as ``difference``, what `paired` finds. Resumes as a cohort does. Raises `Stopped` after Ctrl-C, and what
    `check_same_people` and `Crowd.outcomes` raise.
    """
    check_same_people(first, second)
    second = replace(second, simulation=replace(second.simulation, days=first.simulation.days))
    with crowd(patients, seed, address) as people:
        one = people.outcomes(first, folder / FIRST, lambda done: progress(done / 2))
        other = people.outcomes(second, folder / SECOND, lambda done: progress(0.5 + done / 2))
        workers = people.crew.count
    told = {
        "title": first.title,
        "patients": patients,
        "seed": seed,
        "workers": workers,
        "days": float(first.simulation.days),
        **_figures(first, one),
        "compare": {"title": second.title, **_figures(second, other), "difference": paired(one, other)},
        "assumptions": [NO_ADVICE],
    }
    write_differences(one, other, folder / DIFFERENCES)
    files = [folder / place / name for place in (FIRST, SECOND) for name in (OUTCOMES, BANDS)]
    told["files"] = [str(file) for file in (*files, folder / DIFFERENCES, folder / COMPARISON)]
    write_json(told, folder / COMPARISON)
    return told


def _figures(therapy: Therapy, table: Columns) -> dict[str, Any]:
    return figures(table, [entry.drug.name for entry in therapy.drugs])


def write_differences(one: Columns, other: Columns, file: Path) -> None:
    """Each patient's outcomes under the second therapy less those under the first, as a table of Parquet."""
    import pyarrow as pa
    from pyarrow import parquet

    columns: dict[str, Any] = {"patient": one["patient"]}
    for name in common(one, other):
        columns[name] = np.asarray(other[name], dtype=float) - np.asarray(one[name], dtype=float)
    with replacing(file) as part:
        parquet.write_table(pa.table(columns), part, compression="zstd")
