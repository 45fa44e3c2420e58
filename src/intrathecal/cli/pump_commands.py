"""The commands of a virtual pump, its programmer and its handset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from intrathecal.cli.asking import confirmed, on_a_terminal
from intrathecal.cli.output import write_json
from intrathecal.quantities import InputError, QuantityError, parse_number

if TYPE_CHECKING:
    from intrathecal.programmer.programming import Proposal
    from intrathecal.programmer.session import Session

REFUSED, UNREACHABLE = 1, 3
#: Faster than this, a step of the pump takes less time than the memory needs to keep it.
FASTEST = 1_000_000

At = Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where the pump listens.", show_default=False)]
KeyFile = Annotated[
    Path, typer.Option("--key", metavar="FILE", help="The key file that pair wrote.", show_default=False)
]
TherapyFile = Annotated[Path, typer.Argument(metavar="THERAPY.toml", help="The therapy file.", show_default=False)]
CatalogueFiles = Annotated[
    list[Path] | None, typer.Option("--catalogue", metavar="FILE", help="Your own catalogue values; may be repeated.")
]


class CommandError(InputError):
    """An option that is wrong: the message says which, why, and what would be right."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (pump, pair, interrogate, program, refilled, stop, resume, mute, reset, press, ready, unpair):
        app.command()(command)


def pump(
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 takes a free one.")],
    memory: Annotated[Path, typer.Option(metavar="FILE", help="The pump's memory; made if there is none.")],
    model: Annotated[str, typer.Option(metavar="M", help="A pump of the catalogue.")],
    world: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where its motor is; without it, in this process.")
    ] = None,
    speed: Annotated[str, typer.Option(metavar="X", help="How many times faster than life.")] = "1",
    new_code: Annotated[bool, typer.Option("--new-code", help="Print a new pairing code; the old one ends.")] = False,
    catalogue: CatalogueFiles = None,
) -> None:
    """Run a virtual pump until it is ended."""
    from intrathecal.cli.pump_process import PumpPlan, run_pump
    from intrathecal.programmer.client import Address

    plan = PumpPlan(
        listen=Address.parse(listen),
        memory=memory,
        model=model,
        world=None if world is None else Address.parse(world),
        speed=_speed(speed),
        new_code=new_code,
        catalogue=tuple(catalogue or ()),
    )
    run_pump(plan, typer.echo)


def pair(
    at: At,
    role: Annotated[Literal["programmer", "handset"], typer.Option(help="What the key will be for.")],
    code: Annotated[str, typer.Option(metavar="C", help="The pairing code that the pump printed.", show_default=False)],
    key: Annotated[Path, typer.Option(metavar="FILE", help="The key file; made if there is none.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="How the pump's log is to call this key; the file's name.")] = None,
) -> None:
    """Make a programmer's or handset's key known to a pump, once."""
    from intrathecal.programmer.client import Address
    from intrathecal.programmer.session import pair as make_known

    with _answering():
        known = make_known(Address.parse(at), role, code, key, name or key.stem)
    typer.echo(f"{key} is a {role}'s key of pump {known.serial} ({known.model})")


def interrogate(
    at: At,
    key: KeyFile,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the figures as JSON; - for standard output.")
    ] = None,
) -> None:
    """Read everything that a pump knows."""
    from intrathecal.cli.pump_text import reading_text
    from intrathecal.programmer.figures import figures

    with _opened(at, key) as session:
        outcomes = session.settle()
        found = figures(session.read(), outcomes)
    if json is not None:
        write_json(found, json)
    if json != "-":
        typer.echo(reading_text(found), nl=False)


def program(
    at: At,
    therapy: TherapyFile,
    key: KeyFile,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    catalogue: CatalogueFiles = None,
) -> None:
    """Show a new program beside the one that runs, send it, and read it back."""
    from intrathecal.cli.pump_text import proposal_text
    from intrathecal.programmer.programming import propose, send
    from intrathecal.therapy import load_therapy

    plan = load_therapy(therapy, tuple(catalogue or ()))
    with _session(at, key) as session:
        proposal = propose(plan, session.read())
    typer.echo(proposal_text(proposal), nl=False)
    if not (yes or _confirmed(proposal)):
        typer.echo("intrathecal: not sent; the pump goes on as before", err=True)
        raise typer.Exit(REFUSED)
    with _session(at, key) as session:
        reading = send(session, proposal)
    typer.echo(f"pump {reading.serial} runs this program; it was read back and is the same in every field")


def refilled(
    at: At,
    therapy: TherapyFile,
    key: KeyFile,
    event: Annotated[
        int | None, typer.Option(metavar="N", help="Tell the refill of the file's N-th event, instead of its [fill].")
    ] = None,
    bridge: Annotated[
        Literal["auto", "none"] | None,
        typer.Option(help="What to do about old drug in the line, where the new fill differs."),
    ] = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Tell a pump what it was filled with: its first fill, or a refill."""
    from intrathecal.programmer.telling import tell_fill
    from intrathecal.therapy import load_therapy

    plan = load_therapy(therapy, tuple(catalogue or ()))
    with _session(at, key) as session:
        reading = tell_fill(session, plan, event, bridge)
    held = 0.0 if reading.fill is None else reading.fill.reservoir_pL / 10**9
    still = " It stands still until it is programmed." if reading.program == "stop" else ""
    typer.echo(f"pump {reading.serial} holds {held:g} mL; it was read back.{still}")


def stop(at: At, key: KeyFile) -> None:
    """Stop a pump at once. It gives nothing more until a programmer resumes or programs it."""
    from intrathecal.pump.controller import Stop

    with _session(at, key) as session:
        session.act(Stop(), "an emergency stop")
    typer.echo("stopped: the pump gives nothing and sounds its alarm; intrathecal resume or a program ends it")


def resume(at: At, key: KeyFile) -> None:
    """End an emergency stop: the program that was running runs again."""
    from intrathecal.pump.controller import Resume

    with _session(at, key) as session:
        session.act(Resume(), "the end of an emergency stop")
    typer.echo("resumed: the pump runs its program again")


def mute(at: At, key: KeyFile) -> None:
    """Silence a pump's alarms for two minutes; they come back by themselves."""
    from intrathecal.pump.controller import Mute

    with _session(at, key) as session:
        session.act(Mute(), "a mute")
    typer.echo("muted for two minutes; what is wrong stays wrong")


def reset(at: At, key: KeyFile) -> None:
    """Reset a pump after a stall or a battery reset: its program runs again."""
    from intrathecal.pump.controller import Reset

    with _session(at, key) as session:
        session.act(Reset(), "a reset")
    typer.echo("reset")


def press(at: At, key: KeyFile) -> None:
    """Press the patient's button. A press that is refused gives nothing, and says why."""
    from intrathecal.pump.controller import Press

    with _session(at, key) as session:
        session.ready()
        session.act(Press(), "a press")
    typer.echo("the bolus is being given")


def ready(at: At, key: KeyFile) -> None:
    """Say whether a press would be given now; nothing is asked of the pump."""
    with _session(at, key) as session:
        found = session.ready()
    for alarm in found.alarms:
        typer.echo(f"alarm: {alarm.name} ({alarm.priority}): call your clinic")
    typer.echo(f"a press would be refused now: {found.refusal}" if found.refusal else "a press would be given now")


def unpair(
    at: At,
    fingerprint: Annotated[
        str, typer.Argument(help="The key's fingerprint, as interrogate shows it.", show_default=False)
    ],
    key: KeyFile,
) -> None:
    """Make a pump forget a key, such as that of a handset that was lost."""
    from intrathecal.pump.telemetry.messages import Unpair

    with _session(at, key) as session:
        try:
            ask = Unpair(fingerprint.lower())
        except ValueError as problem:
            raise CommandError(f'"{fingerprint}": {problem}; copy it from interrogate') from None
        session.act(ask, "the end of a pairing")
    typer.echo(f"{fingerprint[:8]} is not known any more")


@contextmanager
def _session(at: str, key: Path) -> Iterator[Session]:
    """An open session that knows, and says, what became of commands that were not answered before."""
    with _opened(at, key) as session:
        for outcome in session.settle():
            typer.echo(f"intrathecal: {outcome}", err=True)
        yield session


@contextmanager
def _opened(at: str, key: Path) -> Iterator[Session]:
    """An open session; what the pump refuses ends with exit code 1, what is unreachable or uncertain with 3."""
    from intrathecal.programmer.client import Address
    from intrathecal.programmer.keyfile import is_private
    from intrathecal.programmer.session import Session

    with _answering(), Session(Address.parse(at), key) as session:
        if not is_private(key):
            typer.echo(f"intrathecal: {key}: others can read it; run chmod 600", err=True)
        yield session


@contextmanager
def _answering() -> Iterator[None]:
    from intrathecal.programmer.errors import Refused, Uncertain, Unreachable

    try:
        yield
    except Refused as refusal:
        typer.echo(f"intrathecal: refused: {refusal}", err=True)
        raise typer.Exit(REFUSED) from None
    except (Unreachable, Uncertain) as problem:
        typer.echo(f"intrathecal: {problem}", err=True)
        raise typer.Exit(UNREACHABLE) from None


def _confirmed(proposal: Proposal) -> bool:
    if not on_a_terminal():
        raise CommandError("there is no terminal to ask on; look at both programs, and add --yes to send")
    return confirmed(f"Send the new program to pump {proposal.reading.serial} ({proposal.reading.model})?")


def _speed(text: str) -> float:
    try:
        speed = parse_number(text)
    except QuantityError as problem:
        raise CommandError(f"--speed: {problem}") from None
    if not 0 < speed <= FASTEST:
        raise CommandError(f"--speed: {text} is not possible; give a number above 0, at most {FASTEST}")
    return float(speed)
