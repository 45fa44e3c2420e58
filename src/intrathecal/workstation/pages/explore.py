"""For teaching, without any patient: what a drug, a dose, a program, a level and a body lead to."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from django.core.cache import cache
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from intrathecal.quantities import rounded
from intrathecal.report.sides import sides
from intrathecal.simulation.api import Run
from intrathecal.workstation import exploring
from intrathecal.workstation.clinic import limits
from intrathecal.workstation.picturing import FILES, pictures
from intrathecal.workstation.rules import OPEN

#: So often may one address ask in a minute.
PER_MINUTE = 120
DIGITS = 5


def too_often(request: HttpRequest) -> bool:
    """Whether an address asks more often than one machine can answer for all."""
    key = f"explore:{limits.whence(request)}"
    cache.add(key, 0, timeout=60)
    try:
        return bool(cache.incr(key) > PER_MINUTE)
    except ValueError:  # it went out of the cache between the two
        return False


def asked(request: HttpRequest) -> dict[str, Any]:
    """What is asked for; what is left out is as the drug is first offered, and so is all of another drug's dose."""
    drugs = exploring.catalogue().drugs
    name = request.GET.get("drug", "morphine")
    if name not in drugs:
        return {**exploring.first(drugs["morphine"]), **request.GET.dict()}
    given = {key: value for key, value in request.GET.items() if key in exploring.Explored.base_fields}
    if request.GET.get("was", name) != name:
        for key in ("dose", "concentration", "program", "shape"):
            given.pop(key, None)
    return {**exploring.first(drugs[name]), **given}


@non_atomic_requests
@require_GET
def explore(request: HttpRequest) -> HttpResponse:
    """The page, or with htmx the part of it that changes."""
    began = perf_counter()
    name = "workstation/_explored.html" if request.htmx else "workstation/explore.html"
    if too_often(request):
        return _refused(request, name)
    form = exploring.Explored(asked(request))
    context: dict[str, Any] = {"form": form, "picture_files": FILES}
    if form.is_valid() and form.run is not None:
        context |= {
            "pictures": pictures(form.run),
            "program": exploring.program_of(form.cleaned_data),
            "took": rounded(perf_counter() - began, 2),
        }
    return render(request, name, context)


def _refused(request: HttpRequest, name: str) -> HttpResponse:
    # A part of a page is only put in its place by htmx where the answer is no error.
    status = 200 if request.htmx else 429
    context = {"form": exploring.Explored(asked(request)), "picture_files": FILES, "late": True}
    response = render(request, name, context, status=status)
    response["Retry-After"] = "60"
    return response


@non_atomic_requests
@require_GET
def answer(request: HttpRequest) -> JsonResponse:
    """The same as numbers, or what is wrong with which field."""
    if too_often(request):
        late = JsonResponse({"detail": _("asked more than %d times in a minute; wait one") % PER_MINUTE}, status=429)
        late["Retry-After"] = "60"
        return late
    unknown = [key for key in request.GET if key not in exploring.Explored.base_fields]
    form = exploring.Explored(asked(request))
    if unknown:
        known = ", ".join(exploring.Explored.base_fields)
        return JsonResponse({"detail": f"{unknown[0]}: {_('is not known; there are')} {known}"}, status=422)
    if not form.is_valid() or form.run is None:
        if form.non_field_errors():
            return JsonResponse({"detail": str(form.non_field_errors()[0])}, status=503, headers={"Retry-After": "60"})
        errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        field, texts = next(iter(errors.items()))
        return JsonResponse({"detail": f"{field}: {texts[0]}", "errors": errors}, status=422)
    return JsonResponse(
        {"asked": form.cleaned_data, "program": exploring.program_of(form.cleaned_data), **told(form.run)}
    )


def told(run: Run) -> dict[str, Any]:
    """A run in numbers: figures under the keys of ``simulate --json``, and the curves (ug/mL, mL/day; s since the start)."""
    figures, (side,) = run.figures, sides(run, None)
    kept = ("days", "drugs", "assumptions", "pump", "exposure", "relief")
    curves = {
        name: [None if value != value else float(f"{value:.{DIGITS}g}") for value in values.tolist()]  # noqa: PLR0124
        for name, values in side.samples.values.items()
    }
    return {
        **{key: figures[key] for key in kept if key in figures},
        "curves": {"seconds": (side.samples.times_ms / 1000).tolist(), **curves},
    }


urlpatterns = [
    path("explore", explore, name="explore"),
    path("api/public/explore", answer, name="explore_answer"),
]
RULES = {"explore": OPEN, "explore_answer": OPEN}
NAVIGATION = (("explore", gettext_lazy("Explore")),)
