"""A patient's pump, for programs: what it does, interrogating and pairing it, its alarms, and the emergency view."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from ninja.errors import HttpError

from intrathecal.programmer.client import Address
from intrathecal.programmer.errors import PairingError, Refused, Unreachable
from intrathecal.quantities import InputError
from intrathecal.workstation.api.shapes import CONFLICTS, PROBLEMS, Listed, Page, Text, listed
from intrathecal.workstation.api.telling import answering
from intrathecal.workstation.clinic.models import Alarm, Implant, Patient, Reading
from intrathecal.workstation.live import commanding, line, recording
from intrathecal.workstation.pages import emergency, pairing
from intrathecal.workstation.pages.pump import commands, implant_of, now_of
from intrathecal.workstation.rules import CARERS, NOBODY, PHYSICIANS, STAFF, Rule

router = Router(tags=["pump"])


class PumpNowOut(Schema):
    """What the pump does now: ``told`` by itself, or why it is ``silent``."""

    silent: str | None
    told: dict[str, Any] | None


class PumpReadingOut(Schema):
    """What a pump told when it was read, or what people read with the maker's programmer."""

    id: int
    at: datetime
    by: str
    told: dict[str, Any]


class PumpAlarmOut(Schema):
    """An alarm that sounds, or did."""

    id: int
    name: str
    critical: bool
    began_at: datetime
    ended_at: datetime | None
    seen_by: str | None


class PumpDoneOut(Schema):
    """What was done, and whether that is ``certain``."""

    certain: bool
    detail: str


class PumpPairIn(Schema):
    """Where a pump answers, and the code that it printed."""

    address: Text = Field(max_length=80)
    code: Text = Field(max_length=40)


class PumpPairedOut(Schema):
    """The pump that a record is about; an empty address is one that is not reached from here."""

    model: str
    serial: str
    address: str


class SheetLineOut(Schema):
    """A sentence of a sheet, the numbers of its sources, and whether it was seen in them."""

    says: str
    sources: list[int]
    verified: bool


class SheetPartOut(Schema):
    """A heading and what stands under it."""

    heading: str
    ordered: bool
    lines: list[SheetLineOut]


class EmergencySheetOut(Schema):
    """What to do about too much and too little of a class of drugs."""

    title: str
    holds: list[str]
    pump: str
    calls: list[str]
    parts: list[SheetPartOut]
    sources: list[str]


class EmergencyDeedOut(Schema):
    """Something that can be done to the pump in an emergency."""

    name: str
    title: str
    says: str


class EmergencyOut(Schema):
    """This patient's drugs, the sheets, what can be done, and to which pump; ``problem`` says why there are no sheets."""

    drugs: list[str]
    sheets: list[EmergencySheetOut]
    problem: str | None
    deeds: list[EmergencyDeedOut]
    serial: str | None
    reachable: bool


class EmergencyDeedIn(Schema):
    """The second confirmation: that it is meant, and the serial number of the pump that is meant."""

    confirmed: Literal[True]
    serial: Text


@router.get("/patients/{int:patient}/pump", response={200: PumpNowOut, **PROBLEMS}, url_name="pump")
def get_pump(request: HttpRequest, patient: int) -> dict[str, Any]:
    """Read now, or a few seconds ago."""
    now = now_of(_implant(patient))
    return {"silent": now.get("silent"), "told": now.get("told")}


@router.get(
    "/patients/{int:patient}/pump/readings", response={200: Listed[PumpReadingOut], **PROBLEMS}, url_name="readings"
)
def get_readings(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """What was kept, the newest first."""
    return listed(Reading.objects.filter(implant__patient=patient).select_related("by"), page, _reading)


@router.post("/patients/{int:patient}/pump/readings", response={201: PumpReadingOut, **CONFLICTS}, url_name="readings")
def interrogate(request: HttpRequest, patient: int) -> Status[dict[str, Any]]:
    """Read everything that the pump knows, and keep it; ``settled`` in it says what became of earlier commands."""
    try:
        with answering():
            kept, _outcomes = recording.interrogate(_implant(patient), request.user)
    except line.Doubtful as doubt:
        raise HttpError(409, str(doubt)) from None
    return Status(201, _reading(kept))


@router.get("/patients/{int:patient}/pump/alarms", response={200: Listed[PumpAlarmOut], **PROBLEMS}, url_name="alarms")
def get_alarms(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """Alarms of all pumps, the newest first."""
    return listed(Alarm.objects.filter(implant__patient=patient).select_related("seen_by"), page, _alarm)


@router.post("/patients/{int:patient}/pump/alarms/seen", response={200: PumpDoneOut, **PROBLEMS}, url_name="pump_seen")
def see_alarms(request: HttpRequest, patient: int) -> dict[str, Any]:
    """Whoever calls has seen the alarms that sound."""
    commanding.seen(_implant(patient), request.user)
    return {"certain": True, "detail": "seen"}


@router.post(
    "/patients/{int:patient}/pump/mute",
    response={200: PumpDoneOut, 202: PumpDoneOut, **CONFLICTS},
    url_name="pump_mute",
)
def mute(request: HttpRequest, patient: int) -> Status[dict[str, Any]]:
    """Alarms are silent for a while."""
    return _commanded(request, patient, "mute")


@router.post(
    "/patients/{int:patient}/pump/reset",
    response={200: PumpDoneOut, 202: PumpDoneOut, **CONFLICTS},
    url_name="pump_reset",
)
def reset(request: HttpRequest, patient: int) -> Status[dict[str, Any]]:
    """After a stall or a battery reset."""
    return _commanded(request, patient, "reset")


@router.post(
    "/patients/{int:patient}/pump/resume",
    response={200: PumpDoneOut, 202: PumpDoneOut, **CONFLICTS},
    url_name="pump_resume",
)
def resume(request: HttpRequest, patient: int) -> Status[dict[str, Any]]:
    """An emergency stop ends."""
    return _commanded(request, patient, "resume")


@router.post(
    "/patients/{int:patient}/pump/pairing", response={200: PumpPairedOut, **CONFLICTS}, url_name="pump_pairing"
)
def pair(request: HttpRequest, patient: int, told: PumpPairIn) -> dict[str, Any]:
    """Make the pump known to its record."""
    implant = _implant(patient)
    try:
        pairing.take(implant, Address.parse(told.address.strip()), told.code.strip())
    except (Refused, Unreachable) as problem:
        raise HttpError(409, str(problem)) from None
    except (InputError, PairingError) as problem:
        raise HttpError(422, str(problem)) from None
    return _paired(implant)


@router.delete(
    "/patients/{int:patient}/pump/pairing", response={200: PumpPairedOut, **PROBLEMS}, url_name="pump_pairing"
)
def forget(request: HttpRequest, patient: int) -> dict[str, Any]:
    """The pump is not reached from here any more; its programs are entered by hand."""
    implant = _implant(patient)
    pairing.forget(implant)
    return _paired(implant)


@router.get("/patients/{int:patient}/emergency", response={200: EmergencyOut, **PROBLEMS}, url_name="emergency")
def get_emergency(request: HttpRequest, patient: int) -> dict[str, Any]:
    """What to do about too much and too little, and what can be done to the pump."""
    one, implant = get_object_or_404(Patient, pk=patient), implant_of(patient)
    told: dict[str, Any] = {
        "drugs": [],
        "sheets": [],
        "problem": None,
        "deeds": [asdict(deed) for deed in emergency.deeds().values()],
        "serial": None if implant is None else implant.serial,
        "reachable": bool(implant and implant.address),
    }
    try:
        drugs, sheets = emergency.first_aid(one)
    except InputError as problem:
        return told | {"problem": str(problem)}
    return told | {"drugs": drugs, "sheets": [asdict(sheet) for sheet in sheets]}


@router.post(
    "/patients/{int:patient}/emergency/{slug:deed}",
    response={200: PumpDoneOut, 202: PumpDoneOut, **CONFLICTS},
    url_name="emergency_act",
)
def act(request: HttpRequest, patient: int, deed: str, told: EmergencyDeedIn) -> Status[dict[str, Any]]:
    """Stop the pump, or let it run at its minimum rate."""
    implant = _implant(patient)
    if deed not in emergency.deeds():
        raise Http404
    if told.serial != implant.serial:
        raise HttpError(409, f"serial: the pump in this patient is {implant.serial}")
    try:
        with answering():
            return Status(200, {"certain": True, "detail": emergency.do(deed, implant, request.user)})
    except line.Doubtful as doubt:
        return Status(202, {"certain": False, "detail": emergency.uncertain(doubt)})


def _implant(patient: int) -> Implant:
    implant = implant_of(patient)
    if implant is None:
        raise Http404
    return implant


def _commanded(request: HttpRequest, patient: int, name: str) -> Status[dict[str, Any]]:
    chosen = commands()[name]
    try:
        with answering():
            chosen.do(_implant(patient), request.user)
    except line.Doubtful as doubt:
        return Status(202, {"certain": False, "detail": str(doubt)})
    return Status(200, {"certain": True, "detail": str(chosen.done)})


def _reading(reading: Reading) -> dict[str, Any]:
    return {"id": reading.pk, "at": reading.at, "by": str(reading.by or ""), "told": reading.told}


def _alarm(alarm: Alarm) -> dict[str, Any]:
    plain = ("name", "critical", "began_at", "ended_at")
    seen = str(alarm.seen_by) if alarm.seen_by else None
    return {name: getattr(alarm, name) for name in plain} | {"id": alarm.pk, "seen_by": seen}


def _paired(implant: Implant) -> dict[str, Any]:
    return {"model": implant.model, "serial": implant.serial, "address": implant.address}


RULES = {
    "pump": Rule(STAFF),
    "readings": Rule(STAFF, CARERS),
    "alarms": Rule(STAFF),
    "pump_seen": Rule(NOBODY, CARERS),
    "pump_mute": Rule(NOBODY, CARERS),
    "pump_reset": Rule(NOBODY, PHYSICIANS),
    "pump_resume": Rule(NOBODY, PHYSICIANS),
    "pump_pairing": Rule(NOBODY, CARERS),
    "emergency": Rule(STAFF),
    "emergency_act": Rule(NOBODY, CARERS),
}
LONG = ("pump", "readings", "pump_mute", "pump_reset", "pump_resume", "pump_pairing", "emergency_act")
