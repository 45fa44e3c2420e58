"""The command that judges a program before it is sent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from intrathecal.cli import typed
from intrathecal.cli.options import CatalogueFiles, Json, TherapyFile
from intrathecal.cli.output import tell

REFUSED = 1


def review(
    therapy: TherapyFile,
    running: Annotated[
        Path | None, typer.Option(metavar="CURRENT.toml", help="The file of what runs until then.")
    ] = None,
    event: Annotated[
        str | None, typer.Option(metavar="N", help="Judge the refill or program of the file's N-th event.")
    ] = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Judge a program before it is sent (exit 1: it must not be)."""
    from intrathecal.cli.review_text import review_text
    from intrathecal.programmer.review import review as judge
    from intrathecal.therapy import load_therapy

    number, files = typed.event(event), tuple(catalogue or ())
    plan = load_therapy(therapy, files)
    found = judge(plan, None if running is None else load_therapy(running, files), number)
    tell(found.to_json(), review_text(found), json)
    if found.decision == "refuse":
        sys.exit(REFUSED)
