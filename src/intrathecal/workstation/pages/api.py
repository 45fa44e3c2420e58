"""The addresses of the JSON API, and who may call them."""

from __future__ import annotations

from django.db.transaction import non_atomic_requests
from django.urls import path

from intrathecal.workstation.api import api
from intrathecal.workstation.pages.candidate import CARERS
from intrathecal.workstation.rules import (
    ADMINISTRATOR,
    EVERYBODY,
    NOBODY,
    NURSE,
    OPEN,
    PATIENT,
    PHYSICIAN,
    SECRET,
    STAFF,
    Rule,
)

_calls = api.urls
for call in _calls[0]:
    if call.name == "public_explore":  # reckons for a second, and needs no records
        non_atomic_requests(call.callback)
urlpatterns = [path("api/", _calls)]
READ = ("worklist", "timeline", "implants", "programs", "refills", "appointments", "patient_appointments")
ADMINISTRATORS = frozenset({ADMINISTRATOR})
RULES = {f"api:{name}": Rule(STAFF) for name in READ} | {
    "api:openapi-json": Rule(OPEN.look, public=True),
    "api:api-root": Rule(EVERYBODY),
    "api:public_slots": OPEN,
    "api:public_requests": OPEN,
    "api:public_request": SECRET,
    "api:public_explore": OPEN,
    "api:board_filters": Rule(STAFF, STAFF),
    "api:board_filter": Rule(NOBODY, STAFF),
    "api:patients": Rule(STAFF, STAFF),
    "api:patient": Rule(STAFF, STAFF),
    "api:own_page": Rule(CARERS, CARERS),
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
