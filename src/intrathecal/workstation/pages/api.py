"""The addresses of the JSON API, and who may call them."""

from __future__ import annotations

from django.urls import path

from intrathecal.workstation.api import api
from intrathecal.workstation.rules import ADMINISTRATOR, EVERYBODY, NOBODY, NURSE, OPEN, PATIENT, PHYSICIAN, STAFF, Rule

urlpatterns = [path("api/", api.urls)]
READ = (
    "worklist",
    "patients",
    "patient",
    "timeline",
    "implant",
    "implant_checks",
    "implant_prime",
    "scans",
    "programs",
    "refills",
    "appointments",
)
ADMINISTRATORS = frozenset({ADMINISTRATOR})
RULES = {f"api:{name}": Rule(STAFF) for name in (*READ, "patient_appointments")} | {
    "api:openapi-json": Rule(OPEN.look, public=True),
    "api:api-root": Rule(EVERYBODY),
    "api:scores": Rule(STAFF | {PATIENT}, frozenset({PHYSICIAN, NURSE, PATIENT})),
    "api:notes": Rule(STAFF, STAFF),
    "api:implants": Rule(STAFF, frozenset({PHYSICIAN})),
    "api:implant_replacement": Rule(NOBODY, frozenset({PHYSICIAN})),
    "api:implant_catheters": Rule(NOBODY, frozenset({PHYSICIAN})),
    "api:implant_explantation": Rule(NOBODY, frozenset({PHYSICIAN})),
    "api:implant_scans": Rule(NOBODY, frozenset({PHYSICIAN, NURSE})),
    "api:scan_answers": Rule(NOBODY, frozenset({PHYSICIAN, NURSE})),
    "api:dead_volumes": Rule(frozenset({PHYSICIAN})),
    "api:record": Rule(frozenset({PHYSICIAN})),
    "api:accounts": Rule(ADMINISTRATORS, ADMINISTRATORS),
    "api:account": Rule(NOBODY, ADMINISTRATORS),
    "api:account_password": Rule(NOBODY, ADMINISTRATORS),
    "api:account_factor": Rule(NOBODY, ADMINISTRATORS),
    "api:audit": Rule(ADMINISTRATORS),
    "api:audit_verified": Rule(ADMINISTRATORS),
}
