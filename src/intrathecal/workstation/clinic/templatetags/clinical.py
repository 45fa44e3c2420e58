"""How dates, volumes and people are written on every page: so that they cannot be misread."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from intrathecal.quantities import rounded
from intrathecal.workstation.clinic import visiting
from intrathecal.workstation.clinic.units import MM_PER_CM, NL_PER_ML, UL_PER_ML

register = template.Library()


@register.filter
def day(value: date | datetime | None) -> str:
    """22 Nov 2026."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return date_format(value, "j M Y")


@register.filter
def moment(value: datetime | None) -> str:
    """22 Nov 2026 08:30."""
    return "" if value is None else date_format(timezone.localtime(value), "j M Y H:i")


@register.filter
def mL(microlitres: int | None) -> str:
    """A volume in mL, without zeros at the end."""
    return "" if microlitres is None else f"{microlitres / UL_PER_ML:g} mL"


@register.filter
def nL(nanolitres: int | str | None) -> str:
    """A small volume in mL, to a microlitre."""
    return f"{nanolitres / NL_PER_ML:.3f} mL" if isinstance(nanolitres, int) else ""


@register.filter
def cm(millimetres: int | str | None) -> str:
    """A length in cm, without zeros at the end."""
    return f"{millimetres / MM_PER_CM:g} cm" if isinstance(millimetres, int) else ""


@register.filter
def drugs(label: Mapping[str, object] | None) -> str:
    """A label in one line: morphine 10 mg/mL, bupivacaine 15 mg/mL."""
    return ", ".join(f"{drug} {strength}" for drug, strength in (label or {}).items())


@register.filter
def reason(short: str) -> str:
    """What somebody comes for."""
    return visiting.said(short)


@register.filter
def figure(value: float | None) -> str:
    """A reckoned figure with three significant digits, or all those before the point."""
    return "" if value is None else rounded(value, 3)
