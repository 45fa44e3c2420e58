"""What this room says when it cannot use what it was given."""

from __future__ import annotations

from intrathecal.quantities import InputError


class DiaryError(InputError):
    """A diary that cannot be read: one line that says where, what is wrong, and what would be right."""


class HistoryError(InputError):
    """A table of refills that cannot be read: one line that says where, what is wrong, and what would be right."""


class FirstProgramError(InputError):
    """A first program that cannot be worked out: the message says what is missing or does not fit, and what to give."""


class CellError(ValueError):
    """A cell of a diary that cannot be read; the reader adds file and line."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}; {remedy}")
