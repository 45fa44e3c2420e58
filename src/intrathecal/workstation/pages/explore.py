"""For teaching, without any patient: what a drug, a dose, a program, a level and a body lead to."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from django.core.cache import cache
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from intrathecal.quantities import rounded
from intrathecal.workstation import exploring
from intrathecal.workstation.clinic import limits
from intrathecal.workstation.picturing import FILES, pictures
from intrathecal.workstation.rules import OPEN

#: So often may one address ask in a minute.
PER_MINUTE = 120


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


urlpatterns = [path("explore", explore, name="explore")]
RULES = {"explore": OPEN}
NAVIGATION = (("explore", gettext_lazy("Explore")),)
