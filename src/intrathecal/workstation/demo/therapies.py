"""Invented pumps, catheters, programs and refills of those who have them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from intrathecal.workstation.clinic.models import Alarm, Catheter, Implant, Note, Patient, Program, Refill, User
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.models.people import Role
from intrathecal.workstation.clinic.models.therapy import State

LEVELS = ("T8", "T9", "T10", "T11")
#: Residuals of the last refill, thousandths too little; the last ones point at trouble.
RESIDUALS = (-20, 10, 35, -45, 60, 5, 120, -15, 190)


def therapies() -> None:
    """Make them."""
    random, nurse = Random(11), User.objects.filter(role=Role.NURSE).first()  # noqa: S311
    physician = User.objects.filter(role=Role.PHYSICIAN).first()
    for index, patient in enumerate(
        Patient.objects.filter(phase__in=(Phase.IMPLANTED, Phase.ENDED)).order_by("number")
    ):
        implant = _implant(patient, index, random)
        _refills(implant, index, random, nurse)
        _program(patient, implant, index, physician)
        if index % 13 == 3:
            Alarm.objects.create(implant=implant, name="low reservoir", began_at=timezone.now() - timedelta(hours=7))
        if index % 17 == 5:
            Alarm.objects.create(
                implant=implant, name="motor stall", critical=True, began_at=timezone.now() - timedelta(hours=2)
            )


def _implant(patient: Patient, index: int, random: Random) -> Implant:
    begun, ended = patient.since + timedelta(days=30), patient.phase == Phase.ENDED
    if begun > timezone.localdate():
        begun = timezone.localdate() - timedelta(days=20)
    implant = Implant.objects.create(
        patient=patient,
        model="synchromed-ii-20" if index % 2 else "synchromed-ii-40",
        serial=f"NGV{300_000 + 137 * index}H",
        pocket="left abdomen" if index % 3 else "right abdomen",
        implanted_on=begun,
        service_ends_on=begun + timedelta(days=int(6.5 * 365)),
        purge_uL=260,
        explanted_on=timezone.localdate() - timedelta(days=40) if ended else None,
        why_explanted="infection of the pocket" if ended else "",
    )
    Catheter.objects.create(
        implant=implant,
        placed_on=begun,
        tip_level=LEVELS[index % len(LEVELS)],
        segments=[{"model": "ascenda-8780", "length_mm": 1140, "trimmed_mm": 420 + 10 * (index % 7)}],
        dead_nL=170_000 + 1000 * (index % 9),
    )
    Note.objects.create(patient=patient, at=_at(begun), by=patient.physician, kind="implant", text="Uneventful.")
    return implant


def _refills(implant: Implant, index: int, random: Random, nurse: User) -> None:
    today = timezone.localdate()
    last = implant.explanted_on or today
    due_in = -3 if index % 11 == 2 else (index * 3) % 60
    day = last - timedelta(days=74 - due_in)
    days: list[date] = []
    while day > implant.implanted_on and len(days) < 6:
        days.append(day)
        day -= timedelta(days=74)
    for number, on in enumerate(reversed(days)):
        error = RESIDUALS[(index + number) % len(RESIDUALS)]
        expected = 2_000 + 100 * (index % 8)
        Refill.objects.create(
            implant=implant,
            at=_at(on),
            by=nurse,
            drugs={"morphine": "10 mg/mL"},
            filled_uL=18_000,
            expected_uL=expected,
            measured_uL=expected + 16 * error,
            error_permille=error,
            flagged=[f"{error / 10:g} % less was given than programmed"] if error > 150 else [],
            pocket_check="aspirated twice, no drug beside the port",
            due_on=on + timedelta(days=74),
        )


def _program(patient: Patient, implant: Implant, index: int, physician: User) -> None:
    begun = _at(implant.implanted_on) + timedelta(days=1)
    ended = patient.phase == Phase.ENDED
    Program.objects.create(
        patient=patient,
        text="",
        summary=f"morphine {0.8 + 0.1 * (index % 9):.1f} mg/day",
        state=State.REPLACED if ended else State.IN_FORCE,
        written_by=physician,
        confirmed_by=physician,
        confirmed_at=begun,
        begins_at=begun,
        ends_at=_at(implant.explanted_on) if implant.explanted_on else None,
    )


def _at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(9, 30)))
