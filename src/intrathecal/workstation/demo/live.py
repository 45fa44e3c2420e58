"""Patients of the demonstration whose pumps answer: what they hold, and what they run."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone

from intrathecal.programmer.review import review
from intrathecal.workstation.clinic.models import Alarm, Catheter, Implant, Patient, Refill, User
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.models.people import Role
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import pumps, writing


class Live(NamedTuple):
    """What a live pump holds and runs: for the first patient with this indication."""

    indication: str
    model: str
    drugs: dict[str, str]
    filled_uL: int
    program: str
    extra: str


LIVE = (
    Live(
        "failed-back",
        "synchromed-ii-20",
        {"morphine": "10 mg/mL", "bupivacaine": "15 mg/mL"},
        18_000,
        "2.4 mg/day\n22:00-06:00  1.6 mg/day\nbolus 0.2 mg over 10 min at 07:00\n"
        "on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day\nlimit 4 mg per 24 h",
        'pain = 7.6\noral_opioid = "240 mg/day"\n',
    ),
    Live(
        "cancer",
        "synchromed-ii-40",
        {"morphine": "20 mg/mL", "bupivacaine": "20 mg/mL"},
        38_000,
        "3 mg/day\non demand 0.3 mg over 5 min, lockout 2 h, max 6 per day\nlimit 5 mg per 24 h",
        'pain = 7\noral_opioid = "300 mg/day"\n',
    ),
    Live("spasticity", "synchromed-ii-40", {"baclofen": "2000 mcg/mL"}, 39_000, "150 mcg/day", ""),
)


def live() -> None:
    """Give the first implanted patient of each indication a pump that answers, filled and programmed today."""
    nurse = User.objects.filter(role=Role.NURSE).first()
    for one in LIVE:
        patient = Patient.objects.filter(phase=Phase.IMPLANTED, indication=one.indication).order_by("number").first()
        implant = None if patient is None else patient.standing
        if patient is not None and implant is not None:
            _make(one, patient, implant, nurse)


def _make(one: Live, patient: Patient, implant: Implant, nurse: User | None) -> None:
    now = timezone.now().replace(microsecond=0) - timedelta(minutes=1)
    implant.model, implant.key_file = one.model, str(pumps.files(implant)[1])
    implant.save()
    Alarm.objects.filter(implant=implant).delete()
    for catheter in Catheter.objects.filter(implant=implant):
        catheter.segments = [{"model": "ascenda-8781", "length_mm": 1140, "trimmed_mm": 310}]
        catheter.save()
    text = writing.composed(
        patient, implant, one.drugs, one.program, filled_uL=one.filled_uL, filled_at=now, extra=one.extra
    )
    plan = writing.therapy_of(text)
    program = patient.programs.get(state=State.IN_FORCE)
    program.text, program.begins_at, program.confirmed_at = text, now, now
    program.summary = writing.summary(plan.program) if plan.program else ""
    program.save()
    due = review(plan).case.dates.due
    Refill.objects.create(
        implant=implant,
        at=now,
        by=nurse,
        drugs=one.drugs,
        filled_uL=one.filled_uL,
        expected_uL=2_400,
        measured_uL=2_450,
        error_permille=3,
        pocket_check="aspirated twice, no drug beside the port",
        due_on=(now + timedelta(milliseconds=due)).date() if due is not None else now.date() + timedelta(days=60),
    )
