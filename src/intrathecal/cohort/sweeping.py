"""A sweep: one or two values over a list each, and what comes of every point in the same virtual patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from intrathecal.cohort.crowd import Columns, Stopped, StudyError, crowd
from intrathecal.cohort.figures import NO_ADVICE
from intrathecal.cohort.keeping import write_json
from intrathecal.cohort.pairing import difference
from intrathecal.cohort.possible import impossible
from intrathecal.cohort.running import Progress
from intrathecal.cohort.summing import figures, mean_doses
from intrathecal.simulation.files import replacing
from intrathecal.therapy import Therapy
from intrathecal.therapy.file.changing import TherapyFile

ASKED_IN = "--set"
#: A table of two axes is read, one of more is not.
MOST_AXES = 2
#: More points than this are no sweep: somebody typed a list too long.
MOST_POINTS = 1000
CSV, PARQUET, JSON = "sweep.csv", "sweep.parquet", "sweep.json"


@dataclass(frozen=True)
class Point:
    """One point of a sweep: ``values`` by name as typed, and the therapy that has them."""

    values: Mapping[str, str]
    therapy: Therapy


def points(file: TherapyFile, settings: Mapping[str, Sequence[str]]) -> list[Point]:
    """All combinations of the values in ``settings``, by name; the last name changes first.

    A name with one value holds it at every point, a name with more is an axis. Raises `StudyError` for no axis or more than
    two, and `TherapyError` for a name that is not known and a value that the file could not hold.
    """
    axes = [name for name, texts in settings.items() if len(texts) > 1]
    if not 1 <= len(axes) <= MOST_AXES:
        said = "no name has several values" if not axes else f"{', '.join(axes)} have several values each"
        raise StudyError(f"{ASKED_IN}: {said}; give one or two names several values, such as program.scale=0.5,1,2")
    for name, texts in settings.items():
        twice = next((text for text in texts if texts.count(text) > 1), None)
        if twice is not None:
            raise StudyError(f"{ASKED_IN} {name}: {twice} stands twice; give every value once")
    count = int(np.prod([len(texts) for texts in settings.values()]))
    if count > MOST_POINTS:
        raise StudyError(f"{ASKED_IN}: {count} points are too many; give at most {MOST_POINTS}")
    found = []
    for texts in product(*settings.values()):
        values = dict(zip(settings, texts, strict=True))
        found.append(Point({name: values[name] for name in axes}, file.changed(values, ASKED_IN)))
    return found


def sweep(
    file: TherapyFile,
    settings: Mapping[str, Sequence[str]],
    patients: int,
    folder: Path,
    *,
    seed: int = 0,
    address: str | None = None,
    progress: Progress = lambda done: None,
) -> dict[str, Any]:
    """Run the same ``patients`` at every point of ``settings`` (`points`), and write table and figures into ``folder``.

    What the pump cannot do is named in ``left_out`` and not run. ``relief_change`` is the paired difference of relief from
    the first point that was run. A point that is finished in the folder is not run again; after Ctrl-C the figures hold what
    is finished, and ``stopped`` is true. Raises as `points` and `Crowd.outcomes` do.
    """
    asked = points(file, settings)
    reasons = [impossible(point.therapy) for point in asked]
    possible = [point for point, reason in zip(asked, reasons, strict=True) if not reason]
    told: dict[str, Any] = {
        "title": file.therapy.title,
        "axes": {name: list(texts) for name, texts in settings.items() if len(texts) > 1},
        "held": {name: texts[0] for name, texts in settings.items() if len(texts) == 1},
        "patients": patients,
        "seed": seed,
        "stopped": False,
        "points": [],
        "left_out": [
            {"values": dict(point.values), "reason": reason}
            for point, reason in zip(asked, reasons, strict=True)
            if reason
        ],
        "assumptions": [NO_ADVICE],
    }
    first: Columns | None = None
    with crowd(patients, seed, address) as people:
        for place, point in enumerate(possible):
            try:
                table = people.outcomes(point.therapy, folder / _place(point), _part(progress, place, len(possible)))
            except Stopped:
                told["stopped"] = True
                break
            first = table if first is None else first
            told["points"].append(_point(point, table, first, folder))
    if told["points"]:
        write_table([flat(point) for point in told["points"]], folder)
        told["files"] = [str(folder / name) for name in (CSV, PARQUET, JSON)]
        write_json(told, folder / JSON)
    return told


def _place(point: Point) -> str:
    """The folder of a point: its values, in letters that a folder may have."""
    said = "_".join(f"{name}={text}" for name, text in point.values.items())
    return "".join(letter if letter.isalnum() or letter in "._=-" else "-" for letter in said)


def _part(progress: Progress, place: int, count: int) -> Progress:
    return lambda done: progress((place + done) / count)


def _point(point: Point, table: Columns, first: Columns, folder: Path) -> dict[str, Any]:
    told = figures(table, [entry.drug.name for entry in point.therapy.drugs])
    before, after = (np.asarray(one["relief_percent"], dtype=float) for one in (first, table))
    return {
        "values": dict(point.values),
        "mean_dose_ug_per_day": mean_doses(table),
        "ran_empty_fraction": float(np.mean(table["ran_empty"])),
        **told,
        "relief_change": difference(before, after, 1),
        "folder": str(folder / _place(point)),
    }


def flat(point: Mapping[str, Any]) -> dict[str, Any]:
    """A point's figures as one row: a figure inside a figure is named by both, as ``relief_percent.median``."""
    row: dict[str, Any] = {}
    for key, value in point.items():
        if key == "values":
            row |= value
        elif isinstance(value, Mapping):
            row |= {f"{key}.{inner}": held for inner, held in flat(value).items()}
        elif isinstance(value, list):
            row |= {f"{key}.{end}": held for end, held in zip(("low", "high"), value, strict=True)}
        else:
            row[key] = value
    return row


def write_table(rows: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """The points as CSV and as Parquet."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    table = pa.Table.from_pylist(_same_columns(rows))
    with replacing(folder / PARQUET) as part:
        parquet.write_table(table, part, compression="zstd")
    with replacing(folder / CSV) as part:
        csv.write_csv(table, part)


def _same_columns(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]
