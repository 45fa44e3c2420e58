"""The command that runs many virtual patients."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intrathecal.cli import studies, typed
from intrathecal.cli.compared_cohorts import compared
from intrathecal.cli.options import CatalogueFiles, Json, TherapyFile
from intrathecal.cli.output import OutputError, tell, writing
from intrathecal.cli.progress import progress_bar
from intrathecal.cli.studies import Cluster, Seed
from intrathecal.cli.summary import number, table

if TYPE_CHECKING:
    from intrathecal.cohort.conducting import Cohort

#: What is read first in the folder.
REPORT = "report.html"


def cohort(
    therapy: TherapyFile,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for outcomes, bands and report.")],
    patients: Annotated[str | None, typer.Option(metavar="N", help="How many virtual patients.")] = None,
    compare: Annotated[
        Path | None,
        typer.Option(metavar="B.toml", help="Give the same patients another therapy too, for as many days."),
    ] = None,
    seed: Seed = "0",
    cluster: Cluster = None,
    patient: Annotated[
        str | None,
        typer.Option(metavar="K", help="Run none, but write the K-th of them (from 0) as files for simulate."),
    ] = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Run many virtual patients: people like the file's, each with an own body, sensitivity, presses and drive."""
    drawn = studies.seed(seed)
    if (patients is None) == (patient is None):
        raise typed.OptionError(
            "--patients: say how many are run, or with --patient which one is written; one of the two"
        )
    studies.folder(out)
    if patient is not None:
        _write(
            therapy, drawn, typed.whole("--patient", patient, 0, studies.MOST_PATIENTS - 1), out, catalogue or (), json
        )
        return
    count = studies.patients(str(patients))
    if compare is not None:
        compared(therapy, compare, count, out, drawn, cluster, json, tuple(catalogue or ()))
        return
    from intrathecal.cohort.conducting import run_cohort
    from intrathecal.therapy import load_therapy

    plan = load_therapy(therapy, tuple(catalogue or ()))
    with progress_bar("Patients") as progress, writing(str(out)):
        found = run_cohort(plan, count, out, seed=drawn, address=cluster, progress=progress)
    if found.done.stopped:
        typer.echo(
            f"Stopped: {found.done.patients} of {count} patients are finished; the same command goes on from there.",
            err=True,
        )
    if found.files:
        from intrathecal.report.cohort import write_cohort_report

        report = out / REPORT
        with writing(str(report)):
            write_cohort_report(found, report)
        found.figures["files"].append(str(report))
        tell(found.figures, cohort_text(found), json)
    if found.done.stopped:
        raise typer.Exit(studies.INTERRUPTED)


def _write(therapy: Path, seed: int, index: int, out: Path, catalogue: Sequence[Path], json: str | None) -> None:
    from intrathecal.catalogue.errors import EntryError
    from intrathecal.cohort.writing import write_patient

    try:
        with writing(str(out)):
            files = [str(file) for file in write_patient(therapy, seed, index, out, catalogue)]
    except EntryError as problem:
        raise OutputError(f"patient {index}: cannot be ({problem})") from None
    text = "".join(f"{line}\n" for line in (*files, "", f"intrathecal simulate {files[0]}"))
    tell({"patient": index, "seed": seed, "files": files}, text, json)


def cohort_text(found: Cohort) -> str:
    """The figures for the terminal."""
    figures: dict[str, Any] = found.figures
    relief, breathing = figures["relief_percent"], figures["breathing_fraction_min"]
    responders, rate = figures["responders_fraction"], figures["patients_per_second"]
    rows = [
        ["relief, %", *_three(relief)],
        ["lowest breathing, % of normal", *_three(breathing, 100.0)],
        ["presses given", *_three(figures["presses_given"])],
    ]
    for drug, sites in figures["exposure"].items():
        rows += [[f"{drug}, {site}, mean ug/mL", *_three(sites[site])] for site in ("cisterna_magna", "plasma")]
    speed = "" if rate is None else f", {number(rate)} a second on {figures['workers']} workers"
    lines = [
        f"{figures['patients']} patients, seed {figures['seed']}{speed}",
        *([] if responders is None else [f"relief of at least half: {responders:.0%} of them"]),
        "",
        *table(["", "median", "5%", "95%"], rows, left=(0,)),
        "",
        *(f"{times} patients were run one by one: {why}" for why, times in figures["left_to_the_controller"].items()),
        *(f"{times} patients could not be run: {why}" for why, times in figures["refused"].items()),
        *_error(figures["error_estimate_max"]),
        *figures["files"],
    ]
    return "\n".join(lines) + "\n"


def _error(most: float | None) -> list[str]:
    if most is None:
        return []
    return [f"largest bound on the error of a concentration: {most:.1e} of the largest at its place"]


def _three(of: dict[str, float | None], scale: float = 1.0) -> list[str]:
    points = [of[key] for key in ("median", "p05", "p95")]
    return ["-" if point is None else number(point * scale) for point in points]
