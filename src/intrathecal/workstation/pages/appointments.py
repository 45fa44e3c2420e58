"""Appointments: what was asked for, to be confirmed, moved or declined, and what is coming."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.workstation.clinic import asking, calendars, mailing, slots, trail, visiting
from intrathecal.workstation.clinic.models import Appointment, Patient, Request
from intrathecal.workstation.clinic.typed import line
from intrathecal.workstation.rules import CARERS, STAFF, Rule

CONFIRM, MOVE, DECLINE, CANCEL, LINK, MAIL = "confirm", "move", "decline", "cancel", "link", "mail"
#: How long an appointment may take, minutes.
LENGTHS = ("30", "60", "90")
MOST_ANSWER = 300
MOST_MATCHES = 8
#: Answered requests are shown for so long.
ANSWERED = timedelta(days=14)


def appointments(request: HttpRequest) -> HttpResponse:
    """Open requests, coming appointments, what was answered lately; a form that is sent makes an appointment."""
    if request.method != "POST":
        return _appointments(request)
    _made, wrong = arrange({key: str(value) for key, value in request.POST.items()})
    if wrong:
        return _appointments(request, wrong, 400)
    messages.success(request, _("The appointment is made."))
    return redirect("appointments")


def arrange(given: Mapping[str, str]) -> tuple[Appointment | None, dict[str, str]]:
    """Make an appointment for a patient; what is wrong, by the name of the field."""
    kind, minutes = given.get("reason", ""), given.get("minutes", "")
    patient, unknown = _numbered(given.get("number", ""))
    wrong = {} if patient else {"number": unknown or _("write the clinic's number of the patient, such as 1001")}
    if kind not in visiting.REASONS:
        wrong["reason"] = _("choose what the patient comes for")
    if minutes not in LENGTHS:
        wrong["minutes"] = _("choose how long it takes")
    if wrong or patient is None:
        return None, wrong
    try:
        return asking.arrange(patient, kind, slots.read(given.get("at", "")), int(minutes)), {}
    except slots.SlotError as problem:
        return None, {"at": str(problem)}


def _numbered(text: str) -> tuple[Patient | None, str]:
    """The patient of a number, and what is wrong with it; nobody for an empty one."""
    number = line(text).split(" ")[0]
    found = Patient.objects.filter(number=number).first() if number else None
    missing = bool(number) and found is None
    return found, _("there is no patient with this number; write one such as 1001") if missing else ""


def _appointments(request: HttpRequest, wrong: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    now = timezone.now()
    coming = Appointment.objects.filter(cancelled=False, begins_at__gte=now - timedelta(hours=12))
    context = {
        "open": Request.objects.filter(state=Request.State.OPEN).select_related("patient").order_by("wanted_at"),
        "coming": coming.select_related("patient", "request"),
        "answered": Request.objects.exclude(state=Request.State.OPEN)
        .filter(made_at__gte=now - ANSWERED)
        .select_related("patient", "appointment")
        .order_by("-made_at"),
        "reasons": visiting.REASONS,
        "lengths": LENGTHS,
        "days": slots.by_day(slots.free()),
        "wrong": wrong or {},
        "entered": request.POST,
    }
    return render(request, "workstation/appointments.html", context, status=status)


def asked(request: HttpRequest, asked: int) -> HttpResponse:
    """One request; a form that is sent answers it."""
    one = get_object_or_404(Request.objects.select_related("patient", "appointment"), pk=asked)
    if request.method != "POST":
        if one.patient:
            trail.viewed(one.patient, "GET appointment_request")
        return _asked(request, one)
    given = {key: str(value) for key, value in request.POST.items()}
    wrong = settle(one, given.get("what", ""), given)
    if wrong:
        return _asked(request, one, wrong, 400)
    messages.success(request, _("Saved."))
    return redirect("appointment_request", one.pk)


def settle(one: Request, what: str, given: Mapping[str, str]) -> dict[str, str]:
    """Answer a request, send the answer again, or say whose it is; what is wrong, by the name of the field."""
    answer = line(given.get("answer", ""))
    if what == LINK:
        found, unknown = _numbered(given.get("number", ""))
        if not unknown:
            asking.belongs_to(one, found)
        return {"number": unknown} if unknown else {}
    if len(answer) > MOST_ANSWER:
        return {"answer": _("write at most %(n)d letters") % {"n": MOST_ANSWER}}
    if what == DECLINE and not answer:
        return {"answer": _("write why, and what would be possible: whoever asked reads it")}
    try:
        if what == CONFIRM:
            asking.confirm(one, answer)
        elif what == MOVE:
            asking.move(one, slots.read(given.get("at", "")), answer)
        elif what == DECLINE:
            asking.decline(one, answer)
        elif what == MAIL and one.state != Request.State.OPEN:
            mailing.soon(one)
        else:
            return {"what": _("choose what to do")}
    except slots.SlotError as problem:
        return {"at": str(problem)}
    return {}


def _asked(request: HttpRequest, one: Request, wrong: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    context = {
        "asked": one,
        "open": one.state == Request.State.OPEN,
        "reason": visiting.said(one.reason),
        "days": slots.by_day(slots.free()),
        "wrong": wrong or {},
        "entered": request.POST,
        "matches": _matches(one),
        "told": mailing.state(one),
        "mailable": settings.CLINIC_MAIL is not None and bool(mailing.address_of(one)),
    }
    return render(request, "workstation/appointment_request.html", context, status=status)


def _matches(one: Request) -> QuerySet[Patient]:
    """Patients of whom a name stands in that of the request."""
    words = [word.strip(",.") for word in one.name.split() if len(word) > 1]
    wanted = Q(pk=None)
    for word in words:
        wanted |= Q(family_name__iexact=word)
    return Patient.objects.filter(wanted)[:MOST_MATCHES]


def appointment(request: HttpRequest, appointment: int) -> HttpResponse:
    """One appointment; a form that is sent moves or cancels it."""
    one = get_object_or_404(Appointment.objects.select_related("patient"), pk=appointment)
    if request.method != "POST":
        if one.patient:
            trail.viewed(one.patient, "GET appointment")
        return _appointment(request, one)
    wrong = change(one, request.POST.get("what", ""), request.POST.get("at", ""))
    if wrong:
        return _appointment(request, one, wrong, 400)
    messages.success(request, _("Changed."))
    return redirect("appointment", one.pk)


def change(one: Appointment, what: str, at: str) -> dict[str, str]:
    """Move or cancel an appointment; what is wrong, by the name of the field."""
    try:
        if what == CANCEL:
            asking.cancel(one)
        elif what == MOVE:
            asking.shift(one, slots.read(at))
        else:
            return {"what": _("choose what to do")}
    except slots.SlotError as problem:
        return {"at": str(problem)}
    return {}


def _appointment(
    request: HttpRequest, one: Appointment, wrong: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    reason, request_of = visiting.said(one.kind), Request.objects.filter(appointment=one).first()
    context = {
        "one": one,
        "reason": reason,
        "told": mailing.state(request_of) if request_of else "",
        "days": slots.by_day(slots.free(minutes=one.minutes, besides=one)),
        "wrong": wrong or {},
    }
    return render(request, "workstation/appointment.html", context, status=status)


def calendar(request: HttpRequest, appointment: int) -> HttpResponse:
    """The calendar file of an appointment."""
    one = get_object_or_404(Appointment.objects.select_related("patient"), pk=appointment)
    if one.patient:
        trail.viewed(one.patient, "GET appointment_calendar")
    return calendars.download(calendars.of_appointment(one))


urlpatterns = [
    path("appointments/", appointments, name="appointments"),
    path("appointments/<int:appointment>/", appointment, name="appointment"),
    path("appointments/<int:appointment>/appointment.ics", calendar, name="appointment_calendar"),
    path("appointments/requests/<int:asked>/", asked, name="appointment_request"),
]
RULES = {
    "appointments": Rule(STAFF, CARERS),
    "appointment": Rule(STAFF, CARERS, notes=True),
    "appointment_calendar": Rule(STAFF, notes=True),
    "appointment_request": Rule(STAFF, CARERS, notes=True),
}
NAVIGATION = (("appointments", gettext_lazy("Appointments")),)
