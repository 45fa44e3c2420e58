"""How long the board takes in a clinic of ten thousand patients, in a database that is made for it and thrown away.

``python -m bench.board``: median and 95th percentile of each page, by the clock and by the processor alone. The clock tells more
of the machine than of the program where other work runs beside it.
"""

from __future__ import annotations

import os
import tempfile
from datetime import date, timedelta
from random import Random
from time import perf_counter, process_time

PATIENTS, PUMPS, REFILLS, ASKED = 10_000, 9_000, 7, 40
PAGES = (
    "/",
    "/?kind=refill",
    "/?q=Name12",
    "/?sort=-until&page=7",
    "/board.csv",
    "/patients/?q=Name12",
    "/patients/5000/",
)


def main() -> None:
    """Make it, and ask for every page so many times."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "INTRATHECAL_HOME": home,
            "INTRATHECAL_HOSTS": "testserver",
            "DJANGO_SETTINGS_MODULE": "intrathecal.workstation.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import transaction
        from django.test import Client

        call_command("migrate", verbosity=0)
        with transaction.atomic():
            user = _clinic()
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        for page in PAGES:
            print(_measured(client, page))


def _clinic() -> object:
    from django.utils import timezone

    from intrathecal.workstation.clinic import trends
    from intrathecal.workstation.clinic.models import Alarm, Implant, Patient, Program, Refill, User

    random, today, now = Random(5), timezone.localdate(), timezone.now()  # noqa: S311
    user = User.objects.create_user("physician", password="made for a measurement", role="physician")  # noqa: S106
    Patient.objects.bulk_create(
        Patient(
            number=str(100_000 + index),
            family_name=f"Name{random.randint(0, 3000)}",
            given_name=f"Given{index % 97}",
            born=date(1950, 1, 1) + timedelta(days=random.randint(0, 20_000)),
            height_cm=170,
            weight_g=70_000,
            phase="implanted" if index < PUMPS else ("trial", "candidate", "planned")[index % 3],
            indication="neuropathic",
            since=today - timedelta(days=random.randint(10, 2000)),
            physician=user,
        )
        for index in range(PATIENTS)
    )
    Implant.objects.bulk_create(
        Implant(
            patient=patient,
            model="synchromed-ii-20",
            serial=f"S{patient.pk}",
            implanted_on=today - timedelta(days=700),
            service_ends_on=today + timedelta(days=random.randint(-20, 2400)),
        )
        for patient in Patient.objects.filter(phase="implanted")
    )
    implants = list(Implant.objects.select_related("patient"))
    refills = []
    for implant in implants:
        due_in = random.randint(-5, 74)
        for number in range(REFILLS):
            at = now + timedelta(days=due_in - 74 * (number + 1))
            left = max(0, round(3000 + random.gauss(0, 900))) + (3000 if implant.pk % 60 == 0 else 0)
            refills.append(
                Refill(
                    implant=implant,
                    at=at,
                    by=user,
                    filled_uL=18_000,
                    expected_uL=3_000,
                    measured_uL=left,
                    due_on=(at + timedelta(days=74)).date(),
                )
            )
    Refill.objects.bulk_create(refills, batch_size=2000)
    for implant in implants:
        trends.refresh(implant)
    Alarm.objects.bulk_create(
        Alarm(implant=implant, name="low reservoir", began_at=now) for implant in implants if implant.pk % 90 == 0
    )
    Program.objects.bulk_create(
        Program(patient=implant.patient, text="", summary="morphine 1 mg/day", state="waiting", written_by=user)
        for implant in implants
        if implant.pk % 100 == 0
    )
    return user


def _measured(client: object, page: str) -> str:
    clock, processor = [], []
    for _ in range(ASKED):
        began, worked = perf_counter(), process_time()
        answer = client.get(page)  # type: ignore[attr-defined]
        clock.append(1000 * (perf_counter() - began))
        processor.append(1000 * (process_time() - worked))
        if answer.status_code != 200:
            raise SystemExit(f"{page}: {answer.status_code}")
    told = ", ".join(f"{name} {_of(values)}" for name, values in (("clock", clock), ("processor", processor)))
    return f"{page:<28} {told}"


def _of(values: list[float]) -> str:
    ordered = sorted(values)
    return f"median {ordered[len(ordered) // 2]:.0f} ms, p95 {ordered[int(0.95 * len(ordered)) - 1]:.0f} ms"


if __name__ == "__main__":
    main()
