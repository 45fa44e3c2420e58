"""A refill of which review asks that somebody else looks too, and one at which several people work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.utils import timezone
from tests.workstation.conftest import PASSWORD
from tests.workstation.refilling import WHO, Wizard, to_review

from intrathecal.workstation.clinic import trail, worklist
from intrathecal.workstation.clinic.models import Alarm, Appointment, Filling, Implant, User


@pytest.fixture
def nurse(implant: Implant, client_of: Callable[..., Client]) -> Wizard:
    """Who has begun."""
    return Wizard(client_of("nurse"), implant.patient).begin()


@pytest.fixture
def waiting(nurse: Wizard) -> Wizard:
    """Another drug, which review lets nobody fill in alone."""
    to_review(nurse, "hydromorphone")
    response = nurse.client.post(f"{nurse.at}review/", {"right": "on", "reason": "as ordered"})
    assert response["Location"] == f"{nurse.at}second/"
    return nurse


def second(client: Client, wizard: Wizard) -> str:
    """Confirm as somebody else: what is said then."""
    return client.post(f"{wizard.at}second/", follow=True).content.decode()


def test_it_waits_for_somebody_else(waiting: Wizard, implant: Implant, client_of: Callable[..., Client]) -> None:
    """Nothing is stored, the board says who waits, and the same person is refused; another one's word stores it."""
    assert implant.refills.count() == 2
    (line,) = [line for line in worklist.lines() if line.kind == "second"]
    assert (line.text, line.whom) == ("refill", "Moreno, Lucia (1001)")
    assert "A second person is somebody else" in second(waiting.client, waiting)
    assert implant.refills.count() == 2
    page = waiting.client.get(f"{waiting.at}second/").content.decode()
    assert "I have looked at all of it too" not in page
    pharmacist = client_of("pharmacist")
    page = pharmacist.get(f"{waiting.at}second/").content.decode()
    assert "I have looked at all of it too" in page
    assert "hydromorphone 10 mg/mL" in page
    assert "as ordered" in page
    assert "The refill is stored" in second(pharmacist, waiting)
    last = implant.refills.all()[0]
    assert (last.by.role, last.second_by and last.second_by.role) == ("nurse", "pharmacist")
    assert [line for line in worklist.lines() if line.kind == "second"] == []
    again = {"filling": str(Filling.objects.get().pk)}
    page = pharmacist.post(f"{waiting.at}second/", again, follow=True).content.decode()
    assert "The refill is stored already, once." in page
    assert implant.refills.count() == 3
    assert list(trail.verify()) == []


def test_the_second_person_confirms_at_the_same_screen(
    waiting: Wizard, implant: Implant, user_of: Callable[..., User]
) -> None:
    """With their own name, password and, where they have one, the code; nobody else's, and not the first one's."""
    other, patients, first = user_of("pharmacist"), user_of("administrator"), Filling.objects.get().confirmed_by
    at = f"{waiting.at}second/beside/"

    def told(user: User, password: str = PASSWORD, code: str = "") -> Any:
        return waiting.client.post(at, {"username": user.username, "password": password, "code": code}, follow=True)

    assert "no physician, nurse or pharmacist has this name" in told(other, "not this one").content.decode()
    assert "no physician, nurse or pharmacist has this name" in told(patients).content.decode()
    assert first is not None
    assert "A second person is somebody else" in told(first).content.decode()
    codes = RecoveryCodes.activate(other)
    refused = told(other)
    assert refused.status_code == 422
    assert "code" in refused.context["form"].errors
    assert PASSWORD not in refused.content.decode()
    assert implant.refills.count() == 2
    (code, *_rest) = codes.get_unused_codes()
    assert "The refill is stored" in told(other, code=code).content.decode()
    last = implant.refills.all()[0]
    assert (last.by, last.second_by) == (first, other)


@pytest.mark.parametrize("what", ["program", "alarm", "catheter", "visit", "time"])
def test_what_moves_meanwhile_is_judged_anew(
    what: str, nurse: Wizard, implant: Implant, client_of: Callable[..., Client]
) -> None:
    """Then the second person's word stores nothing, and whoever fills looks again."""
    visit = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=10)
    to_review(nurse, "hydromorphone", visit=f"{visit:%Y-%m-%dT%H:%M}")
    nurse.client.post(f"{nurse.at}review/", {"right": "on", "reason": "as ordered"})
    if what == "program":
        implant.patient.programs.update(text=implant.patient.programs.get().text.replace("2 mg/day", "2.1 mg/day"))
        said = "its program"
    elif what == "alarm":
        Alarm.objects.create(implant=implant, name="motor stall", critical=True, began_at=timezone.now())
        said = "the pump or its alarms"
    elif what == "catheter":
        laid = implant.catheters.get()
        laid.segments[0]["trimmed_mm"] = 200
        laid.save()
        said = "the catheter"
    elif what == "visit":
        Appointment.objects.create(begins_at=visit, kind="visit")
        said = "“Dates” is not right any more"
    else:
        filling = Filling.objects.get()
        for one in filling.steps.values():
            one["at"] = (timezone.now() - timedelta(days=1)).isoformat()
        filling.save()
        said = "“Who and what” is not right any more"
    page = second(client_of("physician"), nurse)
    assert said in page.replace("&#x27;", "'")
    assert implant.refills.count() == 2
    filling = Filling.objects.get()
    assert (filling.stage, filling.confirmed_by) == ("open", None)


def test_it_can_be_taken_back_and_left(waiting: Wizard, implant: Implant, client_of: Callable[..., Client]) -> None:
    """What waits cannot be changed; taken back it can, with all that was entered; left, it is gone."""
    assert waiting.client.get(f"{waiting.at}drug/")["Location"] == f"{waiting.at}second/"
    answer = waiting.client.post(f"{waiting.at}drug/", {"which": "same"})
    assert answer["Location"] == f"{waiting.at}second/"
    assert client_of("pharmacist").post(f"{waiting.at}take-back/").status_code == 403
    assert waiting.client.post(f"{waiting.at}take-back/")["Location"] == f"{waiting.at}review/"
    waiting.go("drug", "pocket", which="same")
    waiting.client.post(f"{waiting.at}drop/")
    assert Filling.objects.get().stage == "dropped"
    assert "Begin a refill" in waiting.client.get(waiting.at).content.decode()
    assert implant.refills.count() == 2


def test_the_same_word_sent_twice_stores_one_refill(nurse: Wizard, implant: Implant) -> None:
    """A double click, or a request that a browser sends again."""
    to_review(nurse)
    number = str(Filling.objects.get().pk)
    for _time in range(2):
        page = nurse.client.post(f"{nurse.at}review/", {"right": "on", "filling": number}, follow=True)
        assert "The refill is stored" in page.content.decode()
    assert implant.refills.count() == 3
    assert Appointment.objects.count() == 0


def test_two_at_two_screens_see_the_same_refill(nurse: Wizard, client_of: Callable[..., Client]) -> None:
    """The second one goes on with it; who answers a question that the other has answered meanwhile looks first."""
    other = Wizard(client_of("physician"), nurse.patient)
    assert other.client.post(f"{other.at}begin/")["Location"] == f"{other.at}expected/"
    seen = str(Filling.objects.get().answers)
    nurse.go("expected", "measured", read="on", seen=seen)
    answer = other.client.post(f"{other.at}expected/", {"read": "on", "shown": "5.9", "seen": seen})
    assert answer.status_code == 409
    assert "has entered something meanwhile" in answer.content.decode()
    assert "shown" not in Filling.objects.get().steps["expected"]["typed"]
    other.go("expected", "measured", read="on", shown="5.9", seen=str(Filling.objects.get().answers))
    nurse.go("measured", "drug", measured="6", seen=str(Filling.objects.get().answers))


def test_nobody_confirms_what_they_were_not_shown(
    waiting: Wizard, implant: Implant, client_of: Callable[..., Client]
) -> None:
    """Taken back, changed and confirmed again while the second person reads; or changed while the first one does."""
    other, seen = client_of("physician"), str(Filling.objects.get().answers)
    waiting.client.post(f"{waiting.at}take-back/")
    waiting.go("volume", "dates", filled="17")
    old = {"right": "on", "reason": "as ordered", "seen": seen}
    assert "since this was shown" in waiting.client.post(f"{waiting.at}review/", old).content.decode()
    waiting.client.post(f"{waiting.at}review/", old | {"seen": str(Filling.objects.get().answers)})
    assert "since this was shown" in other.post(f"{waiting.at}second/", {"seen": seen}, follow=True).content.decode()
    assert implant.refills.count() == 2
    other.post(f"{waiting.at}second/", {"seen": str(Filling.objects.get().answers)})
    assert implant.refills.all()[0].filled_uL == 17_000


def test_a_step_answered_again_changes_what_follows(nurse: Wizard) -> None:
    """Back in the steps, another volume: the difference is asked about, and what was entered after it is kept."""
    to_review(nurse)
    nurse.go("measured", "difference", measured="9")
    assert nurse.client.get(f"{nurse.at}review/")["Location"] == f"{nurse.at}difference/"
    nurse.go("difference", "drug", note="X-ray ordered.")
    assert "9 mL" in nurse.page("review")


def test_a_refill_left_for_a_day_is_asked_for_again(nurse: Wizard) -> None:
    """Who it is, and when it is done: the days of the alarm hang on that."""
    to_review(nurse)
    filling = Filling.objects.get()
    filling.steps["who"]["at"] = (timezone.now() - timedelta(days=1)).isoformat()
    filling.save()
    assert nurse.client.get(f"{nurse.at}review/")["Location"] == f"{nurse.at}who/"
    page = nurse.page("who")
    assert "left for long: read aloud again" in page
    assert "checked" not in page
    now = f"{timezone.localtime():%Y-%m-%dT%H:%M}"
    nurse.go("who", "expected", **WHO, at=now)
    assert nurse.page("review")


def test_what_a_waiting_refill_is_about_is_in_the_record(waiting: Wizard, user_of: Callable[..., User]) -> None:
    """Of the patient, with what was entered."""
    from intrathecal.workstation.clinic import record

    (kept,) = record.whole(waiting.patient)["filling"]
    assert kept["steps"]["drug"]["typed"]["drug_1"] == "hydromorphone"
