"""The calls that need no login: free slots, a request, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Router, Schema, Status

from intrathecal.workstation.clinic import limits, links, slots, visiting
from intrathecal.workstation.clinic.models import Request
from intrathecal.workstation.pages.asking import Wish, make
from intrathecal.workstation.rules import OPEN


class Slots(Schema):
    """What can be had: ``free`` in order, each of so many ``minutes``; what somebody may come for, by its short name."""

    free: list[datetime]
    minutes: int
    reasons: dict[str, str]


class Asking(Schema):
    """A request; ``website`` stays empty."""

    name: str
    contact: str
    reason: str
    at: str
    website: str = ""


class Asked(Schema):
    """What became of a request: ``state`` is open, confirmed or declined; ``at`` is when the appointment is, or was wanted."""

    token: str
    state: str
    at: datetime
    minutes: int
    reason: str
    answer: str
    calendar: str


class Problem(Schema):
    """Why not: in a sentence, and what is wrong by the name of the field."""

    detail: str
    fields: dict[str, str] | None = None


router = Router(tags=["public"], auth=None)


@router.get("/slots", response=Slots, url_name="slots")
def free_slots(request: HttpRequest) -> dict[str, Any]:
    """The free slots."""
    reasons = {key: str(name) for key, name in visiting.REASONS.items()}
    return {"free": slots.free(), "minutes": slots.MINUTES, "reasons": reasons}


@router.post("/requests", response={201: Asked, 400: Problem, 409: Problem, 429: Problem}, url_name="requests")
def ask(request: HttpRequest, given: Asking) -> Status[dict[str, Any]]:
    """Ask for an appointment. 409: the slot is not free, choose another one."""
    whence = limits.whence(request)
    if limits.asked_too_often(whence):
        text = _("too many requests within an hour; wait an hour, or telephone the clinic")
        return Status(429, {"detail": text})
    limits.FORMS.count(whence)
    wish = Wish.of(given.dict())
    misread = bool(wish.wrong)
    made = make(wish, whence)
    if made:
        return Status(201, told(made))
    detail = "; ".join(f"{name}: {text}" for name, text in wish.wrong.items())
    return Status(400 if misread else 409, {"detail": detail, "fields": wish.wrong})


@router.get("/requests/{secret}", response={200: Asked, 404: Problem, 429: Problem}, url_name="request")
def became(request: HttpRequest, secret: str) -> Any:
    """What became of a request, for whoever has its token."""
    return _became(request, secret=secret)


@links.opens(lambda: Request.objects.select_related("appointment"), "token")
def _became(request: HttpRequest, one: Request) -> HttpResponse:
    return api.create_response(request, told(one), status=200)


def told(one: Request) -> dict[str, Any]:
    """A request for whoever asked."""
    return {
        "token": one.token,
        "state": one.state,
        "at": one.appointment.begins_at if one.appointment else one.wanted_at,
        "minutes": one.minutes,
        "reason": one.reason,
        "answer": one.answer,
        "calendar": reverse("asked_calendar", args=[one.token]),
    }


api = NinjaAPI(title="intrathecal, public calls", urls_namespace="public", openapi_url=None, docs_url=None)
api.add_router("", router)
urlpatterns = [path("api/public/", api.urls)]
RULES = {"public:api-root": OPEN, "public:slots": OPEN, "public:requests": OPEN, "public:request": OPEN}
