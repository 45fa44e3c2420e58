"""How the next fill is made: what each drug must be at the wanted doses, and what is drawn up for it.

    concentration = daily dose / flow        drug in the fill = concentration * volume = daily dose * volume / flow
    stock = drug / its concentration         diluent = volume - all stocks

The refill set is primed with the same solution, so that more is made than is filled in; every amount grows in proportion.
Flow and doses are per day: a flow typed per hour empties the pump 24 times as fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from intrathecal.catalogue import Drug, Pump, Rinse
from intrathecal.catalogue.errors import nearest
from intrathecal.programmer.errors import SumError
from intrathecal.programmer.review.moment import Implanted
from intrathecal.quantities import Quantity, factor, plain, rounded
from intrathecal.therapy import Therapy

DAY_S = 86_400
HOURS_PER_DAY = 24
#: A rise of the rate that shows what it does to the drugs beside the one it is meant for.
RISE_PERCENT = 10


@dataclass(frozen=True)
class Part:
    """One drug of the fill. Amounts are exact, ug and mL; ``stock`` (ug/mL) is None where it is weighed as a powder.

    ``mass`` and ``stock_mL`` are for the fill, ``made_mass`` and ``made_stock_mL`` for what is made, refill set included.
    """

    drug: Drug
    daily: Fraction
    concentration: Fraction
    stock: Fraction | None
    mass: Fraction
    made_mass: Fraction

    @property
    def stock_mL(self) -> Fraction | None:
        """What is drawn of the stock for the fill."""
        return None if self.stock is None else self.mass / self.stock

    @property
    def made_stock_mL(self) -> Fraction | None:
        """What is drawn of the stock for all that is made."""
        return None if self.stock is None else self.made_mass / self.stock


@dataclass(frozen=True)
class Recipe:
    """How to make a fill of ``volume`` mL that runs at ``flow`` mL/day for ``days``; ``extra`` mL are made besides.

    ``to_alarm`` is how many days pass until the reservoir is low, ``keeps`` for how many the first drug stays good (None:
    no source says it).
    """

    parts: tuple[Part, ...]
    volume: Fraction
    extra: Fraction
    flow: Fraction
    days: Fraction
    to_alarm: Fraction
    keeps: tuple[str, Fraction] | None
    diluent: Fraction
    made_diluent: Fraction
    rinses: Mapping[str, Rinse]
    order: tuple[str, ...]
    notes: tuple[str, ...]


def compound(
    therapy: Therapy,
    daily: Mapping[str, Quantity],
    volume: Quantity,
    flow: Quantity,
    stocks: Mapping[str, Quantity] | None = None,
) -> Recipe:
    """The recipe of the next fill of the file's pump. ``daily`` are masses a day (or mass rates) by drug.

    ``stocks`` are the solutions at hand; a drug without one comes from the strongest that is sold where the catalogue
    knows it and it fits, and else from powder. Raises `SumError` for a drug that the file does not have, a flow that the pump
    cannot run at, a fill that it cannot hold, and what cannot be dissolved or is not in the stock.
    """
    stocks = stocks or {}
    _check_names(therapy, daily, stocks)
    implanted = Implanted.of(therapy)
    _check_pump(implanted.pump.entry, volume, flow)
    per_day = flow.exact * DAY_S
    extra = therapy.catalogue.refill.refill_set.exact
    grow = (volume.exact + extra) / volume.exact
    drugs = [entry.drug for entry in therapy.drugs if entry.drug.name in daily]
    parts = [_part(drug, daily[drug.name], per_day, volume.exact, grow, stocks.get(drug.name)) for drug in drugs]
    chosen = _with_sold(parts, volume.exact, frozenset(stocks))
    drawn = sum((part.stock_mL or Fraction(0) for part in chosen), Fraction(0))
    if drawn > volume.exact:
        raise SumError(
            f"--stock: {rounded(float(drawn))} mL of stocks do not fit into {volume}; take stronger ones, or more volume at a "
            "faster flow"
        )
    diluent = volume.exact - drawn
    lives = [(drug.pump_life.exact / DAY_S, drug.name) for drug in (part.drug for part in chosen) if drug.pump_life]
    keeps = min(lives, default=None)
    usable = volume.exact - implanted.fill.low_reservoir_alarm.exact
    recipe = Recipe(
        parts=tuple(chosen),
        volume=volume.exact,
        extra=extra,
        flow=per_day,
        days=volume.exact / per_day,
        to_alarm=max(Fraction(0), usable) / per_day,
        keeps=None if keeps is None else (keeps[1], keeps[0]),
        diluent=diluent,
        made_diluent=diluent * grow,
        rinses={part.drug.name: part.drug.rinse for part in chosen if part.drug.rinse},
        order=_order(chosen, volume.exact + extra),
        notes=(),
    )
    return replace(recipe, notes=_notes(therapy, recipe, flow))


def left_in_vial(rinse: Rinse) -> Fraction:
    """What is left (mL) of a vial when a pump that never held the drug was rinsed with it."""
    return rinse.vial.exact - rinse.times.exact * rinse.volume.exact


def strength(ug_per_mL: Fraction, drug: Drug) -> str:
    """A concentration in the drug's customary unit: "10 mg/mL"."""
    unit = drug.customary_concentration_unit
    return f"{rounded(float(ug_per_mL * factor('ug/mL', unit)))} {unit}"


def amount(ug: Fraction, drug: Drug) -> str:
    """A mass in the drug's customary unit: "40 mg"."""
    return f"{rounded(float(ug * factor('ug', drug.customary_mass_unit)))} {drug.customary_mass_unit}"


def to_json(recipe: Recipe) -> dict[str, Any]:
    """The recipe in plain numbers, the unit in the key."""
    return {
        "volume_mL": float(recipe.volume),
        "flow_mL_per_day": float(recipe.flow),
        "days": float(recipe.days),
        "days_to_low_reservoir": float(recipe.to_alarm),
        "stable_days": None if recipe.keeps is None else float(recipe.keeps[1]),
        "drugs": {part.drug.name: _figures(part) for part in recipe.parts},
        "diluent_mL": float(recipe.diluent),
        "extra_mL": float(recipe.extra),
        "make_mL": float(recipe.volume + recipe.extra),
        "make_diluent_mL": float(recipe.made_diluent),
        "rinse": {
            name: {
                "times": int(rinse.times.exact),
                "volume_mL": rinse.volume.canonical,
                "vial_mL": rinse.vial.canonical,
                "left_mL": float(left_in_vial(rinse)),
            }
            for name, rinse in recipe.rinses.items()
        },
        "order": list(recipe.order),
        "notes": list(recipe.notes),
    }


def _figures(part: Part) -> dict[str, float | None]:
    stock, fill, made = part.stock, part.stock_mL, part.made_stock_mL
    return {
        "daily_dose_ug": float(part.daily),
        "concentration_ug_per_mL": float(part.concentration),
        "mass_ug": float(part.mass),
        "make_mass_ug": float(part.made_mass),
        "stock_ug_per_mL": None if stock is None else float(stock),
        "stock_mL": None if fill is None else float(fill),
        "make_stock_mL": None if made is None else float(made),
    }


def _daily_ug(name: str, dose: Quantity) -> Fraction:
    if dose.kind == "mass":
        return dose.exact
    if not dose.unit.endswith("/day"):
        raise SumError(
            f"--daily {name}: {dose} is not a dose a day; write what is given in 24 hours, "
            f"{rounded(float(dose.to('mg/day')))} mg/day if this is meant"
        )
    return dose.to("ug/day")


def _check_names(therapy: Therapy, daily: Mapping[str, Quantity], stocks: Mapping[str, Quantity]) -> None:
    named = [entry.drug.name for entry in therapy.drugs]
    for option, given in (("--daily", daily), ("--stock", stocks)):
        for name in given:
            if name not in named:
                raise SumError(f"{option} {name}: is not a drug of {therapy.file}; {nearest(name, named)}")
    for name in stocks:
        if name not in daily:
            raise SumError(f'--stock {name}: nobody asks for it; give its dose too, such as --daily "{name}=DOSE"')


def _check_pump(pump: Pump, volume: Quantity, flow: Quantity) -> None:
    slowest, fastest = pump.slowest_flow, pump.fastest_flow
    if not slowest.exact <= flow.exact <= fastest.exact:
        possible = f"{slowest}" if slowest.exact == fastest.exact else f"{slowest} to {fastest}"
        raise SumError(f"--flow: {pump.name} does not run at {flow}; give {possible}")
    if volume.exact > pump.reservoir_volume.exact:
        raise SumError(
            f"--volume: {volume} is more than the reservoir of {pump.name} holds; give at most {pump.reservoir_volume}"
        )


def _part(
    drug: Drug, dose: Quantity, per_day: Fraction, volume: Fraction, grow: Fraction, stock: Quantity | None
) -> Part:
    """One drug of a fill of ``volume`` mL, of which ``grow`` times as much is made."""
    daily = _daily_ug(drug.name, dose)
    concentration = daily / per_day
    most = drug.makeable_max
    if most is not None and concentration > most.exact:
        raise SumError(
            f"--daily {drug.name}: it would have to be {strength(concentration, drug)}, above what can be sold or dissolved "
            f"({most}); give less of it, or a faster flow"
        )
    if stock is not None and stock.exact < concentration:
        raise SumError(
            f"--stock {drug.name}: {stock} is too weak for {strength(concentration, drug)}; "
            "take a stronger one, a lower dose or a faster flow"
        )
    mass = concentration * volume
    return Part(drug, daily, concentration, None if stock is None else stock.exact, mass, mass * grow)


def _with_sold(parts: list[Part], volume: Fraction, asked: frozenset[str]) -> list[Part]:
    """Parts without a stock come from the strongest one sold if it is strong enough and all of them fit together."""
    taken = [
        replace(part, stock=sold.exact)
        if part.stock is None and (sold := part.drug.strongest_sold) is not None and sold.exact >= part.concentration
        else part
        for part in parts
    ]
    while sum((part.stock_mL or Fraction(0) for part in taken), Fraction(0)) > volume:
        free = [part for part in taken if part.stock is not None and part.drug.name not in asked]
        if not free:
            return taken
        most = max(free, key=lambda part: part.stock_mL or Fraction(0))
        taken = [replace(part, stock=None) if part is most else part for part in taken]
    return taken


def _order(parts: list[Part], make: Fraction) -> tuple[str, ...]:
    """What is done one after the other: powders need fluid to dissolve in, and what fills up comes last."""
    steps = []
    powders = [part for part in parts if part.stock is None]
    if powders:
        weighed = ", ".join(f"{amount(part.made_mass, part.drug)} of {part.drug.name}" for part in powders)
        steps.append(f"Weigh {weighed}, and dissolve in a part of the diluent.")
    for part in parts:
        if part.stock is not None and part.made_stock_mL is not None:
            steps.append(
                f"Add {rounded(float(part.made_stock_mL))} mL of {part.drug.name} {strength(part.stock, part.drug)} "
                f"({amount(part.made_mass, part.drug)})."
            )
    steps.append(f"Fill up with preservative-free saline to {rounded(float(make))} mL, and mix.")
    label = ", ".join(f"{part.drug.name} {strength(part.concentration, part.drug)}" for part in parts)
    steps.append(f"Filter, label ({label}), and have a second person check label and amounts.")
    return tuple(steps)


def _first_life(therapy: Therapy, name: str) -> str:
    """How long a drug keeps in a pump that never held it, where that is shorter."""
    life = therapy.catalogue.drugs[name].pump_life_first_fill
    return "" if life is None else f" That first fill keeps {rounded(float(life.exact / DAY_S))} days only."


def _notes(therapy: Therapy, recipe: Recipe, flow: Quantity) -> tuple[str, ...]:
    notes = []
    refill = therapy.catalogue.refill
    if recipe.days * DAY_S < therapy.catalogue.device_review.shortest_fill.exact:
        slip = ""
        if flow.unit == "mL/h":
            lasting = rounded(float(recipe.volume / Fraction(flow.number)))
            slip = f" If {plain(flow.number)} mL/day was meant, it lasts {lasting} days."
        notes.append(
            f"The fill lasts only {rounded(float(recipe.days * HOURS_PER_DAY))} h: is the flow meant per day?{slip}"
        )
    notes.append(
        f"{rounded(float(recipe.extra))} mL more than the fill are made to prime the refill set "
        f"({', '.join(refill.refill_set.source)}): they never reach the patient."
    )
    if len(recipe.parts) > 1:
        raised = ", ".join(
            f"{part.drug.name} {amount(part.daily * (1 + Fraction(RISE_PERCENT, 100)), part.drug)}"
            for part in recipe.parts
        )
        count = "both" if len(recipe.parts) == 2 else f"all {len(recipe.parts)}"
        notes.append(f"The ratio is fixed: {RISE_PERCENT} % more flow raises {count} drugs ({raised} a day).")
    if recipe.keeps is not None and recipe.keeps[1] < recipe.days:
        notes.append(
            f"{recipe.keeps[0]} keeps {rounded(float(recipe.keeps[1]))} days in the pump, and the fill lasts "
            f"{rounded(float(recipe.days))}: refill by then, or make less."
        )
    for part in recipe.parts:
        drug, sold = part.drug, part.drug.strongest_sold
        if part.stock is None:
            known = "no solution for the spine is known to be sold"
            if sold is not None:
                known = f"{sold}, as sold, {'is too weak' if sold.exact < part.concentration else 'leaves no room'}"
            notes.append(f"{drug.name} is weighed as a powder: {known}. Give --stock for a solution at hand.")
    for name, rinse in recipe.rinses.items():
        notes.append(
            f"A pump that never held {name} is rinsed first: {rinse.times} times {rinse.volume}; of a vial of {rinse.vial} "
            f"{rounded(float(left_in_vial(rinse)))} mL are left.{_first_life(therapy, name)}"
        )
    left_out = [
        entry.drug.name for entry in therapy.drugs if entry.drug.name not in {p.drug.name for p in recipe.parts}
    ]
    if left_out:
        notes.append(f"Not in this fill: {', '.join(left_out)}. A drug that stops at once may bring withdrawal.")
    notes.append("Have the fill reviewed before it is given: intrathecal review.")
    return tuple(notes)
