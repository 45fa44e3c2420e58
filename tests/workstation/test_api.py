"""Programs read and write what people do on pages, under the same rules, and every answer is what the description says."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from auditlog.models import LogEntry
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from intrathecal.workstation import demo
from intrathecal.workstation.asgi import application
from intrathecal.workstation.clinic import limits, trail
from intrathecal.workstation.clinic.models import Note, Patient, Refill, Score
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.demo import people

JSON = "application/json"
#: Whose calls are tried with most examples, by their tag; those of others are refused whatever is sent.
THEIRS = {"administering": "administrator", "own page": "patient"}


def test_the_description_is_public(db: None) -> None:
    """And nothing else is."""
    described = Client().get("/api/openapi.json").json()
    assert described["info"]["title"] == "intrathecal workstation"
    for path in described["paths"]:
        if not path.startswith("/api/public/"):
            answer = Client().get(re.sub("{.*?}", "1", path))
            assert (answer.status_code, answer.json()) == (401, {"detail": "log in first"})


def test_what_a_page_says_the_api_says_too(client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same lines of the board, the same events of a patient; of a demonstration with few people."""
    monkeypatch.setattr(people, "PHASES", {Phase.TRIAL: 4, Phase.IMPLANTED: 6})
    list(demo.make())
    client = client_of("nurse")
    lines = client.get("/api/worklist").json()
    board = client.get("/board.csv").content.decode().splitlines()
    assert lines["count"] == len(board) - 1
    found = client.get("/api/patients", {"phase": "implanted"}).json()["items"][0]
    last = Refill.objects.filter(implant__patient=found["id"])[0]
    events = client.get(f"/api/patients/{found['id']}/timeline").json()
    page = client.get(f"/patients/{found['id']}/").content.decode()
    assert events["count"] == page.count('<li class="of-')
    assert client.get(f"/api/patients/{found['id']}/programs").json()["items"][0]["state"] == "in_force"
    assert client.get(f"/api/patients/{found['id']}/refills").json()["items"][0]["filled_mL"] == last.filled_uL / 1000


def test_a_score_is_kept_and_written_down(patient: Patient, client_of: Callable[..., Client]) -> None:
    """With the seal of the audit trail, in whole tenths."""
    client = client_of("patient", patient)
    told = {"nrs": 6.5, "at": "2026-11-20T08:00:00Z", "note": "after the walk"}
    answer = client.post(f"/api/patients/{patient.pk}/scores", json.dumps(told), JSON)
    assert answer.status_code == 201
    score = Score.objects.get()
    assert (score.tenths, score.by_patient, answer.json()["nrs"]) == (65, True, 6.5)
    assert LogEntry.objects.filter(object_pk=str(score.pk), content_type__model="score").count() == 1
    assert list(trail.verify()) == []


def test_a_diary_is_not_flooded_by_calls(patient: Patient, client_of: Callable[..., Client]) -> None:
    """A patient has so many scores an hour, whichever way they come; staff who type an old diary have more."""
    own, staff, url = client_of("patient", patient), client_of("nurse"), f"/api/patients/{patient.pk}/scores"
    for _number in range(limits.SCORES.each):
        limits.SCORES.count(limits.digest(str(patient.pk)))
    assert own.post(url, json.dumps({"nrs": 5}), JSON).status_code == 429
    assert staff.post(url, json.dumps({"nrs": 5}), JSON).status_code == 201


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"kind": "trial decision", "text": "Implant."}, "is noted when it is done; write another word, such as visit"),
        ({"kind": " Trial  Decision", "text": "Implant."}, "is noted when it is done"),
        ({"kind": "MRI", "text": "1.5 T"}, "is noted when it is done"),
        ({"kind": "visit", "text": "Well.", "at": "2150-01-01T00:00:00Z"}, "at: 2150-01-01 00:00 is still to come"),
    ],
)
def test_a_note_is_no_way_round_what_a_role_may_do(
    told: dict[str, str], said: str, patient: Patient, client_of: Callable[..., Client]
) -> None:
    """A physician alone decides a trial; nobody notes that it was done, or what is still to come."""
    answer = client_of("pharmacist").post(f"/api/patients/{patient.pk}/notes", json.dumps(told), JSON)
    assert (answer.status_code, said in answer.json()["detail"]) == (422, True)
    assert not Note.objects.exists()


def test_a_list_says_who_somebody_is_and_no_more(patient: Patient, client_of: Callable[..., Client]) -> None:
    """As the page does; what else is in the record is read of one patient, and the trail says so."""
    client = client_of("nurse")
    (one,) = client.get("/api/patients").json()["items"]
    assert set(one) == {"id", "number", "family_name", "given_name", "born", "phase", "indication", "physician"}
    assert not LogEntry.objects.filter(action=LogEntry.Action.ACCESS).exists()
    assert client.get(f"/api/patients/{patient.pk}").json()["weight_kg"] == 70.5
    assert LogEntry.objects.filter(action=LogEntry.Action.ACCESS).count() == 1


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"nrs": 11}, "nrs: Input should be less than or equal to 10"),
        ({"nrs": 1, "phase": "banana"}, 'phase: "banana" is none; write baseline, trial or therapy'),
        ({"nrs": 1, "phase": "therapy", "at": "2150-01-01T00:00:00Z"}, "at: 2150-01-01 00:00 is still to come"),
        ({"nrs": 1, "phase": "therapy", "at": "1901-01-01T00:00:00Z"}, "at: 1901-01-01 00:00 is before 1990"),
        ({"nrs": 3.14}, "nrs: Value error, a score has steps of a tenth of a point, like 6.5"),
        ({"nrs": 5, "note": "a\x00b"}, "note: Value error, a character with the code 0 is no text"),
        ({}, "nrs: Field required"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    told: dict[str, Any], said: str, patient: Patient, client_of: Callable[..., Client]
) -> None:
    """Where, what, and what would be right; nothing is kept."""
    answer = client_of("nurse").post(f"/api/patients/{patient.pk}/scores", json.dumps(told), JSON)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert not Score.objects.exists()


def test_accounts_have_the_same_rules_as_on_the_page(client_of: Callable[..., Client]) -> None:
    """Made, changed, given a new password, and closed; what the form complains about, the API does in the same words."""
    client = client_of("administrator")
    told = {"username": "iris", "role": "nurse", "password": "short"}
    refused = client.post("/api/accounts", json.dumps(told), JSON)
    assert (refused.status_code, refused.json()["detail"][:42]) == (422, "password: This password is too short. It m")
    made = client.post("/api/accounts", json.dumps(told | {"password": "twelve is enough"}), JSON).json()
    assert (made["username"], made["role"], made["second_factors"]) == ("iris", "nurse", 0)
    address = f"/api/accounts/{made['id']}"
    closed = client.put(address, json.dumps({"username": "iris", "role": "nurse", "is_active": False}), JSON).json()
    assert closed["is_active"] is False
    assert client.delete(f"{address}/second-factor").status_code == 200
    assert client.post(f"{address}/password", json.dumps({"password": "another long one"}), JSON).status_code == 200
    own = client.get("/api/accounts").json()["items"][0]
    stays = client.put(f"/api/accounts/{own['id']}", json.dumps({"username": "x", "role": "nurse"}), JSON)
    assert "Nobody else administers this clinic" in stays.json()["detail"]
    lines = client.get("/api/audit", {"about": "iris"}).json()
    assert [line["did"] for line in lines["items"]] == ["password set", "changed", "created"]
    assert client.get("/api/audit/verified").json()["whole"] is True


def test_a_change_needs_the_token_of_the_session(patient: Patient, user_of: Callable[..., Any]) -> None:
    """A page elsewhere in the same browser cannot write."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user_of("nurse"), backend="allauth.account.auth_backends.AuthenticationBackend")
    told = json.dumps({"kind": "visit", "text": "Well."})
    assert client.post(f"/api/patients/{patient.pk}/notes", told, JSON).status_code == 403
    assert not Note.objects.exists()
    client.get("/")
    token = client.cookies["csrftoken"].value
    sent = client.post(f"/api/patients/{patient.pk}/notes", told, JSON, headers={"X-CSRFToken": token})
    assert sent.status_code == 201


#: So many made-up calls of each kind; `make test-long` makes more.
TRIED = int(os.environ.get("INTRATHECAL_CALLS", "10"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["physician", "administrator", "patient"])
def test_whatever_is_sent_the_answer_is_as_described(
    role: str, client_of: Callable[..., Client], patient: Patient
) -> None:
    """Schemathesis makes up calls of every kind, right and wrong: no 5xx, and no answer outside its schema."""
    client = client_of(role, patient if role == "patient" else None)
    session = client.cookies["sessionid"].value
    client.get("/login/2fa/")
    token = client.cookies["csrftoken"].value
    described = schemathesis.openapi.from_asgi("/api/openapi.json", application)
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    answered: Counter[int] = Counter()

    for operation in described.get_all_operations():
        calls = operation.ok().as_strategy()  # type: ignore[union-attr]
        tried = TRIED if THEIRS.get(operation.ok().tags[0], "physician") == role else 2  # type: ignore[union-attr, index]

        @settings(max_examples=tried, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @_given(calls)
        def call(case: Case[Any]) -> None:
            if "patient" in (case.path_parameters or {}) and answered.total() % 2:
                case.path_parameters["patient"] = patient.pk
            response = case.call(cookies={"sessionid": session, "csrftoken": token}, headers={"X-CSRFToken": token})
            case.validate_response(response, checks=checks)
            answered[response.status_code] += 1

        call()
    assert answered[200] > 20
    assert answered[403] > 20
    if role == "physician":
        assert answered[201] > 2
        assert answered[404] > 20
    assert list(trail.verify()) == []


def _given(strategy: Any) -> Callable[[Callable[[Case[Any]], None]], Callable[[], None]]:
    from hypothesis import given

    return given(case=strategy)
