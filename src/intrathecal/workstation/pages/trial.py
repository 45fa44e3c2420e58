"""A screening trial: the diary, what it says until now and how sure that is, and the decision of a physician."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.care.errors import CellError
from intrathecal.care.reasons import share
from intrathecal.care.times import read_time
from intrathecal.care.trial import Verdict, figures
from intrathecal.workstation.clinic import diaries, trail
from intrathecal.workstation.clinic.models import Note, Patient
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.plot import plot
from intrathecal.workstation.clinic.scores import Told
from intrathecal.workstation.clinic.typed import line
from intrathecal.workstation.pages.candidate import CARERS
from intrathecal.workstation.rules import PHYSICIAN, STAFF, Rule

#: What a diary says, and which decision of a physician goes with it.
SAYS = {
    "pass": gettext_lazy("So far the trial passes."),
    "fail": gettext_lazy("So far the trial fails."),
    "extend": gettext_lazy("So far the trial is not decided: go on."),
    "incomplete": gettext_lazy("So far the trial cannot be scored."),
}
PLAN, GO_ON, NO_PUMP = "plan", "go-on", "no-pump"
DECISIONS = {
    PLAN: gettext_lazy("Plan a pump"),
    GO_ON: gettext_lazy("Go on with the trial"),
    NO_PUMP: gettext_lazy("No pump"),
}
FOLLOWS = {"pass": PLAN, "fail": NO_PUMP, "extend": GO_ON, "incomplete": GO_ON}
PHASES = {PLAN: Phase.PLANNED, GO_ON: Phase.TRIAL, NO_PUMP: Phase.ENDED}
MOST_REASON = 1000
#: No diary of a clinic is older.
EARLIEST = 1990
NOTE = "trial decision"


def trial(request: HttpRequest, patient: int) -> HttpResponse:
    """The page; a form that is sent adds a score."""
    one = get_object_or_404(Patient, pk=patient)
    if request.method != "POST":
        return _page(request, one)
    told = Told.of({key: str(value) for key, value in request.POST.items()})
    _write(request, one, told)
    if told.wrong:
        return _page(request, one, told=told, status=400)
    messages.success(request, _("The score is in the diary."))
    return redirect("trial", one.pk)


def _write(request: HttpRequest, patient: Patient, told: Told) -> None:
    """Save a score that staff were told, for a time until now; what is wrong stands in ``told.wrong`` afterwards."""
    phase, now = request.POST.get("phase", ""), timezone.now().replace(microsecond=0)
    if phase not in (diaries.BASELINE, diaries.TRIAL):
        told.wrong["phase"] = _("choose whether it was before the trial or in it")
    try:
        at = read_time(request.POST.get("at", "").strip()) if request.POST.get("at", "").strip() else now
        at = at if timezone.is_aware(at) else timezone.make_aware(at)
    except CellError as problem:
        told.wrong["at"] = str(problem)
        return
    if at > now or at.year < EARLIEST:
        told.wrong["at"] = _("write a time that has been, such as %(now)s") % {
            "now": f"{timezone.localtime():%Y-%m-%d %H:%M}"
        }
    if told.wrong:
        return
    score = told.score(patient, at, phase, by_patient=False)
    diary = sorted([*diaries.of_trial(patient), score], key=lambda one: one.at)
    try:
        diaries.read(patient, diary)
    except diaries.DiaryError as problem:
        told.wrong["at"] = str(problem).split(": ", 1)[-1]
        return
    score.save()


def strike(request: HttpRequest, patient: int, score: int) -> HttpResponse:
    """Take out a score that was a mistake; the trail keeps it."""
    one = get_object_or_404(Patient, pk=patient)
    get_object_or_404(one.scores.filter(phase__in=(diaries.BASELINE, diaries.TRIAL)), pk=score).delete()
    messages.success(request, _("The score is struck out. The audit trail keeps it."))
    return redirect("trial", one.pk)


def decide(request: HttpRequest, patient: int) -> HttpResponse:
    """The decision: what the diary says is advice, and another decision needs a reason."""
    one = get_object_or_404(trail.locked(Patient), pk=patient)
    decision, reason = request.POST.get("decision", ""), line(request.POST.get("reason", ""))
    said, _problem = _verdict(one)
    wrong = _why_not(one, said, decision, reason)
    if wrong:
        return _page(request, one, undecided=wrong, status=400)
    advice = said.decision if said else "incomplete"
    text = f"{DECISIONS[decision]}. The diary says: {advice}{_relief(said)}."
    Note.objects.create(
        patient=one, at=timezone.now(), by=request.user, kind=NOTE, text=f"{text} {reason}" if reason else text
    )
    one.phase = PHASES[decision]
    one.save()
    messages.success(request, _("Decided: %(what)s.") % {"what": DECISIONS[decision]})
    return redirect("trial", one.pk)


def csv(request: HttpRequest, patient: int) -> HttpResponse:
    """The diary as the command line reads it."""
    one = get_object_or_404(Patient, pk=patient)
    response = HttpResponse(diaries.text(diaries.of_trial(one)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="diary-{one.pk}.csv"'
    return response


def _why_not(patient: Patient, said: Verdict | None, decision: str, reason: str) -> str:
    """Why that cannot be decided; nothing if it can."""
    if patient.phase != Phase.TRIAL:
        return _("there is no trial to decide; it is over, or has not begun")
    if decision not in DECISIONS:
        return _("choose a decision")
    if len(reason) > MOST_REASON:
        return _("the reason is too long; write at most %(n)d letters") % {"n": MOST_REASON}
    advice = said.decision if said else "incomplete"
    if decision != FOLLOWS[advice] and not reason:
        return _("the diary says %(advice)s; write why you decide otherwise") % {"advice": advice}
    return ""


def _relief(said: Verdict | None) -> str:
    if said is None or said.findings is None:
        return ""
    found = said.findings
    relief = f"{found.relief.percent:.0f} % (standard error {found.relief.standard_error:.0f} points)"
    return f", relief {relief}, at least half with a probability of {share(found.probability)}"


def _verdict(patient: Patient) -> tuple[Verdict | None, str]:
    """What the diary says, and why it cannot be read where it cannot."""
    try:
        return diaries.verdict(patient, diaries.of_trial(patient)), ""
    except diaries.DiaryError as problem:
        return None, str(problem)


def _page(
    request: HttpRequest, patient: Patient, told: Told | None = None, undecided: str = "", status: int = 200
) -> HttpResponse:
    scores = diaries.of_trial(patient)
    said, problem = _verdict(patient)
    advice = said.decision if said else "incomplete"
    context = {
        "patient": patient,
        "rows": list(reversed(list(enumerate(scores, start=2)))),
        "plot": plot(scores),
        "said": said,
        "says": SAYS[advice],
        "probability": share(said.findings.probability) if said and said.findings else "",
        "figures": figures(said) if said else None,
        "problem": problem,
        "told": told,
        "undecided": undecided,
        "decisions": DECISIONS,
        "advised": FOLLOWS[advice],
        "running": patient.phase == Phase.TRIAL,
        "writable": patient.phase in (Phase.CANDIDATE, Phase.TRIAL),
        "decided": patient.notes.filter(kind=NOTE).select_related("by"),
        "entered": request.POST,
        "phase": request.POST.get("phase") or diaries.phase_now(patient),
        "now": timezone.localtime(),
    }
    return render(request, "workstation/trial.html", context, status=status)


urlpatterns = [
    path("patients/<int:patient>/trial/", trial, name="trial"),
    path("patients/<int:patient>/trial/decision", decide, name="decide_trial"),
    path("patients/<int:patient>/trial/diary.csv", csv, name="trial_csv"),
    path("patients/<int:patient>/trial/<int:score>/strike", strike, name="strike_score"),
]
RULES = {
    "trial": Rule(STAFF, CARERS),
    "decide_trial": Rule(frozenset(), frozenset({PHYSICIAN})),
    "trial_csv": Rule(STAFF),
    "strike_score": Rule(frozenset(), CARERS),
}
TABS = (("trial", gettext_lazy("Trial")),)
