"""What somebody may come for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

#: By the short name that is kept.
REASONS = {
    "refill": gettext_lazy("Refill of the pump"),
    "program": gettext_lazy("Change of the program"),
    "trouble": gettext_lazy("Something is not as usual"),
    "first": gettext_lazy("First visit"),
    "talk": gettext_lazy("To talk about the therapy"),
    "other": gettext_lazy("Something else"),
}


def said(reason: str) -> str:
    """What somebody comes for in words; what has no short name is in words already."""
    return str(REASONS.get(reason, reason))
