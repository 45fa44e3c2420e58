"""The commands that change what a pump gives: read it, review the change, let people confirm, send, read back, print."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from intrathecal.cli import typed
from intrathecal.cli.asking import WITHDRAW_S
from intrathecal.cli.options import CatalogueFiles, TherapyFile
from intrathecal.cli.people import By, Confirm, Second, Why, consent, last_word, said
from intrathecal.cli.pump_line import REFUSED, At, CommandError, KeyFile, answering, settled
from intrathecal.quantities import InputError, rounded

if TYPE_CHECKING:
    from intrathecal.programmer.changing import Change
    from intrathecal.programmer.review import Case, Review
    from intrathecal.programmer.session import Session
    from intrathecal.pump.telemetry.messages import Reading
    from intrathecal.therapy import Therapy

Records = Annotated[
    list[Path] | None,
    typer.Option("--record", metavar="FILE", help="Write the record as .html or .pdf; may be repeated."),
]


def program(
    at: At,
    therapy: TherapyFile,
    key: KeyFile,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking, and confirm every soft finding.")] = False,
    edit: Annotated[
        bool, typer.Option("--edit", help="Edit the program that runs, and go on with the result.")
    ] = False,
    confirm: Confirm = None,
    reason: Why = None,
    by: By = None,
    second: Second = None,
    record: Records = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Show a new program beside the one that runs, review it, send it, read it back, and write its record."""
    from intrathecal.cli.pump_text import proposal_text
    from intrathecal.programmer.changing import Change
    from intrathecal.programmer.programming import filled, propose, send
    from intrathecal.programmer.review.as_read import case_of_program
    from intrathecal.therapy import load_therapy

    options = said(yes, confirm, reason, by, second)
    targets = _targets(record, therapy, key)
    plan, digest = load_therapy(therapy, tuple(catalogue or ())), _digest(therapy)
    with settled(at, key) as session:
        reading = session.read()
        who = options.by or session.called(reading)
        fill = filled(reading)
    plan = _edited(plan, reading) if edit else plan
    proposal = propose(plan, reading)
    typer.echo(proposal_text(proposal), nl=False)
    review = _reviewed(lambda: case_of_program(plan, reading, fill, proposal.program))
    with answering():
        agreed = consent(review, options, who)
    if not last_word(reading, options):
        typer.echo("intrathecal: not sent; the pump goes on as before", err=True)
        raise typer.Exit(REFUSED)
    kept = Change("program", plan, digest, edit, reading, proposal.wanted, proposal.message.text, None, review, agreed)
    after = _sent(at, key, lambda session: send(session, proposal), kept, targets)
    typer.echo(f"pump {reading.serial} runs this program; it was read back and is the same in every field")
    _write(replace(kept, after=after), targets)


def refilled(
    at: At,
    therapy: TherapyFile,
    key: KeyFile,
    event: Annotated[
        str | None, typer.Option(metavar="N", help="Tell the refill of the file's N-th event, instead of its [fill].")
    ] = None,
    bridge: Annotated[
        Literal["auto", "none"] | None,
        typer.Option(help="What to do about old drug in the line, where the new fill differs."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Confirm every soft finding.")] = False,
    confirm: Confirm = None,
    reason: Why = None,
    by: By = None,
    second: Second = None,
    record: Records = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Tell a pump what it was filled with: its first fill, or a refill, which is reviewed first."""
    from intrathecal.programmer.changing import Change
    from intrathecal.programmer.programming import STANDING
    from intrathecal.programmer.review.as_read import case_of_refill
    from intrathecal.programmer.telling import propose_fill, tell
    from intrathecal.pump.hardware import PL_PER_ML
    from intrathecal.therapy import load_therapy

    number, options = typed.event(event), said(yes, confirm, reason, by, second)
    targets = _targets(record, therapy, key)
    plan, digest = load_therapy(therapy, tuple(catalogue or ())), _digest(therapy)
    with settled(at, key) as session:
        reading = session.read()
        who = options.by or session.called(reading)
    proposal = propose_fill(plan, reading, number, bridge)
    review, fill, refill = None, reading.fill, proposal.refill
    if fill is not None and refill is not None:
        review = _reviewed(lambda: case_of_refill(plan, reading, fill, refill, proposal.program))
    with answering():
        agreed = consent(review, options, who)
    kind: Literal["first fill", "refill"] = "first fill" if refill is None else "refill"
    kept = Change(
        kind, plan, digest, False, reading, proposal.wanted, proposal.text, proposal.volume_pL, review, agreed
    )
    after = _sent(at, key, lambda session: tell(session, proposal), kept, targets)
    held = 0.0 if after.fill is None else after.fill.reservoir_pL / PL_PER_ML
    still = " It stands still until it is programmed." if after.program == STANDING else ""
    typer.echo(f"pump {reading.serial} holds {rounded(held, 6)} mL; it was read back.{still}")
    _write(replace(kept, after=after), targets)


def _reviewed(case: Callable[[], Case]) -> Review:
    """Judge a change and show what is said of it."""
    from intrathecal.cli.review_text import review_text
    from intrathecal.programmer.review import judge
    from intrathecal.programmer.review.rules import RULES

    found = judge(case(), RULES)
    typer.echo("")
    typer.echo(review_text(found), nl=False)
    return found


def _sent(at: str, key: Path, act: Callable[[Session], Reading], kept: Change, targets: list[Path]) -> Reading:
    """Send, and read back. Where it is not certain what became of it, the record says so."""
    from intrathecal.programmer.errors import Uncertain

    with settled(at, key) as session:
        try:
            return act(session)
        except Uncertain as doubt:
            try:
                _write(replace(kept, doubt=str(doubt)), targets)
            except InputError as problem:
                typer.echo(f"intrathecal: {problem}", err=True)
            raise


def _edited(plan: Therapy, reading: Reading) -> Therapy:
    """The file with the program that runs, as somebody has edited it. Raises `CommandError`, `ProgramError`."""
    from intrathecal.cli.editing import edited
    from intrathecal.therapy import Program

    began = time.monotonic()
    text = edited(reading.program + "\n", "--edit")
    if time.monotonic() - began > WITHDRAW_S:
        raise CommandError("--edit: the editor was left open for too long, and what was typed is forgotten; edit again")
    if text is None:
        raise CommandError("--edit: the program was not changed; nothing is sent")
    return replace(plan, program=Program.parse(text))


def _targets(records: list[Path] | None, *sources: Path) -> list[Path]:
    """The files that records go to; that they can be written is found out before anything is sent."""
    targets = list(records or ())
    if targets:
        from intrathecal.report.paper import check_target
    for number, target in enumerate(targets):
        if target.resolve() in [path.resolve() for path in (*sources, *targets[:number])]:
            raise CommandError(f"--record {target}: is named for something else already; name another file")
        check_target(target, "--record")
    return targets


def _write(change: Change, targets: list[Path]) -> None:
    if targets:
        from intrathecal.report.paper import write_paper
        from intrathecal.report.record import record_page

        page = record_page(change)
        for target in targets:
            write_paper(page, target)
            typer.echo(f"record: {target}")


def _digest(file: Path) -> str:
    from hashlib import sha256

    return sha256(file.read_bytes()).hexdigest()
