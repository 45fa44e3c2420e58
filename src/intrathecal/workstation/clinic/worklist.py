"""What has to be done, and until when: the lines of the board."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic.models import Alarm, Implant, Patient, Program, Refill, Request
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.models.therapy import State

#: How far ahead a refill and the end of a pump's service are shown, days.
REFILL_DAYS, SERVICE_DAYS = 14, 180


class Urgency(IntEnum):
    """How soon something has to be done."""

    NOW, SOON, LATER = range(3)


@dataclass(frozen=True)
class Line:
    """One thing to do: its ``kind`` and ``until`` when, about whom, and what in a sentence."""

    kind: str
    urgency: Urgency
    until: date
    patient: Patient | None
    text: str
    name: str = ""

    @property
    def whom(self) -> str:
        """The patient, or the name of somebody who is none yet."""
        return str(self.patient) if self.patient else self.name


def kinds() -> dict[str, str]:
    """What there is to do, by its short name."""
    return {
        "alarm": _("Alarm"),
        "uncertain": _("Delivery uncertain"),
        "refill": _("Refill"),
        "second": _("Second person"),
        "trend": _("Residual"),
        "trial": _("Trial"),
        "request": _("Appointment request"),
        "service": _("End of service"),
    }


def lines(today: date | None = None) -> list[Line]:
    """All of it, what is most urgent first."""
    now = today or timezone.localdate()
    found = [*_alarms(), *_programs(now), *_refills(now), *_service(now), *_trials(), *_requests()]
    return sorted(found, key=lambda line: (line.urgency, line.until, line.whom))


def _alarms() -> Iterator[Line]:
    for alarm in Alarm.objects.filter(ended_at=None).select_related("implant__patient"):
        urgency = Urgency.NOW if alarm.critical else Urgency.SOON
        yield Line("alarm", urgency, timezone.localdate(alarm.began_at), alarm.implant.patient, alarm.name)


def _programs(now: date) -> Iterator[Line]:
    for program in Program.objects.filter(state__in=(State.WAITING, State.UNCERTAIN)).select_related("patient"):
        if program.state == State.UNCERTAIN:
            yield Line("uncertain", Urgency.NOW, now, program.patient, program.doubt or program.summary)
        else:
            yield Line("second", Urgency.SOON, timezone.localdate(program.written_at), program.patient, program.summary)


def _refills(now: date) -> Iterator[Line]:
    last = Refill.objects.filter(implant=OuterRef("pk")).order_by("-at", "-pk").values("pk")[:1]
    standing = Implant.objects.filter(explanted_on=None).annotate(last=Subquery(last)).exclude(last=None)
    refills = Refill.objects.filter(pk__in=standing.values("last")).select_related("implant__patient")
    for refill in refills.filter(due_on__lte=now + timedelta(days=REFILL_DAYS)):
        late = (now - refill.due_on).days
        said = _("overdue since %(days)d d") % {"days": late} if late > 0 else _("due")
        yield Line("refill", Urgency.NOW if late >= 0 else Urgency.SOON, refill.due_on, refill.implant.patient, said)
    for refill in refills.exclude(flagged=[]):
        text = "; ".join(refill.flagged)
        yield Line("trend", Urgency.SOON, timezone.localdate(refill.at), refill.implant.patient, text)


def _service(now: date) -> Iterator[Line]:
    ending = Implant.objects.filter(explanted_on=None, service_ends_on__lte=now + timedelta(days=SERVICE_DAYS))
    for implant in ending.select_related("patient"):
        urgency = Urgency.SOON if implant.service_ends_on <= now + timedelta(days=SERVICE_DAYS // 2) else Urgency.LATER
        yield Line("service", urgency, implant.service_ends_on, implant.patient, str(implant))


def _trials() -> Iterator[Line]:
    for patient in Patient.objects.filter(phase=Phase.TRIAL):
        yield Line("trial", Urgency.SOON, patient.since, patient, _("running"))


def _requests() -> Iterator[Line]:
    for asked in Request.objects.filter(state=Request.State.OPEN).select_related("patient"):
        until = timezone.localdate(asked.wanted_at)
        yield Line("request", Urgency.SOON, until, asked.patient, asked.reason, asked.name)
