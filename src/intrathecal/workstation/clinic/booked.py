"""Which times are taken by other appointments, and a time for the next one before a day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from intrathecal.workstation.clinic.models import Appointment, Head, Request

MINUTES = 30
#: The beginnings of appointments on a weekday that are proposed, in order.
HOURS = (9, 10, 11, 13, 14, 15)
SATURDAY = 5
#: No appointment lasts longer.
LONGEST = timedelta(days=1)
#: So far before the day that it has to be done by a time is looked for.
DAYS_BACK = 14


def hold() -> None:
    """Nobody else books until this request is answered: the end of the audit trail is held, which every change needs."""
    Head.objects.select_for_update().get_or_create(pk=1)


def is_taken(at: datetime, minutes: int = MINUTES) -> bool:
    """Whether another appointment, or a time that somebody asked for, lies there."""
    end = at + timedelta(minutes=minutes)
    held = Appointment.objects.filter(cancelled=False, begins_at__range=(at - LONGEST, end))
    asked = Request.objects.filter(state=Request.State.OPEN, wanted_at__range=(at - LONGEST, end))
    times = (*held.values_list("begins_at", "minutes"), *asked.values_list("wanted_at", "minutes"))
    return any(begin < end and at < begin + timedelta(minutes=length) for begin, length in times)


def latest_before(day: date) -> datetime | None:
    """A time that is free on the last weekday until ``day``; None where there is none in the two weeks before."""
    for back in range(DAYS_BACK):
        on = day - timedelta(days=back)
        if on.weekday() >= SATURDAY or on <= timezone.localdate():
            continue
        for hour in HOURS:
            at = timezone.make_aware(datetime.combine(on, time(hour)))
            if not is_taken(at):
                return at
    return None
