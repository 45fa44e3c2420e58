"""In an emergency: what this patient has in the pump, what to do, and a pump that really stops when told twice."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from tests.workstation.live.conftest import RUNS, Living

from intrathecal.workstation.clinic.models import Alarm, Note
from intrathecal.workstation.clinic.models.therapy import State


def test_the_view_has_this_patients_drugs_and_sheets(living: Living, client_of: Callable[..., Client]) -> None:
    """Both drugs, too much and too little of each; for everybody who works there, and one key away."""
    for role in ("physician", "nurse", "pharmacist"):
        page = client_of(role).get(f"/patients/{living.patient.pk}/emergency/").content.decode()
        assert all(said in page for said in ("Opioid: morphine", "Local anaesthetic: bupivacaine", "Naloxone"))
    assert "data-emergency" in page
    assert client_of("administrator").get(f"/patients/{living.patient.pk}/emergency/").status_code == 403


def test_a_stop_needs_a_second_confirmation_and_is_then_certain(
    living: Living, client_of: Callable[..., Client]
) -> None:
    """The first step asks; the second one stops the pump, which says so; a physician ends it."""
    nurse, url = client_of("nurse"), f"/patients/{living.patient.pk}/emergency/stop/"
    assert "Yes: Stop the pump" in " ".join(nurse.get(url).content.decode().split())
    nurse.post(f"{url}now/")
    assert not living.pump.read(living.key).fill.stopped  # type: ignore[union-attr]
    page = nurse.post(f"{url}now/", {"confirmed": "yes"}, follow=True).content.decode()
    assert "Stopped: the pump has said" in page
    assert living.pump.read(living.key).fill.stopped  # type: ignore[union-attr]
    assert Note.objects.get().text.startswith("The pump was stopped")
    assert Alarm.objects.get(ended_at=None).critical
    pump = f"/patients/{living.patient.pk}/pump"
    assert "is silent for a while" in nurse.post(f"{pump}/mute/", follow=True).content.decode()
    assert any(entry.kind == "mute" for entry in living.pump.read(living.key).events)
    assert "seen by" in nurse.get(f"{pump}/").content.decode()
    assert nurse.post(f"{pump}/reset/").status_code == 403
    again = f"/patients/{living.patient.pk}/pump/resume/"
    assert nurse.post(again).status_code == 403
    physician = client_of("physician")
    physician.post(again)
    assert "was reset, and read back" in physician.post(f"{pump}/reset/", follow=True).content.decode()
    assert not living.pump.read(living.key).fill.stopped  # type: ignore[union-attr]
    assert not Alarm.objects.filter(ended_at=None).exists()


def test_the_minimum_rate_is_sent_and_read_back(living: Living, client_of: Callable[..., Client]) -> None:
    """It is in the record as a program of its own, and the one before is replaced; also where the file names another fill."""
    living.program.text = living.program.text.replace("10 mg/mL", "20 mg/mL")
    living.program.save()
    url = f"/patients/{living.patient.pk}/emergency/minimum/now/"
    page = client_of("nurse").post(url, {"confirmed": "yes"}, follow=True).content.decode()
    assert "It was read back" in page
    assert living.runs() == "minimum rate"
    assert living.patient.programs.get(state=State.IN_FORCE).why == "emergency"


def test_a_pump_that_is_away_is_not_said_to_be_stopped(living: Living, client_of: Callable[..., Client]) -> None:
    """Nothing but what the pump has said is claimed."""
    nurse, mute = client_of("nurse"), f"/patients/{living.patient.pk}/pump/mute/"
    own, living.implant.key_file = living.implant.key_file, str(living.pump.pair("handset", "hand"))
    living.implant.save()
    assert "Not done: The pump refused" in nurse.post(mute, follow=True).content.decode()
    living.implant.key_file = own
    living.implant.save()
    living.pump.end()
    assert "Not done: " in nurse.post(mute, follow=True).content.decode()
    url = f"/patients/{living.patient.pk}/emergency/stop/now/"
    page = nurse.post(url, {"confirmed": "yes"}, follow=True).content.decode()
    assert "NOT done" in page
    assert "Stopped: the pump" not in page
    assert living.program.text.count(RUNS) == 1
    assert not Note.objects.exists()
