"""One patient: everything since the first visit, and what the pump does now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext_lazy

from intrathecal.workstation.clinic import timeline
from intrathecal.workstation.clinic.models import Patient
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.rules import STAFF, Rule


def overview(request: HttpRequest, patient: int) -> HttpResponse:
    """The page of a patient."""
    one = get_object_or_404(Patient.objects.select_related("physician"), pk=patient)
    context = {
        "patient": one,
        "implant": one.implants.filter(explanted_on=None).first(),
        "program": one.programs.filter(state=State.IN_FORCE).first(),
        "events": timeline.events(one),
    }
    return render(request, "workstation/patient.html", context)


urlpatterns = [path("patients/<int:patient>/", overview, name="patient")]
RULES = {"patient": Rule(STAFF)}
TABS = (("patient", gettext_lazy("Overview")),)
