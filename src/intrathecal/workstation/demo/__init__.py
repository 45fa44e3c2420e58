"""A clinic of invented people, for trying out and for teaching."""

from __future__ import annotations

from collections.abc import Iterator


def make() -> Iterator[str]:
    """Fill an empty database, and say who can log in; one that has patients is left as it is."""
    from django.db import transaction

    from intrathecal.workstation.clinic.models import Patient, User
    from intrathecal.workstation.demo import courses, implants, live, people, therapies, visits

    parts = (
        people.staff,
        people.patients,
        therapies.therapies,
        implants.implants,
        live.live,
        courses.courses,
        visits.visits,
    )
    if not Patient.objects.exists():
        with transaction.atomic():
            for part in parts:
                part()
    names = ", ".join(User.objects.exclude(role="patient").order_by("pk").values_list("username", flat=True))
    yield f"A demonstration with invented patients. Log in as {names}; the password of all is: {people.PASSWORD}"
    own = User.objects.filter(role="patient").select_related("patient").first()
    if own:
        yield f"A patient logs in as {own.username} with the same password, or without one at /p/{own.patient.link}/"
