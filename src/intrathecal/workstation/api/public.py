"""The calls that need no login: free slots, a request, and what became of it; and a therapy to explore."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status

from intrathecal.workstation import exploring
from intrathecal.workstation.api.shapes import Problem, Text
from intrathecal.workstation.clinic import limits, links, slots, visiting
from intrathecal.workstation.clinic.models import Request
from intrathecal.workstation.pages.asking import Wish, make
from intrathecal.workstation.pages.explore import PER_MINUTE, asked, too_often
from intrathecal.workstation.rules import OPEN, SECRET
from intrathecal.workstation.simulating import in_numbers

router = Router(tags=["public"], auth=None)
#: What the calls answer that strangers make, beside what they are for.
REFUSED: dict[int, Any] = {400: Problem, 422: Problem, 429: Problem}


class Slots(Schema):
    """What can be had: ``free`` in order, each of so many ``minutes``; what somebody may come for, by its short name."""

    free: list[datetime]
    minutes: int
    reasons: dict[str, str]


class Asking(Schema):
    """A request; ``website`` stays empty."""

    name: Text
    contact: Text
    reason: Text
    at: Text
    website: Text = ""


class Asked(Schema):
    """What became of a request: ``state`` is open, confirmed or declined; ``at`` is when the appointment is, or was wanted."""

    token: str
    state: str
    at: datetime
    minutes: int
    reason: str
    answer: str
    calendar: str


class Misread(Problem):
    """Why not, and what is wrong by the name of the field."""

    fields: dict[str, str] | None = None


class ExploreIn(Schema):
    """A therapy for teaching, in the words of a therapy file; what is left out is as the drug is first offered."""

    drug: Text | None = None
    dose: Text | None = None
    concentration: Text | None = None
    tip: Text | None = None
    height: Text | None = None
    weight: Text | None = None
    days: Text | None = None
    shape: Text | None = None
    program: Text | None = None


class ExploredOut(Schema):
    """Figures under the keys of ``simulate --json``; curves in ug/mL and mL/day, seconds since the start."""

    asked: dict[str, Any]
    program: str
    days: float
    drugs: list[str]
    assumptions: list[Any]
    pump: dict[str, Any]
    exposure: dict[str, Any]
    relief: dict[str, Any]
    curves: dict[str, list[float | None]]


class Unexplored(Problem):
    """Why not, and what is wrong by the name of the field."""

    errors: dict[str, list[str]] | None = None


@router.get("/slots", response={200: Slots, **REFUSED}, url_name="public_slots")
def free_slots(request: HttpRequest) -> dict[str, Any]:
    """The free slots."""
    reasons = {key: str(name) for key, name in visiting.REASONS.items()}
    return {"free": slots.free(), "minutes": slots.MINUTES, "reasons": reasons}


@router.post("/requests", response={**REFUSED, 201: Asked, 400: Misread, 409: Misread}, url_name="public_requests")
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


@router.get("/requests/{secret}", response={**REFUSED, 200: Asked, 404: Problem}, url_name="public_request")
def became(request: HttpRequest, secret: str) -> Any:
    """What became of a request, for whoever has its token."""
    return _became(request, secret=secret)


@links.opens(lambda: Request.objects.select_related("appointment"), "token")
def _became(request: HttpRequest, one: Request) -> HttpResponse:
    return JsonResponse(told(one))


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


@router.get(
    "/explore", response={**REFUSED, 200: ExploredOut, 422: Unexplored, 503: Problem}, url_name="public_explore"
)
def explore(request: HttpRequest, given: Query[ExploreIn]) -> HttpResponse:
    """What a drug, a dose, a program, a level and a body lead to. 503: others are being answered, try again in a minute."""
    if too_often(request):
        late = _("asked more than %d times in a minute; wait one") % PER_MINUTE
        return JsonResponse({"detail": late}, status=429, headers={"Retry-After": "60"})
    unknown = [key for key in request.GET if key not in exploring.Explored.base_fields]
    if unknown:
        known = ", ".join(exploring.Explored.base_fields)
        return JsonResponse({"detail": f"{unknown[0]}: {_('is not known; there are')} {known}"}, status=422)
    form = exploring.Explored(asked(request))
    if not form.is_valid() or form.run is None:
        if form.non_field_errors():
            return JsonResponse({"detail": str(form.non_field_errors()[0])}, status=503, headers={"Retry-After": "60"})
        errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        field, texts = next(iter(errors.items()))
        return JsonResponse({"detail": f"{field}: {texts[0]}", "errors": errors}, status=422)
    return JsonResponse(
        {"asked": form.cleaned_data, "program": exploring.program_of(form.cleaned_data), **in_numbers(form.run)}
    )


RULES = {
    "public_slots": OPEN,
    "public_requests": OPEN,
    "public_request": SECRET,
    "public_explore": OPEN,
}
LONG = ("public_explore",)
