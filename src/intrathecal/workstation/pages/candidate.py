"""Whether somebody is a candidate: the checklist, item by item, and the beginning of a trial."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.care.candidacy import Candidacy, sources
from intrathecal.catalogue import load_catalogue
from intrathecal.therapy.errors import TherapyError
from intrathecal.workstation.clinic import checklists, trail
from intrathecal.workstation.clinic.checklists import AGAINST, DONE, WAIVED
from intrathecal.workstation.clinic.models import Answer, Note, Patient
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.typed import line
from intrathecal.workstation.rules import NURSE, PHYSICIAN, STAFF, Rule

MOST_NOTE = 400


def candidate(request: HttpRequest, patient: int) -> HttpResponse:
    """The checklist; a form that is sent answers one item."""
    one = get_object_or_404(Patient, pk=patient)
    if request.method != "POST":
        return _page(request, one, {}, 200)
    wrong = _answer(request, one)
    if wrong:
        return _page(request, one, {request.POST.get("check", ""): wrong}, 400)
    messages.success(request, _("The answer is saved."))
    return redirect("candidate", one.pk)


def _answer(request: HttpRequest, patient: Patient) -> str:
    """Save an answer; what is wrong with it, or nothing."""
    checks, name, state = load_catalogue().checks, request.POST.get("check", ""), request.POST.get("state", "")
    note, on = line(request.POST.get("note", "")), _day(request.POST.get("on", ""))
    if patient.phase != Phase.CANDIDATE:
        return _("the trial has begun: the checklist stays as it was then")
    if name not in checks or state not in (DONE, WAIVED, AGAINST):
        return _("choose an answer: yes, no or waived")
    if on is None or on > timezone.localdate():
        return _("write the day on which it was done, today or before, such as %(day)s") % {
            "day": timezone.localdate().isoformat()
        }
    if len(note) > MOST_NOTE:
        return _("the note is too long; write at most %(n)d letters") % {"n": MOST_NOTE}
    if state in (WAIVED, AGAINST) and not note:
        return _("write why")
    answer = Answer(
        patient=patient, checklist=checklists.NAME, check_name=name, state=state, note=note, on=on, by=request.user
    )
    try:
        checklists.judge(patient, max(on, checklists.trial_on(patient)), [answer])
    except TherapyError as problem:
        return str(problem).split(": ", 1)[-1]
    answer.save()
    return ""


def begin(request: HttpRequest, patient: int) -> HttpResponse:
    """A trial begins: from now on scores are those of the trial. Refused while there are gaps."""
    one = get_object_or_404(trail.locked(Patient), pk=patient)
    gaps = _judged(one)[0].gaps
    if one.phase != Phase.CANDIDATE or gaps:
        names = ", ".join(gap.check.title for gap in gaps)
        text = (
            _("No trial before this is settled: %(gaps)s.") % {"gaps": names} if gaps else _("There was one already.")
        )
        messages.error(request, text)
        return redirect("candidate", one.pk)
    one.phase = Phase.TRIAL
    one.save()
    Note.objects.create(
        patient=one, at=timezone.now(), by=request.user, kind=checklists.BEGUN, text="The trial begins."
    )
    messages.success(request, _("The trial begins. Scores that are written down from now on are those of the trial."))
    return redirect("trial", one.pk)


def _judged(patient: Patient) -> tuple[Candidacy, date]:
    on = checklists.trial_on(patient)
    return checklists.judge(patient, on), on


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(request: HttpRequest, patient: Patient, wrong: dict[str, str], status: int) -> HttpResponse:
    found, on = _judged(patient)
    known = load_catalogue()
    items = [
        {"answer": answer, "source": sources(answer.check, known), "wrong": wrong.get(answer.check.name, "")}
        for answer in found.answers
    ]
    context = {
        "patient": patient,
        "found": found,
        "items": items,
        "on": on,
        "today": timezone.localdate(),
        "begun": patient.phase != Phase.CANDIDATE,
        "states": {DONE: _("Yes"), AGAINST: _("No"), WAIVED: _("Waived")},
    }
    return render(request, "workstation/candidate.html", context, status=status)


CARERS = frozenset({PHYSICIAN, NURSE})
urlpatterns = [
    path("patients/<int:patient>/candidacy/", candidate, name="candidate"),
    path("patients/<int:patient>/candidacy/begin", begin, name="begin_trial"),
]
RULES = {"candidate": Rule(STAFF, CARERS), "begin_trial": Rule(frozenset(), CARERS)}
TABS = (("candidate", gettext_lazy("Candidacy")),)
