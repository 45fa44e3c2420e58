"""What review has to say: one finding."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["note", "soft", "hard"]
#: Most severe first.
SEVERITIES: tuple[Severity, ...] = ("hard", "soft", "note")


@dataclass(frozen=True)
class Finding:
    """Something that a person should know before the program is sent.

    ``note``: to be read; ``soft``: a person confirms with a reason; ``hard``: it cannot be sent. ``value`` and ``limit`` are
    in ``unit``. ``source`` says in words what the limit rests on, ``verified`` whether that was seen in its source.
    ``second_person`` asks for somebody else's look too.
    """

    code: str
    severity: Severity
    message: str
    drug: str | None = None
    value: float | None = None
    limit: float | None = None
    unit: str | None = None
    source: str | None = None
    verified: bool | None = None
    second_person: bool = False

    def to_json(self) -> dict[str, Any]:
        """The finding as a table, ready for JSON."""
        return asdict(self)
