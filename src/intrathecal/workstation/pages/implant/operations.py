"""Implantation, revision, replacement and explantation, each on a page."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic import surgery, trail
from intrathecal.workstation.clinic.catheters import tubing_nL
from intrathecal.workstation.clinic.models import Implant, Patient
from intrathecal.workstation.pages.implant.forms import CatheterForm, OnForm, PumpForm, WhyForm, check_purge


def new(request: HttpRequest, patient: int) -> HttpResponse:
    """A pump and a catheter, where there is no pump."""
    one = _patient(request, patient)
    if one.implants.filter(explanted_on=None).exists():
        messages.error(request, _("A pump is implanted: replace it, or explant it first."))
        return redirect("implant", patient)
    last = one.implants.first()
    data = request.POST if request.method == "POST" else None
    pump, catheter = PumpForm(one, (last and last.explanted_on) or one.born, data), CatheterForm(data)
    if data is not None and all([pump.is_valid(), catheter.is_valid()]):
        told = catheter.cleaned_data
        check_purge(pump, told["dead_nL"] + (tubing_nL(pump.cleaned_data["model"]) or 0))
        if pump.is_valid():
            implant = pump.record()
            surgery.implant(implant)
            surgery.lay(implant, told["pieces"], told["tip_level"], implant.implanted_on, "")
            return _done(request, patient, _("The pump and its catheter are in the record."))
    groups = [(_("Pump"), pump), (_("Catheter"), catheter)]
    return _page(request, one, _("Implant a pump"), groups, volumes=True)


def replace(request: HttpRequest, patient: int) -> HttpResponse:
    """Another pump on the same catheter."""
    one = _patient(request, patient)
    old = _standing(one)
    data = request.POST if request.method == "POST" else None
    pump, why = PumpForm(one, old.implanted_on, data), WhyForm(data)
    if data is not None and all([pump.is_valid(), why.is_valid()]):
        laid = old.catheters.first()
        check_purge(pump, (laid.dead_nL if laid else 0) + (tubing_nL(pump.cleaned_data["model"]) or 0))
        if pump.is_valid():
            surgery.replace(old, pump.record(), why.cleaned_data["why"], request.user)
            return _done(request, patient, _("The pump is replaced. The new one has no program and no refill yet."))
    return _page(request, one, _("Replace the pump"), [(_("New pump"), pump), (_("The old one"), why)], old=old)


def revise(request: HttpRequest, patient: int) -> HttpResponse:
    """The catheter after an operation."""
    one = _patient(request, patient)
    standing = _standing(one)
    laid = standing.catheters.first()
    data = request.POST if request.method == "POST" else None
    since = max(standing.implanted_on, laid.placed_on) if laid else standing.implanted_on
    when, catheter = OnForm(since, data), CatheterForm(data, initial=CatheterForm.as_it_is(laid))
    if data is not None and all([when.is_valid(), catheter.is_valid()]):
        told = catheter.cleaned_data
        on, why = when.cleaned_data["on"], when.cleaned_data["why"]
        surgery.revise(standing, told["pieces"], told["tip_level"], on, why, request.user)
        return _done(
            request, patient, _("The catheter is in the record. Tell the pump its new volume, and think of a prime.")
        )
    groups = [(_("Operation"), when), (_("Catheter as it was left"), catheter)]
    return _page(request, one, _("Revise the catheter"), groups, volumes=True, old=standing)


def explant(request: HttpRequest, patient: int) -> HttpResponse:
    """The pump is taken out."""
    one = _patient(request, patient)
    old = _standing(one)
    data = request.POST if request.method == "POST" else None
    when = OnForm(old.implanted_on, data)
    if data is not None and when.is_valid():
        surgery.explant(old, when.cleaned_data["on"], when.cleaned_data["why"])
        return _done(request, patient, _("The pump is out, and its program ended."))
    return _page(request, one, _("Explant the pump"), [(_("Explantation"), when)], old=old)


def _patient(request: HttpRequest, key: int) -> Patient:
    """The patient; held until the request is answered where something is changed."""
    patients = Patient.objects.all() if request.method != "POST" else trail.locked(Patient)
    return get_object_or_404(patients, pk=key)


def _standing(patient: Patient) -> Implant:
    return get_object_or_404(patient.implants, explanted_on=None)


def _done(request: HttpRequest, patient: int, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("implant", patient)


def _page(
    request: HttpRequest, patient: Patient, title: str, groups: list[tuple[str, Form]], **more: object
) -> HttpResponse:
    status = 422 if any(form.is_bound for _name, form in groups) else 200
    context = {"patient": patient, "title": title, "groups": groups, **more}
    return render(request, "workstation/implant/operation.html", context, status=status)
