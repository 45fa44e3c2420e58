"""What the API says and takes. Units stand in the names; what is unknown is null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import QuerySet
from django.forms import BaseForm
from ninja import Field, Query, Schema
from ninja.errors import HttpError
from pydantic import AfterValidator, StringConstraints

T = TypeVar("T")
F = TypeVar("F", bound=BaseForm)
PER_PAGE = 100
#: No page is further away than this.
LAST_PAGE = 100_000
#: Moments outside of these are slips, years.
FROM, UNTIL = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _sensible(at: datetime) -> datetime:
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not FROM <= at <= UNTIL:
        raise ValueError("the year must lie between 1900 and 2200")
    return at


def printable(text: str) -> str:
    """Text that a database and a page can hold. Raises `ValueError`."""
    if "\x00" in text:
        raise ValueError("a character with the code 0 is no text")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ValueError("half a character (a lone surrogate) is no text")
    return text


def _tenths(points: float) -> float:
    if abs(points * 10 - round(points * 10)) > 1e-6:
        raise ValueError("a score has steps of a tenth of a point, like 6.5")
    return points


Moment = Annotated[datetime, AfterValidator(_sensible)]
Text = Annotated[str, AfterValidator(printable)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=30), AfterValidator(printable)]
Page = Annotated[int, Query(1, ge=1, le=LAST_PAGE, description=f"From 1; {PER_PAGE} items each.")]


class Problem(Schema):
    """Why it was not done."""

    detail: str


#: What every call may answer beside what it is for.
PROBLEMS: dict[int, Any] = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 422: Problem}
#: And where what is asked for cannot be done as things are now.
CONFLICTS: dict[int, Any] = {**PROBLEMS, 409: Problem}


def valid(form: F, names: Mapping[str, str] = MappingProxyType({})) -> F:
    """The form of a page, when it has nothing to complain about; fields that have other ``names`` here are called by these."""
    if not form.is_valid():
        raise complaint([form], names)
    return form


def complaint(forms: Iterable[BaseForm], names: Mapping[str, str] = MappingProxyType({})) -> HttpError:
    """What pages say beside the fields of ``forms``, in one sentence."""
    said = (
        ("" if name == "__all__" else f"{names.get(name, name)}: ") + " ".join(texts)
        for form in forms
        for name, texts in form.errors.items()
    )
    return HttpError(422, "; ".join(said))


def refuse(wrong: dict[str, str], status: int = 422) -> HttpError:
    """What a page says beside its fields, in one sentence."""
    return HttpError(status, "; ".join(f"{name}: {text}" for name, text in wrong.items()))


class Listed(Schema, Generic[T]):
    """One page of a list, and how many there are in all."""

    items: list[T]
    count: int
    page: int


def listed(found: QuerySet[Any] | list[Any], page: int, shown: Any) -> dict[str, Any]:
    """The items of a ``page``, each as it is ``shown``."""
    count = len(found) if isinstance(found, list) else found.count()
    begin = (page - 1) * PER_PAGE
    return {"items": [shown(one) for one in found[begin : begin + PER_PAGE]], "count": count, "page": page}


class LineOut(Schema):
    """One thing to do."""

    kind: str
    urgency: str = Field(description="now, soon or later")
    until: date
    patient: int | None
    whom: str
    text: str


class PatientOut(Schema):
    """Who a patient is."""

    id: int
    number: str
    family_name: str
    given_name: str
    born: date
    phase: str
    indication: str
    allergies: str
    phone: str
    email: str
    height_cm: int
    weight_kg: float
    physician: str | None
    physician_account: str | None
    since: date


class PersonOut(Schema):
    """Who a patient is, as far as a list says it; the rest is read of one patient, which is in the audit trail."""

    id: int
    number: str
    family_name: str
    given_name: str
    born: date
    phase: str
    indication: str
    physician: str | None


class EventOut(Schema):
    """Something that happened."""

    at: datetime
    kind: str
    text: str
    by: str


class ProgramOut(Schema):
    """A program of a patient's pump."""

    id: int
    summary: str
    state: str
    written_by: str
    written_at: datetime
    begins_at: datetime | None
    ends_at: datetime | None
    therapy_file: str
    findings: list[Any]
    doubt: str


class RefillOut(Schema):
    """A refill: what was expected, found and filled in."""

    id: int
    at: datetime
    by: str
    second_by: str | None
    drugs: dict[str, Any]
    filled_mL: float
    expected_mL: float | None
    measured_mL: float | None
    error_percent: float | None
    flagged: list[Any]
    due_on: date
    pocket_check: str
    bridge: dict[str, Any] = Field(
        description="volume_uL, rate_nL_per_day and minutes, or why_not; empty where none was needed"
    )
    recipe: dict[str, Any] = Field(description="how the fill was made, in words; empty where that was not reckoned")
    untold: bool = Field(description="the live pump was not told of it yet")
    doubt: str = Field(description="it was sent to the pump, and it is not certain that it arrived")


class TrendOut(Schema):
    """What the refills of the pump that is in say together: how much less was given than due on average, and what that means."""

    refills: int
    mean_error_percent: float | None
    points_to: list[str]
    reasons: list[str]


class ImplantOut(Schema):
    """A pump in a patient."""

    id: int
    model: str
    serial: str
    pocket: str
    implanted_on: date
    service_ends_on: date | None
    explanted_on: date | None


class ScoreOut(Schema):
    """A line of a diary; ``nrs`` from 0 to 10, null where it has no score. ``dose`` with its unit is what ran or was given."""

    id: int
    at: datetime
    phase: str
    nrs: float | None
    rescue_mme: float | None
    function: str
    side_effect: str
    note: str
    dose: str
    drug: str
    route: str
    sleep: str
    by_patient: bool


class ScoreIn(Schema):
    """A pain score to be kept: ``nrs`` from 0 to 10 in steps of a tenth; ``at`` is now unless told.

    ``phase`` is baseline, trial or therapy, and the one that the patient is in unless told.
    """

    nrs: Annotated[float, AfterValidator(_tenths)] = Field(ge=0, le=10)
    at: Moment | None = None
    phase: Word | None = None
    rescue_mme: Annotated[float, Field(ge=0, le=1000), AfterValidator(_tenths)] | None = None
    side_effect: Text = Field("", max_length=120)
    note: Text = Field("", max_length=400)


class NoteOut(Schema):
    """What was noted about a patient."""

    id: int
    at: datetime
    by: str
    kind: str
    text: str


class NoteIn(Schema):
    """A note to be kept; ``at`` is now unless told."""

    kind: Word
    text: Text = Field(min_length=1, max_length=10_000)
    at: Moment | None = None
