"""The board: what has to be done today, to search, sort, keep, print and take away as a table."""

from __future__ import annotations

import csv as tables
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.workstation.clinic import worklist
from intrathecal.workstation.clinic.worklist import Line
from intrathecal.workstation.rules import STAFF, Rule

#: Lines on a page; printed pages and tables have all of them.
PER_PAGE = 100
ORDERS = {"urgency": lambda line: (line.urgency, line.until, line.whom), "until": lambda line: (line.until, line.whom)}
ORDERS |= {"whom": lambda line: line.whom, "kind": lambda line: (line.kind, line.until)}
#: Characters at which a spreadsheet begins to calculate.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Wanted:
    """What a board is asked for: kinds, a part of name, number or text, and an order."""

    kinds: tuple[str, ...]
    text: str
    order: str

    @classmethod
    def of(cls, request: HttpRequest) -> Wanted:
        """From the address."""
        known, order = worklist.kinds(), request.GET.get("sort", "urgency")
        asked = tuple(kind for kind in request.GET.getlist("kind") if kind in known)
        return cls(asked, request.GET.get("q", "").strip(), order if order in ORDERS else "urgency")

    def lines(self) -> list[Line]:
        """The lines that match, in order."""
        text = self.text.casefold()
        found = [
            line
            for line in worklist.lines()
            if (not self.kinds or line.kind in self.kinds) and text in f"{line.whom} {line.text}".casefold()
        ]
        return sorted(found, key=ORDERS[self.order])


def board(request: HttpRequest) -> HttpResponse:
    """The page, or with htmx its table alone."""
    wanted = Wanted.of(request)
    found = wanted.lines()
    counts = {kind: sum(line.kind == kind for line in worklist.lines()) for kind in worklist.kinds()}
    kinds = [(kind, name, counts[kind], kind in wanted.kinds) for kind, name in worklist.kinds().items()]
    per_page = len(found) or 1 if "all" in request.GET else PER_PAGE
    context = {
        "page": Paginator(found, per_page).get_page(request.GET.get("page")),
        "kinds": kinds,
        "names": worklist.kinds(),
        "wanted": wanted,
        "orders": {"urgency": _("Urgency"), "until": _("Date"), "whom": _("Name"), "kind": _("Kind")},
    }
    name = "workstation/_lines.html" if request.htmx else "workstation/board.html"
    return render(request, name, context)


def csv(request: HttpRequest) -> HttpResponse:
    """The same lines as a table."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="board.csv"'
    writer = tables.writer(response)
    writer.writerow(["kind", "until", "patient", "what"])
    names = worklist.kinds()
    for line in Wanted.of(request).lines():
        writer.writerow([plain(cell) for cell in (names[line.kind], line.until.isoformat(), line.whom, line.text)])
    return response


def plain(cell: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


urlpatterns = [path("", board, name="board"), path("board.csv", csv, name="board_csv")]
RULES = {"board": Rule(STAFF), "board_csv": Rule(STAFF)}
NAVIGATION = (("board", gettext_lazy("Board")),)
