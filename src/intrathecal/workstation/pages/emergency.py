"""The emergency view: this patient's drugs, what to do about too much and too little, and how to stop the pump."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from intrathecal.programmer.errors import Refused
from intrathecal.quantities import InputError
from intrathecal.report.emergency import Sheet, sheets
from intrathecal.therapy import DrugEntry
from intrathecal.workstation.clinic.models import Implant, Patient, Refill, User
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.running import NOTHING, label_of
from intrathecal.workstation.live import commanding, line, renewing, sending, writing
from intrathecal.workstation.pages.pump import implant_of
from intrathecal.workstation.rules import CARERS, NOBODY, STAFF, Rule


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
        context["drugs"], context["sheets"] = first_aid(one)
    except InputError as problem:
        context["error"] = str(problem)
    return render(request, "workstation/emergency.html", context)


def first_aid(patient: Patient) -> tuple[list[str], list[Sheet]]:
    """The drugs of what runs, and what to do about them. Raises `InputError` where nothing is known of it."""
    plan, implant = writing.therapy_of(_running(patient)), implant_of(patient.pk)
    refill = None if implant is None else implant.refills.first()
    if refill is None and not patient.programs.filter(state=State.IN_FORCE).exists():
        plan = replace(plan, fill=None)  # what it says was in another pump
    if refill is None or renewing.same_label(plan, refill):
        return [entry.drug.title for entry in plan.drugs], sheets(plan, _calls(patient))
    # What the text says of the fill is over; what it names may still be in tubing and catheter.
    known, held = plan.catalogue.drugs, label_of(refill.drugs)
    inside = [DrugEntry(known[name], much) for name, much in held.items() if name in known]
    before = [DrugEntry(entry.drug, NOTHING) for entry in plan.drugs if entry.drug.name not in held]
    both = replace(plan, drugs=(*inside, *before), fill=None)
    return [entry.drug.title for entry in inside], sheets(both, _calls(patient))


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
        messages.success(request, do(deed, implant, request.user))
    except line.Doubtful as doubt:
        messages.error(request, uncertain(doubt))
    except (line.Silent, InputError, Refused) as problem:
        messages.error(request, _("NOT done: %(why)s") % {"why": problem})
    return redirect("emergency", patient)


def do(deed: str, implant: Implant, by: User) -> str:
    """Do it, and say what came of it. Raises `Silent`, `Doubtful`, `InputError`, `Refused`."""
    if deed != "stop":
        sending.minimum(implant.patient, implant, _running(implant.patient), by)
        return _("The pump runs at its minimum rate. It was read back.")
    if commanding.stop(implant, by):
        return _("Stopped: the pump has said that it gives nothing any more.")
    return _(
        "Stopped: the pump has said that it gives nothing any more. It could not be read afterwards: read it again, and "
        "watch the patient."
    )


def uncertain(doubt: line.Doubtful) -> str:
    """What is said of a command that nobody knows the outcome of."""
    return _("DELIVERY UNCERTAIN: %(why)s. Look at the patient and at the pump.") % {"why": doubt}


def _running(patient: Patient) -> str:
    """The text of what runs; what the record holds where there is none."""
    force = patient.programs.filter(state=State.IN_FORCE).exclude(text="").first()
    return str(force.text) if force else writing.last_text(patient) or writing.first_text(patient)


def _calls(patient: Patient) -> tuple[str, ...]:
    """Whom to call, as far as the record says."""
    physician = patient.physician
    return (_("Physician: %(name)s") % {"name": physician},) if physician else ()


urlpatterns = [
    path("patients/<int:patient>/emergency/", emergency, name="emergency"),
    path("patients/<int:patient>/emergency/<slug:deed>/", ask, name="emergency_ask"),
    path("patients/<int:patient>/emergency/<slug:deed>/now/", act, name="emergency_act"),
]
RULES = {
    "emergency": Rule(STAFF),
    "emergency_ask": Rule(CARERS),
    "emergency_act": Rule(NOBODY, CARERS),
}
TABS = (("emergency", gettext_lazy("Emergency")),)
