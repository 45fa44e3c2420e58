"""From candidate to decision: no trial with gaps, a verdict that is the diary's, and a decision that is a physician's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone

from intrathecal.care.diary import load_diary
from intrathecal.care.trial import figures, judge
from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic import diaries
from intrathecal.workstation.clinic.models import Answer, Note, Patient, Score

EXAMPLES = Path(__file__).parents[2] / "examples"
TODAY = timezone.localdate


def answer(client: Client, patient: Patient, check: str, **other: str) -> int:
    """One item is answered; the status of what comes back."""
    sent = {"check": check, "state": "done", "on": TODAY().isoformat(), **other}
    return client.post(f"/patients/{patient.pk}/candidacy/", sent).status_code


@pytest.fixture
def candidate(patient: Patient) -> Patient:
    """Somebody who is not on a trial yet."""
    patient.phase = "candidate"
    patient.save()
    return patient


@pytest.fixture
def trialled(patient: Patient) -> Patient:
    """Somebody with the example's diary in the records."""
    for entry in load_diary(EXAMPLES / "trial-diary.csv").entries:
        if entry.nrs is None:
            continue
        Score.objects.create(
            patient=patient,
            at=timezone.make_aware(entry.at) if entry.at.tzinfo is None else entry.at,
            phase=entry.phase,
            tenths=round(10 * entry.nrs),
            rescue_mme=None if entry.rescue_mme is None else round(entry.rescue_mme),
            dose="" if entry.dose is None else str(entry.dose),
            drug=entry.drug or "",
            route=entry.route or "",
            side_effect=entry.side_effect,
            note=entry.note,
        )
    return patient


def test_a_trial_begins_when_no_gap_is_left(candidate: Patient, client_of: Callable[..., Client]) -> None:
    """Until then it is refused, and names what is missing."""
    nurse, checks = client_of("nurse"), load_catalogue().checks
    begin = f"/patients/{candidate.pk}/candidacy/begin"
    *most, last = checks
    for check in most:
        assert answer(nurse, candidate, check) == 302
    refused = nurse.post(begin, follow=True).content.decode()
    assert f"No trial before this is settled: {checks[last].title}." in refused
    candidate.refresh_from_db()
    assert candidate.phase == "candidate"
    assert answer(nurse, candidate, last) == 302
    assert "The trial begins" in nurse.post(begin, follow=True).content.decode()
    candidate.refresh_from_db()
    assert candidate.phase == "trial"
    assert diaries.phase_now(candidate) == "trial"
    assert answer(nurse, candidate, last, state="speaks against it", note="too late") == 400


def test_an_answer_that_is_too_old_or_speaks_against_a_trial_is_a_gap(
    candidate: Patient, client_of: Callable[..., Client]
) -> None:
    """An infection that was looked for ten days ago; a psychologist who advises against it."""
    nurse = client_of("nurse")
    assert answer(nurse, candidate, "infection", on=(TODAY() - timedelta(days=10)).isoformat()) == 302
    assert answer(nurse, candidate, "psychology", state="speaks against it", note="untreated psychosis") == 302
    page = nurse.get(f"/patients/{candidate.pk}/candidacy/").content.decode()
    assert "on the day of the trial it is older than 7 days" in page
    assert "speaks against it" in page
    assert "untreated psychosis" in page


@pytest.mark.parametrize(
    ("sent", "right"),
    [
        ({"check": "consent", "state": "waived", "note": "in a hurry"}, "may not be waived"),
        ({"check": "imaging", "state": "waived"}, "write why"),
        ({"check": "imaging", "on": "2999-01-01"}, "today or before"),
        ({"check": "imaging", "on": "yesterday"}, "write the day"),
        ({"check": "horoscope"}, "choose an answer"),
        ({"check": "imaging", "note": "x" * 401}, "at most 400 letters"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(
    candidate: Patient, client_of: Callable[..., Client], sent: dict[str, str], right: str
) -> None:
    """With what would be right, beside the item; nothing is saved."""
    page = client_of("nurse").post(
        f"/patients/{candidate.pk}/candidacy/", {"state": "done", "on": TODAY().isoformat(), **sent}
    )
    assert page.status_code == 400
    assert right in page.content.decode() or sent["check"] == "horoscope"
    assert not Answer.objects.exists()


def test_what_people_write_cannot_break_the_checklist(candidate: Patient, client_of: Callable[..., Client]) -> None:
    """Quotes, brackets, line ends and script stay text."""
    nurse, hostile = client_of("nurse"), 'a "note" with \\ ]] [x] = 1 <script>alert(1)</script> \x7f\u2028'
    assert answer(nurse, candidate, "imaging", note=hostile) == 302
    page = nurse.get(f"/patients/{candidate.pk}/candidacy/").content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_the_verdict_is_that_of_the_command_line(trialled: Patient, client_of: Callable[..., Client]) -> None:
    """The records give the same figures and reasons as the diary's file, which nobody rounded on the way."""
    expected = figures(judge(load_diary(EXAMPLES / "trial-diary.csv"), load_catalogue()))
    said = diaries.verdict(trialled, diaries.of_trial(trialled))
    assert said is not None
    found = figures(said)
    for key in ("decision", "relief_percent", "standard_error", "probability_half", "days", "spid"):
        assert found[key] == expected[key], key
    page = client_of("pharmacist").get(f"/patients/{trialled.pk}/trial/").content.decode()
    for reason in said.reasons:
        assert reason.replace('"', "&quot;") in page
    taken = client_of("nurse").get(f"/patients/{trialled.pk}/trial/diary.csv").content.decode()
    assert taken.count("\n") == 1 + Score.objects.count()


def test_the_score_of_a_patient_changes_the_running_verdict(
    trialled: Patient, client: Client, client_of: Callable[..., Client]
) -> None:
    """What is entered on the telephone stands on the clinic's page at once."""
    physician, page = client_of("physician"), f"/patients/{trialled.pk}/trial/"
    before = physician.get(page).context["figures"]["spid"]
    sent = {"nrs": "7", "side_effect": "severe itching, intolerable"}
    assert client.post(f"/p/{trialled.link}/score", sent).status_code == 200
    after = physician.get(page)
    assert after.context["figures"]["spid"] != before
    assert after.context["figures"]["decision"] == "fail"
    assert "A side effect limited the dose" in after.content.decode()


def test_a_physician_decides_and_says_why_where_the_diary_says_otherwise(
    trialled: Patient, client_of: Callable[..., Client]
) -> None:
    """Nurses do not; the decision, what the diary said and the reason are kept."""
    said = diaries.verdict(trialled, diaries.of_trial(trialled))
    assert said is not None
    other = "no-pump" if said.decision == "pass" else "plan"
    decide, physician = f"/patients/{trialled.pk}/trial/decision", client_of("physician")
    assert client_of("nurse").post(decide, {"decision": other}).status_code == 403
    refused = physician.post(decide, {"decision": other})
    assert refused.status_code == 400
    assert "write why you decide otherwise" in refused.content.decode()
    assert physician.post(decide, {"decision": other, "reason": "the wish of the patient"}).status_code == 302
    trialled.refresh_from_db()
    assert trialled.phase == ("ended" if other == "no-pump" else "planned")
    note = Note.objects.get(kind="trial decision")
    assert f"The diary says: {said.decision}" in note.text
    assert note.text.endswith("the wish of the patient")
    assert physician.post(decide, {"decision": other, "reason": "again"}).status_code == 400


@pytest.mark.parametrize(
    ("sent", "right"),
    [
        ({}, "choose a number from 0"),
        ({"nrs": "11"}, "above 10"),
        ({"nrs": "-1"}, "negative"),
        ({"nrs": "6.55"}, "one digit after the point"),
        ({"nrs": "many"}, "nrs"),
        ({"nrs": "5", "rescue_mme": "9999"}, "not plausible"),
        ({"nrs": "5", "note": "x" * 401}, "at most 400 letters"),
        ({"nrs": "5", "function": "flying"}, "choose one of the answers"),
    ],
)
def test_a_score_that_cannot_be_is_refused(patient: Patient, client: Client, sent: dict[str, str], right: str) -> None:
    """And nothing is written down."""
    page = client.post(f"/p/{patient.link}/score", sent)
    assert page.status_code == 400
    assert right in page.content.decode()
    assert not Score.objects.exists()


def test_staff_write_down_what_was_told_before_and_strike_out_mistakes(
    trialled: Patient, client_of: Callable[..., Client]
) -> None:
    """For a time that has been, in an order that can be; pharmacists change nothing; the trail keeps what was struck."""
    nurse, page, count = client_of("nurse"), f"/patients/{trialled.pk}/trial/", Score.objects.count()
    last = diaries.of_trial(trialled)[-1].at
    good = {"nrs": "3", "phase": "trial", "at": f"{last + timedelta(hours=2):%Y-%m-%dT%H:%M}"}
    for wrong, right in (
        ({"at": f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M}"}, "write a time that has been"),
        ({"at": "the other day"}, "is not a time"),
        ({"phase": "therapy"}, "choose whether it was before the trial or in it"),
        ({"phase": "baseline"}, "a baseline entry is later than the first trial entry"),
        ({"at": f"{last:%Y-%m-%dT%H:%M}", "nrs": "9.5"}, "and the two differ"),
    ):
        answer = nurse.post(page, {**good, **wrong})
        assert answer.status_code == 400
        assert right in answer.content.decode()
    assert Score.objects.count() == count
    assert client_of("pharmacist").post(page, good).status_code == 403
    assert nurse.post(page, good).status_code == 302
    score = Score.objects.get(by_patient=False)
    assert (score.at, score.phase) == (last + timedelta(hours=2), "trial")
    assert client_of("pharmacist").post(f"{page}{score.pk}/strike").status_code == 403
    assert nurse.post(f"{page}{score.pk}/strike").status_code == 302
    assert Score.objects.count() == count
    assert LogEntry.objects.filter(action=LogEntry.Action.DELETE, object_pk=str(score.pk)).exists()


def test_the_function_that_became_worse_keeps_a_trial_from_passing(patient: Patient) -> None:
    """Great relief, and somebody who can do less: go on."""
    start = datetime(2026, 11, 1, 8, tzinfo=timezone.get_current_timezone())
    for number in range(24):
        trial = number >= 12
        Score.objects.create(
            patient=patient,
            at=start + timedelta(hours=6 * number),
            phase="trial" if trial else "baseline",
            tenths=10 if trial else 80,
            rescue_mme=0,
            function="same" if number < 23 else "",
        )
    said = diaries.verdict(patient, diaries.of_trial(patient))
    assert said is not None
    assert said.decision == "pass"
    Score.objects.filter(phase="trial").update(function="worse")
    said = diaries.verdict(patient, diaries.of_trial(patient))
    assert said is not None
    assert said.decision == "extend"


def test_candidacy_and_trial_over_the_api(candidate: Patient, client_of: Callable[..., Client]) -> None:
    """Answers, gaps, the beginning, lines and the decision, with the words of the pages."""
    nurse, physician, base = client_of("nurse"), client_of("physician"), f"/api/patients/{candidate.pk}"

    def send(client: Client, end: str, told: dict[str, Any]) -> tuple[int, dict[str, object]]:
        answer = client.post(f"{base}/{end}", told, content_type="application/json")
        return answer.status_code, answer.json()

    refused = send(nurse, "candidacy", {"check": "imaging", "state": "waived", "on": TODAY().isoformat()})
    assert refused == (422, {"detail": "write why"})
    *most, last = load_catalogue().checks
    for check in most:
        told = {"check": check, "state": "done", "on": TODAY().isoformat()}
        assert send(nurse, "candidacy", told)[0] == 201
    status, said = send(nurse, "candidacy/begin", {})
    assert (status, "No trial before this is settled" in str(said["detail"])) == (409, True)
    send(nurse, "candidacy", {"check": last, "state": "done", "on": TODAY().isoformat()})
    later = (TODAY() + timedelta(days=30)).isoformat()
    assert nurse.get(f"{base}/candidacy").json()["may_begin"] is True
    planned = nurse.get(f"{base}/candidacy", {"on": later}).json()
    assert [item["name"] for item in planned["items"] if item["blocks"]] == ["infection", "coagulation"]
    page = nurse.get(f"/patients/{candidate.pk}/candidacy/", {"on": later}).content.decode()
    assert "No trial before 2 of 11 items are settled" in page
    for odd in ("0001-01-01", "9999-12-31", "soon"):
        assert nurse.get(f"{base}/candidacy", {"on": odd}).status_code == 422
        assert nurse.get(f"/patients/{candidate.pk}/candidacy/", {"on": odd}).status_code == 200
    assert send(nurse, "candidacy/begin", {})[1]["phase"] == "trial"
    hour_ago = f"{timezone.localtime() - timedelta(hours=1):%Y-%m-%d %H:%M}"
    told = {"phase": "trial", "nrs": "3", "dose": "1 mg/day", "drug": "morphine", "at": hour_ago}
    status, line = send(nurse, "trial/lines", told)
    assert (status, line["nrs"], line["dose"]) == (201, 3.0, "1 mg/day")
    assert send(nurse, "trial/lines", {"phase": "trial", "nrs": "3,5"})[0] == 422
    late = {"nrs": 5, "phase": "baseline", "at": timezone.now().isoformat()}
    status, said = send(nurse, "scores", late)
    assert (status, "later than the first trial entry" in str(said["detail"])) == (422, True)
    assert nurse.get(f"{base}/trial/lines").json()["count"] == 1
    assert send(nurse, "trial/decision", {"decision": "plan", "reason": "relief"})[0] == 403
    assert send(physician, "trial/decision", {"decision": "plan"})[0] == 422
    assert send(physician, "trial/decision", {"decision": "plan", "reason": "relief"})[1]["phase"] == "planned"
    assert nurse.delete(f"{base}/trial/lines/{line['id']}").status_code == 409
    assert send(physician, "trial/decision/taken-back", {"reason": "a mistake"})[1]["phase"] == "trial"
    assert nurse.delete(f"{base}/trial/lines/{line['id']}").status_code == 200
    assert nurse.get(f"{base}/trial/lines").json()["count"] == 0
