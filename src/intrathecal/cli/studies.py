"""What the commands over many therapies have in common: their options, their folders, and how they stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from intrathecal.cli import typed
from intrathecal.cli.output import OutputError, writing

MOST_PATIENTS, MOST_SEED = 100_000_000, 2**63 - 1
#: As a shell reports a process that Ctrl-C ended.
INTERRUPTED = 130

Seed = Annotated[str, typer.Option(metavar="S", help="What the patients are drawn from.")]
Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A Dask scheduler; this machine's cores if not given.", show_default=False),
]


def patients(text: str) -> int:
    """How many patients. Raises `OptionError`."""
    return typed.whole("--patients", text, 1, MOST_PATIENTS)


def seed(text: str) -> int:
    """What they are drawn from. Raises `OptionError`."""
    return typed.whole("--seed", text, 0, MOST_SEED)


def folder(out: Path) -> Path:
    """A folder to write into, which is made if need be. Raises `OutputError`."""
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file; name a folder")
    with writing(str(out)):
        out.mkdir(parents=True, exist_ok=True)
    return out


@contextmanager
def stoppable(kept: Path | None) -> Iterator[None]:
    """Ctrl-C ends a study with one line, and as a shell expects it."""
    from intrathecal.cohort.crowd import Stopped

    try:
        yield
    except (Stopped, KeyboardInterrupt):
        again = "nothing is kept; name a folder with --out" if kept is None else "the same command goes on from there"
        typer.echo(f"Stopped: {again}.", err=True)
        raise typer.Exit(INTERRUPTED) from None
