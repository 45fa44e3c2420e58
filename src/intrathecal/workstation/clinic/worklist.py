"""What has to be done, and until when: the lines of the board.

A clinic has thousands of patients, and somebody waits for the page: so only the columns that a line shows are read, in one
query for each kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from enum import IntEnum
from itertools import groupby
from typing import NamedTuple

from django.db.models import Exists, F, Max, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic import scans, visiting
from intrathecal.workstation.clinic.checklists import BEGUN
from intrathecal.workstation.clinic.models import Alarm, Filling, Implant, Patient, Program, Refill, Request
from intrathecal.workstation.clinic.models.filling import Stage
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.models.therapy import State

#: How far ahead a refill and the end of a pump's service are shown, days.
REFILL_DAYS, SERVICE_DAYS = 14, 180
#: An empty list as JSON.
NO_LIST = "[]"


class Urgency(IntEnum):
    """How soon something has to be done."""

    NOW, SOON, LATER = range(3)


class Person(NamedTuple):
    """As much of a patient as a line shows."""

    pk: int
    family_name: str
    given_name: str
    number: str

    def __str__(self) -> str:
        return f"{self.family_name}, {self.given_name} ({self.number})"


class Line(NamedTuple):
    """One thing to do: its ``kind`` and ``until`` when, about whom, and what in a sentence.

    ``whom`` is the patient as text, or the name of somebody who is none yet. ``page`` names the page on which it is done, and
    ``key`` whose: the patient's, or the request's.
    """

    kind: str
    urgency: Urgency
    until: date
    patient: Person | None
    text: str
    whom: str
    page: str
    key: int

    @classmethod
    def about(cls, patient: Person, kind: str, urgency: Urgency, until: date, text: str, page: str) -> Line:
        """A line about somebody who is a patient."""
        return cls(kind, urgency, until, patient, text, str(patient), page, patient.pk)


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
        "fill": _("New pump"),
        "mri": _("After MRI"),
    }


def lines(today: date | None = None) -> list[Line]:
    """All of it, what is most urgent first."""
    now = today or timezone.localdate()
    found = [
        *_alarms(),
        *_programs(now),
        *_fillings(),
        *_untold(now),
        *_refills(now),
        *_service(now),
        *_unfilled(),
        *_scans(),
        *_trials(now),
        *_requests(),
    ]
    return sorted(found, key=lambda line: (line.urgency, line.until, line.whom))


def _columns(way: str) -> tuple[str, ...]:
    """The columns of a `Person`, by the ``way`` to the patient."""
    return tuple(f"{way}{name}" for name in Person._fields)


def _alarms() -> Iterator[Line]:
    alarms = Alarm.objects.filter(ended_at=None, implant__explanted_on=None).order_by()
    for name, critical, began, *who in alarms.values_list(
        "name", "critical", "began_at", *_columns("implant__patient__")
    ):
        urgency = Urgency.NOW if critical else Urgency.SOON
        yield Line.about(Person(*who), "alarm", urgency, timezone.localdate(began), name, "pump")


def _programs(now: date) -> Iterator[Line]:
    waiting = Program.objects.filter(state__in=(State.WAITING, State.UNCERTAIN)).order_by()
    columns = ("state", "summary", "doubt", "written_at", *_columns("patient__"))
    for state, summary, doubt, written, *who in waiting.values_list(*columns):
        if state == State.UNCERTAIN:
            yield Line.about(Person(*who), "uncertain", Urgency.NOW, now, doubt or summary, "pump")
        else:
            yield Line.about(Person(*who), "second", Urgency.SOON, timezone.localdate(written), summary, "pump")


def _fillings() -> Iterator[Line]:
    """Refills that wait for a second person."""
    waiting, said = Filling.objects.filter(stage=Stage.WAITING, implant__explanted_on=None).order_by(), _("refill")
    for confirmed, *who in waiting.values_list("confirmed_at", *_columns("implant__patient__")):
        yield Line.about(Person(*who), "second", Urgency.NOW, timezone.localdate(confirmed), said, "refill_second")


def _untold(now: date) -> Iterator[Line]:
    """Refills of which a live pump was not told, or perhaps not: until then it counts what it held before."""
    later = Refill.objects.filter(implant=OuterRef("implant"), at__gt=OuterRef("at"))
    refills = Refill.objects.filter(~Exists(later), untold=True, implant__explanted_on=None).order_by()
    said = _("the pump was not told of the refill")
    for doubt, *who in refills.values_list("doubt", *_columns("implant__patient__")):
        yield Line.about(Person(*who), "uncertain", Urgency.NOW, now, doubt or said, "refill")


def _refills(now: date) -> Iterator[Line]:
    """Refills that are due, by their worst case, and pumps whose residual volumes point at trouble."""
    last = Refill.objects.filter(implant=OuterRef("pk")).order_by("-at", "-pk").values("pk")[:1]
    standing = Implant.objects.filter(explanted_on=None).order_by().values(last=Subquery(last))
    due, overdue, soon = now + timedelta(days=REFILL_DAYS), _("overdue for %(days)d d"), _("due")
    refills = Refill.objects.filter(pk__in=standing).order_by()
    wanted = refills.filter(Q(due_on__lte=due) | ~Q(flagged=[]) | Q(implant__residual_trend__isnull=False))
    columns = ("due_on", "at", "noted", "reasons", *_columns("implant__patient__"))
    read = wanted.annotate(noted=Cast("flagged", TextField()), reasons=F("implant__residual_trend__reasons"))
    for due_on, at, noted, reasons, *who in read.values_list(*columns):
        patient, late = Person(*who), (now - due_on).days
        if due_on <= due:
            said = overdue % {"days": late} if late > 0 else soon
            yield Line.about(patient, "refill", Urgency.NOW if late >= 0 else Urgency.SOON, due_on, said, "refill")
        if reasons or noted != NO_LIST:  # nearly all are empty, and are not worth to be read
            text = " ".join(reasons) if reasons else "; ".join(json.loads(noted))
            yield Line.about(patient, "trend", Urgency.SOON, timezone.localdate(at), text, "refill")


def _service(now: date) -> Iterator[Line]:
    until = now + timedelta(days=SERVICE_DAYS)
    ended, ends_soon = _("%(pump)s: service has ended"), _("%(pump)s: service ends")
    ending = Implant.objects.filter(explanted_on=None, service_ends_on__lte=until).order_by()
    for ends, model, serial, *who in ending.values_list("service_ends_on", "model", "serial", *_columns("patient__")):
        urgency = Urgency.SOON if ends <= now + timedelta(days=SERVICE_DAYS // 2) else Urgency.LATER
        text = (ended if ends <= now else ends_soon) % {"pump": f"{model} {serial}"}
        yield Line.about(Person(*who), "service", Urgency.NOW if ends <= now else urgency, ends, text, "implant")


def _unfilled() -> Iterator[Line]:
    """Pumps without a fill: nothing reaches the patient."""
    says = _("%(pump)s: not filled yet")
    empty = Implant.objects.filter(explanted_on=None, refills=None).order_by()
    for since, model, serial, *who in empty.values_list("implanted_on", "model", "serial", *_columns("patient__")):
        yield Line.about(Person(*who), "fill", Urgency.SOON, since, says % {"pump": f"{model} {serial}"}, "refill")


def _scans() -> Iterator[Line]:
    """What is open after MRI scans, a line for each scan; a pump of which nobody knows that it gives is urgent."""
    columns = ("scan_id", "check_name", "state", "scan__ended_at", "scan__what", *_columns("patient__"))
    found = scans.open_points().order_by("scan_id", "pk").values_list(*columns)
    names, says = scans.in_short(), _("%(what)s; still open: %(points)s")
    for _scan, same in groupby(found, key=lambda row: row[0]):
        rows = list(same)
        _key, _name, _state, ended, what, *who = rows[0]
        points = [names.get(name, name) for _key, name, *_more in rows]
        urgent = any(name in scans.GIVES_AGAIN.values() or state == scans.Seen.WRONG for _key, name, state, *_ in rows)
        text = says % {"what": what, "points": ", ".join(points)}
        urgency = Urgency.NOW if urgent else Urgency.SOON
        yield Line.about(Person(*who), "mri", urgency, timezone.localdate(ended), text, "implant")


def _trials(now: date) -> Iterator[Line]:
    """Trials that run, at the day on which they began where the record says it, and else that of the first visit."""
    running, unknown = _("running since %(days)d d"), _("running; when it began is not in the record")
    trials = Patient.objects.filter(phase=Phase.TRIAL).order_by()
    begun = trials.annotate(begun=Max("notes__at", filter=Q(notes__kind=BEGUN)))
    for began, since, *who in begun.values_list("begun", "since", *_columns("")):
        on = since if began is None else timezone.localdate(began)
        text = unknown if began is None else running % {"days": (now - on).days}
        yield Line.about(Person(*who), "trial", Urgency.SOON, on, text, "trial")


def _requests() -> Iterator[Line]:
    asked = Request.objects.filter(state=Request.State.OPEN).order_by()
    columns = ("pk", "wanted_at", "reason", "name", *_columns("patient__"))
    for key, wanted, reason, name, *who in asked.values_list(*columns):
        patient = None if who[0] is None else Person(*who)
        whom, text = name if patient is None else str(patient), visiting.said(reason)
        yield Line("request", Urgency.SOON, timezone.localdate(wanted), patient, text, whom, "appointment_request", key)
