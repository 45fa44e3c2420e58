"""What is asked in each step of a refill."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.catalogue import load_catalogue
from intrathecal.quantities import parse_quantity
from intrathecal.workstation.clinic import slots
from intrathecal.workstation.clinic.templatetags.clinical import drugs, moment
from intrathecal.workstation.clinic.units import UL_PER_ML
from intrathecal.workstation.pages.fields import (
    AheadField,
    ConcentrationField,
    MomentField,
    NumberField,
    say_what_is_missing,
)

if TYPE_CHECKING:
    from intrathecal.workstation.pages.refill.draft import Draft

#: As many drugs as one fill is made of.
MOST_DRUGS = 4
#: A pump that was never filled has nothing to be expected or measured.
FIRST = "first"
#: A clock that differs a little from this machine's is no mistake.
AHEAD = timedelta(minutes=10)


class StepForm(forms.Form):
    """A step's questions about a ``draft``. ``title`` is its heading."""

    title = ""

    def __init__(self, draft: Draft, typed: dict[str, str] | None) -> None:
        self.draft = draft
        super().__init__(typed)
        self.prepare()
        say_what_is_missing(self)

    def prepare(self) -> None:
        """Fit the questions to the draft."""

    @property
    def typed(self) -> dict[str, str]:
        """What was entered, as text."""
        return {name: str(self.data[name]) for name in self.fields if self.data.get(name)}


class WhoForm(StepForm):
    """The right patient, pump and drug, read aloud; and when."""

    title = gettext_lazy("Who and what")
    patient = forms.BooleanField(label=gettext_lazy("Name and date of birth were said by the patient, and are these"))
    pump = forms.BooleanField(label=gettext_lazy("Model and serial number of the pump were read aloud, and are these"))
    syringe = forms.BooleanField(label=gettext_lazy("Drug and concentration on the new syringe were read aloud by two"))
    allergies = forms.BooleanField(label=gettext_lazy("Allergies were asked for, and are these"))
    at = MomentField(label=gettext_lazy("When"))

    def prepare(self) -> None:
        """Now, until somebody says when."""
        self.fields["at"].initial = timezone.localtime().replace(second=0, microsecond=0)
        if self.draft.last is None:
            offered = [
                (FIRST, _("The first fill of this pump")),
                ("later", _("A refill; the fills before it are not in the record")),
            ]
            self.fields["kind"] = forms.ChoiceField(label=_("This is"), choices=offered, widget=forms.RadioSelect)

    def clean_at(self) -> Any:
        """After the last refill, and not ahead."""
        at, last, implanted = self.cleaned_data["at"], self.draft.last, self.draft.implant.implanted_on
        if at > timezone.now() + AHEAD:
            raise ValidationError(_("this is still to come; write when the refill is done"))
        if last is not None and at <= last.at:
            raise ValidationError(
                _("the last refill was at %s; write a later time") % f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}"
            )
        if timezone.localdate(at) < implanted:
            raise ValidationError(_("the pump was implanted on %s; write a later time") % implanted.isoformat())
        return at


class ExpectedForm(StepForm):
    """What should be left."""

    title = gettext_lazy("Expected volume")

    def prepare(self) -> None:
        """What must be told where it cannot be reckoned."""
        most = self.draft.reservoir_uL // UL_PER_ML
        if self.draft.last is None and self.draft.running is None:
            self.fields["filled"] = NumberField(
                label=_("Filled in at the last fill"), unit="mL", parts=UL_PER_ML, least=0, most=most
            )
        self.fields["shown"] = NumberField(
            label=_("In the reservoir, as the pump's own programmer shows it"),
            unit="mL",
            parts=UL_PER_ML,
            least=0,
            most=most,
            required=self.draft.reckoned_uL is None and self.draft.told_uL is None,
            help_text=_("What the pump itself counted goes before what is reckoned here."),
        )
        self.fields["read"] = forms.BooleanField(label=_("The expected volume was read"))

    def clean(self) -> dict[str, Any]:
        """No more is left than was filled in."""
        told = super().clean() or {}
        shown, held = told.get("shown"), told.get("filled", self.draft.held_uL)
        if shown is not None and held is not None and shown > held:
            self.add_error("shown", _("only %g mL were filled in; write what is left of them") % (held / UL_PER_ML))
        return told


class MeasuredForm(StepForm):
    """What was drawn from the reservoir."""

    title = gettext_lazy("Measured volume")
    sure = forms.BooleanField(label=gettext_lazy("The volume was read twice"), required=False)

    def prepare(self) -> None:
        """Up to what the reservoir holds."""
        most = self.draft.reservoir_uL // UL_PER_ML
        bounds: dict[str, Any] = {"unit": "mL", "parts": UL_PER_ML, "least": 0, "most": most}
        self.fields["measured"] = NumberField(label=_("Drawn from the reservoir"), **bounds)
        self.order_fields(("measured", "sure"))

    def clean(self) -> dict[str, Any]:
        """A point in the wrong place is asked about."""
        told = super().clean() or {}
        measured = told.get("measured")
        if measured is None or told.get("sure"):
            return told
        for other in (measured / 10, measured * 10):
            if self._fits(round(other)) and not self._fits(measured):
                words = {"measured": measured / UL_PER_ML, "other": other / UL_PER_ML}
                self.add_error(
                    "measured",
                    _(
                        "%(measured)g mL is ten times off what is expected, and %(other)g mL would not be: correct the "
                        "point, or read the volume again and say so below"
                    )
                    % words,
                )
        return told

    def _fits(self, volume_uL: int) -> bool:
        found = self.draft.judge(volume_uL) if 0 < volume_uL <= self.draft.reservoir_uL else None
        return found is not None and not found.judged.flagged


class DifferenceForm(StepForm):
    """What was thought of a difference."""

    title = gettext_lazy("The difference")
    note = forms.CharField(
        label=gettext_lazy("What was looked at, what was found, what is done now"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3, "class": "short"}),
    )


class DrugForm(StepForm):
    """The same fluid or another one."""

    title = gettext_lazy("Drug")

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Drug and concentration, side by side."""
        return [(self[f"drug_{number}"], self[f"strength_{number}"]) for number in range(1, MOST_DRUGS + 1)]

    def prepare(self) -> None:
        """One row for each drug of the fill."""
        same = drugs(self.draft.old_label)
        offered = [("new", _("Another drug or concentration"))]
        if same:
            offered.insert(0, ("same", _("The same: %s") % same))
        self.fields["which"] = forms.ChoiceField(label=_("The new fill is"), choices=offered, widget=forms.RadioSelect)
        for number in range(1, MOST_DRUGS + 1):
            words = {"number": number}
            self.fields[f"drug_{number}"] = drug_field(number)
            self.fields[f"strength_{number}"] = ConcentrationField(
                label=_("Concentration %(number)d") % words, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Adds the whole ``label``."""
        told = super().clean() or {}
        if told.get("which") == "same":
            told["label"] = self.draft.old_label
        elif told.get("which") == "new":
            told["label"] = read_label(self, told)
        return told


def drug_field(number: int) -> forms.ChoiceField:
    """One of the drugs of the catalogue, or none."""
    known = [("", "–"), *((name, name) for name in sorted(load_catalogue().drugs))]
    field = forms.ChoiceField(label=_("Drug %(number)d") % {"number": number}, choices=known, required=False)
    field.error_messages["invalid_choice"] = _("the catalogue has no drug %(value)s; choose one of those offered")
    return field


def read_label(form: forms.Form, told: dict[str, Any]) -> dict[str, str]:
    """Drugs and concentrations from the rows of a form; what is wrong is said beside them."""
    label: dict[str, str] = {}
    for number in range(1, MOST_DRUGS + 1):
        drug, strength = told.get(f"drug_{number}"), told.get(f"strength_{number}")
        if {f"drug_{number}", f"strength_{number}"} & set(form.errors):
            continue
        if drug and not strength:
            form.add_error(f"strength_{number}", _("write the concentration, such as 10 mg/mL"))
        elif strength and not drug:
            form.add_error(f"drug_{number}", _("choose the drug of this concentration"))
        elif drug and drug in label:
            form.add_error(f"drug_{number}", _("%s stands twice; write it once") % drug)
        elif drug and strength:
            _check_makeable(form, f"strength_{number}", drug, strength)
            label[drug] = strength
    if not label and not form.errors:
        form.add_error("drug_1", _("choose the drugs of the new fill"))
    return label


def _check_makeable(form: forms.Form, field: str, drug: str, strength: str) -> None:
    """No more than can be sold or dissolved."""
    most = load_catalogue().drugs[drug].makeable_max
    if most is not None and parse_quantity(strength, "concentration").exact > most.exact:
        words = {"drug": drug, "strength": strength, "most": most}
        form.add_error(field, _("%(drug)s of %(strength)s cannot be made; write at most %(most)s") % words)


class BridgeForm(StepForm):
    """Whether the old drug is brought out of tubing and catheter first."""

    title = gettext_lazy("Bridge")

    def prepare(self) -> None:
        """The bridge that was reckoned, or the programmer's."""
        plan = self.draft.bridge
        offered = [("none", _("No bridge"))]
        if plan is None:
            offered.insert(0, ("programmer", _("As the pump's own programmer works it out")))
        elif plan.figures.rate_mL_per_day is not None:
            offered.insert(0, ("auto", _("This bridge")))
        self.fields["choice"] = forms.ChoiceField(label=_("The pump runs"), choices=offered, widget=forms.RadioSelect)
        self.fields["why_not"] = forms.CharField(label=_("Why no bridge"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        """Who skips it says why."""
        told = super().clean() or {}
        if told.get("choice") == "none" and not told.get("why_not"):
            self.add_error("why_not", _("the old drug comes out at the new flow; write why no bridge is run"))
        return told


class PocketForm(StepForm):
    """That the drug goes into the reservoir and not beside it."""

    title = gettext_lazy("Check of the pocket")
    needle = forms.BooleanField(
        label=gettext_lazy(
            "The needle stands on the bottom of the reservoir; some of what was injected came back when drawn"
        )
    )
    swelling = forms.ChoiceField(
        label=gettext_lazy("Over the pump"),
        choices=[
            ("none", gettext_lazy("No swelling, no pain, no resistance while injecting")),
            ("seen", gettext_lazy("Swelling, pain or resistance")),
        ],
        widget=forms.RadioSelect,
    )
    how = forms.CharField(
        label=gettext_lazy("What was seen or done"),
        max_length=110,
        required=False,
        help_text=gettext_lazy("Template, ultrasound, who looked; what is done about a swelling."),
    )

    def clean(self) -> dict[str, Any]:
        """What was seen is described."""
        told = super().clean() or {}
        if told.get("swelling") == "seen" and not told.get("how"):
            self.add_error(
                "how", _("stop injecting, watch the patient for an overdose, and write what was seen and done")
            )
        return told

    @staticmethod
    def sentence(told: dict[str, Any]) -> str:
        """The check as it is kept."""
        seen = _("swelling, pain or resistance") if told["swelling"] == "seen" else _("no swelling")
        said = f"{_('drawn back from the reservoir')}; {seen}"
        return f"{said}; {told['how']}" if told["how"] else said


class VolumeForm(StepForm):
    """What was filled in."""

    title = gettext_lazy("Volume filled")
    sure = forms.BooleanField(label=gettext_lazy("The volume was read twice"), required=False)

    def prepare(self) -> None:
        """Up to what the reservoir holds."""
        most = self.draft.reservoir_uL // UL_PER_ML
        parts: dict[str, Any] = {"unit": "mL", "parts": UL_PER_ML, "least": 0, "most": most}
        self.fields["filled"] = NumberField(label=_("Filled in"), **parts)
        self.fields["inside"] = NumberField(label=_("Found inside the pump afterwards"), required=False, **parts)
        self.order_fields(("filled", "inside", "sure"))

    def clean(self) -> dict[str, Any]:
        """A point in the wrong place is asked about."""
        told = super().clean() or {}
        filled, held = told.get("filled"), self.draft.held_uL
        if filled == 0:
            self.add_error("filled", _("0 mL is no fill; write what was filled in"))
        if filled and held and not told.get("sure") and filled * 5 < held:
            self.add_error(
                "filled",
                _(
                    "%(filled)g mL is far less than the last fill of %(held)g mL: correct the point, or say below that it is so"
                )
                % {"filled": filled / UL_PER_ML, "held": held / UL_PER_ML},
            )
        return told


class DatesForm(StepForm):
    """Until when the next refill has to be done, and when it will be."""

    title = gettext_lazy("Dates")
    due_on = AheadField(label=gettext_lazy("Next refill at the latest"))
    visit = MomentField(label=gettext_lazy("Next appointment"), required=False)

    def prepare(self) -> None:
        """The worst case, and a morning before it; no second appointment where one in time is made already."""
        due, today = self.draft.latest, timezone.localdate()
        first = slots.refill_after(self.draft.implant.patient, today)
        if first is not None:
            self.fields["visit"].help_text = _("There is one already: %s.") % moment(first.begins_at)
        if due is not None and due > today:
            self.fields["due_on"].initial = due
            if first is None or timezone.localdate(first.begins_at) > due:
                self.fields["visit"].initial = slots.latest_before(due)

    def clean_due_on(self) -> Any:
        """No later than reckoned."""
        due_on, latest = self.cleaned_data["due_on"], self.draft.latest
        if latest is not None and latest <= timezone.localdate():
            raise ValidationError(_("by then the reservoir is low already: go back and look at the volume"))
        if latest is not None and due_on > latest:
            raise ValidationError(
                _("at worst it has to be done by %s; write that day or one before") % latest.isoformat()
            )
        return due_on

    def clean(self) -> dict[str, Any]:
        """The appointment comes in time."""
        told = super().clean() or {}
        visit, due_on = told.get("visit"), told.get("due_on")
        if visit is not None and visit <= timezone.now():
            self.add_error("visit", _("this has passed; write a time ahead"))
        elif visit is not None and due_on is not None and timezone.localdate(visit) > due_on:
            self.add_error("visit", _("the reservoir may be low by then; write a time until %s") % due_on.isoformat())
        elif visit is not None and slots.is_taken(visit):
            self.add_error("visit", _("another appointment is at that time; write another one"))
        return told


class ReviewForm(StepForm):
    """The whole of it, once more."""

    title = gettext_lazy("Everything once more")

    def prepare(self) -> None:
        """Findings that ask for it are given a reason."""
        if self.draft.review is not None and self.draft.review.decision == "confirm":
            self.fields["reason"] = forms.CharField(
                label=_("Why it is right in spite of what review says"),
                max_length=400,
                widget=forms.Textarea(attrs={"rows": 3, "class": "short"}),
            )
        self.fields["right"] = forms.BooleanField(label=_("All of this is so"))

    def clean(self) -> dict[str, Any]:
        """What review refuses is not stored."""
        told = super().clean() or {}
        if self.draft.review is not None and self.draft.review.decision == "refuse":
            self.add_error(None, _("Review refuses this fill, see above: go back and correct it."))
        return told
