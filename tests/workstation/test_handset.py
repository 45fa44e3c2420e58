"""The button on the patient's page asks a real pump, as a handset, and tells its answer in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.urls import resolve
from tests.programmer.processes import Between, Pump, demo

from intrathecal.programmer.programming import propose, send
from intrathecal.programmer.session import Session
from intrathecal.programmer.telling import tell_fill
from intrathecal.pump import pressing
from intrathecal.therapy import Program
from intrathecal.workstation.clinic import handsets
from intrathecal.workstation.clinic.models import Implant, Patient

ON_DEMAND = "3 mg/day\non demand 0.1 mg over 5 min, lockout 2 h, max 4 per day"


@pytest.fixture(scope="module")
def pump(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pump]:
    """A filled pump, with the keys of a programmer and of a handset side by side."""
    with Pump(tmp_path_factory.mktemp("pump")) as made:
        key = made.pair("programmer", "clinic")
        handsets.pair(made.address, made.code, key)
        with Session(made.address, key) as session:
            tell_fill(session, demo(), None, None)
        yield made


@pytest.fixture
def implant(pump: Pump, patient: Patient) -> Implant:
    """The pump is in this patient."""
    return Implant.objects.create(
        patient=patient,
        model="synchromed-ii-20",
        serial="1",
        implanted_on=date(2026, 1, 5),
        address=str(pump.address),
        key_file=str(pump.folder / "clinic.key"),
    )


def program(pump: Pump, text: str) -> None:
    """What runs on the pump."""
    with Session(pump.address, pump.folder / "clinic.key") as session:
        send(session, propose(replace(demo(), program=Program.parse(text)), session.read()))


def test_a_press_is_given_and_the_next_one_is_refused_in_plain_words(
    pump: Pump, implant: Implant, client: Client, client_of: Callable[..., Client]
) -> None:
    """Given once; then the lockout is explained, over the API too. All is in the trail; the page says before what would be."""
    program(pump, ON_DEMAND)
    page = f"/p/{implant.patient.link}/"
    assert "Give me a bolus" in client.get(page).content.decode()
    assert "A bolus can be given now" in client.get(page + "handset").content.decode()
    assert "Your bolus is being given" in client.post(page + "press").content.decode()
    refused = client.post(page + "press", headers={"HX-Request": "true"}).content.decode()
    assert "No bolus now" in refused
    assert "never get too much" in refused
    assert "<html" not in refused, "with htmx only the answer comes"
    called = client_of("patient", implant.patient).post("/api/my/handset").json()
    assert (called["headline"], called["outcome"]) == ("No bolus now", "refused: lockout")
    assert "never get too much" in called["text"]
    assert resolve("/api/my/handset").func._non_atomic_requests, "no transaction is held while a pump is asked"
    reading = pump.read(pump.folder / "clinic.key")
    assert reading.fill is not None
    assert reading.fill.refusal == "lockout", "the pump itself has counted the first"
    assert any(entry.kind == "press" for entry in reading.events)
    told = [entry.additional_data["page"] for entry in LogEntry.objects.filter(action=LogEntry.Action.ACCESS)]
    assert "POST own press: given" in told
    assert "POST own press: refused: lockout" in told


def test_a_pump_without_boluses_says_so(pump: Pump, implant: Implant, client: Client) -> None:
    """The program has none on demand."""
    program(pump, "3 mg/day")
    answer = client.post(f"/p/{implant.patient.link}/press").content.decode()
    assert "your clinic has set no bolus on request" in answer


def test_an_emergency_stop_sends_to_the_clinic(pump: Pump, implant: Implant, client: Client) -> None:
    """A stopped pump sounds its alarm, and the page says to call."""
    program(pump, ON_DEMAND)
    with Session(pump.address, pump.folder / "clinic.key") as session:
        session.stop()
    answer = client.get(f"/p/{implant.patient.link}/handset").content.decode()
    assert "Your clinic has stopped the pump" in answer
    assert "Call your clinic now" in answer
    program(pump, ON_DEMAND)


def test_a_lost_answer_is_uncertain_and_becomes_certain(pump: Pump, implant: Implant, client: Client) -> None:
    """The line is cut after the press left: the page says that it is not sure, and the next one what became of it."""
    program(pump, "3 mg/day\non demand 0.1 mg over 5 min, lockout 1 min, max 24 per day")
    page = f"/p/{implant.patient.link}/"
    with Between(pump.address) as between:
        implant.address = str(between.address)
        implant.save()
        client.get(page + "handset")
        asked = len(between.heard)
        between.heard.clear()
        client.get(page + "handset")
        length = sum(map(len, between.heard))
        assert asked
        between.swallow_answers_after = length - 40
        assert "not certain whether your bolus is given" in client.post(page + "press").content.decode()
    implant.address = str(pump.address)
    implant.save()
    answer = client.get(page + "handset").content.decode()
    assert "The bolus that you asked for before" in answer


def test_a_pump_that_is_not_there_changes_nothing(pump: Pump, implant: Implant, client: Client) -> None:
    """Nothing was asked of it, and the page says so."""
    implant.address = "127.0.0.1:1"
    implant.save()
    answer = client.post(f"/p/{implant.patient.link}/press").content.decode()
    assert "cannot be reached" in answer
    assert "Nothing was asked of the pump" in answer


def test_the_key_of_a_programmer_never_presses(pump: Pump, implant: Implant, client: Client, tmp_path: Path) -> None:
    """Without a handset's key the page sends to the handset, also where a form is sent by hand."""
    alone = tmp_path / "clinic.key"
    alone.write_bytes((pump.folder / "clinic.key").read_bytes())
    implant.key_file = str(alone)
    implant.save()
    assert handsets.key_of(implant) is None
    page = f"/p/{implant.patient.link}/"
    assert "Give me a bolus" not in client.get(page).content.decode()
    assert "Use your handset" in client.post(page + "press").content.decode()


def test_every_reason_of_the_pump_has_plain_words() -> None:
    """A reason that the pump learns later must be explained here."""
    known = {
        value
        for name, value in vars(pressing).items()
        if name.isupper() and isinstance(value, str) and name not in ("ZERO",)
    }
    assert known <= set(handsets.MEANS)
