"""The command that turns a successful trial into a first program."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from textwrap import fill as wrapped
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intrathecal.cli import typed
from intrathecal.cli.options import CatalogueFiles, DiaryFile, Json
from intrathecal.cli.output import tell, writing
from intrathecal.cli.trial import ANSWER_IS_NO, DECISIONS, WIDTH

if TYPE_CHECKING:
    from intrathecal.care.first_program import FirstProgram
    from intrathecal.care.trial import Verdict
    from intrathecal.programmer.review import Review

REFUSED = "refuse"


def first_program(
    trial: Annotated[
        Path, typer.Argument(metavar="TRIAL.toml", help="The therapy file of the trial.", show_default=False)
    ],
    diary: DiaryFile,
    pump: Annotated[str, typer.Option(metavar="MODEL", help="The pump that will be implanted.", show_default=False)],
    catheter: Annotated[str, typer.Option(metavar="MODEL", help="Its catheter.", show_default=False)],
    at: Annotated[
        str,
        typer.Option(metavar="TIME", help="The first fill, on the pump's clock: 2026-03-16T11:30.", show_default=False),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FIRST.toml", help="Where the therapy file is written.", show_default=False)
    ],
    fill: Annotated[
        str | None, typer.Option(metavar="VOLUME", help="What is filled in; the whole reservoir if not given.")
    ] = None,
    removed: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="What is trimmed off the catheter in all.")
    ] = None,
    tip: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="The tip's level; that of the trial's catheter.")
    ] = None,
    utc_offset: Annotated[
        str | None, typer.Option(metavar="OFFSET", help="The pump's clock, such as +01:00; that of the trial's pump.")
    ] = None,
    daily: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DRUG=DOSE", help='A daily dose in the place of the one that follows: "morphine=2 mg/day".'
        ),
    ] = None,
    concentration: Annotated[
        list[str] | None,
        typer.Option(metavar="DRUG=CONCENTRATION", help='Of the primary drug: "morphine=10 mg/mL".'),
    ] = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Write a first program that matches the trial, say its reasons, and review it (exit 1: none, or refused)."""
    from intrathecal.care.diary import load_diary
    from intrathecal.care.first_program import Asked
    from intrathecal.care.first_program import first_program as match
    from intrathecal.care.trial import judge
    from intrathecal.programmer.review import review
    from intrathecal.therapy import load_therapy

    files = tuple(catalogue or ())
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise typed.OptionError(f"--out: {out} is a folder, or its folder does not exist; name a file")
    if out.resolve() in (trial.resolve(), diary.resolve()):
        raise typed.OptionError(f"--out: {out} is what the trial is read from; name another file")
    asked = Asked(
        pump=pump,
        catheter=catheter,
        at=_moment(at),
        volume=None if fill is None else typed.positive("--fill", fill, "volume"),
        removed=removed,
        tip=tip,
        offset=utc_offset,
        daily_ug={drug: dose.to("ug/day") for drug, dose in typed.named("--daily", daily or (), "mass rate").items()},
        concentrations={
            drug: one.to("ug/mL")
            for drug, one in typed.named("--concentration", concentration or (), "concentration").items()
        },
    )
    plan = load_therapy(trial, files)
    verdict = judge(load_diary(diary), plan.catalogue)
    if verdict.decision != "pass":
        tell({"decision": verdict.decision, "reasons": list(verdict.reasons)}, refusal(verdict), json)
        raise typer.Exit(ANSWER_IS_NO)
    found = match(plan, verdict, asked, str(out), out.parent, files)
    with writing(str(out)):
        out.write_text(found.text, encoding="utf-8")
    reviewed = review(found.therapy)
    tell(figures(found, verdict, reviewed, out), first_program_text(found, reviewed, out), json)
    if reviewed.decision == REFUSED:
        raise typer.Exit(ANSWER_IS_NO)


def refusal(verdict: Verdict) -> str:
    """Why there is no first program."""
    lines = [f"{DECISIONS[verdict.decision]} There is no first program.", "", *map(_wrapped, verdict.reasons)]
    return "\n".join(lines) + "\n"


def first_program_text(found: FirstProgram, reviewed: Review, out: Path) -> str:
    """The reasons in sentences, and what review says."""
    lines = [f"{out}: the first program.", "", *map(_wrapped, found.reasons), "", f"Review: {reviewed.decision}."]
    lines += [_wrapped(f"  {one.severity}: {one.message}") for one in reviewed.findings]
    return "\n".join(lines) + "\n"


def figures(found: FirstProgram, verdict: Verdict, reviewed: Review, out: Path) -> dict[str, Any]:
    """The first program in figures."""
    return {
        "decision": verdict.decision,
        "file": str(out),
        "daily_dose_ug": {dose.drug.name: float(dose.daily_ug) for dose in found.doses},
        "concentration_ug_per_mL": {drug: float(held) for drug, held in found.fill.concentrations.items()},
        "rate_mL_per_day": float(found.fill.flow),
        "days_to_low_reservoir": float(found.fill.days),
        "reasons": list(found.reasons),
        "review": reviewed.to_json(),
    }


def _wrapped(sentence: str) -> str:
    return wrapped(sentence, WIDTH, subsequent_indent="  ")


def _moment(text: str) -> datetime:
    from intrathecal.care.errors import CellError
    from intrathecal.care.times import read_time

    try:
        moment = read_time(text)
    except CellError as problem:
        raise typed.OptionError(f"--at: {problem}") from None
    if moment.tzinfo is not None:
        raise typed.OptionError("--at: it is the pump's clock; leave the offset out, and give --utc-offset")
    if ":" not in text:
        raise typed.OptionError(f'--at: "{text}" has no time of day; write for example 2026-03-16T11:30')
    return moment
