"""What happens to patient and pump, as a clinician reads it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

from intrathecal.quantities import Quantity
from intrathecal.report.wording import number, percent
from intrathecal.therapy import (
    Action,
    Aspirate,
    BatteryReset,
    CatheterLeak,
    Disconnect,
    Dose,
    FlowStop,
    MotorStall,
    Mri,
    NewProgram,
    Occlusion,
    OralOpioid,
    OverInfusion,
    PocketFill,
    Prime,
    Refill,
    ReplacePump,
    Reset,
    Revise,
    TipMigration,
)


@singledispatch
def describe(action: Action) -> str:
    """An event in a sentence; drugs by their names in the therapy file."""
    raise NotImplementedError(f"{type(action).__name__} has no words yet")


@describe.register
def _(action: Refill) -> str:
    wrong = f"; the syringe held {_mixture(action.actual)}" if action.actual else ""
    bridged = "" if action.bridge == "none" else " A bridge runs until the new drug is at the tip."
    return f"Refill with {action.volume} of {_mixture(action.drugs)}{wrong}.{bridged}"


def _mixture(drugs: Mapping[str, Quantity]) -> str:
    return " and ".join(f"{name} {amount}" for name, amount in drugs.items() if amount.number)


@describe.register
def _(action: NewProgram) -> str:
    return f"New program: {'; '.join(str(action.program).splitlines())}."


@describe.register
def _(action: Prime) -> str:
    return f"Priming bolus of {action.volume} over {action.over}."


@describe.register
def _(action: Dose) -> str:
    over = f" over {action.over}" if action.over else ""
    return f"{action.amount} of {action.drug}, {action.route}{f' at {action.level}' if action.level else ''}{over}."


@describe.register
def _(action: OralOpioid) -> str:
    return f"Oral opioid is {action.rate} from now on."


@describe.register
def _(action: Mri) -> str:
    return f"Magnetic resonance imaging, {action.duration}."


@describe.register
def _(action: Reset) -> str:
    return "The pump is reset."


@describe.register
def _(action: Aspirate) -> str:
    return f"{action.volume} drawn from the {action.source.replace('-', ' ')}."


@describe.register
def _(action: Revise) -> str:
    done = "A new catheter" if action.replaced else "The catheter is revised"
    return f"{done}; its tip lies at {action.catheter.tip}."


@describe.register
def _(action: ReplacePump) -> str:
    return f"The pump is replaced by {action.pump.entry.title}, filled with {action.volume}."


@describe.register
def _(fault: CatheterLeak) -> str:
    return f"Fault: {percent(float(fault.fraction))} of the flow leaks out of the catheter{_lasting(fault.lasts)}."


@describe.register
def _(fault: Occlusion) -> str:
    return f"Fault: {percent(float(fault.fraction))} of the flow does not pass the catheter{_lasting(fault.lasts)}."


@describe.register
def _(fault: Disconnect) -> str:
    return f"Fault: pump and catheter part{_lasting(fault.lasts)}."


@describe.register
def _(fault: TipMigration) -> str:
    return f"Fault: the tip moves to {fault.to}{_lasting(fault.lasts)}."


@describe.register
def _(fault: MotorStall) -> str:
    return f"Fault: the motor stands still{_lasting(fault.lasts)}."


@describe.register
def _(fault: OverInfusion) -> str:
    return f"Fault: the pump moves {number(float(fault.factor))} times what it counts{_lasting(fault.lasts)}."


@describe.register
def _(fault: PocketFill) -> str:
    return f"Fault: {fault.volume} go into the pocket around the pump."


@describe.register
def _(fault: BatteryReset) -> str:
    return f"Fault: the battery's voltage dips{_lasting(fault.lasts)}."


@describe.register
def _(fault: FlowStop) -> str:
    return f"Fault: nothing flows, whatever the pump counts{_lasting(fault.lasts)}."


def _lasting(lasts: Quantity | None) -> str:
    return f" for {lasts}" if lasts else ""
