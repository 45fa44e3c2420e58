"""The board for programs: what has to be done, and the filters that somebody keeps."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, QueryDict
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError

from intrathecal.workstation.api.shapes import PROBLEMS, LineOut, Listed, Page, Text, listed
from intrathecal.workstation.clinic import worklist
from intrathecal.workstation.clinic.models import KeptFilter
from intrathecal.workstation.pages.board import ORDERS, Wanted, forget_filter, keep_filter
from intrathecal.workstation.rules import NOBODY, STAFF, Rule

router = Router(tags=["board"])
Kinds = Annotated[list[Text], Query([], description="Only these kinds.")]


class FilterOut(Schema):
    """A filter of the board that somebody keeps; ``query`` is what stands behind ``?`` in the address."""

    id: int
    name: str
    query: str


class FilterIn(Schema):
    """A filter to be kept under a name; one of that name means this from now on."""

    name: Text
    query: Text = Field("", description="As in the address of the board: kind, q, sort.")


@router.get("/worklist", response={200: Listed[LineOut], **PROBLEMS}, url_name="worklist")
def get_worklist(request: HttpRequest, page: Page, kind: Kinds, q: Text = "", sort: Text = "urgency") -> dict[str, Any]:
    """What has to be done: of some kinds, with a part of a name, number or text; sorted as the board is."""
    known = worklist.kinds()
    for one in kind:
        if one not in known:
            raise HttpError(422, f'kind: "{one}" is none; there are {", ".join(known)}')
    if sort.removeprefix("-") not in ORDERS:
        raise HttpError(422, f'sort: "{sort}" is none; there are {", ".join(ORDERS)}, and each with - before it')
    return listed(Wanted.of(request.GET).of_these(worklist.lines()), page, _line)


@router.get("/board/filters", response={200: Listed[FilterOut], **PROBLEMS}, url_name="board_filters")
def get_filters(request: HttpRequest, page: Page) -> dict[str, Any]:
    """The filters that the caller keeps."""
    return listed(KeptFilter.objects.filter(user=request.user), page, lambda kept: kept)


@router.post("/board/filters", response={201: FilterOut, **PROBLEMS}, url_name="board_filters")
def add_filter(request: HttpRequest, told: FilterIn) -> Status[KeptFilter]:
    """Keep one."""
    kept = keep_filter(request.user, told.name, Wanted.of(QueryDict(told.query)))
    if isinstance(kept, str):
        raise HttpError(422, kept)
    return Status(201, kept)


@router.delete("/board/filters/{int:kept}", response={204: None, **PROBLEMS}, url_name="board_filter")
def drop_filter(request: HttpRequest, kept: int) -> Status[None]:
    """Keep it no longer; nobody else's."""
    forget_filter(request.user, kept)
    return Status(204, None)


def _line(line: worklist.Line) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "urgency": worklist.Urgency(line.urgency).name.lower(),
        "until": line.until,
        "patient": line.patient.pk if line.patient else None,
        "whom": line.whom,
        "text": line.text,
    }


RULES = {"worklist": Rule(STAFF), "board_filters": Rule(STAFF, STAFF), "board_filter": Rule(NOBODY, STAFF)}
