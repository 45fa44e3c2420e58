"""The command that runs many virtual patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intrathecal.cli import studies
from intrathecal.cli.compared_cohorts import compared
from intrathecal.cli.options import CatalogueFiles, Json, TherapyFile
from intrathecal.cli.output import tell, writing
from intrathecal.cli.progress import progress_bar
from intrathecal.cli.studies import Cluster, Seed
from intrathecal.cli.summary import number, table

if TYPE_CHECKING:
    from intrathecal.cohort.conducting import Cohort


def cohort(
    therapy: TherapyFile,
    patients: Annotated[str, typer.Option(metavar="N", help="How many virtual patients.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for outcomes, bands and report.")],
    compare: Annotated[
        Path | None,
        typer.Option(metavar="B.toml", help="Give the same patients another therapy too, for as many days."),
    ] = None,
    seed: Seed = "0",
    cluster: Cluster = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Run many virtual patients: people like the file's, each with an own body, sensitivity, presses and drive."""
    count, drawn = studies.patients(patients), studies.seed(seed)
    if compare is not None:
        compared(therapy, compare, count, out, drawn, cluster, json, tuple(catalogue or ()))
        return
    from intrathecal.cohort.conducting import run_cohort
    from intrathecal.therapy import load_therapy

    plan = load_therapy(therapy, tuple(catalogue or ()))
    studies.folder(out)
    with progress_bar("Patients") as progress, writing(str(out)):
        found = run_cohort(plan, count, out, seed=drawn, address=cluster, progress=progress)
    if found.done.stopped:
        typer.echo(
            f"Stopped: {found.done.patients} of {count} patients are finished; the same command goes on from there.",
            err=True,
        )
    if found.files:
        tell(found.figures, cohort_text(found), json)
    if found.done.stopped:
        raise typer.Exit(studies.INTERRUPTED)


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
    lines = [
        f"{figures['patients']} patients, seed {figures['seed']}, {number(rate)} a second on {figures['workers']} workers",
        *([] if responders is None else [f"relief of at least half: {responders:.0%} of them"]),
        "",
        *table(["", "median", "5%", "95%"], rows, left=(0,)),
        "",
        *(f"{times} patients were run one by one: {why}" for why, times in figures["left_to_the_controller"].items()),
        f"largest bound on the error of a concentration: {figures['error_estimate_max']:.1e} of the largest at its place",
        *figures["files"],
    ]
    return "\n".join(lines) + "\n"


def _three(of: dict[str, float | None], scale: float = 1.0) -> list[str]:
    points = [of[key] for key in ("median", "p05", "p95")]
    return ["-" if point is None else number(point * scale) for point in points]
