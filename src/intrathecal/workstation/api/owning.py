"""The own page of somebody who is logged in as a patient: the pump, the diary, appointments, and the button."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.errors import HttpError

from intrathecal.workstation.api.shapes import CONFLICTS, PROBLEMS, Listed, Page, Problem, Text, listed, refuse
from intrathecal.workstation.api.visiting import refused
from intrathecal.workstation.clinic import handsets, limits, owning, trail
from intrathecal.workstation.clinic.models import Appointment, Request, Score
from intrathecal.workstation.pages.own import asker, look, push, tell, wish
from intrathecal.workstation.rules import NOBODY, PATIENTS, Rule

router = Router(tags=["own page"])
LIMITED = {**CONFLICTS, 429: Problem}
TOO_OFTEN = "this was asked for too often within an hour; wait an hour, or telephone the clinic"


class VisitOut(Schema):
    """An appointment, or a request for one: ``state`` is confirmed, open or declined."""

    at: datetime
    minutes: int
    reason: str
    state: str
    answer: str


class OwnOut(Schema):
    """What a patient is told of the own pump; nothing of the record."""

    name: str
    has_pump: bool
    reservoir_mL: float | None
    one_flow_for_life: bool
    refill_on: date | None
    refill_overdue: bool
    handset_here: bool
    visits: list[VisitOut]


class OwnScoreOut(Schema):
    """A score that the patient wrote down."""

    at: datetime
    nrs: float | None
    rescue_mme: float | None
    function: str
    side_effect: str
    note: str


class OwnScoreIn(Schema):
    """A score for now; ``nrs`` from 0 to 10."""

    nrs: Text
    rescue_mme: Text = ""
    function: Text = ""
    side_effect: Text = ""
    note: Text = ""


class WishIn(Schema):
    """A request for an appointment at one of the free slots."""

    reason: Text
    at: Text


class HandsetOut(Schema):
    """What the pump answers, in plain words: ``outcome`` begins with ready, given, refused, unknown or unreachable."""

    headline: str
    text: str
    outcome: str
    call_the_clinic: bool
    alarms: list[str]
    earlier: str


@router.get("/my", response={200: OwnOut, **PROBLEMS}, url_name="my")
def get_own(request: HttpRequest) -> dict[str, Any]:
    """The own page."""
    patient = request.user.patient
    trail.viewed(patient, "GET api:my")
    own = owning.of(patient)
    return {
        "name": own.name,
        "has_pump": own.implant is not None,
        "reservoir_mL": own.reservoir_mL,
        "one_flow_for_life": own.fixed,
        "refill_on": own.refill_on,
        "refill_overdue": own.overdue,
        "handset_here": own.live,
        "visits": [*map(_appointment, own.appointments), *map(_request, own.requests)],
    }


@router.get("/my/scores", response={200: Listed[OwnScoreOut], **PROBLEMS}, url_name="my_scores")
def get_scores(request: HttpRequest, page: Page) -> dict[str, Any]:
    """What was written down, the newest first."""
    trail.viewed(request.user.patient, "GET api:my_scores")
    return listed(request.user.patient.scores.filter(by_patient=True), page, lambda score: score)


@router.post("/my/scores", response={201: OwnScoreOut, **LIMITED}, url_name="my_scores")
def add_score(request: HttpRequest, told: OwnScoreIn) -> Status[Score]:
    """A score for now."""
    patient = request.user.patient
    if limits.SCORES.reached(limits.digest(str(patient.pk))):
        raise HttpError(429, TOO_OFTEN)
    saved, wrong = tell(patient, told.dict())
    if saved is None:
        raise refuse(wrong)
    return Status(201, saved)


@router.post("/my/requests", response={201: VisitOut, **LIMITED}, url_name="my_requests")
def ask(request: HttpRequest, told: WishIn) -> Status[dict[str, Any]]:
    """Ask for an appointment; 409: the time is not free."""
    patient = request.user.patient
    if limits.OWN_REQUESTS.reached(asker(patient)):
        raise HttpError(429, TOO_OFTEN)
    made, wrong = wish(patient, told.reason, told.at)
    if made is None:
        raise refused(wrong)
    return Status(201, _request(made))


@router.get("/my/handset", response={200: HandsetOut, **PROBLEMS}, url_name="my_handset")
def get_handset(request: HttpRequest) -> dict[str, Any]:
    """Whether a bolus would be given now."""
    return _answer(look(request.user.patient))


@router.post("/my/handset", response={200: HandsetOut, **PROBLEMS}, url_name="my_handset")
def press(request: HttpRequest) -> dict[str, Any]:
    """Ask the pump for a bolus; why it refuses is told."""
    return _answer(push(request.user.patient))


def _answer(answer: handsets.Answer) -> dict[str, Any]:
    return {
        "headline": answer.headline,
        "text": answer.text,
        "outcome": answer.outcome,
        "call_the_clinic": answer.call,
        "alarms": list(answer.alarms),
        "earlier": answer.earlier,
    }


def _appointment(one: Appointment) -> dict[str, Any]:
    return {"at": one.begins_at, "minutes": one.minutes, "reason": one.kind, "state": "confirmed", "answer": ""}


def _request(one: Request) -> dict[str, Any]:
    return {
        "at": one.wanted_at,
        "minutes": one.minutes,
        "reason": one.reason,
        "state": one.state,
        "answer": one.answer,
    }


RULES = {name: Rule(PATIENTS, PATIENTS, notes=True) for name in ("my", "my_scores", "my_handset")} | {
    "my_requests": Rule(NOBODY, PATIENTS)
}
LONG = ("my_handset",)
