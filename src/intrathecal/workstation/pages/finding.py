"""From everywhere to a patient's emergency view: a part of the name or number, and Enter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET

from intrathecal.workstation.pages.patients import LONGEST, found
from intrathecal.workstation.rules import STAFF, Rule

#: More than these are too many to read in a hurry: then more letters are asked for.
SHOWN = 20


@require_GET
def emergency_find(request: HttpRequest) -> HttpResponse:
    """Whoever is meant, or with htmx the list alone; the only one who can be meant is shown at once."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    patients = list(found(text, "")[: SHOWN + 1]) if text else []
    if len(patients) == 1 and not request.htmx:
        return redirect("emergency", patients[0].pk)
    context = {"text": text, "patients": patients[:SHOWN], "more": len(patients) > SHOWN}
    name = "workstation/_emergency_found.html" if request.htmx else "workstation/emergency_find.html"
    return render(request, name, context)


urlpatterns = [path("emergency/", emergency_find, name="emergency_find")]
RULES = {"emergency_find": Rule(STAFF)}
