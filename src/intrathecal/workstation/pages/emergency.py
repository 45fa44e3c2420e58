"""The emergency view: this patient's drugs, what to do about too much and too little, and how to stop the pump."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from intrathecal.quantities import InputError
from intrathecal.report.emergency import sheets
from intrathecal.workstation.clinic.models import Patient, Refill
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import commanding, line, sending, writing
from intrathecal.workstation.pages.pump import implant_of
from intrathecal.workstation.rules import NURSE, PHYSICIAN, STAFF, Rule


@dataclass(frozen=True)
class Deed:
    """Something that is done to a pump in an emergency: what it is called, and what comes of it."""

    name: str
    title: str
    says: str


def deeds() -> dict[str, Deed]:
    """What can be done."""
    return {
        "stop": Deed(
            "stop",
            _("Stop the pump"),
            _(
                "The pump gives nothing from now on and sounds its alarm, until somebody ends the stop or sends a program. "
                "Withdrawal can follow: of baclofen or clonidine it can kill."
            ),
        ),
        "minimum": Deed(
            "minimum",
            _("Minimum rate"),
            _("The pump runs at its minimum rate, which keeps the catheter open and gives next to nothing."),
        ),
    }


@require_GET
def emergency(request: HttpRequest, patient: int) -> HttpResponse:
    """The page."""
    one, implant = get_object_or_404(Patient, pk=patient), implant_of(patient)
    refill = None if implant is None else Refill.objects.filter(implant=implant).first()
    context: dict[str, Any] = {
        "patient": one,
        "implant": implant,
        "force": one.programs.filter(state=State.IN_FORCE).first(),
        "refill": refill,
        "deeds": deeds().values(),
    }
    try:
        plan = writing.therapy_of(_running(one))
        context |= {"sheets": sheets(plan, _calls(one)), "drugs": [entry.drug.title for entry in plan.drugs]}
    except InputError as problem:
        context["error"] = str(problem)
    return render(request, "workstation/emergency.html", context)


@require_GET
def ask(request: HttpRequest, patient: int, deed: str) -> HttpResponse:
    """The second confirmation: what is going to be done to whom."""
    chosen, implant = deeds().get(deed), implant_of(patient)
    if chosen is None or implant is None or not implant.address:
        raise Http404
    context = {"patient": implant.patient, "implant": implant, "deed": chosen}
    return render(request, "workstation/emergency_ask.html", context)


@require_POST
@transaction.non_atomic_requests
def act(request: HttpRequest, patient: int, deed: str) -> HttpResponse:
    """Do it, once it was confirmed for the second time."""
    chosen, implant = deeds().get(deed), implant_of(patient)
    if chosen is None or implant is None:
        raise Http404
    if request.POST.get("confirmed") != "yes":
        return redirect("emergency_ask", patient, deed)
    try:
        if deed == "stop":
            read = commanding.stop(implant, request.user)
            messages.success(request, _("Stopped: the pump has said that it gives nothing any more."))
            if not read:
                messages.warning(request, _("It could not be read afterwards. Read it again, and watch the patient."))
        else:
            sending.minimum(implant.patient, implant, _running(implant.patient), request.user)
            messages.success(request, _("The pump runs at its minimum rate. It was read back."))
    except line.Doubtful as doubt:
        messages.error(request, _("DELIVERY UNCERTAIN: %(why)s. Look at the patient and at the pump.") % {"why": doubt})
    except (line.Silent, InputError) as problem:
        messages.error(request, _("NOT done: %(why)s") % {"why": problem})
    return redirect("emergency", patient)


def _running(patient: Patient) -> str:
    """The text of what runs; what the record holds where there is none."""
    force = patient.programs.filter(state=State.IN_FORCE).exclude(text="").first()
    return str(force.text) if force else writing.text_for(patient)


def _calls(patient: Patient) -> tuple[str, ...]:
    """Whom to call, as far as the record says."""
    physician = patient.physician
    return (_("Physician: %(name)s") % {"name": physician},) if physician else ()


urlpatterns = [
    path("patients/<int:patient>/emergency/", emergency, name="emergency"),
    path("patients/<int:patient>/emergency/<slug:deed>/", ask, name="emergency_ask"),
    path("patients/<int:patient>/emergency/<slug:deed>/now/", act, name="emergency_act"),
]
_HANDS = frozenset({PHYSICIAN, NURSE})
RULES = {
    "emergency": Rule(STAFF),
    "emergency_ask": Rule(_HANDS),
    "emergency_act": Rule(frozenset(), _HANDS),
}
TABS = (("emergency", gettext_lazy("Emergency")),)
