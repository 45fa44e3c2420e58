"""What the catalogue says when an entry cannot be used."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from intrathecal.quantities import InputError, shorten


class CatalogueError(InputError):
    """A catalogue file or entry that cannot be used: one message with file, entry, field, cause and remedy."""


class EntryError(ValueError):
    """Fields of one entry that do not fit together; the reader adds file and entry."""

    def __init__(self, field: str, cause: str, remedy: str) -> None:
        super().__init__(f"{field}: {cause}; {remedy}")
        self.field, self.cause, self.remedy = field, cause, remedy


def nearest(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the nearest known ones, or all of them when none is near."""
    names = sorted(known)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return "did you mean " + " or ".join(near) + "?"
    return "known: " + shorten(", ".join(names), 400) if names else "none is known"
