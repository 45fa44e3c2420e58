"""A sheet for whoever makes the next fill, ahead of the refill: nothing of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from intrathecal.catalogue import load_catalogue
from intrathecal.programmer.compounding import Recipe
from intrathecal.quantities import InputError
from intrathecal.workstation.clinic import compounding
from intrathecal.workstation.clinic.models import Implant, Patient
from intrathecal.workstation.clinic.running import pump_of, running
from intrathecal.workstation.clinic.units import UL_PER_ML
from intrathecal.workstation.pages.fields import ConcentrationField, NumberField, say_what_is_missing
from intrathecal.workstation.pages.refill.forms import MOST_DRUGS, drug_field, read_label

if TYPE_CHECKING:
    from intrathecal.workstation.pages.refill.draft import Draft

#: Options of the command line that a sum names, and what stands on this page instead.
OPTIONS = {
    "--stock": gettext_lazy("Stock"),
    "--daily": gettext_lazy("Drug"),
    "--volume": gettext_lazy("Volume"),
    "--flow": gettext_lazy("Flow"),
}


class CompoundForm(forms.Form):
    """The fill that is wanted, and the solutions at hand."""

    def __init__(self, implant: Implant, asked: Any) -> None:
        self.implant = implant
        last = implant.refills.first()
        most = pump_of(implant).reservoir_volume.exact
        label = list(last.drugs.items()) if last else []
        begin: dict[str, Any] = {"volume": f"{float(most):g}"}
        for number, (drug, much) in enumerate(label[:MOST_DRUGS], start=1):
            begin |= {f"drug_{number}": drug, f"strength_{number}": much}
        super().__init__(asked or begin)
        self.fields["volume"] = NumberField(
            label=_("Volume of the fill"), unit="mL", parts=UL_PER_ML, least=0, most=int(most)
        )
        for number in range(1, MOST_DRUGS + 1):
            words = {"number": number}
            self.fields[f"drug_{number}"] = drug_field(number)
            for name, said in (("strength", _("Concentration %(number)d")), ("stock", _("Stock at hand %(number)d"))):
                self.fields[f"{name}_{number}"] = ConcentrationField(label=said % words, required=False)
        say_what_is_missing(self)

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Drug, concentration and stock, side by side."""
        numbers = range(1, MOST_DRUGS + 1)
        return [(self[f"drug_{number}"], self[f"strength_{number}"], self[f"stock_{number}"]) for number in numbers]

    def clean(self) -> dict[str, Any]:
        """Adds the whole ``label`` and the ``stocks``."""
        told = super().clean() or {}
        if told.get("volume") == 0:
            self.add_error("volume", _("0 mL is no fill; write what is filled in"))
        told["label"] = read_label(self, told)
        told["stocks"] = {}
        for number in range(1, MOST_DRUGS + 1):
            drug, stock = told.get(f"drug_{number}"), told.get(f"stock_{number}")
            if stock and not drug:
                self.add_error(f"drug_{number}", _("choose the drug of this stock"))
            elif stock:
                told["stocks"][drug] = stock
        return told

    def recipe(self) -> Recipe | None:
        """How it is made; None with a message where it cannot be."""
        told = self.cleaned_data
        try:
            now = running(self.implant)
            return compounding.recipe(now, timezone.now(), told["volume"], told["label"], told["stocks"])
        except InputError as problem:
            self.add_error(None, _("It cannot be reckoned: %s") % _plain(str(problem)))
            return None


def _plain(text: str) -> str:
    for option, said in OPTIONS.items():
        text = text.replace(option, str(said))
    return text


def asked_for(draft: Draft) -> str:
    """The query of the sheet for the fill of a refill that is being done."""
    volume = draft.said("volume").get("filled") or draft.reservoir_uL
    query = {"volume": f"{volume / UL_PER_ML:g}"}
    for number, (drug, much) in enumerate(draft.label.items(), start=1):
        query |= {f"drug_{number}": drug, f"strength_{number}": much}
    return urlencode(query)


@require_safe
def sheet(request: HttpRequest, patient: int) -> HttpResponse:
    """The sheet: of the fill that is in the pump now, or of the one that is asked for."""
    one = get_object_or_404(Patient, pk=patient)
    implant = one.standing
    context: dict[str, Any] = {"patient": one, "implant": implant, "known": False}
    if implant is None or implant.model not in load_catalogue().pumps:
        return render(request, "workstation/refill/compounding.html", context)
    form = CompoundForm(implant, request.GET)
    made = form.recipe() if form.is_valid() else None
    context |= {"known": True, "form": form, "recipe": None if made is None else compounding.kept(made)}
    if made is not None:
        context["days"] = float(made.days)
    status = 200 if made is not None or not request.GET else 422
    return render(request, "workstation/refill/compounding.html", context, status=status)
