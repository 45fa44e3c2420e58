"""Telling a pump that answers of a refill that is in the record, and reading back that it has understood."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.programmer.client import Address
from intrathecal.programmer.errors import Refused, Unreachable
from intrathecal.programmer.figures import figures
from intrathecal.programmer.filling import AskedBridge
from intrathecal.programmer.session import Session
from intrathecal.programmer.telling import propose_fill
from intrathecal.programmer.telling import tell as send
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.quantities import InputError
from intrathecal.therapy import Event, Therapy
from intrathecal.therapy import Refill as Fill
from intrathecal.workstation.clinic.models import Reading as Kept
from intrathecal.workstation.clinic.models import Refill, User
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.running import label_of, millilitres
from intrathecal.workstation.live.writing import therapy_of

WHAT = "a refill"


class NotTold(Exception):
    """A pump that was not told: the message says why. Nothing was changed in it."""


def tell(refill: Refill, by: User) -> Reading:
    """Tell the pump, and keep what it then says.

    A refill that was sent before, and of which the pump now says that it was done, is not sent again. Raises `NotTold`, and
    `programmer.errors.Uncertain` where it is not known whether it arrived. Not in a transaction: what a pump did stays done.
    """
    implant = refill.implant
    plan = _plan(refill)
    try:
        with Session(Address.parse(implant.address), Path(implant.key_file)) as session:
            done = [one for one in session.settle() if one.sent.what == WHAT and one.became.outcome == "done"]
            reading = session.read()
            if reading.serial != implant.serial:
                raise NotTold(
                    _("what answers is pump %(other)s, and the record is about %(own)s: correct the record first")
                    % {"other": reading.serial, "own": implant.serial}
                )
            if not done:
                reading = send(session, propose_fill(plan, reading, 1, _bridge(refill)))
    except (Refused, Unreachable, InputError) as problem:
        raise NotTold(str(problem)) from None
    _keep(refill, reading, by)
    return reading


def _bridge(refill: Refill) -> AskedBridge:
    """What was decided; the pump itself knows what its line holds."""
    return "auto" if refill.bridge.get("choice") in ("auto", "programmer") else "none"


def _plan(refill: Refill) -> Therapy:
    """The file of the program in force, with the refill as its one event."""
    program = refill.implant.patient.programs.filter(state=State.IN_FORCE).first()
    if program is None or not program.text.strip():
        raise NotTold(_("the program in force has no therapy file, by which tubing and catheter are checked"))
    plan = therapy_of(program.text, program.summary)
    label = label_of(refill.drugs)
    first = plan.primary.name if plan.primary.name in label else next(iter(label))
    action = Fill(millilitres(refill.filled_uL), label, None, None, first, "none")
    return replace(plan, events=(Event(1, 0, "", 1, action),))


@transaction.atomic
def _keep(refill: Refill, reading: Reading, by: User) -> None:
    refill.untold = False
    refill.save()
    Kept.objects.create(implant=refill.implant, at=timezone.now(), by=by, told=figures(reading))
