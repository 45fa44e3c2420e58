"""The addresses of the JSON API, and who may call them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import path

from intrathecal.workstation.api import api
from intrathecal.workstation.rules import ADMINISTRATOR, EVERYBODY, NOBODY, NURSE, OPEN, PATIENT, PHYSICIAN, STAFF, Rule

#: Calls that wait for a pump: none of them holds the database meanwhile.
UNLOCKED = frozenset({"my_handset"})


def _unlocked() -> Any:
    """The addresses of the API, those of `UNLOCKED` outside of any transaction."""
    patterns, *named = api.urls
    for pattern in patterns:
        if pattern.name in UNLOCKED:
            transaction.non_atomic_requests(pattern.callback)
    return (patterns, *named)


urlpatterns = [path("api/", _unlocked())]
READ = ("worklist", "patients", "patient", "timeline", "implants", "programs", "refills")
ADMINISTRATORS, PHYSICIANS, PATIENTS = frozenset({ADMINISTRATOR}), frozenset({PHYSICIAN}), frozenset({PATIENT})
CARERS = frozenset({PHYSICIAN, NURSE})
VISITS = ("appointments", "appointment", "requests", "request", "candidacy", "trial", "trial_lines", "trial_diary")
VISITS_ALONE = ("request_answer", "request_patient", "request_mail", "begin_trial", "trial_line")
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
    **{f"api:{name}": Rule(STAFF, CARERS) for name in VISITS},
    "api:free_slots": Rule(STAFF),
    **{f"api:{name}": Rule(NOBODY, CARERS) for name in VISITS_ALONE},
    **{f"api:{name}": Rule(NOBODY, PHYSICIANS) for name in ("decide_trial", "take_trial_back")},
    **{f"api:{name}": Rule(PATIENTS, PATIENTS) for name in ("my", "my_scores", "my_handset")},
    "api:my_requests": Rule(NOBODY, PATIENTS),
}
