"""What is asked about an operation."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.catalogue import LEVELS, load_catalogue
from intrathecal.workstation.clinic.catheters import (
    AT_PUMP,
    AT_TIP,
    CatheterError,
    Piece,
    choices,
    piece,
    volume_nL,
)
from intrathecal.workstation.clinic.models import Catheter, Implant, Patient
from intrathecal.workstation.clinic.udi import Udi, UdiError, read
from intrathecal.workstation.clinic.units import MM_PER_CM, NL_PER_ML, NL_PER_UL, UL_PER_ML
from intrathecal.workstation.pages.fields import NumberField, PastField, say_what_is_missing

#: The widest range of what is pushed through tubing and catheter, mL; and how far from what they hold it may be.
MOST_PURGE, TIMES = 3, 5
LONGEST_CM = 150
#: What stands in the form for a level that nobody knows.
UNKNOWN = "unknown"


def pumps() -> list[tuple[str, str]]:
    """Pumps that are implanted, by name."""
    entries = load_catalogue().pumps.values()
    return [("", "–"), *((pump.name, pump.title) for pump in entries if pump.kind != "external")]


def levels() -> list[tuple[str, str]]:
    """Levels of the spine, and that nobody knows it."""
    return [("", "–"), *((level, level) for level in LEVELS), (UNKNOWN, _("not known: no X-ray was seen"))]


def purge_field(help_text: Any) -> NumberField:
    """What was drawn off or pushed through, kept in uL."""
    return NumberField(
        label=gettext_lazy("Purge volume"),
        unit="mL",
        parts=UL_PER_ML,
        least=0,
        most=MOST_PURGE,
        required=False,
        help_text=help_text,
    )


class PumpForm(forms.Form):
    """A pump that was implanted in ``patient``, no earlier than ``since``."""

    model = forms.ChoiceField(label=gettext_lazy("Pump"), choices=pumps)
    udi = forms.CharField(
        label=gettext_lazy("UDI as scanned"),
        widget=forms.TextInput(attrs={"size": 44, "autocomplete": "off"}),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Scan the label, or write it with its brackets: (01)…(17)…(21)…"),
    )
    serial = forms.CharField(
        label=gettext_lazy("Serial number"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("As it stands on the pump; taken from the UDI where that has it."),
    )
    pocket = forms.CharField(
        label=gettext_lazy("Pocket"), max_length=60, help_text=gettext_lazy("Left abdomen, for example.")
    )
    implanted_on = PastField(label=gettext_lazy("Implanted on"))
    purge = purge_field(gettext_lazy("What was pushed through tubing and catheter to fill them."))

    def __init__(self, patient: Patient, since: date, data: Any = None) -> None:
        self.patient, self.since = patient, since
        super().__init__(data)
        say_what_is_missing(self)

    def clean_implanted_on(self) -> date:
        """Not before what came before."""
        on: date = self.cleaned_data["implanted_on"]
        if on < self.since:
            raise ValidationError(_("this is too early; write a day from %s on") % self.since.isoformat())
        return on

    def clean_udi(self) -> Udi | None:
        """The code, read."""
        text = self.cleaned_data["udi"]
        if not text:
            return None
        try:
            return read(text)
        except UdiError as problem:
            raise ValidationError(str(problem)) from None

    def clean(self) -> dict[str, Any]:
        """Serial number and UDI say the same, and nobody else has this pump."""
        told = super().clean() or {}
        code, typed = told.get("udi"), "".join(str(told.get("serial") or "").split())
        on = told.get("implanted_on")
        if code and code.made and on and code.made > on:
            self.add_error(
                "udi",
                _(
                    "it says that the pump was made on %s, after it was implanted: read the label again, or correct the day"
                )
                % code.made.isoformat(),
            )
        scanned = code.serial if code else ""
        if typed and scanned and typed.casefold() != scanned.casefold():
            self.add_error(
                "serial",
                _(
                    "%(typed)s is not the serial number %(scanned)s of the UDI: look at the pump, and correct the wrong one"
                )
                % {"typed": typed, "scanned": scanned},
            )
        serial = typed or scanned
        if not serial and "udi" not in self.errors:
            self.add_error("serial", _("write the serial number, or scan a UDI that has it"))
        other = Implant.objects.filter(serial__iexact=serial, model=told.get("model")).first() if serial else None
        if other is not None:
            words = {"serial": serial, "number": other.patient.number}
            self.add_error(
                "serial", _("the pump %(serial)s is in the record of patient %(number)s: read the number again") % words
            )
        told["serial"] = serial
        return told

    def record(self) -> Implant:
        """The pump as a record that is not stored yet."""
        told = self.cleaned_data
        code: Udi | None = told["udi"]
        return Implant(
            patient=self.patient,
            model=told["model"],
            serial=told["serial"],
            udi=code.text if code else "",
            pocket=told["pocket"],
            implanted_on=told["implanted_on"],
            purge_uL=told["purge"],
        )


class CatheterForm(forms.Form):
    """The pieces of a catheter, what was trimmed off each, and where its tip lies."""

    at_pump = forms.ChoiceField(
        label=gettext_lazy("Piece at the pump"),
        choices=lambda: [("", gettext_lazy("none: one piece")), *choices(AT_PUMP)],
        required=False,
    )
    at_pump_trimmed = NumberField(
        label=gettext_lazy("Trimmed off the piece at the pump"),
        unit="cm",
        parts=MM_PER_CM,
        least=0,
        most=LONGEST_CM,
        required=False,
    )
    at_tip = forms.ChoiceField(label=gettext_lazy("Piece in the spine"), choices=lambda: [("", "–"), *choices(AT_TIP)])
    at_tip_trimmed = NumberField(
        label=gettext_lazy("Trimmed off the piece in the spine"),
        unit="cm",
        parts=MM_PER_CM,
        least=0,
        most=LONGEST_CM,
        required=False,
    )
    tip_level = forms.ChoiceField(label=gettext_lazy("Level of the tip"), choices=levels)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        say_what_is_missing(self)

    def clean(self) -> dict[str, Any]:
        """Adds the ``pieces``, from the pump to the tip, and what they hold, ``dead_nL``."""
        told = super().clean() or {}
        if told.get("tip_level") == UNKNOWN:
            told["tip_level"] = ""
        if "at_pump" in self.errors or not told.get("at_tip"):
            return told
        keys = [key for key in ("at_pump", "at_tip") if told.get(key)]
        pieces = [piece(told[key], told.get(f"{key}_trimmed") or 0) for key in keys]
        whole = pieces[-1].segment.name == "whole"
        if whole and len(pieces) > 1:
            self.add_error("at_pump", _("the piece in the spine is a whole catheter; choose none here"))
        elif not whole and len(pieces) == 1:
            self.add_error("at_pump", _("the piece in the spine needs one at the pump; choose it"))
        if not told.get("at_pump") and told.get("at_pump_trimmed"):
            self.add_error("at_pump_trimmed", _("there is no piece here to trim; leave it empty"))
        for key, one in zip(keys, pieces, strict=True):
            self._check(f"{key}_trimmed", one)
        if self.errors:
            return told
        try:
            told |= {"pieces": pieces, "dead_nL": volume_nL(pieces)}
        except CatheterError as problem:
            self.add_error("at_tip", str(problem))
        return told

    def _check(self, field: str, one: Piece) -> None:
        """Something of a piece is left."""
        if field not in self.errors and one.trimmed_mm >= one.length_mm:
            words = {"length": one.segment.length, "trimmed": one.trimmed_mm / MM_PER_CM}
            self.add_error(
                field, _("%(trimmed)g cm of %(length)s leave nothing; write what was cut off, in cm") % words
            )

    @staticmethod
    def as_it_is(laid: Catheter | None) -> dict[str, Any]:
        """What to begin with: the catheter as it was left."""
        if laid is None:
            return {}
        begun: dict[str, Any] = {"tip_level": laid.tip_level or UNKNOWN}
        for one in laid.segments:
            place = "at_pump" if one.get("segment") in AT_PUMP else "at_tip"
            begun |= {
                place: f"{one['model']}/{one.get('segment', '')}",
                f"{place}_trimmed": f"{one['trimmed_mm'] / MM_PER_CM:g}",
            }
        return begun


class WhyForm(forms.Form):
    """Why a catheter was operated on or a pump was taken out; the day is asked where nothing else says it."""

    why = forms.CharField(label=gettext_lazy("Why"), max_length=200)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        say_what_is_missing(self)


class OnForm(WhyForm):
    """When and why, no earlier than ``since``."""

    on = PastField(label=gettext_lazy("On"))
    field_order = ("on", "why")

    def __init__(self, since: date, data: Any = None) -> None:
        self.since = since
        super().__init__(data)

    def clean_on(self) -> date:
        """Not before what came before."""
        on: date = self.cleaned_data["on"]
        if on < self.since:
            raise ValidationError(_("this is too early; write a day from %s on") % self.since.isoformat())
        return on


class RevisionForm(OnForm):
    """When and why a catheter was operated on, and what was purged."""

    purge = purge_field(gettext_lazy("What was drawn off or pushed through before the catheter was connected again."))


def check_purge(form: forms.Form, held_nL: int) -> None:
    """A purge volume far from what tubing and catheter hold is a slip of the key."""
    purge = form.cleaned_data.get("purge")
    if purge is None or held_nL / TIMES <= purge * NL_PER_UL <= held_nL * TIMES:
        return
    words = {"purge": purge / UL_PER_ML, "held": held_nL / NL_PER_ML}
    form.add_error(
        "purge", _("%(purge)g mL does not fit: tubing and catheter hold %(held).3f mL; correct the point") % words
    )
