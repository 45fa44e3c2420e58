"""A pump that nothing here talks to: its program is entered with the maker's programmer, and people say what came of it.

The states are those of a program that is sent: in force once it was read back, uncertain where nobody knows, confirmed where it
was not entered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.programmer.confirming import Confirmation, Consent, soft
from intrathecal.quantities import Quantity, rounded
from intrathecal.report.record import Entered, entered_page
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Alarm, Implant, Program, User
from intrathecal.workstation.clinic.models import Reading as Kept
from intrathecal.workstation.clinic.models.therapy import LONGEST_DOUBT, State
from intrathecal.workstation.clinic.noting import note
from intrathecal.workstation.clinic.templatetags.clinical import day, moment
from intrathecal.workstation.clinic.units import UL_PER_ML
from intrathecal.workstation.live import recording
from intrathecal.workstation.live.looking import Look, recorded
from intrathecal.workstation.live.stages import OutOfTurn

#: Of what a display shows, so many digits must be those of the program.
DIGITS = 3
#: What can still be entered, or was.
OPEN = (State.CONFIRMED, State.UNCERTAIN)


@dataclass(frozen=True)
class ReadBack:
    """What the maker's programmer said when the pump was read after it was programmed.

    ``at`` is when it was entered, ``daily`` what is given in a day as a dose of the primary drug or as a volume, ``alarm_on`` the
    day of the low-reservoir alarm (None: it says none), ``sounding`` the names of alarms that still sound.
    """

    at: datetime
    daily: Quantity
    reservoir_uL: int
    alarm_on: date | None
    sounding: tuple[str, ...] = ()

    def facts(self) -> tuple[tuple[str, str], ...]:
        """As they stand in the record."""
        return (
            (_("Entered at"), moment(self.at)),
            (_("Given in a day, as read back"), str(self.daily)),
            (_("In the reservoir, as read back"), f"{rounded(self.reservoir_uL / UL_PER_ML)} mL"),
            (_("Low-reservoir alarm, as read back"), day(self.alarm_on) if self.alarm_on else _("none")),
        )


def meant(seen: Look, kind: str) -> Quantity:
    """What the program gives in a day, in the mean of a week without presses: ``mass rate`` or ``flow``."""
    figures, drug = seen.review.figures, seen.plan.primary
    if kind == "flow":
        return _shown(figures["rate_mL_per_day"], "mL/day", "mL/day", kind)
    return _shown(figures["daily_dose_ug"][drug.name], "mcg/day", f"{drug.customary_mass_unit}/day", kind)


def _shown(figure: float, unit: str, shown: str, kind: str) -> Quantity:
    """A figure of one unit in another, as a display would show it."""
    exact = Quantity(Decimal(figure), unit, kind).to(shown)
    return Quantity(Decimal(rounded(exact, DIGITS + 1)), shown, kind)


def agrees(seen: Look, daily: Quantity) -> bool:
    """Whether a display says the ``daily`` dose or volume of the program, to so many `DIGITS`."""
    wanted = meant(seen, daily.kind).canonical
    return abs(daily.canonical - wanted) <= abs(wanted) / 2 * 10 ** (1 - DIGITS)


def earliest(program: Program) -> datetime:
    """Before this moment nobody can have entered it: it was not confirmed, or another one began later."""
    known = [program.confirmed_at, program.second_at]
    known += program.patient.programs.filter(state=State.IN_FORCE).values_list("begins_at", flat=True)
    return max(at for at in known if at is not None).replace(second=0, microsecond=0)


def order(program: Program, implant: Implant, seen: Look) -> str:
    """What is to be entered, as a page to print with lines for what is read back. Raises `OutOfTurn`."""
    if program.state == State.CONFIRMED:
        _check_same(program)
    lines = (_("Entered at"), _("Given in a day"), _("In the reservoir"), _("Low-reservoir alarm"), _("Entered by"))
    said = _("TO BE ENTERED with the maker's programmer, and read back there. Nothing was sent from here.")
    return _page(program, implant, seen, said, certain=False, facts=tuple((name, "") for name in lines))


def runs(program: Program, implant: Implant, seen: Look, told: ReadBack, by: User) -> None:
    """It was entered and read back: in force from that moment. Raises `OutOfTurn`."""
    said = _("Entered with the maker's programmer by %(by)s and read back there.") % {"by": by}
    page = _page(program, implant, seen, said, certain=True, facts=told.facts())
    with transaction.atomic():
        held = _held(program, implant)
        if held.state == State.CONFIRMED:
            _check_same(held)
        held.record = page
        recording.begin(held, told.at)
        Kept.objects.create(implant=implant, at=told.at, by=by, told=_told(implant, seen, told))
        for alarm in Alarm.objects.filter(implant=implant, ended_at=None).exclude(name__in=told.sounding):
            alarm.ended_at = told.at
            alarm.save()
        words = {"daily": told.daily, "program": held.summary}
        note(held.patient, by, "program", _("Entered by hand and read back (%(daily)s): %(program)s") % words)
    program.refresh_from_db()


def _check_same(program: Program) -> None:
    """Raise `OutOfTurn` where what was confirmed is not what would be entered now."""
    if program.basis != recorded(program):
        raise OutOfTurn(
            _(
                "Pump, fill or program have changed in the record since this was confirmed. Take it back and review it; "
                "if the pump runs it already, say first that it is uncertain."
            )
        )


@transaction.atomic
def not_entered(program: Program, implant: Implant, why: str, by: User) -> None:
    """The pump does not run it: confirmed, and still to be entered. Raises `OutOfTurn`."""
    held = _held(program, implant)
    held.state, held.doubt = State.CONFIRMED, ""
    held.save()
    note(held.patient, by, "program", _("Not entered: %(program)s. %(why)s") % {"program": held.summary, "why": why})


@transaction.atomic
def in_doubt(program: Program, implant: Implant, why: str, by: User) -> None:
    """Nobody knows whether the pump runs it. Raises `OutOfTurn`."""
    held = _held(program, implant)
    said = _("%(by)s, %(at)s: %(why)s") % {"by": by, "at": moment(timezone.now()), "why": why}
    held.state, held.doubt = State.UNCERTAIN, said[:LONGEST_DOUBT]
    held.save()
    text = _("Not certain whether it was entered: %(program)s. %(why)s") % {"program": held.summary, "why": why}
    note(held.patient, by, "program", text)


def check_by_hand(program: Program, implant: Implant | None) -> Implant:
    """The pump, where a program is to be entered by hand. Raises `OutOfTurn`."""
    if implant is None:
        raise OutOfTurn(_("There is no pump in the record."))
    if implant.address:
        raise OutOfTurn(_("This pump answers from here: send the program, or ask the pump what it runs."))
    if program.state not in OPEN:
        raise OutOfTurn(_("It is not confirmed, or it is in force already."))
    return implant


def _held(program: Program, implant: Implant) -> Program:
    """The program as it is now, for a pump that has no address now. Raises `OutOfTurn`."""
    held = trail.locked(Program).get(pk=program.pk)
    check_by_hand(held, Implant.objects.filter(pk=implant.pk, explanted_on=None).first())
    if held.text != program.text:
        raise OutOfTurn(_("It has changed while it was being looked at. Look at it again."))
    return held


def _page(
    program: Program, implant: Implant, seen: Look, status: str, *, certain: bool, facts: tuple[tuple[str, str], ...]
) -> str:
    given = [finding for finding in soft(seen.review.findings) if finding.code in program.reasons]
    confirmations = tuple(Confirmation(finding, program.reasons[finding.code]) for finding in given)
    second = str(program.second_by) if program.second_by else ""
    return entered_page(
        Entered(
            plan=seen.plan,
            digest=sha256(program.text.encode()).hexdigest(),
            serial=implant.serial,
            review=seen.review,
            consent=Consent(str(program.confirmed_by), program.why, second, confirmations),
            rows=seen.rows,
            status=status,
            certain=certain,
            facts=facts,
        )
    )


def _told(implant: Implant, seen: Look, told: ReadBack) -> dict[str, Any]:
    """A reading as those are kept that a pump gives itself, under the same names."""
    return {
        "by_hand": True,
        "identity": implant.serial,
        "model": implant.model,
        "time": timezone.localtime(told.at).isoformat(timespec="milliseconds"),
        "program_text": str(seen.plan.program),
        "daily": str(told.daily),
        "reservoir_mL": told.reservoir_uL / UL_PER_ML,
        "low_reservoir_on": told.alarm_on.isoformat() if told.alarm_on else None,
        "alarms": [{"alarm": name} for name in told.sounding],
        "log": [],
    }
