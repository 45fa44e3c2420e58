"""The addresses of the JSON API, and who may call them."""

from __future__ import annotations

from django.urls import path

from intrathecal.workstation.api import api
from intrathecal.workstation.rules import ADMINISTRATOR, EVERYBODY, NOBODY, NURSE, OPEN, PATIENT, PHYSICIAN, STAFF, Rule

urlpatterns = [path("api/", api.urls)]
READ = ("worklist", "patients", "patient", "timeline", "implants", "programs", "refills", "appointments")
ADMINISTRATORS = frozenset({ADMINISTRATOR})
RULES = {f"api:{name}": Rule(STAFF) for name in (*READ, "patient_appointments")} | {
    "api:openapi-json": Rule(OPEN.look, public=True),
    "api:api-root": Rule(EVERYBODY),
    "api:scores": Rule(STAFF | {PATIENT}, frozenset({PHYSICIAN, NURSE, PATIENT})),
    "api:notes": Rule(STAFF, STAFF),
    "api:record": Rule(frozenset({PHYSICIAN})),
    "api:accounts": Rule(ADMINISTRATORS, ADMINISTRATORS),
    "api:account": Rule(NOBODY, ADMINISTRATORS),
    "api:account_password": Rule(NOBODY, ADMINISTRATORS),
    "api:account_factor": Rule(NOBODY, ADMINISTRATORS),
    "api:audit": Rule(ADMINISTRATORS),
    "api:audit_verified": Rule(ADMINISTRATORS),
}
