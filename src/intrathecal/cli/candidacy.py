"""The command that reads the candidacy checklist."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import Annotated, Any

import typer

from intrathecal.cli.output import write_json
from intrathecal.cli.summary import table

ANSWER_IS_NO = 1
WIDTH = 100
STATES = {"done": "done", "waived": "waived", "gap": "GAP", "speaks against it": "NO"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(candidacy)


def candidacy(
    checklist: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The checklist.", show_default=False)],
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the answers as JSON; - for standard output.")
    ] = None,
    catalogue: Annotated[
        list[Path] | None,
        typer.Option("--catalogue", metavar="FILE", help="Your own catalogue values and checks; may be repeated."),
    ] = None,
) -> None:
    """Say whether a screening trial may begin, and which gaps forbid it (exit 1)."""
    from intrathecal.care.candidacy import figures, load_candidacy
    from intrathecal.catalogue import load_catalogue

    files = tuple(catalogue or ())
    found = figures(load_candidacy(checklist, files), load_catalogue(files))
    if json is not None:
        write_json(found, json)
    if json != "-":
        typer.echo(candidacy_text(found), nl=False)
    if found["gaps"]:
        raise typer.Exit(ANSWER_IS_NO)


def candidacy_text(found: dict[str, Any]) -> str:
    """The checklist as text: the answer, a row for every item, and the question behind every gap."""
    open_items = [item for item in found["items"] if item["name"] in found["gaps"]]
    head = (
        f"{found['title']}: a trial may begin."
        if not open_items
        else f"{found['title']}: no trial before {len(open_items)} of {len(found['items'])} items are settled."
    )
    rows = [
        [STATES[item["state"]], item["title"], item["on"] or "", item["by"] or "", item["reason"]]
        for item in found["items"]
    ]
    lines = [head, "", *table(["", "item", "on", "by", ""], rows, left=(0, 1, 2, 3, 4))]
    if open_items:
        lines += ["", "To be settled:"]
        lines += [fill(f"- {item['ask']} {_why(item)}", WIDTH, subsequent_indent="  ") for item in open_items]
    return "\n".join(lines) + "\n"


def _why(item: dict[str, Any]) -> str:
    return f"({item['reason']})"
