"""Whether somebody is a candidate: the checklist, item by item, and the beginning of a trial."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from intrathecal.care.candidacy import sources
from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic import checklists, trail
from intrathecal.workstation.clinic.checklists import AGAINST, DONE, WAIVED
from intrathecal.workstation.clinic.models import Patient
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.typed import day_of
from intrathecal.workstation.rules import CARERS, NOBODY, STAFF, Rule


def candidate(request: HttpRequest, patient: int) -> HttpResponse:
    """The checklist; a form that is sent answers one item."""
    one = get_object_or_404(Patient, pk=patient)
    if request.method != "POST":
        return _page(request, one, {}, 200)
    given = {key: str(value) for key, value in request.POST.items()}
    _saved, wrong = checklists.write(one, given, request.user)
    if wrong:
        return _page(request, one, {given.get("check", ""): wrong}, 400)
    messages.success(request, _("The answer is saved."))
    return redirect("candidate", one.pk)


@require_POST
def begin(request: HttpRequest, patient: int) -> HttpResponse:
    """A trial begins: from now on scores are those of the trial. Refused while there are gaps."""
    one = get_object_or_404(trail.locked(Patient), pk=patient)
    wrong = checklists.begin(one, request.user)
    if wrong:
        messages.error(request, wrong)
        return redirect("candidate", one.pk)
    messages.success(request, _("The trial begins. Scores that are written down from now on are those of the trial."))
    return redirect("trial", one.pk)


def _page(request: HttpRequest, patient: Patient, wrong: dict[str, str], status: int) -> HttpResponse:
    planned, begun = request.GET.get("on", ""), patient.phase != Phase.CANDIDATE
    day = day_of(planned) if planned and not begun else None
    on, known = day or checklists.trial_on(patient), load_catalogue()
    found = checklists.judge(patient, on)
    items = [
        {"answer": answer, "source": sources(answer.check, known), "wrong": wrong.get(answer.check.name, "")}
        for answer in found.answers
    ]
    context = {
        "patient": patient,
        "found": found,
        "items": items,
        "on": on,
        "no_day": bool(planned) and not begun and day is None,
        "today": timezone.localdate(),
        "begun": begun,
        "states": {DONE: _("Yes"), AGAINST: _("No"), WAIVED: _("Waived")},
    }
    return render(request, "workstation/candidate.html", context, status=status)


urlpatterns = [
    path("patients/<int:patient>/candidacy/", candidate, name="candidate"),
    path("patients/<int:patient>/candidacy/begin", begin, name="begin_trial"),
]
RULES = {"candidate": Rule(STAFF, CARERS), "begin_trial": Rule(NOBODY, CARERS)}
TABS = (("candidate", gettext_lazy("Candidacy")),)
