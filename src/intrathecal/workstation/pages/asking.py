"""Asking for an appointment without an account: the form, and what became of a request, for whoever has its token.

Nothing here says whether somebody is a patient: every request is answered alike, and looked at by a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from intrathecal.workstation import failing
from intrathecal.workstation.clinic import asking, calendars, limits, links, slots, visiting
from intrathecal.workstation.clinic.models import Request
from intrathecal.workstation.clinic.models.appointments import LONGEST_CONTACT
from intrathecal.workstation.rules import OPEN, SECRET

#: A field that people do not see and programs fill in.
TRAP = "website"
_E_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DIGITS = re.compile(r"\d")
FEWEST_DIGITS = 5


@dataclass(frozen=True)
class Wish:
    """What somebody typed, and what is wrong with it, by the name of the field."""

    name: str
    contact: str
    reason: str
    at: datetime | None
    wrong: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: dict[str, str]) -> Wish:
        """From a form or a call."""
        name, contact, reason = (" ".join(given.get(key, "").split()) for key in ("name", "contact", "reason"))
        wrong, at = {}, None
        if not name or len(name) > LONGEST_CONTACT or not name.isprintable():
            wrong["name"] = _("write your name, in at most %(n)d letters") % {"n": LONGEST_CONTACT}
        if not _reachable(contact):
            wrong["contact"] = _("write a telephone number or an e-mail address, so that the clinic can answer")
        if reason not in visiting.REASONS:
            wrong["reason"] = _("choose what you would come for")
        try:
            at = slots.read(given.get("at", ""))
        except slots.SlotError as problem:
            wrong["at"] = str(problem)
        if given.get(TRAP):
            wrong[TRAP] = _("leave this field empty")
        return cls(name, contact, reason, at, wrong)


def _reachable(contact: str) -> bool:
    if not contact.isprintable() or len(contact) > LONGEST_CONTACT:
        return False
    return bool(_E_MAIL.fullmatch(contact)) or len(_DIGITS.findall(contact)) >= FEWEST_DIGITS


def make(wish: Wish, whence: str) -> Request | None:
    """The request, or None where the wish is wrong: then ``wish.wrong`` says why."""
    if wish.wrong or wish.at is None:
        return None
    try:
        made = asking.ask(wish.name, wish.contact, wish.reason, wish.at)
    except slots.SlotError as problem:
        wish.wrong["at"] = str(problem)
        return None
    limits.REQUESTS.count(whence)
    return made


def ask(request: HttpRequest) -> HttpResponse:
    """The form; sent, it leads to the request's own page."""
    if request.method != "POST":
        return _form(request, Wish("", "", "", None), 200)
    whence = limits.whence(request)
    if limits.asked_too_often(whence):
        return failing.too_many(request)
    limits.FORMS.count(whence)
    wish = Wish.of({key: str(value) for key, value in request.POST.items()})
    made = make(wish, whence)
    return redirect("asked", made.token) if made else _form(request, wish, 400)


def _form(request: HttpRequest, wish: Wish, status: int) -> HttpResponse:
    context = {"wish": wish, "days": slots.by_day(slots.free()), "reasons": visiting.REASONS, "trap": TRAP}
    return render(request, "workstation/request_appointment.html", context, status=status)


def _requests() -> QuerySet[Request]:
    return Request.objects.select_related("appointment")


@links.opens(_requests, "token")
def asked(request: HttpRequest, one: Request) -> HttpResponse:
    """What became of a request: for whoever has its token. Names and contacts are not shown again."""
    return render(request, "workstation/asked.html", {"asked": one, "reason": visiting.said(one.reason)})


@links.opens(_requests, "token")
def calendar(request: HttpRequest, one: Request) -> HttpResponse:
    """Its calendar file."""
    return calendars.download(calendars.of_request(one))


urlpatterns = [
    path("request-appointment", ask, name="request_appointment"),
    path("request-appointment/<str:secret>", asked, name="asked"),
    path("request-appointment/<str:secret>/appointment.ics", calendar, name="asked_calendar"),
]
RULES = {"request_appointment": OPEN, "asked": SECRET, "asked_calendar": SECRET}
