"""What has to be done, and until when: the lines of the board.

A clinic has thousands of patients, and somebody waits for the page: so only the columns that a line shows are read, in one
query for each kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import IntEnum
from itertools import groupby
from typing import NamedTuple

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic import scans
from intrathecal.workstation.clinic.models import Alarm, Implant, Patient, Program, Refill, Request
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.models.therapy import State

#: How far ahead a refill and the end of a pump's service are shown, days.
REFILL_DAYS, SERVICE_DAYS = 14, 180


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

    ``whom`` is the patient as text, or the name of somebody who is none yet.
    """

    kind: str
    urgency: Urgency
    until: date
    patient: Person | None
    text: str
    whom: str

    @classmethod
    def about(cls, patient: Person, kind: str, urgency: Urgency, until: date, text: str) -> Line:
        """A line about somebody who is a patient."""
        return cls(kind, urgency, until, patient, text, str(patient))


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
    found = [*_alarms(), *_programs(now), *_refills(now), *_service(now), *_trials(now), *_requests()]
    found += [*_unfilled(), *_scans()]
    return sorted(found, key=lambda line: (line.urgency, line.until, line.whom))


def _columns(way: str) -> tuple[str, ...]:
    """The columns of a `Person`, by the ``way`` to the patient."""
    return tuple(f"{way}{name}" for name in Person._fields)


def _alarms() -> Iterator[Line]:
    alarms = Alarm.objects.filter(ended_at=None).order_by()
    for name, critical, began, *who in alarms.values_list(
        "name", "critical", "began_at", *_columns("implant__patient__")
    ):
        yield Line.about(
            Person(*who), "alarm", Urgency.NOW if critical else Urgency.SOON, timezone.localdate(began), name
        )


def _programs(now: date) -> Iterator[Line]:
    waiting = Program.objects.filter(state__in=(State.WAITING, State.UNCERTAIN)).order_by()
    columns = ("state", "summary", "doubt", "written_at", *_columns("patient__"))
    for state, summary, doubt, written, *who in waiting.values_list(*columns):
        if state == State.UNCERTAIN:
            yield Line.about(Person(*who), "uncertain", Urgency.NOW, now, doubt or summary)
        else:
            yield Line.about(Person(*who), "second", Urgency.SOON, timezone.localdate(written), summary)


def _refills(now: date) -> Iterator[Line]:
    """Refills that are due, by their worst case, and pumps whose residual volumes point at trouble."""
    last = Refill.objects.filter(implant=OuterRef("pk")).order_by("-at", "-pk").values("pk")[:1]
    standing = Implant.objects.filter(explanted_on=None).order_by().values(last=Subquery(last))
    due, overdue, soon = now + timedelta(days=REFILL_DAYS), _("overdue since %(days)d d"), _("due")
    refills = Refill.objects.filter(pk__in=standing).order_by()
    wanted = refills.filter(Q(due_on__lte=due) | ~Q(flagged=[]) | Q(implant__residual_trend__isnull=False))
    columns = ("due_on", "at", "flagged", "reasons", *_columns("implant__patient__"))
    for due_on, at, flagged, reasons, *who in wanted.annotate(
        reasons=F("implant__residual_trend__reasons")
    ).values_list(*columns):
        patient, late = Person(*who), (now - due_on).days
        if due_on <= due:
            said = overdue % {"days": late} if late > 0 else soon
            yield Line.about(patient, "refill", Urgency.NOW if late >= 0 else Urgency.SOON, due_on, said)
        if reasons or flagged:
            text = " ".join(reasons) if reasons else "; ".join(flagged)
            yield Line.about(patient, "trend", Urgency.SOON, timezone.localdate(at), text)


def _service(now: date) -> Iterator[Line]:
    until = now + timedelta(days=SERVICE_DAYS)
    ended, ends_soon = _("%(pump)s: service has ended"), _("%(pump)s: service ends")
    ending = Implant.objects.filter(explanted_on=None, service_ends_on__lte=until).order_by()
    for ends, model, serial, *who in ending.values_list("service_ends_on", "model", "serial", *_columns("patient__")):
        urgency = Urgency.SOON if ends <= now + timedelta(days=SERVICE_DAYS // 2) else Urgency.LATER
        text = (ended if ends <= now else ends_soon) % {"pump": f"{model} {serial}"}
        yield Line.about(Person(*who), "service", Urgency.NOW if ends <= now else urgency, ends, text)


def _unfilled() -> Iterator[Line]:
    """Pumps without a fill: nothing reaches the patient."""
    says = _("%(pump)s: not filled yet")
    empty = Implant.objects.filter(explanted_on=None, refills=None).order_by()
    for since, model, serial, *who in empty.values_list("implanted_on", "model", "serial", *_columns("patient__")):
        yield Line.about(Person(*who), "fill", Urgency.SOON, since, says % {"pump": f"{model} {serial}"})


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
        yield Line.about(Person(*who), "mri", urgency, timezone.localdate(ended), text)


def _trials(now: date) -> Iterator[Line]:
    running = _("running; first seen %(days)d d ago")
    trials = Patient.objects.filter(phase=Phase.TRIAL).order_by()
    for since, *who in trials.values_list("since", *_columns("")):
        yield Line.about(Person(*who), "trial", Urgency.SOON, since, running % {"days": (now - since).days})


def _requests() -> Iterator[Line]:
    asked = Request.objects.filter(state=Request.State.OPEN).order_by()
    columns = ("wanted_at", "reason", "name", *_columns("patient__"))
    for wanted, reason, name, *who in asked.values_list(*columns):
        patient = None if who[0] is None else Person(*who)
        whom = name if patient is None else str(patient)
        yield Line("request", Urgency.SOON, timezone.localdate(wanted), patient, reason, whom)
