"""What is looked at after a pump was in an MRI scanner, by how its model meets the magnet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.catalogue import Pump, PumpAid, load_catalogue
from intrathecal.programmer.compounding import amount
from intrathecal.quantities import parse_quantity, rounded
from intrathecal.workstation.clinic.models import Answer, Patient

CHECKLIST = "after-mri"
S_PER_MIN = 60


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
    """The answers of one day."""

    on: date
    answers: tuple[Answer, ...]

    @property
    def open(self) -> tuple[Answer, ...]:
        """What was not as it should be, or not done."""
        return tuple(answer for answer in self.answers if answer.state != Seen.CLEAR)


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
    """All checks after scans, the latest first."""
    by_day: dict[date, list[Answer]] = {}
    for answer in (
        Answer.objects.filter(patient=patient, checklist=CHECKLIST).select_related("by").order_by("-on", "pk")
    ):
        by_day.setdefault(answer.on, []).append(answer)
    return [Looked(on, tuple({one.check_name: one for one in answers}.values())) for on, answers in by_day.items()]
