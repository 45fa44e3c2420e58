"""The command that judges a program before it is sent, and its registration beside that of the bridge."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from intrathecal.cli import typed
from intrathecal.cli.bridge import bridge
from intrathecal.cli.output import write_json

REFUSED = 1

TherapyFile = Annotated[Path, typer.Argument(metavar="THERAPY.toml", help="The therapy file.", show_default=False)]
Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON; - for standard output.")
]
CatalogueFiles = Annotated[
    list[Path] | None, typer.Option("--catalogue", metavar="FILE", help="Your own catalogue values; may be repeated.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (review, bridge):
        app.command()(command)


def review(
    therapy: TherapyFile,
    running: Annotated[
        Path | None, typer.Option(metavar="CURRENT.toml", help="The file of what runs until then.")
    ] = None,
    event: Annotated[
        str | None, typer.Option(metavar="N", help="Judge the refill or program of the n-th event, from 1.")
    ] = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Judge a program before it is sent; exit code 1 if it must not be."""
    from intrathecal.cli.review_text import review_text
    from intrathecal.programmer.review import review as judge
    from intrathecal.therapy import load_therapy

    number, files = typed.event(event), tuple(catalogue or ())
    plan = load_therapy(therapy, files)
    found = judge(plan, None if running is None else load_therapy(running, files), number)
    if json is not None:
        write_json(found.to_json(), json)
    if json != "-":
        typer.echo(review_text(found), nl=False)
    if found.decision == "refuse":
        sys.exit(REFUSED)
