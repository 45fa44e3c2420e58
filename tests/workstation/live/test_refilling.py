"""A pump that answers is read while it is refilled; nobody waits for it with the database in hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.workstation.live.conftest import DRUGS, Living
from tests.workstation.refilling import Wizard

from intrathecal.programmer.session import Session
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.workstation.clinic.models import Implant, Refill
from intrathecal.workstation.live import line
from intrathecal.workstation.pages.refill.comparing import Row


def rows(wizard: Wizard) -> dict[str, Row]:
    """What is compared in the step of the expected volume."""
    response = wizard.client.get(f"{wizard.at}expected/")
    return {row.what: row for row in response.context["compared"]}


@pytest.mark.django_db(transaction=True)
def test_what_the_pump_says_stands_beside_the_record(living: Living, client_of: Callable[..., Client]) -> None:
    """Reservoir, drugs, program and alarms; what differs is said, and what the pump counted is what is expected."""
    now = timezone.now()
    Refill.objects.create(
        implant=living.implant,
        at=now - timedelta(minutes=2),
        by=living.program.written_by,
        drugs=DRUGS,
        filled_uL=18_000,
        due_on=(now + timedelta(days=40)).date(),
    )
    wizard = Wizard(client_of("nurse"), living.patient).begin()
    assert rows(wizard) == {}
    part = wizard.client.post(f"{wizard.at}read/", headers={"HX-Request": "true"}).content.decode()
    assert "morphine 10 mg/mL" in part
    assert "<html" not in part
    found = rows(wizard)
    assert [row.what for row in found.values() if row.differs] == []
    assert (found["In the reservoir"].pump, found["Alarms"].pump) == ("18 mL", "none")
    assert "2.4 mg/day" in found["Program"].pump
    assert "what the pump counted is taken" in wizard.page("expected").lower()
    living.program.text = living.program.text.replace("2.4 mg/day", "1.2 mg/day")
    living.program.save()
    last = Refill.objects.get()
    last.drugs, last.filled_uL = {"morphine": "20 mg/mL", "bupivacaine": "15 mg/mL"}, 12_000
    last.save()
    found = rows(wizard)
    assert {row.what for row in found.values() if row.differs} == {"In the reservoir", "Drugs", "Program"}
    assert (found["Drugs"].pump, found["Drugs"].record) == (
        "bupivacaine 15 mg/mL, morphine 10 mg/mL",
        "bupivacaine 15 mg/mL, morphine 20 mg/mL",
    )


@pytest.mark.django_db(transaction=True)
def test_a_silent_pump_is_said_and_holds_nobody_up(
    living: Living, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refill goes on by the record; and while a pump is asked, no transaction is open."""
    Refill.objects.create(
        implant=living.implant,
        at=timezone.now() - timedelta(minutes=2),
        by=living.program.written_by,
        drugs=DRUGS,
        filled_uL=18_000,
        due_on=(timezone.now() + timedelta(days=40)).date(),
    )
    wizard = Wizard(client_of("nurse"), living.patient).begin()
    read, holding = line.read, []

    def watched(session: Session, implant: Implant) -> Reading:
        holding.append(connection.in_atomic_block)
        return read(session, implant)

    monkeypatch.setattr(line, "read", watched)
    wizard.client.post(f"{wizard.at}read/")
    assert holding == [False]
    living.pump.__exit__(None, None, None)
    assert wizard.client.post(f"{wizard.at}read/")["Location"] == f"{wizard.at}expected/"
    assert "The pump is silent: " in wizard.page("expected")
    wizard.go("expected", "measured", read="on")
