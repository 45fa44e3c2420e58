"""A refill that is being done: what was entered so far, kept beside the records, and what follows from it.

Nothing of it counts as a refill before the last step is confirmed, by a second person too where review asks for one.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.care.residual import missing_inside
from intrathecal.catalogue import Pump, load_catalogue
from intrathecal.programmer.bridging import BridgePlan
from intrathecal.programmer.compounding import Recipe
from intrathecal.programmer.refilling import expected_at
from intrathecal.programmer.review import Review
from intrathecal.quantities import InputError
from intrathecal.therapy import Therapy
from intrathecal.workstation.clinic import compounding, next_fill, residuals
from intrathecal.workstation.clinic.models import Filling, Implant, Refill
from intrathecal.workstation.clinic.models.filling import Stage
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.next_fill import Dates
from intrathecal.workstation.clinic.residuals import Found
from intrathecal.workstation.clinic.running import Running, label_of, millilitres, pump_of, running
from intrathecal.workstation.clinic.templatetags.clinical import drugs, mL, moment
from intrathecal.workstation.clinic.units import UL_PER_ML
from intrathecal.workstation.pages.refill import forms
from intrathecal.workstation.pages.refill.forms import StepForm

#: In their order; ``difference`` and ``bridge`` only where there is one.
STEPS: dict[str, type[StepForm]] = {
    "who": forms.WhoForm,
    "expected": forms.ExpectedForm,
    "measured": forms.MeasuredForm,
    "difference": forms.DifferenceForm,
    "drug": forms.DrugForm,
    "bridge": forms.BridgeForm,
    "pocket": forms.PocketForm,
    "volume": forms.VolumeForm,
    "dates": forms.DatesForm,
    "review": forms.ReviewForm,
}
#: Whoever comes back after so long reads aloud again, and says again when the refill is done.
STALE = timedelta(hours=12)


class Draft:
    """A refill before it is stored, from what its ``filling`` keeps."""

    def __init__(self, filling: Filling) -> None:
        self.filling = filling
        self.implant: Implant = filling.implant
        self.last: Refill | None = filling.after
        self._cleaned: dict[str, dict[str, Any] | None] = {}

    @property
    def waiting(self) -> bool:
        """Whether it waits for a second person."""
        return self.filling.stage == Stage.WAITING

    def form(self, step: str, typed: dict[str, str] | None = None) -> StepForm:
        """The form of a step: with what is being entered, or with what was."""
        return STEPS[step](self, self._typed(step) if typed is None else typed)

    def said(self, step: str) -> dict[str, Any]:
        """What was entered in a step, read; empty where nothing was, or not what is right."""
        if step not in self._cleaned:
            self._cleaned[step] = None  # a form that asks for itself finds nothing
            typed = self._typed(step)
            form = None if typed is None else STEPS[step](self, typed)
            self._cleaned[step] = form.cleaned_data if form is not None and form.is_valid() else None
        return self._cleaned[step] or {}

    def _typed(self, step: str) -> dict[str, str] | None:
        kept = self.filling.steps.get(step)
        if kept is None or (step == "who" and self.stale):
            return None
        typed: dict[str, str] = kept["typed"]
        return typed

    @property
    def stale(self) -> bool:
        """Whether the patient was asked who it is so long ago that it has to be asked again."""
        said = self.filling.steps.get("who")
        return said is not None and timezone.now() - datetime.fromisoformat(said["at"]) > STALE

    @property
    def entered(self) -> list[tuple[str, str]]:
        """What was entered so far, in short: names and values."""
        said = (
            (_("When"), moment(self.said("who").get("at"))),
            (_("Expected"), mL(self.expected_uL) if self.said("expected") else ""),
            (_("Measured"), mL(self.said("measured").get("measured"))),
            (_("Drug"), drugs(self.label)),
            (_("Filled in"), mL(self.said("volume").get("filled"))),
        )
        return [(name, value) for name, value in said if value]

    @property
    def steps(self) -> list[str]:
        """The steps of this refill."""
        left_out = {"expected", "measured"} if self.is_first else set()
        if self.found is None or not self.found.reasons:
            left_out.add("difference")
        if not self.changes_label:
            left_out.add("bridge")
        return [step for step in STEPS if step not in left_out]

    @property
    def first_open(self) -> str:
        """The first step that is not done."""
        return next((step for step in self.steps if not self.said(step)), "review")

    @cached_property
    def pump(self) -> Pump:
        """The catalogue's entry."""
        return pump_of(self.implant)

    @property
    def reservoir_uL(self) -> int:
        """What the reservoir holds."""
        return int(self.pump.reservoir_volume.exact * UL_PER_ML)

    @property
    def at(self) -> datetime:
        """When it is done."""
        return self.said("who").get("at") or timezone.now()

    @property
    def is_first(self) -> bool:
        """Whether the pump was never filled."""
        return self.said("who").get("kind") == forms.FIRST

    @cached_property
    def _running(self) -> Running | InputError:
        try:
            return running(self.implant, self.filling.begun_at)
        except InputError as problem:
            return problem

    @property
    def running(self) -> Running | None:
        """What the pump gives, where the records say it."""
        return self._running if isinstance(self._running, Running) and not self.is_first else None

    @property
    def trouble(self) -> str:
        """Why the records do not say what the pump gives; empty where they do."""
        if self.is_first:
            return _("a pump that is filled first gives nothing before it is programmed")
        return "" if isinstance(self._running, Running) else str(self._running)

    @cached_property
    def reckoned_uL(self) -> int | None:
        """What should be left, by the program and what the pump told last; None where that is not known."""
        if self.running is None:
            return None
        try:
            return round(expected_at(self.running.therapy, self.running.ms(self.at)).expected_mL * UL_PER_ML)
        except InputError:
            return None

    @property
    def read_uL(self) -> int | None:
        """What the pump told last of its reservoir between the last fill and this one."""
        told = self.running.therapy.fill if self.running else None
        volume = told.reservoir_now if told else None
        return None if volume is None else round(volume.exact * UL_PER_ML)

    @property
    def read_at(self) -> datetime | None:
        """When it told so."""
        last = self.implant.readings.filter(at__lte=self.filling.begun_at).first()
        return last.at if last and self.read_uL is not None else None

    @property
    def told_uL(self) -> int | None:
        """What a live pump told of its reservoir since this refill was begun; None where it does not know its last fill."""
        reading = self.filling.reading
        if reading is None or self.is_first or (self.last is not None and self.last.untold):
            return None
        volume = reading.told.get("reservoir_mL")
        return None if volume is None else round(volume * UL_PER_ML)

    @property
    def expected_uL(self) -> int | None:
        """What should be left: as the pump's programmer shows it, as the pump itself told, else as it is reckoned."""
        shown: int | None = self.said("expected").get("shown")
        known = (shown, self.told_uL, self.reckoned_uL)
        return next((volume for volume in known if volume is not None), None)

    @property
    def held_uL(self) -> int | None:
        """What was in the reservoir after the last fill."""
        if self.last is not None:
            return self.last.filled_uL
        if self.running is not None:
            return round(self.running.fill.volume.exact * UL_PER_ML)
        told: int | None = self.said("expected").get("filled")
        return told

    @property
    def found(self) -> Found | None:
        """What was measured, judged."""
        measured = self.said("measured").get("measured")
        return None if measured is None else self.judge(measured)

    def judge(self, measured_uL: int) -> Found | None:
        """A measured volume, judged; None before the expected one is known."""
        held, expected = self.held_uL, self.expected_uL
        if held is None or expected is None:
            return None
        return residuals.found(self.implant, held, expected, measured_uL)

    @property
    def counts_otherwise(self) -> bool:
        """Whether what a live pump told of its reservoir is as far from what is reckoned as no pump's error is."""
        held, told, reckoned = self.held_uL, self.told_uL, self.reckoned_uL
        if held is None or told is None or reckoned is None:
            return False
        return residuals.found(self.implant, held, reckoned, told).judged.flagged

    @property
    def old_label(self) -> dict[str, str]:
        """Drugs and concentrations in the reservoir now."""
        if self.last is not None:
            return dict(self.last.drugs)
        return {} if self.running is None else {drug: str(one) for drug, one in self.running.therapy.label.items()}

    @property
    def label(self) -> dict[str, str]:
        """Drugs and concentrations that are filled in."""
        told: dict[str, str] = self.said("drug").get("label", {})
        return told

    @property
    def changes_label(self) -> bool:
        """Whether tubing and catheter hold another fluid than what comes after it."""
        old, new = self.old_label, self.label
        return bool(old and new) and label_of(old) != label_of(new)

    @cached_property
    def planned(self) -> Therapy | None:
        """What the pump will give with the next fill; None where the records do not say what it gives."""
        asked: next_fill.Asked = "auto" if self.said("bridge").get("choice") == "auto" else "none"
        return self._filled(self.said("volume").get("filled") or self.reservoir_uL, asked)

    def _filled(self, volume_uL: int, asked: next_fill.Asked) -> Therapy | None:
        if self.running is None or not self.label:
            return None
        return next_fill.filled(self.running, self.at, millilitres(volume_uL), label_of(self.label), asked)

    @cached_property
    def bridge(self) -> BridgePlan | None:
        """The bridge, where it can be reckoned."""
        try:
            plan = self._filled(self.reservoir_uL, "none")
            return None if plan is None else next_fill.bridge_of(plan)
        except InputError:
            return None

    @cached_property
    def dates(self) -> Dates | None:
        """When the fill is low, and when it must be replaced."""
        try:
            return None if self.planned is None else next_fill.dates_of(self.planned)
        except InputError:
            return None

    @property
    def latest(self) -> date | None:
        """The last day for the next refill: with the usual lead, or without it where the fill does not last as long."""
        return None if self.dates is None else self.dates.latest(timezone.localdate())

    @cached_property
    def review(self) -> Review | None:
        """What review says of the fill; it takes a second.

        A program whose drug is not in the fill will be another one: that it would be wrong for the new drug refuses nothing.
        """
        try:
            if self.planned is None:
                return None
            found = next_fill.judged(self.planned)
            if found.decision == "refuse" and self.must_be_programmed:
                found = next_fill.judged(next_fill.standing(self.planned))
        except InputError:
            return None
        return found

    @property
    def second_person(self) -> bool:
        """Whether somebody else has to look too: where review says so, and where another drug takes the program's place."""
        return self.review is not None and (self.review.second_person or self.must_be_programmed)

    @property
    def must_be_programmed(self) -> bool:
        """Whether the program gives doses of a drug that is not in the fill."""
        return self.running is not None and bool(self.label) and self.running.therapy.primary.name not in self.label

    @cached_property
    def recipe(self) -> Recipe | None:
        """How the fill is made from what is sold; None where that cannot be said."""
        if self.running is None or not self.label:
            return None
        volume = self.said("volume").get("filled") or self.reservoir_uL
        try:
            return compounding.recipe(self.running, self.at, volume, self.label, {})
        except InputError:
            return None

    @property
    def basis(self) -> dict[str, Any]:
        """All that was seen and could move before a second person has looked: by what it is about, ready for JSON."""
        implant = self.implant
        programs = implant.patient.programs.filter(state__in=(State.IN_FORCE, State.UNCERTAIN)).order_by("pk")
        catheter = implant.catheters.first()
        return {
            "pump": [implant.model, implant.serial, sorted(implant.alarms.filter(ended_at=None).values_list("name"))],
            "program": [[one.pk, one.state, sha256(one.text.encode()).hexdigest()] for one in programs],
            "catheter": None if catheter is None else [catheter.pk, catheter.segments],
            "dates": None if self.latest is None else self.latest.isoformat(),
            "review": [] if self.review is None else [[one.code, one.severity] for one in self.review.findings],
        }

    @property
    def moved(self) -> list[str]:
        """What is not as it was when the first person confirmed, in words."""
        said = {
            "pump": _("the pump or its alarms"),
            "program": _("its program"),
            "catheter": _("the catheter"),
            "dates": _("the day of the next refill"),
            "review": _("what review says"),
        }
        if self.first_open != "review":
            return [_("“%s” is not right any more") % STEPS[self.first_open].title]
        now, then = json.loads(json.dumps(self.basis)), self.filling.basis
        return [words for name, words in said.items() if now[name] != then.get(name)]

    @property
    def missing_inside(self) -> str:
        """What is said where less was found in the pump than went in."""
        filled, inside = self.said("volume").get("filled"), self.said("volume").get("inside")
        if filled is None or inside is None:
            return ""
        capacity = self.pump.reservoir_volume.canonical
        limits = load_catalogue().refill
        return missing_inside(filled / UL_PER_ML, inside / UL_PER_ML, capacity, limits) or ""

    @property
    def flagged(self) -> list[str]:
        """Everything that points at trouble."""
        reasons = list(self.found.reasons) if self.found else []
        return [*reasons, *([self.missing_inside] if self.missing_inside else [])]
