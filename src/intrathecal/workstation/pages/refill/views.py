"""The pages of a refill."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from intrathecal.workstation.clinic import slots, trends
from intrathecal.workstation.clinic.models import Implant, Patient
from intrathecal.workstation.clinic.running import Missing, pump_of
from intrathecal.workstation.pages.refill.draft import STEPS, Draft
from intrathecal.workstation.pages.refill.storing import store, summary


@require_safe
def refills(request: HttpRequest, patient: int) -> HttpResponse:
    """The refills of the pump, what they say together, and the way to the next."""
    one = get_object_or_404(Patient, pk=patient)
    implant = one.implants.filter(explanted_on=None).first()
    context = {"patient": one, "implant": implant}
    if implant is not None:
        context |= {
            "last": implant.refills.first(),
            "refills": implant.refills.select_related("by"),
            "trend": trends.of(implant),
            "draft": Draft(request, implant),
        }
    return render(request, "workstation/refill/refills.html", context)


@require_POST
def begin(request: HttpRequest, patient: int) -> HttpResponse:
    """Begin a refill; one that was begun and not finished is forgotten."""
    implant = _implant(patient)
    try:
        pump_of(implant)
    except Missing as problem:
        messages.error(request, str(problem))
        return redirect("refill", patient)
    Draft(request, implant).begin()
    return redirect("refill_step", patient, "who")


@require_POST
def drop(request: HttpRequest, patient: int) -> HttpResponse:
    """Leave a refill; nothing of it is stored."""
    Draft(request, _implant(patient)).drop()
    messages.info(request, _("The refill was left; nothing was stored."))
    return redirect("refill", patient)


def step(request: HttpRequest, patient: int, step: str) -> HttpResponse:
    """One step: asked, or answered."""
    if step not in STEPS:
        raise Http404
    if request.method == "POST":
        slots.hold()
    implant = _implant(patient)
    draft = Draft(request, implant)
    if not draft.begun:
        messages.error(request, _("No refill is begun here, or another one was stored meanwhile: begin again."))
        return redirect("refill", patient)
    if step not in draft.steps or list(STEPS).index(step) > list(STEPS).index(draft.first_open):
        return redirect("refill_step", patient, draft.first_open)
    if request.method != "POST":
        return _page(request, draft, step, 200)
    form = draft.form(step, request.POST.dict())
    if not form.is_valid():
        return _page(request, draft, step, 422, form)
    if step == "review":
        store(draft, request.user, form.cleaned_data)
        draft.drop()
        messages.success(request, _("The refill is stored. Now tell the pump, and read it back."))
        return redirect("refill", patient)
    draft.keep(step, form.typed)
    after = Draft(request, implant)
    later = after.steps[after.steps.index(step) + 1]
    return redirect("refill_step", patient, later)


def _page(request: HttpRequest, draft: Draft, step: str, status: int, form: object = None) -> HttpResponse:
    steps, open_until = draft.steps, list(STEPS).index(draft.first_open)
    shown = [(name, STEPS[name].title, list(STEPS).index(name) <= open_until) for name in steps]
    number = steps.index(step)
    context = {
        "patient": draft.implant.patient,
        "implant": draft.implant,
        "draft": draft,
        "form": form or draft.form(step),
        "step": step,
        "number": number + 1,
        "steps": shown,
        "before": steps[number - 1] if number else None,
        "title": STEPS[step].title,
        "summary": summary(draft) if step == "review" else None,
    }
    return render(request, f"workstation/refill/{step}.html", context, status=status)


def _implant(patient: int) -> Implant:
    """The pump that is filled."""
    return get_object_or_404(Implant.objects.select_related("patient"), patient=patient, explanted_on=None)
