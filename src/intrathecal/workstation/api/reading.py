"""What programs can read: the worklist, patients, and what is known about one of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from intrathecal.workstation.api.shapes import (
    PROBLEMS,
    AppointmentOut,
    EventOut,
    ImplantOut,
    LineOut,
    Listed,
    Page,
    PatientOut,
    RefillOut,
    Text,
    listed,
)
from intrathecal.workstation.clinic import timeline, worklist
from intrathecal.workstation.clinic.models import Appointment, Patient, Refill

router = Router(tags=["reading"])


@router.get("/worklist", response={200: Listed[LineOut], **PROBLEMS}, url_name="worklist")
def get_worklist(request: HttpRequest, page: Page, kind: Text = "") -> dict[str, Any]:
    """What has to be done, the most urgent first; of one ``kind`` if told."""
    found = [line for line in worklist.lines() if not kind or line.kind == kind]
    return listed(found, page, _line)


@router.get("/patients", response={200: Listed[PatientOut], **PROBLEMS}, url_name="patients")
def get_patients(request: HttpRequest, page: Page, q: Text = "", phase: Text = "") -> dict[str, Any]:
    """Patients by name; ``q`` is a part of a name or number, ``phase`` like implanted."""
    found = Patient.objects.select_related("physician")
    if q:
        found = found.filter(Q(family_name__icontains=q) | Q(given_name__icontains=q) | Q(number__icontains=q))
    return listed(found.filter(phase=phase) if phase else found, page, patient_out)


@router.get("/patients/{int:patient}", response={200: PatientOut, **PROBLEMS}, url_name="patient")
def get_patient(request: HttpRequest, patient: int) -> dict[str, Any]:
    """One patient."""
    return patient_out(get_object_or_404(Patient.objects.select_related("physician"), pk=patient))


@router.get("/patients/{int:patient}/timeline", response={200: Listed[EventOut], **PROBLEMS}, url_name="timeline")
def get_timeline(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """Everything that happened, newest first."""
    return listed(timeline.events(get_object_or_404(Patient, pk=patient)), page, lambda event: event)


@router.get("/patients/{int:patient}/implants", response={200: Listed[ImplantOut], **PROBLEMS}, url_name="implants")
def get_implants(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """Pumps, the newest first."""
    return listed(get_object_or_404(Patient, pk=patient).implants.all(), page, lambda implant: implant)


@router.get("/patients/{int:patient}/refills", response={200: Listed[RefillOut], **PROBLEMS}, url_name="refills")
def get_refills(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """Refills of all pumps, the newest first."""
    return listed(Refill.objects.filter(implant__patient=patient).select_related("by"), page, _refill)


@router.get("/appointments", response={200: Listed[AppointmentOut], **PROBLEMS}, url_name="appointments")
def get_appointments(request: HttpRequest, page: Page) -> dict[str, Any]:
    """Confirmed appointments in order of time."""
    return listed(Appointment.objects.all(), page, _appointment)


@router.get(
    "/patients/{int:patient}/appointments",
    response={200: Listed[AppointmentOut], **PROBLEMS},
    url_name="patient_appointments",
)
def get_patient_appointments(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """One patient's appointments."""
    return listed(Appointment.objects.filter(patient=patient), page, _appointment)


def patient_out(patient: Patient) -> dict[str, Any]:
    """Who a patient is."""
    plain = ("number", "family_name", "given_name", "born", "phase", "indication", "allergies", "height_cm", "since")
    return {name: getattr(patient, name) for name in plain} | {
        "id": patient.pk,
        "weight_kg": patient.weight_kg,
        "physician": str(patient.physician) if patient.physician else None,
    }


def _line(line: worklist.Line) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "urgency": worklist.Urgency(line.urgency).name.lower(),
        "until": line.until,
        "patient": line.patient.pk if line.patient else None,
        "whom": line.whom,
        "text": line.text,
    }


def _refill(refill: Refill) -> dict[str, Any]:
    return {
        "id": refill.pk,
        "at": refill.at,
        "by": str(refill.by),
        "drugs": refill.drugs,
        "filled_mL": refill.filled_uL / 1000,
        "expected_mL": None if refill.expected_uL is None else refill.expected_uL / 1000,
        "measured_mL": None if refill.measured_uL is None else refill.measured_uL / 1000,
        "error_percent": None if refill.error_permille is None else refill.error_permille / 10,
        "flagged": refill.flagged,
        "due_on": refill.due_on,
    }


def _appointment(one: Appointment) -> dict[str, Any]:
    plain = ("begins_at", "minutes", "kind", "cancelled")
    return {name: getattr(one, name) for name in plain} | {"id": one.pk, "patient": one.patient_id}
