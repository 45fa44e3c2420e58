"""Invented therapy files for the programs, an earlier program of each pump, and pain as it was told."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from django.utils import timezone

from intrathecal.workstation.clinic.models import Appointment, Implant, Patient, Program, Score
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.units import MM_PER_CM, UL_PER_ML

#: What was in force before, in tenths of what is.
BEFORE_TENTHS = 7
#: Pain is told for so long, days.
SCORED_DAYS = 120
#: So many refills make a trend worth looking at; so much is left too much where something is wrong.
FEWEST, LEFT_uL = 2, 3_500


def courses() -> None:
    """Make what is missing; what other parts of the demonstration made stays."""
    random = Random(13)  # noqa: S311
    for index, program in enumerate(Program.objects.filter(text="").exclude(begins_at=None).order_by("pk")):
        _earlier(program, index)
        program.text = _text(program, _daily_of(program), index)
        program.save()
        if not program.patient.scores.exists():
            _scores(program.patient, random)
    for index, patient in enumerate(Patient.objects.filter(phase="implanted", appointments=None).order_by("pk")):
        if index % 3 == 0:
            at = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=2 + index)
            Appointment.objects.create(patient=patient, begins_at=at, kind="refill")
    _troubles()


def _troubles() -> None:
    """What else a board should have: refills that point at trouble together, a pump near its end, a program that waits."""
    pumps = [implant for implant in Implant.objects.filter(explanted_on=None) if implant.refills.count() > FEWEST]
    for implant in pumps[:2]:
        for refill in implant.refills.all()[:2]:
            refill.measured_uL = refill.expected_uL + LEFT_uL
            refill.save()
    for days, implant in zip((-2, 40, 150), pumps[2:], strict=False):
        implant.service_ends_on = timezone.localdate() + timedelta(days=days)
        implant.save()
    force = Program.objects.filter(state=State.IN_FORCE).order_by("pk")
    if not Program.objects.filter(state=State.WAITING).exists():
        for program in force[3:5]:
            more = f"{float(_daily_of(program)) * 1.2:.2f}"
            Program.objects.create(
                patient=program.patient,
                text=program.text.replace(f"{_daily_of(program)} mg/day", f"{more} mg/day"),
                summary=f"morphine {more} mg/day",
                state=State.WAITING,
                written_by=program.written_by,
                confirmed_by=program.written_by,
                confirmed_at=timezone.now(),
            )


def _daily_of(program: Program) -> str:
    """The daily dose that `therapies` wrote into the summary, mg."""
    return str(program.summary).split()[1]


def _earlier(program: Program, index: int) -> None:
    changed = program.begins_at + timedelta(days=40)
    if program.state != State.IN_FORCE or changed > timezone.now():
        return
    daily = f"{float(_daily_of(program)) * BEFORE_TENTHS / 10:.2f}"
    first = Program.objects.create(
        patient=program.patient,
        text=_text(program, daily, index),
        summary=f"morphine {daily} mg/day",
        state=State.REPLACED,
        written_by=program.written_by,
        confirmed_by=program.confirmed_by,
        confirmed_at=program.begins_at,
        begins_at=program.begins_at,
        ends_at=changed,
    )
    Program.objects.filter(pk=first.pk).update(written_at=program.begins_at)
    program.begins_at = program.confirmed_at = changed


def _text(program: Program, daily: str, index: int) -> str:
    """A whole therapy file of the patient's pump, catheter and last fill."""
    patient, implant = program.patient, program.patient.implants.order_by("-implanted_on").first()
    refill, catheter = implant.refills.first(), implant.catheters.first()
    filled = refill.at if refill else program.begins_at
    segment = catheter.segments[0]
    demand = f"on demand {float(daily) / 20:.3f} mg over 4 min, lockout 4 h, max 4 per day\n" if index % 3 == 0 else ""
    night = f"22:00-06:00  {float(daily) * 0.8:.2f} mg/day\n" if index % 2 else ""
    return f'''title = "Morphine by {implant.serial}"

[patient]
height = "{patient.height_cm} cm"
weight = "{patient.weight_kg:g} kg"
indication = "neuropathic"
pain = 7
oral_opioid = "120 mg/day"

[pump]
model = "{implant.model}"
implanted = {implant.implanted_on}

[catheter]
model = "ascenda-8780"
removed = "{segment["trimmed_mm"] / MM_PER_CM:g} cm"
tip = "{catheter.tip_level}"

[[drug]]
name = "morphine"
concentration = "10 mg/mL"

[fill]
volume = "{(refill.filled_uL if refill else 18_000) / UL_PER_ML:g} mL"
at = {timezone.localtime(filled):%Y-%m-%dT%H:%M:%S}
primed = "tip"
low_reservoir_alarm = "2 mL"

[program]
text = """
{daily} mg/day
{night}{demand}"""

[simulation]
days = 28
'''


def _scores(patient: Patient, random: Random) -> None:
    pain, now = 7.0, timezone.now()
    for day in range(SCORED_DAYS, 0, -9):
        pain = max(2.0, min(9.0, pain + random.uniform(-1.1, 0.8)))
        Score.objects.create(
            patient=patient, at=now - timedelta(days=day, hours=random.randint(0, 9)), tenths=round(pain * 10)
        )
