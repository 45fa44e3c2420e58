"""The commands of the clinic's workstation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

Listen = Annotated[str, typer.Option(metavar="HOST:PORT", help="Where it answers.")]
Database = Annotated[
    str,
    typer.Option(
        metavar="URL", help="Where the records are: sqlite:////path/file.db or postgresql://user:password@host/name."
    ),
]
Demo = Annotated[bool, typer.Option("--demo", help="With invented patients and live virtual pumps.")]
BROKEN = 1


def serve(listen: Listen = "127.0.0.1:8000", database: Database = "", demo: Demo = False) -> None:
    """Start the clinic's workstation in the browser."""
    from intrathecal.workstation.server import serve as start

    start(listen, database, demo, typer.echo)


def account(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the person logs in with.")],
    role: Annotated[str, typer.Option(metavar="ROLE", help="One of physician, nurse, pharmacist, administrator.")],
    database: Database = "",
) -> None:
    """Make an account for the workstation; its password is asked for, or read from standard input."""
    from intrathecal.workstation.server import prepare

    prepare(database)
    from intrathecal.workstation.clinic.newcomers import check, make

    check(name, role)
    if sys.stdin.isatty():
        password = typer.prompt("Password (at least 12 characters)", hide_input=True, confirmation_prompt="Once more")
    else:
        password = sys.stdin.readline().rstrip("\n")
    make(name, role, password)
    typer.echo(f"{name} can log in.")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the backup is written.")], database: Database = ""
) -> None:
    """Write all records of the clinic into one file, also while the workstation runs."""
    from intrathecal.workstation.server import prepare

    prepare(database)
    from intrathecal.workstation.clinic.keeping import backup as write

    typer.echo(f"{file}: {write(file)} records")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    database: Database = "",
    replace: Annotated[bool, typer.Option("--replace", help="Give up the records that are there.")] = False,
) -> None:
    """Bring the records of a backup into an empty database, and check the audit trail in it."""
    from intrathecal.workstation.server import prepare

    prepare(database)
    from intrathecal.workstation.clinic.keeping import restore as bring_back

    typer.echo(f"{file}: {bring_back(file, replace)} records are back; the audit trail is whole")
    from intrathecal.workstation.factors import unreadable

    if lost := unreadable():
        typer.echo(
            f"{lost} of the people have authenticator apps or recovery codes of another key: bring the file secret.key "
            "of the clinic they come from into INTRATHECAL_HOME, or reset their second factors"
        )


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
