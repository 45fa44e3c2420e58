"""From a therapy to the pump, device and line on the day of the first fill."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from fractions import Fraction

import numpy as np

from intrathecal.catheter import Line, catheter_volume_mL, lumen_cm2
from intrathecal.flow import Array, Site
from intrathecal.pump.controller import fresh
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML, Hardware
from intrathecal.pump.settings import Settings, fixed_orders, labels_of, order
from intrathecal.quantities import Quantity
from intrathecal.simulation.delivery import Delivery
from intrathecal.simulation.ledger import Ledger
from intrathecal.therapy import CatheterPlan, Fill, PumpPlan, Therapy
from intrathecal.world.device import Device
from intrathecal.world.magnet import Magnet


def begin(plan: Therapy) -> Delivery:
    """The pump just filled, programmed and primed. The therapy must have a pump."""
    pump, catheter, fill = plan.pump, plan.catheter, plan.fill
    if pump is None or catheter is None or fill is None:
        raise ValueError("a therapy without a pump delivers nothing")
    drugs = tuple(entry.drug.name for entry in plan.drugs)
    inside = concentrations(drugs, plan.label)
    line = Line.filled(
        tubing_mL=pump.entry.tubing_volume.canonical,
        catheter_mL=float(held_mL(catheter)),
        area_cm2=lumen_cm2(catheter.entry),
        diffusivities=tuple(entry.drug.diffusivity.canonical for entry in plan.drugs),
        concentrations=inside,
        primed=fill.primed,
    )
    settings = told_at_first_fill(plan, pump, catheter, fill)
    volume = float(fill.volume.exact)
    return Delivery(
        drugs=drugs,
        pump=fresh(settings, picolitres(fill.volume), 0, age_ms(pump.implanted, fill.at)),
        device=Device(float(pump.entry.reservoir_volume.exact), volume, inside, float(pump.drive_error)),
        line=line,
        tip=Site(catheter.space, catheter.tip),
        actuation_s=pump.entry.actuation_duration.canonical,
        magnet=Magnet.of(pump.entry),
        ledger=Ledger.blank(len(drugs)).add(entered=volume * inside + line.mass_ug()),
        decay_per_s=np.array(
            [entry.drug.degradation_rate.canonical if entry.drug.degradation_rate else 0.0 for entry in plan.drugs]
        ),
    )


def told_at_first_fill(plan: Therapy, pump: PumpPlan, catheter: CatheterPlan, fill: Fill) -> Settings:
    """What the pump is told at its first fill, which is counter 0."""
    hardware = Hardware.of(pump.entry)
    concentration = plan.label[plan.primary.name].to("ng/mL")
    program = plan.program
    return Settings(
        hardware=hardware,
        orders=fixed_orders(hardware, concentration) if program is None else order(program, concentration),
        primary=plan.primary.name,
        labels=labels_of(plan.label),
        low_reservoir_pL=picolitres(fill.low_reservoir_alarm),
        clock=fill.at.weekday() * DAY_MS + milliseconds_of(fill.at.time()),
        tubing=pump.entry.tubing_volume.exact * PL_PER_ML,
        catheter=held_mL(catheter) * PL_PER_ML,
    )


def concentrations(drugs: tuple[str, ...], label: Mapping[str, Quantity]) -> Array:
    """ug/mL in the order of ``drugs``; a drug that the label does not name is not there."""
    return np.array([label[drug].canonical if drug in label else 0.0 for drug in drugs])


def held_mL(catheter: CatheterPlan) -> Fraction:
    """What a catheter holds as it was trimmed, exactly."""
    return catheter_volume_mL(catheter.entry, catheter.removed_cm)


def picolitres(volume: Quantity) -> int:
    """A volume in whole pL."""
    return round(volume.exact * PL_PER_ML)


def age_ms(implanted: date, at: datetime) -> int:
    """How long the pump had been implanted."""
    return max(0, round((at - datetime.combine(implanted, time())).total_seconds() * 1000))


def milliseconds_of(clock: time) -> int:
    """Milliseconds since midnight."""
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1000 + clock.microsecond // 1000
