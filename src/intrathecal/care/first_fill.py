"""How strong the first fill is: so weak that the flow suits the pump, so strong that the fill lasts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from intrathecal.care.errors import FirstProgramError
from intrathecal.care.first_dose import FirstDose
from intrathecal.care.given import UG_PER, amount
from intrathecal.catalogue import Catalogue, Drug, Pump
from intrathecal.quantities import Quantity, factor, rounded
from intrathecal.therapy.file.read_fill import LOW_RESERVOIR

#: Concentrations that are easy to make: these times a power of ten, in the customary unit.
ROUND = (1, 2, 5)
POWERS = range(-4, 5)


@dataclass(frozen=True)
class FirstFill:
    """Concentrations (ug/mL) by drug, the primary one first; the flow (mL/day) and the days to the low-reservoir alarm."""

    concentrations: Mapping[str, Fraction]
    flow: Fraction
    days: Fraction
    because: tuple[str, ...]


def first_fill(
    doses: Sequence[FirstDose], pump: Pump, volume: Quantity, wanted: Mapping[str, Fraction], catalogue: Catalogue
) -> FirstFill:
    """The weakest round concentration of the primary drug with which the fill lasts long enough.

    ``wanted`` holds a concentration (ug/mL) of the primary drug that somebody asks for instead. Raises `FirstProgramError`
    where nothing lies within the pump's range of flow and what can be filled.
    """
    usable = volume.exact - LOW_RESERVOIR.exact
    if usable <= 0:
        raise FirstProgramError(
            f"--fill: {volume} is not more than the low-reservoir alarm ({LOW_RESERVOIR}); fill more"
        )
    primary = doses[0]
    kept, keeps = _shortest_life(doses)
    asked = catalogue.trial.first_refill.exact * factor("s", "day")
    lasting = min(asked, kept) if kept is not None else asked
    fills = list(_possible(doses, pump, usable, wanted, catalogue))
    if not fills:
        raise FirstProgramError(_impossible(primary, pump, wanted, catalogue))
    chosen = next((fill for fill in fills if fill.days >= lasting), fills[-1])
    strength = concentration(chosen.concentrations[primary.drug.name], primary.drug)
    reasons = [
        f"{strength} is what was asked for." if primary.drug.name in wanted else _why(strength, chosen, lasting, fills)
    ]
    if pump.fixed_flow is not None:
        reasons = [f"{pump.name} runs at {pump.fixed_flow}, so {strength} gives the dose."]
    reasons.append(
        f"{amount(primary.daily_ug, primary.drug)}/day of it are {rounded(chosen.flow)} mL/day; "
        + f"{volume} last {float(chosen.days):.0f} days to the low-reservoir alarm"
        + (f", and {keeps} keeps {float(kept):.0f} days in the pump." if kept is not None else ".")
    )
    for dose in doses[1:]:
        made = concentration(chosen.concentrations[dose.drug.name], dose.drug)
        reasons.append(f"{amount(dose.daily_ug, dose.drug)}/day of {dose.drug.name} at that flow ask for {made}.")
    return FirstFill(chosen.concentrations, chosen.flow, chosen.days, tuple(reasons))


def concentration(ug_per_mL: Fraction, drug: Drug) -> str:
    """A concentration in the drug's customary unit, such as "10 mg/mL"."""
    mass = drug.customary_concentration_unit.split("/")[0]
    return f"{rounded(ug_per_mL / UG_PER[mass])} {drug.customary_concentration_unit}"


def _why(strength: str, chosen: FirstFill, lasting: Fraction, fills: Sequence[FirstFill]) -> str:
    if chosen.days < lasting:
        return f"No concentration that can be filled lasts {float(lasting):.0f} days; {strength} lasts longest."
    weakest = " (the weakest that suits the pump)" if chosen is fills[0] else ""
    return f"{strength} is the weakest round concentration with which a fill lasts {float(lasting):.0f} days{weakest}."


def _possible(
    doses: Sequence[FirstDose], pump: Pump, usable: Fraction, wanted: Mapping[str, Fraction], catalogue: Catalogue
) -> Iterator[FirstFill]:
    """Every fill within the limits of drugs and pump, the weakest first."""
    primary, day = doses[0], factor("day", "s")
    slowest, fastest = pump.slowest_flow.exact * day, pump.fastest_flow.exact * day
    for strength in _strengths(primary, pump, wanted, catalogue):
        flow = primary.daily_ug / strength
        held = {dose.drug.name: _rounded(dose.daily_ug / flow) for dose in doses}
        if not slowest <= flow <= fastest or not flow:
            continue
        if any(held[dose.drug.name] > _strongest(dose.drug, catalogue) for dose in doses[1:]):
            continue
        yield FirstFill({**held, primary.drug.name: strength}, flow, usable / flow, ())


def _strengths(
    primary: FirstDose, pump: Pump, wanted: Mapping[str, Fraction], catalogue: Catalogue
) -> Iterator[Fraction]:
    drug = primary.drug
    if drug.name in wanted:
        yield wanted[drug.name]
        return
    strongest, rule = _strongest(drug, catalogue), catalogue.screenings.get(drug.name)
    weakest = rule.weakest.exact if rule is not None and rule.weakest is not None else Fraction(0)
    if pump.fixed_flow is not None:
        exact = primary.daily_ug / (pump.fixed_flow.exact * factor("day", "s"))
        candidates = {_rounded(exact)}
    else:
        unit = UG_PER[drug.customary_concentration_unit.split("/")[0]]
        candidates = {Fraction(one) * Fraction(10) ** power * unit for power in POWERS for one in ROUND}
        candidates |= {strongest, weakest}
    yield from sorted(one for one in candidates if weakest <= one <= strongest and one)


def _strongest(drug: Drug, catalogue: Catalogue) -> Fraction:
    rule = catalogue.screenings.get(drug.name)
    if rule is None:
        raise FirstProgramError(
            f"the catalogue has no [screening.{drug.name}]: how strong it may be is not known; add it, or use another drug"
        )
    return rule.strongest.exact


def _rounded(value: Fraction) -> Fraction:
    return Fraction(rounded(value))


def _shortest_life(doses: Sequence[FirstDose]) -> tuple[Fraction | None, str]:
    """How many days the drugs keep in a pump that is filled for the first time, and which of them keeps so long."""
    lives = [
        (life.exact * factor("s", "day"), dose.drug.name)
        for dose in doses
        if (life := dose.drug.pump_life_first_fill or dose.drug.pump_life) is not None
    ]
    return min(lives, default=(None, ""))


def _impossible(primary: FirstDose, pump: Pump, wanted: Mapping[str, Fraction], catalogue: Catalogue) -> str:
    drug = primary.drug
    rule = catalogue.screenings[drug.name]
    said = f"{amount(primary.daily_ug, drug)}/day of {drug.name}"
    if drug.name in wanted:
        said += f" at {concentration(wanted[drug.name], drug)}"
    return (
        f"{said} cannot be given with {pump.name}: it runs at {pump.slowest_flow} to {pump.fastest_flow}, and a fill holds "
        f"{rule.weakest or 'anything'} to {rule.strongest} of it; name another pump, --concentration or --daily"
    )
