"""The command that runs a therapy."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from intrathecal.cli import typed
from intrathecal.cli.loading import loading
from intrathecal.cli.options import CatalogueFiles, Json, TherapyFile
from intrathecal.cli.output import tell, writing
from intrathecal.cli.progress import progress_bar

if TYPE_CHECKING:
    from intrathecal.therapy import Therapy


def simulate(
    therapy: TherapyFile,
    days: Annotated[
        str | None, typer.Option(metavar="N", help="How many days of 24 hours; the file's own if not given.")
    ] = None,
    every: Annotated[str, typer.Option(metavar="DURATION", help="How often to sample.")] = "15 min",
    json: Json = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a report to read, to print and to hand on.")
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(metavar="B.toml", help="Lay another therapy of the same patient over it, for as many days."),
    ] = None,
    data: Annotated[Path | None, typer.Option(metavar="FILE.nc", help="Write the traces as NetCDF.")] = None,
    diary: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write the diary that the patient would have kept.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the run after its last whole day.")
    ] = None,
    resume: Annotated[Path | None, typer.Option(metavar="FILE", help="Go on from a saved run.")] = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Run pump, catheter, spine and body together and follow every microgram."""
    lasting, sampled = _days(days), _every(every)
    targets = (report, data, diary, checkpoint, None if json in (None, "-") else Path(json))
    _check_targets([target for target in targets if target is not None], *(file for file in (therapy, compare) if file))
    with loading():
        from intrathecal.therapy import load_therapy

        plan = load_therapy(therapy, tuple(catalogue or ()))

        from intrathecal.simulation.api import PROFILES
        from intrathecal.simulation.api import simulate as run_therapy
    other = _other(plan, compare, tuple(catalogue or ()))
    if diary:
        from intrathecal.care.simulated import first_moment

        first_moment(plan)
    from intrathecal.cli.summary import summary

    with progress_bar("Simulating") as progress:
        run = run_therapy(
            plan,
            days=lasting,
            every_ms=sampled,
            profiles=PROFILES if data else (),
            resume=resume,
            progress=progress,
        )
    figures, second = run.figures, None
    if other is not None:
        from intrathecal.simulation.comparison import comparison

        with progress_bar("Simulating B") as progress:
            lasted = plan.simulation.days if lasting is None else lasting
            second = run_therapy(other, days=lasted, every_ms=sampled, profiles=(), progress=progress)
        figures = {**figures, "compare": comparison(run, second)}
    if checkpoint:
        with writing(str(checkpoint)):
            run.save(checkpoint)
    if data:
        from intrathecal.simulation.dataset import write_netcdf

        with writing(str(data)):
            write_netcdf(run.data, data)
    if diary:
        from intrathecal.care.simulated import simulated_diary

        kept = simulated_diary(run)
        with writing(str(diary)):
            diary.write_text(kept, encoding="utf-8")
    if report:
        from intrathecal.report import write_report

        with writing(str(report)), progress_bar("Writing the report") as progress:
            write_report(run, report, second, progress)
    text = summary(run.figures)
    if second is not None:
        from intrathecal.cli.compared import compared

        text += compared(figures)
    tell(figures, text, json)


def _other(plan: Therapy, file: Path | None, catalogue: tuple[Path, ...]) -> Therapy | None:
    """The therapy to compare with, of the same patient."""
    if file is None:
        return None
    from intrathecal.simulation.comparison import check_same_patient
    from intrathecal.therapy import load_therapy

    other = load_therapy(file, catalogue)
    check_same_patient(plan, other)
    return other


def _check_targets(targets: Sequence[Path], *sources: Path) -> None:
    """Say at once, and not after a long run, that a file cannot be written, or that one would be lost."""
    seen = {source.resolve(): "is the therapy file itself" for source in sources}
    for target in targets:
        if not target.absolute().parent.is_dir():
            raise typed.OptionError(f"{target}: its folder does not exist; make it, or name another file")
        if target.is_dir():
            raise typed.OptionError(f"{target}: is a folder; name a file")
        if target.resolve() in seen and (target.is_file() or not target.exists()):
            raise typed.OptionError(f"{target}: {seen[target.resolve()]}; name another file")
        seen[target.resolve()] = "is named for two outputs"


def _days(text: str | None) -> Fraction | None:
    if text is None:
        return None
    from intrathecal.therapy.file.bounds import SIMULATED_DAYS

    return typed.number("--days", text, *SIMULATED_DAYS)


def _every(text: str) -> int:
    return int(typed.within("--every", text, "duration", "1 s", "24 h").exact * 1000)
