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

ADDRESSES = api.urls
urlpatterns = [path("api/", ADDRESSES)]
#: Calls that wait for a pump, or reckon for a second: they hold no transaction meanwhile.
LONG = frozenset({"public_explore", "my_handset"})
for pattern in ADDRESSES[0]:
    if pattern.name in LONG:
        non_atomic_requests(pattern.callback)
READ = ("worklist", "timeline", "implants", "programs", "refills", "patient_appointments")
ADMINISTRATORS, PHYSICIANS, PATIENTS = frozenset({ADMINISTRATOR}), frozenset({PHYSICIAN}), frozenset({PATIENT})
VISITS = ("appointments", "appointment", "requests", "request", "candidacy", "trial", "trial_lines", "trial_diary")
VISITS_ALONE = ("request_answer", "request_patient", "request_mail", "begin_trial", "trial_line")
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
    **{f"api:{name}": Rule(STAFF, CARERS) for name in VISITS},
    "api:free_slots": Rule(STAFF),
    **{f"api:{name}": Rule(NOBODY, CARERS) for name in VISITS_ALONE},
    **{f"api:{name}": Rule(NOBODY, PHYSICIANS) for name in ("decide_trial", "take_trial_back")},
    **{f"api:{name}": Rule(PATIENTS, PATIENTS) for name in ("my", "my_scores", "my_handset")},
    "api:my_requests": Rule(NOBODY, PATIENTS),
}
