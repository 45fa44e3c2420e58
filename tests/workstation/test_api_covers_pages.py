"""Whatever a page changes, a call of the API changes too; the list of pages is the program's own, so that none is forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client
from tests.workstation.test_access import ALL

from intrathecal.workstation import access
from intrathecal.workstation.api import api
from intrathecal.workstation.clinic.models import KeptFilter, Patient, User

JSON = "application/json"
#: Pages of the login: a program logs in as a browser does, and a person sets up their own second factors.
LOGIN = "logging in and the own account: a program does as a browser does"
#: What a page changes, and the call that does the same: its name, and method and path in the description.
CALLS: dict[str, str | tuple[str, str, str]] = {
    **dict.fromkeys(access.BEFORE_LOGIN | access.OWN_ACCOUNT, LOGIN),
    "board_keep": ("api:board_filters", "post", "/api/board/filters"),
    "board_forget": ("api:board_filter", "delete", "/api/board/filters/{kept}"),
    "patient_new": ("api:patients", "post", "/api/patients"),
    "patient_edit": ("api:patient", "put", "/api/patients/{patient}"),
    "own_link": ("api:own_page", "post", "/api/patients/{patient}/own-page"),
    "accounts": ("api:accounts", "post", "/api/accounts"),
    "person": ("api:account", "put", "/api/accounts/{account}"),
    "person_password": ("api:account_password", "post", "/api/accounts/{account}/password"),
    "person_factor": ("api:account_factor", "delete", "/api/accounts/{account}/second-factor"),
    "request_appointment": ("api:public_requests", "post", "/api/public/requests"),
    "asked": "only looked at",
    "asked_calendar": "only looked at",
    "explore": "only looked at",
}
YET_TO_COME = "yet to come"
#: Pages whose calls are being made.
COMING: dict[str, str] = dict.fromkeys(
    (
        "my",
        "my_score",
        "my_ask",
        "my_handset",
        "my_press",
        "my_calendar",
        "own",
        "own_score",
        "own_ask",
        "own_handset",
        "own_press",
        "own_calendar",
        "appointments",
        "appointment",
        "appointment_request",
        "candidate",
        "begin_trial",
        "trial",
        "decide_trial",
        "strike_score",
        "implant_new",
        "implant_replace",
        "implant_revise",
        "implant_explant",
        "implant_mri",
        "refill_begin",
        "refill_drop",
        "refill_tell",
        "refill_step",
        "pump_read",
        "pump_resume",
        "pump_pair",
        "program_new",
        "program_edit",
        "program_confirm",
        "program_second",
        "program_take_back",
        "program_discard",
        "program_send",
        "program_settle",
        "emergency_act",
    ),
    YET_TO_COME,
)
CHANGING = sorted(
    address.name
    for address in ALL
    if not address.name.startswith("api:") and (rule := access.rule_of(address.name)) is not None and rule.change
)


@pytest.mark.parametrize("page", CHANGING)
def test_a_call_does_what_the_page_does(page: str) -> None:
    """By a name that exists, under a method and path that the description has; open to the same people."""
    does = (CALLS | COMING).get(page)
    assert does is not None, f"{page}: name its call in CALLS, or the reason why there is none"
    if isinstance(does, str):
        assert does
        return
    name, method, path = does
    assert name in {address.name for address in ALL}
    assert method in api.get_openapi_schema()["paths"][path]
    rule, call = access.rule_of(page), access.rule_of(name)
    assert rule is not None
    assert call is not None
    assert rule.change <= call.change


def test_every_name_is_a_page_that_changes_something() -> None:
    """One that is not has gone, or is written wrong."""
    assert sorted((CALLS | COMING).keys() - set(CHANGING)) == []


FACTS = {
    "number": "2001",
    "family_name": "Zorn",
    "given_name": "Ute",
    "born": "1961-05-06",
    "height_cm": 168,
    "weight_kg": 70.5,
    "indication": "neuropathic",
}


def test_a_patient_is_registered_and_corrected(client_of: Callable[..., Client], user_of: Callable[..., User]) -> None:
    """What the form complains about, the call does in the same words; the physician is told by the name at login."""
    client, physician = client_of("nurse"), user_of("physician")
    wrong = FACTS | {"height_cm": 1680, "physician_account": "nobody"}
    refused = client.post("/api/patients", json.dumps(wrong), JSON)
    page = client.post("/patients/new", wrong | {"physician": "?"}).content.decode()
    assert refused.status_code == 422
    said = "Ensure this value is less than or equal to 250."
    assert f"height_cm: {said}" in refused.json()["detail"]
    assert said in page
    assert "physician: Select a valid choice." in refused.json()["detail"]
    told = json.dumps(FACTS | {"physician_account": physician.username})
    made = client.post("/api/patients", told, JSON)
    assert made.status_code == 201
    assert (made.json()["weight_kg"], made.json()["physician_account"]) == (70.5, physician.username)
    assert client.post("/api/patients", told, JSON).json()["detail"].startswith("number: belongs to another patient")
    address = f"/api/patients/{made.json()['id']}"
    kept = {key: value for key, value in made.json().items() if key not in ("id", "physician")}
    changed = client.put(address, json.dumps(kept | {"allergies": "latex"}), JSON).json()
    assert changed == made.json() | {"allergies": "latex"}
    assert client.get("/api/patients", {"q": "ute zor"}).json()["count"] == 1
    assert "phase: " in client.get("/api/patients", {"phase": "gone"}).json()["detail"]


def test_a_personal_link_is_renewed(patient: Patient, client_of: Callable[..., Client]) -> None:
    """The old address opens nothing any more."""
    client, address = client_of("nurse"), f"/api/patients/{patient.pk}/own-page"
    old = client.get(address).json()["path"]
    new = client.post(address).json()["path"]
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 200
    assert client.get(address).json()["path"] == new


def test_a_filter_of_the_board_is_kept(client_of: Callable[..., Client], patient: Patient) -> None:
    """The same lines as on the page, and nobody else's filters."""
    client, other = client_of("nurse"), client_of("physician")
    asked = {"kind": ["trial", "refill"], "q": "moreno", "sort": "-until"}
    assert client.get("/api/worklist", asked).json()["count"] == 1
    assert client.get("/api/worklist", {"kind": "refill"}).json()["count"] == 0
    assert "kind: " in client.get("/api/worklist", {"kind": "gossip"}).json()["detail"]
    assert "sort: " in client.get("/api/worklist", {"sort": "beauty"}).json()["detail"]
    kept = client.post("/api/board/filters", json.dumps({"name": "Mine", "query": "kind=trial&q=a"}), JSON)
    assert (kept.status_code, kept.json()["query"]) == (201, "kind=trial&q=a")
    for wrong in ({"name": " "}, {"name": "x", "query": f"q={'%F0%9F%92%8A' * 60}"}):
        assert client.post("/api/board/filters", json.dumps(wrong), JSON).status_code == 422
    assert "Mine" in client.get("/").content.decode()
    assert other.get("/api/board/filters").json()["count"] == 0
    other.delete(f"/api/board/filters/{kept.json()['id']}")
    assert KeptFilter.objects.count() == 1
    assert client.delete(f"/api/board/filters/{kept.json()['id']}").status_code == 204
    assert KeptFilter.objects.count() == 0
