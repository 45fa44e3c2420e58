"""What a pump is told at its first fill and at a refill, from a therapy file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Literal

from intrathecal.programmer.errors import MismatchError
from intrathecal.pump.controller import Refilled
from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML, Hardware
from intrathecal.pump.records import FirstFill
from intrathecal.pump.settings import Bridge, Settings, fixed_orders, labels_of
from intrathecal.pump.telemetry.checks import STANDING_STILL
from intrathecal.pump.telemetry.messages import Fill, TellRefill
from intrathecal.quantities import Quantity
from intrathecal.simulation.beginning import age_ms, picolitres, told_at_first_fill
from intrathecal.therapy import Bridge as PlannedBridge
from intrathecal.therapy import PumpPlan, Refill, Therapy

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  the pump's clock has an offset and no zone
AskedBridge = Literal["auto", "none"]


@dataclass(frozen=True)
class Filling:
    """A fill as the file gives it: volume, label, primary drug, and the bridge (None: nothing is said)."""

    volume: Quantity
    drugs: Mapping[str, Quantity]
    primary: str
    bridge: PlannedBridge | AskedBridge | None

    @property
    def labels(self) -> tuple[tuple[str, Fraction], ...]:
        """The label as a pump is told it."""
        return labels_of(self.drugs)

    def as_event(self, asked: AskedBridge | None) -> Refill:
        """The fill as a file's event, with what was ``asked`` about the bridge in the place of what it says."""
        return Refill(self.volume, self.drugs, None, None, self.primary, asked or self.bridge or "none")


def pump_of(plan: Therapy, model: str) -> PumpPlan:
    """The file's pump, which must be of the model that answers. Raises `MismatchError`."""
    if plan.pump is None:
        raise MismatchError(f"{plan.file}: has no [pump]; a pump is told what a file with one says")
    if plan.pump.entry.name != model:
        raise MismatchError(
            f"{plan.file}, [pump] model: is {plan.pump.entry.name}, and the pump that answers is a {model}; "
            "name the right file or the right pump"
        )
    return plan.pump


def first_fill(plan: Therapy, model: str) -> FirstFill:
    """The first fill: the pump is told everything but its program, and stands still until it is programmed.

    Its clock is set to the time of the fill. Raises `MismatchError`.
    """
    pump, catheter, fill = pump_of(plan, model), plan.catheter, plan.fill
    if catheter is None or fill is None:
        raise MismatchError(f"{plan.file}: has no [fill]; say what is in the reservoir")
    settings = told_at_first_fill(plan, pump, catheter, fill)
    still = STANDING_STILL if settings.hardware.fixed is None else settings.orders
    return FirstFill(
        settings=replace(settings, orders=still),
        volume_pL=picolitres(fill.volume),
        age_ms=age_ms(pump.implanted, fill.at),
        wall_ms=round((fill.at - EPOCH).total_seconds() * MS_PER_S),
        offset_minutes=pump.utc_offset_minutes,
    )


def filling(plan: Therapy, event: int | None) -> Filling:
    """The file's [fill], or the refill of its ``event``-th event. Raises `MismatchError`."""
    if event is None:
        if plan.fill is None:
            raise MismatchError(f"{plan.file}: has no [fill]; say what is in the reservoir")
        return Filling(plan.fill.volume, plan.label, plan.primary.name, None)
    if not 1 <= event <= len(plan.events):
        raise MismatchError(f"--event {event}: {plan.file} has {len(plan.events)} events; name one of them")
    action = plan.events[event - 1].action
    if not isinstance(action, Refill):
        raise MismatchError(f"--event {event}: is no refill ({plan.file}, line {plan.events[event - 1].line})")
    # "none" is also what a file says that says nothing: for a new label it must be said when the pump is told.
    bridge = None if action.bridge == "none" else action.bridge
    return Filling(action.volume, action.drugs, action.primary, bridge)


def refill(plan: Therapy, told: Filling, asked: AskedBridge | None, model: str, held: Fill, basis: str) -> TellRefill:
    """What a pump is told that holds ``held``. Raises `MismatchError`, also when a needed bridge is not spoken of."""
    pump_of(plan, model)
    settings = held.settings
    _check_line(plan, settings)
    orders = None
    if settings.hardware.fixed is not None:
        orders = fixed_orders(settings.hardware, dict(told.labels)[told.primary])
    elif told.primary != settings.primary:
        orders = STANDING_STILL
    refilled = Refilled(
        volume_pL=picolitres(told.volume),
        primary=told.primary,
        labels=told.labels,
        bridge=_bridge(told, asked, held),
        orders=orders,
    )
    return TellRefill(refilled, basis)


def _bridge(told: Filling, asked: AskedBridge | None, held: Fill) -> Bridge | None:
    bridge = asked or told.bridge
    if dict(told.labels) == dict(held.settings.labels):
        return None
    if isinstance(bridge, PlannedBridge):
        return Bridge(bridge.volume.exact * PL_PER_ML, bridge.rate.to("mL/s") * PL_PER_ML / MS_PER_S)
    if bridge is None:
        raise MismatchError(
            "the fill differs from the one before, and the old drug is still in tubing and catheter; "
            "add --bridge auto to bring it out first at the dose that runs, or --bridge none"
        )
    return held.bridge if bridge == "auto" else None


def _check_line(plan: Therapy, settings: Settings) -> None:
    """The pump was told its tubing and catheter at the first fill. Raises `MismatchError` if the file has others."""
    pump, catheter, fill = plan.pump, plan.catheter, plan.fill
    if pump is None or catheter is None or fill is None:
        raise MismatchError(f"{plan.file}: has no [catheter] or no [fill]")
    file = told_at_first_fill(plan, pump, catheter, fill)
    if (file.tubing, file.catheter) != (settings.tubing, settings.catheter):
        raise MismatchError(
            f"{plan.file}, [catheter]: holds {float(file.dead_volume) / PL_PER_ML:.4g} mL with its tubing, and the pump was "
            f"told {float(settings.dead_volume) / PL_PER_ML:.4g} mL; correct the file"
        )


def check_hardware(plan: Therapy, settings: Settings) -> None:
    """The pump's figures must be the catalogue's that the file was read with. Raises `MismatchError`."""
    if plan.pump is not None and Hardware.of(plan.pump.entry) != settings.hardware:
        raise MismatchError(f"{plan.file}: the catalogue's figures of {settings.hardware.model} are not the pump's")
