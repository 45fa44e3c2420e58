"""Telling a pump that answers of a refill that is in the record: noted before it leaves, read back, and uncertain in between.

None of this may stand in one transaction: what the pump has done stays done, whatever becomes of the request.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.programmer.errors import Refused, Uncertain, Unreachable
from intrathecal.programmer.filling import AskedBridge
from intrathecal.programmer.telling import FillProposal, propose_fill
from intrathecal.programmer.telling import tell as send
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.therapy import Bridge, CatheterPlan, Event, Therapy
from intrathecal.therapy import Refill as Fill
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Implant, Refill, User
from intrathecal.workstation.clinic.models.therapy import LONGEST_DOUBT, State
from intrathecal.workstation.clinic.running import bridge_event, clock, label_of, millilitres
from intrathecal.workstation.live import line, recording
from intrathecal.workstation.live.writing import first_text, therapy_of


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
        proposal = _proposal(plan, refill, reading)
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


def _proposal(plan: Therapy, refill: Refill, reading: Reading) -> FillProposal:
    """What the pump is told: its first fill, by a clock that says what it is now, or a refill. Raises `MismatchError`."""
    if reading.fill is None:
        if plan.fill is None or plan.pump is None:
            raise line.Silent(_("The text of the program has no [pump] and [fill], of which the pump is told first."))
        at = clock(timezone.now(), plan.pump)
        fill = replace(plan.fill, at=at, volume=millilitres(refill.filled_uL), now=None, reservoir_now=None)
        return propose_fill(replace(plan, fill=fill, start=at, events=()), reading, None, None)
    if refill.implant.catheters.count() == 1:
        return propose_fill(plan, reading, 1, _bridge(refill))
    # No pump is told of a catheter that was revised: it is told the bridge that was reckoned for it.
    told = replace(plan, catheter=_as_told(plan, reading.fill.settings.catheter))
    spoken_of = None if isinstance(_fill(refill, plan).bridge, Bridge) else _bridge(refill)
    return propose_fill(told, reading, 1, spoken_of)


def _as_told(plan: Therapy, held_pL: Fraction) -> CatheterPlan | None:
    """The catheter with the volume that the pump was told at its first fill."""
    laid = plan.catheter
    if laid is None:
        return None
    segment = laid.entry.segments[-1]
    length = held_pL / PL_PER_ML / segment.volume_per_length.exact
    cm = replace(segment.length, number=Decimal(length.numerator) / length.denominator, unit="cm")
    whole = replace(segment, name="whole", length=cm)
    return replace(laid, entry=replace(laid.entry, segments=(whole,)), removed_cm=(Fraction(0),))


def _bridge(refill: Refill) -> AskedBridge:
    """What was decided; the pump itself knows what its line holds."""
    return "auto" if refill.bridge.get("choice") in ("auto", "programmer") else "none"


def _plan(refill: Refill) -> Therapy:
    """The file of the program in force, or what the record says where none is, with the refill as its one event."""
    program = refill.implant.patient.programs.filter(state=State.IN_FORCE).exclude(text="").first()
    text = first_text(refill.implant.patient) if program is None else program.text
    plan = therapy_of(text)
    return replace(plan, events=(Event(1, 0, "", 1, _fill(refill, plan)),))


def _fill(refill: Refill, plan: Therapy) -> Fill:
    """The refill as an event: with the bridge as it was reckoned where the catheter is not the one that the pump knows."""
    label = label_of(refill.drugs)
    first = plan.primary.name if plan.primary.name in label else next(iter(label))
    revised = refill.implant.catheters.count() > 1 and refill.bridge.get("choice") == "auto"
    bridge = bridge_event(refill) if revised else None
    return Fill(millilitres(refill.filled_uL), label, None, None, first, bridge or "none")


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
