"""Invented people: who works there, and who is treated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from django.utils import timezone

from intrathecal.workstation.clinic.models import Patient, User
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.models.people import Role

#: For the demonstration alone; a clinic's accounts are made by its administrator.
PASSWORD = "reservoir and catheter"  # noqa: S105
STAFF = (
    ("physician", Role.PHYSICIAN, "Ada", "Berg"),
    ("physician2", Role.PHYSICIAN, "Tomás", "Quiroga"),
    ("nurse", Role.NURSE, "Mira", "Okafor"),
    ("pharmacist", Role.PHARMACIST, "Jon", "Lindqvist"),
    ("administrator", Role.ADMINISTRATOR, "Sol", "Marin"),
)
GIVEN = (
    "Lucia",
    "Anton",
    "Beata",
    "Carlos",
    "Dunja",
    "Emil",
    "Farah",
    "Goran",
    "Hanna",
    "Ivo",
    "Jana",
    "Karim",
    "Leila",
)
FAMILY = ("Moreno", "Abel", "Brandt", "Costa", "Dahl", "Egger", "Fiala", "Greco", "Holm", "Ivanov", "Jansen", "Keller")
INDICATIONS = ("failed-back", "cancer", "spasticity", "crps", "compression-fractures")
#: Phases of those who have, or had, a pump.
PUMPED = ("implanted", "ended")
#: How many in each phase.
PHASES = {Phase.CANDIDATE: 6, Phase.TRIAL: 5, Phase.PLANNED: 3, Phase.IMPLANTED: 28, Phase.ENDED: 4}


def staff() -> None:
    """Make the accounts of those who work there."""
    for name, role, given, family in STAFF:
        User.objects.create_user(name, password=PASSWORD, role=role, first_name=given, last_name=family)


def patients() -> None:
    """Make the patients, in every phase of therapy."""
    random, today = Random(7), timezone.localdate()  # noqa: S311
    physicians = list(User.objects.filter(role=Role.PHYSICIAN))
    for number, phase in enumerate(_phases(), start=1):
        age, years = random.randint(31, 84), random.uniform(0.2, 6) if phase in PUMPED else 0.1
        Patient.objects.create(
            number=f"{1000 + number}",
            family_name=FAMILY[(number * 7) % len(FAMILY)],
            given_name=GIVEN[(number * 3) % len(GIVEN)],
            born=date(today.year - age, random.randint(1, 12), random.randint(1, 28)),
            height_cm=random.randint(152, 191),
            weight_g=random.randint(48_000, 104_000),
            phase=phase,
            indication=INDICATIONS[number % len(INDICATIONS)],
            allergies="penicillin" if number % 9 == 0 else "",
            phone=f"+1 555 01{number:02d}",
            physician=physicians[number % len(physicians)],
            since=today - timedelta(days=int(365 * years) + random.randint(5, 40)),
        )


def _phases() -> Iterator[str]:
    for phase, count in PHASES.items():
        yield from [str(phase)] * count
