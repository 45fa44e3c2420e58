"""When an appointment can be had: the clinic's hours, without what is taken. Nobody gets a slot twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.quantities import InputError
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Appointment, Patient, Request

#: Hours of a weekday, and the length of a slot; holidays are not known.
HOURS = ((9, 12), (13, 16))
MINUTES = 30
#: Slots are offered from the next day on, for so many days.
DAYS_AHEAD = 28
SATURDAY = 5
#: So many days before the day by which somebody has to come are looked through.
DAYS_BACK = 14


class SlotError(InputError):
    """A time that cannot be had: why, and what would be right."""


def free(today: date | None = None, minutes: int = MINUTES, besides: Appointment | None = None) -> list[datetime]:
    """When something of so many ``minutes`` can begin, in order, as if the appointment ``besides`` were not there."""
    first, length = (today or timezone.localdate()) + timedelta(days=1), timedelta(minutes=minutes)
    taken = list(_taken(first, first + timedelta(days=DAYS_AHEAD), besides))
    return [at for at, closes in _all(first) if at + length <= closes and not _meets(at, length, taken)]


def by_day(slots: list[datetime]) -> list[tuple[date, list[datetime]]]:
    """The same, day by day."""
    days: dict[date, list[datetime]] = {}
    for at in slots:
        days.setdefault(timezone.localdate(at), []).append(at)
    return list(days.items())


def read(text: str) -> datetime:
    """The slot that a form or a call names; raises `SlotError`."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise SlotError(_("choose one of the times that are offered")) from None
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def take(at: datetime, minutes: int = MINUTES, besides: Appointment | None = None) -> datetime:
    """See, as the only one who does, that a time is free; raises `SlotError`. Call it inside a transaction."""
    trail.hold()
    if at not in free(minutes=minutes, besides=besides):
        raise SlotError(_("this time is not free any more; choose another one"))
    return at


def is_taken(at: datetime, minutes: int = MINUTES) -> bool:
    """Whether an appointment, or a time that somebody asked for, lies there; outside of the clinic's hours too."""
    length, day = timedelta(minutes=minutes), timezone.localdate(at)
    return _meets(at, length, _taken(day, timezone.localdate(at + length) + timedelta(days=1), None))


def latest_before(day: date) -> datetime | None:
    """The first free slot of the last day until ``day`` that has one; None where none of the two weeks before has."""
    for back in range(DAYS_BACK):
        on = day - timedelta(days=back)
        if on <= timezone.localdate():
            return None
        taken = list(_taken(on, on + timedelta(days=1), None))
        for at, _closes in _of(on):
            if not _meets(at, timedelta(minutes=MINUTES), taken):
                return at
    return None


def _meets(at: datetime, length: timedelta, taken: Iterable[tuple[datetime, datetime]]) -> bool:
    return any(begin < at + length and at < end for begin, end in taken)


def _all(first: date) -> Iterator[tuple[datetime, datetime]]:
    """The beginnings of all slots, and when the clinic's hours end after each."""
    for number in range(DAYS_AHEAD):
        yield from _of(first + timedelta(days=number))


def _of(day: date) -> Iterator[tuple[datetime, datetime]]:
    """Those of one day."""
    if day.weekday() >= SATURDAY:
        return
    for begin, end in HOURS:
        closes = timezone.make_aware(datetime.combine(day, time(end)))
        for minute in range(begin * 60, end * 60, MINUTES):
            yield timezone.make_aware(datetime.combine(day, time(minute // 60, minute % 60))), closes


def _taken(first: date, last: date, besides: Appointment | None) -> Iterator[tuple[datetime, datetime]]:
    """Appointments and open requests, from beginning to end; long ones may begin on the day before."""
    since = timezone.make_aware(datetime.combine(first - timedelta(days=1), time()))
    until = timezone.make_aware(datetime.combine(last, time()))
    held = Appointment.objects.filter(cancelled=False, begins_at__range=(since, until))
    held = held.exclude(pk=besides.pk) if besides else held
    asked = Request.objects.filter(state=Request.State.OPEN, wanted_at__range=(since, until))
    for at, minutes in (*held.values_list("begins_at", "minutes"), *asked.values_list("wanted_at", "minutes")):
        yield at, at + timedelta(minutes=minutes)


def refill_after(patient: Patient, day: date) -> Appointment | None:
    """The first appointment for a refill that is made for after a ``day``."""
    made = patient.appointments.filter(cancelled=False, kind="refill", begins_at__date__gt=day)
    return made.order_by("begins_at").first()
