"""A program that people enter with the maker's programmer: the order to print, and what was read back there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from intrathecal.programmer.confirming import ConfirmationError, read_reason
from intrathecal.programmer.errors import Refused
from intrathecal.quantities import InputError, QuantityError, parse_quantity
from intrathecal.therapy.numbers import with_remedy
from intrathecal.workstation.attaching import attached
from intrathecal.workstation.clinic.models import Implant, Program, User
from intrathecal.workstation.clinic.running import pump_of
from intrathecal.workstation.clinic.templatetags.clinical import moment
from intrathecal.workstation.clinic.units import UL_PER_ML
from intrathecal.workstation.live import by_hand
from intrathecal.workstation.live.looking import Look, look
from intrathecal.workstation.live.stages import OutOfTurn
from intrathecal.workstation.pages.fields import DayField, MomentField, NumberField, say_what_is_missing
from intrathecal.workstation.pages.program import HERE, one_of
from intrathecal.workstation.rules import CARERS, STAFF, Rule

RUNS, NOT, UNKNOWN = "runs", "not", "unknown"


class Outcome(forms.Form):
    """What came of it; what was read back where it runs, and a sentence where it does not or nobody knows."""

    def __init__(self, data: Any, program: Program, implant: Implant, seen: Look) -> None:
        sounding = list(implant.alarms.filter(ended_at=None).values_list("name", flat=True))
        super().__init__(data, initial={"at": timezone.localtime(), "sounding": sounding})
        self.program, self.seen = program, seen
        self.fields["outcome"] = forms.ChoiceField(
            label=_("What became of it"),
            widget=forms.RadioSelect,
            choices=[
                (RUNS, _("It was entered, and the pump was read: it runs")),
                (NOT, _("It was not entered")),
                (UNKNOWN, _("Nobody is certain")),
            ],
        )
        self.fields["at"] = MomentField(label=_("Entered at"), required=False)
        self.fields["daily"] = forms.CharField(
            label=_("Given in a day, as the programmer says; in the mean of a week where days differ"),
            required=False,
            max_length=40,
            widget=forms.TextInput(attrs={"autocomplete": "off", "size": 14, "placeholder": "2.4 mg/day"}),
        )
        most = pump_of(implant).reservoir_volume.canonical
        self.fields["reservoir_mL"] = NumberField(
            label=_("In the reservoir, as the programmer says, mL"),
            unit="mL",
            parts=UL_PER_ML,
            least=0,
            most=round(most),
            required=False,
        )
        self.fields["alarm_on"] = DayField(
            label=_("Day of the low-reservoir alarm, as the programmer says (empty: it says none)"), required=False
        )
        if sounding:
            self.fields["sounding"] = forms.MultipleChoiceField(
                label=_("Alarms that still sound (untick what has ended)"),
                widget=forms.CheckboxSelectMultiple,
                choices=[(name, name) for name in sounding],
                required=False,
            )
        self.fields["why"] = forms.CharField(
            label=_("Why it was not entered, or what is not certain"), required=False, max_length=300
        )
        say_what_is_missing(self)

    def clean(self) -> dict[str, Any]:
        """What each outcome needs."""
        told = super().clean() or {}
        if told.get("outcome") == RUNS:
            self._clean_read_back(told)
        elif "outcome" in told:
            try:
                told["why"] = read_reason(told.get("why", ""), _("Why"))
            except ConfirmationError as problem:
                self.add_error("why", str(problem))
        return told

    def _clean_read_back(self, told: dict[str, Any]) -> None:
        for name in ("at", "daily", "reservoir_mL"):
            if name not in self.errors and told.get(name) in (None, ""):
                self.add_error(name, self.fields[name].error_messages["required"])
        at, since = told.get("at"), by_hand.earliest(self.program)
        if at and at > timezone.now():
            self.add_error("at", _("%s is still to come; write when it was entered") % moment(at))
        elif at and at < since:
            self.add_error(
                "at",
                _("before %s it was not confirmed, or another program began; write a moment after that")
                % moment(since),
            )
        if at and (day := told.get("alarm_on")) and day < timezone.localdate(at):
            self.add_error("alarm_on", _("this is before it was entered; read the programmer again"))
        if told.get("daily"):
            self._clean_daily(told)

    def _clean_daily(self, told: dict[str, Any]) -> None:
        try:
            told["daily"] = daily = parse_quantity(told["daily"], "mass rate", "flow")
        except QuantityError as problem:
            self.add_error("daily", with_remedy(problem))
            return
        if not by_hand.agrees(self.seen, daily):
            words = {"said": daily, "meant": by_hand.meant(self.seen, daily.kind)}
            self.add_error(
                "daily",
                _(
                    "the pump says %(said)s, and this program gives %(meant)s: it is not what was confirmed. Enter it "
                    "again, or say that it is uncertain"
                )
                % words,
            )


def close(form: Outcome, program: Program, implant: Implant, by: User) -> None:
    """Keep what came of it. Raises `OutOfTurn`."""
    told = form.cleaned_data
    if told["outcome"] == NOT:
        by_hand.not_entered(program, implant, told["why"], by)
    elif told["outcome"] == UNKNOWN:
        by_hand.in_doubt(program, implant, told["why"], by)
    else:
        sounding = tuple(told.get("sounding", ()))
        read = by_hand.ReadBack(told["at"], told["daily"], told["reservoir_mL"], told["alarm_on"], sounding)
        by_hand.runs(program, implant, form.seen, read, by)
    program.refresh_from_db()


@require_http_methods(["GET", "POST"])
@transaction.non_atomic_requests
def enter(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """What is to be entered, and a form for what came of it."""
    one = one_of(patient, program)
    try:
        implant = by_hand.check_by_hand(one, one.patient.standing)
        seen = look(one)
        form = Outcome(request.POST if request.method == "POST" else None, one, implant, seen)
        if form.is_valid():
            close(form, one, implant, request.user)
            return _closed(request, one)
    except (OutOfTurn, InputError, Refused) as problem:
        messages.error(request, str(problem))
        return redirect("program", patient, program)
    context = {"patient": one.patient, "program": one, "implant": implant, "seen": seen, "form": form}
    return render(request, "workstation/program_by_hand.html", context, status=400 if form.is_bound else 200)


def _closed(request: HttpRequest, one: Program) -> HttpResponse:
    said = {"in_force": _("In force from %s.") % moment(one.begins_at), "confirmed": _("It is still to be entered.")}
    messages.info(request, said.get(one.state, _("Noted: nobody is certain what the pump runs.")))
    return redirect("program", one.patient_id, one.pk)


@require_GET
@transaction.non_atomic_requests
def order(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """What is to be entered, as a file to print."""
    one = one_of(patient, program)
    try:
        implant = by_hand.check_by_hand(one, one.patient.standing)
        page = by_hand.order(one, implant, look(one))
    except (OutOfTurn, InputError, Refused) as problem:
        messages.error(request, str(problem))
        return redirect("program", patient, program)
    return attached(page, f"to-enter-{one.patient_id}-{one.pk}.html", "text/html; charset=utf-8")


urlpatterns = [
    path(f"{HERE}by-hand/", enter, name="program_by_hand"),
    path(f"{HERE}order/", order, name="program_order"),
]
RULES = {"program_by_hand": Rule(CARERS, CARERS), "program_order": Rule(STAFF)}
