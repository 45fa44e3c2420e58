"""The commands of a virtual pump, its programmer and its handset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from intrathecal.cli import typed
from intrathecal.cli.options import CatalogueFiles, Json, Model, Speed
from intrathecal.cli.output import tell
from intrathecal.cli.pump_line import At, CommandError, KeyFile, answering, opened, settled


def pump(
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 takes a free one.")],
    memory: Annotated[Path, typer.Option(metavar="FILE", help="The pump's memory; made if there is none.")],
    model: Model,
    world: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where its motor is; without it, in this process.")
    ] = None,
    speed: Speed = "1",
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
        speed=typed.speed(speed),
        new_code=new_code,
        catalogue=tuple(catalogue or ()),
    )
    run_pump(plan, typer.echo)


def pair(
    at: At,
    role: Annotated[Literal["programmer", "handset"], typer.Option(help="What the key will be for.")],
    code: Annotated[
        str, typer.Option(metavar="CODE", help="The pairing code that the pump printed.", show_default=False)
    ],
    key: Annotated[Path, typer.Option(metavar="FILE", help="The key file; made if there is none.", show_default=False)],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The key's name in the pump's log; the file's if not given.")
    ] = None,
) -> None:
    """Make a programmer's or handset's key known to a pump, once."""
    from intrathecal.programmer.client import Address
    from intrathecal.programmer.session import pair as make_known

    with answering():
        known = make_known(Address.parse(at), role, code, key, name or key.stem)
    typer.echo(f"{key} is a {role}'s key of pump {known.serial} ({known.model})")


def interrogate(
    at: At,
    key: KeyFile,
    json: Json = None,
) -> None:
    """Read everything that a pump knows."""
    from intrathecal.cli.pump_text import reading_text
    from intrathecal.programmer.figures import figures

    with opened(at, key) as session:
        outcomes = session.settle()
        found = figures(session.read(), outcomes)
    tell(found, reading_text(found), json)


def stop(at: At, key: KeyFile) -> None:
    """Stop a pump at once. It gives nothing more until a programmer resumes or programs it."""
    # What was not answered before is not asked first: nothing comes before a stop.
    with opened(at, key) as session:
        session.stop()
    typer.echo("stopped: the pump gives nothing and sounds its alarm; intrathecal resume or a program ends it")


def resume(at: At, key: KeyFile) -> None:
    """End an emergency stop: the program that was running runs again."""
    from intrathecal.pump.controller import Resume

    with settled(at, key) as session:
        session.act(Resume(), "the end of an emergency stop")
    typer.echo("resumed: the pump runs its program again")


def mute(at: At, key: KeyFile) -> None:
    """Silence a pump's alarms for two minutes; they come back by themselves."""
    from intrathecal.pump.controller import Mute

    with settled(at, key) as session:
        session.act(Mute(), "a mute")
    typer.echo("muted for two minutes; what is wrong stays wrong")


def reset(at: At, key: KeyFile) -> None:
    """Reset a pump after a stall or a battery reset: its program runs again."""
    from intrathecal.pump.controller import Reset

    with settled(at, key) as session:
        session.act(Reset(), "a reset")
    typer.echo("reset")


def press(at: At, key: KeyFile) -> None:
    """Press the patient's button. A press that is refused gives nothing, and says why."""
    from intrathecal.pump.controller import Press

    with settled(at, key) as session:
        session.ready()
        session.act(Press(), "a press")
    typer.echo("the bolus is being given")


def ready(at: At, key: KeyFile) -> None:
    """Say whether a press would be given now; nothing is asked of the pump."""
    with settled(at, key) as session:
        found = session.ready()
    for alarm in found.alarms:
        typer.echo(f"alarm: {alarm.name} ({alarm.priority}): call your clinic")
    typer.echo(f"a press would be refused now: {found.refusal}" if found.refusal else "a press would be given now")


def unpair(
    at: At,
    fingerprint: Annotated[
        str, typer.Argument(metavar="FINGERPRINT", help="The key's, as interrogate shows it.", show_default=False)
    ],
    key: KeyFile,
) -> None:
    """Make a pump forget a key, such as that of a handset that was lost."""
    from intrathecal.pump.telemetry.messages import Unpair

    with settled(at, key) as session:
        try:
            ask = Unpair(fingerprint.lower())
        except ValueError as problem:
            raise CommandError(f'"{fingerprint}": {problem}; copy it from interrogate') from None
        session.act(ask, "the end of a pairing")
    typer.echo(f"{fingerprint[:8]} is not known any more")
