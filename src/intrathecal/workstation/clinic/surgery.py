"""Operations on a pump and its catheter, as records: implantation, revision, replacement, explantation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.catalogue import Pump, load_catalogue
from intrathecal.workstation.clinic.catheters import Piece, volume_nL
from intrathecal.workstation.clinic.models import Catheter, Implant, Note, Patient, User
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.models.therapy import State

#: Programs on their way to a pump: once it is out they arrive nowhere.
UNDER_WAY = (State.WAITING, State.CONFIRMED, State.UNCERTAIN)


def service_end(pump: Pump, implanted_on: date) -> date | None:
    """When a pump stops in any case; None for one without a battery."""
    life = pump.service_life
    return None if life is None else implanted_on + timedelta(seconds=round(life.exact))


def asks_for_replacement(pump: Pump, service_ends_on: date | None) -> date | None:
    """From when on a pump asks for its replacement; None for one that never does."""
    if pump.eri_lead is None or service_ends_on is None:
        return None
    return service_ends_on - timedelta(seconds=round(pump.eri_lead.exact))


def implant(new: Implant) -> None:
    """A first pump, or one after an explantation."""
    new.service_ends_on = service_end(load_catalogue().pumps[new.model], new.implanted_on)
    new.save()
    new.patient.phase = Phase.IMPLANTED
    new.patient.save()


def lay(implant: Implant, pieces: Sequence[Piece], tip_level: str, placed_on: date, why: str) -> Catheter:
    """A catheter as it was left. Raises `catheters.CatheterError` for pieces that make none."""
    return Catheter.objects.create(
        implant=implant,
        placed_on=placed_on,
        tip_level=tip_level,
        space=pieces[-1].catheter.space,
        segments=[one.record() for one in pieces],
        dead_nL=volume_nL(pieces),
        why=why,
    )


def revise(implant: Implant, pieces: Sequence[Piece], tip_level: str, on: date, why: str, by: User) -> None:
    """The catheter after an operation on it."""
    laid = lay(implant, pieces, tip_level, on, why)
    words = {"why": why, "tip": laid.tip_level, "volume": laid.dead_nL / 10**6}
    _note(implant.patient, on, by, "revision", _("%(why)s; tip at %(tip)s, catheter of %(volume).3f mL") % words)


def replace(old: Implant, new: Implant, why: str, by: User) -> None:
    """Another pump on the same catheter."""
    laid = old.catheters.first()
    _end(old, new.implanted_on, why)
    implant(new)
    if laid is not None:
        Catheter.objects.create(
            implant=new,
            placed_on=laid.placed_on,
            tip_level=laid.tip_level,
            space=laid.space,
            segments=laid.segments,
            dead_nL=laid.dead_nL,
            why=laid.why,
        )
    words = {"old": old, "new": new, "why": why}
    _note(old.patient, new.implanted_on, by, "replacement", _("%(new)s in the place of %(old)s: %(why)s") % words)


def explant(old: Implant, on: date, why: str) -> None:
    """The pump is taken out, and therapy with it ends."""
    _end(old, on, why)
    old.patient.phase = Phase.ENDED
    old.patient.save()


def _end(old: Implant, on: date, why: str) -> None:
    """A pump that is out gives nothing, and no alarm of it goes on."""
    old.explanted_on, old.why_explanted = on, why
    old.save()
    moment = _noon(on)
    for program in old.patient.programs.filter(state=State.IN_FORCE):
        program.state, program.ends_at = State.REPLACED, moment
        program.save()
    for program in old.patient.programs.filter(state__in=UNDER_WAY):
        program.state = State.DISCARDED
        program.save()
    for alarm in old.alarms.filter(ended_at=None):
        alarm.ended_at = moment
        alarm.save()


def _note(patient: Patient, on: date, by: User, kind: str, text: str) -> None:
    Note.objects.create(patient=patient, at=_noon(on), by=by, kind=kind, text=text)


def _noon(day: date) -> datetime:
    """A day as a moment; a day that is today has not passed noon for certain."""
    return min(timezone.make_aware(datetime.combine(day, time(12))), timezone.now())
