"""What the pump cannot do exactly as programmed: asked beside delivered."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.settings import Level, Settings
from intrathecal.quantities import rounded


@dataclass(frozen=True)
class Inexact:
    """A clause that the pump can only approach; flows in mL/day or volumes in mL, by ``unit``."""

    clause: str
    asked: float
    delivered: float
    unit: str
    reason: str


def inexact(settings: Settings) -> tuple[Inexact, ...]:
    """Every clause that smallest step, slowest or fastest flow, or the number of steps a day keep from being exact."""
    found = [*_flows(settings), *_boluses(settings)]
    most = settings.hardware.max_schedule_steps
    entries = len({at % DAY_MS for at, _ in settings.orders.week}) + sum(
        len({at % DAY_MS for at in bolus.at}) for bolus in settings.orders.scheduled
    )
    if most is not None and entries > most:
        reason = f"the pump holds {most} schedule steps a day"
        found.append(Inexact("schedule", float(entries), float(most), "steps", reason))
    return tuple(found)


def _flows(settings: Settings) -> list[Inexact]:
    hardware = settings.hardware
    found = []
    ramp = settings.orders.ramp
    scales = [Fraction(1)] if ramp is None else [Fraction(1), ramp.target]
    for index, level in enumerate(_levels(settings)):
        clause = "base or window" if index else "base"
        if level.minimum and hardware.minimum is None:
            found.append(Inexact(clause, 0.0, 0.0, "mL/day", "this pump has no minimum rate: it stands still"))
        for scale in scales:
            asked = settings.flow(level.dose * scale)
            given = hardware.possible(asked)
            if given != asked and not level.minimum:
                limit = "slower than its slowest flow" if given > asked else "faster than its fastest flow"
                found.append(Inexact(clause, _daily(asked), _daily(given), "mL/day", f"the pump cannot run {limit}"))
    return found


def _boluses(settings: Settings) -> list[Inexact]:
    hardware, orders = settings.hardware, settings.orders
    clauses = [("bolus", bolus.dose, bolus.over) for bolus in orders.scheduled]
    clauses += [("periodic bolus", bolus.dose, bolus.over) for bolus in orders.periodic]
    if orders.demand is not None:
        clauses.append(("on demand", orders.demand.dose, orders.demand.over))
    base = max((hardware.possible(settings.flow(level.dose)) for level in _levels(settings)), default=Fraction(0))
    found = []
    for clause, dose, over in clauses:
        volume = settings.flow(dose)
        steps = volume / hardware.step_pL
        if steps.denominator != 1:
            reason = (
                f"one step is {rounded(Fraction(hardware.step_pL * 1000, PL_PER_ML), 6)} uL; the rest is carried over"
            )
            delivered = float(round(steps) * hardware.step_pL) / PL_PER_ML
            found.append(Inexact(clause, float(volume) / PL_PER_ML, delivered, "mL", reason))
        if base + volume / over > hardware.fastest:
            asked = _daily(base + volume / over)
            reason = "the pump cannot run faster than its fastest flow: the bolus keeps its amount and lasts longer"
            found.append(Inexact(clause, asked, _daily(hardware.fastest), "mL/day", reason))
    return found


def _levels(settings: Settings) -> list[Level]:
    return list(dict.fromkeys(level for _, level in settings.orders.week))


def _daily(flow: Fraction) -> float:
    return float(flow * DAY_MS / PL_PER_ML)
