"""What a trial gave: the infusion in force, and the needle doses, as its therapy file has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction

from intrathecal.care.errors import FirstProgramError
from intrathecal.catalogue import Drug
from intrathecal.pump.hardware import DAY_MS, Hardware
from intrathecal.pump.settings import Settings, fixed_orders, labels_of, order
from intrathecal.quantities import Quantity, rounded
from intrathecal.therapy import Dose, NewProgram, Program, Refill, ReplacePump, Therapy
from intrathecal.therapy.actions import Route

NG_PER_UG = 1000
UG_PER = {"mg": 1000, "mcg": 1}


@dataclass(frozen=True)
class Infusion:
    """A continuous infusion: micrograms a day of each drug, from ``since_ms`` on."""

    daily_ug: Mapping[str, Fraction]
    space: Route
    since_ms: int


@dataclass(frozen=True)
class Needle:
    """One dose by needle, micrograms."""

    drug: str
    ug: Fraction
    route: Route
    level: str | None
    at_ms: int


def infusion_at(therapy: Therapy, at_ms: int) -> Infusion | None:
    """The infusion in force at ``at_ms`` (weekly mean of base, windows and boluses); None without a pump.

    Raises `FirstProgramError` for a program with a ramp, which has no one dose.
    """
    if therapy.pump is None or therapy.catheter is None:
        return None
    pump, label, program = therapy.pump.entry, therapy.label, therapy.program
    primary, since = therapy.primary.name, 0
    for event in therapy.events:
        if event.at_ms > at_ms:
            break
        match event.action:
            case NewProgram(new):
                program, since = new, event.at_ms
            case Refill():
                label, primary = event.action.drugs, event.action.primary
            case ReplacePump():
                pump, label = event.action.pump.entry, event.action.drugs
                primary, since = event.action.primary, event.at_ms
    daily = _daily(Hardware.of(pump), program, label, primary, therapy.file)
    return Infusion(daily, therapy.catheter.space, since)


def _daily(
    hardware: Hardware, program: Program | None, label: Mapping[str, Quantity], primary: str, file: str
) -> dict[str, Fraction]:
    if program is not None and program.ramp is not None:
        raise FirstProgramError(
            f'{file}: the program has a ramp and so no one dose; give --daily, such as "morphine=2 mg/day"'
        )
    concentrations = dict(labels_of(label))
    own = concentrations[primary]
    orders = fixed_orders(hardware, own) if program is None else order(program, own)
    settings = Settings(hardware, orders, primary, labels_of(label), 0, 0, Fraction(0), Fraction(0))
    base, boluses = orders.weekly_mean(settings.minimum_dose, Fraction(1))
    rate = (base + boluses) * DAY_MS / NG_PER_UG
    return {drug: rate * concentration / own for drug, concentration in concentrations.items() if concentration}


def needles(therapy: Therapy) -> tuple[Needle, ...]:
    """Every dose by another way than the pump, in order of time."""
    return tuple(
        Needle(action.drug, action.amount.exact, action.route, action.level, event.at_ms)
        for event in therapy.events
        if isinstance(action := event.action, Dose)
    )


def on_the_clock(at: datetime, therapy: Therapy) -> datetime:
    """A moment of a diary on the clock of the trial's file: as it stands where it has no offset."""
    if at.tzinfo is None:
        return at
    minutes = therapy.pump.utc_offset_minutes if therapy.pump else 0
    return at.astimezone(timezone(timedelta(minutes=minutes))).replace(tzinfo=None)


def amount(ug: Fraction, drug: Drug) -> str:
    """A mass in the drug's customary unit, such as "0.25 mg"."""
    return f"{rounded(Fraction(ug) / UG_PER[drug.customary_mass_unit])} {drug.customary_mass_unit}"
