"""The pump alone, without the patient: what stands at a moment of a therapy."""

from __future__ import annotations

from collections.abc import Sequence

from intrathecal.pump.controller import Press
from intrathecal.simulation.beginning import begin
from intrathecal.simulation.delivery import Delivery
from intrathecal.simulation.errors import SimulationError, refusal
from intrathecal.simulation.touching import Moment, touch
from intrathecal.therapy import Aspirate, Event, Therapy
from intrathecal.world.device import VolumeError


def pump_at(therapy: Therapy, at_ms: int, before: int | None = None, presses: Sequence[int] = ()) -> Delivery:
    """Pump, reservoir and line at ``at_ms``, when the file's first ``before`` events have happened.

    Without ``before`` those that lie before ``at_ms`` have. The handset was pressed at ``presses`` (ms, rising). What is
    drawn through the side port is left out: it needs the canal. Raises `SimulationError` for an event that cannot happen, and
    `ValueError` for a therapy without a pump.
    """
    events = [event for event in therapy.events if event.at_ms < at_ms] if before is None else therapy.events[:before]
    delivery = begin(therapy)
    pressed = [at for at in presses if at < at_ms]
    for event in events:
        while pressed and pressed[0] < event.at_ms:
            delivery = _pressed(delivery, pressed.pop(0))
        delivery = _touched(therapy, _to(delivery, event.at_ms), event)
    for at in pressed:
        delivery = _pressed(delivery, at)
    return _to(delivery, at_ms)


def _pressed(delivery: Delivery, at: int) -> Delivery:
    return _to(delivery, at).tell(Press(), at)[0]


def _touched(therapy: Therapy, delivery: Delivery, event: Event) -> Delivery:
    action = event.action
    if isinstance(action, Aspirate) and action.source == "side-port":
        return delivery
    try:
        touched = touch(action, delivery, Moment(event.at_ms, therapy.time_at(event.at_ms)))
    except VolumeError as problem:
        raise SimulationError(therapy, event, str(problem)) from None
    for refused in touched.passage.refusals:
        raise refusal(therapy, event, refused.breach, delivery.pump.settings.primary)
    return touched.delivery


def _to(delivery: Delivery, at: int) -> Delivery:
    """Advance to ``at``, and let faults end on the way."""
    while True:
        ends = [fault.until for fault in delivery.device.faults if fault.until is not None and fault.until <= at]
        delivery, _ = delivery.advance(min([at, *ends]))
        if not ends:
            return delivery
        delivery, _ = delivery.feel(min(ends))
