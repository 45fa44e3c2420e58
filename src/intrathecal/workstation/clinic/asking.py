"""Asking for an appointment, and the clinic's answer: confirmed, moved or declined."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic import mailing, slots, trail
from intrathecal.workstation.clinic.models import Appointment, Patient, Request
from intrathecal.workstation.clinic.slots import SlotError


def ask(name: str, contact: str, reason: str, at: datetime, patient: Patient | None = None) -> Request:
    """Make a request that holds its slot until it is answered; raises `SlotError` when somebody else was quicker."""
    try:
        with transaction.atomic():
            return Request.objects.create(
                patient=patient, name=name, contact=contact, reason=reason, wanted_at=slots.take(at)
            )
    except IntegrityError:
        raise SlotError(_("this time is not free any more; choose another one")) from None


def confirm(asked: Request, answer: str = "") -> Appointment:
    """An appointment at the time that was asked for; raises `SlotError` where the request was answered already."""
    with transaction.atomic():
        trail.hold()
        if asked.wanted_at < timezone.now():
            raise SlotError(_("the time that was asked for is over; choose another one"))
        return _settle(asked, asked.wanted_at, answer)


def move(asked: Request, at: datetime, answer: str = "") -> Appointment:
    """An appointment at another time; raises `SlotError`."""
    with transaction.atomic():
        return _settle(asked, slots.take(at), answer)


def decline(asked: Request, answer: str) -> None:
    """No appointment, and why not; the slot is free again."""
    with transaction.atomic():
        trail.hold()
        _still_open(asked)
        asked.state, asked.answer = Request.State.DECLINED, answer
        asked.save()
        mailing.soon(asked)


def arrange(patient: Patient, kind: str, at: datetime, minutes: int) -> Appointment:
    """An appointment that nobody asked for here; raises `SlotError`."""
    with transaction.atomic():
        return Appointment.objects.create(
            patient=patient, kind=kind, begins_at=slots.take(at, minutes), minutes=minutes
        )


def shift(appointment: Appointment, at: datetime) -> None:
    """Another time for an appointment; raises `SlotError`."""
    with transaction.atomic():
        _goes_on(appointment)
        appointment.begins_at = slots.take(at, appointment.minutes, appointment)
        appointment.sequence += 1
        appointment.save()
        _tell(appointment)


def cancel(appointment: Appointment) -> None:
    """No appointment after all; its slot is free again. Raises `SlotError` where it was cancelled already."""
    with transaction.atomic():
        _goes_on(appointment)
        appointment.cancelled = True
        appointment.sequence += 1
        appointment.save()
        _tell(appointment)


def belongs_to(asked: Request, patient: Patient | None) -> None:
    """Say which patient a request and its appointment are of, or that they are nobody's."""
    with transaction.atomic():
        trail.hold()
        asked.refresh_from_db()
        asked.patient = patient
        asked.save()
        if asked.appointment:
            asked.appointment.patient = patient
            asked.appointment.save()


def _goes_on(appointment: Appointment) -> None:
    trail.hold()
    appointment.refresh_from_db()
    if appointment.cancelled:
        raise SlotError(_("it is cancelled already"))


def _tell(appointment: Appointment) -> None:
    """Whoever asked for it hears of it."""
    asked = Request.objects.filter(appointment=appointment).first()
    if asked is not None:
        mailing.soon(asked)


def _settle(asked: Request, at: datetime, answer: str) -> Appointment:
    _still_open(asked)
    made = Appointment.objects.create(
        patient=asked.patient, begins_at=at, minutes=asked.minutes, kind=asked.reason, uid=asked.uid, sequence=1
    )
    asked.appointment, asked.state, asked.answer = made, Request.State.CONFIRMED, answer
    asked.save()
    mailing.soon(asked)
    return made


def _still_open(asked: Request) -> None:
    asked.refresh_from_db()
    if asked.state != Request.State.OPEN:
        raise SlotError(_("somebody has answered this request already; load the page again"))
