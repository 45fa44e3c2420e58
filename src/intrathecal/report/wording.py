"""Numbers, times and events as a clinician reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from intrathecal.catalogue import Drug
from intrathecal.quantities import Quantity
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
    Therapy,
    TipMigration,
)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MCG_PER_MG = 1000
#: Below this peak (mcg/mL) the fluid's concentrations of a drug are shown in ng/mL.
SMALL_MCG_PER_ML = 0.2
UNKNOWN = "not known"


def number(value: float | None, digits: int = 3) -> str:
    """So many significant digits, whole where it is larger, never in exponents."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    text = f"{value:.{digits}g}"
    return f"{value:.{digits + 8}f}".rstrip("0") if "e" in text else text


def percent(fraction: float) -> str:
    """A fraction as whole percent; one that is not quite nothing or all is not rounded to that."""
    if 0 < fraction < 0.005:
        return "below 1 %"
    if 0.995 <= fraction < 1:
        return "above 99 %"
    return f"{fraction:.0%}".replace("%", " %")


def count(amount: int, one: str, many: str | None = None) -> str:
    """``1 alarm``, ``2 alarms``."""
    return f"{amount} {one if amount == 1 else many or one + 's'}"


def dose(drug: Drug, ug: float) -> str:
    """A mass of a drug in its customary unit."""
    unit = drug.customary_mass_unit
    return f"{number(ug / MCG_PER_MG if unit == 'mg' else ug)} {unit}"


@dataclass(frozen=True)
class Clock:
    """Times of a run in words: on the pump's clock, or in hours from the start where the therapy has no date."""

    start: datetime | None

    def text(self, at_ms: float) -> str:
        """``20 Apr 2026 09:00``, or ``day 2, 03:30 h`` from the start."""
        if self.start is None:
            days, rest = divmod(round(at_ms / 60_000), 24 * 60)
            return f"day {days}, {rest // 60:02}:{rest % 60:02} h"
        return _moment(self.start + timedelta(milliseconds=at_ms))

    @staticmethod
    def written(iso: str | None) -> str:
        """A time of the run's figures in the same form."""
        return UNKNOWN if iso is None else _moment(datetime.fromisoformat(iso))

    @property
    def epoch_ms(self) -> int | None:
        """The start as the pump's clock shows it, counted as if that clock were UTC."""
        if self.start is None:
            return None
        return round(self.start.replace(tzinfo=UTC).timestamp() * 1000)


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%b %Y %H:%M}"


def describe(action: Action, therapy: Therapy) -> tuple[str, str]:
    """An event in two words, and in a sentence."""
    match action:
        case Refill(volume, drugs, _, actual, _, bridge):
            label = " and ".join(f"{_title(therapy, name)} {amount}" for name, amount in drugs.items() if amount.number)
            wrong = "; the syringe held something else" if actual else ""
            bridged = "" if bridge == "none" else " A bridge runs until the new drug is at the tip."
            return "Refill", f"Refill with {volume} of {label}{wrong}.{bridged}"
        case NewProgram(program):
            return "Program", f"New program: {'; '.join(str(program).splitlines())}"
        case Prime(volume, _):
            return "Priming", f"Priming bolus of {volume}."
        case Dose(drug, amount, route, level, _, _):
            place = f" at {level}" if level else ""
            return "Dose", f"{amount} of {_title(therapy, drug)}, {route}{place}."
        case OralOpioid(rate):
            return "Oral opioid", f"Oral opioid is {rate} from now on."
        case Mri(duration):
            return "MRI", f"Magnetic resonance imaging, {duration}."
        case Reset():
            return "Reset", "The pump is reset."
        case Aspirate(volume, source):
            return "Aspiration", f"{volume} drawn from the {source.replace('-', ' ')}."
        case Revise(catheter, replaced):
            return (
                "Revision",
                f"{'A new catheter' if replaced else 'The catheter is revised'}; its tip lies at {catheter.tip}.",
            )
        case ReplacePump(pump, volume):
            return "New pump", f"The pump is replaced by {pump.entry.title}, filled with {volume}."
        case _:
            return _fault(action)


def _fault(action: Action) -> tuple[str, str]:
    match action:
        case CatheterLeak(fraction, lasts):
            return "Leak", f"Fault: {percent(float(fraction))} of the flow leaks out of the catheter{_lasting(lasts)}."
        case Occlusion(fraction, lasts):
            return (
                "Occlusion",
                f"Fault: {percent(float(fraction))} of the flow does not pass the catheter{_lasting(lasts)}.",
            )
        case Disconnect(lasts):
            return "Disconnection", f"Fault: pump and catheter part{_lasting(lasts)}."
        case TipMigration(level, lasts):
            return "Migration", f"Fault: the tip moves to {level}{_lasting(lasts)}."
        case MotorStall(lasts):
            return "Stall", f"Fault: the motor stands still{_lasting(lasts)}."
        case OverInfusion(factor, lasts):
            return (
                "Over-infusion",
                f"Fault: the pump moves {number(float(factor))} times what it counts{_lasting(lasts)}.",
            )
        case PocketFill(volume, _):
            return "Pocket fill", f"Fault: {volume} go into the pocket around the pump."
        case BatteryReset(lasts):
            return "Battery", f"Fault: the battery's voltage dips{_lasting(lasts)}."
        case FlowStop(lasts):
            return "Flow stops", f"Fault: nothing flows, whatever the pump counts{_lasting(lasts)}."
        case _:
            raise AssertionError(action)


def _lasting(lasts: Quantity | None) -> str:
    return f" for {lasts}" if lasts else ""


def _title(therapy: Therapy, name: str) -> str:
    return next((entry.drug.title for entry in therapy.drugs if entry.drug.name == name), name)
