"""What an event of the therapy file does to pump, device and line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import singledispatch

import numpy as np

from intrathecal import therapy
from intrathecal.catheter import Line, lumen_cm2
from intrathecal.flow import Array, Infusion, Site
from intrathecal.pump import controller
from intrathecal.pump.forecast import auto_bridge
from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML, Hardware
from intrathecal.pump.pressing import standing
from intrathecal.pump.settings import Bridge, fixed_orders, labels_of, milliseconds, order
from intrathecal.pump.state import State
from intrathecal.simulation.beginning import age_ms, concentrations, held_mL, picolitres
from intrathecal.simulation.delivery import Delivery, Passage
from intrathecal.world import faults
from intrathecal.world.device import Device, VolumeError
from intrathecal.world.faults import Active
from intrathecal.world.magnet import Magnet

#: What a revision of the catheter mends.
CATHETER_FAULTS = (faults.CATHETER_LEAK, faults.OCCLUSION, faults.DISCONNECT, faults.TIP_MIGRATION)
#: What a reset mends: a closed valve, and a stall that had no end.
RESET_FAULTS = (faults.VALVE_CLOSED, faults.MOTOR_STALL)


@dataclass(frozen=True)
class Moment:
    """When an event happens: ``now`` (ms), the pump's clock, and the pocket's share of a refill at the same time (mL)."""

    now: int
    clock: datetime | None
    pocket_mL: float = 0.0


@dataclass(frozen=True)
class Impulse:
    """An amount of one drug (ug) that enters at once."""

    site: Site
    drug: str
    amount_ug: float


@dataclass(frozen=True)
class Touched:
    """The delivery after an event, what was sounded, and what left the pump for the canal at once."""

    delivery: Delivery
    passage: Passage = field(default_factory=Passage)
    impulses: tuple[Impulse, ...] = ()
    notes: tuple[str, ...] = ()


@singledispatch
def touch(action: therapy.Action, delivery: Delivery, moment: Moment) -> Touched:
    """Apply one event; a kind that has no effect on the delivery leaves it as it is."""
    return Touched(delivery)


@touch.register
def _refill(action: therapy.Refill, delivery: Delivery, moment: Moment) -> Touched:
    held = delivery.device.volume_mL
    device, removed = delivery.device.take(float(action.removed.exact) if action.removed else held)
    filled = concentrations(delivery.drugs, action.actual or action.drugs)
    volume = float(action.volume.exact)
    if moment.pocket_mL > volume:
        raise VolumeError(
            f"{moment.pocket_mL:.6g} mL cannot go into the pocket: the refill at that moment is {volume:.6g} mL; "
            "let at most that go astray"
        )
    device = device.fill(volume - moment.pocket_mL, filled)
    ledger = delivery.ledger.add(entered=volume * filled, removed=removed, pocket=moment.pocket_mL * filled)
    told, notes = told_at_refill(action, delivery.pump)
    after, passage = replace(delivery, device=device, ledger=ledger).tell(told, moment.now)
    return Touched(after, passage, notes=notes)


def told_at_refill(action: therapy.Refill, pump: State) -> tuple[controller.Refilled, tuple[str, ...]]:
    """What a pump is told at a refill, and why there is no bridge where one was asked for."""
    bridge, notes = _bridge(action, pump)
    labels = labels_of(action.drugs)
    hardware = pump.settings.hardware
    told = controller.Refilled(
        volume_pL=picolitres(action.volume),
        primary=action.primary,
        labels=labels,
        bridge=bridge,
        orders=fixed_orders(hardware, dict(labels)[action.primary]) if hardware.fixed is not None else None,
    )
    return told, notes


def _bridge(action: therapy.Refill, pump: State) -> tuple[Bridge | None, tuple[str, ...]]:
    settings = pump.settings
    if isinstance(action.bridge, therapy.Bridge):
        rate = action.bridge.rate.to("mL/s") * PL_PER_ML / MS_PER_S
        return Bridge(action.bridge.volume.exact * PL_PER_ML, rate), ()
    if action.bridge == "none":
        return None, ()
    if dict(settings.labels) == dict(labels_of(action.drugs)):
        return None, ("The refill has the label of the one before: no bridge is needed, none was run.",)
    bridge = auto_bridge(pump)
    if bridge is None:
        return None, ("The program gave nothing at the refill: a bridge at its dose cannot run, none was run.",)
    return bridge, ()


@touch.register
def _program(action: therapy.NewProgram, delivery: Delivery, moment: Moment) -> Touched:
    orders = order(action.program, delivery.pump.settings.concentration)
    after, passage = delivery.tell(controller.Program(orders), moment.now)
    return Touched(after, passage)


@touch.register
def _prime(action: therapy.Prime, delivery: Delivery, moment: Moment) -> Touched:
    prime = controller.Prime(action.volume.exact * PL_PER_ML, milliseconds(action.over))
    after, passage = delivery.tell(prime, moment.now)
    refused = standing(delivery.pump)
    notes = (f"The pump refused a prime of {action.volume}: {refused}.",) if refused else ()
    return Touched(after, passage, notes=notes)


def given(action: therapy.Dose, drugs: tuple[str, ...], now: int) -> tuple[tuple[Impulse, ...], tuple[Infusion, ...]]:
    """A dose by another way than the pump: at once, or over a time."""
    site = Site(action.route, action.level or "")
    amount = action.amount.canonical
    if action.over is None:
        return (Impulse(site, action.drug, amount),), ()
    seconds = action.over.canonical
    rates = np.array([amount / seconds if drug == action.drug else 0.0 for drug in drugs])
    start = now / MS_PER_S
    return (), (Infusion(site, start, start + seconds, rates),)


@touch.register
def _mri(action: therapy.Mri, delivery: Delivery, moment: Moment) -> Touched:
    magnet = delivery.magnet
    if magnet.response == "stalls-and-recovers":
        until = moment.now + milliseconds(action.duration) + magnet.recovery_ms
        return Touched(*delivery.suffer(Active(faults.MAGNET, until), moment.now))
    if magnet.response == "valve-closes":
        escaped, arrived = delivery.escape(magnet.escape_mL)
        impulses = tuple(
            Impulse(delivery.site, drug, float(amount)) for drug, amount in zip(delivery.drugs, arrived, strict=True)
        )
        closed, passage = escaped.suffer(Active(faults.VALVE_CLOSED, None), moment.now)
        volume = delivery.device.volume_mL - escaped.device.volume_mL
        return Touched(closed, passage.then(Passage(delivered_mL=volume)), impulses)
    return Touched(delivery)


@touch.register
def _reset(action: therapy.Reset, delivery: Delivery, moment: Moment) -> Touched:
    mended = replace(delivery, device=delivery.device.mended(RESET_FAULTS))
    felt, first = mended.feel(moment.now)
    after, second = felt.tell(controller.Reset(), moment.now)
    return Touched(after, first.then(second))


@touch.register
def _aspirate(action: therapy.Aspirate, delivery: Delivery, moment: Moment) -> Touched:
    """From the reservoir; what comes through the side port needs the canal, and is taken by the run."""
    device, removed = delivery.device.take(float(action.volume.exact))
    return Touched(replace(delivery, device=device, ledger=delivery.ledger.add(removed=removed)))


@touch.register
def _revise(action: therapy.Revise, delivery: Delivery, moment: Moment) -> Touched:
    catheter = action.catheter
    held = held_mL(catheter)
    line, removed = delivery.line, np.zeros(len(delivery.drugs))
    if action.replaced:
        line, removed = line.revise(float(held), lumen_cm2(catheter.entry))
    settings = replace(delivery.pump.settings, catheter=held * PL_PER_ML)
    return Touched(
        replace(
            delivery,
            line=line,
            tip=Site(catheter.space, catheter.tip),
            device=delivery.device.mended(CATHETER_FAULTS),
            pump=replace(delivery.pump, settings=settings),
            ledger=delivery.ledger.add(removed=removed),
        )
    )


@touch.register
def _replace_pump(action: therapy.ReplacePump, delivery: Delivery, moment: Moment) -> Touched:
    """A new pump on the old catheter: it holds its own fill and runs the same orders, with no memory of doses."""
    entry = action.pump.entry
    inside = concentrations(delivery.drugs, action.drugs)
    volume = float(action.volume.exact)
    line, taken = _connected(action, delivery.line, inside)
    old = delivery.pump
    settings = replace(
        old.settings,
        hardware=Hardware.of(entry),
        primary=action.primary,
        labels=labels_of(action.drugs),
        tubing=entry.tubing_volume.exact * PL_PER_ML,
    )
    if settings.hardware.fixed is not None:
        settings = replace(settings, orders=fixed_orders(settings.hardware, settings.concentration))
    age = age_ms(action.pump.implanted, moment.clock) if moment.clock else 0
    held = line.mass_ug() - (delivery.line.mass_ug() - taken)
    ledger = delivery.ledger.add(entered=volume * inside + held, removed=delivery.device.masses_ug + taken)
    pump = controller.fresh(settings, picolitres(action.volume), moment.now, age)
    device = Device(float(entry.reservoir_volume.exact), volume, inside, float(action.pump.drive_error))
    catheter_faults = tuple(fault for fault in delivery.device.faults if fault.kind in CATHETER_FAULTS)
    after = replace(
        delivery,
        pump=pump,
        device=replace(device, faults=catheter_faults),
        line=line,
        actuation_s=entry.actuation_duration.canonical,
        magnet=Magnet.of(entry),
        ledger=ledger,
        counted_before_pL=delivery.counted_before_pL + old.counted_pL,
    )
    after, passage = after.tell(controller.Tick(), moment.now)
    return Touched(after, passage)


def _connected(action: therapy.ReplacePump, line: Line, inside: Array) -> tuple[Line, Array]:
    """The line with the new pump's tubing, and what the old line's content that is gone weighed."""
    tubing = action.pump.entry.tubing_volume.canonical
    if action.primed != "tip":
        return line.replace_pump(tubing, inside if action.primed == "tubing" else np.zeros_like(inside))
    primed = Line.filled(
        tubing_mL=tubing,
        catheter_mL=line.catheter_mL,
        area_cm2=line.area_cm2,
        diffusivities=line.diffusivities,
        concentrations=inside,
        primed="tip",
    )
    return primed, line.mass_ug()


@touch.register(therapy.CatheterLeak)
@touch.register(therapy.Occlusion)
@touch.register(therapy.Disconnect)
@touch.register(therapy.TipMigration)
@touch.register(therapy.MotorStall)
@touch.register(therapy.OverInfusion)
@touch.register(therapy.FlowStop)
def _fault(action: therapy.Fault, delivery: Delivery, moment: Moment) -> Touched:
    return Touched(*delivery.suffer(_active(action, moment.now), moment.now))


@touch.register
def _battery_reset(action: therapy.BatteryReset, delivery: Delivery, moment: Moment) -> Touched:
    suffering, first = delivery.suffer(_active(action, moment.now), moment.now)
    after, second = suffering.tell(controller.BatteryReset(), moment.now)
    return Touched(after, first.then(second))


@touch.register
def _pocket_fill(action: therapy.PocketFill, delivery: Delivery, moment: Moment) -> Touched:
    """Without a refill at the same time, the volume goes from the reservoir into the pocket."""
    device, lost = delivery.device.take(float(action.volume.exact))
    return Touched(replace(delivery, device=device, ledger=delivery.ledger.add(pocket=lost)))


def _active(action: therapy.Fault, now: int) -> Active:
    until = None if action.lasts is None else now + milliseconds(action.lasts)
    match action:
        case therapy.CatheterLeak(fraction, _):
            return Active(faults.CATHETER_LEAK, until, amount=float(fraction))
        case therapy.Occlusion(fraction, _):
            return Active(faults.OCCLUSION, until, amount=float(fraction))
        case therapy.OverInfusion(factor, _):
            return Active(faults.OVER_INFUSION, until, amount=float(factor))
        case therapy.TipMigration(to, _):
            return Active(faults.TIP_MIGRATION, until, level=to)
        case therapy.Disconnect():
            return Active(faults.DISCONNECT, until)
        case therapy.MotorStall():
            return Active(faults.MOTOR_STALL, until)
        case therapy.FlowStop():
            return Active(faults.FLOW_STOP, until)
        case therapy.BatteryReset():
            return Active(faults.BATTERY_RESET, until)
        case _:
            raise TypeError(f"{action} does not last")
