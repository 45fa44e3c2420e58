"""Whatever a page changes or shows, a call of the API does too; the list of pages is the program's own: none is forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from html import escape

import pytest
from django.test import Client
from tests.workstation.test_access import ALL

from intrathecal.workstation import access
from intrathecal.workstation.api import api
from intrathecal.workstation.clinic.models import Implant, KeptFilter, Patient, Refill, User

JSON = "application/json"
#: Pages of the login: a program logs in as a browser does, and a person sets up their own second factors.
LOGIN = "logging in and the own account: a program does as a browser does"
BY_LINK = "the personal link is for a browser alone; the calls under /api/my do the same for a patient's login"
IMPLANT, REFILL = "/api/patients/{patient}/implants/{implant}", "/api/patients/{patient}/refill"
PUMP, PROGRAM = "/api/patients/{patient}/pump", "/api/patients/{patient}/programs/{program}"
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
    **dict.fromkeys(("own", "own_score", "own_ask", "own_handset", "own_press", "own_calendar"), BY_LINK),
    "my": "only looked at",
    "my_calendar": "only looked at",
    "my_handset": "only looked at",
    "my_score": ("api:my_scores", "post", "/api/my/scores"),
    "my_ask": ("api:my_requests", "post", "/api/my/requests"),
    "my_press": ("api:my_handset", "post", "/api/my/handset"),
    "appointments": ("api:appointments", "post", "/api/appointments"),
    "appointment": ("api:appointment", "put", "/api/appointments/{appointment}"),
    "appointment_request": ("api:request_answer", "post", "/api/requests/{asked}/answer"),
    "candidate": ("api:candidacy", "post", "/api/patients/{patient}/candidacy"),
    "begin_trial": ("api:begin_trial", "post", "/api/patients/{patient}/candidacy/begin"),
    "trial": ("api:trial_lines", "post", "/api/patients/{patient}/trial/lines"),
    "trial_csv": ("api:trial_diary", "post", "/api/patients/{patient}/trial/diary"),
    "strike_score": ("api:trial_line", "delete", "/api/patients/{patient}/trial/lines/{score}"),
    "decide_trial": ("api:decide_trial", "post", "/api/patients/{patient}/trial/decision"),
    "take_trial_back": ("api:take_trial_back", "post", "/api/patients/{patient}/trial/decision/taken-back"),
    "implant_new": ("api:implants", "post", "/api/patients/{patient}/implants"),
    "implant_replace": ("api:implant_replacement", "post", f"{IMPLANT}/replacement"),
    "implant_revise": ("api:implant_catheters", "post", f"{IMPLANT}/catheters"),
    "implant_explant": ("api:implant_explantation", "post", f"{IMPLANT}/explantation"),
    "implant_mri": ("api:implant_scans", "post", f"{IMPLANT}/scans"),
    "implant_mri_open": ("api:scan_answers", "post", "/api/patients/{patient}/scans/{scan}/answers"),
    "refill_begin": ("api:refilling", "post", REFILL),
    "refill_drop": ("api:refilling", "delete", REFILL),
    "refill_step": ("api:refilling_step", "put", f"{REFILL}/steps/{{step}}"),
    "refill_read": ("api:refilling_reading", "post", f"{REFILL}/reading"),
    "refill_second": ("api:refilling_second", "post", f"{REFILL}/second"),
    "refill_beside": "a second login at the same screen: a program has a login of its own",
    "refill_take_back": ("api:refilling_take_back", "post", f"{REFILL}/take-back"),
    "refill_tell": ("api:refilling_telling", "post", f"{REFILL}/telling"),
    "pump_read": ("api:readings", "post", f"{PUMP}/readings"),
    "pump_seen": ("api:pump_seen", "post", f"{PUMP}/alarms/seen"),
    "pump_mute": ("api:pump_mute", "post", f"{PUMP}/mute"),
    "pump_reset": ("api:pump_reset", "post", f"{PUMP}/reset"),
    "pump_resume": ("api:pump_resume", "post", f"{PUMP}/resume"),
    "pump_pair": ("api:pump_pairing", "post", f"{PUMP}/pairing"),
    "program_new": ("api:programs", "post", "/api/patients/{patient}/programs"),
    "program_edit": ("api:program", "put", PROGRAM),
    "program_discard": ("api:program", "delete", PROGRAM),
    "program_confirm": ("api:program_confirmation", "post", f"{PROGRAM}/confirmation"),
    "program_take_back": ("api:program_confirmation", "delete", f"{PROGRAM}/confirmation"),
    "program_second": ("api:program_second", "post", f"{PROGRAM}/second"),
    "program_send": ("api:program_sending", "post", f"{PROGRAM}/sending"),
    "program_settle": ("api:program_settling", "post", f"{PROGRAM}/settling"),
    "program_by_hand": ("api:program_by_hand", "post", f"{PROGRAM}/by-hand"),
    "emergency_act": ("api:emergency_act", "post", "/api/patients/{patient}/emergency/{deed}"),
}
CHANGING = sorted(
    address.name
    for address in ALL
    if not address.name.startswith("api:") and (rule := access.rule_of(address.name)) is not None and rule.change
)


@pytest.mark.parametrize("page", CHANGING)
def test_a_call_does_what_the_page_does(page: str) -> None:
    """By a name that exists, under a method and path that the description has; open to the same people."""
    does = CALLS.get(page)
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
    assert sorted(CALLS.keys() - set(CHANGING)) == []


CALENDAR = "a file for a telephone's calendar: the calls tell when it is and how long it takes"
BOARD, AUDIT = ("api:worklist", "/api/worklist"), ("api:audit", "/api/audit")
CURVES = ("api:program_curves", f"{PROGRAM}/curves")
NOW = ("api:pump", PUMP)
WHOLE = ("api:record", "/api/patients/{patient}/record")
#: What a page only shows, and the call that tells the same: its name, and its path in the description.
TOLD: dict[str, str | tuple[str, str]] = {
    "board": BOARD,
    "board_csv": BOARD,
    "patients": ("api:patients", "/api/patients"),
    "patient": ("api:timeline", "/api/patients/{patient}/timeline"),
    "pictures": CURVES,
    "history": ("api:programs_compared", "/api/patients/{patient}/programs/compare"),
    "audit": AUDIT,
    "audit_verify": ("api:audit_verified", "/api/audit/verified"),
    "appointment_calendar": CALENDAR,
    "implant": ("api:implant", IMPLANT),
    "implant_prime": ("api:implant_prime", f"{IMPLANT}/prime"),
    "implant_volumes": ("api:dead_volumes", "/api/dead-volumes"),
    "refill": ("api:refill_trend", "/api/patients/{patient}/refills/trend"),
    "refill_sheet": ("api:refills", "/api/patients/{patient}/refills"),
    "refill_compounding": "reckoned by the call refilling_compounding, whose question is too long for an address",
    "pump": ("api:readings", f"{PUMP}/readings"),
    "pump_now": NOW,
    "pump_stream": NOW,
    "program": ("api:program", PROGRAM),
    "program_review": ("api:program_review", f"{PROGRAM}/review"),
    "program_foresight": ("api:program_foresight", f"{PROGRAM}/foresight"),
    "program_uncertain": ("api:program", PROGRAM),
    "program_order": ("api:program_order", f"{PROGRAM}/order"),
    "program_record": ("api:program_record", f"{PROGRAM}/record"),
    "record": WHOLE,
    "record_json": WHOLE,
    "record_zip": WHOLE,
    "emergency": ("api:emergency", "/api/patients/{patient}/emergency"),
    "emergency_ask": "asks whether it is meant: the call is told that with the pump's serial number",
    "emergency_find": ("api:patients", "/api/patients"),
}
SHOWING = sorted(
    address.name
    for address in ALL
    if not address.name.startswith("api:")
    and (rule := access.rule_of(address.name)) is not None
    and rule.look
    and not rule.change
)


@pytest.mark.parametrize("page", SHOWING)
def test_a_call_tells_what_the_page_shows(page: str) -> None:
    """By a name that exists, under a path that the description has; told to the same people."""
    tells = TOLD.get(page)
    assert tells is not None, f"{page}: name its call in TOLD, or the reason why there is none"
    if isinstance(tells, str):
        return
    name, path = tells
    assert name in {address.name for address in ALL}
    assert "get" in api.get_openapi_schema()["paths"][path]
    rule, call = access.rule_of(page), access.rule_of(name)
    assert rule is not None
    assert call is not None
    assert rule.look <= call.look


def test_every_name_is_a_page_that_only_shows_something() -> None:
    """One that is not has gone, is written wrong, or changes something now."""
    assert sorted(TOLD.keys() - set(SHOWING)) == []


def test_refills_are_told_as_their_pages_show_them(
    patient: Patient, user_of: Callable[..., User], client_of: Callable[..., Client]
) -> None:
    """Check of the pocket, bridge and recipe of each; and what all of them say together, once one was measured."""
    address, client, by = f"/api/patients/{patient.pk}/refills", client_of("nurse"), user_of("nurse")
    assert client.get(f"{address}/trend").status_code == 404
    implant = Implant.objects.create(
        patient=patient, model="synchromed-ii-20", serial="NGV1H", implanted_on=date(2026, 1, 5)
    )
    assert client.get(f"{address}/trend").status_code == 404
    for month in range(2, 6):
        Refill.objects.create(
            implant=implant,
            at=datetime(2026, month, 5, 9, 0, tzinfo=UTC),
            by=by,
            drugs={"morphine": "10 mg/mL"},
            filled_uL=18_000,
            expected_uL=2_000,
            measured_uL=6_000,
            pocket_check="drawn back from the reservoir; no swelling",
            bridge={"choice": "none", "why_not": "the same drug"},
            recipe={"volume": "18 mL"},
            due_on=date(2026, month + 1, 5),
        )
    told = client.get(address).json()["items"][0]
    assert told["pocket_check"].endswith("no swelling")
    assert (told["bridge"]["why_not"], told["recipe"]) == ("the same drug", {"volume": "18 mL"})
    trend = client.get(f"{address}/trend").json()
    assert trend["refills"] == 3
    assert trend["mean_error_percent"] == pytest.approx(-25)
    assert "under-delivery" in trend["points_to"]
    page = client.get(f"/patients/{patient.pk}/refill/").content.decode()
    assert all(escape(reason) in page for reason in trend["reasons"])


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
