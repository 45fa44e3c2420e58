"""Programs, for programs: written, foreseen, reviewed, confirmed, sent or entered by hand, and compared."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema, Status
from ninja.errors import HttpError

from intrathecal.programmer.confirming import second_looks
from intrathecal.workstation import comparing
from intrathecal.workstation.api.shapes import (
    CONFLICTS,
    PROBLEMS,
    Listed,
    Moment,
    Page,
    ProgramOut,
    Text,
    listed,
    valid,
)
from intrathecal.workstation.api.telling import answering
from intrathecal.workstation.clinic.models import Patient, Program
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import by_hand, form, line, recording, sending, stages
from intrathecal.workstation.live.looking import look
from intrathecal.workstation.pages import by_hand as page_by_hand
from intrathecal.workstation.pages.program import Editor, foreseen, from_rows, from_text, one_of, opened
from intrathecal.workstation.rules import CARERS, NOBODY, PHARMACIST, PHYSICIAN, PHYSICIANS, STAFF, Rule
from intrathecal.workstation.simulating import in_numbers, run_of

router = Router(tags=["programs"])
HERE = "/patients/{int:patient}/programs/{int:program}"
#: So many rows a form has at most.
MOST_ROWS = 1000


class ProgramDetailOut(ProgramOut):
    """A program with its form (``rows``), the ``version`` of its text, and what people said of it."""

    version: str
    rows: list[dict[str, str]]
    why: str
    reasons: dict[str, str]
    confirmed_by: str | None
    confirmed_at: datetime | None
    second_by: str | None
    second_at: datetime | None


class ProgramEditIn(Schema):
    """A draft as it shall be, as ``text`` or as ``rows``; ``version`` is that of the text that was read before."""

    version: Text = Field(max_length=64)
    text: Text | None = None
    rows: list[dict[str, Text]] | None = Field(None, max_length=MOST_ROWS)


class ProgramRowOut(Schema):
    """One field, old beside new."""

    field: str
    old: str
    new: str
    change: str


class ProgramInexactOut(Schema):
    """A clause that the pump can only approach; flows in mL/day or volumes in mL, by ``unit``."""

    clause: str
    asked: float
    delivered: float
    unit: str
    reason: str


class ProgramReviewOut(Schema):
    """What is said of the change. ``mark`` is told when it is confirmed; ``reasons_for`` are the codes that need a reason."""

    silent: str | None
    decision: str
    rows: list[ProgramRowOut]
    inexact: list[ProgramInexactOut]
    figures: dict[str, Any]
    findings: list[dict[str, Any]]
    reasons_for: list[str]
    second_person_for: list[str]
    mark: str


class ProgramConfirmIn(Schema):
    """The first person's word: the ``mark`` of the review that was read, a reason for each code, and why it is changed."""

    mark: Text = Field(max_length=64)
    reasons: dict[str, Text] = Field(default_factory=dict)
    why: Text = ""


class ProgramFigureOut(Schema):
    """A figure of the last day, with what runs (null: nobody knows) and with the new program."""

    name: str
    old: str | None
    new: str


class ProgramForesightOut(Schema):
    """What a program would do beside the one that runs; it begins on a day, counted from 0."""

    silent: str | None
    compared: bool
    begins_day: int
    figures: list[ProgramFigureOut]


class ProgramOutcomeIn(Schema):
    """What came of a program that was entered with the maker's programmer; what was read back where it ``runs``."""

    outcome: Literal["runs", "not", "unknown"]
    at: Moment | None = None
    daily: Text = Field("", max_length=40, description='Like "2.4 mg/day" or "0.24 mL/day".')
    reservoir_mL: float | None = Field(None, ge=0, le=1000)
    alarm_on: date | None = None
    sounding: list[Text] | None = Field(None, description="Alarms that still sound; all that did, unless told.")
    why: Text = ""


class ProgramSettingOut(Schema):
    """A setting of two programs."""

    field: str
    first: str
    second: str
    change: str
    differs: bool


class ProgramDifferenceOut(Schema):
    """A line of two texts: added, removed, the same, or a place."""

    kind: str
    text: str


class ProgramsComparedOut(Schema):
    """Two programs side by side; ``unreadable`` says why settings cannot be compared."""

    settings: list[ProgramSettingOut]
    texts: list[ProgramDifferenceOut]
    unreadable: list[str]


class ProgramCurvesOut(Schema):
    """A run in numbers: figures under the keys of ``simulate --json``, and curves (ug/mL, mL/day; seconds since the start)."""

    days: float
    drugs: list[str]
    assumptions: list[Any]
    pump: dict[str, Any]
    exposure: dict[str, Any]
    relief: dict[str, Any]
    curves: dict[str, list[float | None]]


class ProgramPaperOut(Schema):
    """A page to print, as HTML."""

    html: str


@router.get("/patients/{int:patient}/programs", response={200: Listed[ProgramOut], **PROBLEMS}, url_name="programs")
def get_programs(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """Programs with their therapy files and findings, the newest first."""
    return listed(Program.objects.filter(patient=patient).select_related("written_by"), page, _program)


@router.post("/patients/{int:patient}/programs", response={201: ProgramDetailOut, **CONFLICTS}, url_name="programs")
def begin(request: HttpRequest, patient: int) -> Status[dict[str, Any]]:
    """A draft that begins with what was written last."""
    with answering():
        return Status(201, _detail(stages.begin(get_object_or_404(Patient, pk=patient), request.user)))


@router.get(
    "/patients/{int:patient}/programs/compare",
    response={200: ProgramsComparedOut, **PROBLEMS},
    url_name="programs_compared",
)
def compare(request: HttpRequest, patient: int, a: int, b: int) -> dict[str, Any]:
    """Two programs of the history, setting by setting and line by line."""
    first, second = one_of(patient, a), one_of(patient, b)
    return {
        "settings": [asdict(row) | {"differs": row.differs} for row in comparing.rows(first, second)],
        "texts": [{"kind": line.kind, "text": line.text} for line in comparing.difference(first, second)],
        "unreadable": comparing.unreadable(first, second),
    }


@router.get(HERE, response={200: ProgramDetailOut, **PROBLEMS}, url_name="program")
def get_program(request: HttpRequest, patient: int, program: int) -> dict[str, Any]:
    """One program."""
    return _detail(one_of(patient, program))


@router.put(HERE, response={200: ProgramDetailOut, **CONFLICTS}, url_name="program")
def edit(request: HttpRequest, patient: int, program: int, told: ProgramEditIn) -> dict[str, Any]:
    """Change a draft; what is wrong is said with its place, and nothing of it is kept."""
    one = one_of(patient, program)
    if (told.text is None) == (told.rows is None):
        raise HttpError(422, "text: tell either the text or the rows")
    with answering():
        editor = from_rows(one.text, form.rows_told(told.rows)) if told.rows is not None else _typed(told.text or "")
        if editor.is_wrong:
            raise HttpError(422, "; ".join(editor.problems))
        stages.rewrite(one, editor.text, told.version)
    return _detail(one)


@router.delete(HERE, response={200: ProgramDetailOut, **CONFLICTS}, url_name="program")
def discard(request: HttpRequest, patient: int, program: int) -> dict[str, Any]:
    """It stays in the record and is never sent."""
    one = one_of(patient, program)
    with answering():
        stages.discard(one)
    return _detail(one_of(patient, program))


@router.get(f"{HERE}/foresight", response={200: ProgramForesightOut, **CONFLICTS}, url_name="program_foresight")
def get_foresight(request: HttpRequest, patient: int, program: int) -> dict[str, Any]:
    """Dose, CSF and relief of the last day, beside what runs."""
    one = one_of(patient, program)
    with answering():
        seen = look(one)
        found = foreseen(one.text, seen)
    figures = [asdict(one) | {"old": one.old or None} for one in found.figures]
    return {
        "silent": seen.silent or None,
        "compared": found.compared,
        "begins_day": found.begins_day,
        "figures": figures,
    }


@router.get(f"{HERE}/curves", response={200: ProgramCurvesOut, **CONFLICTS}, url_name="program_curves")
def get_curves(request: HttpRequest, patient: int, program: int) -> dict[str, Any]:
    """The simulation of a program's therapy file in numbers."""
    with answering():
        return in_numbers(run_of(one_of(patient, program)))


@router.get(f"{HERE}/review", response={200: ProgramReviewOut, **CONFLICTS}, url_name="program_review")
def get_review(request: HttpRequest, patient: int, program: int) -> dict[str, Any]:
    """Old and new side by side, and everything that is said of the change."""
    one = one_of(patient, program)
    with answering():
        seen = look(one)
    findings = seen.review.findings
    return {
        "silent": seen.silent or None,
        "decision": seen.review.decision,
        "rows": [asdict(row) for row in seen.rows],
        "inexact": [asdict(item) for item in seen.proposal.inexact] if seen.proposal else [],
        "figures": seen.review.figures,
        "findings": seen.findings,
        "reasons_for": [ask.code for ask in stages.Asked.of(seen, {}, "").asks],
        "second_person_for": second_looks(findings),
        "mark": seen.mark(one.text),
    }


@router.post(f"{HERE}/confirmation", response={200: ProgramDetailOut, **CONFLICTS}, url_name="program_confirmation")
def confirm(request: HttpRequest, patient: int, program: int, told: ProgramConfirmIn) -> dict[str, Any]:
    """What was reviewed is confirmed."""
    one = one_of(patient, program)
    with answering():
        seen = look(one)
        stages.confirm(one, seen, told.mark, stages.Asked.of(seen, told.reasons, told.why), request.user)
    return _detail(one)


@router.delete(f"{HERE}/confirmation", response={200: ProgramDetailOut, **CONFLICTS}, url_name="program_confirmation")
def take_back(request: HttpRequest, patient: int, program: int) -> dict[str, Any]:
    """A draft again."""
    with answering():
        stages.take_back(one_of(patient, program))
    return _detail(one_of(patient, program))


@router.post(f"{HERE}/second", response={200: ProgramDetailOut, **CONFLICTS}, url_name="program_second")
def look_too(request: HttpRequest, patient: int, program: int) -> dict[str, Any]:
    """A second person's word."""
    with answering():
        stages.look_too(one_of(patient, program), request.user)
    return _detail(one_of(patient, program))


@router.post(
    f"{HERE}/sending", response={200: ProgramDetailOut, 202: ProgramDetailOut, **CONFLICTS}, url_name="program_sending"
)
def send(request: HttpRequest, patient: int, program: int) -> Status[dict[str, Any]]:
    """Send it and read it back. 202: it left, and nobody knows whether it arrived."""
    one = one_of(patient, program)
    try:
        with answering():
            sending.dispatch(one, request.user)
    except line.Doubtful:
        return Status(202, _detail(one_of(patient, program)))
    return Status(200, _detail(one_of(patient, program)))


@router.post(f"{HERE}/settling", response={200: ProgramDetailOut, **CONFLICTS}, url_name="program_settling")
def settle(request: HttpRequest, patient: int, program: int) -> dict[str, Any]:
    """Ask the pump what became of a program that is uncertain."""
    one = one_of(patient, program)
    implant = one.patient.standing
    if implant is None or one.state != State.UNCERTAIN:
        raise HttpError(409, "nothing is uncertain about it, or there is no pump in the record")
    try:
        with answering():
            recording.interrogate(implant, request.user)
    except line.Doubtful as doubt:
        raise HttpError(409, f"still uncertain: {doubt}") from None
    return _detail(one_of(patient, program))


@router.post(f"{HERE}/by-hand", response={200: ProgramDetailOut, **CONFLICTS}, url_name="program_by_hand")
def enter(request: HttpRequest, patient: int, program: int, told: ProgramOutcomeIn) -> dict[str, Any]:
    """What came of a program that people entered with the maker's programmer."""
    one = one_of(patient, program)
    with answering():
        implant = by_hand.check_by_hand(one, one.patient.standing)
        at = timezone.localtime(told.at).strftime("%Y-%m-%dT%H:%M") if told.at else ""
        volume = "" if told.reservoir_mL is None else f"{told.reservoir_mL:.6f}"
        open_ = implant.alarms.filter(ended_at=None).values_list("name", flat=True)
        typed = told.dict() | {"at": at, "reservoir_mL": volume, "alarm_on": told.alarm_on or ""}
        typed["sounding"] = list(open_) if told.sounding is None else told.sounding
        page_by_hand.close(valid(page_by_hand.Outcome(typed, one, implant, look(one))), one, implant, request.user)
    return _detail(one)


@router.get(f"{HERE}/order", response={200: ProgramPaperOut, **CONFLICTS}, url_name="program_order")
def get_order(request: HttpRequest, patient: int, program: int) -> dict[str, Any]:
    """What is to be entered with the maker's programmer, to print."""
    one = one_of(patient, program)
    with answering():
        return {"html": by_hand.order(one, by_hand.check_by_hand(one, one.patient.standing), look(one))}


@router.get(f"{HERE}/record", response={200: ProgramPaperOut, **PROBLEMS}, url_name="program_record")
def get_record(request: HttpRequest, patient: int, program: int) -> dict[str, Any]:
    """What was sent or entered, to print."""
    one = one_of(patient, program)
    if not one.record:
        raise Http404
    return {"html": one.record}


def _typed(text: str) -> Editor:
    return from_text(text.replace("\r\n", "\n"), [])


def _program(program: Program) -> dict[str, Any]:
    plain = ("summary", "state", "written_at", "begins_at", "ends_at", "findings", "doubt")
    return {name: getattr(program, name) for name in plain} | {
        "id": program.pk,
        "written_by": str(program.written_by),
        "therapy_file": program.text,
    }


def _detail(program: Program) -> dict[str, Any]:
    plain = ("why", "reasons", "confirmed_at", "second_at")
    rows = opened(program.text).rows
    return {
        **_program(program),
        **{name: getattr(program, name) for name in plain},
        "version": stages.version_of(program.text),
        "rows": [{"kind": row.kind, **{cell.name: cell.value for cell in row.cells if cell.value}} for row in rows],
        "confirmed_by": str(program.confirmed_by) if program.confirmed_by else None,
        "second_by": str(program.second_by) if program.second_by else None,
    }


RULES = {
    "programs": Rule(STAFF, PHYSICIANS),
    "program": Rule(STAFF, PHYSICIANS),
    "programs_compared": Rule(STAFF),
    "program_foresight": Rule(STAFF),
    "program_curves": Rule(STAFF),
    "program_review": Rule(STAFF),
    "program_confirmation": Rule(NOBODY, PHYSICIANS),
    "program_second": Rule(NOBODY, frozenset({PHYSICIAN, PHARMACIST})),
    "program_sending": Rule(NOBODY, PHYSICIANS),
    "program_settling": Rule(NOBODY, STAFF),
    "program_by_hand": Rule(NOBODY, CARERS),
    "program_order": Rule(STAFF),
    "program_record": Rule(STAFF),
}
#: All that reckon, or ask the pump.
LONG = tuple(name for name in RULES if name not in ("programs", "program_second", "program_record"))
