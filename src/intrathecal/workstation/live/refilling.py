"""Telling a pump that answers of a refill that is in the record: noted before it leaves, read back, and uncertain in between.

None of this may stand in one transaction: what the pump has done stays done, whatever becomes of the request.
"""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from intrathecal.programmer.errors import Refused, Uncertain, Unreachable
from intrathecal.programmer.filling import AskedBridge
from intrathecal.programmer.telling import propose_fill
from intrathecal.programmer.telling import tell as send
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.therapy import Event, Therapy
from intrathecal.therapy import Refill as Fill
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Implant, Refill, User
from intrathecal.workstation.clinic.models.therapy import LONGEST_DOUBT, State
from intrathecal.workstation.clinic.running import label_of, millilitres
from intrathecal.workstation.live import line, recording
from intrathecal.workstation.live.writing import therapy_of


def untold(implant: Implant) -> Refill | None:
    """The refill of which the pump has to be told: its last one, if that was not told."""
    last = implant.refills.select_related("implant__patient").first()
    return last if last is not None and last.untold and implant.address else None


def tell(refill: Refill, by: User) -> Reading:
    """Tell the pump, and keep what it then says. A refill that was sent before, and was done, is not sent again.

    Raises `Silent` when nothing was changed in the pump, and `Doubtful` when it is not known whether it was.
    """
    implant = refill.implant
    plan = _plan(refill)
    with line.opened(implant) as session:
        outcomes = session.settle()
        reading = line.read(session, implant)
        recording.keep(implant, reading, outcomes, by)  # decides what was uncertain
        refill.refresh_from_db()
        if not refill.untold:
            return reading
        proposal = propose_fill(plan, reading, 1, _bridge(refill))
        _leave(refill, reading)
        try:
            reading = send(session, proposal)
        except (Refused, Unreachable):
            _became(refill, "")
            raise
        except Uncertain as doubt:
            line.heard(implant, None)
            _became(refill, line.plain(doubt))
            raise
    recording.keep(implant, reading, (), by)
    refill.refresh_from_db()
    return reading


def _bridge(refill: Refill) -> AskedBridge:
    """What was decided; the pump itself knows what its line holds."""
    return "auto" if refill.bridge.get("choice") in ("auto", "programmer") else "none"


def _plan(refill: Refill) -> Therapy:
    """The file of the program in force, with the refill as its one event. Raises `Silent`."""
    program = refill.implant.patient.programs.filter(state=State.IN_FORCE).first()
    if program is None or not program.text.strip():
        raise line.Silent(_("The program in force has no therapy file, by which tubing and catheter are checked."))
    plan = therapy_of(program.text, program.summary)
    label = label_of(refill.drugs)
    first = plan.primary.name if plan.primary.name in label else next(iter(label))
    action = Fill(millilitres(refill.filled_uL), label, None, None, first, "none")
    return replace(plan, events=(Event(1, 0, "", 1, action),))


@transaction.atomic
def _leave(refill: Refill, reading: Reading) -> None:
    """Note that it leaves: a server that dies now finds it uncertain. Raises `Silent` when another one was quicker."""
    held = trail.locked(Refill).get(pk=refill.pk)
    if not held.untold or held.doubt:
        raise line.Silent(_("Somebody else is telling the pump of this refill."))
    refill.doubt, refill.line_before = _("It is being told."), recording.fill_line(reading)
    refill.save()


@transaction.atomic
def _became(refill: Refill, doubt: str) -> None:
    refill.doubt = doubt[:LONGEST_DOUBT]
    refill.save()
