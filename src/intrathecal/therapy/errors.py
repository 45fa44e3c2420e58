"""What the therapy room says when it cannot read something."""

from __future__ import annotations

from intrathecal.quantities import InputError


class TherapyError(InputError):
    """A therapy file or program that is wrong: one line that says where, what is wrong, and what would be right."""

    def __init__(self, message: str) -> None:
        super().__init__("".join(character if character.isprintable() else "?" for character in message))


class ProgramError(TherapyError):
    """A program that is wrong.

    ``line`` is the line of the program text (from 1) where the mistake stands, None when there is no text.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.bare = message
        self.line = line
