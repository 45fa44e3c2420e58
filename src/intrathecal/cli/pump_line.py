"""An open line to a pump for a command: what goes wrong becomes one message and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from intrathecal.quantities import InputError

if TYPE_CHECKING:
    from intrathecal.programmer.session import Session

REFUSED, UNREACHABLE = 1, 3

At = Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where the pump listens.", show_default=False)]
KeyFile = Annotated[
    Path, typer.Option("--key", metavar="FILE", help="The key file that pair wrote.", show_default=False)
]


class CommandError(InputError):
    """An option that is wrong: the message says which, why, and what would be right."""


@contextmanager
def settled(at: str, key: Path) -> Iterator[Session]:
    """An open session that knows, and says, what became of commands that were not answered before."""
    with opened(at, key) as session:
        for outcome in session.settle():
            typer.echo(f"intrathecal: {outcome}", err=True)
        yield session


@contextmanager
def opened(at: str, key: Path) -> Iterator[Session]:
    """An open session; what the pump refuses ends with exit code 1, what is unreachable or uncertain with 3."""
    from intrathecal.programmer.client import Address
    from intrathecal.programmer.keyfile import is_private
    from intrathecal.programmer.session import Session

    with answering(), Session(Address.parse(at), key) as session:
        if not is_private(key):
            typer.echo(f"intrathecal: {key}: others can read it; run chmod 600", err=True)
        yield session


@contextmanager
def answering() -> Iterator[None]:
    """Turn what comes between a programmer and a pump into one message and an exit code."""
    from intrathecal.programmer.errors import Refused, Uncertain, Unreachable

    try:
        yield
    except Refused as refusal:
        typer.echo(f"intrathecal: refused: {refusal}", err=True)
        raise typer.Exit(REFUSED) from None
    except (Unreachable, Uncertain) as problem:
        typer.echo(f"intrathecal: {problem}", err=True)
        raise typer.Exit(UNREACHABLE) from None
