"""One side of a change: a program as a pump runs it, with what is in the pump."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from intrathecal.programmer.review.worst import heaviest
from intrathecal.pump.forecast import mean_dose
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.settings import Settings
from intrathecal.pump.state import State
from intrathecal.therapy import Program, Therapy

NG_PER_UG = 1000
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class BolusClause:
    """A bolus of a program: the ``dose`` of the primary drug (ng) and how often a day it may come (exactly, or at most).

    ``kind`` is "bolus" (at clock times), "periodic" or "on demand".
    """

    kind: str
    dose: Fraction
    over_ms: int
    per_day: Fraction


@dataclass(frozen=True)
class Side:
    """The pump with one program.

    ``therapy`` is the file that it comes from; ``program`` is None for a fixed-rate pump. ``state`` is the pump at the moment
    judged, before any press. Amounts are in ug; a drug that is not in the pump has amounts of zero.
    """

    therapy: Therapy
    program: Program | None
    state: State

    @property
    def settings(self) -> Settings:
        """What the pump is told."""
        return self.state.settings

    @property
    def primary(self) -> str:
        """The drug that program doses mean."""
        return self.settings.primary

    @property
    def drugs(self) -> tuple[str, ...]:
        """The drugs in the pump, as on the label."""
        return tuple(drug for drug, label in self.settings.labels if label > 0)

    @property
    def flow_mL_per_day(self) -> float:
        """Weekly mean flow of base, windows and scheduled boluses, at the ramp's step of this moment."""
        return float(self.settings.flow(self._mean) * DAY_MS / PL_PER_ML)

    def daily_ug(self, drug: str) -> float:
        """Weekly mean dose a day of base, windows and scheduled boluses, at the ramp's step of this moment."""
        return self.ug(self._mean * DAY_MS, drug)

    def ramped_daily_ug(self, drug: str) -> float:
        """The same once a ramp has reached its target; without a ramp it is `daily_ug`."""
        orders = self.settings.orders
        scale = Fraction(1) if orders.ramp is None else orders.ramp.target
        base, boluses = orders.weekly_mean(self.settings.minimum_dose, scale)
        return self.ug((base + boluses) * DAY_MS, drug)

    def worst_daily_ug(self, drug: str) -> float:
        """The heaviest 24 h that the program can give, with all presses that lockout, count and limits allow."""
        return self.ug(self._heaviest_day, drug)

    def fastest_hour_ug(self, drug: str) -> float:
        """The heaviest hour that the program can give, presses included."""
        return self.ug(self._heaviest_hour, drug)

    def concentration_ug_per_mL(self, drug: str) -> float:
        """The concentration on the label; 0 for a drug that is not in the pump."""
        return float(dict(self.settings.labels).get(drug, Fraction(0)) / NG_PER_UG)

    @property
    def boluses(self) -> tuple[BolusClause, ...]:
        """The bolus clauses of the program."""
        orders = self.settings.orders
        found = [BolusClause("bolus", one.dose, one.over, Fraction(len(one.at), 7)) for one in orders.scheduled]
        found += [BolusClause("periodic", one.dose, one.over, Fraction(DAY_MS, one.every)) for one in orders.periodic]
        if (one := orders.demand) is not None:
            count = min(Fraction(one.max_per_day), Fraction(DAY_MS, max(1, one.lockout)))
            found.append(BolusClause("on demand", one.dose, one.over, count))
        return tuple(found)

    def bolus_ug(self, bolus: BolusClause, drug: str) -> float:
        """What one bolus gives of a drug."""
        return self.ug(bolus.dose, drug)

    def ug(self, dose_ng: Fraction, drug: str) -> float:
        """What comes of a drug with ``dose_ng`` of the primary one."""
        label = dict(self.settings.labels).get(drug, Fraction(0))
        return float(dose_ng * label / self.settings.concentration / NG_PER_UG)

    @property
    def _mean(self) -> Fraction:
        return mean_dose(self.settings, self.state.ramp_origin, self.state.now)

    @cached_property
    def _heaviest_day(self) -> Fraction:
        # No pump gives less in its heaviest day than on average, unless it cannot run what was asked.
        return max(heaviest(self.state, DAY_MS), self._mean * DAY_MS)

    @cached_property
    def _heaviest_hour(self) -> Fraction:
        return heaviest(self.state, HOUR_MS)


def change_percent(before: Side | None, after: Side, drug: str) -> float | None:
    """The change of a drug's daily dose; None where none of it runs, or nobody said what does."""
    old = 0.0 if before is None else before.daily_ug(drug)
    return 100 * (after.daily_ug(drug) / old - 1) if old > 0 else None
