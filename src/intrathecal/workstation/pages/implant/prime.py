"""The prime of a pump as it was implanted or revised: what it fills, and the course of the drug at the tip."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from intrathecal.care.given import amount
from intrathecal.catalogue import LEVELS, load_catalogue
from intrathecal.programmer.priming import PrimePlan
from intrathecal.programmer.priming import prime as plan_prime
from intrathecal.quantities import InputError, Quantity
from intrathecal.therapy import Program as Wanted
from intrathecal.therapy import ProgramError, Therapy
from intrathecal.therapy.actions import Primed
from intrathecal.workstation.clinic.catheters import plan_of
from intrathecal.workstation.clinic.models import Catheter, Implant, Patient, Refill
from intrathecal.workstation.clinic.running import Missing, pump_of
from intrathecal.workstation.clinic.units import UL_PER_ML
from intrathecal.workstation.live import writing
from intrathecal.workstation.pages.fields import ConcentrationField, NumberField, say_what_is_missing
from intrathecal.workstation.pages.implant import course

#: Between two drugs of a fluid; a comma between digits is a decimal one.
BETWEEN = re.compile(r"\s*(?:;|,(?!\d))\s*")
LONGEST_MIN, MOST_DRUGS, LONGEST, TENTHS = 24 * 60, 6, 200, 10
#: A therapy file that nobody has seen is not named.
IN_FILE = re.compile(rf"^{writing.NAME}(?:, line \d+)?: ")
#: How `writing.composed` writes a program; a pump of one flow has none.
PROGRAM = '[program]\ntext = """\n%s\n"""\n'
#: What is empty, as a therapy file has it.
EMPTY: dict[Primed, object] = {
    "no": gettext_lazy("tubing and catheter: a new pump"),
    "tubing": gettext_lazy("the catheter: tubing holds the fluid"),
}


class PrimeForm(forms.Form):
    """What a prime is made of. After `is_valid`, ``plan`` is its course."""

    fluid = forms.CharField(
        label=gettext_lazy("Fluid in the pump"),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"size": 36, "autocomplete": "off"}),
        help_text=gettext_lazy("Drugs with their concentrations: morphine 10 mg/mL; bupivacaine 15 mg/mL."),
    )
    empty = forms.ChoiceField(label=gettext_lazy("Empty is"), choices=list(EMPTY.items()))
    over = NumberField(
        label=gettext_lazy("Time to prime"),
        unit="min",
        parts=TENTHS,
        least=0,
        most=LONGEST_MIN,
        required=False,
        help_text=gettext_lazy("Empty: as fast as the pump runs."),
    )
    program = forms.CharField(
        label=gettext_lazy("Program after the prime"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("Such as 2 mg/day. Empty: it stands still."),
    )

    def __init__(self, implant: Implant, *given: Any, **named: Any) -> None:
        self.implant = implant
        self.plan: PrimePlan | None = None
        super().__init__(*given, **named)
        say_what_is_missing(self)
        if pump_of(implant).kind != "programmable":
            del self.fields["program"]

    @classmethod
    def begun(cls, implant: Implant) -> PrimeForm:
        """What is in the records: the last fill of this pump or the one before, and the program; not bound without a fill."""
        last = Refill.objects.filter(implant__patient=implant.patient).exclude(drugs={}).first()
        if last is None:
            return cls(implant)
        form = cls(implant, _begun(implant, last))
        return form if form.is_valid() else cls(implant, initial=form.data)

    def clean_fluid(self) -> dict[str, str]:
        """Concentrations by drug."""
        label: dict[str, str] = {}
        for part in BETWEEN.split(" ".join(self.cleaned_data["fluid"].split()).strip(" ;,")):
            name, _space, strength = part.partition(" ")
            if name not in load_catalogue().drugs:
                raise ValidationError(_("the catalogue has no drug “%s”; write it as in morphine 10 mg/mL") % name)
            if name in label:
                raise ValidationError(_("%s stands twice; write it once") % name)
            if not strength:
                raise ValidationError(_("%s has no concentration; write it as in morphine 10 mg/mL") % name)
            label[name] = ConcentrationField().clean(strength)
        if len(label) > MOST_DRUGS:
            raise ValidationError(_("these are more drugs than a pump holds; write at most %d") % MOST_DRUGS)
        return label

    def clean_program(self) -> str:
        """A program of the language; nothing is a pump that stands."""
        text = str(self.cleaned_data["program"]).replace("\r\n", "\n").strip()
        try:
            return str(Wanted.parse(text)) if text else "stop"
        except ProgramError as problem:
            raise ValidationError(str(problem)) from None

    def clean(self) -> dict[str, Any]:
        """Reckon it, where every field is right by itself."""
        told = super().clean() or {}
        if not self.errors:
            over = told["over"]
            lasts = Quantity(Decimal(over) / TENTHS, "min", "duration") if over else None
            try:
                self.plan = plan_prime(self._therapy(told), lasts)
            except InputError as problem:
                self.add_error(None, IN_FILE.sub("", str(problem)))
        return told

    def _therapy(self, told: dict[str, Any]) -> Therapy:
        """A therapy with this pump and catheter, just filled. Raises `InputError`."""
        implant, pump, laid = self.implant, pump_of(self.implant), self.implant.catheters.first()
        if laid is None:
            raise Missing(_("no catheter is in the record: store it first"))
        # Where the tip lies changes nothing of what arrives there.
        catheter = plan_of(laid) or plan_of(Catheter(tip_level=LEVELS[0], segments=laid.segments))
        if catheter is None:
            raise Missing(_("the pieces of the catheter are not in the record: store them as a revision"))
        program, full_uL = told.get("program", "stop"), round(pump.reservoir_volume.exact * UL_PER_ML)
        text = writing.composed(
            implant.patient, implant, told["fluid"], program, filled_uL=full_uL, filled_at=timezone.now()
        )
        if "program" not in self.fields:
            text = text.replace(PROGRAM % program, "", 1)
        plan = writing.therapy_of(text.replace('tip = ""', f'tip = "{LEVELS[0]}"', 1))
        fill = None if plan.fill is None else replace(plan.fill, primed=told["empty"])
        return replace(plan, catheter=catheter, fill=fill)


def _begun(implant: Implant, last: Refill) -> dict[str, str]:
    """As it would be typed."""
    own, programs = implant.catheters.count(), implant.patient.programs.exclude(text="").exclude(begins_at=None)
    program = programs.order_by("-begins_at", "-pk").first()
    begun = {"empty": "tubing" if own > 1 and last.implant_id == implant.pk else "no", "program": ""}
    begun["fluid"] = "; ".join(f"{drug} {strength}" for drug, strength in last.drugs.items())
    if program is not None:
        with suppress(InputError):
            begun["program"] = str(writing.therapy_of(program.text).program or "")
    return begun


@dataclass(frozen=True)
class Given:
    """What of one drug arrives during the prime, and what is missing after it, in its customary unit."""

    drug: str
    during: str
    missing: str


def given(plan: PrimePlan) -> list[Given]:
    """By drug."""
    known = load_catalogue().drugs
    return [
        Given(drug, amount(Fraction(ug), known[drug]), amount(Fraction(plan.missing_ug[drug]), known[drug]))
        for drug, ug in plan.during_ug.items()
    ]


@require_safe
def prime(request: HttpRequest, patient: int) -> HttpResponse:
    """What is asked for, or what the records say; nothing is stored."""
    one = get_object_or_404(Patient, pk=patient)
    implant = get_object_or_404(one.implants, explanted_on=None)
    try:
        form = PrimeForm(implant, request.GET) if "fluid" in request.GET else PrimeForm.begun(implant)
    except Missing as problem:
        messages.error(request, str(problem))
        return redirect("implant", patient)
    context: dict[str, Any] = {"patient": one, "implant": implant, "form": form}
    if form.is_valid() and form.plan is not None:
        plan = form.plan
        context |= {
            "plan": plan,
            "at_end": round(course.PERCENT * plan.fraction_at_end),
            "full_h": None if plan.low_until_min is None else plan.low_until_min / course.MIN_PER_H,
            "given": given(plan),
            "pictures": course.pictures(plan),
            "rows": course.rows(plan),
        }
    status = 422 if form.errors else 200
    return render(request, "workstation/implant/prime.html", context, status=status)
