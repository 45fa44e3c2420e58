"""Invented checklists, trial diaries, appointments and requests; and a patient who can log in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic import asking, checklists, slots
from intrathecal.workstation.clinic.models import Answer, Appointment, Note, Patient, Score, User
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.models.people import Role
from intrathecal.workstation.demo.people import PASSWORD

#: The login of an invented patient.
LOGIN = "patient"
#: Pain before and in the trial of each who is on one, and how many days it has lasted.
TRIALS = ((7.6, 2.6, 5), (6.8, 3.4, 4), (7.2, 6.6, 4), (8.1, 2.2, 1), (6.5, 2.0, 3))
HOURS = (8, 12, 16, 20)
BASELINE_DAYS = 4
ASKED = (
    ("Rosa Winter", "+1 555 0191", "first"),
    ("Lucia Moreno", "lucia@example.org", "trouble"),
    ("Per Aasen", "+1 555 0192", "talk"),
    ("Mina Solberg", "mina@example.org", "first"),
)


def visits() -> None:
    """Make them."""
    random = Random(23)  # noqa: S311
    nurse = User.objects.filter(role=Role.NURSE).first()
    physician = User.objects.filter(role=Role.PHYSICIAN).first()
    for index, one in enumerate(Patient.objects.filter(phase=Phase.CANDIDATE).order_by("number")):
        _checklist(one, index % 4 * 3, timezone.localdate(), nurse)
        _scores(one, "baseline", timezone.localdate() - timedelta(days=2), 2, 7.0, random)
    for one, (before, during, days) in zip(
        Patient.objects.filter(phase=Phase.TRIAL).order_by("number"), TRIALS, strict=False
    ):
        begun = timezone.localdate() - timedelta(days=days)
        _checklist(one, len(load_catalogue().checks), begun, physician)
        _scores(one, "baseline", begun - timedelta(days=BASELINE_DAYS), BASELINE_DAYS, before, random)
        _scores(one, "trial", begun, days, during, random)
        Note.objects.create(
            patient=one, at=_at(begun, 7), by=physician, kind=checklists.BEGUN, text="The trial begins."
        )
    _appointments()
    own = Patient.objects.filter(phase=Phase.IMPLANTED).order_by("number").first()
    if own:
        for number in range(12):
            Score.objects.create(
                patient=own,
                at=_at(timezone.localdate() - timedelta(days=3 * (12 - number)), 19),
                tenths=10 * min(max(round(random.gauss(3.4, 1.2)), 0), 10),
            )
    if own and not User.objects.filter(role=Role.PATIENT).exists():
        User.objects.create_user(
            LOGIN,
            password=PASSWORD,
            role=Role.PATIENT,
            patient=own,
            first_name=own.given_name,
            last_name=own.family_name,
        )


def _checklist(patient: Patient, answered: int, on: date, by: User) -> None:
    for name in list(load_catalogue().checks)[:answered]:
        Answer.objects.create(
            patient=patient, checklist=checklists.NAME, check_name=name, state=checklists.DONE, on=on, by=by
        )


def _scores(patient: Patient, phase: str, first: date, days: int, pain: float, random: Random) -> None:
    """Four scores a day, scattered by a point."""
    for number in range(days):
        for hour in HOURS:
            score = min(max(round(random.gauss(pain, 0.9)), 0), 10)
            Score.objects.create(
                patient=patient,
                at=_at(first + timedelta(days=number), hour),
                phase=phase,
                tenths=10 * score,
                rescue_mme=random.choice((0, 0, 10)) if phase == "baseline" else 0,
                function="" if phase == "baseline" or hour != HOURS[-1] else ("better" if pain < 5 else "same"),
                side_effect="itching" if phase == "trial" and number == 0 and hour == HOURS[1] else "",
            )


def _appointments() -> None:
    """Over the next weeks, and some that were asked for."""
    random, free = Random(29), slots.free()  # noqa: S311
    patients = list(Patient.objects.filter(phase__in=(Phase.IMPLANTED, Phase.TRIAL, Phase.PLANNED)).order_by("number"))
    for number, at in enumerate(sorted(random.sample(free, 22))):
        one = patients[number * 5 % len(patients)]
        kind = "refill" if one.phase == Phase.IMPLANTED else "talk"
        Appointment.objects.create(patient=one, begins_at=at, minutes=slots.MINUTES, kind=kind)
    for (name, contact, reason), at in zip(ASKED, random.sample(slots.free(), len(ASKED)), strict=True):
        asking.ask(name, contact, reason, at)


def _at(day: date, hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))
