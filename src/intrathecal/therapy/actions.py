"""What the events of a therapy file do, as objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from intrathecal.quantities import Quantity
from intrathecal.therapy.devices import CatheterPlan, PumpPlan
from intrathecal.therapy.program import Program

Route = Literal["oral", "intravenous", "epidural", "intrathecal"]
Primed = Literal["tip", "tubing", "no"]


@dataclass(frozen=True)
class Bridge:
    """A bridge that the file gives: a volume at a constant volume flow."""

    volume: Quantity
    rate: Quantity


@dataclass(frozen=True)
class Refill:
    """The reservoir is emptied (or ``removed`` is taken out) and ``volume`` is filled in.

    ``drugs`` is the whole label of the fill, drug name to concentration, the old one where the file gives no new one.
    ``actual`` is what the syringe held if it differed: the label with what the file's ``actual`` changes in it.
    ``primary`` is the drug that program doses mean from now on.
    """

    volume: Quantity
    drugs: Mapping[str, Quantity]
    removed: Quantity | None
    actual: Mapping[str, Quantity] | None
    primary: str
    bridge: Literal["none", "auto"] | Bridge


@dataclass(frozen=True)
class NewProgram:
    """Every clause is replaced."""

    program: Program


@dataclass(frozen=True)
class Prime:
    """A priming bolus."""

    volume: Quantity
    over: Quantity


@dataclass(frozen=True)
class Dose:
    """A mass of a drug by another way than the pump; ``level`` is None for the oral and intravenous routes."""

    drug: str
    amount: Quantity
    route: Route
    level: str | None
    over: Quantity | None
    volume: Quantity | None


@dataclass(frozen=True)
class OralOpioid:
    """The background of oral morphine equivalents from now on."""

    rate: Quantity


@dataclass(frozen=True)
class Mri:
    """A scan of this length."""

    duration: Quantity


@dataclass(frozen=True)
class Reset:
    """The pump is reset, as after a stall."""


@dataclass(frozen=True)
class Aspirate:
    """A volume is drawn from the reservoir, or from the catheter through the side port."""

    volume: Quantity
    source: Literal["reservoir", "side-port"]


@dataclass(frozen=True)
class Revise:
    """The catheter is operated on: ``catheter`` is how it is afterwards, ``replaced`` whether it is a new one."""

    catheter: CatheterPlan
    replaced: bool


@dataclass(frozen=True)
class ReplacePump:
    """A new pump, which holds ``volume`` of the drugs in ``drugs`` (label) and is ``primed`` as a first fill is."""

    pump: PumpPlan
    volume: Quantity
    drugs: Mapping[str, Quantity]
    primary: str
    primed: Primed


@dataclass(frozen=True)
class CatheterLeak:
    """A ``fraction`` of the flow leaves the catheter outside the canal."""

    fraction: Fraction
    lasts: Quantity | None


@dataclass(frozen=True)
class Occlusion:
    """A ``fraction`` of the flow does not pass the catheter."""

    fraction: Fraction
    lasts: Quantity | None


@dataclass(frozen=True)
class Disconnect:
    """Catheter and pump part."""

    lasts: Quantity | None


@dataclass(frozen=True)
class TipMigration:
    """The tip lies at another level."""

    to: str
    lasts: Quantity | None


@dataclass(frozen=True)
class MotorStall:
    """The motor stands still."""

    lasts: Quantity | None


@dataclass(frozen=True)
class OverInfusion:
    """The pump moves ``factor`` times what it counts."""

    factor: Fraction
    lasts: Quantity | None


@dataclass(frozen=True)
class PocketFill:
    """A ``volume`` meant for the reservoir goes into the pocket around the pump."""

    volume: Quantity
    lasts: Quantity | None


@dataclass(frozen=True)
class BatteryReset:
    """The battery's voltage dips and the pump falls back to its safe state."""

    lasts: Quantity | None


@dataclass(frozen=True)
class FlowStop:
    """Nothing flows, whatever the pump counts."""

    lasts: Quantity | None


Fault = (
    CatheterLeak
    | Occlusion
    | Disconnect
    | TipMigration
    | MotorStall
    | OverInfusion
    | PocketFill
    | BatteryReset
    | FlowStop
)
Action = Refill | NewProgram | Prime | Dose | OralOpioid | Mri | Reset | Aspirate | Revise | ReplacePump | Fault
