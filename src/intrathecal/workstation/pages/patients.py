"""All patients, to be found by name or number; a new one, and the facts of one who is known."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from intrathecal.workstation.clinic.models import Patient
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.registering import PatientForm
from intrathecal.workstation.rules import STAFF, Rule

PER_PAGE, LONGEST = 100, 100


def found(text: str, phase: str) -> QuerySet[Patient]:
    """Patients whose names or number have every word of ``text``, in a ``phase`` if one is given."""
    patients = Patient.objects.select_related("physician")
    for word in text.replace(",", " ").replace("(", " ").replace(")", " ").split():
        patients = patients.filter(
            Q(family_name__icontains=word) | Q(given_name__icontains=word) | Q(number__istartswith=word)
        )
    return patients.filter(phase=phase) if phase in Phase.values else patients


@require_GET
def patients(request: HttpRequest) -> HttpResponse:
    """The list, or with htmx its table alone."""
    text, phase = request.GET.get("q", "").strip()[:LONGEST], request.GET.get("phase", "")
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "page": Paginator(found(text, phase), PER_PAGE).get_page(request.GET.get("page")),
        "text": text,
        "phase": phase,
        "phases": Phase.choices,
        "asked": asked.urlencode(),
    }
    return render(request, "workstation/_patients.html" if request.htmx else "workstation/patients.html", context)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Somebody who comes for the first time."""
    return _form(request, PatientForm(request.POST or None), "workstation/patient_new.html", None)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, patient: int) -> HttpResponse:
    """The facts of one patient."""
    one = get_object_or_404(Patient, pk=patient)
    return _form(request, PatientForm(request.POST or None, instance=one), "workstation/patient_edit.html", one)


def _form(request: HttpRequest, form: PatientForm, template: str, one: Patient | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, _("Kept: %s.") % saved)
        return redirect("patient", saved.pk)
    if one is not None:
        # What was typed wrongly must not stand in the head of the page as if it were so.
        one = get_object_or_404(Patient, pk=one.pk)
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, "patient": one}, status=status)


urlpatterns = [
    path("patients/", patients, name="patients"),
    path("patients/new", new, name="patient_new"),
    path("patients/<int:patient>/facts", edit, name="patient_edit"),
]
RULES = {"patients": Rule(STAFF), "patient_new": Rule(STAFF, STAFF), "patient_edit": Rule(STAFF, STAFF)}
NAVIGATION = (("patients", gettext_lazy("Patients")),)
