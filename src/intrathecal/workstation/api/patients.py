"""Who the patients are: a new one, the facts of one who is known, and the personal link."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from ninja import Field, Router, Schema, Status
from ninja.errors import HttpError

from intrathecal.workstation.api.shapes import PROBLEMS, Listed, Page, PatientOut, PersonOut, Text, listed, valid
from intrathecal.workstation.clinic.models import Patient, User
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.registering import PatientForm
from intrathecal.workstation.pages.own_link import renew
from intrathecal.workstation.pages.patients import found
from intrathecal.workstation.rules import CARERS, STAFF, Rule

router = Router(tags=["patients"])
#: What no account is called.
NOBODY = "?"


class PatientIn(Schema):
    """The facts of a patient; ``since`` is today unless told."""

    number: Text
    family_name: Text
    given_name: Text
    born: date
    height_cm: int
    weight_kg: float
    indication: Text
    allergies: Text = ""
    phone: Text = ""
    email: Text = ""
    physician_account: Text = Field("", description="The name at login of the physician, if there is one.")
    phase: Text = "candidate"
    since: date | None = None


class LinkOut(Schema):
    """The address of a patient's own page, which opens without a password."""

    path: str


@router.get("/patients", response={200: Listed[PersonOut], **PROBLEMS}, url_name="patients")
def get_patients(request: HttpRequest, page: Page, q: Text = "", phase: Text = "") -> dict[str, Any]:
    """Patients by name; ``q`` are words of a name or the beginning of a number, ``phase`` like implanted."""
    if phase and phase not in Phase.values:
        raise HttpError(422, f'phase: "{phase}" is none; there are {", ".join(Phase.values)}')
    return listed(found(q, phase), page, patient_out)


@router.get("/patients/{int:patient}", response={200: PatientOut, **PROBLEMS}, url_name="patient")
def get_patient(request: HttpRequest, patient: int) -> dict[str, Any]:
    """One patient."""
    return patient_out(get_object_or_404(Patient.objects.select_related("physician"), pk=patient))


@router.post("/patients", response={201: PatientOut, **PROBLEMS}, url_name="patients")
def register(request: HttpRequest, told: PatientIn) -> Status[dict[str, Any]]:
    """A new patient."""
    return Status(201, patient_out(valid(PatientForm(_typed(told))).save()))


@router.put("/patients/{int:patient}", response={200: PatientOut, **PROBLEMS}, url_name="patient")
def correct(request: HttpRequest, patient: int, told: PatientIn) -> dict[str, Any]:
    """The facts of a patient, all of them."""
    one = get_object_or_404(Patient, pk=patient)
    return patient_out(valid(PatientForm(_typed(told), instance=one)).save())


@router.get("/patients/{int:patient}/own-page", response={200: LinkOut, **PROBLEMS}, url_name="own_page")
def get_link(request: HttpRequest, patient: int) -> dict[str, str]:
    """Where the patient's own page is."""
    return {"path": reverse("own", args=[get_object_or_404(Patient, pk=patient).link])}


@router.post("/patients/{int:patient}/own-page", response={201: LinkOut, **PROBLEMS}, url_name="own_page")
def renew_link(request: HttpRequest, patient: int) -> Status[dict[str, str]]:
    """A new address; the old one opens nothing any more."""
    one = get_object_or_404(Patient, pk=patient)
    renew(one)
    return Status(201, {"path": reverse("own", args=[one.link])})


def patient_out(patient: Patient) -> dict[str, Any]:
    """Who a patient is."""
    plain = (
        "number",
        "family_name",
        "given_name",
        "born",
        "phase",
        "indication",
        "allergies",
        "phone",
        "email",
        "height_cm",
        "since",
    )
    return {name: getattr(patient, name) for name in plain} | {
        "id": patient.pk,
        "weight_kg": patient.weight_kg,
        "physician": str(patient.physician) if patient.physician else None,
        "physician_account": patient.physician.username if patient.physician else None,
    }


def _typed(told: PatientIn) -> dict[str, Any]:
    """As the form of the page has it."""
    name = told.physician_account
    physician = User.objects.filter(username=name).first() if name else None
    return told.dict() | {
        "physician": (physician.pk if physician else NOBODY) if name else "",
        "since": told.since or timezone.localdate(),
    }


RULES = {"patients": Rule(STAFF, STAFF), "patient": Rule(STAFF, STAFF), "own_page": Rule(CARERS, CARERS)}
