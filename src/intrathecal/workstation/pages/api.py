"""The addresses of the JSON API, and who may call them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import path

from intrathecal.workstation.api import api
from intrathecal.workstation.rules import (
    ADMINISTRATOR,
    EVERYBODY,
    NOBODY,
    NURSE,
    OPEN,
    PATIENT,
    PHARMACIST,
    PHYSICIAN,
    STAFF,
    Rule,
)

#: Calls that wait for a pump or reckon for long: none of them holds the database meanwhile.
UNLOCKED = frozenset(
    {
        "pump",
        "readings",
        "pump_mute",
        "pump_reset",
        "pump_resume",
        "pump_pairing",
        "emergency_act",
        "program",
        "programs_compared",
        "program_foresight",
        "program_curves",
        "program_review",
        "program_confirmation",
        "program_sending",
        "program_settling",
        "program_by_hand",
        "program_order",
    }
)


def _unlocked() -> Any:
    """The addresses of the API, those of `UNLOCKED` outside of any transaction."""
    patterns, *named = api.urls
    for pattern in patterns:
        if pattern.name in UNLOCKED:
            transaction.non_atomic_requests(pattern.callback)
    return (patterns, *named)


urlpatterns = [path("api/", _unlocked())]
READ = ("worklist", "patients", "patient", "timeline", "implants", "refills", "appointments")
ADMINISTRATORS = frozenset({ADMINISTRATOR})
WRITERS, HANDS = frozenset({PHYSICIAN}), frozenset({PHYSICIAN, NURSE})
_PROGRAMS = {
    "programs": Rule(STAFF, WRITERS),
    "program": Rule(STAFF, WRITERS),
    "programs_compared": Rule(STAFF),
    "program_foresight": Rule(STAFF),
    "program_curves": Rule(STAFF),
    "program_review": Rule(STAFF),
    "program_confirmation": Rule(NOBODY, WRITERS),
    "program_second": Rule(NOBODY, frozenset({PHYSICIAN, PHARMACIST})),
    "program_sending": Rule(NOBODY, WRITERS),
    "program_settling": Rule(NOBODY, STAFF),
    "program_by_hand": Rule(NOBODY, HANDS),
    "program_order": Rule(STAFF),
    "program_record": Rule(STAFF),
}
_PUMP = {
    "pump": Rule(STAFF),
    "readings": Rule(STAFF, HANDS),
    "alarms": Rule(STAFF),
    "pump_seen": Rule(NOBODY, HANDS),
    "pump_mute": Rule(NOBODY, HANDS),
    "pump_reset": Rule(NOBODY, WRITERS),
    "pump_resume": Rule(NOBODY, WRITERS),
    "pump_pairing": Rule(NOBODY, HANDS),
    "emergency": Rule(STAFF),
    "emergency_act": Rule(NOBODY, HANDS),
}
RULES = {f"api:{name}": Rule(STAFF) for name in (*READ, "patient_appointments")} | {
    **{f"api:{name}": rule for name, rule in (_PROGRAMS | _PUMP).items()},
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
