"""Fields of forms for numbers and dates, read as careful people write them."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.quantities import QuantityError, parse_number, plain
from intrathecal.therapy.file.bounds import YEARS
from intrathecal.therapy.numbers import read_quantity, with_remedy
from intrathecal.workstation.clinic.units import UL_PER_ML

#: A comma before anything but three digits can only be a decimal one.
_DECIMAL = re.compile(r"-?\d+,(?:\d{1,2}|\d{4,})|-?0,\d+", re.ASCII)
#: A number, and letters after it.
_OTHER_UNIT = re.compile(r"-?[\d.,]+\s*([^\W\d_][^\d\s]*)")


def say_what_is_missing(form: forms.BaseForm) -> None:
    """Say of every empty field what would be right."""
    for field in form.fields.values():
        if isinstance(field, forms.BooleanField):
            field.error_messages["required"] = _("this is not ticked: tick it when it is so")
        elif isinstance(field, forms.ChoiceField):
            field.error_messages["required"] = _("nothing is chosen: choose one")
        else:
            field.error_messages["required"] = _("this is empty: fill it in")


class NumberField(forms.CharField):
    """A number in whole ``parts`` of its ``unit`` (1000 for mL kept in uL), from ``least`` to ``most`` of the unit."""

    def __init__(self, *, unit: str, parts: int, least: Decimal | int, most: Decimal | int, **options: Any) -> None:
        self.unit, self.parts, self.least, self.most = unit, parts, Decimal(least), Decimal(most)
        typed = {"inputmode": "decimal", "autocomplete": "off", "size": 8, "class": "number"}
        super().__init__(widget=forms.TextInput(attrs=typed), max_length=40, **options)

    def clean(self, value: Any) -> int | None:
        """The number in parts of the unit. Raises `ValidationError`: what is wrong, and what would be right."""
        text = str(super().clean(value)).strip().removesuffix(self.unit).strip()
        if not text:
            return None
        if (other := _OTHER_UNIT.fullmatch(text)) is not None:
            words = {"other": other[1], "unit": self.unit}
            raise ValidationError(_("%(other)s is not %(unit)s; write the number of %(unit)s alone") % words)
        try:
            number = parse_number(text.replace(",", ".") if _DECIMAL.fullmatch(text) else text)
        except QuantityError as problem:
            raise ValidationError(with_remedy(problem)) from None
        if not self.least <= number <= self.most:
            raise ValidationError(self._outside(number))
        whole = number * self.parts
        if whole != int(whole):
            raise ValidationError(
                _("%(number)s %(unit)s is finer than can be kept; write at most %(digits)d digits after the point")
                % {"number": plain(number), "unit": self.unit, "digits": len(str(self.parts)) - 1}
            )
        return int(whole)

    def _outside(self, number: Decimal) -> str:
        """What is said of a number that cannot be; one that a point in another place would put right is asked about."""
        words = {
            "number": plain(number),
            "unit": self.unit,
            "least": plain(self.least),
            "most": plain(self.most),
            "tenth": plain(number / 10),
            "part": plain(number / UL_PER_ML),
        }
        if number > self.most and self.least <= number / 10 <= self.most:
            return (
                _("%(number)s %(unit)s is not possible; write %(least)s to %(most)s, %(tenth)s if that is meant")
                % words
            )
        if self.unit == "mL" and number > self.most and self.least <= number / UL_PER_ML <= self.most:
            return (
                _(
                    "%(number)s %(unit)s is not possible; write %(least)s to %(most)s, %(part)s if microlitres were meant"
                )
                % words
            )
        return _("%(number)s %(unit)s is not possible; write %(least)s to %(most)s") % words


class ConcentrationField(forms.CharField):
    """A concentration with its unit, kept as it is typed: "10 mg/mL"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"autocomplete": "off", "size": 14}), max_length=60, **options)

    def clean(self, value: Any) -> str:
        """As it is shown. Raises `ValidationError`."""
        text = str(super().clean(value)).strip()
        if not text:
            return ""
        match = re.match(r"[\d,.]+", text)
        if match and _DECIMAL.fullmatch(match[0]):
            text = match[0].replace(",", ".") + text[match.end() :]
        try:
            read = read_quantity(text, "concentration")
        except QuantityError as problem:
            raise ValidationError(with_remedy(problem)) from None
        if read.number <= 0:
            raise ValidationError(_("%s is not possible; write a concentration above zero, such as 10 mg/mL") % read)
        return str(read)


class DayField(forms.DateField):
    """A day as the browser's calendar gives it, or typed as 2026-11-30."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": gettext_lazy("this is no day; write it as 2026-11-30")
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)

    def clean(self, value: Any) -> date | None:
        """The day. Raises `ValidationError` for a year that nobody means."""
        day: date | None = super().clean(value)
        if day is not None:
            _check_year(day.year)
        return day


def _check_year(year: int) -> None:
    least, most = YEARS
    if not least <= year <= most:
        raise ValidationError(
            _("the year %(year)d is not plausible; write one from %(least)d to %(most)d")
            % {"year": year, "least": least, "most": most}
        )


class PastField(DayField):
    """A day until today."""

    def clean(self, value: Any) -> date | None:
        """The day. Raises `ValidationError`."""
        day = super().clean(value)
        if day is not None and day > timezone.localdate():
            raise ValidationError(_("%s is still to come; write a day until today") % day.isoformat())
        return day


class AheadField(DayField):
    """A day from tomorrow on."""

    def clean(self, value: Any) -> date | None:
        """The day. Raises `ValidationError`."""
        day = super().clean(value)
        if day is not None and day <= timezone.localdate():
            raise ValidationError(_("%s is not ahead; write a day from tomorrow on") % day.isoformat())
        return day


class MomentField(forms.DateTimeField):
    """A day and a time as the browser gives them, or typed as 2026-11-30 14:30."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": gettext_lazy("this is no day and time; write it as 2026-11-30 14:30")
    }

    def __init__(self, **options: Any) -> None:
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=formats, **options)

    def clean(self, value: Any) -> datetime | None:
        """The moment, with its zone. Raises `ValidationError` for a year that nobody means."""
        at: datetime | None = super().clean(value)
        if at is not None:
            _check_year(at.year)
        return at
