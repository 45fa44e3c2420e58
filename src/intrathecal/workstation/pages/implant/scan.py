"""The checklist after an MRI."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.workstation.clinic import scans
from intrathecal.workstation.clinic.models import Answer, Implant, Note
from intrathecal.workstation.clinic.running import Missing, pump_of
from intrathecal.workstation.clinic.scans import CHECKLIST, Check, Seen
from intrathecal.workstation.pages.fields import MomentField, say_what_is_missing


class ScanForm(forms.Form):
    """The scan, and one question for each of ``checks``."""

    ended = MomentField(label=gettext_lazy("The scan ended"))
    what = forms.CharField(
        label=gettext_lazy("Field strength, and what was scanned"),
        max_length=120,
        help_text=gettext_lazy("1.5 T, lumbar spine; for example."),
    )

    def __init__(self, implant: Implant, checks: list[Check], data: Any = None) -> None:
        self.implant, self.checks = implant, checks
        super().__init__(data)
        for check in checks:
            self.fields[check.name] = forms.ChoiceField(
                label=check.text, choices=Seen.choices, widget=forms.RadioSelect
            )
            self.fields[f"{check.name}_note"] = forms.CharField(label=_("Note"), max_length=400, required=False)
        say_what_is_missing(self)

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """What was found, and the note on it."""
        return [(self[check.name], self[f"{check.name}_note"]) for check in self.checks]

    def clean_ended(self) -> Any:
        """Since the pump is in, and not ahead."""
        ended = self.cleaned_data["ended"]
        if ended > timezone.now():
            raise ValidationError(_("this is still to come; write when the scan ended"))
        if timezone.localdate(ended) < self.implant.implanted_on:
            raise ValidationError(
                _("the pump was implanted on %s; write a time after that") % self.implant.implanted_on.isoformat()
            )
        return ended

    def clean(self) -> dict[str, Any]:
        """What is not as it should be is described."""
        told = super().clean() or {}
        for check in self.checks:
            if told.get(check.name) in (Seen.WRONG, Seen.NOT_YET) and not told.get(f"{check.name}_note"):
                self.add_error(f"{check.name}_note", _("write what was found, or when it will be done, and by whom"))
        return told


def scan(request: HttpRequest, patient: int) -> HttpResponse:
    """Asked, or answered."""
    standing = Implant.objects.select_related("patient").filter(patient=patient, explanted_on=None)
    implant = get_object_or_404(standing)
    try:
        pump = pump_of(implant)
    except Missing as problem:
        messages.error(request, str(problem))
        return redirect("implant", patient)
    last = implant.refills.first()
    form = ScanForm(implant, scans.checks(pump, last.drugs if last else {}), request.POST or None)
    if request.method == "POST" and form.is_valid():
        _store(request, implant, form)
        return redirect("implant", patient)
    context = {"patient": implant.patient, "implant": implant, "form": form, "aid": scans.aid_of(pump)}
    status = 422 if request.method == "POST" else 200
    return render(request, "workstation/implant/scan.html", context, status=status)


def _store(request: HttpRequest, implant: Implant, form: ScanForm) -> None:
    told, today = form.cleaned_data, timezone.localdate()
    for check in form.checks:
        Answer.objects.create(
            patient=implant.patient,
            checklist=CHECKLIST,
            check_name=check.name,
            state=told[check.name],
            note=told[f"{check.name}_note"],
            on=today,
            by=request.user,
        )
    open_ = [check.text for check in form.checks if told[check.name] != Seen.CLEAR]
    said = _("all as it should be") if not open_ else _("open: %s") % " ".join(open_)
    Note.objects.create(
        patient=implant.patient, at=told["ended"], by=request.user, kind="MRI", text=f"{told['what']}; {said}"
    )
    if open_:
        messages.warning(request, _("The answers are stored; %d points are open.") % len(open_))
    else:
        messages.success(request, _("The answers are stored; all is as it should be."))
