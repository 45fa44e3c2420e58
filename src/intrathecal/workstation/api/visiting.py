"""Appointments and requests for them: listed, made, answered, moved and cancelled, by the rules and words of the pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from ninja.errors import HttpError

from intrathecal.workstation.api.shapes import CONFLICTS, PROBLEMS, Listed, Page, Text, listed, refuse
from intrathecal.workstation.clinic import mailing, slots, trail
from intrathecal.workstation.clinic.models import Appointment, Patient, Request
from intrathecal.workstation.pages.appointments import CANCEL, LINK, MAIL, MOVE, arrange, change, settle
from intrathecal.workstation.rules import CARERS, NOBODY, STAFF, Rule

router = Router(tags=["visits"])


class AppointmentOut(Schema):
    """When a patient comes."""

    id: int
    patient: int | None
    begins_at: datetime
    minutes: int
    kind: str
    cancelled: bool


class AppointmentIn(Schema):
    """An appointment to be made: ``number`` is the clinic's of the patient; ``at`` one of the free slots."""

    number: Text
    reason: Text
    at: Text
    minutes: int = 30


class TimeIn(Schema):
    """Another time."""

    at: Text


class RequestOut(Schema):
    """What somebody asked for, and what became of it; ``told`` says whether an e-mail went to them, and what is left to do."""

    id: int
    name: str
    contact: str
    reason: str
    wanted_at: datetime
    minutes: int
    made_at: datetime
    state: str
    answer: str
    patient: int | None
    appointment: int | None
    mail: str
    told: str


class AnswerIn(Schema):
    """The clinic's answer; ``at`` is the other time of a move; a word to whoever asked is needed to decline."""

    what: Literal["confirm", "move", "decline"]
    answer: Text = ""
    at: Text = ""


class WhoseIn(Schema):
    """The clinic's number of the patient whose request it is; empty: nobody's."""

    number: Text = ""


class SlotsOut(Schema):
    """When something of so many ``minutes`` can begin."""

    free: list[datetime]
    minutes: int


@router.get("/appointments", response={200: Listed[AppointmentOut], **PROBLEMS}, url_name="appointments")
def get_appointments(request: HttpRequest, page: Page) -> dict[str, Any]:
    """Appointments in order of time."""
    return listed(Appointment.objects.all(), page, _appointment)


@router.post("/appointments", response={201: AppointmentOut, **CONFLICTS}, url_name="appointments")
def make_appointment(request: HttpRequest, told: AppointmentIn) -> Status[dict[str, Any]]:
    """An appointment of a patient; 409: the time is not free."""
    made, wrong = arrange({**told.dict(), "minutes": str(told.minutes)})
    if made is None:
        raise refused(wrong)
    return Status(201, _appointment(made))


@router.get("/appointments/free", response={200: SlotsOut, **PROBLEMS}, url_name="free_slots")
def get_free(request: HttpRequest, minutes: Literal[30, 60, 90] = 30) -> dict[str, Any]:
    """Free slots for so many minutes."""
    return {"free": slots.free(minutes=minutes), "minutes": minutes}


@router.get("/appointments/{int:appointment}", response={200: AppointmentOut, **PROBLEMS}, url_name="appointment")
def get_appointment(request: HttpRequest, appointment: int) -> dict[str, Any]:
    """One appointment."""
    one = _one(appointment)
    if one.patient:
        trail.viewed(one.patient, "GET api:appointment")
    return _appointment(one)


@router.put("/appointments/{int:appointment}", response={200: AppointmentOut, **CONFLICTS}, url_name="appointment")
def move_appointment(request: HttpRequest, appointment: int, told: TimeIn) -> dict[str, Any]:
    """Another time; 409: it is not free, or the appointment is cancelled."""
    return _changed(_one(appointment), MOVE, told.at)


@router.delete("/appointments/{int:appointment}", response={200: AppointmentOut, **CONFLICTS}, url_name="appointment")
def cancel_appointment(request: HttpRequest, appointment: int) -> dict[str, Any]:
    """No appointment after all; it stays in the record as cancelled."""
    return _changed(_one(appointment), CANCEL, "")


@router.get(
    "/patients/{int:patient}/appointments",
    response={200: Listed[AppointmentOut], **PROBLEMS},
    url_name="patient_appointments",
)
def get_patient_appointments(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """One patient's appointments."""
    return listed(get_object_or_404(Patient, pk=patient).appointments.all(), page, _appointment)


@router.get("/requests", response={200: Listed[RequestOut], **PROBLEMS}, url_name="requests")
def get_requests(
    request: HttpRequest, page: Page, state: Literal["open", "confirmed", "declined"] | None = None
) -> dict[str, Any]:
    """What was asked for, in the order in which it was."""
    found = Request.objects.filter(state=state) if state else Request.objects.all()
    return listed(found, page, _request)


@router.get("/requests/{int:asked}", response={200: RequestOut, **PROBLEMS}, url_name="request")
def get_request(request: HttpRequest, asked: int) -> dict[str, Any]:
    """One request."""
    one = _asked(asked)
    if one.patient:
        trail.viewed(one.patient, "GET api:request")
    return _request(one)


@router.post("/requests/{int:asked}/answer", response={200: RequestOut, **CONFLICTS}, url_name="request_answer")
def answer_request(request: HttpRequest, asked: int, told: AnswerIn) -> dict[str, Any]:
    """Confirm, move or decline; 409: the time is not free, or somebody has answered already."""
    return _settled(_asked(asked), told.what, told.dict())


@router.put("/requests/{int:asked}/patient", response={200: RequestOut, **PROBLEMS}, url_name="request_patient")
def link_request(request: HttpRequest, asked: int, told: WhoseIn) -> dict[str, Any]:
    """Say whose request it is."""
    return _settled(_asked(asked), LINK, told.dict())


@router.post("/requests/{int:asked}/mail", response={200: RequestOut, **PROBLEMS}, url_name="request_mail")
def mail_request(request: HttpRequest, asked: int) -> dict[str, Any]:
    """Send the answer by e-mail once more."""
    return _settled(_asked(asked), MAIL, {})


def refused(wrong: dict[str, str]) -> HttpError:
    """A time that cannot be had is a conflict; everything else cannot be used."""
    return refuse(wrong, 409 if set(wrong) == {"at"} else 422)


def _changed(one: Appointment, what: str, at: str) -> dict[str, Any]:
    wrong = change(one, what, at)
    if wrong:
        raise refused(wrong)
    return _appointment(one)


def _settled(one: Request, what: str, given: dict[str, str]) -> dict[str, Any]:
    wrong = settle(one, what, given)
    if wrong:
        raise refused(wrong)
    return _request(one)


def _one(appointment: int) -> Appointment:
    return get_object_or_404(Appointment.objects.select_related("patient"), pk=appointment)


def _asked(asked: int) -> Request:
    return get_object_or_404(Request.objects.select_related("patient", "appointment"), pk=asked)


def _appointment(one: Appointment) -> dict[str, Any]:
    plain = ("begins_at", "minutes", "kind", "cancelled")
    return {name: getattr(one, name) for name in plain} | {"id": one.pk, "patient": one.patient_id}


def _request(one: Request) -> dict[str, Any]:
    plain = ("name", "contact", "reason", "wanted_at", "minutes", "made_at", "state", "answer", "mail")
    return {name: getattr(one, name) for name in plain} | {
        "id": one.pk,
        "patient": one.patient_id,
        "appointment": one.appointment_id,
        "told": mailing.state(one) if one.state != Request.State.OPEN else "",
    }


RULES = {
    "appointments": Rule(STAFF, CARERS),
    "appointment": Rule(STAFF, CARERS, notes=True),
    "patient_appointments": Rule(STAFF),
    "requests": Rule(STAFF, CARERS),
    "request": Rule(STAFF, CARERS, notes=True),
    "request_answer": Rule(NOBODY, CARERS),
    "request_patient": Rule(NOBODY, CARERS),
    "request_mail": Rule(NOBODY, CARERS),
    "free_slots": Rule(STAFF),
}
