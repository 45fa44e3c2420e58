"""The patient's own page: by a login under ``/my/``, or by a personal link under ``/p/``; the same pages under both.

Whoever has the link sees this page and nothing of the record. Addresses in the pages are relative, so that each stays on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.workstation import failing
from intrathecal.workstation.clinic import asking, calendars, handsets, limits, links, owning, slots, trail, visiting
from intrathecal.workstation.clinic.models import Implant, Patient, Request, Score
from intrathecal.workstation.clinic.models.appointments import LONGEST_CONTACT
from intrathecal.workstation.clinic.models.care import Function
from intrathecal.workstation.clinic.scores import Told
from intrathecal.workstation.rules import PATIENTS, SECRET, Rule

View = Callable[..., HttpResponse]
HOME = "./"


def page(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The page."""
    trail.viewed(patient, f"{request.method} own")
    return _page(request, patient)


def score(request: HttpRequest, patient: Patient) -> HttpResponse:
    """A score for the diary."""
    if request.method != "POST":
        return HttpResponseRedirect(HOME)
    if limits.SCORES.reached(limits.digest(str(patient.pk))):
        return failing.too_many(request)
    saved, wrong = tell(patient, {key: str(value) for key, value in request.POST.items()})
    if wrong:
        return _page(request, patient, wrong=wrong, status=400)
    return _page(request, patient, done=_("Thank you. Your pain, %(score)s of 10, is in the diary.") % {"score": saved})


def tell(patient: Patient, given: Mapping[str, str]) -> tuple[Score | None, dict[str, str]]:
    """Save a score that the patient tells now; None, and what is wrong by the name of the field."""
    told = Told.by_patient(given)
    if told.wrong:
        return None, told.wrong
    limits.SCORES.count(limits.digest(str(patient.pk)))
    saved = told.now(patient)
    saved.save()
    return saved, {}


def ask(request: HttpRequest, patient: Patient) -> HttpResponse:
    """A request for an appointment."""
    if request.method != "POST":
        return HttpResponseRedirect(HOME)
    if limits.OWN_REQUESTS.reached(asker(patient)):
        return failing.too_many(request)
    _made, wrong = wish(patient, request.POST.get("reason", ""), request.POST.get("at", ""))
    if wrong:
        return _page(request, patient, wrong=wrong, status=400)
    return _page(request, patient, done=_("Your clinic has your request, and answers it here."))


def asker(patient: Patient) -> str:
    """Whose requests are counted together."""
    return limits.digest(f"patient {patient.pk}")


def wish(patient: Patient, reason: str, at: str) -> tuple[Request | None, dict[str, str]]:
    """A request of a patient; None, and what is wrong by the name of the field."""
    wrong = {} if reason in visiting.REASONS else {"reason": _("choose what you would come for")}
    try:
        wanted = slots.read(at)
        if wrong:
            return None, wrong
        contact = (patient.phone or patient.email or _("see the record"))[:LONGEST_CONTACT]
        name = f"{patient.given_name} {patient.family_name}"[:LONGEST_CONTACT]
        made = asking.ask(name, contact, reason, wanted, patient)
    except slots.SlotError as problem:
        return None, wrong | {"at": str(problem)}
    limits.OWN_REQUESTS.count(asker(patient))
    return made, {}


@transaction.non_atomic_requests
def handset(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Whether the pump would give a bolus now. Asking takes seconds: no transaction is held meanwhile."""
    return _answer(request, patient, look(patient))


@transaction.non_atomic_requests
def press(request: HttpRequest, patient: Patient) -> HttpResponse:
    """A bolus is asked of the pump; every answer is written into the trail."""
    if request.method != "POST":
        return HttpResponseRedirect(HOME)
    return _answer(request, patient, push(patient))


def look(patient: Patient) -> handsets.Answer:
    """Whether the pump would give a bolus now, written into the trail; call it outside of a transaction. Raises `Http404`."""
    answer = handsets.ready(_pump(patient))
    with transaction.atomic():
        trail.viewed(patient, f"GET own handset: {answer.outcome}")
    return answer


def push(patient: Patient) -> handsets.Answer:
    """Ask the pump for a bolus, as `look` does."""
    whose, implant = limits.digest(f"press {patient.pk}"), _pump(patient)
    if limits.PRESSES.reached(whose):
        answer = handsets.too_often()
    else:
        limits.PRESSES.count(whose)
        answer = handsets.press(implant)
    with transaction.atomic():
        trail.viewed(patient, f"POST own press: {answer.outcome}")
    return answer


def _pump(patient: Patient) -> Implant:
    implant = patient.standing
    if implant is None:
        raise Http404
    return implant


def _answer(request: HttpRequest, patient: Patient, answer: handsets.Answer) -> HttpResponse:
    name = "workstation/_handset.html" if request.htmx else "workstation/own_handset.html"
    return render(request, name, {"answer": answer, "live": True})


def calendar(request: HttpRequest, patient: Patient, appointment: int) -> HttpResponse:
    """The calendar file of an appointment."""
    one = get_object_or_404(patient.appointments, pk=appointment)
    trail.viewed(patient, f"{request.method} own calendar")
    return calendars.download(calendars.of_appointment(one))


def _page(
    request: HttpRequest, patient: Patient, wrong: dict[str, str] | None = None, done: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "own": owning.of(patient),
        "wrong": wrong or {},
        "done": done,
        "entered": request.POST if wrong else {},
        "points": range(11),
        "functions": Function.choices,
        "days": slots.by_day(slots.free()),
        "reasons": visiting.REASONS,
    }
    return render(request, "workstation/own.html", context, status=status)


def _patients() -> QuerySet[Patient]:
    return Patient.objects.all()


def mine(view: View) -> View:
    """The page of whoever is logged in as a patient."""

    @wraps(view)
    def answer(request: HttpRequest, **rest: int) -> HttpResponse:
        return view(request, request.user.patient, **rest)

    return answer


#: The end of the address, the name, and the page.
PAGES: tuple[tuple[str, str, View], ...] = (
    ("", "", page),
    ("score", "_score", score),
    ("ask", "_ask", ask),
    ("handset", "_handset", handset),
    ("press", "_press", press),
    ("<int:appointment>.ics", "_calendar", calendar),
)
urlpatterns = [
    *(path(f"my/{end}", mine(view), name=f"my{name}") for end, name, view in PAGES),
    *(
        path(f"p/<str:secret>/{end}", links.opens(_patients, "link")(view), name=f"own{name}")
        for end, name, view in PAGES
    ),
]
THEIRS = Rule(PATIENTS, PATIENTS, notes=True)
RULES = {
    **{f"my{name}": THEIRS for _end, name, _view in PAGES},
    **{f"own{name}": SECRET for _end, name, _view in PAGES},
}
NAVIGATION = (("my", gettext_lazy("My page")),)
