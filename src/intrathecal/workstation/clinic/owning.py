"""What a patient's own page tells: the pump in plain words, the next refill, appointments, the diary. Nothing of the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic import handsets
from intrathecal.workstation.clinic.models import Appointment, Implant, Patient, Request, Score

#: So many scores are shown.
SHOWN = 14


@dataclass(frozen=True)
class Own:
    """All of it. ``reservoir_mL`` is the most that the pump holds, as its catalogue has it."""

    name: str
    phase: str
    implant: Implant | None
    reservoir_mL: float | None
    refill_on: date | None
    appointments: Sequence[Appointment]
    requests: Sequence[Request]
    scores: Sequence[Score]
    live: bool


def of(patient: Patient) -> Own:
    """The page of a patient."""
    implant = patient.implants.filter(explanted_on=None).first()
    last = implant.refills.first() if implant else None
    known = load_catalogue().pumps.get(implant.model) if implant else None
    now = timezone.now()
    return Own(
        name=patient.given_name,
        phase=patient.phase,
        implant=implant,
        reservoir_mL=float(known.reservoir_volume.canonical) if known else None,
        refill_on=last.due_on if last else None,
        appointments=list(patient.appointments.filter(cancelled=False, begins_at__gte=now)),
        requests=list(patient.requests.filter(wanted_at__gte=now).exclude(state=Request.State.CONFIRMED)),
        scores=list(patient.scores.filter(by_patient=True)[:SHOWN]),
        live=handsets.key_of(implant) is not None,
    )
