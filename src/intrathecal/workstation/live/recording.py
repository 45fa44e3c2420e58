"""What a pump told goes into the record: the reading, its alarms, and what became of a program that was uncertain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.programmer.errors import Refused
from intrathecal.programmer.figures import figures
from intrathecal.programmer.programming import differences, without_file
from intrathecal.programmer.review.as_read import FILLS
from intrathecal.programmer.session import Outcome
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.quantities import InputError
from intrathecal.workstation.clinic import next_fill, slots, trail
from intrathecal.workstation.clinic.models import Alarm, Implant, Note, Program, Refill, User
from intrathecal.workstation.clinic.models import Reading as Kept
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.running import running
from intrathecal.workstation.clinic.templatetags.clinical import day, moment
from intrathecal.workstation.live import line
from intrathecal.workstation.live.writing import therapy_of

#: The priority of an alarm that can wait.
NOT_CRITICAL = "non-critical"
#: How the log says that something was not done.
REFUSED = ": refused, "


def interrogate(implant: Implant, by: User) -> tuple[Kept, list[Outcome]]:
    """Read a pump and keep what it told. Raises `Silent`, `Doubtful`."""
    with line.opened(implant) as session:
        outcomes = session.settle()
        reading = line.read(session, implant)
    return keep(implant, reading, outcomes, by), outcomes


@transaction.atomic
def keep(implant: Implant, reading: Reading, outcomes: Sequence[Outcome], by: User) -> Kept:
    """Write a reading down that was made after everything before it was settled."""
    line.heard(implant, reading)
    kept = Kept.objects.create(implant=implant, at=timezone.now(), by=by, told=figures(reading, outcomes))
    _alarms(implant, reading)
    for program in implant.patient.programs.filter(state=State.UNCERTAIN):
        decide(program, reading)
    for refill in Refill.objects.filter(implant=implant, untold=True).exclude(doubt=""):
        refill.untold, refill.doubt = fill_line(reading) <= (refill.line_before or 0), ""
        refill.save()
    return kept


def fill_line(reading: Reading) -> int:
    """The number of the last line of the pump's log about a fill that it took; 0 where there is none."""
    fills = [entry.number for entry in reading.events if entry.kind in FILLS and REFUSED not in entry.text]
    return max(fills, default=0)


def decide(program: Program, reading: Reading) -> None:
    """A program that was uncertain: it runs, or it never will, since what was on its way will not be done any more."""
    if runs(program, reading):
        begin(program, timezone.now())
    else:
        program.state, program.doubt = State.CONFIRMED, ""
        program.save()


def runs(program: Program, reading: Reading) -> bool:
    """Whether the pump runs just this program."""
    try:
        meant = therapy_of(program.text).program
        wanted = None if meant is None else without_file(meant, reading)
    except (
        InputError,
        ValueError,
        Refused,
    ):  # doses of a drug that is not in this pump, or a pump that was never filled
        return False
    if wanted is None or reading.fill is None:
        return False
    return not differences(wanted.wanted, reading.fill.settings) and reading.program == wanted.message.text


def begin(program: Program, at: datetime) -> None:
    """A program that was read back is in force from then on, and the one before it is replaced."""
    for old in program.patient.programs.filter(state=State.IN_FORCE).exclude(pk=program.pk):
        old.state, old.ends_at = State.REPLACED, at
        old.save()
    program.state, program.begins_at, program.doubt = State.IN_FORCE, at, ""
    program.save()
    # What the pump runs is kept whatever becomes of the day that follows from it.
    transaction.on_commit(partial(_bring_forward, program), robust=True)


@transaction.atomic
def _bring_forward(program: Program) -> None:
    """The day of the next refill, where the reservoir is low sooner than by the program before; never put off."""
    implant = program.patient.implants.filter(explanted_on=None).first()
    refill = None if implant is None else trail.locked(Refill).filter(implant=implant).first()
    if implant is None or refill is None:
        return
    try:
        latest = next_fill.dates_of(running(implant).therapy).latest(timezone.localdate())
    except (InputError, Refused):
        return  # the day that people wrote down stays
    if latest is None or latest >= refill.due_on:
        return
    words = {"new": day(latest), "old": day(refill.due_on), "program": program.summary}
    said = _("Next refill by %(new)s, no more by %(old)s: %(program)s") % words
    late = slots.refill_after(program.patient, latest)
    if late is not None:
        said += _(". The appointment of %s is too late.") % moment(late.begins_at)
    refill.due_on = latest
    refill.save()
    Note.objects.create(patient=program.patient, at=timezone.now(), by=program.confirmed_by, kind="refill", text=said)


def _alarms(implant: Implant, reading: Reading) -> None:
    """Alarms that sound are open, and those that do not any more have ended."""
    sounding = {alarm.name: alarm for alarm in reading.alarms}
    known = {alarm.name: alarm for alarm in Alarm.objects.filter(implant=implant, ended_at=None)}
    for name, alarm in sounding.items():
        if name not in known:
            wall = timedelta(milliseconds=reading.wall_ms - reading.now + alarm.at)
            began = datetime(1970, 1, 1, tzinfo=UTC) + wall - timedelta(minutes=reading.offset_minutes)
            Alarm.objects.create(
                implant=implant, name=name, critical=alarm.priority != NOT_CRITICAL, began_at=min(began, timezone.now())
            )
    for name, record in known.items():
        if name not in sounding:
            record.ended_at = timezone.now()
            record.save()
