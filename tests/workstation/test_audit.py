"""The audit trail says who looked at what and changed it, and shows when somebody tampered with it."""

from __future__ import annotations

from collections.abc import Callable

from auditlog.models import LogEntry
from django.test import Client

from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Link, Patient


def test_a_page_about_a_patient_is_written_down(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Who looked at whom, and which page."""
    client = client_of("nurse")
    assert client.get(f"/patients/{patient.pk}/").status_code == 200
    seen = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).get()
    assert (seen.object_pk, seen.additional_data) == (str(patient.pk), {"page": "GET patient"})
    assert seen.actor.role == "nurse"
    assert list(trail.verify()) == []


def test_a_changed_line_shows(patient: Patient) -> None:
    """Whoever rewrites a line breaks its seal."""
    patient.weight_g = 71_000
    patient.save()
    line = LogEntry.objects.filter(action=LogEntry.Action.UPDATE).get()
    LogEntry.objects.filter(pk=line.pk).update(changes={"weight_g": ["70500", "80000"]})
    assert [problem.split(" (")[0] for problem in trail.verify()] == [f"line {line.link.number}"]


def test_a_missing_line_shows(patient: Patient) -> None:
    """Whoever takes a line out, in the middle or at the end, leaves a gap."""
    for weight in (71_000, 72_000, 73_000):
        patient.weight_g = weight
        patient.save()
    middle, last = Link.objects.all()[1], Link.objects.last()
    entry = middle.entry
    middle.delete()
    LogEntry.objects.filter(pk=entry.pk).delete()
    assert "line 2 is missing" in next(trail.verify())
    assert last is not None
    last.delete()
    assert any("ends at line" in problem or "is missing" in problem for problem in trail.verify())


def test_no_password_is_written_down(client_of: Callable[..., Client]) -> None:
    """Not even as a hash."""
    client_of("physician")
    assert not any("password" in (line.changes or {}) for line in LogEntry.objects.all())
