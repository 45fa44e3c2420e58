"""What stands while the events of a therapy file are read, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from intrathecal.catalogue import Catalogue, Drug
from intrathecal.quantities import Quantity
from intrathecal.therapy.devices import CatheterPlan, PumpPlan
from intrathecal.therapy.file.times import Calendar


@dataclass(frozen=True)
class Implant:
    """Pump, catheter and label as the events so far left them.

    ``volume`` is what was filled in last; ``first_fill`` is the time that events count from.
    """

    pump: PumpPlan
    catheter: CatheterPlan
    volume: Quantity
    label: Mapping[str, Quantity]
    primary: str
    first_fill: datetime


@dataclass(frozen=True)
class Standing:
    """What an event needs to know.

    ``declared`` are the drugs of ``[[drug]]``, ``programs_at_ms`` the times of all program events, ``place`` what notes
    call the event that is being read.
    """

    catalogue: Catalogue
    declared: Mapping[str, Drug]
    calendar: Calendar
    implant: Implant | None
    programs_at_ms: frozenset[int] = frozenset()
    place: str = ""
    notes: tuple[str, ...] = ()

    def noted(self, sentence: str) -> Standing:
        """The same with one more assumption."""
        return replace(self, notes=(*self.notes, f"{self.place}: {sentence}"))
