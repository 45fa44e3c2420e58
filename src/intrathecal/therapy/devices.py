"""A pump and a catheter as they are in one patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from intrathecal.catalogue import Catheter, Pump


@dataclass(frozen=True)
class PumpPlan:
    """A pump: its catalogue entry, when it was implanted, and how this one differs.

    ``utc_offset_minutes`` is the fixed offset of its clock; ``drive_error`` the fraction by which its drive moves more
    than it counts.
    """

    entry: Pump
    implanted: date
    utc_offset_minutes: int
    drive_error: Fraction

    @property
    def programmable(self) -> bool:
        """Whether it runs a program."""
        return self.entry.kind != "fixed-rate"


@dataclass(frozen=True)
class CatheterPlan:
    """A catheter: its catalogue entry, what was trimmed off each segment (cm, catalogue order), and where its tip lies.

    A trim given in all is taken from the last segments first (the spinal end): only the sum counts for the volume of a
    catheter whose segments have one bore.
    """

    entry: Catheter
    removed_cm: tuple[Fraction, ...]
    tip: str

    @property
    def space(self) -> Literal["intrathecal", "epidural"]:
        """Where the tip lies."""
        return self.entry.space
