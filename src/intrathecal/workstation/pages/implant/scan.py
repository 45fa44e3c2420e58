"""The checklist after an MRI: a scan and what was found after it, and later what was still open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from intrathecal.catalogue import Pump
from intrathecal.quantities import InputError
from intrathecal.workstation.clinic import scans, stalls, trail
from intrathecal.workstation.clinic.models import Implant, Patient, Scan, User
from intrathecal.workstation.clinic.noting import note
from intrathecal.workstation.clinic.running import Missing, pump_of
from intrathecal.workstation.clinic.scans import GIVES_AGAIN, Check, Seen
from intrathecal.workstation.clinic.templatetags.clinical import moment
from intrathecal.workstation.pages.fields import MomentField, say_what_is_missing

#: A patient who was longer in the field than this was not: a day was mistyped.
LONGEST = timedelta(hours=12)


class ChecksForm(forms.Form):
    """One question for each of ``checks``, and when the pump gave again where one of them asks whether it does."""

    resumed = MomentField(label=gettext_lazy("The pump gave again"), required=False)

    def __init__(self, pump: Pump, checks: list[Check], data: Any = None) -> None:
        self.checks = checks
        super().__init__(data)
        self.gives_again = GIVES_AGAIN.get(pump.mri, "")
        if self.gives_again not in {check.name for check in checks}:
            del self.fields["resumed"]
        else:
            self.fields["resumed"].help_text = _(
                "By its log, or when a reading after the reset showed it; empty while unknown."
            )
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

    @property
    def began(self) -> datetime | None:
        """Since when the patient was in the field."""
        raise NotImplementedError

    def found(self) -> dict[str, tuple[str, str]]:
        """State and note of each check."""
        told = self.cleaned_data
        return {check.name: (told[check.name], told[f"{check.name}_note"]) for check in self.checks}

    def clean(self) -> dict[str, Any]:
        """What is not as it should be is described, and a pump that gives has done so since some moment."""
        told = super().clean() or {}
        for check in self.checks:
            if told.get(check.name) in (Seen.WRONG, Seen.NOT_YET) and not told.get(f"{check.name}_note"):
                self.add_error(f"{check.name}_note", _("write what was found, or when it will be done, and by whom"))
        if "resumed" in self.fields and "resumed" not in self.errors:
            self._check_resumed(told.get("resumed"), told.get(self.gives_again))
        return told

    def _check_resumed(self, resumed: datetime | None, state: str | None) -> None:
        if resumed is None:
            if state == str(Seen.CLEAR):
                self.add_error(
                    "resumed", _("below it is as it should be: write since when, or choose “not done yet” there")
                )
        elif resumed > timezone.now():
            self.add_error("resumed", _("this is still to come; write when it did, or leave this empty"))
        elif self.began is not None and resumed < self.began:
            self.add_error("resumed", _("the scan began at %s; write a time after that") % moment(self.began))
        elif state == str(Seen.NOT_YET):
            self.add_error("resumed", _("below it is not done yet: leave this empty, or say there what was found"))


class ScanForm(ChecksForm):
    """The scan, and what was found after it."""

    began_at = MomentField(label=gettext_lazy("In the field from"))
    ended_at = MomentField(label=gettext_lazy("until"))
    what = forms.CharField(
        label=gettext_lazy("Field strength, and what was scanned"),
        max_length=120,
        help_text=gettext_lazy("1.5 T, lumbar spine; for example."),
    )
    field_order = ("began_at", "ended_at", "what", "resumed")

    def __init__(self, implant: Implant, data: Any = None) -> None:
        self.implant = implant
        last = implant.refills.first()
        pump = pump_of(implant)
        super().__init__(pump, scans.checks(pump, last.drugs if last else {}), data)

    @property
    def began(self) -> datetime | None:
        """As it is typed."""
        return self.cleaned_data.get("began_at")

    def clean_began_at(self) -> datetime:
        """Since the pump is in."""
        began: datetime = self.cleaned_data["began_at"]
        if timezone.localdate(began) < self.implant.implanted_on:
            raise ValidationError(
                _("the pump was implanted on %s; write a time after that") % self.implant.implanted_on.isoformat()
            )
        return began

    def clean_ended_at(self) -> datetime:
        """After it began, not ahead, and on the same day."""
        ended: datetime = self.cleaned_data["ended_at"]
        if ended > timezone.now():
            raise ValidationError(_("this is still to come; write when the scan ended"))
        if self.began is not None and ended <= self.began:
            raise ValidationError(_("it began at %s; write a time after that") % moment(self.began))
        if self.began is not None and ended - self.began > LONGEST:
            raise ValidationError(_("it began at %s, long before this; look at both days") % moment(self.began))
        return ended

    def clean(self) -> dict[str, Any]:
        """No scan twice."""
        told = super().clean()
        if told.get("began_at") and told.get("ended_at"):
            same = scans.overlapping(self.implant, told["began_at"], told["ended_at"])
            if same is not None:
                self.add_error(
                    "began_at",
                    _("a scan until %s is in the record already: answer what is open after it") % moment(same.ended_at),
                )
        return told

    def store(self, by: User) -> Scan:
        """The scan, the answers, and a note. After `is_valid`."""
        told = self.cleaned_data
        scan = Scan.objects.create(
            implant=self.implant,
            what=told["what"],
            began_at=told["began_at"],
            ended_at=told["ended_at"],
            resumed_at=told.get("resumed"),
            by=by,
        )
        _keep(scan, self, by, told["ended_at"])
        return scan


class OpenForm(ChecksForm):
    """What is still open after a ``scan``; what is answered here has been found since."""

    def __init__(self, scan: Scan, data: Any = None) -> None:
        self.scan = scan
        pump, last = pump_of(scan.implant), scan.implant.refills.first()
        still = {answer.check_name for answer in scans.looked_at(scan).open}
        known = scans.checks(pump, last.drugs if last else {})
        super().__init__(pump, [check for check in known if check.name in still], data)
        if "resumed" in self.fields and scan.resumed_at is not None:
            self.initial["resumed"] = scan.resumed_at

    @property
    def began(self) -> datetime | None:
        """As it is in the record; one that did not ask says when it ended."""
        return self.scan.began_at or self.scan.ended_at

    def store(self, by: User) -> Scan:
        """The answers and a note. After `is_valid`."""
        if "resumed" in self.fields:
            self.scan.resumed_at = self.cleaned_data["resumed"]
            self.scan.save()
        _keep(self.scan, self, by, timezone.now())
        return self.scan


def _keep(scan: Scan, form: ChecksForm, by: User, at: datetime) -> None:
    scans.answer(scan, form.found(), timezone.localdate(), by)
    open_ = [check.text for check in form.checks if form.cleaned_data[check.name] != Seen.CLEAR]
    said = [scan.what, _("open: %s") % " ".join(open_) if open_ else _("all as it should be")]
    if scan.resumed_at is not None:
        said += filter(None, [_missed(scan)])
    note(scan.implant.patient, by, "MRI", "; ".join(said), at)


def _missed(scan: Scan) -> str:
    """What the scan cost, in words; empty where that cannot be reckoned."""
    try:
        stall = stalls.stall(scan, timezone.now())
    except InputError:
        return ""
    doses = ", ".join(f"{one.drug.name} {one.amount}" for one in stall.missed)
    return _("the pump stood for %(minutes)d min, not given: %(doses)s") % {
        "minutes": stall.minutes,
        "doses": doses or "–",
    }


def scan(request: HttpRequest, patient: int) -> HttpResponse:
    """Asked, or answered."""
    implant = _standing(request, patient)
    try:
        form = ScanForm(implant, request.POST if request.method == "POST" else None)
    except Missing as problem:
        messages.error(request, str(problem))
        return redirect("implant", patient)
    return _page(request, implant, form, _("After an MRI"))


def still(request: HttpRequest, patient: int, scan: int) -> HttpResponse:
    """What is open after a scan: asked, or answered."""
    implant = _standing(request, patient)
    one = get_object_or_404(implant.scans, pk=scan)
    try:
        form = OpenForm(one, request.POST if request.method == "POST" else None)
    except Missing as problem:
        messages.error(request, str(problem))
        return redirect("implant", patient)
    if not form.checks:
        messages.info(request, _("Nothing is open after this scan."))
        return redirect("implant", patient)
    return _page(request, implant, form, _("Open after the MRI of %s") % moment(one.ended_at))


def _standing(request: HttpRequest, patient: int) -> Implant:
    """The pump; the patient is held where something is changed, so that nobody stores the same scan twice."""
    if request.method == "POST":
        get_object_or_404(trail.locked(Patient), pk=patient)
    return get_object_or_404(Implant.objects.select_related("patient"), patient=patient, explanted_on=None)


def _page(request: HttpRequest, implant: Implant, form: ScanForm | OpenForm, title: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        _say(request, scans.looked_at(form.store(request.user)))
        return redirect("implant", implant.patient_id)
    context = {
        "patient": implant.patient,
        "implant": implant,
        "form": form,
        "title": title,
        "aid": scans.aid_of(pump_of(implant)),
        "when": [form[name] for name in ("began_at", "ended_at", "what", "resumed") if name in form.fields],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "workstation/implant/scan.html", context, status=status)


def _say(request: HttpRequest, looked: scans.Looked) -> None:
    count = len(looked.open)
    if count:
        words = ngettext(
            "The answers are stored; %d point is open.", "The answers are stored; %d points are open.", count
        )
        messages.warning(request, words % count)
    else:
        messages.success(request, _("The answers are stored; all is as it should be."))
