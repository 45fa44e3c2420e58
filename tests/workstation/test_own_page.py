"""The patient's own page: by a link or a login, this patient's alone, and nothing of the record."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone

from intrathecal.workstation.clinic import limits, slots, trail
from intrathecal.workstation.clinic.models import (
    Appointment,
    Attempt,
    Implant,
    Note,
    Patient,
    Refill,
    Request,
    Score,
)
from intrathecal.workstation.clinic.models.patients import personal_link


@pytest.fixture
def implanted(patient: Patient, user_of: Callable[..., object]) -> Patient:
    """Somebody with a pump, a refill, and things in the record that the page must not tell."""
    patient.phase = "implanted"
    patient.allergies, patient.indication, patient.email = "penicillin-secret", "failed-back", "lucia@example.org"
    patient.save()
    implant = Implant.objects.create(
        patient=patient, model="synchromed-ii-40", serial="NGV777H", implanted_on=date(2026, 1, 5)
    )
    nurse = user_of("nurse")
    Refill.objects.create(
        implant=implant, at=timezone.now(), by=nurse, filled_uL=38_000, due_on=date(2027, 1, 20), flagged=["a leak"]
    )
    Note.objects.create(patient=patient, at=timezone.now(), by=nurse, kind="visit", text="seems anxious")
    return patient


@pytest.fixture
def other(implanted: Patient) -> Patient:
    """Another patient."""
    return Patient.objects.create(
        number="1002",
        family_name="Abel",
        given_name="Anton",
        born=date(1950, 1, 1),
        height_cm=180,
        weight_g=80_000,
        phase="implanted",
        indication="cancer",
        since=date(2026, 1, 1),
    )


@pytest.fixture(params=["link", "login"])
def home(request: pytest.FixtureRequest, implanted: Patient, client_of: Callable[..., Client]) -> tuple[Client, str]:
    """A browser, and where the page is: the same under both ways."""
    if request.param == "link":
        return Client(), f"/p/{implanted.link}/"
    return client_of("patient", implanted), "/my/"


def test_the_page_tells_refill_and_pump_and_nothing_of_the_record(
    home: tuple[Client, str], implanted: Patient, other: Patient
) -> None:
    """Plain words, no number, no diagnosis, no note, nobody else."""
    client, page = home
    answer = client.get(page)
    told = answer.content.decode()
    assert answer.status_code == 200
    assert "At the latest on 20 Jan 2027" in told
    assert "holds up to 40 mL" in told
    assert "press its button" in told, "there is no live pump"
    for secret in ("penicillin", "failed-back", "NGV777H", "a leak", "anxious", "1001", "lucia@", "Abel", "1961"):
        assert secret not in told
    if page.startswith("/p/"):
        assert "Moreno" not in told
        assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("same-origin", "no-store")
    seen = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).get()
    assert (seen.object_pk, seen.additional_data) == (str(implanted.pk), {"page": "GET own"})


def test_scores_and_requests_come_to_this_patient(home: tuple[Client, str], implanted: Patient) -> None:
    """A score of the therapy, and a request that the clinic sees as this patient's."""
    client, page = home
    assert client.post(page + "score", {"nrs": "4", "note": "slept well"}).status_code == 200
    score = Score.objects.get()
    assert (score.patient, score.tenths, score.phase, score.by_patient) == (implanted, 40, "therapy", True)
    at = slots.free()[5]
    assert client.post(page + "ask", {"reason": "gossip", "at": at.isoformat()}).status_code == 400
    assert client.post(page + "ask", {"reason": "refill", "at": at.isoformat()}).status_code == 200
    asked = Request.objects.get()
    assert (asked.patient, asked.wanted_at, asked.reason) == (implanted, at, "refill")
    assert "not free any more" in client.post(page + "ask", {"reason": "refill", "at": at.isoformat()}).content.decode()
    told = client.get(page).content.decode()
    assert "slept well" in told
    assert "not answered yet" in told
    assert list(trail.verify()) == []


def test_what_was_chosen_stays_when_something_else_is_wrong(implanted: Patient, client: Client) -> None:
    """Nobody has to say twice how much it hurts."""
    answer = client.post(f"/p/{implanted.link}/score", {"nrs": "7", "rescue_mme": "some"})
    assert answer.status_code == 400
    assert re.findall(r'value="(\d+)" required checked', answer.content.decode()) == ["7"]


def test_a_calendar_file_is_the_patients_own(home: tuple[Client, str], implanted: Patient, other: Patient) -> None:
    """That of another patient's appointment is not found."""
    client, page = home
    first, second = slots.free()[:2]
    own = Appointment.objects.create(patient=implanted, begins_at=first, kind="refill")
    strange = Appointment.objects.create(patient=other, begins_at=second, kind="refill")
    assert own.uid in client.get(f"{page}{own.pk}.ics").content.decode()
    assert client.get(f"{page}{strange.pk}.ics").status_code == 404
    seen = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).get()
    assert (seen.object_pk, seen.additional_data) == (str(implanted.pk), {"page": "GET own calendar"})


def test_a_pump_with_one_flow_has_no_button(implanted: Patient, client: Client) -> None:
    """And no motor; a refill whose day is over says to call."""
    page = f"/p/{implanted.link}/"
    assert "Your button" in client.get(page).content.decode()
    Implant.objects.update(model="isomed-20-1.0")
    Refill.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    told = client.get(page).content.decode()
    assert "Your button" not in told
    assert "has no battery" in told
    assert "It was due on" in told
    assert "Call your clinic now" in told


def test_a_renewed_link_ends_the_old_one(implanted: Patient, client: Client, client_of: Callable[..., Client]) -> None:
    """Nurses and physicians renew it; neither link stands in the trail."""
    old = implanted.link
    page = f"/patients/{implanted.pk}/own-page/"
    assert client_of("pharmacist").get(page).status_code == 403
    nurse = client_of("nurse")
    assert old in nurse.get(page).content.decode()
    assert nurse.post(page).status_code == 302
    implanted.refresh_from_db()
    assert client.get(f"/p/{old}/").status_code == 404
    at = slots.free()[0].isoformat()
    for end, sent in (("score", {"nrs": "1"}), ("ask", {"reason": "refill", "at": at}), ("press", {})):
        assert client.post(f"/p/{old}/{end}", sent).status_code == 404
    assert not Score.objects.exists()
    assert not Request.objects.exists()
    assert client.get(f"/p/{implanted.link}/").status_code == 200
    written = " ".join(f"{entry.changes} {entry.additional_data}" for entry in LogEntry.objects.all())
    assert old not in written
    assert implanted.link not in written
    assert "personal link renewed" in written


def test_links_are_slow_to_guess(implanted: Patient, client: Client) -> None:
    """After so many wrong ones an address has to wait, whatever it tries."""
    for _number in range(limits.LINKS.each):
        assert client.get(f"/p/{personal_link()}/").status_code == 404
    assert client.get(f"/p/{implanted.link}/").status_code == 429
    assert client.post(f"/p/{implanted.link}/score", {"nrs": "1"}).status_code == 429
    assert client.get(f"/p/{implanted.link}/", REMOTE_ADDR="192.0.2.4").status_code == 200


def test_many_who_guess_do_not_keep_a_patient_out(implanted: Patient, client: Client) -> None:
    """From hundreds of networks: there is a button on the page."""
    now = timezone.now()
    Attempt.objects.bulk_create(Attempt(kind="link", whence=f"{number % 250}", at=now) for number in range(5000))
    assert client.get(f"/p/{implanted.link}/").status_code == 200


def test_a_diary_is_not_flooded(implanted: Patient, client: Client) -> None:
    """So many scores an hour, from wherever they come."""
    for _told in range(limits.SCORES.each - 2):
        limits.SCORES.count(limits.digest(str(implanted.pk)))
    sent = [
        client.post(f"/p/{implanted.link}/score", {"nrs": "1"}, REMOTE_ADDR=f"192.0.2.{number}").status_code
        for number in range(3)
    ]
    assert sent == [200, 200, 429]
    assert Score.objects.count() == 2


def test_a_patient_who_logs_in_comes_to_the_own_page(implanted: Patient, client_of: Callable[..., Client]) -> None:
    """And staff have no such page."""
    client = client_of("patient", implanted)
    user = implanted.login
    client.logout()
    sent = {"login": user.username, "password": "a long enough password"}
    assert client.post("/login/login/", sent)["Location"] == "/my/"
    assert client.get(f"/patients/{implanted.pk}/").status_code == 403
    assert client_of("nurse").get("/my/").status_code == 403
    assert Client().get("/my/")["Location"].startswith("/login/")


def test_a_score_of_a_candidate_is_of_the_days_before_the_trial(patient: Patient, client: Client) -> None:
    """The phase of the patient says what a score is about."""
    for phase, of in (("candidate", "baseline"), ("trial", "trial"), ("planned", "therapy"), ("ended", "therapy")):
        patient.phase = phase
        patient.save()
        assert client.post(f"/p/{patient.link}/score", {"nrs": "3"}).status_code == 200
        assert Score.objects.order_by("-pk")[0].phase == of
    assert timezone.now() - Score.objects.order_by("-pk")[0].at < timedelta(minutes=1)


def test_the_own_page_over_the_api(implanted: Patient, other: Patient, client_of: Callable[..., Client]) -> None:
    """What the page tells and takes, in its words; nobody but a patient, and nobody else's."""
    client = client_of("patient", implanted)
    own = client.get("/api/my").json()
    assert (own["name"], own["refill_on"], own["reservoir_mL"], own["handset_here"]) == (
        "Lucia",
        "2027-01-20",
        40,
        False,
    )

    def send(end: str, told: dict[str, str]) -> tuple[int, dict[str, object]]:
        answer = client.post(f"/api/my/{end}", told, content_type="application/json")
        return answer.status_code, answer.json()

    assert send("scores", {"nrs": "11"}) == (422, {"detail": "nrs: nrs 11 is above 10; write a score from 0 to 10"})
    assert send("scores", {"nrs": "4.5", "note": "slept well"})[0] == 201
    assert [one["nrs"] for one in client.get("/api/my/scores").json()["items"]] == [4.5]
    at = slots.free()[5].isoformat()
    assert send("requests", {"reason": "gossip", "at": at})[0] == 422
    assert send("requests", {"reason": "refill", "at": at})[0] == 201
    assert send("requests", {"reason": "refill", "at": at})[0] == 409
    assert [visit["state"] for visit in client.get("/api/my").json()["visits"]] == ["open"]
    answer = client.post("/api/my/handset").json()
    assert (answer["headline"], answer["outcome"]) == ("Use your handset", "no handset here")
    for _number in range(limits.SCORES.each - 1):
        assert send("scores", {"nrs": "1"})[0] == 201
    assert send("scores", {"nrs": "1"})[0] == 429
    for role in ("nurse", "physician", "administrator"):
        assert client_of(role).get("/api/my").status_code == 403
