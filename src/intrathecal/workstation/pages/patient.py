"""One patient: everything since the first visit, and what the pump does now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from intrathecal.workstation.clinic import timeline
from intrathecal.workstation.clinic.models import Patient
from intrathecal.workstation.clinic.models.therapy import State


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
