"""What happens to one pump: drawn from a seed, kept in a file, run again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from intrathecal.pump.encoding import EncodingError, from_text, to_text
from intrathecal.quantities import InputError

LONGEST_FILE = 4 * 2**20

Kind = Literal[
    # power and memory
    "power-cut",
    "bit-flip",
    "memory-failure",
    # the motor and what surrounds it
    "stuck-motor",
    "slipping-motor",
    "runaway-motor",
    "motor-link-lost",
    "valve-leak",
    "mri",
    "battery-low",
    "battery-reset",
    # the controller's own time
    "clock-jump",
    "controller-stuck",
    # people
    "press",
    "presses-all-day",
    "program",
    "two-programmers",
    "refill",
    "overfill",
    "underfill",
    "wrong-fill",
    "prime",
    "stop",
    "resume",
    "mute",
    "reset",
    "interrogate",
    # whoever else is on the air
    "forged-message",
    "garbage",
    "stranger",
    "torn-session",
    "replayed-session",
]


@dataclass(frozen=True)
class Happening:
    """One thing that happens ``at`` ms after the pump was made.

    What ``amount`` and ``lasts`` (ms) mean depends on the kind, as `trial` says. A message arrives once for each of
    ``copies``, so many ms after it was sent: never, late, twice, or out of order; ``answered`` is whether the answer comes
    back. ``secure`` messages go through a real encrypted channel.
    """

    at: int
    kind: Kind
    amount: int = field(default=0, metadata={"signed": True})
    lasts: int = 0
    copies: tuple[int, ...] = (0,)
    answered: bool = True
    secure: bool = False


@dataclass(frozen=True)
class Plan:
    """The life of one pump.

    ``seed`` decides what survives of the memory at a power cut. ``wall_ms`` is UTC at the beginning (ms since 1970) and
    ``offset_minutes`` what the local clock is ahead of it. ``program`` is the first program's number in the pool, ``label``
    the drug's mg/mL, ``volume_uL`` the first fill. A ``watched`` pump has its watchdog, and every step of its life is made
    singly; any other is in quiet stretches far from its faults.
    """

    seed: int
    model: str
    memory_bytes: int
    wall_ms: int
    offset_minutes: int = field(metadata={"signed": True})
    drive_error_ppm: int = field(metadata={"signed": True})
    label: int
    volume_uL: int
    program: int
    watched: bool
    lasts: int
    happenings: tuple[Happening, ...]


class ReplayError(InputError):
    """A replay file that is none: the message says where and why."""


def save(plan: Plan, path: Path) -> None:
    """Write a replay file."""
    text = to_text(Plan, plan).replace('{"at"', '\n{"at"')
    path.write_text(text + "\n", encoding="utf-8")


def load(path: Path) -> Plan:
    """Read a replay file. Raises `ReplayError`."""
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_FILE + 1)
    except OSError as problem:
        raise ReplayError(f"{path}: cannot be read ({problem.strerror}); name a file that torture wrote") from None
    try:
        return from_text(Plan, data, LONGEST_FILE)
    except EncodingError as problem:
        raise ReplayError(
            f"{path}: is no replay of this version of torture ({problem}); let torture write it again"
        ) from None
