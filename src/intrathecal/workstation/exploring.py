"""A therapy for teaching: what a drug, a dose, a program, a place and a body lead to, without any patient."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from intrathecal.catalogue import Catalogue, Drug, load_catalogue
from intrathecal.quantities import InputError, QuantityError, parse_quantity, rounded
from intrathecal.simulation.api import Run, simulate
from intrathecal.therapy import Program as Wanted
from intrathecal.therapy import ProgramError, TherapyError
from intrathecal.workstation.live.writing import therapy_of

PUMP, CATHETER, REMOVED = "synchromed-ii-20", "ascenda-8781", "31 cm"
#: The first concentration offered lets the first dose offered flow so fast, mL/day: slow enough, and no pump refuses it.
USUAL_FLOW = Fraction(1, 4)
#: So much is a picture of several days, and answers at once; samples every half hour, and after every bolus.
DAYS, EVERY_MS = (1, 2, 3, 5, 7), 1_800_000
LONGEST_PROGRAM = 400
#: More boluses than this in a day would take longer than a page may.
MOST_BOLUSES = 24
CONSTANT, BOLUSES, OWN = "constant", "boluses", "own"
SHAPES = (
    (CONSTANT, _("the same all day")),
    (BOLUSES, _("four boluses a day, nothing but the least flow between them")),
    (OWN, _("as written below")),
)
NAME = "explore"
#: One run at a time, so that strangers never take the clinic's pages more than one processor; who waits longer (s) is told.
ONE_AT_A_TIME, PATIENCE_S = BoundedSemaphore(1), 5


class BusyError(InputError):
    """Others are being answered: the message says to try again."""


class Offered(NamedTuple):
    """What a drug is first offered with."""

    dose: str
    concentration: str


def catalogue() -> Catalogue:
    """The built-in catalogue, no clinic's changes in it."""
    return load_catalogue()


def offered(drug: Drug) -> Offered:
    """A first dose that a guideline of the catalogue names, and a concentration that suits it."""
    limits = [limit for limit in catalogue().limits.values() if limit.drug == drug.name and "start" in limit.name]
    dose = min(
        (of for limit in limits if (of := limit.start_daily_dose or limit.daily_dose)), key=lambda value: value.exact
    )
    unit = drug.customary_mass_unit
    amount = parse_quantity(f"{dose.number} {dose.unit}", "mass rate").to(f"{unit}/day")
    return Offered(f"{rounded(amount, 4)} {unit}/day", f"{rounded(amount / USUAL_FLOW, 4)} {unit}/mL")


class Explored(forms.Form):
    """What somebody would like to see. After `is_valid`, ``run`` is its run."""

    drug = forms.ChoiceField(label=_("Drug"))
    dose = forms.CharField(label=_("Dose a day"), max_length=40)
    concentration = forms.CharField(label=_("Concentration"), max_length=40)
    tip = forms.ChoiceField(label=_("Level of the tip"))
    height = forms.IntegerField(label=_("Height, cm"), min_value=60, max_value=250)
    weight = forms.IntegerField(label=_("Weight, kg"), min_value=8, max_value=350)
    days = forms.TypedChoiceField(label=_("Days"), coerce=int, choices=[(days, str(days)) for days in DAYS])
    shape = forms.ChoiceField(label=_("Program"), choices=SHAPES)
    program = forms.CharField(
        label=_("Program as written"),
        required=False,
        max_length=LONGEST_PROGRAM,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        drugs, levels = catalogue().drugs, catalogue().anatomy.levels
        self.fields["drug"].choices = [(drug.name, drug.title) for drug in drugs.values()]
        self.fields["tip"].choices = [(level.name, level.name) for level in levels]
        self.run: Run | None = None
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                right = ", ".join(str(value) for value, _label in field.choices)
                field.error_messages["invalid_choice"] = _("is “%(value)s”: write one of ") + right

    def clean_dose(self) -> str:
        """A mass a day."""
        return _quantity(self.cleaned_data["dose"], "mass rate")

    def clean_concentration(self) -> str:
        """A mass in a millilitre."""
        return _quantity(self.cleaned_data["concentration"], "concentration")

    def clean_program(self) -> str:
        """The text of a program, where it is to be taken."""
        text = str(self.cleaned_data["program"]).replace("\r\n", "\n").strip()
        if self.cleaned_data.get("shape") != OWN:
            return ""
        if not text:
            raise forms.ValidationError(
                _("is empty: write a program such as “2.4 mg/day”, or choose another one above")
            )
        if not text.isascii():
            raise forms.ValidationError(_("has characters that no program has: write plain letters, digits and signs"))
        try:
            asked = Wanted.parse(text)
        except ProgramError as problem:
            raise forms.ValidationError(str(problem)) from None
        per_day = sum(len(bolus.at) for bolus in asked.boluses) + sum(
            float(parse_quantity("1 day", "duration").exact / rhythm.every.exact) for rhythm in asked.periodic
        )
        if per_day > MOST_BOLUSES:
            raise forms.ValidationError(
                _("has more than %(most)d boluses a day, which takes too long here: write fewer"),
                params={"most": MOST_BOLUSES},
            )
        return text

    def clean(self) -> dict[str, Any]:
        """Run it, where every field is right by itself."""
        given = super().clean() or {}
        if not self.errors:
            try:
                self.run = run(text_of(given), given["days"])
            except BusyError as problem:
                self.add_error(None, str(problem))
            except TherapyError as problem:
                said = _said(str(problem))
                about = said.partition(":")[0].removeprefix("the ")
                named = about if about in self.fields else "dose"
                self.add_error("program" if given["shape"] == OWN and named == "dose" else named, said)
        return given


def _quantity(text: str, kind: str) -> str:
    try:
        return str(parse_quantity(text, kind))
    except QuantityError as problem:
        raise forms.ValidationError(str(problem)) from None


def _said(message: str) -> str:
    """The message of a therapy file without the file, which nobody here has seen."""
    beginning, _separator, rest = message.partition(": ")
    return rest if beginning.startswith(NAME) and rest else message


def text_of(given: dict[str, Any]) -> str:
    """The therapy file of what was ``given``."""
    lines = [
        'title = "Explore"',
        f'[patient]\nheight = "{given["height"]} cm"\nweight = "{given["weight"]} kg"',
        f'[pump]\nmodel = "{PUMP}"',
        f'[catheter]\nmodel = "{CATHETER}"\nremoved = "{REMOVED}"\ntip = "{given["tip"]}"',
        f'[[drug]]\nname = "{given["drug"]}"\nconcentration = "{given["concentration"]}"',
        '[fill]\nvolume = "20 mL"\nat = 2026-01-01T00:00:00\nprimed = "tip"',
        f"[program]\ntext = {json.dumps(program_of(given))}",
        f"[simulation]\ndays = {given['days']}",
    ]
    return "\n".join(lines) + "\n"


def program_of(given: dict[str, Any]) -> str:
    """The program that a shape and a dose stand for."""
    if given["shape"] == OWN:
        return str(given["program"])
    dose = parse_quantity(given["dose"], "mass rate")
    if given["shape"] == CONSTANT:
        return str(dose)
    unit = dose.unit.partition("/")[0]
    return f"minimum rate\nbolus {rounded(dose.to(f'{unit}/day') / 4, 6)} {unit} over 10 min every 6 h from 00:00"


@lru_cache(maxsize=64)
def run(text: str, days: int) -> Run:
    """The run of a therapy file; the same one is not run twice. Raises `TherapyError`, and `BusyError`."""
    if not ONE_AT_A_TIME.acquire(timeout=PATIENCE_S):
        raise BusyError(gettext("Too many people explore at this moment: try again in a minute."))
    try:
        return simulate(therapy_of(text, NAME), days=days, every_ms=EVERY_MS, profiles=())
    finally:
        ONE_AT_A_TIME.release()


def first(drug: Drug) -> dict[str, Any]:
    """What the page shows before anything is chosen but a drug."""
    given = offered(drug)
    return {
        "drug": drug.name,
        "shape": CONSTANT,
        "dose": given.dose,
        "program": "",
        "concentration": given.concentration,
        "tip": "T10",
        "height": 170,
        "weight": 70,
        "days": 3,
    }
