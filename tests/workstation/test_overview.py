"""A patient's page tells everything since the first visit, and two programs stand side by side."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from intrathecal.workstation import comparing
from intrathecal.workstation.clinic import timeline
from intrathecal.workstation.clinic.models import (
    Alarm,
    Appointment,
    Catheter,
    Implant,
    Note,
    Patient,
    Program,
    Refill,
    Score,
    User,
)

Log = Callable[..., Client]
TEXT = """title = "One"
[patient]
height = "170 cm"
weight = "70.5 kg"
[pump]
model = "synchromed-ii-20"
[catheter]
model = "ascenda-8781"
removed = "31 cm"
tip = "{tip}"
[[drug]]
name = "morphine"
concentration = "{concentration}"
[fill]
volume = "18 mL"
at = 2026-03-02T10:30:00
primed = "tip"
[program]
text = "{program}"
[simulation]
days = 2
"""


def text(program: str = "1 mg/day", tip: str = "T10", concentration: str = "10 mg/mL") -> str:
    """A therapy file."""
    return TEXT.format(program=program, tip=tip, concentration=concentration)


@pytest.fixture
def physician(user_of: Callable[..., User]) -> User:
    """Who writes programs."""
    return user_of("physician")


@pytest.fixture
def programs(patient: Patient, physician: User) -> tuple[Program, Program]:
    """What ran, and what runs."""
    changed = datetime(2026, 4, 1, 9, tzinfo=UTC)
    before = Program.objects.create(
        patient=patient,
        text=text(),
        summary="morphine 1 mg/day",
        state="replaced",
        written_by=physician,
        begins_at=changed - timedelta(days=20),
        ends_at=changed,
    )
    now = Program.objects.create(
        patient=patient,
        text=text("1.5 mg/day", "T8", "20 mg/mL"),
        summary="morphine 1.5 mg/day",
        state="in_force",
        written_by=physician,
        begins_at=changed,
    )
    return before, now


def test_the_timeline_has_everything(
    patient: Patient, physician: User, programs: tuple[Program, Program], client_of: Log
) -> None:
    """Trial, implant, programs with their dates, refills with both volumes, pain, alarms, appointments: newest first."""
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    implant = Implant.objects.create(
        patient=patient, model="synchromed-ii-20", serial="NGV1", implanted_on=date(2026, 3, 1)
    )
    Catheter.objects.create(implant=implant, placed_on=date(2026, 3, 1), tip_level="T10", dead_nL=170_000)
    Note.objects.create(patient=patient, at=at - timedelta(days=20), by=physician, kind="trial", text="Half the pain.")
    Refill.objects.create(
        implant=implant,
        by=physician,
        at=at + timedelta(days=60),
        drugs={"morphine": "10 mg/mL"},
        filled_uL=18_000,
        expected_uL=2_500,
        measured_uL=4_250,
        due_on=date(2026, 7, 1),
    )
    Alarm.objects.create(implant=implant, name="low reservoir", began_at=at + timedelta(days=59))
    Score.objects.create(patient=patient, at=at + timedelta(days=30), tenths=35, rescue_mme=20)
    Score.objects.create(patient=patient, at=at + timedelta(days=30, hours=3), tenths=40)
    Appointment.objects.create(patient=patient, begins_at=timezone.now() + timedelta(days=3), kind="refill")
    found = timeline.events(patient)
    assert [event.at for event in found] == sorted((event.at for event in found), reverse=True)
    told = {event.kind: event.text for event in found}
    assert told["refill"] == "expected 2.5 mL, found 4.25 mL; filled with 18 mL; morphine 10 mg/mL"
    assert told["pain"] == "3.5, rescue 20 mg; 4"
    assert told["alarm"] == "low reservoir, goes on"
    assert told["trial"] == "Half the pain."
    assert told["catheter"] == "intrathecal T10"
    assert told["appointment to come"] == "refill"
    assert [event.text for event in found if event.kind == "program"] == [
        "morphine 1.5 mg/day, in force until now",
        "morphine 1 mg/day, in force until 1 Apr 2026 09:00",
    ]
    page = client_of("nurse").get(f"/patients/{patient.pk}/").content.decode()
    for text_of in told.values():
        assert text_of in page


def test_the_timeline_can_be_narrowed(patient: Patient, programs: tuple[Program, Program], client_of: Log) -> None:
    """To the kinds that are chosen."""
    Note.objects.create(patient=patient, at=timezone.now(), kind="visit", text="Well.")
    client = client_of("nurse")
    part = client.get(f"/patients/{patient.pk}/?only=program", headers={"HX-Request": "true"}).content.decode()
    assert "in force until now" in part
    assert "Well." not in part
    assert "<html" not in part


def test_a_program_without_a_file_says_so(patient: Patient, physician: User, client_of: Log) -> None:
    """There is nothing to simulate yet; a file that is wrong is named with its line."""
    program = Program.objects.create(
        patient=patient, text="", summary="morphine 1 mg/day", state="in_force", written_by=physician
    )
    client = client_of("physician")
    address = f"/patients/{patient.pk}/pictures?a={program.pk}"
    assert "There is no therapy file yet for “morphine 1 mg/day”." in client.get(address).content.decode()
    Program.objects.filter(pk=program.pk).update(text=text("1 mg/dya"))
    assert re.search(r"the therapy file, line \d+: ", client.get(address).content.decode())


def test_the_pictures_are_those_of_the_report(
    patient: Patient, programs: tuple[Program, Program], client_of: Log
) -> None:
    """The spine and the curves of the program in force, with the data that they are drawn from."""
    page = client_of("physician").get(f"/patients/{patient.pk}/pictures?a={programs[1].pk}").content.decode()
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page)
    assert found is not None
    data = json.loads(found[1])
    assert data["sides"][0]["tips"] == [{"at": 0, "level": "T8", "space": "intrathecal"}]
    assert {"A/morphine/T8", "A/morphine/plasma", "A/pain"} <= set(data["values"])
    assert 'id="spine"' in page
    assert "<style" not in page
    assert " style=" not in page


def test_two_programs_stand_side_by_side(patient: Patient, programs: tuple[Program, Program], client_of: Log) -> None:
    """Rows that differ are marked and say how; the texts stand below as a difference."""
    before, now = programs
    found = {row.field: row for row in comparing.rows(before, now)}
    assert (found["base"].first, found["base"].second, found["base"].change) == (
        "1 mg/day (milligrams a day)",
        "1.5 mg/day (milligrams a day)",
        "+50 %",
    )
    assert found["tip"].differs
    assert found["concentration, morphine"].change == "+100 % (2 times as much)"
    assert not found["pump"].differs
    assert not found["fill"].differs
    lines = comparing.difference(before, now)
    assert [line.text for line in lines if line.sign == "-"] == [
        'tip = "T10"',
        'concentration = "10 mg/mL"',
        'text = "1 mg/day"',
    ]
    page = client_of("pharmacist").get(f"/patients/{patient.pk}/settings").content.decode()
    assert page.count('<tr class="differs">') == sum(row.differs for row in found.values())
    assert "only in the second" in page


def test_programs_without_files_are_compared_as_far_as_they_go(
    patient: Patient, physician: User, client_of: Log
) -> None:
    """What was done with them; and why not more."""
    for state in ("replaced", "in_force"):
        Program.objects.create(patient=patient, text="", summary=state, state=state, written_by=physician)
    page = client_of("physician").get(f"/patients/{patient.pk}/settings").content.decode()
    assert "There is no therapy file yet for “in_force”." in page
    assert "The texts are the same." in page


def test_nobody_elses_program_is_shown(patient: Patient, programs: tuple[Program, Program], client_of: Log) -> None:
    """Neither in the history nor in pictures, also if its number is asked for."""
    other = Patient.objects.create(
        number="2",
        family_name="B",
        given_name="B",
        born=date(1950, 1, 1),
        height_cm=1,
        weight_g=1,
        since=date(2026, 1, 1),
    )
    client = client_of("physician")
    for address in ("settings?a={0}&b={0}", "pictures?a={0}", "pictures?a=x", "pictures"):
        assert client.get(f"/patients/{other.pk}/{address.format(programs[0].pk)}").status_code == 404


FACTS = {
    "number": "77",
    "family_name": "Núñez",
    "given_name": "Ines",
    "born": "1970-02-28",
    "height_cm": "165",
    "weight_kg": "61.5",
    "indication": "neuropathic",
    "phase": "candidate",
    "since": "2026-01-02",
}


def test_a_new_patient_is_written_down(client_of: Log, db: None) -> None:
    """And leads to its page; the weight is kept in grams."""
    answer = client_of("nurse").post("/patients/new", FACTS)
    one = Patient.objects.get(number="77")
    assert answer["Location"] == f"/patients/{one.pk}/"
    assert (one.weight_g, one.born, one.family_name) == (61_500, date(1970, 2, 28), "Núñez")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("number", "1001", "belongs to another patient"),
        ("family_name", "", "This field is required"),
        ("born", "2999-01-01", "is no birthday of somebody alive"),
        ("born", "yesterday", "Enter a valid date"),
        ("height_cm", "1.65", "Enter a whole number"),
        ("height_cm", "1650", "less than or equal to 250"),
        ("weight_kg", "6150", "less than or equal to 350"),
        ("since", "2999-01-01", "is still to come"),
        ("since", "1960-01-01", "lies before the day of birth"),
        ("email", "nobody", "Enter a valid email address"),
    ],
)
def test_a_wrong_fact_is_said_beside_its_field(
    field: str, value: str, said: str, patient: Patient, client_of: Log
) -> None:
    """And nothing is kept."""
    answer = client_of("nurse").post("/patients/new", {**FACTS, field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(rf'id="id_{field}_error"[^>]*><li>[^<]*{re.escape(said)}', page), page
    assert Patient.objects.count() == 1


def test_facts_can_be_changed(patient: Patient, client_of: Log) -> None:
    """What stands there already is right as it stands; what is typed wrongly does not stand in the head."""
    Patient.objects.filter(pk=patient.pk).update(weight_g=70_543)
    client = client_of("physician")
    page = client.get(f"/patients/{patient.pk}/facts").content.decode()
    assert 'value="70.543"' in page
    assert 'value="1961-03-04"' in page
    kept = {**FACTS, "number": "1001", "family_name": "Moreno"}
    assert client.post(f"/patients/{patient.pk}/facts", kept).status_code == 302
    wrong = client.post(f"/patients/{patient.pk}/facts", {**kept, "family_name": "Wrong", "height_cm": "x"})
    assert "<h1>Moreno" in wrong.content.decode()
    assert Patient.objects.get().height_cm == 165


def test_patients_are_found_by_name_and_number(patient: Patient, client_of: Log) -> None:
    """By every word of it, in any order; a number by how it begins."""
    client = client_of("pharmacist")
    for query, count in (("", 1), ("moreno", 1), ("LUCIA mor", 1), ("Moreno, Lucia (1001)", 1), ("100", 1), ("001", 0)):
        page = client.get("/patients/", {"q": query}).content.decode()
        assert ("Moreno, Lucia</a>" in page) == bool(count), query
    assert "Nobody." in client.get("/patients/", {"phase": "ended"}).content.decode()
    assert "Moreno" in client.get("/patients/", {"phase": "nonsense"}).content.decode()
