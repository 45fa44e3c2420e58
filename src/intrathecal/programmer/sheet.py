"""Old beside new: every field of a program, its change in percent, and its unit in words.

Ten times too much looks like a point out of place, and micrograms like milligrams: so each number stands beside the one it
replaces, and each unit is spelt out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.settings import Orders, Settings
from intrathecal.quantities import Quantity, factor, rounded
from intrathecal.therapy import Program, Rate
from intrathecal.therapy.clauses import AnyRate
from intrathecal.therapy.clock import format_clock, format_days

WORDS = {
    "ng": "nanograms",
    "mcg": "micrograms",
    "mg": "milligrams",
    "uL": "microlitres",
    "mL": "millilitres",
    "min": "a minute",
    "h": "an hour",
    "day": "a day",
}
#: A change by this factor or more is said as a factor too.
LARGE = 2


@dataclass(frozen=True)
class Row:
    """One field: what it is, what it was and will be (empty: there is none), and how it changes."""

    field: str
    old: str
    new: str
    change: str


@dataclass(frozen=True)
class _Item:
    """A field's text, and what percent are taken of, if anything."""

    text: str
    amount: Fraction | None = None


def sheet(old: Program | None, new: Program, before: Settings, after: Settings, units: Mapping[str, str]) -> list[Row]:
    """Every field of both programs. ``units`` gives the mass unit in which each drug is shown."""
    left = {} if old is None else _fields(old, before)
    left |= _daily(before, units)
    right = _fields(new, after) | _daily(after, units)
    names = [*right, *(name for name in left if name not in right)]
    return [_row(name, left.get(name), right.get(name)) for name in names]


def label_sheet(before: Settings | None, after: Settings, units: Mapping[str, str]) -> list[Row]:
    """The concentration of every drug on the label; without ``before`` it is the first."""
    left = {} if before is None else _label(before, units)
    right = _label(after, units)
    names = [*right, *(name for name in left if name not in right)]
    return [_row(name, left.get(name), right.get(name)) for name in names]


def in_words(unit: str) -> str:
    """``mg/day`` as milligrams a day."""
    return " ".join(WORDS.get(part, part) for part in unit.split("/"))


def _row(name: str, old: _Item | None, new: _Item | None) -> Row:
    if old is None or new is None:
        present = old or new
        return Row(name, old.text if old else "", new.text if new else "", "new" if present is new else "ends")
    return Row(name, old.text, new.text, _change(old, new))


def _change(old: _Item, new: _Item) -> str:
    if old.amount is None or new.amount is None or old.amount == 0:
        return "same" if old.text == new.text else "changes"
    if old.amount == new.amount:
        return "same"
    ratio = new.amount / old.amount
    percent = f"{'+' if ratio > 1 else ''}{rounded(100 * (ratio - 1))} %"
    if ratio >= LARGE:
        return f"{percent} ({rounded(ratio)} times as much)"
    if 0 < ratio <= Fraction(1, LARGE):
        return f"{percent} ({rounded(1 / ratio)} times less)"
    return percent


def _fields(program: Program, settings: Settings) -> dict[str, _Item]:
    def dose(quantity: Quantity) -> _Item:
        value = quantity.exact * (settings.concentration if quantity.kind in ("volume", "flow") else 1000)
        return _Item(f"{quantity} ({in_words(quantity.unit)})", value)

    def rate(asked: AnyRate) -> _Item:
        return dose(asked.quantity) if isinstance(asked, Rate) else _Item(str(asked))

    found = {"base": rate(program.base)}
    for window in program.windows:
        days = "" if window.days is None else f" {format_days(window.days)}"
        found[f"window{days} {window.clocks}"] = rate(window.rate)
    for bolus in program.boluses:
        clocks = ", ".join(format_clock(minute) for minute in bolus.at)
        days = "" if bolus.days is None else f" on {format_days(bolus.days)}"
        found |= _given(f"bolus at {clocks}{days}", dose(bolus.amount), bolus.over)
    for rhythm in program.periodic:
        name = f"bolus every {rhythm.every} from {format_clock(rhythm.start_min)}"
        found |= _given(name, dose(rhythm.amount), rhythm.over)
    if (demand := program.demand) is not None:
        found |= _given("on demand", dose(demand.amount), demand.over)
        found["on demand, lockout"] = _Item(str(demand.lockout), demand.lockout.exact)
        found["on demand, most per day"] = _Item(str(demand.max_per_day), Fraction(demand.max_per_day))
    if (ramp := program.ramp) is not None:
        found["ramp to"] = dose(ramp.target)
        found["ramp, step"] = _Item(str(ramp.percent), ramp.percent.exact)
        found["ramp, every"] = _Item(str(ramp.every), ramp.every.exact)
    for limit in program.limits:
        found[f"limit per {limit.per}"] = dose(limit.amount)
    return found


def _given(name: str, amount: _Item, over: Quantity) -> dict[str, _Item]:
    return {name: amount, f"{name}, over": _Item(str(over), over.exact)}


def _daily(settings: Settings, units: Mapping[str, str]) -> dict[str, _Item]:
    """The mean daily dose of every drug in the reservoir, by base, windows and boluses that come by themselves."""
    primary = daily_ng(settings.orders, settings)
    found = {}
    for drug, label in settings.labels:
        unit = units.get(drug, "mg")
        value = primary * label / settings.concentration
        shown = f"{rounded(value * factor('ng', unit), 6)} {unit}/day ({in_words(unit)} a day)"
        found[f"daily dose, {drug}"] = _Item(shown, value)
    return found


def _label(settings: Settings, units: Mapping[str, str]) -> dict[str, _Item]:
    found = {}
    for drug, label in settings.labels:
        unit = units.get(drug, "mg")
        shown = f"{rounded(label * factor('ng', unit), 6)} {unit}/mL ({in_words(unit)} in a millilitre)"
        found[f"concentration, {drug}"] = _Item(shown, label)
    return found


def daily_ng(orders: Orders, settings: Settings) -> Fraction:
    """The mean daily dose of the primary drug (ng), presses not counted."""
    base, boluses = orders.weekly_mean(settings.minimum_dose, Fraction(1))
    return (base + boluses) * DAY_MS
