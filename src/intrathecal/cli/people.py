"""What people say to a review, from options or from a terminal: reasons, a second person, and the last word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from intrathecal.cli.asking import asked, confirmed, on_a_terminal
from intrathecal.cli.pump_line import CommandError

if TYPE_CHECKING:
    from intrathecal.programmer.confirming import Confirmation, Consent
    from intrathecal.programmer.review import Finding, Review
    from intrathecal.pump.telemetry.messages import Reading

Confirm = Annotated[
    list[str] | None,
    typer.Option(
        "--confirm", metavar='CODE="REASON"', help="Why a soft finding is sent all the same; may be repeated."
    ),
]
Why = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="Why the change is made; with --yes, why each soft finding is sent."),
]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who sends; the name that the pump knows the key by.")
]
Second = Annotated[
    str | None, typer.Option("--second", metavar="NAME", help="Who else has looked, where a finding asks for it.")
]


@dataclass(frozen=True)
class Said:
    """What the command line says of the people; empty where it says nothing. ``yes`` confirms everything beforehand."""

    yes: bool
    confirm: tuple[str, ...]
    why: str
    by: str
    second: str


def said(yes: bool, confirm: list[str] | None, reason: str | None, by: str | None, second: str | None) -> Said:
    """Read the options. Raises `ConfirmationError`."""
    from intrathecal.programmer.confirming import read_name, read_reason

    return Said(
        yes,
        tuple(confirm or ()),
        "" if reason is None else read_reason(reason, "--reason"),
        "" if by is None else read_name(by, "--by"),
        "" if second is None else read_name(second, "--second"),
    )


def consent(review: Review | None, options: Said, by: str) -> Consent:
    """Everybody's word on a review, asked for on a terminal where the options leave it out.

    Raises `Refused` for a hard finding, a missing reason or a missing second person; `CommandError` or `ConfirmationError`
    for options that are wrong or missing.
    """
    from intrathecal.programmer.confirming import Consent, check_second, check_sendable

    findings = () if review is None else review.findings
    check_sendable(findings)
    confirmations = _confirmations(findings, options)
    second = options.second or _second(findings, options)
    if second:
        check_second(second, by)
    return Consent(by, options.why, second, confirmations)


def last_word(reading: Reading, options: Said) -> bool:
    """Whether it is to be sent. Raises `CommandError` where nobody can be asked."""
    if options.yes:
        return True
    if not on_a_terminal():
        raise CommandError("there is no terminal to ask on; look at both programs, and add --yes to send")
    stopped = "; the emergency stop ends with it" if reading.fill is not None and reading.fill.stopped else ""
    return confirmed(f"Send the new program to pump {reading.serial} ({reading.model}){stopped}?")


def _confirmations(findings: tuple[Finding, ...], options: Said) -> tuple[Confirmation, ...]:
    from intrathecal.programmer.confirming import BEFOREHAND, Confirmation, read_reasons, soft

    reasons = read_reasons(options.confirm, findings)
    open_codes = list(dict.fromkeys(finding.code for finding in soft(findings) if finding.code not in reasons))
    if open_codes and options.yes:
        typer.echo(f"{', '.join(open_codes)}: {options.why or BEFOREHAND}")
        reasons |= dict.fromkeys(open_codes, options.why or BEFOREHAND)
    elif open_codes and not on_a_terminal():
        options_missing = " ".join(f'--confirm {code}="REASON"' for code in open_codes)
        raise CommandError(f"there is no terminal to ask for reasons on; add {options_missing}")
    return tuple(Confirmation(finding, reasons.get(finding.code) or _reason(finding)) for finding in soft(findings))


def _reason(finding: Finding) -> str:
    from intrathecal.programmer.confirming import ConfirmationError, read_reason
    from intrathecal.programmer.errors import Refused

    answer = asked(f"{finding.message} Why is it sent all the same?")
    if answer is None:
        raise Refused(f"{finding.code} was not confirmed; nothing was sent")
    try:
        return read_reason(answer, finding.code)
    except ConfirmationError as problem:
        raise Refused(f"{problem}; nothing was sent") from None


def _second(findings: tuple[Finding, ...], options: Said) -> str:
    """The name of a second person, where a finding asks for one and no option names them; empty where none does."""
    from intrathecal.programmer.confirming import ConfirmationError, read_name, second_looks
    from intrathecal.programmer.errors import Refused

    codes = second_looks(findings)
    if not codes:
        return ""
    missing = f"{', '.join(codes)}: a second person must look at this; nothing was sent. Name them with --second"
    if options.yes or not on_a_terminal():
        raise Refused(missing)
    answer = asked("A second person must look at this. Who are they?")
    if not answer:
        raise Refused(missing)
    try:
        return read_name(answer, "the second person")
    except ConfirmationError as problem:
        raise Refused(f"{problem}; nothing was sent") from None
