"""A patient whose pump is a process that really answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from tests.programmer.processes import Pump

from intrathecal.programmer.programming import propose, send
from intrathecal.programmer.session import Session
from intrathecal.programmer.telling import tell_fill
from intrathecal.workstation.clinic.models import Catheter, Implant, Patient, Program, User
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import writing
from intrathecal.workstation.live.stages import version_of

DRUGS = {"morphine": "10 mg/mL", "bupivacaine": "15 mg/mL"}
RUNS = "2.4 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day\nlimit 4 mg per 24 h"


@dataclass
class Living:
    """The patient, the record of the pump, the pump itself with the key, and its first program."""

    patient: Patient
    implant: Implant
    pump: Pump
    key: Path
    program: Program

    def runs(self) -> str:
        """The program that the pump itself says it runs, asked without the workstation."""
        return self.pump.read(self.key).program

    def url(self, program: Program, page: str = "") -> str:
        """The address of a page about a program."""
        return f"/patients/{self.patient.pk}/programs/{program.pk}/{page}"

    @property
    def newest(self) -> Program:
        """The program that was written last."""
        return self.patient.programs.order_by("-pk")[0]


@pytest.fixture
def living(tmp_path: Path, patient: Patient, user_of: Callable[..., User]) -> Iterator[Living]:
    """A pump that was filled and programmed, and its record."""
    patient.phase, now = "implanted", timezone.now()
    patient.save()
    with Pump(tmp_path) as pump:
        key = pump.pair("programmer", "workstation")
        implant = Implant.objects.create(
            patient=patient,
            model="synchromed-ii-20",
            serial=pump.read(key).serial,
            implanted_on=date(2025, 3, 4),
            address=str(pump.address),
            key_file=str(key),
        )
        Catheter.objects.create(
            implant=implant,
            placed_on=date(2025, 3, 4),
            tip_level="T9",
            segments=[{"model": "ascenda-8781", "trimmed_mm": 300}],
            dead_nL=180_000,
        )
        extra = 'pain = 7\noral_opioid = "200 mg/day"\n'
        text = writing.composed(patient, implant, DRUGS, RUNS, filled_uL=18_000, filled_at=now, extra=extra)
        plan = writing.therapy_of(text)
        with Session(pump.address, key) as session:
            send(session, propose(plan, tell_fill(session, plan, None, None)))
        physician = user_of("physician")
        program = Program.objects.create(
            patient=patient, text=text, summary="2.4 mg/day", state=State.IN_FORCE, written_by=physician, begins_at=now
        )
        yield Living(patient, implant, pump, key, program)


@pytest.fixture
def drafted(living: Living, client_of: Callable[..., Client]) -> Callable[[str], tuple[Client, Program]]:
    """A physician who has written a program, and the draft."""

    def write(program: str) -> tuple[Client, Program]:
        client = client_of("physician")
        assert client.post(f"/patients/{living.patient.pk}/programs/new/").status_code == 302
        draft = living.newest
        text = writing.with_program(draft.text, program)
        assert (
            client.post(
                living.url(draft, "edit/"), {"text": text, "source": "text", "version": version_of(draft.text)}
            ).status_code
            == 200
        )
        draft.refresh_from_db()
        return client, draft

    return write


def confirmed(client: Client, url: str, draft: Program) -> Program:
    """Read the review and confirm it with a reason for every finding."""
    page = client.get(f"{url}review/")
    reasons = {f"reason-{ask.code}": "pain at night" for ask in page.context["asked"].asks}
    answer = client.post(f"{url}confirm/", {"mark": page.context["mark"], "why": "pain at night", **reasons})
    assert answer.status_code == 302, answer.content.decode()
    draft.refresh_from_db()
    return draft
