"""Everything that a patient's pump was ever set to, and two of them side by side."""

from __future__ import annotations

from typing import Any

from django.db.transaction import non_atomic_requests
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from intrathecal.workstation import comparing
from intrathecal.workstation.clinic.models import Patient, Program
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.typed import number_of
from intrathecal.workstation.picturing import FILES
from intrathecal.workstation.rules import STAFF, Rule
from intrathecal.workstation.simulating import NothingToSimulateError, pictures_of

#: Programs that were never meant for the pump are no part of its history.
HIDDEN = (State.DISCARDED,)


def history(request: HttpRequest, patient: int) -> HttpResponse:
    """The programs, newest first; of the two that are chosen, every setting beside the other."""
    one = get_object_or_404(Patient, pk=patient)
    programs = list(
        one.programs.exclude(state__in=HIDDEN)
        .select_related("written_by", "confirmed_by", "second_by")
        .order_by("-begins_at", "-written_at", "-pk")
    )
    programs.sort(key=lambda program: program.begins_at or program.written_at, reverse=True)
    first, second = _chosen(request, programs)
    context: dict[str, Any] = {"patient": one, "programs": programs, "first": first, "second": second}
    if first is not None and second is not None:
        found = list(comparing.rows(first, second))
        context |= {
            "rows": found,
            "differing": sum(row.differs for row in found),
            "unreadable": comparing.unreadable(first, second),
            "difference": comparing.difference(first, second),
            "picture_files": FILES,
        }
    return render(request, "workstation/history.html", context)


def _chosen(request: HttpRequest, programs: list[Program]) -> tuple[Program | None, Program | None]:
    """The two that the address names; if it names none, the newest and the one before it."""
    by_key = {str(program.pk): program for program in programs}
    newest = programs[0] if programs else None
    before = programs[1] if len(programs) > 1 else None
    asked = [request.GET.get(name) for name in ("a", "b")]
    if any(key is not None and key not in by_key for key in asked):
        raise Http404
    first, second = (by_key.get(key or "", usual) for key, usual in zip(asked, (before, newest), strict=True))
    return first, second


@non_atomic_requests
@require_GET
def pictures(request: HttpRequest, patient: int) -> HttpResponse:
    """The pictures of a program (``a``), or of two over each other (``a`` and ``b``): a part of a page."""
    programs = Program.objects.filter(patient=patient)
    asked = [get_object_or_404(programs, pk=key) for key in _keys(request)]
    if not asked:
        raise Http404
    try:
        return render(request, "workstation/_pictures.html", {"pictures": pictures_of(*asked[:2])})
    except NothingToSimulateError as problem:
        return render(request, "workstation/_no_pictures.html", {"why": str(problem)})


def _keys(request: HttpRequest) -> list[int]:
    given = [number_of(request.GET[name]) for name in ("a", "b") if name in request.GET]
    known = [key for key in given if key is not None]
    if len(known) < len(given):
        raise Http404
    return known


urlpatterns = [
    path("patients/<int:patient>/settings", history, name="history"),
    path("patients/<int:patient>/pictures", pictures, name="pictures"),
]
RULES = {"history": Rule(STAFF), "pictures": Rule(STAFF)}
TABS = (("history", gettext_lazy("Settings history")),)
