"""A program goes from a draft to a real pump and is read back; whatever is in doubt is said to be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.programmer.processes import Between
from tests.programmer.sessions import program
from tests.workstation.live.conftest import RUNS, Living, confirmed

from intrathecal.programmer.session import Session
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Patient, Program, Reading, User
from intrathecal.workstation.clinic.models.therapy import State

Drafted = Callable[[str], tuple[Client, Program]]
MORE = RUNS.replace("2.4 mg/day", "2.6 mg/day")
#: Beyond the dose that asks for a second person.
MUCH = "10 mg/day"


def test_a_program_is_written_confirmed_sent_and_read_back(living: Living, drafted: Drafted) -> None:
    """What the pump itself then says it runs is what was typed, and the old program is replaced."""
    client, draft = drafted(MORE)
    assert draft.summary.startswith("2.6 mg/day")
    assert confirmed(client, living.url(draft), draft).state == State.CONFIRMED
    assert living.runs() == RUNS
    page = client.post(living.url(draft, "send/"), follow=True)
    assert "the same in every field" in page.content.decode()
    draft.refresh_from_db()
    living.program.refresh_from_db()
    assert (draft.state, living.program.state) == (State.IN_FORCE, State.REPLACED)
    assert living.runs() == MORE
    record = client.get(living.url(draft, "record/"))
    assert "Read back from the pump" in record.content.decode()
    assert list(trail.verify()) == []


def test_a_second_person_is_asked_and_is_another_one(
    living: Living, drafted: Drafted, client_of: Callable[..., Client]
) -> None:
    """Who confirmed first cannot be the second; a nurse cannot be either; a pharmacist can."""
    client, draft = drafted(MUCH)
    url = living.url(draft)
    assert confirmed(client, url, draft).state == State.WAITING
    client.post(f"{url}second/")
    draft.refresh_from_db()
    assert draft.state == State.WAITING
    assert client_of("nurse").post(f"{url}second/").status_code == 403
    client.post(f"{url}send/")
    assert living.runs() == RUNS
    pharmacist = client_of("pharmacist")
    assert "You are the second person" in pharmacist.get(f"{url}review/").content.decode()
    pharmacist.post(f"{url}second/")
    draft.refresh_from_db()
    assert draft.state == State.CONFIRMED
    assert draft.second_by != draft.confirmed_by
    client.post(f"{url}send/")
    assert living.runs() == MUCH


def test_a_reason_is_asked_for_what_must_be_confirmed(living: Living, drafted: Drafted) -> None:
    """Without one nothing is confirmed, and it is said beside the field."""
    client, draft = drafted(MUCH)
    page = client.get(living.url(draft, "review/"))
    assert page.context["asked"].asks
    answer = client.post(living.url(draft, "confirm/"), {"mark": page.context["mark"], "why": "pain"})
    assert answer.status_code == 400
    assert all("say in a few words" in ask.error for ask in answer.context["asked"].asks)
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_what_no_pump_can_run_is_not_confirmed(living: Living, drafted: Drafted) -> None:
    """A hard finding stays hard whoever sends what."""
    client, draft = drafted("400 mg/day")
    page = client.get(living.url(draft, "review/"))
    assert "whoever confirms it" in page.content.decode()
    given = {f"reason-{ask.code}": "because" for ask in page.context["asked"].asks}
    answer = client.post(living.url(draft, "confirm/"), {"mark": page.context["mark"], "why": "because", **given})
    assert answer.status_code == 400
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_a_pump_that_was_changed_meanwhile_is_not_overwritten(living: Living, drafted: Drafted) -> None:
    """Somebody else's program came in between: it must be looked at again."""
    client, draft = drafted(MORE)
    confirmed(client, living.url(draft), draft)
    program(living.pump.address, living.key, "1.1 mg/day")
    page = client.post(living.url(draft, "send/"), follow=True)
    assert "The pump has changed" in page.content.decode()
    assert living.runs() == "1.1 mg/day"
    draft.refresh_from_db()
    assert draft.state == State.CONFIRMED


def _talk(between: Between) -> int:
    """How many bytes a programmer says on a line that only reads."""
    return sum(map(len, between.heard))


@pytest.mark.parametrize("arrives", [True, False])
def test_a_lost_answer_has_its_own_screen_until_the_pump_was_asked(
    living: Living, drafted: Drafted, arrives: bool
) -> None:
    """Nothing is claimed while it is uncertain; then it is in force, or it can be sent again."""
    client, draft = drafted(MORE)
    confirmed(client, living.url(draft), draft)
    with Between(living.pump.address) as between:
        living.implant.address = str(between.address)
        living.implant.save()
        with Session(between.address, living.key) as session:
            session.read()
        said = _talk(between)
        if arrives:
            between.swallow_answers_after = said + 200
        else:
            between.swallow_requests_after = said + 200
        page = client.post(living.url(draft, "send/"), follow=True)
        between.swallow_answers_after = between.swallow_requests_after = None
        assert page.redirect_chain[-1][0].endswith("uncertain/"), page.content.decode()
        assert "Do not send it again" in page.content.decode()
        assert living.patient.programs.get(state=State.IN_FORCE) == living.program
        client.post(living.url(draft, "send/"))
        page = client.post(living.url(draft, "settle/"), follow=True)
    draft.refresh_from_db()
    assert draft.state == (State.IN_FORCE if arrives else State.CONFIRMED)
    assert ("Certain: the pump runs this program" in page.content.decode()) == arrives
    assert living.runs() == (MORE if arrives else RUNS)


def test_a_pump_that_is_away_leaves_everything_as_it_was(living: Living, drafted: Drafted) -> None:
    """The message says so, and the program can be sent later."""
    client, draft = drafted(MORE)
    confirmed(client, living.url(draft), draft)
    living.pump.end()
    page = client.post(living.url(draft, "send/"), follow=True)
    assert "no pump can be reached" in page.content.decode()
    draft.refresh_from_db()
    assert draft.state == State.CONFIRMED


def test_another_pump_at_the_address_is_refused(living: Living, client_of: Callable[..., Client]) -> None:
    """The serial number of the record must be that of the pump."""
    living.implant.serial = "IT-another"
    living.implant.save()
    page = client_of("nurse").post(f"/patients/{living.patient.pk}/pump/read/", follow=True)
    assert "the record is about IT-another" in page.content.decode()
    assert not Reading.objects.exists()


def test_an_interrogation_is_kept(living: Living, client_of: Callable[..., Client]) -> None:
    """Whole, with who asked."""
    client_of("nurse").post(f"/patients/{living.patient.pk}/pump/read/")
    kept = Reading.objects.get()
    assert kept.told["program_text"] == RUNS
    assert isinstance(kept.by, User)
    assert kept.by.role == "nurse"


def test_only_physicians_write_and_send(
    patient: Patient, user_of: Callable[..., User], client_of: Callable[..., Client]
) -> None:
    """A nurse, a pharmacist and an administrator may not."""
    draft = Program.objects.create(patient=patient, text="", summary="", written_by=user_of("physician"))
    for role in ("nurse", "pharmacist", "administrator"):
        client = client_of(role)
        for page in ("edit", "confirm", "send", "discard", "take-back"):
            assert client.post(f"/patients/{patient.pk}/programs/{draft.pk}/{page}/").status_code == 403
