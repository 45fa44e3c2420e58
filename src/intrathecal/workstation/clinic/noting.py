"""Notes that the workstation writes itself: what somebody did or decided."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from intrathecal.workstation.clinic.models import Note, Patient, User


def note(patient: Patient, by: User, kind: str, text: str, at: datetime | None = None) -> None:
    """Write down what somebody did, now or ``at`` another time."""
    Note.objects.create(patient=patient, at=at or timezone.now(), by=by, kind=kind, text=text)
