"""A new pump that answers: its first fill, its first program, another concentration after a revision, and an emergency then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from tests.programmer.processes import Pump

from intrathecal.programmer.programming import propose, send
from intrathecal.programmer.session import Session
from intrathecal.workstation.clinic.models import Catheter, Implant, Patient, Program, Refill, User
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import line, renewing, sending, writing


def filled(implant: Implant, by: User, strength: str, **more: object) -> Refill:
    """It was filled just now, and is not told of it yet."""
    due = timezone.localdate() + timedelta(days=60)
    drugs = {"morphine": strength}
    return Refill.objects.create(
        implant=implant, at=timezone.now(), by=by, drugs=drugs, filled_uL=18_000, due_on=due, untold=True, **more
    )


@pytest.mark.django_db(transaction=True)
def test_a_new_pump_is_brought_into_service(
    tmp_path: Path, patient: Patient, user_of: Callable[..., User], client_of: Callable[..., Client]
) -> None:
    """No program is in force before it is filled; later it is told the bridge that was reckoned for the catheter as it is."""
    nurse, physician = client_of("nurse"), user_of("physician")
    with Pump(tmp_path) as pump:
        key, day = pump.pair("programmer", "workstation"), date(2025, 3, 4)
        implant = Implant.objects.create(
            patient=patient,
            model="synchromed-ii-20",
            serial=pump.read(key).serial,
            implanted_on=day,
            address=str(pump.address),
            key_file=str(key),
        )
        piece = {"model": "indura-8709sc", "segment": "whole", "length_mm": 890, "trimmed_mm": 90}
        Catheter.objects.create(implant=implant, placed_on=day, tip_level="T9", segments=[piece], dead_nL=176_000)
        filled(implant, physician, "10 mg/mL")
        said = nurse.post(f"/patients/{patient.pk}/refill/tell/", follow=True).content.decode()
        assert "The pump holds 18 mL, was read back, and STANDS STILL" in said
        assert not implant.refills.get().untold

        text = writing.with_program(renewing.text_for(patient), "2 mg/day")
        with Session(pump.address, key) as session:
            send(session, propose(writing.therapy_of(text), session.read()))
        Program.objects.create(
            patient=patient,
            text=text,
            summary="2 mg/day",
            state=State.IN_FORCE,
            written_by=physician,
            begins_at=timezone.now(),
        )
        shorter = [{**piece, "trimmed_mm": 190}]
        Catheter.objects.create(
            implant=implant, placed_on=timezone.localdate(), tip_level="T10", segments=shorter, dead_nL=154_000
        )
        bridge = {"choice": "auto", "volume_uL": 353, "rate_nL_per_day": 200_000, "minutes": 2542}
        filled(implant, physician, "20 mg/mL", bridge=bridge)
        said = nurse.post(f"/patients/{patient.pk}/refill/tell/", follow=True).content.decode()
        assert "The pump holds 18 mL; it was read back." in said
        fill = pump.read(key).fill
        assert fill is not None
        assert fill.bridging
        assert dict(fill.settings.labels) == {"morphine": 20_000_000}

        with pytest.raises(line.Silent, match="STOP the pump instead"):
            sending.minimum(patient, implant, text, physician)
        assert pump.read(key).program == "2 mg/day"
