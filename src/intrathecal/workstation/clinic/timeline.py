"""Everything that happened to a patient since the first visit, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import chain

from django.utils.translation import gettext as _

from intrathecal.workstation.clinic.models import Alarm, Patient, Refill
from intrathecal.workstation.clinic.models.therapy import State


@dataclass(frozen=True)
class Event:
    """Something that happened: its ``kind`` and a sentence; ``by`` whom."""

    at: datetime
    kind: str
    text: str
    by: str = ""


def events(patient: Patient) -> list[Event]:
    """All of it."""
    found = chain(
        _notes(patient),
        _programs(patient),
        _implants(patient),
        _refills(patient),
        _alarms(patient),
        _appointments(patient),
    )
    return sorted(found, key=lambda event: event.at, reverse=True)


def _notes(patient: Patient) -> list[Event]:
    return [Event(note.at, note.kind, note.text, str(note.by or "")) for note in patient.notes.select_related("by")]


def _programs(patient: Patient) -> list[Event]:
    sent = patient.programs.filter(begins_at__isnull=False).select_related("written_by")
    return [
        Event(program.begins_at, _("program"), program.summary, str(program.written_by))
        for program in sent
        if program.state in (State.IN_FORCE, State.REPLACED)
    ]


def _implants(patient: Patient) -> list[Event]:
    found = []
    for implant in patient.implants.all():
        found.append(Event(_noon(implant.implanted_on), _("implant"), str(implant)))
        if implant.explanted_on:
            found.append(Event(_noon(implant.explanted_on), _("explant"), implant.why_explanted or str(implant)))
    return found


def _refills(patient: Patient) -> list[Event]:
    return [Event(refill.at, _("refill"), _told(refill), str(refill.by)) for refill in _of(patient)]


def _of(patient: Patient) -> list[Refill]:
    return list(Refill.objects.filter(implant__patient=patient).select_related("by"))


def _told(refill: Refill) -> str:
    if refill.measured_uL is None or refill.expected_uL is None:
        return _("filled with %(mL)g mL") % {"mL": refill.filled_uL / 1000}
    return _("expected %(expected)g mL, found %(found)g mL, filled with %(filled)g mL") % {
        "expected": refill.expected_uL / 1000,
        "found": refill.measured_uL / 1000,
        "filled": refill.filled_uL / 1000,
    }


def _alarms(patient: Patient) -> list[Event]:
    alarms = Alarm.objects.filter(implant__patient=patient)
    return [Event(alarm.began_at, _("alarm"), alarm.name) for alarm in alarms]


def _appointments(patient: Patient) -> list[Event]:
    return [Event(one.begins_at, _("appointment"), one.kind) for one in patient.appointments.filter(cancelled=False)]


def _noon(day: date) -> datetime:
    """A day as a moment; dates have no time zone."""
    return datetime.combine(day, time(12), tzinfo=UTC)
