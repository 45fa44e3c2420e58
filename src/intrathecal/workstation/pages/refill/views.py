"""The pages of a refill."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from intrathecal.workstation.clinic import compounding, trends
from intrathecal.workstation.clinic.models import Filling, Implant, Patient, Refill, User
from intrathecal.workstation.clinic.models.filling import Stage
from intrathecal.workstation.clinic.running import Missing
from intrathecal.workstation.clinic.typed import number_of
from intrathecal.workstation.pages.refill import comparing, doing
from intrathecal.workstation.pages.refill.beside import BesideForm
from intrathecal.workstation.pages.refill.compounding import asked_for
from intrathecal.workstation.pages.refill.doing import NotNow
from intrathecal.workstation.pages.refill.draft import STEPS, Draft
from intrathecal.workstation.pages.refill.forms import StepForm
from intrathecal.workstation.pages.refill.storing import summary

View = Callable[..., HttpResponse]


def _back_when_not_now(view: View) -> View:
    """What cannot be done now is said on the page of all refills."""

    @wraps(view)
    def done(request: HttpRequest, patient: int, **more: Any) -> HttpResponse:
        try:
            return view(request, patient, **more)
        except (NotNow, Missing) as problem:
            messages.error(request, str(problem))
            return redirect("refill", patient)

    return done


@require_safe
def refills(request: HttpRequest, patient: int) -> HttpResponse:
    """The refills of the pump, what they say together, and the way to the next."""
    one = get_object_or_404(Patient, pk=patient)
    implant = one.standing
    context: dict[str, Any] = {"patient": one, "implant": implant}
    if implant is not None:
        context |= {
            "last": implant.refills.first(),
            "refills": implant.refills.select_related("by", "second_by"),
            "trend": trends.of(implant),
            "draft": doing.draft_of(implant),
        }
    return render(request, "workstation/refill/refills.html", context)


@require_POST
@_back_when_not_now
def begin(request: HttpRequest, patient: int) -> HttpResponse:
    """Begin a refill, or go on with the one that is begun."""
    draft = doing.begin(doing.implant_of(patient), request.user)
    return redirect("refill_step", patient, draft.first_open)


@require_POST
@_back_when_not_now
def drop(request: HttpRequest, patient: int) -> HttpResponse:
    """Leave a refill; no refill is stored."""
    doing.drop(doing.implant_of(patient))
    messages.info(request, _("The refill was left; nothing was stored."))
    return redirect("refill", patient)


@_back_when_not_now
def step(request: HttpRequest, patient: int, step: str) -> HttpResponse:
    """One step: asked, or answered."""
    if step not in STEPS:
        raise Http404
    implant = doing.implant_of(patient)
    if request.method != "POST":
        draft = doing.draft_of(implant)
        if draft is None:
            raise NotNow(_("No refill is begun here, or another one was stored meanwhile: begin again."))
        return _asked(request, draft, step)
    if (done := _done(request, implant)) is not None:
        return done
    draft, typed = doing.held(implant), request.POST.dict()
    try:
        if step == "review":
            form = doing.confirm(draft, typed, request.user, _seen(request))
        else:
            form = doing.answer(draft, step, typed, request.user, _seen(request))
    except NotNow as problem:
        messages.error(request, str(problem))
        return _asked(request, draft, step, 409)
    if not form.is_valid():
        return _page(request, draft, step, 422, form)
    if step == "review":
        return _confirmed(request, draft)
    after = Draft(draft.filling)
    return redirect("refill_step", patient, after.steps[after.steps.index(step) + 1])


def _seen(request: HttpRequest) -> int | None:
    """How many answers there were when a page was shown."""
    return number_of(request.POST.get("seen", ""))


def _asked(request: HttpRequest, draft: Draft, step: str, status: int = 200) -> HttpResponse:
    """The question, or the way to the one that is asked now."""
    if draft.waiting:
        return redirect("refill_second", draft.implant.patient_id)
    if step not in draft.steps or list(STEPS).index(step) > list(STEPS).index(draft.first_open):
        return redirect("refill_step", draft.implant.patient_id, draft.first_open)
    return _page(request, draft, step, status)


def _done(request: HttpRequest, implant: Implant) -> HttpResponse | None:
    """What is said to whoever sends the same word once more: it was stored, once."""
    number = number_of(request.POST.get("filling", ""))
    if number is not None and Filling.objects.filter(implant=implant, stage=Stage.STORED, pk=number).exists():
        messages.success(request, _("The refill is stored already, once."))
        return redirect("refill", implant.patient_id)
    return None


def _confirmed(request: HttpRequest, draft: Draft) -> HttpResponse:
    if draft.waiting:
        return redirect("refill_second", draft.implant.patient_id)
    if draft.implant.address:
        messages.success(request, _("The refill is stored. Now tell the pump, and read it back."))
    else:
        messages.success(request, _("The refill is stored. Tell the pump with its own programmer, and read it back."))
    return redirect("refill", draft.implant.patient_id)


def _page(request: HttpRequest, draft: Draft, step: str, status: int, form: StepForm | None = None) -> HttpResponse:
    steps, open_until = draft.steps, list(STEPS).index(draft.first_open)
    shown = [(name, STEPS[name].title, list(STEPS).index(name) <= open_until) for name in steps]
    number = steps.index(step)
    context = {
        **_known(draft),
        "form": form or draft.form(step),
        "step": step,
        "number": number + 1,
        "steps": shown,
        "before": steps[number - 1] if number else None,
        "title": STEPS[step].title,
        "summary": summary(draft) if step == "review" else None,
    }
    if step == "volume" and draft.recipe is not None:
        context |= {"made": compounding.kept(draft.recipe), "made_query": asked_for(draft)}
    return render(request, f"workstation/refill/{step}.html", context, status=status)


def _known(draft: Draft) -> dict[str, Any]:
    return {
        "patient": draft.implant.patient,
        "implant": draft.implant,
        "draft": draft,
        "compared": comparing.rows(draft),
    }


@_back_when_not_now
def second(request: HttpRequest, patient: int) -> HttpResponse:
    """A refill that waits: everything once more, for the second person, who confirms it."""
    implant = doing.implant_of(patient)
    if request.method == "POST":
        return _done(request, implant) or _looked(request, implant, request.user)
    return _waiting(request, implant, BesideForm(request))


@require_POST
@_back_when_not_now
def beside(request: HttpRequest, patient: int) -> HttpResponse:
    """The second person confirms at the first one's screen."""
    implant = doing.implant_of(patient)
    if (done := _done(request, implant)) is not None:
        return done
    form = BesideForm(request, request.POST)
    if not form.is_valid():
        return _waiting(request, implant, form, 422)
    return _looked(request, implant, form.person)


def _looked(request: HttpRequest, implant: Implant, by: User) -> HttpResponse:
    draft = doing.held(implant)
    if moved := doing.second(draft, by, _seen(request)):
        raise NotNow(doing.said_moved(moved))
    return _confirmed(request, draft)


def _waiting(request: HttpRequest, implant: Implant, form: BesideForm, status: int = 200) -> HttpResponse:
    draft = doing.draft_of(implant)
    if draft is None or not draft.waiting:
        raise NotNow(_("This refill does not wait for a second person."))
    moved = draft.moved
    context = {**_known(draft), "summary": None if moved else summary(draft), "moved": moved, "form": form}
    return render(request, "workstation/refill/second.html", context, status=status)


@require_POST
@_back_when_not_now
def take_back(request: HttpRequest, patient: int) -> HttpResponse:
    """A refill that waits for a second person is worked at again."""
    draft = doing.held(doing.implant_of(patient))
    doing.take_back(draft)
    return redirect("refill_step", patient, Draft(draft.filling).first_open)


@require_safe
def sheet(request: HttpRequest, patient: int, refill: int) -> HttpResponse:
    """One refill on a page to print: what was found, filled and decided, and how the fill was made."""
    found = Refill.objects.select_related("implant__patient", "by", "second_by")
    one = get_object_or_404(found, pk=refill, implant__patient=patient)
    notes = one.implant.patient.notes.filter(kind="refill", at=one.at).order_by("pk")
    context = {"patient": one.implant.patient, "implant": one.implant, "refill": one, "notes": notes}
    return render(request, "workstation/refill/sheet.html", context)
