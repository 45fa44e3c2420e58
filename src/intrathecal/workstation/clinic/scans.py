"""What is looked at after a pump was in an MRI scanner, by how its model meets the magnet, and what of it is still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.catalogue import Pump, PumpAid, load_catalogue
from intrathecal.programmer.compounding import amount
from intrathecal.quantities import parse_quantity, rounded
from intrathecal.workstation.clinic.models import Answer, Implant, Patient, Scan, User

CHECKLIST = "after-mri"
S_PER_MIN = 60
#: The check that says that a pump gives again, by how it meets a magnet; a pump that is not in it never stopped.
GIVES_AGAIN = {"stalls-and-recovers": "recovered", "valve-closes": "reset"}


class Seen(TextChoices):
    """What was found."""

    CLEAR = "clear", gettext_lazy("As it should be")
    WRONG = "wrong", gettext_lazy("Not as it should be")
    NOT_YET = "not-yet", gettext_lazy("Not done yet")


@dataclass(frozen=True)
class Check:
    """One thing to look at; ``name`` stays the same from scan to scan."""

    name: str
    text: str


@dataclass(frozen=True)
class Looked:
    """A scan, with the last answer to each check."""

    scan: Scan
    answers: tuple[Answer, ...]

    @property
    def open(self) -> tuple[Answer, ...]:
        """What was not as it should be, or not done."""
        return tuple(answer for answer in self.answers if answer.state != Seen.CLEAR)


def in_short() -> dict[str, str]:
    """The checks in few words, for lists."""
    return {
        "read": _("reading the pump"),
        "recovered": _("the motor's recovery"),
        "again": _("reading it again"),
        "emptied": _("the reservoir before the scan"),
        "reset": _("the valve's reset"),
        "escaped": _("what escaped"),
        "flow": _("the flow"),
        "program": _("the program"),
        "reservoir": _("the reservoir's count"),
        "clock": _("the clock"),
        "alarms": _("alarms"),
        "patient": _("signs of too much or too little"),
        "site": _("skin over pump and catheter"),
        "told": _("the patient's instruction"),
    }


def aid_of(pump: Pump) -> PumpAid | None:
    """What the catalogue says of a family of pumps."""
    aids = load_catalogue().pump_aids.values()
    return next((aid for aid in aids if pump.name.startswith(aid.pumps)), None)


def checks(pump: Pump, drugs: Mapping[str, str]) -> list[Check]:
    """What to look at; ``drugs`` is the label of the fill."""
    found = [*_magnet(pump, drugs)]
    if pump.kind == "programmable":
        found += [
            Check("program", _("The program that was read back is the one in force.")),
            Check("reservoir", _("The reservoir's count is what it should be.")),
            Check("clock", _("The pump's clock is right.")),
        ]
    if pump.alarms:
        found.append(Check("alarms", _("No alarm sounds, and none is in the log that nobody looked at.")))
    return [
        *found,
        Check("patient", _("No sign of too much or too little: breathing, wakefulness, pain, spasticity, withdrawal.")),
        Check("site", _("Over pump and catheter: no heat, pain or swelling.")),
        Check(
            "told", _("The patient knows the signs of too little, that they may come within a day, and whom to call.")
        ),
    ]


def _magnet(pump: Pump, drugs: Mapping[str, str]) -> list[Check]:
    if pump.mri == "stalls-and-recovers":
        delay = pump.mri_recovery_delay
        usual = "" if delay is None else _(" (usually within %s min)") % rounded(delay.exact / S_PER_MIN)
        return [
            Check("read", _("The pump was read after the scan, outside the scanner's room.")),
            Check("recovered", _("Its log has the motor's stall and its recovery%s.") % usual),
            Check("again", _("Where the recovery was not in the log, the pump was read again until it was.")),
        ]
    if pump.mri == "valve-closes":
        return [
            Check("emptied", _("What had to be taken out of the reservoir before the scan was taken out.")),
            Check("reset", _("The valve was opened again by a reset, and the pump, read after it, gives.")),
            Check("escaped", _("What may have escaped was thought of%s.") % _escaped(pump, drugs)),
        ]
    return [Check("flow", _("The scanner does not change this pump's flow; nothing speaks for it that it did."))]


def _escaped(pump: Pump, drugs: Mapping[str, str]) -> str:
    """The most that a closing valve lets go."""
    volume, known = pump.mri_escape_volume, load_catalogue().drugs
    if volume is None:
        return ""
    doses = [
        f"{drug} {amount(volume.exact * parse_quantity(text, 'concentration').exact, known[drug])}"
        for drug, text in drugs.items()
        if drug in known
    ]
    return _(": at most %(volume)s, %(doses)s") % {"volume": volume, "doses": ", ".join(doses) or "–"}


def looked(patient: Patient) -> list[Looked]:
    """All scans of a patient with what was found after them, the latest first."""
    scans = Scan.objects.filter(implant__patient=patient).select_related("implant", "by")
    return [looked_at(scan) for scan in scans.prefetch_related("answers__by")]


def looked_at(scan: Scan) -> Looked:
    """One scan with what was found after it."""
    last = {answer.check_name: answer for answer in sorted(scan.answers.all(), key=lambda one: one.pk)}
    return Looked(scan, tuple(last.values()))


def open_points() -> QuerySet[Answer]:
    """The last answers to checks after scans of pumps that are in, where they say that something is not right or not done."""
    later = Answer.objects.filter(scan=OuterRef("scan"), check_name=OuterRef("check_name"), pk__gt=OuterRef("pk"))
    said = Answer.objects.filter(scan__isnull=False, scan__implant__explanted_on=None).exclude(state=Seen.CLEAR)
    return said.filter(~Exists(later))


def answer(scan: Scan, told: Mapping[str, tuple[str, str]], on: date, by: User) -> None:
    """Keep what was found after a scan: state and note of each check; what was found before stays in the record."""
    for name, (state, note) in told.items():
        Answer.objects.create(
            patient=scan.implant.patient,
            scan=scan,
            checklist=CHECKLIST,
            check_name=name,
            state=state,
            note=note,
            on=on,
            by=by,
        )


def overlapping(implant: Implant, began: datetime, ended: datetime) -> Scan | None:
    """A scan of this pump at the same time: it is the same one."""
    return implant.scans.filter(ended_at__gte=began, began_at__lte=ended).first()
