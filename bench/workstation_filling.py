"""Fill a database with invented patients who all have a pump and refills: ``python -m bench.workstation_filling N``."""

from __future__ import annotations

import sys
from datetime import timedelta
from random import Random


def fill(count: int) -> None:
    """Add the demonstration's staff and ``count`` patients, without a line in the audit trail for each."""
    from intrathecal.workstation.server import prepare

    prepare()
    from django.utils import timezone

    from intrathecal.workstation.clinic.models import Implant, Patient, Refill, User
    from intrathecal.workstation.demo.people import FAMILY, GIVEN, staff

    staff()
    random, today = Random(5), timezone.localdate()  # noqa: S311
    nurse = User.objects.get(username="nurse")
    patients = Patient.objects.bulk_create(
        Patient(
            number=f"{10_000 + n}",
            family_name=FAMILY[n % len(FAMILY)],
            given_name=GIVEN[n // len(FAMILY) % len(GIVEN)],
            born=today - timedelta(days=365 * random.randint(30, 85)),
            height_cm=170,
            weight_g=70_000,
            phase="implanted",
            indication="failed-back",
            since=today - timedelta(days=800),
        )
        for n in range(count)
    )
    implants = Implant.objects.bulk_create(
        Implant(
            patient=one,
            model="synchromed-ii-20",
            serial=f"NGV{one.number}",
            implanted_on=one.since,
            service_ends_on=today + timedelta(days=random.randint(30, 2000)),
        )
        for one in patients
    )
    Refill.objects.bulk_create(
        Refill(
            implant=one,
            at=timezone.now() - timedelta(days=70 * (6 - n)),
            by=nurse,
            filled_uL=18_000,
            due_on=today + timedelta(days=random.randint(-2, 75)),
            flagged=["12 % less was given than programmed"] if random.random() < 0.02 else [],
        )
        for one in implants
        for n in range(6)
    )


if __name__ == "__main__":
    fill(int(sys.argv[1]))
