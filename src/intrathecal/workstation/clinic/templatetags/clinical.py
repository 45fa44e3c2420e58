"""How dates, volumes and people are written on every page: so that they cannot be misread."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format

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
    return "" if microlitres is None else f"{microlitres / 1000:g} mL"


@register.filter
def nL(nanolitres: int | None) -> str:
    """A small volume in mL, to a microlitre."""
    return "" if nanolitres is None or nanolitres == "" else f"{nanolitres / 10**6:.3f} mL"


@register.filter
def cm(millimetres: int | None) -> str:
    """A length in cm, without zeros at the end."""
    return "" if millimetres is None or millimetres == "" else f"{millimetres / 10:g} cm"
