"""Sending a confirmed program: noted before it leaves, read back afterwards, and uncertain in between.

None of this may stand in one transaction: what the pump has done stays done, whatever becomes of the request.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.programmer.changing import Change
from intrathecal.programmer.confirming import Confirmation, Consent, second_looks, soft
from intrathecal.programmer.errors import Refused, Uncertain, Unreachable
from intrathecal.programmer.programming import Proposal, send, without_file
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.quantities import InputError
from intrathecal.report.record import record_page
from intrathecal.therapy import Program as PumpProgram
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Implant, Patient, Program, User
from intrathecal.workstation.clinic.models.therapy import LONGEST_DOUBT, State
from intrathecal.workstation.clinic.noting import note
from intrathecal.workstation.live import line, recording
from intrathecal.workstation.live.looking import Look, by_reading, recorded
from intrathecal.workstation.live.writing import summary, therapy_of, with_program

#: The program of an emergency.
MINIMUM = "minimum rate"
#: What people confirmed, and who did.
CONFIRMED = ("text", "basis", "reasons", "confirmed_at", "second_at")


class NotSent(Exception):
    """A program that was not sent: the message says why. Nothing was changed in the pump."""


def dispatch(program: Program, by: User) -> None:
    """Send a confirmed program. Raises `NotSent`, `Silent`, and `Doubtful` when it is not known whether it arrived."""
    implant = program.patient.standing
    if implant is None:
        raise NotSent(_("There is no pump in the record."))
    with line.opened(implant) as session:
        program.refresh_from_db()  # whoever held the line may have sent it
        _check_confirmed(program)
        session.settle()
        seen = by_reading(program, therapy_of(program.text), line.read(session, implant))
        if seen.proposal is None:
            raise NotSent(_("The pump was not read."))
        check(program, seen)
        change = _change(program, seen, seen.proposal)
        _leave(program, seen)
        try:
            after = send(session, seen.proposal)
        except (Refused, Unreachable, InputError) as refusal:
            _became(program, State.CONFIRMED, "")
            raise NotSent(_("The pump refused: %(why)s") % {"why": line.plain(refusal)}) from None
        except Uncertain as doubt:
            line.heard(implant, None)
            _doubt(program, change, line.plain(doubt))
            raise
    _arrived(program, implant, change, after, by)


def _check_confirmed(program: Program) -> None:
    if program.state != State.CONFIRMED:
        raise NotSent(_("It is not confirmed, or was sent already."))


def check(program: Program, seen: Look) -> None:
    """What was confirmed must be what would be sent now. Raises `NotSent`."""
    _check_confirmed(program)
    if program.basis != seen.basis:
        raise NotSent(
            _(
                "The pump has changed since this program was confirmed, or its fill. Take it back and review it against "
                "what runs now."
            )
        )
    findings = seen.review.findings
    hard = [finding.code for finding in findings if finding.severity == "hard"]
    if hard:
        raise NotSent(_("%(codes)s: it cannot be sent, whoever confirms it.") % {"codes": ", ".join(hard)})
    new = sorted({finding.code for finding in soft(findings)} - set(program.reasons))
    if new or (second_looks(findings) and program.second_by is None):
        said = ", ".join(new) or _("a second person")
        raise NotSent(
            _("What it says has changed since it was confirmed (%(what)s). Review it again.") % {"what": said}
        )


def _change(program: Program, seen: Look, proposal: Proposal) -> Change:
    found = soft(seen.review.findings)
    confirmations = tuple(Confirmation(finding, program.reasons[finding.code]) for finding in found)
    second = str(program.second_by) if program.second_by else ""
    return Change(
        kind="program",
        plan=seen.plan,
        digest=sha256(program.text.encode()).hexdigest(),
        edited=False,
        before=proposal.reading,
        wanted=proposal.wanted,
        text=proposal.message.text,
        volume_pL=None,
        review=seen.review,
        consent=Consent(str(program.confirmed_by), program.why, second, confirmations),
    )


@transaction.atomic
def _leave(program: Program, seen: Look) -> None:
    """Note that it leaves: a server that dies now finds it uncertain. Raises `NotSent` when another one was quicker."""
    held = trail.locked(Program).get(pk=program.pk)
    _check_confirmed(held)
    if any(getattr(held, name) != getattr(program, name) for name in CONFIRMED) or recorded(held) != seen.record:
        raise NotSent(_("It has changed while it was being looked at. Look at it again."))
    program.state, program.doubt = State.UNCERTAIN, _("It is being sent.")
    program.save()


@transaction.atomic
def _became(program: Program, state: State, doubt: str) -> None:
    program.state, program.doubt = state, doubt[:LONGEST_DOUBT]
    program.save()


@transaction.atomic
def _doubt(program: Program, change: Change, why: str) -> None:
    program.record = record_page(replace(change, doubt=why))
    _became(program, State.UNCERTAIN, why)


@transaction.atomic
def _arrived(program: Program, implant: Implant, change: Change, after: Reading, by: User) -> None:
    recording.begin(program, timezone.now())
    program.record = record_page(replace(change, after=after))
    program.save()
    recording.keep(implant, after, (), by)


def minimum(patient: Patient, implant: Implant, text: str, by: User) -> None:
    """Let a pump run at its minimum rate, whatever it ran. Raises `Silent`, `Doubtful`, `InputError`."""
    wanted = with_program(text, MINIMUM)
    with line.opened(implant) as session:
        session.settle()
        reading = line.read(session, implant)
        if reading.fill is not None and reading.fill.bridging:
            raise line.Silent(
                _(
                    "a bridge runs, and goes on giving the drug of before at its own flow, whatever the program says. "
                    "STOP the pump instead."
                )
            )
        proposal = without_file(PumpProgram.parse(MINIMUM), reading)
        program = _written(patient, wanted, proposal, by)
        try:
            after = send(session, proposal)
        except (Refused, Unreachable, InputError):
            _became(program, State.DISCARDED, "")
            raise
        except Uncertain as doubt:
            line.heard(implant, None)
            _became(program, State.UNCERTAIN, line.plain(doubt))
            raise
    with transaction.atomic():
        recording.begin(program, timezone.now())
        recording.keep(implant, after, (), by)
        note(patient, by, "emergency", _("The pump was set to its minimum rate."))


@transaction.atomic
def _written(patient: Patient, text: str, proposal: Proposal, by: User) -> Program:
    return Program.objects.create(
        patient=patient,
        text=text,
        summary=_("%(program)s (emergency)") % {"program": summary(proposal.program)},
        state=State.UNCERTAIN,
        doubt=_("It is being sent."),
        written_by=by,
        confirmed_by=by,
        confirmed_at=timezone.now(),
        basis=proposal.reading.basis,
        why=_("emergency"),
    )
