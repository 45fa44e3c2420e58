"""What a fit says when it cannot use what it was given."""

from __future__ import annotations

from intrathecal.quantities import InputError


class FitError(InputError):
    """A therapy that cannot be fitted or predicted: the message says which, why, and what would be right."""
