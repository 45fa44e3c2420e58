"""The commands of the clinic's workstation."""

from __future__ import annotations

from typing import Annotated

import typer

Listen = Annotated[str, typer.Option(metavar="HOST:PORT", help="Where it answers.")]
Database = Annotated[
    str,
    typer.Option(
        metavar="URL", help="Where the records lie: sqlite:////path/file.db or postgresql://user:password@host/name."
    ),
]
Demo = Annotated[bool, typer.Option("--demo", help="With invented patients and live virtual pumps.")]
BROKEN = 1


def serve(listen: Listen = "127.0.0.1:8000", database: Database = "", demo: Demo = False) -> None:
    """Start the clinic's workstation in the browser."""
    from intrathecal.workstation.server import serve as start

    start(listen, database, demo, typer.echo)


audit = typer.Typer(help="The clinic's audit trail.", no_args_is_help=True)


@audit.command()
def verify(database: Database = "") -> None:
    """Check every line of the audit trail against its seal (exit 1: it was changed)."""
    from intrathecal.workstation.server import prepare

    prepare(database)
    from intrathecal.workstation.clinic.trail import verify as problems

    found = list(problems())
    for problem in found:
        typer.echo(problem)
    if found:
        raise typer.Exit(BROKEN)
    typer.echo("The audit trail is whole.")
