"""A program before the pump gets it: begun, edited, confirmed, looked at by a second person, taken back, thrown away.

Every step looks at the program anew while it holds it, so that of two people at one draft the slower one is told. What takes
long is reckoned before, without holding anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.programmer.confirming import ConfirmationError, read_reason, soft
from intrathecal.therapy import Therapy, TherapyError
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Patient, Program, User
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import renewing, writing
from intrathecal.workstation.live.looking import Look, recorded

#: From these a program can become a draft again, or be thrown away.
BEFORE_SENDING = (State.DRAFT, State.WAITING, State.CONFIRMED)


class OutOfTurn(Exception):
    """What cannot be done with a program as it is now: the message says why. Nothing was changed."""


@dataclass
class Ask:
    """A soft finding, the reason that was typed for it, and what is wrong with that."""

    code: str
    messages: list[str]
    reason: str = ""
    error: str = ""


@dataclass
class Asked:
    """What is asked of whoever confirms: a reason for every soft finding, and why the change is made."""

    asks: list[Ask] = field(default_factory=list)
    why: str = ""
    why_error: str = ""

    @classmethod
    def of(cls, seen: Look, typed: Mapping[str, str], why: str) -> Asked:
        """With what was ``typed`` for each code so far."""
        asks: dict[str, Ask] = {}
        for finding in soft(seen.review.findings):
            ask = asks.setdefault(finding.code, Ask(finding.code, [], typed.get(finding.code, "")))
            ask.messages.append(finding.message)
        return cls(list(asks.values()), why)

    def reasons(self) -> dict[str, str] | None:
        """The reasons by code; None where one is missing, which is then said beside it."""
        found = {}
        for ask in self.asks:
            try:
                found[ask.code] = read_reason(ask.reason, _("The reason"))
            except ConfirmationError as problem:
                ask.error = str(problem)
        try:
            self.why = read_reason(self.why, _("Why it is changed"))
        except ConfirmationError as problem:
            self.why_error = str(problem)
        return None if self.why_error or any(ask.error for ask in self.asks) else found

    @property
    def problems(self) -> list[str]:
        """What is wrong, one sentence for each place."""
        said = [f"{ask.code}: {ask.error}" for ask in self.asks if ask.error]
        return [*said, self.why_error] if self.why_error else said


def version_of(text: str) -> str:
    """What changes with the text of a draft: who edits it says which one was seen. Browsers do as they like with its ends."""
    return sha256(text.replace("\r\n", "\n").strip().encode(errors="surrogatepass")).hexdigest()


def begin(patient: Patient, by: User) -> Program:
    """A draft that begins with what was written last. Raises `TherapyError`."""
    if patient.standing is None:
        raise TherapyError(_("There is no pump in the record: nothing could run a program."))
    text = renewing.text_for(patient)
    plan = writing.therapy_of(text)
    return Program.objects.create(patient=patient, text=text, summary=summary_of(plan), written_by=by)


def summary_of(plan: Therapy) -> str:
    """A therapy's program in one line."""
    return "" if plan.program is None else writing.summary(plan.program)


def rewrite(program: Program, text: str, version: str) -> None:
    """Keep a text that is right, for a draft that is still the ``version`` that was seen. Raises `OutOfTurn`."""
    summary = summary_of(writing.therapy_of(text))
    with transaction.atomic():
        held = _held(program)
        _check_draft(held)
        if version_of(held.text) not in (version, version_of(text)):
            raise OutOfTurn(
                _("Somebody has changed this draft since you opened it. Open it again, and write your change into it.")
            )
        if held.text != text:
            held.text, held.summary = text, summary
            held.save()
    program.text, program.summary = held.text, held.summary


def confirm(program: Program, seen: Look, mark: str, asked: Asked, by: User) -> None:
    """The first person's word on what was ``seen`` with this ``mark``. Raises `OutOfTurn`, `ConfirmationError`."""
    if mark != seen.mark(program.text):
        raise OutOfTurn(_("The program or the pump has changed since it was shown. Look again."))
    if seen.review.decision == "refuse":
        raise ConfirmationError(_("It cannot be sent, whoever confirms it."))
    reasons = asked.reasons()
    if reasons is None:
        raise ConfirmationError("; ".join(asked.problems))
    with transaction.atomic():
        held = _held(program)
        _check_draft(held)
        if held.text != program.text or recorded(held) != seen.record:
            raise OutOfTurn(_("The program or the pump has changed since it was shown. Look again."))
        held.state = State.WAITING if seen.review.second_person else State.CONFIRMED
        held.findings, held.reasons, held.why = seen.findings, reasons, asked.why
        held.basis, held.confirmed_by, held.confirmed_at = seen.basis, by, timezone.now()
        held.save()
    program.refresh_from_db()


@transaction.atomic
def look_too(program: Program, by: User) -> None:
    """A second person's word; nobody confirms twice. Raises `OutOfTurn`."""
    held = _held(program)
    if held.state != State.WAITING:
        raise OutOfTurn(_("This program does not wait for a second person."))
    if by.pk == held.confirmed_by_id:
        raise OutOfTurn(_("You have confirmed it already. A second person is somebody else."))
    held.state, held.second_by, held.second_at = State.CONFIRMED, by, timezone.now()
    held.save()


@transaction.atomic
def take_back(program: Program) -> None:
    """A draft again: what people said of it is forgotten. Raises `OutOfTurn`."""
    held = _held(program)
    _check_not_sent(held)
    held.state, held.findings, held.reasons, held.basis = State.DRAFT, [], {}, ""
    held.confirmed_by = held.confirmed_at = held.second_by = held.second_at = None
    held.save()


@transaction.atomic
def discard(program: Program) -> None:
    """Thrown away: it stays in the record and is never sent. Raises `OutOfTurn`."""
    held = _held(program)
    _check_not_sent(held)
    held.state = State.DISCARDED
    held.save()


def _held(program: Program) -> Program:
    """The program as it is now, which nobody else changes before the end of the transaction."""
    return trail.locked(Program).get(pk=program.pk)


def _check_draft(program: Program) -> None:
    if program.state != State.DRAFT:
        raise OutOfTurn(_("It is no draft any more. Take it back to change it."))


def _check_not_sent(program: Program) -> None:
    if program.state not in BEFORE_SENDING:
        raise OutOfTurn(_("It was sent, or thrown away: it cannot be taken back."))
