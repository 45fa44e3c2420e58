"""What programs can add to a patient's record: scores of the diary, and notes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from ninja.errors import HttpError

from intrathecal.workstation.api.owning import TOO_OFTEN
from intrathecal.workstation.api.shapes import (
    PROBLEMS,
    Listed,
    NoteIn,
    NoteOut,
    Page,
    Problem,
    ScoreIn,
    ScoreOut,
    listed,
    refuse,
)
from intrathecal.workstation.clinic import diaries, limits, trials
from intrathecal.workstation.clinic.checklists import BEGUN
from intrathecal.workstation.clinic.models import Note, Patient, Score
from intrathecal.workstation.clinic.trials import DECIDED, TAKEN_BACK
from intrathecal.workstation.rules import CARERS, PATIENT, PATIENTS, STAFF, Rule

router = Router(tags=["writing"])
#: Kinds of notes that say that something was done, and that decide what may be done next.
DONE = frozenset(
    {BEGUN, DECIDED, TAKEN_BACK, "program", "emergency", "alarm", "refill", "mri", "implant", "revision", "replacement"}
    | {"explant", "explantation"}
)


@router.get("/patients/{int:patient}/scores", response={200: Listed[ScoreOut], **PROBLEMS}, url_name="scores")
def get_scores(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """Pain scores, the newest first."""
    return listed(Score.objects.filter(patient=patient), page, lambda score: score)


@router.post("/patients/{int:patient}/scores", response={201: ScoreOut, **PROBLEMS, 429: Problem}, url_name="scores")
def add_score(request: HttpRequest, patient: int, told: ScoreIn) -> Status[Score]:
    """Keep a pain score; it is the patient's own when the patient is logged in. Those of a trial have to fit its diary."""
    one, own = get_object_or_404(Patient, pk=patient), request.user.role == PATIENT
    phase, at = told.phase or diaries.phase_now(one), told.at or timezone.now()
    if phase not in (diaries.BASELINE, diaries.TRIAL, diaries.THERAPY):
        raise refuse({"phase": f'"{phase}" is none; write baseline, trial or therapy'})
    whose = limits.digest(str(one.pk))
    if own and limits.SCORES.reached(whose):
        raise HttpError(429, TOO_OFTEN)
    _has_been(at)
    if own:
        limits.SCORES.count(whose)
    if phase in (diaries.BASELINE, diaries.TRIAL):
        typed = {
            "phase": phase,
            "at": at.isoformat(timespec="seconds"),
            "nrs": f"{told.nrs:g}",
            "rescue_mme": "" if told.rescue_mme is None else f"{told.rescue_mme:g}",
            "side_effect": told.side_effect,
            "note": told.note,
        }
        found, kept = trials.write(one, typed, by_patient=own)
        if kept is None:
            raise refuse(found.wrong)
        return Status(201, kept)
    score = Score(
        patient=one,
        at=at,
        phase=phase,
        tenths=round(told.nrs * 10),
        rescue_mme=None if told.rescue_mme is None else Decimal(f"{told.rescue_mme:.1f}"),
        side_effect=told.side_effect,
        note=told.note,
        by_patient=own,
    )
    score.full_clean()
    score.save()
    return Status(201, score)


@router.get("/patients/{int:patient}/notes", response={200: Listed[NoteOut], **PROBLEMS}, url_name="notes")
def get_notes(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """Notes, the newest first."""
    return listed(Note.objects.filter(patient=patient).select_related("by"), page, _note)


@router.post("/patients/{int:patient}/notes", response={201: NoteOut, **PROBLEMS}, url_name="notes")
def add_note(request: HttpRequest, patient: int, told: NoteIn) -> Status[dict[str, Any]]:
    """Keep a note, by whoever is logged in; what a page notes when something was done is noted by doing it alone."""
    one, at = get_object_or_404(Patient, pk=patient), told.at or timezone.now()
    if " ".join(told.kind.split()).lower() in DONE:
        raise refuse({"kind": f'"{told.kind}" is noted when it is done; write another word, such as visit'})
    _has_been(at)
    note = Note(
        patient=one,
        at=at,
        by=request.user,
        kind=told.kind,
        text=told.text,
    )
    note.full_clean()
    note.save()
    return Status(201, _note(note))


def _has_been(at: datetime) -> None:
    try:
        diaries.on_the_clock(at)
    except diaries.CellError as problem:
        raise refuse({"at": str(problem)}) from None


def _note(note: Note) -> dict[str, Any]:
    return {"id": note.pk, "at": note.at, "by": str(note.by or ""), "kind": note.kind, "text": note.text}


RULES = {"scores": Rule(STAFF | PATIENTS, CARERS | PATIENTS), "notes": Rule(STAFF, STAFF)}
