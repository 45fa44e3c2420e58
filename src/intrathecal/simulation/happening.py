"""What happens to pump and patient at one moment: the events of the therapy file, and faults that are over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from intrathecal.flow import Infusion
from intrathecal.pump.exactness import Inexact, inexact
from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML
from intrathecal.pump.settings import Settings
from intrathecal.simulation.delivery import Delivery, Passage
from intrathecal.simulation.errors import SimulationError, refusal
from intrathecal.simulation.reached import Case, Reached, Refilled
from intrathecal.simulation.span import AFTER_BOLUS_MS
from intrathecal.simulation.touching import Impulse, Moment, Touched, given, touch
from intrathecal.simulation.transport import Held
from intrathecal.therapy import Aspirate, Dose, Event, OralOpioid, PocketFill, Refill, ReplacePump, Therapy
from intrathecal.world.device import VolumeError


def touches(case: Case, reached: Reached) -> list[int]:
    """When something is done to pump or patient next, or a fault ends."""
    times = [event.at_ms for event in case.therapy.events[reached.events_done :][:1]]
    if reached.delivery is not None:
        times += [fault.until for fault in reached.delivery.device.faults if fault.until is not None]
    return times


def touch_due(case: Case, reached: Reached) -> Reached:
    """Let faults that are over end, then apply every event of this moment, in the file's order."""
    if reached.delivery is not None:
        delivery, passage = reached.delivery.feel(reached.now)
        reached = _note(replace(reached, delivery=delivery), passage)
    done, due = due_events(case.therapy, reached.events_done, reached.now)
    for event, pocket_mL in due:
        reached = _apply(case, reached, event, pocket_mL)
    return replace(reached, events_done=done)


def due_events(therapy: Therapy, done: int, now: int) -> tuple[int, list[tuple[Event, float]]]:
    """How many events have happened with those of this moment, and these, each with what the pocket takes of it (mL).

    A pocket fill at the moment of a refill is what the first refill loses; without a refill it stands alone.
    """
    due = [event for event in therapy.events[done:] if event.at_ms <= now]
    refills = [event for event in due if isinstance(event.action, Refill)]
    lost = [event.action.volume.canonical for event in due if isinstance(event.action, PocketFill)]
    kept = [event for event in due if not (refills and isinstance(event.action, PocketFill))]
    return done + len(due), [(event, sum(lost) if event in refills[:1] else 0.0) for event in kept]


def at_pump(therapy: Therapy, delivery: Delivery, event: Event, pocket_mL: float) -> Touched:
    """What an event does to pump, device and line, which have been brought to its moment.

    Raises `SimulationError` when it cannot happen then.
    """
    now = delivery.pump.now
    try:
        touched = touch(event.action, delivery.decay(now / MS_PER_S), Moment(now, therapy.time_at(now), pocket_mL))
    except VolumeError as problem:
        raise SimulationError(therapy, event, str(problem)) from None
    for refused in touched.passage.refusals:
        raise refusal(therapy, event, refused.breach, delivery.pump.settings.primary)
    return touched


def _apply(case: Case, reached: Reached, event: Event, pocket_mL: float) -> Reached:
    action = event.action
    delivery = reached.delivery
    if isinstance(action, Dose):
        return _give(case, reached, *given(action, case.drugs, reached.now))
    if isinstance(action, OralOpioid) and reached.swallowed is not None:
        return replace(reached, swallowed=replace(reached.swallowed, ug_per_s=action.rate.canonical))
    if delivery is None:
        return reached
    if isinstance(action, Aspirate) and action.source == "side-port":
        return _aspirate(case, reached, delivery, action)
    touched = at_pump(case.therapy, delivery, event, pocket_mL)
    if isinstance(action, Refill):
        left = Refilled(reached.now, delivery.pump.reservoir_pL / PL_PER_ML, delivery.device.volume_mL)
        reached = replace(reached, filled_at=reached.now, refills=(*reached.refills, left))
    if isinstance(action, ReplacePump):
        reached = replace(reached, filled_at=reached.now)
    told = touched.delivery.pump.settings
    if told != delivery.pump.settings:
        before = tuple(item for item in reached.inexact if item[0] < reached.now)
        reached = replace(reached, inexact=before + inexact_from(reached.now, told))
    reached = replace(
        reached,
        delivery=touched.delivery,
        held=_add(case, reached.held, touched.impulses),
        delivered_mL=reached.delivered_mL + touched.passage.delivered_mL,
        notes=reached.notes + touched.notes,
    )
    return _note(reached, touched.passage)


def inexact_from(now: int, settings: Settings) -> tuple[tuple[int, Inexact], ...]:
    """What the pump cannot do exactly of what it was told now."""
    return tuple((now, item) for item in inexact(settings))


def _give(case: Case, reached: Reached, impulses: tuple[Impulse, ...], entries: tuple[Infusion, ...]) -> Reached:
    """A dose by another way than the pump."""
    amounts = np.zeros(len(case.drugs))
    for impulse in impulses:
        amounts[case.drugs.index(impulse.drug)] += impulse.amount_ug
    return replace(
        reached,
        held=_add(case, reached.held, impulses),
        given_ug=reached.given_ug + amounts,
        doses=reached.doses + entries,
        samples_due=reached.samples_due + tuple(reached.now + after for after in AFTER_BOLUS_MS),
    )


def _add(case: Case, held: tuple[Held, ...], impulses: tuple[Impulse, ...]) -> tuple[Held, ...]:
    later = list(held)
    for impulse in impulses:
        index = case.drugs.index(impulse.drug)
        later[index] = later[index].add(case.channels[index], impulse.site, impulse.amount_ug)
    return tuple(later)


def _aspirate(case: Case, reached: Reached, delivery: Delivery, action: Aspirate) -> Reached:
    """Through the side port: the catheter's own content first; fluid from around the tip follows into the catheter."""
    volume = float(action.volume.exact)
    site = delivery.site
    held, fluid = list(reached.held), np.zeros(len(reached.held))
    if site.route == "intrathecal":
        for index, channel in enumerate(case.channels):
            held[index], fluid[index] = held[index].draw(channel, site, volume)
    before = delivery.line.mass_ug()
    line, _, _ = delivery.line.aspirate(volume, fluid / volume)
    ledger = delivery.ledger.add(removed=before + fluid - line.mass_ug())
    return replace(reached, held=tuple(held), delivery=replace(delivery, line=line, ledger=ledger))


def _note(reached: Reached, passage: Passage) -> Reached:
    return replace(reached, alarms=reached.alarms + passage.alarms)
