"""The commands, their options, and how they fail: one message, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from intrathecal import __version__
from intrathecal.cli import (
    candidacy,
    emergency,
    first_program,
    flow_accuracy,
    pump_commands,
    review,
    sums,
    torture,
    trial,
    typed,
    world_commands,
)
from intrathecal.cli.output import write_json, writing
from intrathecal.cli.progress import progress_bar
from intrathecal.quantities import InputError

if TYPE_CHECKING:
    from intrathecal.therapy import Therapy

WRONG_INPUT = 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Intrathecal drug delivery: run a pump, follow every microgram. For research and teaching: no medical device.",
)

TherapyFile = Annotated[Path, typer.Argument(metavar="THERAPY.toml", help="The therapy file.", show_default=False)]
CatalogueFiles = Annotated[
    list[Path] | None, typer.Option("--catalogue", metavar="FILE", help="Your own catalogue values; may be repeated.")
]


def run() -> None:
    """Run the command that was typed; wrong input ends with exit code 2 and one message on standard error."""
    try:
        app()
    except InputError as problem:
        _fail(str(problem))
    except OSError as problem:
        _fail(f"{problem.filename or 'standard output'}: {problem.strerror}; name another file or free some space")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"intrathecal {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of the command itself."""


@app.command()
def simulate(
    therapy: TherapyFile,
    days: Annotated[
        str | None, typer.Option(metavar="N", help="How many days of 24 hours; the file's own if not given.")
    ] = None,
    every: Annotated[str, typer.Option(metavar="DURATION", help="How often to sample.")] = "15 min",
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the figures as JSON; - for standard output.")
    ] = None,
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
    from intrathecal.therapy import load_therapy

    plan = load_therapy(therapy, tuple(catalogue or ()))
    other = _other(plan, compare, tuple(catalogue or ()))
    if diary:
        from intrathecal.care.simulated import first_moment

        first_moment(plan)
    from intrathecal.cli.summary import summary
    from intrathecal.simulation.api import PROFILES
    from intrathecal.simulation.api import simulate as run_therapy

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
    if json is not None:
        write_json(figures, json)
    if json != "-":
        typer.echo(summary(run.figures), nl=False)
        if second is not None:
            from intrathecal.cli.compared import compared

            typer.echo(compared(figures), nl=False)


def _other(plan: Therapy, file: Path | None, catalogue: tuple[Path, ...]) -> Therapy | None:
    """The therapy to compare with, of the same patient."""
    if file is None:
        return None
    from intrathecal.simulation.comparison import check_same_patient
    from intrathecal.therapy import load_therapy

    other = load_therapy(file, catalogue)
    check_same_patient(plan, other)
    return other


@app.command()
def cite(
    therapy: Annotated[Path | None, typer.Argument(metavar="[THERAPY.toml]", show_default=False)] = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Print the sources of every value that a therapy's run uses, or of the whole catalogue."""
    from intrathecal.catalogue import citation_text, load_catalogue

    if therapy is None:
        known = load_catalogue(tuple(catalogue or ()))
        typer.echo(citation_text(known.entries, known.references), nl=False)
        return
    from intrathecal.simulation.outcome import entries_used
    from intrathecal.therapy import load_therapy

    plan = load_therapy(therapy, tuple(catalogue or ()))
    typer.echo(citation_text(entries_used(plan), plan.catalogue.references), nl=False)


@app.command()
def validate(
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the figures as JSON; - for standard output.")
    ] = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Repeat published experiments in the model and show both figures, fitted and predicted apart."""
    from intrathecal.catalogue import load_catalogue
    from intrathecal.cli.summary import validation_table
    from intrathecal.validation.report import figures
    from intrathecal.validation.report import validate as repeat

    found = figures(repeat(load_catalogue(tuple(catalogue or ()))))
    if json is not None:
        write_json(found, json)
    if json != "-":
        typer.echo(validation_table(found), nl=False)


@app.command()
def equivalence(
    drug: Annotated[str, typer.Argument(metavar="DRUG", help="A drug of the catalogue.", show_default=False)],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Ask with another catalogue value; may be repeated."),
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the figures as JSON; - for standard output.")
    ] = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Doses of equal effect by every route, what their ratios hang on, and how soon relief comes."""
    from intrathecal.catalogue import load_catalogue
    from intrathecal.cli.equivalence import equivalence_text, read_settings
    from intrathecal.cohort.figures import equivalence as compare

    found = compare(load_catalogue(tuple(catalogue or ())), drug, read_settings(settings or ()))
    if json is not None:
        write_json(found, json)
    if json != "-":
        typer.echo(equivalence_text(found), nl=False)


app.command("flow-accuracy")(flow_accuracy.flow_accuracy)
world_commands.register(app)
pump_commands.register(app)
torture.register(app)
trial.register(app)
candidacy.register(app)
first_program.register(app)
review.register(app)
emergency.register(app)
sums.register(app)


def _check_targets(targets: Sequence[Path], *sources: Path) -> None:
    """Say at once, and not after a long run, that a file cannot be written, or that one would be lost."""
    seen = {source.resolve(): "is the therapy file itself" for source in sources}
    for target in targets:
        if not target.absolute().parent.is_dir():
            _fail(f"{target}: its folder does not exist; make it, or name another file")
        if target.is_dir():
            _fail(f"{target}: is a folder; name a file")
        if target.resolve() in seen and (target.is_file() or not target.exists()):
            _fail(f"{target}: {seen[target.resolve()]}; name another file")
        seen[target.resolve()] = "is named for two outputs"


def _days(text: str | None) -> Fraction | None:
    if text is None:
        return None
    from intrathecal.therapy.file.bounds import SIMULATED_DAYS

    return typed.number("--days", text, *SIMULATED_DAYS)


def _every(text: str) -> int:
    return int(typed.within("--every", text, "duration", "1 s", "24 h").exact * 1000)


def _fail(message: str) -> NoReturn:
    typer.echo(f"intrathecal: {message}", err=True)
    sys.exit(WRONG_INPUT)
