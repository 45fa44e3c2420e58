"""A pump that does not answer: its program is written and judged against the record, and nothing is claimed to be sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from tests.programmer.processes import Pump
from tests.workstation.live.conftest import confirmed

from intrathecal.workstation.clinic.models import Catheter, Implant, Patient, Program, Refill, User
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import writing
from intrathecal.workstation.live.stages import version_of


@pytest.fixture
def implant(patient: Patient, user_of: Callable[..., User]) -> Implant:
    """A pump of the record alone, filled with morphine."""
    made = Implant.objects.create(
        patient=patient, model="synchromed-ii-20", serial="NGV1", implanted_on=date(2025, 3, 4)
    )
    Catheter.objects.create(
        implant=made, placed_on=date(2025, 3, 4), tip_level="T9", segments=[{"model": "ascenda-8781"}], dead_nL=180_000
    )
    Refill.objects.create(
        implant=made,
        at=timezone.now(),
        by=user_of("nurse"),
        drugs={"morphine": "10 mg/mL"},
        filled_uL=18_000,
        due_on=timezone.localdate(),
    )
    return made


def test_a_program_begins_with_what_the_record_holds(implant: Implant, client_of: Callable[..., Client]) -> None:
    """Body, pump, catheter and fill; the pump stands still until somebody writes what it gives."""
    client = client_of("physician")
    client.post(f"/patients/{implant.patient_id}/programs/new/")
    plan = writing.therapy_of(implant.patient.programs.get().text)
    assert (str(plan.program), plan.pump and plan.pump.entry.name) == ("stop", "synchromed-ii-20")
    assert plan.patient.weight_kg == implant.patient.weight_kg
    assert [entry.drug.name for entry in plan.drugs] == ["morphine"]


def _draft(implant: Implant, client: Client, gives: str) -> tuple[Program, str]:
    client.post(f"/patients/{implant.patient_id}/programs/new/")
    draft = implant.patient.programs.order_by("-pk")[0]
    url = f"/patients/{implant.patient_id}/programs/{draft.pk}/"
    text = writing.with_program(draft.text, gives)
    client.post(f"{url}edit/", {"text": text, "source": "text", "version": version_of(draft.text)})
    return draft, url


def test_it_is_judged_and_not_sent(implant: Implant, client_of: Callable[..., Client]) -> None:
    """The review says that the pump was not read; sending says why it cannot be."""
    client = client_of("physician")
    draft, url = _draft(implant, client, "0.6 mg/day")
    assert "judged against the record" in client.get(f"{url}review/").content.decode()
    assert {row.change for row in client.get(f"{url}review/").context["seen"].rows} == {"new"}
    foresight = client.get(f"{url}foresight/").content.decode()
    assert "only the new program is shown" in foresight
    assert "<polyline" in foresight
    draft = confirmed(client, url, draft)
    assert draft.state in (State.CONFIRMED, State.WAITING)
    client_of("pharmacist").post(f"{url}second/")
    page = client.post(f"{url}send/", follow=True).content.decode()
    assert "Not sent" in page
    draft.refresh_from_db()
    assert draft.state == State.CONFIRMED


@pytest.fixture
def ordered(implant: Implant, client_of: Callable[..., Client]) -> tuple[Client, Program, str]:
    """A confirmed program for a pump without address, and a nurse with the maker's programmer."""
    client = client_of("physician")
    draft, url = _draft(implant, client, "0.6 mg/day")
    draft = confirmed(client, url, draft)
    if draft.state == State.WAITING:
        client_of("pharmacist").post(f"{url}second/")
        draft.refresh_from_db()
    return client_of("nurse"), draft, url


def _read_back(**told: str) -> dict[str, str]:
    at = f"{timezone.localtime():%Y-%m-%dT%H:%M}"
    said = {"outcome": "runs", "at": at, "daily": "0.6 mg/day", "reservoir_mL": "17.5", "alarm_on": ""}
    return {**said, **told}


def test_a_program_entered_by_hand_is_in_force_once_it_was_read_back(
    ordered: tuple[Client, Program, str], implant: Implant
) -> None:
    """From the stated moment, with who said so; what was read counts as the pump's own word; the one before ends."""
    nurse, draft, url = ordered
    assert "TO BE ENTERED" in nurse.get(f"{url}order/").content.decode()
    assert "Say what came of it" in nurse.get(url).content.decode()
    page = nurse.post(f"{url}by-hand/", _read_back(), follow=True).content.decode()
    assert "In force from" in page
    draft.refresh_from_db()
    assert (draft.state, draft.begins_at) == (State.IN_FORCE, draft.begins_at and draft.begins_at.replace(second=0))
    assert "0.6 mg/day" in nurse.get(f"{url}record/").content.decode()
    reading = implant.readings.get()
    assert (reading.told["reservoir_mL"], reading.by.role) == (17.5, "nurse")
    assert "Entered by hand and read back (0.6 mg/day)" in draft.patient.notes.get().text
    assert "by hand" in nurse.get(f"/patients/{draft.patient_id}/pump/").content.decode()


#: What somebody types, the field that complains, and how.
MISREAD = [
    ({"daily": "0.6 mg/h"}, "daily", "this program gives 0.6 mg/day"),
    ({"daily": "0.61 mg/day"}, "daily", "it is not what was confirmed"),
    ({"daily": "600"}, "daily", "unit"),
    ({"daily": "9" * 39}, "daily", "unit"),
    ({"daily": ""}, "daily", "empty"),
    ({"reservoir_mL": "175"}, "reservoir_mL", "17.5 if that is meant"),
    ({"at": "2099-01-01T00:00"}, "at", "still to come"),
    ({"at": "2020-01-01T00:00"}, "at", "not confirmed"),
    ({"alarm_on": "2020-01-01"}, "alarm_on", "read the programmer again"),
    ({"outcome": "not"}, "why", "say in a few words"),
    ({"outcome": ""}, "outcome", "nothing is chosen"),
]


def test_what_was_read_back_must_be_the_program(ordered: tuple[Client, Program, str]) -> None:
    """Another dose, unit, volume or moment is said beside its field, and nothing is in force."""
    nurse, draft, url = ordered
    for told, where, said in MISREAD:
        answer = nurse.post(f"{url}by-hand/", _read_back(**told))
        assert answer.status_code == 400, told
        assert said in " ".join(answer.context["form"].errors[where])
    draft.refresh_from_db()
    assert draft.state == State.CONFIRMED


def test_what_is_uncertain_by_hand_is_settled_by_hand(ordered: tuple[Client, Program, str], implant: Implant) -> None:
    """It has the same screen; then it runs, or it is still to be entered. Each word has its note."""
    nurse, draft, url = ordered
    why = "the programmer went off"
    page = nurse.post(f"{url}by-hand/", {"outcome": "unknown", "why": why}, follow=True)
    assert page.redirect_chain[-1][0].endswith("uncertain/")
    assert "Read the pump with the maker" in page.content.decode()
    draft.refresh_from_db()
    assert (draft.state, why in draft.doubt) == (State.UNCERTAIN, True)
    nurse.post(f"{url}by-hand/", {"outcome": "not", "why": "it shows the old dose"})
    draft.refresh_from_db()
    assert (draft.state, draft.doubt) == (State.CONFIRMED, "")
    told = {"outcome": "runs", "daily": "0.06 mL/day", "reservoir_mL": 17.5}
    address = f"/api{url}by-hand"
    wrong = nurse.post(address, json.dumps(told), "application/json")
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "at: this is empty: fill it in")
    done = nurse.post(address, json.dumps({**told, "at": timezone.now().isoformat()}), "application/json")
    assert (done.status_code, done.json()["state"]) == (200, "in_force")
    assert draft.patient.notes.count() == 3
    assert implant.readings.count() == 1


def test_a_fill_after_it_was_confirmed_asks_for_another_review(
    ordered: tuple[Client, Program, str], implant: Implant
) -> None:
    """The same doses would be other volumes."""
    nurse, draft, url = ordered
    fill = implant.refills.get()
    fill.pk = None
    fill.drugs = {"morphine": "20 mg/mL"}
    fill.save()
    assert "Take it back and review it" in nurse.post(f"{url}by-hand/", _read_back(), follow=True).content.decode()
    draft.refresh_from_db()
    assert draft.state == State.CONFIRMED


def test_a_pump_is_paired_with_its_record(
    implant: Implant, client_of: Callable[..., Client], tmp_path: Path, settings: object
) -> None:
    """By the code that it printed and no other; from then on it is read."""
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    client, url = client_of("nurse"), f"/patients/{implant.patient_id}/pump/pair/"
    with Pump(tmp_path) as pump:
        page = client.post(url, {"address": str(pump.address), "code": "AAAAA-AAAAA-AAAAA-AAAAA"})
        assert page.status_code == 400
        assert page.context["code_error"]
        assert client.post(url, {"address": "nowhere", "code": pump.code}).context["address_error"]
        client.post(url, {"address": str(pump.address), "code": pump.code})
        implant.refresh_from_db()
        assert implant.address == str(pump.address)
        page = client.get(f"/patients/{implant.patient_id}/pump/now/")
        assert "The pump was not filled yet" in page.content.decode()
