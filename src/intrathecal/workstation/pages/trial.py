"""A screening trial: the diary, what it says until now and how sure that is, and the decision of a physician."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from intrathecal.care.cells import ROUTES
from intrathecal.care.reasons import share
from intrathecal.care.trial import figures
from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.attaching import attached
from intrathecal.workstation.clinic import diaries, trail, trials, uploading
from intrathecal.workstation.clinic.models import Patient, Score
from intrathecal.workstation.clinic.models.care import Function
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.plot import Said, plot
from intrathecal.workstation.clinic.scores import Told
from intrathecal.workstation.clinic.typed import day_of
from intrathecal.workstation.rules import CARERS, NOBODY, PHYSICIANS, STAFF, Rule

#: What a diary says, and which decision of a physician goes with it.
SAYS = {
    "pass": gettext_lazy("So far the trial passes."),
    "fail": gettext_lazy("So far the trial fails."),
    "extend": gettext_lazy("So far the trial is not decided: go on."),
    "incomplete": gettext_lazy("So far the trial cannot be scored."),
}
SAID = {
    "pass": gettext_lazy("On that day the trial passed."),
    "fail": gettext_lazy("On that day the trial failed."),
    "extend": gettext_lazy("On that day the trial was not decided."),
    "incomplete": gettext_lazy("On that day the trial could not be scored."),
}


def trial(request: HttpRequest, patient: int) -> HttpResponse:
    """The page; a form that is sent adds a line."""
    one = get_object_or_404(Patient, pk=patient)
    if request.method != "POST":
        return _page(request, one)
    told, _score = trials.write(one, {key: str(value) for key, value in request.POST.items()})
    if told.wrong:
        return _page(request, one, told=told, status=400)
    messages.success(request, _("The line is in the diary."))
    return redirect("trial", one.pk)


@require_POST
def strike(request: HttpRequest, patient: int, score: int) -> HttpResponse:
    """Take out a line that was a mistake; the trail keeps it."""
    one = get_object_or_404(Patient, pk=patient)
    found = line_of(one, score)
    if not trials.writable(one):
        return _page(request, one, undecided=trials.over(), status=400)
    found.delete()
    messages.success(request, _("The line is struck out. The audit trail keeps it."))
    return redirect("trial", one.pk)


def line_of(patient: Patient, score: int) -> Score:
    """A line of the diary of the trial, or 404."""
    return get_object_or_404(patient.scores.filter(phase__in=(diaries.BASELINE, diaries.TRIAL)), pk=score)


@require_POST
def decide(request: HttpRequest, patient: int) -> HttpResponse:
    """The decision: what the diary says is advice, and another decision needs a reason."""
    one = get_object_or_404(trail.locked(Patient), pk=patient)
    decision = request.POST.get("decision", "")
    wrong = trials.decide(one, decision, request.POST.get("reason", ""), request.user)
    if wrong:
        return _page(request, one, undecided=wrong, status=400)
    messages.success(request, _("Decided: %(what)s.") % {"what": trials.DECISIONS[decision]})
    return redirect("trial", one.pk)


@require_POST
def take_back(request: HttpRequest, patient: int) -> HttpResponse:
    """The last decision was a mistake: the trial goes on."""
    one = get_object_or_404(trail.locked(Patient), pk=patient)
    wrong = trials.take_back(one, request.POST.get("reason", ""), request.user)
    if wrong:
        return _page(request, one, not_taken_back=wrong, status=400)
    messages.success(request, _("The decision is taken back. The trial goes on."))
    return redirect("trial", one.pk)


def csv(request: HttpRequest, patient: int) -> HttpResponse:
    """The diary as the command line reads it; a file that is sent is added to it."""
    one = get_object_or_404(Patient, pk=patient)
    if request.method == "POST":
        return _upload(request, one)
    return attached(diaries.text(diaries.of_trial(one)), f"diary-{one.pk}.csv", "text/csv; charset=utf-8")


def _upload(request: HttpRequest, patient: Patient) -> HttpResponse:
    sent = request.FILES.get("diary")
    if sent is None:
        return _page(request, patient, unread=_("choose the file of the diary"), status=400)
    if not trials.writable(patient):
        return _page(request, patient, unread=trials.over(), status=400)
    try:
        text = uploading.decoded(sent.read(uploading.MOST_BYTES + 1), sent.name)
        done = uploading.upload(patient, text, sent.name)
    except diaries.DiaryError as problem:
        return _page(request, patient, unread=str(problem), status=400)
    messages.success(request, str(done))
    return redirect("trial", patient.pk)


def _page(
    request: HttpRequest,
    patient: Patient,
    told: Told | None = None,
    undecided: str = "",
    not_taken_back: str = "",
    unread: str = "",
    status: int = 200,
) -> HttpResponse:
    until = request.GET.get("until", "")
    day = day_of(until)
    found, scores = trials.said(patient, day), diaries.of_trial(patient)
    verdict, asked = found.verdict, load_catalogue().trial
    context = {
        "patient": patient,
        "rows": list(reversed(list(enumerate(scores, start=2)))),
        "plot": plot([Said(one.at, one.tenths, one.phase) for one in scores if one.tenths is not None]),
        "said": verdict,
        "says": (SAID if day else SAYS)[found.advice],
        "day": day,
        "no_day": bool(until) and day is None,
        "probability": share(verdict.findings.probability) if verdict and verdict.findings else "",
        "figures": figures(verdict) if verdict else None,
        "problem": found.problem,
        "told": told,
        "undecided": undecided,
        "not_taken_back": not_taken_back,
        "unread": unread,
        "decisions": trials.DECISIONS,
        "advised": trials.FOLLOWS[found.advice],
        "running": patient.phase == Phase.TRIAL,
        "writable": trials.writable(patient),
        "decided": patient.notes.filter(kind__in=(trials.DECIDED, trials.TAKEN_BACK)).select_related("by"),
        "may_be_taken_back": not trials.why_it_stays(patient),
        "entered": request.POST,
        "phase": request.POST.get("phase") or diaries.phase_now(patient),
        "now": timezone.localtime(),
        "functions": Function.choices,
        "drugs": sorted(load_catalogue().screenings),
        "asked": asked,
        "fails": share(asked.fail_below.canonical),
        "passes": share(asked.pass_above.canonical),
        "routes": ROUTES,
    }
    return render(request, "workstation/trial.html", context, status=status)


urlpatterns = [
    path("patients/<int:patient>/trial/", trial, name="trial"),
    path("patients/<int:patient>/trial/decision", decide, name="decide_trial"),
    path("patients/<int:patient>/trial/decision/taken-back", take_back, name="take_trial_back"),
    path("patients/<int:patient>/trial/diary.csv", csv, name="trial_csv"),
    path("patients/<int:patient>/trial/<int:score>/strike", strike, name="strike_score"),
]
RULES = {
    "trial": Rule(STAFF, CARERS),
    "decide_trial": Rule(NOBODY, PHYSICIANS),
    "take_trial_back": Rule(NOBODY, PHYSICIANS),
    "trial_csv": Rule(STAFF, CARERS),
    "strike_score": Rule(NOBODY, CARERS),
}
TABS = (("trial", gettext_lazy("Trial")),)
