"""The addresses of the JSON API, and who may call them."""

from __future__ import annotations

from django.db.transaction import non_atomic_requests
from django.urls import path

from intrathecal.workstation.api import api
from intrathecal.workstation.rules import ADMINISTRATOR, EVERYBODY, NOBODY, NURSE, OPEN, PATIENT, PHYSICIAN, STAFF, Rule

#: Calls that talk to a pump: what it did stays done, and nobody waits for it with the database in hand.
TALKING = ("refilling_reading", "refilling_telling")
_addresses = api.urls
for address in _addresses[0]:
    if address.name in TALKING:
        non_atomic_requests(address.callback)
urlpatterns = [path("api/", _addresses)]
FILLS = frozenset({PHYSICIAN, NURSE})
READ = ("worklist", "patients", "patient", "timeline", "implants", "programs", "refills", "appointments")
ADMINISTRATORS = frozenset({ADMINISTRATOR})
RULES = {f"api:{name}": Rule(STAFF) for name in (*READ, "patient_appointments")} | {
    "api:openapi-json": Rule(OPEN.look, public=True),
    "api:api-root": Rule(EVERYBODY),
    "api:scores": Rule(STAFF | {PATIENT}, frozenset({PHYSICIAN, NURSE, PATIENT})),
    "api:notes": Rule(STAFF, STAFF),
    "api:record": Rule(frozenset({PHYSICIAN})),
    "api:refilling": Rule(STAFF, FILLS),
    "api:refilling_step": Rule(NOBODY, FILLS),
    "api:refilling_steps": Rule(NOBODY, FILLS),
    "api:refilling_review": Rule(STAFF, FILLS),
    "api:refilling_second": Rule(NOBODY, STAFF),
    "api:refilling_take_back": Rule(NOBODY, FILLS),
    "api:refilling_reading": Rule(NOBODY, FILLS),
    "api:refilling_telling": Rule(NOBODY, FILLS),
    "api:refilling_compounding": Rule(NOBODY, STAFF),
    "api:accounts": Rule(ADMINISTRATORS, ADMINISTRATORS),
    "api:account": Rule(NOBODY, ADMINISTRATORS),
    "api:account_password": Rule(NOBODY, ADMINISTRATORS),
    "api:account_factor": Rule(NOBODY, ADMINISTRATORS),
    "api:audit": Rule(ADMINISTRATORS),
    "api:audit_verified": Rule(ADMINISTRATORS),
}
