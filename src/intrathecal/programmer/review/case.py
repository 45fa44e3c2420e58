"""What the rules are asked about: a program before it is sent, and what runs until then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intrathecal.programmer.review.moment import AskedBridge
from intrathecal.programmer.review.side import Side, change_percent
from intrathecal.pump.limits import LimitBreach
from intrathecal.quantities import Quantity, rounded
from intrathecal.simulation.dates import RefillDates
from intrathecal.therapy import CatheterPlan, Event, Patient, PumpPlan, Therapy


@dataclass(frozen=True)
class Case:
    """A change of program or fill.

    ``after`` is what is judged; ``before`` is what runs until ``at`` (the pump's clock; ``at_ms`` on its counter), None where
    nobody said. ``therapy`` is the file judged, ``running`` the file of what runs, if there is one; ``events`` are the events
    judged (empty: the file's own [program]). ``is_refill``: another label than what runs. ``bridge`` is what a refill event
    asks for, None where the file has no place to say it. ``breach`` is the limit clause that refuses the program at its
    start. ``filled_at_ms`` is when the fill began that is then in the pump; ``held_before`` are the drugs that the pump
    held before it. ``oral_opioid`` is taken just before the change, ``oral_after`` from then on. ``figures`` are
    those of the review.
    """

    therapy: Therapy
    running: Therapy | None
    events: tuple[Event, ...]
    pump: PumpPlan
    catheter: CatheterPlan
    before: Side | None
    after: Side
    at: datetime
    at_ms: int
    bridge: AskedBridge | None
    breach: LimitBreach | None
    filled_at_ms: int
    held_before: frozenset[str]
    oral_opioid: Quantity
    oral_after: Quantity
    dates: RefillDates
    figures: Mapping[str, Any]

    @property
    def patient(self) -> Patient:
        """The patient."""
        return self.therapy.patient

    @property
    def is_refill(self) -> bool:
        """Whether another label comes into the pump than what runs."""
        return self.before is not None and dict(self.before.settings.labels) != dict(self.after.settings.labels)

    @property
    def is_first_fill(self) -> bool:
        """Whether the pump is filled for the first time."""
        return self.before is None and self.filled_at_ms == self.at_ms

    def change_percent(self, drug: str) -> float | None:
        """The change of the daily dose against what runs; None where nothing of the drug runs, or nobody said."""
        return change_percent(self.before, self.after, drug)

    def shown(self, amount_ug: float, drug: str) -> str:
        """An amount in the drug's customary unit: "2.4 mg", "75 mcg"."""
        unit = self.therapy.catalogue.drugs[drug].customary_mass_unit
        return f"{rounded(amount_ug / (1000 if unit == 'mg' else 1))} {unit}"
