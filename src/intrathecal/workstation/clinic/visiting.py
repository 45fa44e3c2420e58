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
