"""Candidates and trials: the checklist, the diary of a trial, what it says, and what a physician decides."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from ninja.errors import HttpError

from intrathecal.care.trial import figures
from intrathecal.workstation.api.shapes import CONFLICTS, PROBLEMS, Listed, Page, ScoreOut, Text, listed, refuse
from intrathecal.workstation.clinic import checklists, diaries, trail, trials, uploading
from intrathecal.workstation.clinic.models import Patient
from intrathecal.workstation.clinic.typed import day_of
from intrathecal.workstation.pages.trial import line_of
from intrathecal.workstation.rules import CARERS, NOBODY, PHYSICIANS, STAFF, Rule

router = Router(tags=["trials"])


class ItemOut(Schema):
    """One item of the checklist: ``state`` is done, waived, speaks against it or gap."""

    name: str
    title: str
    asks: str
    state: str
    blocks: bool
    reason: str
    on: date | None
    by: str | None


class CandidacyOut(Schema):
    """The checklist, judged for a trial ``on`` a day."""

    on: date
    indication: str
    may_begin: bool
    begun: bool
    items: list[ItemOut]


class ItemIn(Schema):
    """An answer: ``state`` is done, waived or speaks against it; the last two need a note."""

    check: Text
    state: Text
    on: Text = Field(description="the day on which it was done, like 2026-11-22")
    note: Text = ""


class TrialOut(Schema):
    """What the diary says, under the keys of the command line; ``problem`` where it cannot be read."""

    phase: str
    decision: str
    advised: str
    problem: str
    reasons: list[str]
    notes: list[str]
    days: int | None
    baseline_mean: float | None
    trial_mean: float | None
    relief_percent: float | None
    standard_error: float | None
    probability_half: float | None
    spid: float | None
    decided: str | None = Field(description="the decision that holds")


class LineIn(Schema):
    """A line of the diary, in the words of its CSV file; ``at`` is now unless told."""

    phase: Text
    at: Text = ""
    nrs: Text = ""
    rescue_mme: Text = ""
    function: Text = ""
    side_effect: Text = ""
    note: Text = ""
    dose: Text = Field("", description="1.5 mg/day is an infusion, 0.5 mg a needle dose")
    drug: Text = ""
    route: Text = ""
    sleep: Text = ""


class FileIn(Schema):
    """A diary as a CSV file; messages call it by its ``name``."""

    name: Text = Field("diary.csv", max_length=120)
    csv: Text = Field(max_length=uploading.MOST_BYTES)


class FileOut(Schema):
    """The diary as a CSV file."""

    csv: str


class UploadedOut(Schema):
    """How many lines are new, how many were there already, and what had to be put right to read them."""

    new: int
    known: int
    notes: list[str]


class DecisionIn(Schema):
    """``decision`` is plan, go-on or no-pump; one that is not what the diary says needs a reason."""

    decision: Text
    reason: Text = ""


class ReasonIn(Schema):
    """Why."""

    reason: Text


@router.get("/patients/{int:patient}/candidacy", response={200: CandidacyOut, **PROBLEMS}, url_name="candidacy")
def get_candidacy(request: HttpRequest, patient: int, on: Text = "") -> dict[str, Any]:
    """The checklist; for a trial that is planned ``on`` a day, if told."""
    return _candidacy(get_object_or_404(Patient, pk=patient), _day("on", on))


@router.post("/patients/{int:patient}/candidacy", response={201: CandidacyOut, **PROBLEMS}, url_name="candidacy")
def answer_item(request: HttpRequest, patient: int, told: ItemIn) -> Status[dict[str, Any]]:
    """Answer one item."""
    one = get_object_or_404(Patient, pk=patient)
    saved, wrong = checklists.write(one, told.dict(), request.user)
    if saved is None:
        raise HttpError(422, wrong)
    return Status(201, _candidacy(one, None))


@router.post("/patients/{int:patient}/candidacy/begin", response={200: TrialOut, **CONFLICTS}, url_name="begin_trial")
def begin_trial(request: HttpRequest, patient: int) -> dict[str, Any]:
    """A trial begins; 409: there are gaps, or it has begun."""
    one = _held(patient)
    wrong = checklists.begin(one, request.user)
    if wrong:
        raise HttpError(409, wrong)
    return _trial(one, None)


@router.get("/patients/{int:patient}/trial", response={200: TrialOut, **PROBLEMS}, url_name="trial")
def get_trial(request: HttpRequest, patient: int, until: Text = "") -> dict[str, Any]:
    """What the diary says until now, or said at the end of the day ``until``."""
    return _trial(get_object_or_404(Patient, pk=patient), _day("until", until))


@router.get("/patients/{int:patient}/trial/lines", response={200: Listed[ScoreOut], **PROBLEMS}, url_name="trial_lines")
def get_lines(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """The diary in order of time."""
    return listed(diaries.of_trial(get_object_or_404(Patient, pk=patient)), page, lambda score: score)


@router.post("/patients/{int:patient}/trial/lines", response={201: ScoreOut, **PROBLEMS}, url_name="trial_lines")
def add_line(request: HttpRequest, patient: int, told: LineIn) -> Status[Any]:
    """Keep a line."""
    found, score = trials.write(get_object_or_404(Patient, pk=patient), told.dict())
    if score is None:
        raise refuse(found.wrong)
    return Status(201, score)


@router.delete(
    "/patients/{int:patient}/trial/lines/{int:score}", response={200: TrialOut, **CONFLICTS}, url_name="trial_line"
)
def strike_line(request: HttpRequest, patient: int, score: int) -> dict[str, Any]:
    """Strike out a line that was a mistake; the audit trail keeps it. 409: the trial is over."""
    one = get_object_or_404(Patient, pk=patient)
    found = line_of(one, score)
    if not trials.writable(one):
        raise HttpError(409, trials.over())
    found.delete()
    return _trial(one, None)


@router.get("/patients/{int:patient}/trial/diary", response={200: FileOut, **PROBLEMS}, url_name="trial_diary")
def get_diary(request: HttpRequest, patient: int) -> dict[str, str]:
    """The diary as the command ``intrathecal trial`` reads it."""
    return {"csv": diaries.text(diaries.of_trial(get_object_or_404(Patient, pk=patient)))}


@router.post("/patients/{int:patient}/trial/diary", response={201: UploadedOut, **CONFLICTS}, url_name="trial_diary")
def add_diary(request: HttpRequest, patient: int, told: FileIn) -> Status[uploading.Uploaded]:
    """Every line of a file, or none; 409: the trial is over."""
    one = get_object_or_404(Patient, pk=patient)
    if not trials.writable(one):
        raise HttpError(409, trials.over())
    try:
        return Status(201, uploading.upload(one, told.csv, told.name))
    except diaries.DiaryError as problem:
        raise HttpError(422, str(problem)) from None


@router.post("/patients/{int:patient}/trial/decision", response={200: TrialOut, **PROBLEMS}, url_name="decide_trial")
def decide(request: HttpRequest, patient: int, told: DecisionIn) -> dict[str, Any]:
    """Decide, as a physician."""
    one = _held(patient)
    wrong = trials.decide(one, told.decision, told.reason, request.user)
    if wrong:
        raise HttpError(422, wrong)
    return _trial(one, None)


@router.post(
    "/patients/{int:patient}/trial/decision/taken-back",
    response={200: TrialOut, **PROBLEMS},
    url_name="take_trial_back",
)
def take_back(request: HttpRequest, patient: int, told: ReasonIn) -> dict[str, Any]:
    """Take the last decision back; both stay in the record."""
    one = _held(patient)
    wrong = trials.take_back(one, told.reason, request.user)
    if wrong:
        raise HttpError(422, wrong)
    return _trial(one, None)


def _held(patient: int) -> Patient:
    """Nobody else decides meanwhile."""
    return get_object_or_404(trail.locked(Patient), pk=patient)


def _day(name: str, text: str) -> date | None:
    day = day_of(text) if text else None
    if text and day is None:
        raise HttpError(422, f"{name}: write a day such as 2026-11-22")
    return day


def _candidacy(patient: Patient, planned: date | None) -> dict[str, Any]:
    on = planned or checklists.trial_on(patient)
    found = checklists.judge(patient, on)
    return {
        "on": on,
        "indication": found.indication,
        "may_begin": not found.gaps,
        "begun": patient.phase != "candidate",
        "items": [
            {
                "name": answer.check.name,
                "title": answer.check.title,
                "asks": answer.check.ask,
                "state": answer.state,
                "blocks": answer.blocks,
                "reason": answer.reason,
                "on": answer.on,
                "by": answer.by,
            }
            for answer in found.answers
        ],
    }


def _trial(patient: Patient, day: date | None) -> dict[str, Any]:
    found, last = trials.said(patient, day), trials.last_decision(patient)
    told = figures(found.verdict) if found.verdict else {}
    plain = ("days", "baseline_mean", "trial_mean", "relief_percent", "standard_error", "probability_half", "spid")
    return {name: told.get(name) for name in plain} | {
        "phase": patient.phase,
        "decision": found.advice,
        "advised": trials.FOLLOWS[found.advice],
        "problem": found.problem,
        "reasons": told.get("reasons", []),
        "notes": told.get("notes", []),
        "decided": last.text if last else None,
    }


RULES = {
    "candidacy": Rule(STAFF, CARERS),
    "begin_trial": Rule(NOBODY, CARERS),
    "trial": Rule(STAFF, CARERS),
    "trial_lines": Rule(STAFF, CARERS),
    "trial_line": Rule(NOBODY, CARERS),
    "trial_diary": Rule(STAFF, CARERS),
    "decide_trial": Rule(NOBODY, PHYSICIANS),
    "take_trial_back": Rule(NOBODY, PHYSICIANS),
}
