"""The commands in their groups, and how they fail: one message, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Annotated, NoReturn

import typer

from intrathecal import __version__
from intrathecal.cli.bridge import bridge
from intrathecal.cli.candidacy import candidacy
from intrathecal.cli.cohort import cohort
from intrathecal.cli.emergency import emergency
from intrathecal.cli.equivalence import equivalence
from intrathecal.cli.evidence import cite, validate
from intrathecal.cli.find import find
from intrathecal.cli.first_program import first_program
from intrathecal.cli.fit import fit
from intrathecal.cli.flow_accuracy import flow_accuracy
from intrathecal.cli.help import Groups, add, complaint
from intrathecal.cli.pump_commands import interrogate, mute, pair, press, pump, ready, reset, resume, stop, unpair
from intrathecal.cli.review import review
from intrathecal.cli.sending import program, refilled
from intrathecal.cli.serving import account, audit, backup, restore, serve
from intrathecal.cli.simulate import simulate
from intrathecal.cli.sums import compound, prime, refill
from intrathecal.cli.sweep import sweep
from intrathecal.cli.torture import torture
from intrathecal.cli.trial import trial
from intrathecal.cli.world_commands import world
from intrathecal.quantities import InputError

WRONG_INPUT = 2
#: What help and messages call the command, however it was started.
NAME = "intrathecal"

app = typer.Typer(
    cls=Groups,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Intrathecal drug delivery: run a pump, follow every microgram. For research and teaching: no medical device.",
)

GROUPS: dict[str, Sequence[Callable[..., None]]] = {
    "Simulate": (simulate, equivalence, validate, cite),
    "Many patients": (cohort, sweep, find, fit),
    "Before the pump": (candidacy, trial, first_program),
    "Program and review": (review, bridge, emergency),
    "Sums around a fill": (prime, refill, compound),
    "Virtual pump": (world, pump, pair, unpair),
    "Its programmer": (interrogate, refilled, program, stop, resume, mute, reset),
    "Its handset": (press, ready),
    "Safety": (torture, flow_accuracy),
    "The clinic": (serve, account, backup, restore),
}


def run() -> None:
    """Run the command that was typed; wrong input ends with exit code 2 and one message on standard error."""
    try:
        sys.exit(app(prog_name=NAME, standalone_mode=False))
    except typer.TyperException as problem:
        _fail(complaint(problem))
    except InputError as problem:
        _fail(str(problem))
    except OSError as problem:
        _fail(f"{problem.filename or 'standard output'}: {problem.strerror}; name another file or free some space")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"intrathecal {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of the command itself; without a command, all of them are listed."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(WRONG_INPUT)


add(app, GROUPS)
app.add_typer(audit, name="audit", rich_help_panel="The clinic")


def _fail(message: str) -> NoReturn:
    typer.echo(f"intrathecal: {message}", err=True)
    sys.exit(WRONG_INPUT)
