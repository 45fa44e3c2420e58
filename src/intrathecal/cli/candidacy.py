"""The command that reads the candidacy checklist."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import Annotated, Any

import typer

from intrathecal.cli.options import CatalogueFiles, Json
from intrathecal.cli.output import tell
from intrathecal.cli.summary import table

ANSWER_IS_NO = 1
WIDTH = 80
STATES = {"done": "done", "waived": "waived", "gap": "GAP", "speaks against it": "NO"}


def candidacy(
    checklist: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The checklist.", show_default=False)],
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Say whether a screening trial may begin, and which gaps forbid it (exit 1: they do)."""
    from intrathecal.care.candidacy import figures, load_candidacy
    from intrathecal.catalogue import load_catalogue

    files = tuple(catalogue or ())
    found = figures(load_candidacy(checklist, files), load_catalogue(files))
    tell(found, candidacy_text(found), json)
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
    rows = [[STATES[item["state"]], item["title"], item["on"] or "", item["by"] or ""] for item in found["items"]]
    first, *answers = table(["", "item", "on", "by"], rows, left=(0, 1, 2, 3))
    lines = [fill(head, WIDTH), "", first]
    for item, answer in zip(found["items"], answers, strict=True):
        lines.append(answer)
        if item["reason"] and item not in open_items:
            lines.append(fill(item["reason"], WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8))
    if open_items:
        lines += ["", "To be settled:"]
        lines += [fill(f"- {item['ask']} {_why(item)}", WIDTH, subsequent_indent="  ") for item in open_items]
    return "\n".join(lines) + "\n"


def _why(item: dict[str, Any]) -> str:
    return f"({item['reason']})"
