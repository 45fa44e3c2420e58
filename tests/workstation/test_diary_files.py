"""A diary kept elsewhere comes into the record as the command line reads it, or not at all; a verdict for every day."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from intrathecal.care.diary import parse_diary
from intrathecal.care.errors import DiaryError
from intrathecal.care.trial import figures, judge
from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic import diaries, trials
from intrathecal.workstation.clinic.models import Implant, Note, Patient, Score

EXAMPLE = Path(__file__).parents[2] / "examples" / "trial-diary.csv"
NEEDLES = """time,phase,nrs,rescue_mme,side_effect,note,function,dose,drug,route,sleep
2026-02-10 08:00,baseline,8.5,7.5,,,40,,,,badly
2026-02-11 08:00,baseline,8,,,,42,,,,badly
2026-02-12 08:00,trial,8,,,"before the needle, sitting",,0.5 mg,morphine,intrathecal,
2026-02-12 12:00,trial,2,,itching,,60,,,,
2026-02-12 16:00,trial,2,,,,better,,,,
2026-02-12 20:00,trial,,10,,only a rescue,,,,,
2026-02-13 08:00,trial,3,,,,61.5,,,,well
"""


def sent(client: Client, patient: Patient, text: str | bytes, name: str = "kept.csv") -> tuple[int, str]:
    """A file is added on the page: the status, and what stands there then."""
    file = SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text, "text/csv")
    answer = client.post(f"/patients/{patient.pk}/trial/diary.csv", {"diary": file}, follow=True)
    return answer.status_code, answer.content.decode().replace("&quot;", '"').replace("&#x27;", "'")


@pytest.mark.parametrize("text", [EXAMPLE.read_text(), NEEDLES], ids=["infusion", "needle"])
def test_what_the_page_says_of_a_file_the_command_says_too(
    text: str, patient: Patient, client_of: Callable[..., Client]
) -> None:
    """Doses, rescue, missing scores, function as a number: every figure is the same, and so of the file that goes out again."""
    nurse = client_of("nurse")
    status, page = sent(nurse, patient, text)
    assert (status, "lines are new in the diary" in page) == (200, True)
    direct = figures(judge(parse_diary(text, "kept"), load_catalogue()))
    found = trials.said(patient)
    assert found.verdict is not None
    ours = figures(found.verdict)
    for told in (direct, ours):
        told.pop("judged")  # with the clinic's offset, and without
    assert ours == direct
    again = parse_diary(nurse.get(f"/patients/{patient.pk}/trial/diary.csv").content.decode(), "again")
    assert [(one.dose, one.drug, one.route, one.function, one.nrs) for one in again.entries] == [
        (one.dose, one.drug, one.route, one.function, one.nrs) for one in parse_diary(text, "kept").entries
    ]
    _status, page = sent(nurse, patient, text)
    assert f"0 lines are new in the diary. {len(again.entries)} were there already." in page
    assert nurse.get(f"/api/patients/{patient.pk}/trial").json()["decision"] == direct["decision"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "time,phase,pain\n2026-02-10 08:00,baseline,8\n",
        "time,phase,nrs\n2026-02-10 08:00,baseline,11\n2026-02-10 09:00,trial,x\n",
        "time,phase,nrs\n3/4/2026,baseline,8\n",
        "time,phase,nrs\n2026-02-10 08:00,trial,8\n2026-02-11 08:00,baseline,8\n",
        'time,phase,nrs,note\n2026-02-10 08:00,trial,8,"open\n',
        "time,phase,nrs\n2026-02-10T08:00+99:99,trial,8\n",
        "time,phase,nrs,dose\n2026-02-10 08:00,trial,8,5 furlongs\n",
    ],
)
def test_what_the_command_refuses_the_page_refuses_in_the_same_words(
    text: str, patient: Patient, client_of: Callable[..., Client]
) -> None:
    """With the line and what would be right, on the page and over the API; nothing is kept."""
    with pytest.raises(DiaryError) as direct:
        parse_diary(text, "kept.csv")
    nurse = client_of("nurse")
    called = nurse.post(
        f"/api/patients/{patient.pk}/trial/diary", {"name": "kept.csv", "csv": text}, content_type="application/json"
    )
    assert (called.status_code, called.json()["detail"]) == (422, str(direct.value))
    if text:  # a browser's file without a byte is no file to Django
        status, page = sent(nurse, patient, text)
        assert status == 400
        assert str(direct.value) in page
    assert not Score.objects.exists()


def test_what_the_record_does_not_take_names_its_line(patient: Patient, client_of: Callable[..., Client]) -> None:
    """A time to come, another entry at that time, a baseline after the record's trial, finer than is kept, no text, no end."""
    nurse, head = client_of("nurse"), "time,phase,nrs,rescue_mme\n"
    assert sent(nurse, patient, EXAMPLE.read_text())[0] == 200
    count = Score.objects.count()
    ahead = f"{timezone.now() + timedelta(days=2):%Y-%m-%d %H:%M}"
    for text, right in (
        (f"{head}2026-02-20 12:00,trial,3,\n{ahead},trial,3,\n", "kept.csv, line 3: "),
        (f"{head}2026-02-16 12:00,trial,6,\n", "kept.csv, line 2: the record has another entry at 2026-02-16 12:00"),
        (f"{head}2026-02-19 09:00,baseline,6,\n", "later than the record's first trial entry (2026-02-16 12:00)"),
        (f"{head}2026-02-13 09:00,trial,6,\n", "earlier than the record's last baseline entry (2026-02-15 20:00)"),
        (f"{head}2026-02-20 12:00,trial,6.55,\n", "line 2: nrs 6.55 is finer than is kept"),
        (f"{head}1985-02-20 12:00,trial,6,\n", "line 2: 1985-02-20 12:00 is before 1990"),
        (head.encode() + b"2026-02-20 12:00,trial,\xff,\n", "kept.csv, line 2: is no UTF-8 text"),
        ("x" * 500_001, "has more than 500 kB"),
    ):
        status, page = sent(nurse, patient, text)
        assert status == 400, text[:80]
        assert right in page, text[:80]
    assert Score.objects.count() == count
    patient.phase = "planned"
    patient.save()
    assert "the trial is over" in sent(nurse, patient, EXAMPLE.read_text())[1]
    assert client_of("pharmacist").post(f"/patients/{patient.pk}/trial/diary.csv").status_code == 403


def test_a_hundred_thousand_lines_are_refused_at_once(patient: Patient, client_of: Callable[..., Client]) -> None:
    """By their size or their number, before any of them is read."""
    began, nurse = time.process_time(), client_of("nurse")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [f"{start + timedelta(minutes=number):%Y-%m-%d %H:%M},trial,5\n" for number in range(100_000)]
    whole = "time,phase,nrs\n" + "".join(rows)
    assert "has more than 500 kB" in sent(nurse, patient, whole)[1]
    called = nurse.post(
        f"/api/patients/{patient.pk}/trial/diary", {"csv": whole[:450_000]}, content_type="application/json"
    )
    assert called.status_code == 422
    assert "a diary of a trial has at most 1000" in called.json()["detail"]
    assert time.process_time() - began < 3
    assert not Score.objects.exists()


@pytest.mark.parametrize(
    "at",
    ["9999-12-31 23:59", "0001-01-01 00:00", "2026-02-30 08:00", "2026-02-10 25:00", "1e9", "1989-12-31T23:59", "١٢"],
)
def test_a_line_at_an_absurd_time_is_refused(at: str, patient: Patient, client_of: Callable[..., Client]) -> None:
    """Beside the field, and nothing is kept."""
    answer = client_of("nurse").post(f"/patients/{patient.pk}/trial/", {"phase": "trial", "nrs": "5", "at": at})
    assert answer.status_code == 400
    assert 'id="wrong-when"' in answer.content.decode()
    assert not Score.objects.exists()


def test_an_hour_that_the_clock_leaves_out_is_no_time(patient: Patient) -> None:
    """When summer time began; the hour that there is twice is the first of both."""
    with timezone.override("Europe/Berlin"):
        with pytest.raises(diaries.CellError, match="does not exist: the clinic's clock was put forward"):
            diaries.on_the_clock(datetime(2026, 3, 29, 2, 30))  # noqa: DTZ001
        twice = diaries.on_the_clock(datetime(2026, 10, 25, 2, 30))  # noqa: DTZ001
        assert twice.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        Score.objects.create(patient=patient, at=twice, phase="trial", tenths=50)
        Score.objects.create(patient=patient, at=twice + timedelta(hours=1), phase="trial", tenths=40)
        kept = diaries.read(patient, diaries.of_trial(patient))
    assert len(kept.entries) == 2, "both entries of the hour that there is twice are apart"


def test_a_dose_may_stand_with_a_score_or_alone(patient: Patient, client_of: Callable[..., Client]) -> None:
    """With its drug and its unit; a patient's own page takes none."""
    nurse, page = client_of("nurse"), f"/patients/{patient.pk}/trial/"
    told = {"phase": "trial", "dose": "1.5 mg/day", "drug": "Morphine", "route": "intrathecal"}
    for wrong, right in (
        ({"dose": "1.5"}, "dose"),
        ({"dose": "5 mL"}, "dose"),
        ({"drug": ""}, "write the drug and its dose"),
        ({"route": "by air"}, "is not known"),
        ({"dose": "", "drug": ""}, "or write a dose or a rescue"),
    ):
        answer = nurse.post(page, {**told, **wrong})
        assert answer.status_code == 400
        assert right in answer.content.decode()
    assert nurse.post(page, told).status_code == 302
    score = Score.objects.get()
    assert (score.nrs, score.given) == (None, "morphine 1.5 mg/day intrathecal")
    assert "morphine 1.5 mg/day intrathecal" in nurse.get(f"/patients/{patient.pk}/").content.decode()
    assert Client().post(f"/p/{patient.link}/score", {"nrs": "4", **told}).status_code == 200
    assert not Score.objects.get(tenths=40).dose


def test_a_change_of_dose_changes_which_scores_count(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Those since the last dose, as `care.trial` has it; they came from the lines of the record."""
    nurse = client_of("nurse")
    assert sent(nurse, patient, EXAMPLE.read_text())[0] == 200
    before = trials.said(patient).verdict
    patient.scores.filter(at__gte=datetime(2026, 2, 19, tzinfo=UTC), phase="trial").update(dose="3 mg/day")
    after = trials.said(patient).verdict
    assert before is not None
    assert after is not None
    assert not any("The dose was changed" in note for note in before.notes)
    assert any("The dose was changed" in note for note in after.notes)


def test_the_verdict_of_a_day_is_that_of_the_diary_until_then(
    patient: Patient, client_of: Callable[..., Client]
) -> None:
    """The same as of a file that ends there; a day that is none is said beside the field."""
    nurse, page = client_of("nurse"), f"/patients/{patient.pk}/trial/"
    sent(nurse, patient, EXAMPLE.read_text())
    lines = EXAMPLE.read_text().splitlines()
    until = "\n".join(line for line in lines if line.startswith("time") or line < "2026-02-17 23")
    direct = figures(judge(parse_diary(until, "until"), load_catalogue()))
    called = nurse.get(f"/api/patients/{patient.pk}/trial", {"until": "2026-02-17"}).json()
    assert {key: called[key] for key in ("relief_percent", "days", "decision", "spid")} == {
        key: direct[key] for key in ("relief_percent", "days", "decision", "spid")
    }
    assert "17 Feb 2026: On that day the trial" in nurse.get(page, {"until": "2026-02-17"}).content.decode()
    assert "write a day such as" in nurse.get(page, {"until": "soon"}).content.decode()
    assert nurse.get(f"/api/patients/{patient.pk}/trial", {"until": "0001-01-01"}).status_code == 422


def test_a_decision_is_taken_back_with_a_reason_and_both_stay(
    patient: Patient, client_of: Callable[..., Client]
) -> None:
    """By a physician, while no pump is implanted; then the trial goes on and is decided anew."""
    physician, page = client_of("physician"), f"/patients/{patient.pk}/trial/"
    back = f"{page}decision/taken-back"
    assert "there is no decision to take back" in physician.post(back, {"reason": "x"}).content.decode()
    assert physician.post(f"{page}decision", {"decision": "no-pump", "reason": "the wish"}).status_code == 302
    assert client_of("nurse").post(back, {"reason": "x"}).status_code == 403
    assert "write why it is taken back" in physician.post(back).content.decode()
    assert physician.post(back, {"reason": "it was the wrong patient"}).status_code == 302
    patient.refresh_from_db()
    assert patient.phase == "trial"
    kept = list(Note.objects.order_by("pk").values_list("kind", flat=True))
    assert kept == ["trial decision", "trial decision taken back"]
    told = physician.get(page).content.decode()
    assert "Taken back: No pump. it was the wrong patient" in told
    assert "there is no decision to take back" in physician.post(back, {"reason": "again"}).content.decode()
    assert physician.post(f"{page}decision", {"decision": "plan", "reason": "relief"}).status_code == 302
    Implant.objects.create(patient=patient, model="synchromed-ii-40", serial="N1", implanted_on=date(2026, 3, 1))
    assert "a pump was implanted since" in physician.post(back, {"reason": "too late"}).content.decode()
