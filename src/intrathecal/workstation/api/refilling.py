"""A refill over the API: begun, answered, confirmed, looked at by a second person, and told to the pump, as on its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import PlainValidator, WithJsonSchema

from intrathecal.quantities import InputError, plain
from intrathecal.workstation.api.reading import in_mL, refill_out
from intrathecal.workstation.api.shapes import CONFLICTS, RefillOut, Text, printable, valid
from intrathecal.workstation.clinic import compounding
from intrathecal.workstation.live import line
from intrathecal.workstation.pages.refill import comparing, doing, telling
from intrathecal.workstation.pages.refill.compounding import CompoundForm
from intrathecal.workstation.pages.refill.doing import NotNow
from intrathecal.workstation.pages.refill.draft import STEPS, Draft
from intrathecal.workstation.pages.refill.forms import MOST_DRUGS
from intrathecal.workstation.rules import CARERS, NOBODY, STAFF, Rule

router = Router(tags=["refilling"])
#: What a ticked box of a page sends.
TICKED = "on"
_MOST, _LONGEST = 10**12, 1000


def _value(value: Any) -> bool | str:
    """What is typed into one field, as text; a box is ticked with true."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) <= _MOST:
        return plain(Decimal(repr(value)))
    if isinstance(value, str) and len(value) <= _LONGEST:
        return printable(value)
    raise ValueError("write a text, a number, true or false")


_SCHEMA = {"anyOf": [{"type": "boolean"}, {"type": "number"}, {"type": "string", "maxLength": _LONGEST}]}
#: What is typed in a step, by the names of the page's fields.
Typed = dict[str, Annotated[Any, PlainValidator(_value), WithJsonSchema(_SCHEMA)]]


class StepOut(Schema):
    """A step of a refill: whether it is answered, and what was typed."""

    name: str
    title: str
    answered: bool
    typed: dict[str, str]


class ComparedOut(Schema):
    """What a live pump told, beside the record."""

    what: str
    pump: str
    record: str
    differs: bool


class DatesOut(Schema):
    """Days of the pump's clock on which the reservoir is low."""

    low: date | None
    worst: date | None
    fastest: date | None
    due: date | None
    reason: str | None


class FillingOut(Schema):
    """A refill that is being done. ``asked`` is the step to answer now, ``trouble`` why the record says nothing of the pump."""

    stage: str = Field(description="open or waiting")
    begun_by: str
    begun_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    answers: int = Field(description="send it back as seen: then nobody's answer is written over unseen")
    steps: list[StepOut]
    asked: str
    trouble: str
    expected_mL: float | None
    reckoned_mL: float | None
    told_mL: float | None = Field(description="what the live pump told of its reservoir")
    flagged: list[str]
    drugs: dict[str, str]
    bridge: dict[str, Any]
    dates: DatesOut | None
    compared: list[ComparedOut]
    silence: str = Field(description="why a live pump was not read")


class AnswerIn(Schema):
    """What is typed in one step, by the names of the page's fields."""

    typed: Typed
    seen: int | None = Field(None, ge=0, le=_MOST)


class AnswersIn(Schema):
    """What is typed in several steps, by the steps' names."""

    steps: dict[str, Typed]
    seen: int | None = Field(None, ge=0, le=_MOST)


class ReviewOut(Schema):
    """What review says of the fill; decision and findings are null where it could not be judged."""

    decision: str | None
    second_person: bool
    findings: list[dict[str, Any]] | None
    trouble: str


class WordIn(Schema):
    """The first person's last word."""

    right: bool
    reason: Annotated[Text, Field(max_length=400)] = ""
    seen: int | None = Field(None, ge=0, le=_MOST)


class ConfirmedOut(Schema):
    """Stored with the ``refill``, or waiting for a second person."""

    stage: str
    refill: RefillOut | None


class HeldOut(Schema):
    """What the pump says that it holds, read back; a program that stands still gives nothing."""

    reservoir_mL: str
    program: str


class PartIn(Schema):
    """A drug of a fill, and the stock at hand where it is not the one that is sold."""

    drug: Annotated[Text, Field(max_length=60)]
    concentration: Annotated[Text, Field(max_length=60)]
    stock: Annotated[Text, Field(max_length=60)] = ""


class CompoundIn(Schema):
    """The fill that is wanted; volumes as on the page, such as 18 or 18 mL."""

    volume: Annotated[Text, Field(max_length=40)]
    drugs: list[PartIn] = Field(min_length=1, max_length=MOST_DRUGS)


class RecipeOut(Schema):
    """How it is made, in words and customary units."""

    volume: str
    make: str
    diluent: str
    drugs: list[dict[str, str]]
    order: list[str]
    notes: list[str]


@contextmanager
def _sentences() -> Iterator[None]:
    """What a page says in a message is the answer's detail."""
    try:
        yield
    except (NotNow, line.Silent, line.Doubtful, InputError) as problem:
        raise HttpError(409, str(problem)) from None


@router.get("/patients/{int:patient}/refill", response={200: FillingOut, **CONFLICTS}, url_name="refilling")
def get_filling(request: HttpRequest, patient: int) -> dict[str, Any]:
    """The refill that is being done; 404 where none is."""
    with _sentences():
        found = doing.draft_of(doing.implant_of(patient))
    if found is None:
        raise Http404
    return _filling(found)


@router.post("/patients/{int:patient}/refill", response={200: FillingOut, **CONFLICTS}, url_name="refilling")
def begin(request: HttpRequest, patient: int) -> dict[str, Any]:
    """Begin a refill, or go on with the one that is begun."""
    with _sentences():
        return _filling(doing.begin(doing.implant_of(patient), request.user))


@router.delete("/patients/{int:patient}/refill", response={204: None, **CONFLICTS}, url_name="refilling")
def drop(request: HttpRequest, patient: int) -> Status[None]:
    """Leave it; no refill is stored."""
    with _sentences():
        doing.drop(doing.implant_of(patient))
    return Status(204, None)


@router.put(
    "/patients/{int:patient}/refill/steps/{slug:step}",
    response={200: FillingOut, **CONFLICTS},
    url_name="refilling_step",
)
def answer(request: HttpRequest, patient: int, step: str, told: AnswerIn) -> dict[str, Any]:
    """Answer one step."""
    with _sentences():
        return _filling(_answered(doing.held(doing.implant_of(patient)), {step: told.typed}, request, told.seen))


@router.put("/patients/{int:patient}/refill/steps", response={200: FillingOut, **CONFLICTS}, url_name="refilling_steps")
def answer_all(request: HttpRequest, patient: int, told: AnswersIn) -> dict[str, Any]:
    """Answer several steps, in the order of the steps: all of them, or none where one is not right."""
    with _sentences():
        return _filling(_answered(doing.held(doing.implant_of(patient)), told.steps, request, told.seen))


@router.get(
    "/patients/{int:patient}/refill/review", response={200: ReviewOut, **CONFLICTS}, url_name="refilling_review"
)
def get_review(request: HttpRequest, patient: int) -> dict[str, Any]:
    """What review says of it, once every step is answered."""
    with _sentences():
        draft = doing.draft_of(doing.implant_of(patient))
        if draft is None:
            raise Http404
        if draft.first_open != "review":
            raise NotNow(f"answer “{draft.first_open}” first")
    found = draft.review
    return {
        "decision": None if found is None else found.decision,
        "second_person": draft.second_person,
        "findings": None if found is None else [one.to_json() for one in found.findings],
        "trouble": draft.trouble,
    }


@router.post(
    "/patients/{int:patient}/refill/review", response={201: ConfirmedOut, **CONFLICTS}, url_name="refilling_review"
)
def confirm(request: HttpRequest, patient: int, told: WordIn) -> Status[dict[str, Any]]:
    """The first person's word: it is stored, or waits for a second person."""
    with _sentences():
        draft = doing.held(doing.implant_of(patient))
        typed = _texts({"right": told.right, "reason": told.reason})
        valid(doing.confirm(draft, typed, request.user, told.seen))
    return Status(201, _confirmed(draft))


@router.post(
    "/patients/{int:patient}/refill/second", response={201: ConfirmedOut, **CONFLICTS}, url_name="refilling_second"
)
def second(
    request: HttpRequest, patient: int, seen: Annotated[int | None, Query(None, ge=0, le=_MOST)]
) -> Status[dict[str, Any]]:
    """A second person's word; where something has moved since the first one's, it is not stored and has to be judged anew."""
    with _sentences():
        draft = doing.held(doing.implant_of(patient))
        moved = doing.second(draft, request.user, seen)
    if moved:
        return Status(409, {"detail": doing.said_moved(moved)})
    return Status(201, _confirmed(draft))


@router.post(
    "/patients/{int:patient}/refill/take-back", response={200: FillingOut, **CONFLICTS}, url_name="refilling_take_back"
)
def take_back(request: HttpRequest, patient: int) -> dict[str, Any]:
    """One that waits is worked at again."""
    with _sentences():
        draft = doing.held(doing.implant_of(patient))
    doing.take_back(draft)
    return _filling(draft)


@router.post(
    "/patients/{int:patient}/refill/reading", response={200: FillingOut, **CONFLICTS}, url_name="refilling_reading"
)
def read(request: HttpRequest, patient: int) -> dict[str, Any]:
    """Read the live pump, and compare it with the record; ``silence`` says why it was not read."""
    with _sentences():
        return _filling(telling.heard(patient, request.user))


@router.post(
    "/patients/{int:patient}/refill/telling", response={200: HeldOut, **CONFLICTS}, url_name="refilling_telling"
)
def tell(request: HttpRequest, patient: int) -> dict[str, Any]:
    """Tell the live pump of its last refill; told again after a lost answer, it says first what became of that."""
    with _sentences():
        reading = telling.told(patient, request.user)
    return {"reservoir_mL": telling.held_mL(reading), "program": reading.program}


@router.post(
    "/patients/{int:patient}/refill/compounding",
    response={200: RecipeOut, **CONFLICTS},
    url_name="refilling_compounding",
)
def compound(request: HttpRequest, patient: int, told: CompoundIn) -> dict[str, Any]:
    """How a fill is made, ahead of the refill; nothing is kept."""
    asked = {"volume": told.volume}
    for number, part in enumerate(told.drugs, start=1):
        asked |= {f"drug_{number}": part.drug, f"strength_{number}": part.concentration, f"stock_{number}": part.stock}
    with _sentences():
        form = valid(CompoundForm(doing.implant_of(patient), asked))
    made = form.recipe()
    if made is None:
        raise HttpError(422, " ".join(form.non_field_errors()))
    return compounding.kept(made)


def _answered(draft: Draft, told: Mapping[str, Typed], request: HttpRequest, seen: int | None) -> Draft:
    for step in told:
        if step not in STEPS or step == "review":
            raise HttpError(422, f"{step}: is no step; the steps are {', '.join(STEPS)}, the last one at review")
    for step in STEPS:
        if step not in told:
            continue
        doing.check_asked(draft, step)
        known = draft.form(step, {}).fields
        for name in told[step]:
            if name not in known:
                raise HttpError(422, f"{step}: {name} is not asked; it is asked for {', '.join(known)}")
        try:
            valid(doing.answer(draft, step, _texts(told[step]), request.user, seen))
        except HttpError as problem:
            raise HttpError(422, f"{step}: {problem}") from None
        draft = Draft(draft.filling)
    return draft


def _texts(typed: Typed) -> dict[str, str]:
    """As a browser sends it: a box that is not ticked is not sent."""
    return {name: TICKED if value is True else str(value) for name, value in typed.items() if value is not False}


def _filling(draft: Draft) -> dict[str, Any]:
    filling, bridge, dates = draft.filling, draft.bridge if draft.changes_label else None, draft.dates
    return {
        "stage": filling.stage,
        "begun_by": str(filling.begun_by),
        "begun_at": filling.begun_at,
        "confirmed_by": str(filling.confirmed_by) if filling.confirmed_by else None,
        "confirmed_at": filling.confirmed_at,
        "answers": filling.answers,
        "steps": [
            {
                "name": name,
                "title": str(STEPS[name].title),
                "answered": bool(draft.said(name)),
                "typed": filling.steps.get(name, {}).get("typed", {}),
            }
            for name in draft.steps
        ],
        "asked": draft.first_open,
        "trouble": draft.trouble,
        "expected_mL": in_mL(draft.expected_uL),
        "reckoned_mL": in_mL(draft.reckoned_uL),
        "told_mL": in_mL(draft.told_uL),
        "flagged": draft.flagged,
        "drugs": draft.label,
        "bridge": {} if bridge is None else bridge.figures.__dict__,
        "dates": None if dates is None else vars(dates),
        "compared": [vars(row) for row in comparing.rows(draft)],
        "silence": filling.silence,
    }


def _confirmed(draft: Draft) -> dict[str, Any]:
    refill = draft.filling.refill
    return {"stage": draft.filling.stage, "refill": None if refill is None else refill_out(refill)}


RULES = {
    "refilling": Rule(STAFF, CARERS),
    "refilling_step": Rule(NOBODY, CARERS),
    "refilling_steps": Rule(NOBODY, CARERS),
    "refilling_review": Rule(STAFF, CARERS),
    "refilling_second": Rule(NOBODY, STAFF),
    "refilling_take_back": Rule(NOBODY, CARERS),
    "refilling_reading": Rule(NOBODY, CARERS),
    "refilling_telling": Rule(NOBODY, CARERS),
    "refilling_compounding": Rule(NOBODY, STAFF),
}
LONG = ("refilling_reading", "refilling_telling")
