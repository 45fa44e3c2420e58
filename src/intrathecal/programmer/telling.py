"""Telling a pump what is in it, and reading back that it has understood."""

from __future__ import annotations

from dataclasses import replace

from intrathecal.programmer.errors import MismatchError, Uncertain
from intrathecal.programmer.filling import AskedBridge, filling, first_fill, refill
from intrathecal.programmer.programming import differences, filled
from intrathecal.programmer.session import Session
from intrathecal.pump.controller import Refilled
from intrathecal.pump.records import FirstFill
from intrathecal.pump.telemetry.messages import Fill, Reading
from intrathecal.therapy import Therapy


def tell_fill(session: Session, plan: Therapy, event: int | None, bridge: AskedBridge | None) -> Reading:
    """Tell a pump its first fill or a refill, and read back what it then believes to hold.

    Raises `MismatchError`, `Refused`, and `Uncertain` when the answer is lost or the pump believes anything else.
    """
    before = session.read()
    if before.fill is None:
        if event is not None:
            raise MismatchError(
                f"--event {event}: the pump has not been told its first fill, which is the file's [fill]; leave --event out"
            )
        told = first_fill(plan, before.model)
        session.act(told, "a first fill")
        after = session.read()
        wrong = _first_differences(told, filled(after))
    else:
        message = refill(plan, filling(plan, event), bridge, before.model, before.fill, before.basis)
        session.act(message, "a refill")
        after = session.read()
        wrong = _differences(message.refilled, before.fill, filled(after))
    if wrong:
        raise Uncertain(
            f"{session.address}: delivery uncertain: the pump was read back and differs in {', '.join(wrong)}; "
            "read it with intrathecal interrogate"
        )
    return after


def _first_differences(told: FirstFill, found: Fill) -> list[str]:
    # The pump works its clock out itself: the time of the fill, counted from its own counter.
    wanted = replace(told.settings, clock=found.settings.clock)
    return differences(wanted, found.settings) + _volume(told.volume_pL, found)


def _differences(told: Refilled, before: Fill, found: Fill) -> list[str]:
    wanted = replace(
        before.settings,
        clock=found.settings.clock,
        primary=told.primary,
        labels=told.labels,
        orders=before.settings.orders if told.orders is None else told.orders,
    )
    wrong = differences(wanted, found.settings) + _volume(told.volume_pL, found)
    return [*wrong, "the bridge"] if found.bridging and told.bridge is None else wrong


def _volume(told_pL: int, found: Fill) -> list[str]:
    """The pump may have given some of it since; more than was told it never holds."""
    given = told_pL - found.reservoir_pL
    return [] if 0 <= given <= found.steps * found.settings.hardware.step_pL else ["the volume"]
