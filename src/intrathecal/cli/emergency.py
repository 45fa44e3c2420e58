"""The command that writes a patient's emergency sheet."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from intrathecal.cli.options import CatalogueFiles, TherapyFile

if TYPE_CHECKING:
    from intrathecal.report.emergency import Line, Part, Sheet

WIDTH = 100


def emergency(
    therapy: TherapyFile,
    call: Annotated[
        list[str] | None,
        typer.Option("--call", metavar="TEXT", help="Whom to call, with the number; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it as .html or .pdf.")] = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Say what to do when this patient's drugs are too much or too little: one page for each class of drugs."""
    from intrathecal.report.emergency import emergency_page, sheets
    from intrathecal.report.paper import PaperError, check_target, write_paper
    from intrathecal.therapy import load_therapy

    if out is not None:
        check_target(out, "--out")
        if out.resolve() == therapy.resolve():
            raise PaperError(f"--out {out}: is the therapy file itself; name another file")
    calls = [_call(text) for text in call or ()]
    plan = load_therapy(therapy, tuple(catalogue or ()))
    if out is not None:
        write_paper(emergency_page(plan, calls), out)
        return
    typer.echo("\n\n".join(_text(sheet) for sheet in sheets(plan, calls)))


def _call(text: str) -> str:
    from intrathecal.report.paper import PaperError

    words = " ".join(text.split())
    if not words or not words.isprintable() or len(words) > WIDTH:
        raise PaperError(
            f"--call: {text!a} cannot be printed on a line; write a name and a number in at most {WIDTH} letters"
        )
    return words


def _text(sheet: Sheet) -> str:
    lines = [sheet.title.upper() + (f"   pump {sheet.pump}" if sheet.pump else "")]
    if sheet.holds:
        lines.append(fill("; ".join(sheet.holds) + ".", WIDTH))
    lines += ["", "CALL", *(f"  {text}" for text in sheet.calls or ("_" * 40, "_" * 40))]
    for part in sheet.parts:
        lines += ["", part.heading.upper(), *_lines(part)]
    lines += [
        "",
        *(fill(f"[{number}] {text}", WIDTH, subsequent_indent="    ") for number, text in enumerate(sheet.sources, 1)),
    ]
    return "\n".join(lines)


def _lines(part: Part) -> list[str]:
    return [
        fill(
            _says(line),
            WIDTH,
            initial_indent=f"  {number}. " if part.ordered else "  - ",
            subsequent_indent="     " if part.ordered else "    ",
        )
        for number, line in enumerate(part.lines, 1)
    ]


def _says(line: Line) -> str:
    sources = f" [{','.join(map(str, line.sources))}]" if line.sources else ""
    return f"{line.says}{sources}{'' if line.verified else ' (unchecked)'}"
