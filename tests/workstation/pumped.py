"""Somebody with a pump, a catheter, a program and two refills, for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from intrathecal.workstation.clinic.models import Catheter, Implant, Patient, Program, Refill, User

#: Morphine 10 mg/mL at 2 mg a day: 0.2 mL a day.
FILE = """
[patient]
height = "170 cm"
weight = "70.5 kg"
age = 65
oral_opioid = "120 mg/day"

[pump]
model = "synchromed-ii-20"
implanted = 2026-03-02
utc_offset = "+00:00"

[catheter]
model = "ascenda-8780"
removed = "30 cm"
tip = "T10"

[[drug]]
name = "morphine"
concentration = "10 mg/mL"

[fill]
volume = "20 mL"
at = 2026-03-02T10:00:00
primed = "tip"
low_reservoir_alarm = "2 mL"
lead = "7 days"

[program]
text = "2 mg/day"

[simulation]
days = 30
"""


def pump(patient: Patient, days: int = 60) -> Implant:
    """A pump of 20 mL that gives 0.2 mL a day and was filled with 18 mL so many ``days`` ago, to the minute."""
    physician = User.objects.create_user("dr", password="x", role="physician")  # noqa: S106
    filled = timezone.now().replace(second=0, microsecond=0) - timedelta(days=days)
    implant = Implant.objects.create(
        patient=patient,
        model="synchromed-ii-20",
        serial="NGV300137H",
        pocket="left abdomen",
        implanted_on=(filled - timedelta(days=80)).date(),
        service_ends_on=date(2033, 3, 2),
    )
    Catheter.objects.create(
        implant=implant,
        placed_on=implant.implanted_on,
        tip_level="T10",
        segments=[
            {"model": "ascenda-8780", "segment": "pump", "length_mm": 760, "trimmed_mm": 0, "dead_nL": 167_200},
            {"model": "ascenda-8780", "segment": "spinal", "length_mm": 380, "trimmed_mm": 300, "dead_nL": 17_600},
        ],
        dead_nL=184_800,
    )
    Program.objects.create(
        patient=patient,
        text=FILE,
        summary="morphine 2 mg/day",
        state="in_force",
        written_by=physician,
        begins_at=filled - timedelta(days=79),
    )
    for at, expected, measured in ((filled - timedelta(days=70), 2000, 2100), (filled, 4000, 4200)):
        Refill.objects.create(
            implant=implant,
            at=at,
            by=physician,
            drugs={"morphine": "10 mg/mL"},
            filled_uL=18_000,
            expected_uL=expected,
            measured_uL=measured,
            error_permille=7,
            due_on=(at + timedelta(days=73)).date(),
        )
    return implant


def noon(day: date) -> datetime:
    """A day as a moment."""
    return datetime.combine(day, datetime.min.time(), tzinfo=UTC) + timedelta(hours=12)
