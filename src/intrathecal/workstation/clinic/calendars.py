"""Appointments as iCalendar files: what a telephone puts into its calendar, changes there and takes out again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.workstation.attaching import attached
from intrathecal.workstation.clinic.models import Appointment, Request
from intrathecal.workstation.clinic.visiting import said


@dataclass(frozen=True)
class Event:
    """An event: the same ``uid`` with a higher ``sequence`` takes the place of what a calendar has."""

    uid: str
    sequence: int
    begins_at: datetime
    minutes: int
    summary: str
    status: str


def of_request(asked: Request) -> Event:
    """Tentative while it is open; the appointment, once there is one."""
    if asked.appointment:
        return of_appointment(asked.appointment)
    declined = asked.state == Request.State.DECLINED
    status = "CANCELLED" if declined else "TENTATIVE"
    return Event(asked.uid, int(declined), asked.wanted_at, asked.minutes, _summary(asked.reason), status)


def of_appointment(one: Appointment) -> Event:
    """Confirmed, or cancelled."""
    status = "CANCELLED" if one.cancelled else "CONFIRMED"
    return Event(one.uid, one.sequence, one.begins_at, one.minutes, _summary(one.kind), status)


def _summary(reason: str) -> str:
    return _("Pain clinic: %(what)s") % {"what": said(reason)}


def file(event: Event) -> bytes:
    """The iCalendar file (RFC 5545) of an event, in UTC."""
    from icalendar import Calendar
    from icalendar import Event as Component

    calendar, component = Calendar(), Component()
    calendar.add("prodid", "-//intrathecal//workstation//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if event.status == "CANCELLED" else "PUBLISH")
    component.add("uid", event.uid)
    component.add("sequence", event.sequence)
    component.add("dtstamp", timezone.now())
    component.add("dtstart", event.begins_at)
    component.add("dtend", event.begins_at + timedelta(minutes=event.minutes))
    component.add("summary", event.summary)
    component.add("status", event.status)
    component.add("class", "PRIVATE")
    calendar.add_component(component)
    return bytes(calendar.to_ical())


def download(event: Event) -> HttpResponse:
    """The file as an answer."""
    return attached(file(event), "appointment.ics", "text/calendar; charset=utf-8")
