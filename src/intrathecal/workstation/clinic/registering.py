"""A patient's own facts: what a form asks for, and what may be written there."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from intrathecal.therapy.file.read_patient import INDICATIONS
from intrathecal.workstation.clinic.models import Patient, User
from intrathecal.workstation.clinic.models.people import Role
from intrathecal.workstation.clinic.units import G_PER_KG

#: What a person may measure: beyond it a number was mistyped.
HEIGHT_CM, WEIGHT_KG, OLDEST_YEARS = (40, 250), (2, 350), 120


class PatientForm(forms.ModelForm):
    """A new patient, or the facts of one who is known."""

    weight_kg = forms.DecimalField(
        label=_("weight, kg"),
        decimal_places=3,
        max_digits=6,
        min_value=WEIGHT_KG[0],
        max_value=WEIGHT_KG[1],
    )

    class Meta:
        """What is written down of it."""

        model = Patient
        fields = (
            "number",
            "family_name",
            "given_name",
            "born",
            "height_cm",
            "indication",
            "allergies",
            "phone",
            "email",
            "physician",
            "phase",
            "since",
        )
        widgets: ClassVar = {
            "born": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "since": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "indication": forms.TextInput(attrs={"list": "indications"}),
        }
        help_texts: ClassVar = {
            "number": _("the clinic's own number of the patient"),
            "allergies": _("shown on every page of the patient; nothing where there are none"),
        }
        error_messages: ClassVar = {"number": {"unique": _("belongs to another patient: write a number that is free")}}

    #: Offered, not demanded: the words that a therapy file knows.
    indications = INDICATIONS

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.fields["physician"].queryset = User.objects.filter(role=Role.PHYSICIAN, is_active=True)
        self.fields["height_cm"].validators += [MinValueValidator(HEIGHT_CM[0]), MaxValueValidator(HEIGHT_CM[1])]
        if self.instance.pk is None:
            self.fields["since"].initial = timezone.localdate()
        else:
            self.fields["weight_kg"].initial = f"{self.instance.weight_kg:g}"
        self.order_fields([*self.Meta.fields[:5], "weight_kg", *self.Meta.fields[5:]])

    def clean_born(self) -> Any:
        """A day of a life."""
        born, today = self.cleaned_data["born"], timezone.localdate()
        if not today.year - OLDEST_YEARS <= born.year or born > today:
            raise ValidationError(
                _("is no birthday of somebody alive: write a day from %(first)d to today"),
                params={"first": today.year - OLDEST_YEARS},
            )
        return born

    def clean_since(self) -> Any:
        """Not a day to come."""
        since = self.cleaned_data["since"]
        if since > timezone.localdate():
            raise ValidationError(_("is still to come: write the day of the first visit"))
        return since

    def clean(self) -> dict[str, Any]:
        """Nobody comes before being born."""
        given = super().clean() or {}
        born, since = given.get("born"), given.get("since")
        if born and since and since < born:
            self.add_error("since", _("lies before the day of birth: correct one of the two"))
        return given

    def save(self, commit: bool = True) -> Patient:
        """Write it down."""
        self.instance.weight_g = int(self.cleaned_data["weight_kg"] * G_PER_KG)
        saved: Patient = super().save(commit)
        return saved
