"""What people say to a review before anything is sent: reasons for soft findings, a second look, who and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from intrathecal.programmer.errors import Refused
from intrathecal.programmer.review.finding import Finding
from intrathecal.quantities import InputError

#: What stands in the place of a reason where somebody confirmed everything beforehand and gave none.
BEFOREHAND = "confirmed beforehand"
_GIVEN = re.compile(r"\s*([a-z0-9-]+)\s*=(.*)", re.DOTALL)
LONGEST_REASON = 300
LONGEST_NAME = 60


class ConfirmationError(InputError):
    """A reason or a name that cannot be taken: the message says which, why, and what would be right."""


@dataclass(frozen=True)
class Confirmation:
    """A soft finding and why it is sent all the same."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Consent:
    """Who sends, ``why`` (empty: nobody said), who looked too (empty: nobody), and every soft finding with its reason."""

    by: str
    why: str = ""
    second: str = ""
    confirmations: tuple[Confirmation, ...] = ()


def check_sendable(findings: Sequence[Finding]) -> None:
    """Raise `Refused` with the codes of the hard findings, if there are any."""
    hard = list(dict.fromkeys(finding.code for finding in findings if finding.severity == "hard"))
    if hard:
        raise Refused(f"{', '.join(hard)}: it cannot be sent, whoever confirms it; nothing was sent")


def soft(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that a person must confirm."""
    return [finding for finding in findings if finding.severity == "soft"]


def second_looks(findings: Iterable[Finding]) -> list[str]:
    """The codes of the findings that ask for a second person."""
    return list(dict.fromkeys(finding.code for finding in findings if finding.second_person))


def read_reasons(given: Iterable[str], findings: Sequence[Finding]) -> dict[str, str]:
    """Reasons by code, from texts ``CODE=reason``. Raises `ConfirmationError`."""
    reasons: dict[str, str] = {}
    codes = list(dict.fromkeys(finding.code for finding in soft(findings)))
    for text in given:
        match = _GIVEN.fullmatch(text)
        if match is None:
            raise ConfirmationError(
                f'--confirm {text!a}: is no CODE="reason"; write for example --confirm step-up="pain"'
            )
        code = match[1]
        if code not in codes:
            known = f"the findings to confirm are {', '.join(codes)}" if codes else "nothing is to be confirmed"
            raise ConfirmationError(f"--confirm {code}: is no finding of this review; {known}")
        reasons[code] = read_reason(match[2], f"--confirm {code}")
    return reasons


def read_reason(text: str, where: str) -> str:
    """A reason that says something. Raises `ConfirmationError`."""
    reason = " ".join(text.split())
    if not any(letter.isalnum() for letter in reason) or not reason.isprintable():
        raise ConfirmationError(f"{where}: an empty reason is none; say in a few words why it is sent all the same")
    if len(reason) > LONGEST_REASON:
        raise ConfirmationError(f"{where}: has {len(reason)} letters; say it in at most {LONGEST_REASON}")
    return reason


def read_name(text: str, where: str) -> str:
    """A person's name. Raises `ConfirmationError`."""
    name = " ".join(text.split())
    if not any(letter.isalnum() for letter in name) or not name.isprintable() or len(name) > LONGEST_NAME:
        raise ConfirmationError(f"{where}: is no name; write 1 to {LONGEST_NAME} letters that can be seen")
    return name


def check_second(second: str, by: str) -> None:
    """Raise `ConfirmationError` where the second person is the first."""
    if second.casefold() == by.casefold():
        raise ConfirmationError(f"--second {second}: is who sends; a second person is somebody else")
