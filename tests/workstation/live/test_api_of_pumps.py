"""Programs do over the API what people do on pages: with a real pump, under the same rules, and without holding the database."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from tests.programmer.processes import Between, until
from tests.workstation.live.conftest import RUNS, Living, confirmed

from intrathecal.programmer.session import Session
from intrathecal.workstation.clinic.models import Note, Program, User
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import sending, writing
from intrathecal.workstation.live.stages import version_of

JSON = "application/json"
Drafted = Callable[[str], tuple[Client, Program]]


class Api:
    """Calls about one patient."""

    def __init__(self, client: Client, patient: int) -> None:
        self._client, self._here = client, f"/api/patients/{patient}"

    def __call__(self, method: str, address: str, told: dict[str, Any] | None = None) -> tuple[int, Any]:
        """The status and what was answered."""
        answer = self._client.generic(
            method, f"{self._here}/{address}", json.dumps(told) if told is not None else "", JSON
        )
        return answer.status_code, answer.json()


def test_a_program_goes_to_the_pump_over_the_api(living: Living, client_of: Callable[..., Client]) -> None:
    """Begun, edited as rows, reviewed, confirmed, sent and read back; what is not so is said with its place."""
    call = Api(client_of("physician"), living.patient.pk)
    status, draft = call("POST", "programs")
    assert (status, draft["state"]) == (201, "draft")
    here, rows = f"programs/{draft['id']}", draft["rows"]
    wrong = [{**rows[0], "rate": "2.5 mgg/day"}, *rows[1:]]
    status, said = call("PUT", here, {"rows": wrong, "version": draft["version"]})
    assert (status, said["detail"][:12]) == (422, "row 1: rate:")
    status, said = call("PUT", here, {"rows": [{"kind": "flood"}], "version": draft["version"]})
    assert (status, "write one of base, window" in said["detail"]) == (422, True)
    right = [{**rows[0], "rate": "2.5 mg/day"}, *rows[1:]]
    status, edited = call("PUT", here, {"rows": right, "version": draft["version"]})
    assert (status, edited["rows"][0]["rate"]) == (200, "2.5 mg/day")
    status, said = call("PUT", here, {"text": draft["therapy_file"], "version": draft["version"]})
    assert (status, "Somebody has changed this draft" in said["detail"]) == (409, True)
    status, said = call(
        "PUT", here, {"text": f'{edited["therapy_file"]}\n[catalogue]\nfiles = ["/etc/passwd"]\n', "version": ""}
    )
    assert (status, "cannot be named here" in said["detail"]) == (422, True)
    status, seen = call("GET", f"{here}/review")
    assert {row["field"]: row["new"] for row in seen["rows"]}["base"].startswith("2.5 mg/day")
    status, said = call("POST", f"{here}/confirmation", {"mark": "old", "why": "pain"})
    assert (status, "Look again" in said["detail"]) == (409, True)
    status, said = call("POST", f"{here}/confirmation", {"mark": seen["mark"], "why": " "})
    assert (status, "an empty reason is none" in said["detail"]) == (422, True)
    told = {"mark": seen["mark"], "why": "pain", "reasons": dict.fromkeys(seen["reasons_for"], "pain")}
    status, held = call("POST", f"{here}/confirmation", told)
    assert (status, held["state"]) == (200, "confirmed")
    assert call("POST", f"{here}/by-hand", {"outcome": "not", "why": "no"})[0] == 409
    status, sent = call("POST", f"{here}/sending")
    assert (status, sent["state"]) == (200, "in_force")
    assert "2.5 mg/day" in living.runs()
    assert call("POST", f"{here}/sending")[0] == 409
    assert "Read back from the pump" in call("GET", f"{here}/record")[1]["html"]
    status, compared = call("GET", f"programs/compare?a={living.program.pk}&b={draft['id']}")
    assert [row["change"] for row in compared["settings"] if row["field"] == "base"] != [""]
    assert any(line["kind"] == "added" for line in compared["texts"])


def test_a_pump_is_read_muted_and_stopped_over_the_api(living: Living, client_of: Callable[..., Client]) -> None:
    """The second confirmation names the pump; a stop is seen at once, and its alarm is known."""
    call = Api(client_of("nurse"), living.patient.pk)
    assert call("GET", "pump")[1]["told"]["program_text"] == RUNS
    assert call("POST", "pump/readings")[0] == 201
    told = {"confirmed": True, "serial": "another"}
    assert call("POST", "emergency/stop", told)[0] == 409
    assert call("POST", "emergency/stop", {"serial": living.implant.serial})[0] == 422
    status, view = call("GET", "emergency")
    assert (view["serial"], [deed["name"] for deed in view["deeds"]]) == (living.implant.serial, ["stop", "minimum"])
    assert any("Naloxone" in json.dumps(sheet) for sheet in view["sheets"])
    assert not living.pump.read(living.key).fill.stopped  # type: ignore[union-attr]
    status, done = call("POST", "emergency/stop", {"confirmed": True, "serial": living.implant.serial})
    assert (status, done["certain"]) == (200, True)
    assert living.pump.read(living.key).fill.stopped  # type: ignore[union-attr]
    assert call("POST", "pump/mute")[0] == 200
    assert call("GET", "pump/alarms")[1]["items"][0]["seen_by"] is not None
    assert call("POST", "pump/resume")[0] == 403
    assert call("DELETE", "pump/pairing")[1]["address"] == ""
    assert call("POST", "pump/mute")[0] == 409


@pytest.mark.django_db(transaction=True)
def test_while_a_program_is_on_its_way_it_is_uncertain_and_the_database_is_free(
    living: Living, drafted: Drafted, user_of: Callable[..., User]
) -> None:
    """A server that is killed then leaves it so; others write meanwhile; whoever sends it too is told to wait."""
    client, draft = drafted(RUNS.replace("2.4", "2.6"))
    confirmed(client, living.url(draft), draft)
    by = user_of("physician")
    with Between(living.pump.address) as between:
        living.implant.address = str(between.address)
        living.implant.save()
        with Session(between.address, living.key) as session:
            session.read()
        said = sum(map(len, between.heard))
        between.hold_answers_after = said + 200
        sent = threading.Thread(target=_send, args=(draft.pk, by))
        sent.start()
        until(lambda: sum(map(len, between.heard)) > 2 * said + 200)
        Note.objects.create(patient=living.patient, at=draft.written_at, by=by, kind="visit", text="meanwhile")
        on_its_way = Program.objects.get(pk=draft.pk)
        assert (on_its_way.state, on_its_way.doubt) == (State.UNCERTAIN, "It is being sent.")
        between.hold_answers_after = None
        sent.join()
    draft.refresh_from_db()
    assert draft.state == State.IN_FORCE


def _send(key: int, by: User) -> None:
    try:
        sending.dispatch(Program.objects.get(pk=key), by)
    finally:
        connections.close_all()


def test_of_two_people_at_one_draft_the_slower_one_is_told(
    living: Living, drafted: Drafted, client_of: Callable[..., Client]
) -> None:
    """Nothing is overwritten; what was confirmed is the text that was seen."""
    first, draft = drafted(RUNS)
    second, url = client_of("physician"), living.url(draft)
    version = version_of(draft.text)
    seen = second.get(f"{url}review/")
    first.post(
        f"{url}edit/", {"text": writing.with_program(draft.text, "2.7 mg/day"), "source": "text", "version": version}
    )
    late = writing.with_program(draft.text, "0.1 mg/day")
    page = second.post(f"{url}edit/", {"text": late, "source": "text", "version": version})
    assert "Somebody has changed this draft" in page.content.decode()
    reasons = {f"reason-{ask.code}": "pain" for ask in seen.context["asked"].asks}
    answer = second.post(f"{url}confirm/", {"mark": seen.context["mark"], "why": "pain", **reasons})
    assert answer.status_code == 409
    draft.refresh_from_db()
    assert (draft.state, "2.7 mg/day" in draft.text) == (State.DRAFT, True)
