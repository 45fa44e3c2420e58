"""A pump that does not answer: its program is written and judged against the record, and nothing is claimed to be sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from tests.programmer.processes import Pump
from tests.workstation.live.conftest import confirmed

from intrathecal.workstation.clinic.models import Catheter, Implant, Patient, Refill, User
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


def test_it_is_judged_and_not_sent(implant: Implant, client_of: Callable[..., Client]) -> None:
    """The review says that the pump was not read; sending says why it cannot be."""
    client = client_of("physician")
    client.post(f"/patients/{implant.patient_id}/programs/new/")
    draft = implant.patient.programs.get()
    url = f"/patients/{implant.patient_id}/programs/{draft.pk}/"
    text = writing.with_program(draft.text, "0.6 mg/day")
    client.post(f"{url}edit/", {"text": text, "source": "text", "version": version_of(draft.text)})
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
