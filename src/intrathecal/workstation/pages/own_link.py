"""The personal link of a patient: to be given to the patient, and renewed when it came into wrong hands."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Patient
from intrathecal.workstation.clinic.models.patients import personal_link
from intrathecal.workstation.rules import CARERS, Rule


def renew(one: Patient) -> None:
    """A new link; the old one opens nothing any more."""
    one.link = personal_link()
    one.save(update_fields=["link"])
    trail.viewed(one, "personal link renewed")


def own_link(request: HttpRequest, patient: int) -> HttpResponse:
    """The link; a form that is sent renews it, and the old one opens nothing any more."""
    one = get_object_or_404(Patient, pk=patient)
    if request.method == "POST":
        renew(one)
        messages.success(request, _("The link is new. The old one opens nothing any more."))
        return redirect("own_link", one.pk)
    address = request.build_absolute_uri(reverse("own", args=[one.link]))
    return render(request, "workstation/own_link.html", {"patient": one, "address": address})


urlpatterns = [path("patients/<int:patient>/own-page/", own_link, name="own_link")]
RULES = {"own_link": Rule(CARERS, CARERS)}
TABS = (("own_link", gettext_lazy("Patient's page")),)
