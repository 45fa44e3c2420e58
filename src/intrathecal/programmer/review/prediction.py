"""What the simulation makes of a change: breathing and relief with what runs, and after it.

Nobody knows how the patient came to what runs, so the pump is taken to have run it for some days; then the change is made,
with its bridge, and followed. The figures before and after come of one run and are compared with each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from intrathecal.flow import Array
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.side import Side
from intrathecal.pump.hardware import DAY_MS
from intrathecal.quantities import Quantity
from intrathecal.simulation.api import Run, simulate
from intrathecal.simulation.feeling import BREATHING, PAIN
from intrathecal.simulation.relieved import complaints, mean_of_last
from intrathecal.therapy import (
    Action,
    DrugEntry,
    Event,
    NewProgram,
    NoPresses,
    OralOpioid,
    PressTimes,
    Refill,
    SimulationPlan,
    Therapy,
)

#: What a reservoir holds that is not to become empty in a prediction.
BOTTOMLESS_ML = 100_000
#: Figures are taken every so often: breathing moves over hours.
EVERY_MS = 1_800_000
LAST_DAY_S = DAY_MS / 1000
#: A handset that gives hundreds of presses a day is pressed for as many whole days, so that the answer comes soon.
MOST_PRESSES = 300


@dataclass(frozen=True)
class Predicted:
    """Breathing at its least, as a share of normal, and pain (or spasticity) at the end, before a change and after it.

    ``followed`` names what is felt. What is before is None where nobody said what runs; ``pressed`` is breathing at its least
    with every press that the program allows, None where there is no handset; breathing is None where no drug depresses it.
    """

    followed: str
    breathing_before: float | None
    breathing_after: float | None
    breathing_pressed: float | None
    felt_before: float | None
    felt_after: float


def followed(case: Case) -> tuple[Therapy | None, Therapy, int]:
    """What would run on (None: nobody said what runs), the same with the change, and when that is made (ms)."""
    at, end = _span(case)
    plan = _plan(case, at, end)
    if case.before is None:
        return None, plan, at
    return replace(plan, events=tuple(event for event in plan.events if event.at_ms < at)), plan, at


def _span(case: Case) -> tuple[int, int]:
    """When the change is made, and until when it is followed (ms)."""
    review = case.therapy.catalogue.review
    at = 0 if case.before is None else round(float(review.predicted_before.exact) * 1000)
    return at, at + round(float(review.predicted_after.exact) * 1000)


def predict(case: Case) -> Predicted:
    """Run what runs, then the change. Raises what the simulation raises."""
    at, end = _span(case)
    plan = _plan(case, at, end)
    run = simulate(plan, every_ms=EVERY_MS, profiles=())
    demand = case.after.settings.orders.demand
    pressed = None
    if demand is not None and _is_breathed(run):
        presses = _all_presses(at, end, demand.lockout, demand.max_per_day)
        pressing = replace(plan, simulation=replace(plan.simulation, presses=presses))
        pressed = _least(simulate(pressing, every_ms=EVERY_MS, profiles=()), at, end)
    times_s, felt = complaints(run.finished)
    before = times_s <= at / 1000
    senses = run.finished.case.senses
    return Predicted(
        followed="pain" if senses.followed == PAIN else "spasticity",
        breathing_before=_least(run, at - DAY_MS, at) if at and _is_breathed(run) else None,
        breathing_after=_least(run, at, end) if _is_breathed(run) else None,
        breathing_pressed=pressed,
        felt_before=mean_of_last(times_s[before], felt[before], LAST_DAY_S) if at else None,
        felt_after=mean_of_last(times_s, felt, LAST_DAY_S),
    )


def _is_breathed(run: Run) -> bool:
    drugs = run.finished.case.therapy.drugs
    return run.finished.case.background is not None or any(entry.drug.breathing for entry in drugs)


def _least(run: Run, first_ms: int, last_ms: int) -> float:
    traces = run.finished.end.traces
    times_s: Array = np.concatenate([trace.times_s for trace in traces])
    breathing: Array = np.concatenate([trace.felt[BREATHING] for trace in traces])
    inside = (times_s >= first_ms / 1000) & (times_s <= last_ms / 1000)
    return float(breathing[inside].min())


def _plan(case: Case, at: int, end: int) -> Therapy:
    """A therapy that runs what runs from its first fill on, and makes the change at ``at`` (ms)."""
    therapy, first = case.therapy, case.before or case.after
    entry = case.pump.entry
    reservoir = replace(entry.reservoir_volume, number=Decimal(BOTTOMLESS_ML), unit="mL")
    volume = Quantity(Decimal(BOTTOMLESS_ML // 2), "mL", "volume")
    if therapy.fill is None:
        raise ValueError("a therapy without a pump has no program to predict")
    actions: list[Action] = [OralOpioid(case.oral_after)] if case.oral_after.number > 0 else []
    if case.before is not None:
        # what is taken beside the pump until the change
        since_fill = case.oral_opioid if case.events else Quantity(Decimal(0), "mg/day", "mass rate")
        start: list[Action] = [OralOpioid(since_fill)] if since_fill.number > 0 else []
        if case.is_refill:
            label = _quantities(case.after)
            bridge = case.bridge or "auto"
            actions.append(Refill(volume, label, None, None, case.after.primary, bridge))
        if case.after.program is not None:
            actions.append(NewProgram(case.after.program))
    else:
        start = []
    events = [(0, action) for action in start] + [(at, action) for action in actions]
    return replace(
        therapy,
        pump=replace(case.pump, entry=replace(entry, reservoir_volume=reservoir), drive_error=Fraction(0)),
        catheter=case.catheter,
        drugs=_drugs(case, first),
        fill=replace(therapy.fill, volume=volume, primed="tip", reservoir_now=None, now=None),
        program=first.program,
        events=tuple(Event(index, 0, "", when, action) for index, (when, action) in enumerate(events, start=1)),
        simulation=SimulationPlan(Fraction(end, DAY_MS), NoPresses(), therapy.simulation.seed),
        notes=(),
    )


def _quantities(side: Side) -> dict[str, Quantity]:
    """The label as somebody would have typed it in ng/mL, the primary drug first."""
    labels = {drug: label for drug, label in side.settings.labels if label > 0}
    ordered = {side.primary: labels[side.primary], **labels}
    return {
        drug: Quantity(Decimal(label.numerator) / Decimal(label.denominator), "ng/mL", "concentration")
        for drug, label in ordered.items()
    }


def _drugs(case: Case, first: Side) -> tuple[DrugEntry, ...]:
    """All drugs of both sides, the first fill's first; those that come later have no concentration yet."""
    label = _quantities(first)
    later = [drug for drug in case.after.drugs if drug not in label]
    known = case.therapy.catalogue.drugs
    nothing = Quantity(Decimal(0), "ng/mL", "concentration")
    entries = [DrugEntry(known[drug], concentration) for drug, concentration in label.items()]
    return (*entries, *(DrugEntry(known[drug], nothing) for drug in later))


def _all_presses(first: int, last: int, lockout: int, most_a_day: int) -> PressTimes:
    """Every day's presses one lockout apart; the pump refuses those that a limit forbids."""
    days = max(1, MOST_PRESSES // most_a_day)
    times: list[int] = []
    for day in range(first, min(last, first + days * DAY_MS), DAY_MS):
        for at in range(day, min(day + most_a_day * lockout, day + DAY_MS, last), lockout):
            if not times or at >= times[-1] + lockout:
                times.append(at)
    return PressTimes(tuple(times))
