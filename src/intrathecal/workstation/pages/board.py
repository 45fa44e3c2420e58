"""The board: what has to be done today, to search, sort, keep, print and take away as a table."""

from __future__ import annotations

import csv as tables
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from intrathecal.workstation.attaching import attached
from intrathecal.workstation.clinic import worklist
from intrathecal.workstation.clinic.models import KeptFilter, User
from intrathecal.workstation.clinic.worklist import Line
from intrathecal.workstation.rules import STAFF, Rule

#: Lines on a page; printed pages and tables have all of them.
PER_PAGE = 100
LONGEST_TEXT = 100
ORDERS: dict[str, Callable[[Line], Any]] = {
    "urgency": lambda line: (line.urgency, line.until, line.whom),
    "kind": lambda line: (line.kind, line.until, line.whom),
    "until": lambda line: (line.until, line.whom),
    "whom": lambda line: (line.whom.casefold(), line.until),
    "about": lambda line: (line.text.casefold(), line.until),
}
#: Before an order: the other way round.
BACKWARDS = "-"
#: Characters at which a spreadsheet begins to calculate.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Wanted:
    """What a board is asked for: kinds, a part of name, number or text, and an order, which may begin with a minus."""

    kinds: tuple[str, ...]
    text: str
    order: str

    @classmethod
    def of(cls, asked: QueryDict) -> Wanted:
        """From an address; what is not known there counts as nothing."""
        known, order = worklist.kinds(), asked.get("sort", "urgency")
        kinds = tuple(dict.fromkeys(kind for kind in asked.getlist("kind") if kind in known))
        right = order.removeprefix(BACKWARDS) in ORDERS
        return cls(kinds, asked.get("q", "").strip()[:LONGEST_TEXT], order if right else "urgency")

    @property
    def query(self) -> str:
        """The same as an address has it, without what is so anyway."""
        pairs = [*(("kind", kind) for kind in self.kinds), *([("q", self.text)] if self.text else [])]
        return urlencode([*pairs, *([("sort", self.order)] if self.order != "urgency" else [])])

    def sorted_by(self, order: str) -> Wanted:
        """In another order; the same order once more is the other way round."""
        return replace(self, order=f"{BACKWARDS}{order}" if self.order == order else order)

    def of_these(self, lines: list[Line]) -> list[Line]:
        """Of all lines, as they come with what is urgent first, those that match, in order."""
        text = self.text.casefold()
        found = [line for line in lines if line.kind in self.kinds] if self.kinds else lines
        if text:
            found = [line for line in found if text in f"{line.whom} {line.text}".casefold()]
        if self.order == "urgency":
            return found
        back = self.order.startswith(BACKWARDS)
        return sorted(found, key=ORDERS[self.order.removeprefix(BACKWARDS)], reverse=back)


@dataclass(frozen=True)
class Head:
    """The head of a column: its ``label``, the address that sorts by it, and how it is sorted now."""

    label: str
    query: str
    sorted: str


def _heads(wanted: Wanted) -> list[Head]:
    labels = {"kind": _("What"), "until": _("Date"), "whom": _("Patient"), "about": _("About")}
    heads = []
    for order, label in labels.items():
        ways = {order: "ascending", f"{BACKWARDS}{order}": "descending"}
        heads.append(Head(label, wanted.sorted_by(order).query, ways.get(wanted.order, "")))
    return heads


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """The page, or with htmx its table alone."""
    wanted, every = Wanted.of(request.GET), worklist.lines()
    found, counts, names = wanted.of_these(every), Counter(line.kind for line in every), worklist.kinds()
    whole = "all" in request.GET
    page = Paginator(found, max(len(found), 1) if whole else PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "whole": whole,
        "kinds": [(kind, name, counts[kind], kind in wanted.kinds) for kind, name in names.items()],
        "rows": [(line, names[line.kind]) for line in page],
        "wanted": wanted,
        "heads": _heads(wanted),
        "orders": _orders(),
        "kept": KeptFilter.objects.filter(user=request.user),
    }
    return render(request, "workstation/_lines.html" if request.htmx else "workstation/board.html", context)


def _orders() -> dict[str, str]:
    return {
        "urgency": _("Urgency"),
        "until": _("Date"),
        "-until": _("Date, last first"),
        "whom": _("Name"),
        "kind": _("Kind"),
        "about": _("Text"),
    }


@require_GET
def csv(request: HttpRequest) -> HttpResponse:
    """The same lines as a table."""
    response = attached("", "board.csv", "text/csv; charset=utf-8")
    writer = tables.writer(response)
    writer.writerow(["kind", "urgency", "until", "patient", "what"])
    names = worklist.kinds()
    for line in Wanted.of(request.GET).of_these(worklist.lines()):
        cells = (names[line.kind], line.urgency.name.lower(), line.until.isoformat(), line.whom, line.text)
        writer.writerow([plain(cell) for cell in cells])
    return response


def plain(cell: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep what is shown under a name; a name that is there already means this from now on."""
    wanted = Wanted.of(QueryDict(request.POST.get("query", "")))
    kept = keep_filter(request.user, request.POST.get("name", ""), wanted)
    if isinstance(kept, str):
        messages.error(request, kept)
    else:
        messages.success(request, _("Kept as “%s”.") % kept)
    return _back(wanted.query)


def keep_filter(user: User, name: str, wanted: Wanted) -> KeptFilter | str:
    """What ``user`` keeps under a ``name`` from now on, or what is wrong with it."""
    name = name.strip()
    longest, most = (KeptFilter._meta.get_field(field).max_length or 0 for field in ("name", "query"))
    if not 0 < len(name) <= longest:
        return _("Name: write 1 to %d letters, under which you find this filter again.") % longest
    if len(wanted.query) > most:
        return _("This filter is too long to be kept: search for fewer letters.")
    kept, _new = KeptFilter.objects.update_or_create(user=user, name=name, defaults={"query": wanted.query})
    return kept


def forget_filter(user: User, key: int) -> None:
    """Keep it no longer; nobody else's."""
    KeptFilter.objects.filter(user=user, pk=key).delete()


@require_POST
def forget(request: HttpRequest, kept: int) -> HttpResponse:
    """Keep a filter no longer."""
    forget_filter(request.user, kept)
    return _back(Wanted.of(QueryDict(request.POST.get("query", ""))).query)


def _back(query: str) -> HttpResponse:
    return redirect(f"{reverse('board')}?{query}" if query else reverse("board"))


urlpatterns = [
    path("", board, name="board"),
    path("board.csv", csv, name="board_csv"),
    path("board/keep", keep, name="board_keep"),
    path("board/forget/<int:kept>", forget, name="board_forget"),
]
RULES = {
    "board": Rule(STAFF),
    "board_csv": Rule(STAFF),
    "board_keep": Rule(STAFF, STAFF),
    "board_forget": Rule(STAFF, STAFF),
}
NAVIGATION = (("board", gettext_lazy("Board")),)
