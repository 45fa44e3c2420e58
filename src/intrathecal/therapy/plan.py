"""A therapy: everything that a therapy file says, checked, as objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from intrathecal.catalogue import Catalogue, Drug
from intrathecal.quantities import Quantity
from intrathecal.therapy.actions import Action, Primed
from intrathecal.therapy.devices import CatheterPlan, PumpPlan
from intrathecal.therapy.program import Program


@dataclass(frozen=True)
class Patient:
    """The patient; ``assumed`` names the keys that the file leaves out and that have a default.

    ``sex``, ``sedatives``, ``sleep_apnoea`` and ``egfr_ml_per_min`` are None where nothing is said. ``pain`` is the
    average score (0-10) while taking ``oral_opioid`` (oral morphine equivalents, a mass rate).
    """

    height_cm: float
    weight_kg: float
    age: float
    sex: str | None
    indication: str
    pain: float
    oral_opioid: Quantity
    sedatives: bool | None
    sleep_apnoea: bool | None
    egfr_ml_per_min: float | None
    allergies: tuple[str, ...]
    assumed: tuple[str, ...]


@dataclass(frozen=True)
class DrugEntry:
    """A drug of the therapy.

    ``concentration`` is that of the first fill: zero for a drug that comes later, None in a file without a pump that
    gives none.
    """

    drug: Drug
    concentration: Quantity | None


def first_label(drugs: Sequence[DrugEntry]) -> dict[str, Quantity]:
    """Drug to concentration in the first fill: the drugs that are in it."""
    return {
        entry.drug.name: entry.concentration for entry in drugs if entry.concentration and entry.concentration.number
    }


@dataclass(frozen=True)
class Fill:
    """The first fill, and where the therapy stands in it. Times are the pump's clock."""

    volume: Quantity
    at: datetime
    primed: Primed
    low_reservoir_alarm: Quantity
    lead: Quantity
    reservoir_now: Quantity | None
    now: datetime | None
    next_visit: date | None


@dataclass(frozen=True)
class NoPresses:
    """The handset is never pressed."""


@dataclass(frozen=True)
class PressTimes:
    """Presses at these times: milliseconds since the first fill (or the start), rising."""

    at_ms: tuple[int, ...]


@dataclass(frozen=True)
class PressRate:
    """Presses at random, so many a day (Poisson)."""

    per_day: Decimal


@dataclass(frozen=True)
class PressWhenPain:
    """A press whenever the patient is asked and the score is above ``above``."""

    above: Decimal


Presses = NoPresses | PressTimes | PressRate | PressWhenPain


@dataclass(frozen=True)
class SimulationPlan:
    """How long to simulate, when the handset is pressed, and the seed of everything random."""

    days: Fraction
    presses: Presses
    seed: int


@dataclass(frozen=True)
class Event:
    """The ``index``-th event of the file (from 1), which stands at ``line``.

    ``at_ms`` counts milliseconds from the first fill (or the start); ``written`` is its time as the file gives it.
    """

    index: int
    line: int
    written: str
    at_ms: int
    action: Action


@dataclass(frozen=True)
class Therapy:
    """A therapy file.

    ``drugs[0]`` is the primary drug. ``start`` is the time on the pump's clock that ``at_ms`` counts from: the first
    fill, or day 0 00:00; None when nothing in the file has a date. ``program_line`` is the line of ``[program]``.
    ``notes`` are sentences on what was assumed and on what will do nothing.
    """

    title: str
    file: str
    patient: Patient
    pump: PumpPlan | None
    catheter: CatheterPlan | None
    drugs: tuple[DrugEntry, ...]
    fill: Fill | None
    program: Program | None
    program_line: int | None
    events: tuple[Event, ...]
    simulation: SimulationPlan
    catalogue: Catalogue
    start: datetime | None
    notes: tuple[str, ...]

    @property
    def label(self) -> Mapping[str, Quantity]:
        """Drug to concentration in the first fill, the primary drug first; empty without a pump."""
        return {} if self.pump is None else first_label(self.drugs)

    @property
    def primary(self) -> Drug:
        """The drug that program doses mean, until a refill says otherwise."""
        return self.drugs[0].drug

    def time_at(self, at_ms: int) -> datetime | None:
        """The pump's clock so many milliseconds after the start; None when nothing in the file has a date."""
        return None if self.start is None else self.start + timedelta(milliseconds=at_ms)
