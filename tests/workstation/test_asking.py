"""Anybody may ask for an appointment; nobody gets a slot twice, and nothing tells who is a patient."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from intrathecal.workstation.clinic import limits, slots
from intrathecal.workstation.clinic.models import Appointment, Attempt, Patient, Request

PAGE, CALL = "/request-appointment", "/api/public/requests"


def wish(when: datetime, **other: str) -> dict[str, str]:
    """What somebody types."""
    return {
        "name": "Rosa Winter",
        "contact": "+1 555 0191",
        "reason": "first",
        "at": when.isoformat(),
        **other,
    }


def plain(page: bytes) -> str:
    """A page without the token against forged forms, which is another one each time."""
    return re.sub(r'"X-CSRFToken": "\w+"', "", page.decode())


def test_slots_are_weekday_hours_without_what_is_taken(patient: Patient) -> None:
    """Monday to Friday, 9 to 12 and 13 to 16, from tomorrow on; an appointment of an hour takes what it touches."""
    saturday = date(2026, 11, 28)
    monday = datetime(2026, 11, 30, tzinfo=timezone.get_current_timezone())
    found = [at for at in slots.free(saturday) if at < monday + timedelta(days=1)]
    assert [f"{at:%a %H:%M}" for at in (found[0], found[5], found[6], found[-1])] == [
        "Mon 09:00",
        "Mon 11:30",
        "Mon 13:00",
        "Mon 15:30",
    ]
    assert all(at.weekday() < 5 for at in slots.free(saturday))
    Appointment.objects.create(
        patient=patient, begins_at=monday + timedelta(hours=9, minutes=15), minutes=60, kind="talk"
    )
    Appointment.objects.create(
        patient=patient, begins_at=monday + timedelta(hours=14), minutes=30, kind="talk", cancelled=True
    )
    left = [at for at in slots.free(saturday) if at < monday + timedelta(days=1)]
    assert [f"{at:%H:%M}" for at in found if at not in left] == ["09:00", "09:30", "10:00"]


def test_a_request_has_a_page_of_its_own_and_a_calendar_file(db: None, client: Client) -> None:
    """The page and the file say what became of it, and repeat neither name nor contact."""
    at = slots.free()[3]
    answer = client.post(PAGE, wish(at))
    made = Request.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"{PAGE}/{made.token}"
    page = client.get(answer["Location"])
    assert "not answered yet" in page.content.decode()
    assert "Rosa" not in page.content.decode()
    assert "0191" not in page.content.decode()
    assert page["Referrer-Policy"] == "same-origin"
    file = client.get(answer["Location"] + "/appointment.ics")
    assert file["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(file.content)
    event = calendar.walk("VEVENT")[0]
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("PUBLISH", "TENTATIVE", 0)
    assert event.decoded("DTSTART") == at
    assert event.decoded("DTEND") - at == timedelta(minutes=30)
    assert made.token not in file.content.decode()


def test_the_calendar_file_keeps_its_uid_when_the_clinic_moves_and_cancels(
    client: Client, client_of: Callable[..., Client]
) -> None:
    """Confirmed, moved, cancelled: the same event with a higher number each time."""
    first, second = slots.free()[3], slots.free()[20]
    third = slots.free()[40]
    client.post(PAGE, wish(first))
    made, nurse = Request.objects.get(), client_of("nurse")

    def event() -> tuple[object, ...]:
        calendar = Calendar.from_ical(client.get(f"{PAGE}/{made.token}/appointment.ics").content)
        found = calendar.walk("VEVENT")[0]
        return found["UID"], found["STATUS"], found["SEQUENCE"], found.decoded("DTSTART"), calendar["METHOD"]

    uid = event()[0]
    page = f"/appointments/requests/{made.pk}/"
    assert nurse.post(page, {"what": "move", "at": second.isoformat(), "answer": "earlier is full"}).status_code == 302
    assert event() == (uid, "CONFIRMED", 1, second, "PUBLISH")
    assert "at another time" in client.get(f"{PAGE}/{made.token}").content.decode()
    appointment = Appointment.objects.get()
    assert nurse.post(f"/appointments/{appointment.pk}/", {"what": "move", "at": third.isoformat()}).status_code == 302
    assert event() == (uid, "CONFIRMED", 2, third, "PUBLISH")
    assert nurse.post(f"/appointments/{appointment.pk}/", {"what": "cancel"}).status_code == 302
    assert event() == (uid, "CANCELLED", 3, third, "CANCEL")
    assert {first, second, third} <= set(slots.free())


def test_what_is_declined_says_why_and_frees_the_slot(client: Client, client_of: Callable[..., Client]) -> None:
    """Without a reason nothing is declined."""
    at = slots.free()[0]
    client.post(PAGE, wish(at))
    made, nurse = Request.objects.get(), client_of("nurse")
    page = f"/appointments/requests/{made.pk}/"
    assert at not in slots.free()
    assert nurse.post(page, {"what": "decline"}).status_code == 400
    assert nurse.post(page, {"what": "decline", "answer": "please telephone"}).status_code == 302
    assert at in slots.free()
    assert "please telephone" in client.get(f"{PAGE}/{made.token}").content.decode()
    assert nurse.post(page, {"what": "confirm"}).status_code == 400, "it was answered already"
    assert not Appointment.objects.exists()


def test_an_hour_needs_two_slots_and_may_be_moved_onto_itself(
    patient: Patient, client_of: Callable[..., Client]
) -> None:
    """No hour begins half an hour before noon or before another appointment; what is moved is not in its own way."""
    nurse, free = client_of("nurse"), slots.free(minutes=60)
    assert {f"{at:%H:%M}" for at in free}.isdisjoint({"11:30", "15:30"})
    at = next(one for one in free if f"{one:%H:%M}" == "09:30")
    sent = {"number": "1001", "reason": "refill", "minutes": "60", "at": at.isoformat()}
    assert nurse.post("/appointments/", {**sent, "number": "4711"}).status_code == 400
    assert nurse.post("/appointments/", sent).status_code == 302
    assert nurse.post("/appointments/", sent).status_code == 400
    made, half = Appointment.objects.get(), timedelta(minutes=30)
    assert at - half not in slots.free(minutes=60)
    assert nurse.post(f"/appointments/{made.pk}/", {"what": "move", "at": (at + half).isoformat()}).status_code == 302
    assert at in slots.free()
    assert client_of("pharmacist").post("/appointments/", sent).status_code == 403


def test_a_time_that_is_over_is_not_confirmed(client: Client, client_of: Callable[..., Client]) -> None:
    """Nobody had answered until then; another time is still possible."""
    client.post(PAGE, wish(slots.free()[0]))
    made, later = Request.objects.get(), slots.free()[9]
    Request.objects.update(wanted_at=timezone.now() - timedelta(days=1))
    page, nurse = f"/appointments/requests/{made.pk}/", client_of("nurse")
    assert "is over" in nurse.post(page, {"what": "confirm"}).content.decode()
    assert nurse.post(page, {"what": "move", "at": later.isoformat()}).status_code == 302


def test_pharmacists_look_and_patients_do_not(
    patient: Patient, client: Client, client_of: Callable[..., Client]
) -> None:
    """Requests are answered by nurses and physicians."""
    client.post(PAGE, wish(slots.free()[0]))
    page = f"/appointments/requests/{Request.objects.get().pk}/"
    pharmacist = client_of("pharmacist")
    assert pharmacist.get(page).status_code == 200
    assert pharmacist.post(page, {"what": "confirm"}).status_code == 403
    assert client_of("patient", patient).get("/appointments/").status_code == 403
    assert client.get("/appointments/").status_code == 302
    assert client_of("physician").post(page, {"what": "confirm"}).status_code == 302


def test_a_request_is_linked_to_a_patient_by_the_clinic_alone(
    patient: Patient, client: Client, client_of: Callable[..., Client]
) -> None:
    """The same name makes nobody a patient; the clinic says who it is, also after the answer."""
    client.post(PAGE, wish(slots.free()[0], name="Lucia Moreno"))
    made, nurse = Request.objects.get(), client_of("nurse")
    page = f"/appointments/requests/{made.pk}/"
    assert made.patient is None
    assert str(patient) in nurse.get(page).content.decode()
    nurse.post(page, {"what": "confirm"})
    assert nurse.post(page, {"what": "link", "number": "4711"}).status_code == 400
    assert nurse.post(page, {"what": "link", "number": "1001"}).status_code == 302
    made.refresh_from_db()
    assert made.patient == patient
    assert made.appointment is not None
    assert made.appointment.patient == patient


def test_the_answer_is_the_same_for_patients_and_strangers(patient: Patient, client: Client) -> None:
    """Form, answer and page of somebody who is a patient differ in nothing but time and token."""
    told = []
    for at, name in zip(slots.free()[2:4], ("Lucia Moreno", "Nobody Known"), strict=True):
        answer = client.post(PAGE, wish(at, name=name))
        token = answer["Location"].rsplit("/", 1)[1]
        page = plain(client.get(answer["Location"]).content)
        told.append(page.replace(token, "").replace(f"{at.day} {at:%b %Y %H:%M}", ""))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("field", "value", "right"),
    [
        ("name", " ", "write your name"),
        ("name", "x" * 121, "at most 120 letters"),
        ("contact", "none", "telephone number or an e-mail"),
        ("reason", "gossip", "choose what you would come for"),
        ("at", "soon", "choose one of the times"),
        ("at", "2020-01-06T09:00:00+00:00", "not free any more"),
        ("website", "http://spam.example", "leave this field empty"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(db: None, client: Client, field: str, value: str, right: str) -> None:
    """And nothing is saved; the call says the same."""
    sent = wish(slots.free()[0], **{field: value})
    answer = client.post(PAGE, sent)
    assert answer.status_code == 400
    assert right in answer.content.decode()
    called = client.post(CALL, sent, content_type="application/json")
    assert called.status_code in (400, 409)
    assert right in called.json()["fields"][field]
    assert not Request.objects.exists()


def test_the_calls_do_what_the_page_does(db: None, client: Client) -> None:
    """Free slots, a request, what became of it; a slot that is gone is a conflict."""
    free = client.get("/api/public/slots").json()
    assert len(free["free"]) == len(slots.free())
    sent = wish(slots.free()[0], at=free["free"][0])
    made = client.post(CALL, sent, content_type="application/json")
    assert made.status_code == 201
    told = client.get(f"/api/public/requests/{made.json()['token']}").json()
    assert told == made.json()
    assert (told["state"], told["minutes"]) == ("open", 30)
    assert not {"name", "contact", "patient"} & set(told)
    assert client.post(CALL, sent, content_type="application/json").status_code == 409
    assert client.get("/api/public/requests/guessed").status_code == 404
    assert free["free"][0] not in client.get("/api/public/slots").json()["free"]


def test_few_requests_are_taken_from_one_address_and_all_together(db: None, client: Client) -> None:
    """Page and call count together; the address is not kept."""
    free = slots.free()
    for at in free[: limits.REQUESTS.each]:
        assert client.post(PAGE, wish(at)).status_code == 302
    assert client.post(PAGE, wish(free[10])).status_code == 429
    assert client.post(CALL, wish(free[10]), content_type="application/json").status_code == 429
    assert not Attempt.objects.filter(whence__contains="127.0").exists()
    assert client.post(PAGE, wish(free[10]), REMOTE_ADDR="192.0.2.7").status_code == 302
    for number in range(limits.REQUESTS.together):
        limits.REQUESTS.count(f"elsewhere {number}")
    assert client.post(PAGE, wish(free[11]), REMOTE_ADDR="192.0.2.8").status_code == 429
    Attempt.objects.update(at=timezone.now() - timedelta(minutes=61))
    assert client.post(PAGE, wish(free[11]), REMOTE_ADDR="192.0.2.8").status_code == 302


def test_wrong_tokens_look_alike_and_few_can_be_tried(db: None, client: Client) -> None:
    """One that is almost right is answered as one that never was; then even a right one has to wait."""
    client.post(PAGE, wish(slots.free()[0]))
    token = Request.objects.get().token
    wrong = [client.get(f"{PAGE}/{guess}") for guess in (token[:-1], "x", token.lower() + "a")]
    assert {answer.status_code for answer in wrong} == {404}
    assert len({plain(answer.content) for answer in wrong}) == 1
    for number in range(limits.LINKS.each):
        client.get(f"{PAGE}/guess{number}")
    assert client.get(f"{PAGE}/{token}").status_code == 429
    assert client.get(f"{PAGE}/{token}", REMOTE_ADDR="192.0.2.9").status_code == 200
    for odd in ("%F0%9F%92%A9", "x" * 5000, "a'--"):
        assert client.get(f"{PAGE}/{odd}", REMOTE_ADDR="192.0.2.10").status_code == 404


def test_slots_stay_at_the_clinics_hours_when_the_clock_changes(db: None) -> None:
    """On the Friday before summer time and the Monday after it; in the calendar file both are right in UTC."""
    with timezone.override("Europe/Berlin"):
        found = slots.by_day(slots.free(date(2026, 3, 26)))
        times = {day: [f"{timezone.localtime(at):%H:%M}" for at in some] for day, some in found}
        first = {day: some[0].astimezone(UTC).hour for day, some in found}
    friday, monday = date(2026, 3, 27), date(2026, 3, 30)
    assert times[friday] == times[monday]
    assert times[monday][0] == "09:00"
    assert (first[friday], first[monday]) == (8, 7)


def test_a_taken_slot_is_taken_for_a_moved_appointment_too(patient: Patient, client_of: Callable[..., Client]) -> None:
    """On the page and over the API; the appointment stays where it was. What is cancelled stays so."""
    nurse, (first, second, third) = client_of("nurse"), slots.free()[:3]
    sent = {"number": "1001", "reason": "refill", "at": first.isoformat()}
    called = nurse.post("/api/appointments", sent, content_type="application/json")
    assert called.status_code == 201
    assert nurse.post("/api/appointments", sent, content_type="application/json").status_code == 409
    nowhere = nurse.post("/api/appointments", {**sent, "number": "4711"}, content_type="application/json")
    assert (nowhere.status_code, "there is no patient with this number" in nowhere.json()["detail"]) == (422, True)
    nurse.post(PAGE, wish(second))
    address, page = f"/api/appointments/{called.json()['id']}", f"/appointments/{called.json()['id']}/"
    taken = {"at": second.isoformat()}
    assert "not free any more" in nurse.post(page, {"what": "move", **taken}).content.decode()
    refused = nurse.put(address, taken, content_type="application/json")
    assert (refused.status_code, "not free any more" in refused.json()["detail"]) == (409, True)
    assert nurse.get(address).json()["begins_at"] == f"{first.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert nurse.delete(address).json()["cancelled"] is True
    assert nurse.delete(address).status_code == 409
    assert nurse.put(address, {"at": third.isoformat()}, content_type="application/json").status_code == 409
    assert client_of("pharmacist").delete(address).status_code == 403


def test_requests_are_answered_over_the_api_by_the_rules_of_the_page(
    patient: Patient, client: Client, client_of: Callable[..., Client]
) -> None:
    """Listed, declined with a word, confirmed once, and said whose they are."""
    first, second = slots.free()[:2]
    client.post(PAGE, wish(first))
    client.post(PAGE, wish(second, contact="rosa@example.org"))
    nurse = client_of("nurse")

    def send(end: str, told: dict[str, str]) -> tuple[int, dict[str, object]]:
        method = nurse.put if end.endswith("patient") else nurse.post
        answer = method(f"/api/requests/{end}", told, content_type="application/json")
        return answer.status_code, answer.json()

    one, other = nurse.get("/api/requests", {"state": "open"}).json()["items"]
    assert (one["name"], one["state"], one["told"]) == ("Rosa Winter", "open", "")
    status, said = send(f"{one['id']}/answer", {"what": "decline"})
    assert (status, said["detail"]) == (422, "answer: write why, and what would be possible: whoever asked reads it")
    assert send(f"{one['id']}/answer", {"what": "decline", "answer": "telephone us"})[0] == 200
    status, said = send(f"{other['id']}/answer", {"what": "confirm"})
    assert (status, said["state"], said["mail"]) == (200, "confirmed", "")
    assert "Somebody has to tell rosa@example.org" in str(said["told"])
    assert send(f"{other['id']}/answer", {"what": "confirm"})[0] == 409
    assert send(f"{other['id']}/patient", {"number": "4711"})[0] == 422
    assert send(f"{other['id']}/patient", {"number": "1001"})[1]["patient"] == patient.pk
    assert Appointment.objects.get().patient == patient
    assert client_of("patient", patient).get("/api/requests").status_code == 403
