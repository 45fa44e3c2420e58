"""A refill of a pump that answers: it is told after the record has it, once, and read back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.programmer.processes import EXAMPLES, Between, Pump, demo

from intrathecal.programmer.programming import propose, send
from intrathecal.programmer.session import Session
from intrathecal.programmer.telling import FillProposal, tell, tell_fill
from intrathecal.pump.telemetry.messages import Reading as Told
from intrathecal.workstation.clinic import worklist
from intrathecal.workstation.clinic.models import Implant, Patient, Reading, Refill, User
from intrathecal.workstation.clinic.running import running
from intrathecal.workstation.live import refilling

#: The pump of the example, and what its file says.
TEXT = (EXAMPLES / "failed-back.toml").read_text(encoding="utf-8")


def recorded(patient: Patient, pump: Pump, key: Path, physician: User) -> Refill:
    """The record of a pump that was filled and programmed, with a refill of half the strength of which it was not told."""
    plan = demo()
    with Session(pump.address, key) as session:
        send(session, propose(plan, tell_fill(session, plan, None, None)))
    now = timezone.now()
    implant = Implant.objects.create(
        patient=patient,
        model="synchromed-ii-20",
        serial=pump.read(key).serial,
        implanted_on=(now - timedelta(days=9)).date(),
        address=str(pump.address),
        key_file=str(key),
    )
    patient.programs.create(
        text=TEXT, summary="2.4 mg/day", state="in_force", written_by=physician, begins_at=now - timedelta(days=8)
    )
    return Refill.objects.create(
        implant=implant,
        at=now - timedelta(minutes=1),
        by=physician,
        drugs={"morphine": "5 mg/mL", "bupivacaine": "7.5 mg/mL"},
        filled_uL=18_000,
        bridge={"choice": "auto", "why_not": ""},
        due_on=(now + timedelta(days=40)).date(),
        untold=True,
    )


@pytest.mark.django_db(transaction=True)
def test_the_pump_is_told_and_read_back(
    tmp_path: Path, patient: Patient, client_of: Callable[..., Client], user_of: Callable[..., User]
) -> None:
    """It holds 18 mL of the new label, and brings the old one out first."""
    with Pump(tmp_path) as pump:
        key = pump.pair("programmer", "workstation")
        refill = recorded(patient, pump, key, user_of("physician"))
        client, at = client_of("nurse"), f"/patients/{patient.pk}/refill/"
        assert "was not told of the last refill" in client.get(at).content.decode()
        assert "the pump was not told of the refill" in client.get("/").content.decode()
        page = client.post(f"{at}tell/", follow=True).content.decode()
        assert "The pump holds 18 mL; it was read back." in page
        assert "was not told of the last refill" not in page
        found = pump.read(key).fill
        assert found is not None
        assert found.bridging
        assert dict(found.settings.labels)["morphine"] == 5_000_000
        assert Reading.objects.all()[0].told["reservoir_mL"] == pytest.approx(18, abs=0.01)
        refill.refresh_from_db()
        assert not refill.untold
        again = client.post(f"{at}tell/", follow=True).content.decode()
        assert "there is no refill of which this pump was not told" in again


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["told again", "read"])
def test_a_lost_answer_is_no_second_refill(
    how: str,
    tmp_path: Path,
    patient: Patient,
    client_of: Callable[..., Client],
    user_of: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the answer is lost it is said so; told again or read, the pump says that it was done, and is not told twice."""
    with Pump(tmp_path) as pump, Between(pump.address) as between:
        key = pump.pair("programmer", "workstation")
        refill = recorded(patient, pump, key, user_of("physician"))
        client, at = client_of("nurse"), f"/patients/{patient.pk}/refill/"
        refill.implant.address = str(between.address)
        refill.implant.save()
        sent: list[FillProposal] = []

        def and_lose_the_answer(session: Session, proposal: FillProposal) -> Told:
            assert not connection.in_atomic_block
            sent.append(proposal)
            between.swallow_answers = True
            return tell(session, proposal)

        monkeypatch.setattr(refilling, "send", and_lose_the_answer)
        assert "It is not certain" in client.post(f"{at}tell/", follow=True).content.decode()
        refill.refresh_from_db()
        assert refill.untold
        (waits,) = [one for one in worklist.lines() if one.kind == "uncertain"]
        assert waits.text == refill.doubt != ""
        assert "It is not certain that the pump was told" in client.get(at).content.decode()
        between.swallow_answers = False
        if how == "told again":
            assert "it was read back" in client.post(f"{at}tell/", follow=True).content.decode()
        else:
            client.post(f"/patients/{patient.pk}/pump/read/")
        assert len(sent) == 1
        refill.refresh_from_db()
        assert (refill.untold, refill.doubt) == (False, "")
        assert [one for one in worklist.lines() if one.kind == "uncertain"] == []


@pytest.mark.django_db(transaction=True)
def test_a_pump_that_is_silent_is_not_told(
    tmp_path: Path, patient: Patient, client_of: Callable[..., Client], user_of: Callable[..., User]
) -> None:
    """Nothing changes, and what was read before the refill does not count for what is in it."""
    with Pump(tmp_path) as pump:
        key = pump.pair("programmer", "workstation")
        refill = recorded(patient, pump, key, user_of("physician"))
    Reading.objects.create(implant=refill.implant, at=timezone.now(), told={"reservoir_mL": 2.5})
    page = client_of("nurse").post(f"/patients/{patient.pk}/refill/tell/", follow=True).content.decode()
    assert "The pump was not told" in page
    refill.refresh_from_db()
    assert refill.untold
    fill = running(refill.implant).therapy.fill
    assert fill is not None
    assert fill.reservoir_now is None
