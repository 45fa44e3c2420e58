"""Implantation, revision, replacement and explantation, each on a page."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Implant, Patient
from intrathecal.workstation.pages.implant.operations import (
    Explantation,
    Implantation,
    Operation,
    Replacement,
    Revision,
    Typed,
    seen,
)


def new(request: HttpRequest, patient: int) -> HttpResponse:
    """A pump and a catheter, where there is no pump."""
    one, standing = held(request, patient)
    if standing is not None:
        messages.error(request, _("A pump is implanted: replace it, or explant it first."))
        return redirect("implant", patient)
    return _operate(request, one, None, Implantation(one, _typed(request)))


def replace(request: HttpRequest, patient: int) -> HttpResponse:
    """Another pump on the same catheter."""
    return _on_standing(request, patient, Replacement)


def revise(request: HttpRequest, patient: int) -> HttpResponse:
    """The catheter after an operation."""
    return _on_standing(request, patient, Revision)


def explant(request: HttpRequest, patient: int) -> HttpResponse:
    """The pump is taken out."""
    return _on_standing(request, patient, Explantation)


def held(request: HttpRequest, key: int) -> tuple[Patient, Implant | None]:
    """The patient, held until the request is answered where something is changed, and the pump."""
    patients = Patient.objects.all() if request.method == "GET" else trail.locked(Patient)
    one = get_object_or_404(patients, pk=key)
    return one, one.standing


def _typed(request: HttpRequest) -> Typed:
    return request.POST.dict() if request.method == "POST" else None


def _on_standing(request: HttpRequest, patient: int, kind: type[Replacement | Revision | Explantation]) -> HttpResponse:
    """An operation on the pump that stood when its page was opened, and on no other."""
    one, standing = held(request, patient)
    if request.method == "POST" and request.POST.get("seen") != seen(standing):
        messages.error(
            request,
            _(
                "Somebody else has stored an operation meanwhile, so that nothing of yours was stored: look at what is here now."
            ),
        )
        return redirect("implant", patient)
    if standing is None:
        raise Http404
    return _operate(request, one, standing, kind(standing, _typed(request)))


def _operate(request: HttpRequest, patient: Patient, old: Implant | None, operation: Operation) -> HttpResponse:
    if request.method == "POST" and operation.is_right() and operation.store(request.user):
        messages.success(request, str(operation.done))
        for said in operation.remarks():
            messages.warning(request, said)
        return redirect("implant", patient.pk)
    context = {"patient": patient, "operation": operation, "groups": operation.groups, "old": old, "seen": seen(old)}
    status = 422 if request.method == "POST" else 200
    return render(request, "workstation/implant/operation.html", context, status=status)
