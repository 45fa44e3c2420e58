"""The board says what has to be done today, and can be searched, sorted, kept, printed and taken away."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from intrathecal.care.trend import trend
from intrathecal.catalogue import load_catalogue
from intrathecal.programmer.refilling import Residual
from intrathecal.workstation import demo
from intrathecal.workstation.clinic import worklist
from intrathecal.workstation.clinic.models import Alarm, Implant, KeptFilter, Patient, Program, Refill, Request, User
from intrathecal.workstation.clinic.worklist import Line, Urgency

TODAY = timezone.localdate()
Log = Callable[..., Client]


@pytest.fixture
def nurse(user_of: Callable[..., User]) -> User:
    """Who refills."""
    return user_of("nurse")


def implant_of(patient: Patient, **given: object) -> Implant:
    """A pump that is in somebody for two years."""
    return Implant.objects.create(
        **{
            "patient": patient,
            "model": "synchromed-ii-20",
            "serial": f"S{patient.pk}",
            "implanted_on": TODAY - timedelta(days=730),
            **given,
        }
    )


def refill(implant: Implant, by: User, days_ago: int, due_in: int, left_uL: int = 2_000) -> Refill:
    """A refill of 18 mL where 2 mL should have been left."""
    return Refill.objects.create(
        implant=implant,
        by=by,
        at=timezone.now() - timedelta(days=days_ago),
        filled_uL=18_000,
        expected_uL=2_000,
        measured_uL=left_uL,
        due_on=TODAY + timedelta(days=due_in),
    )


def of(kind: str) -> list[Line]:
    """Lines of one kind."""
    return [line for line in worklist.lines() if line.kind == kind]


def another(patient: Patient, number: str, name: str) -> Patient:
    """Somebody else."""
    return Patient.objects.create(
        number=number,
        family_name=name,
        given_name="Ada",
        born=date(1950, 1, 1),
        height_cm=160,
        weight_g=60_000,
        phase="implanted",
        indication="cancer",
        since=TODAY - timedelta(days=800),
    )


def test_a_refill_is_due_by_its_worst_case(patient: Patient, nurse: User) -> None:
    """Overdue and due today are now, within two weeks soon, later not at all."""
    implant = implant_of(patient)
    one = refill(implant, nurse, 60, -3)
    assert [(line.urgency, line.text) for line in of("refill")] == [(Urgency.NOW, "overdue for 3 d")]
    for due_in, urgency in ((0, Urgency.NOW), (14, Urgency.SOON)):
        one.due_on = TODAY + timedelta(days=due_in)
        one.save()
        assert [(line.urgency, line.until) for line in of("refill")] == [(urgency, one.due_on)]
    one.due_on = TODAY + timedelta(days=15)
    one.save()
    assert of("refill") == []


def test_the_last_refill_counts(patient: Patient, nurse: User) -> None:
    """Once it is done, the one before is due no longer; a pump that is out asks for nothing."""
    implant = implant_of(patient)
    refill(implant, nurse, 60, -3)
    refill(implant, nurse, 0, 5)
    Alarm.objects.create(implant=implant, name="low reservoir", began_at=timezone.now())
    assert [line.until for line in of("refill")] == [TODAY + timedelta(days=5)]
    implant.explanted_on = TODAY
    implant.save()
    assert [line for line in worklist.lines() if line.kind != "trial"] == []


def test_refills_together_point_at_trouble(patient: Patient, nurse: User) -> None:
    """Two in a row that leave too much are no chance, whatever was noted at each; a good one ends it."""
    implant = implant_of(patient)
    refill(implant, nurse, 200, -130)
    refill(implant, nurse, 130, -60, left_uL=6_500)
    assert of("trend") == []
    last = refill(implant, nurse, 60, 30, left_uL=7_000)
    assert last.flagged == []
    (line,) = of("trend")
    assert line.text.startswith("2 refills in a row had more left than expected")
    refill(implant, nurse, 1, 60)
    assert of("trend") == []


def test_a_changed_refill_changes_the_trend(patient: Patient, nurse: User) -> None:
    """A volume that was mistyped and is corrected, or a refill taken out, counts at once."""
    implant = implant_of(patient)
    refill(implant, nurse, 200, -130)
    first = refill(implant, nurse, 130, -60, left_uL=6_500)
    refill(implant, nurse, 60, 30, left_uL=7_000)
    assert len(of("trend")) == 1
    first.measured_uL = 2_100
    first.save()
    assert of("trend") == []


def test_everything_that_waits_has_a_line(patient: Patient, nurse: User) -> None:
    """Alarms, a second person, uncertain delivery, trials, requests, and pumps near their end or not filled yet."""
    implant = implant_of(patient, service_ends_on=TODAY + timedelta(days=100))
    Alarm.objects.create(implant=implant, name="motor stall", critical=True, began_at=timezone.now())
    Alarm.objects.create(implant=implant, name="over", began_at=timezone.now(), ended_at=timezone.now())
    for state in ("waiting", "uncertain", "in_force"):
        Program.objects.create(patient=patient, text="", summary=state, state=state, written_by=nurse)
    Request.objects.create(name="Nobody yet", contact="c", reason="pain", wanted_at=timezone.now())
    found = {(line.kind, line.urgency.name) for line in worklist.lines()}
    assert found == {
        ("alarm", "NOW"),
        ("uncertain", "NOW"),
        ("second", "SOON"),
        ("trial", "SOON"),
        ("request", "SOON"),
        ("service", "LATER"),
        ("fill", "SOON"),
    }
    assert [line.whom for line in of("request")] == ["Nobody yet"]


def due_of(implant: Implant) -> Iterator[tuple[str, date]]:
    """What has to be done about a pump that is in, by its own records alone."""
    for alarm in implant.alarms.filter(ended_at=None):
        yield "alarm", timezone.localdate(alarm.began_at)
    if implant.service_ends_on and (implant.service_ends_on - TODAY).days <= 180:
        yield "service", implant.service_ends_on
    refills = sorted(implant.refills.all(), key=lambda refill: refill.at)
    if refills and (refills[-1].due_on - TODAY).days <= 14:
        yield "refill", refills[-1].due_on
    left = [
        Residual(None, before.filled_uL / 1000, then.expected_uL / 1000, then.measured_uL / 1000)
        for before, then in pairwise(refills)
    ]
    accuracy, limits = load_catalogue().pumps[implant.model].accuracy, load_catalogue().refill
    if left and (refills[-1].flagged or trend(left, accuracy, limits).points_to):
        yield "trend", timezone.localdate(refills[-1].at)


def test_the_board_of_the_demonstration_says_what_its_records_say(db: None) -> None:
    """Every line, found once more by looking at each patient alone."""
    list(demo.make())
    wanted: set[tuple[str, str, date]] = set()
    for one in Patient.objects.all():
        if one.phase == "trial":
            wanted.add(("trial", one.number, timezone.localdate(one.notes.filter(kind="trial").latest("at").at)))
        for program in one.programs.filter(state="waiting"):
            wanted.add(("second", one.number, timezone.localdate(program.written_at)))
        for asked in one.requests.filter(state="open"):
            wanted.add(("request", one.number, timezone.localdate(asked.wanted_at)))
        for implant in one.implants.filter(explanted_on=None):
            wanted |= {(kind, one.number, until) for kind, until in due_of(implant)}
            for scan in implant.scans.all():
                said = {answer.check_name: answer.state for answer in scan.answers.order_by("pk")}
                if set(said.values()) != {"clear"}:
                    wanted.add(("mri", one.number, timezone.localdate(scan.ended_at)))
    lines = worklist.lines()
    assert {(line.kind, line.patient.number, line.until) for line in lines if line.patient} == wanted
    assert {kind for kind, _number, _until in wanted} >= {"alarm", "refill", "trend", "trial", "service", "mri"}
    assert len([line for line in lines if line.patient is None]) == Request.objects.filter(patient=None).count()
    assert all(line.page for line in lines)


def test_a_line_leads_to_where_it_is_done(patient: Patient, nurse: User, client_of: Log) -> None:
    """And a refill also to how it is made."""
    refill(implant_of(patient), nurse, 60, 3)
    page = client_of("pharmacist").get("/").content.decode()
    assert f'<a href="/patients/{patient.pk}/refill/">due</a>' in page
    sheet = f"/patients/{patient.pk}/refill/compounding/"
    assert sheet in page
    assert client_of("pharmacist").get(sheet).status_code == 200
    one = patient.appointments.create(begins_at=timezone.now(), kind="refill")
    assert sheet in client_of("pharmacist").get(f"/appointments/{one.pk}/").content.decode()


def test_a_pump_whose_service_has_ended_is_urgent(patient: Patient) -> None:
    """It may stop at any time."""
    implant_of(patient, service_ends_on=TODAY)
    assert [line.urgency for line in of("service")] == [Urgency.NOW]


def test_the_board_can_be_searched_and_filtered(patient: Patient, nurse: User, client_of: Log) -> None:
    """By kind, and by a part of name, number or text; what is not known in the address counts as nothing."""
    refill(implant_of(another(patient, "2002", "Zweig")), nurse, 60, -3)
    client = client_of("physician")
    whole = client.get("/").content.decode()
    assert "Moreno, Lucia (1001)" in whole
    assert "Zweig, Ada (2002)" in whole
    for query, name in (("kind=refill", "Zweig"), ("q=2002", "Zweig"), ("q=moren", "Moreno"), ("q=OVERDUE", "Zweig")):
        text = client.get(f"/?{query}").content.decode()
        assert ("Zweig, Ada" in text, "Moreno, Lucia" in text) == (name == "Zweig", name == "Moreno"), query
    assert client.get("/?kind=nonsense&sort=nonsense&page=x").status_code == 200


def test_the_heads_sort_both_ways(patient: Patient, client_of: Log) -> None:
    """Once, and the other way round with the second click; the head says how it is sorted now."""
    Patient.objects.filter(pk=another(patient, "2002", "Zweig").pk).update(phase="trial")
    client = client_of("physician")
    for sort, order, told in (("whom", ["Moreno", "Zweig"], "ascending"), ("-whom", ["Zweig", "Moreno"], "descending")):
        text = client.get(f"/?sort={sort}").content.decode()
        assert sorted(order, key=lambda name: text.index(f"{name}, ")) == order
        assert f'aria-sort="{told}"><a href="/?sort={"-whom" if sort == "whom" else "whom"}">' in text


def test_a_filter_is_kept_under_a_name(patient: Patient, client_of: Log) -> None:
    """Who kept it finds it again, and nobody else does; it goes when it is wanted no longer."""
    client, other = client_of("physician"), client_of("nurse")
    answer = client.post("/board/keep", {"name": "My trials", "query": "kind=trial&q=mor&sort=-whom&page=3"})
    assert answer["Location"] == "/?kind=trial&q=mor&sort=-whom"
    (kept,) = KeptFilter.objects.all()
    assert '<a href="/?kind=trial&amp;q=mor&amp;sort=-whom">My trials</a>' in client.get("/").content.decode()
    assert "My trials" not in other.get("/").content.decode()
    other.post(f"/board/forget/{kept.pk}")
    assert KeptFilter.objects.count() == 1
    client.post("/board/keep", {"name": "My trials", "query": "kind=alarm"})
    assert KeptFilter.objects.get().query == "kind=alarm"
    client.post(f"/board/forget/{kept.pk}")
    assert KeptFilter.objects.count() == 0


def test_a_filter_without_a_name_is_not_kept(client_of: Log, db: None) -> None:
    """What would be right is said."""
    client = client_of("physician")
    text = client.post("/board/keep", {"name": " ", "query": ""}, follow=True).content.decode()
    assert "write 1 to 60 letters" in text
    assert KeptFilter.objects.count() == 0


def test_the_table_has_every_line_and_no_formula(patient: Patient, client_of: Log) -> None:
    """A name that a spreadsheet would take for a formula stays text; dates are ISO 8601."""
    for number in range(120):
        Request.objects.create(name=f"=cmd{number}", contact="c", reason="@pain", wanted_at=timezone.now())
    answer = client_of("physician").get("/board.csv?kind=request")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert rows[0] == ["kind", "urgency", "until", "patient", "what"]
    assert len(rows) == 121
    assert rows[1][1:3] == ["soon", TODAY.isoformat()]
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)


def test_all_lines_can_be_printed(client_of: Log, db: None) -> None:
    """A page has a hundred; the page to print has all."""
    for number in range(130):
        Request.objects.create(name=f"Asker {number}", contact="c", reason="pain", wanted_at=timezone.now())
    client = client_of("physician")
    assert client.get("/").content.decode().count("Asker ") == 100
    assert client.get("/?page=2").content.decode().count("Asker ") == 30
    assert client.get("/?all=1").content.decode().count("Asker ") == 130


@pytest.mark.parametrize("role", ["administrator"])
@pytest.mark.parametrize("address", ["/", "/board.csv", "/patients/", "/patients/new"])
def test_administrators_do_not_see_patients(role: str, address: str, client_of: Log, db: None) -> None:
    """Nor their lines."""
    assert client_of(role).get(address).status_code == 403


def test_the_board_asks_as_often_for_many_as_for_one(
    patient: Patient, nurse: User, client_of: Log, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """The number of queries does not grow with the number of patients."""
    client = client_of("physician")
    client.get("/")
    for number in range(40):
        refill(implant_of(another(patient, f"3{number:03}", f"Name{number}")), nurse, 60, -3)
    with django_assert_max_num_queries(16):
        assert client.get("/").status_code == 200
