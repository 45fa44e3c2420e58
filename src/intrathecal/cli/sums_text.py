"""Primes, refills and recipes as text."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill as wrapped
from typing import Any

from intrathecal.care.refill import Checked
from intrathecal.catalogue import Drug
from intrathecal.cli.summary import number, table
from intrathecal.programmer.compounding import Recipe, amount, strength
from intrathecal.quantities import rounded
from intrathecal.therapy import Therapy

#: Columns of the narrowest terminal in use.
WIDTH = 80
#: As many rows of a course as fit on a screen.
ROWS = 16


def prime_text(therapy: Therapy, found: dict[str, Any]) -> str:
    """What a prime fills, and the course at the tip."""
    drugs = {entry.drug.name: entry.drug for entry in therapy.drugs}
    front, low = found["front"], found["low_until_min"]
    lines = [
        f"catheter {number(found['catheter_mL'], 3)} mL, with the pump's tubing {number(found['full_mL'], 3)} mL",
        f"prime {number(found['volume_mL'], 3)} mL at {number(found['rate_mL_per_h'])} mL/h: "
        f"{_tenths(found['duration_min'])} min (catheter {_tenths(found['catheter_min'])}, all {_tenths(found['full_min'])})",
        f"the front blurs by {number(front['sigma_percent'], 2)} % of the catheter",
        f"drug can reach the tip from {_tenths(found['earliest_min'])} min on, "
        + (
            "and none does"
            if found["first_min"] is None
            else f"a hundredth of it does after {_tenths(found['first_min'])} min"
        ),
        f"at the prime's end {100 * found['fraction_at_end']:.0f} % of what leaves the tip is new; full strength "
        + ("is not reached while a dead volume flows" if low is None else f"after {_lasting(low)}"),
        f"given in the prime: {_each(found['during_ug'], drugs)}",
        f"missing after it: {_each(found['missing_ug'], drugs)}",
        "",
    ]
    points = found["tip"]
    shown = points[:: max(1, len(points) // ROWS)]
    head = [
        "min",
        "new, %",
        "mL/day",
        *(f"{drug}, {drugs[drug].customary_mass_unit}" for drug in points[0]["given_ug"]),
    ]
    rows = [
        [
            _tenths(point["min"]),
            _tenths(100 * point["fraction_new"]),
            number(point["mL_per_day"], 3),
            *(_plain(ug, drugs[drug]) for drug, ug in point["given_ug"].items()),
        ]
        for point in shown
    ]
    return _text(
        [
            *(wrapped(line, WIDTH, subsequent_indent="  ") for line in lines),
            *table(head, rows),
            *map(_sentence, found["notes"]),
        ]
    )


def refill_text(therapy: Therapy, checked: Checked) -> str:
    """What was expected and measured, and what is said of it."""
    one = checked.residual
    at = "" if one.at is None else f", {one.at.day} {one.at:%b %Y %H:%M}"
    side = "more" if one.difference_mL >= 0 else "less"
    lines = [
        f"{therapy.title}{at}",
        f"expected {number(one.expected_mL)} mL, measured {number(one.measured_mL)} mL: "
        f"{number(abs(one.difference_mL))} mL {side}",
    ]
    lines += [_sentence(reason, "! ") for reason in checked.reasons]
    lines += [_sentence(hint) for hint in checked.judged.think_of]
    lines += [_sentence(note) for note in checked.judged.notes]
    if checked.trend is not None and not checked.trend.points_to:
        lines += [_sentence(reason) for reason in checked.trend.reasons]
    lines.append("LOOK INTO IT" if checked.flagged else "Inside both limits.")
    return _text(lines)


def compound_text(recipe: Recipe) -> str:
    """How to make a fill."""
    rows = []
    for part in recipe.parts:
        stock = "powder" if part.stock is None else strength(part.stock, part.drug)
        fill, made = part.stock_mL, part.made_stock_mL
        rows.append(
            (
                part.drug.name,
                amount(part.daily, part.drug),
                strength(part.concentration, part.drug),
                amount(part.mass, part.drug),
                stock,
                "-" if fill is None else number(float(fill)),
                "-" if made is None else number(float(made)),
            )
        )
    rows.append(("diluent", "", "", "", "", number(float(recipe.diluent)), number(float(recipe.made_diluent))))
    make = recipe.volume + recipe.extra
    lines = [
        wrapped(
            f"{number(float(recipe.volume))} mL at {number(float(recipe.flow))} mL/day last {number(float(recipe.days))} "
            f"days, {number(float(recipe.to_alarm))} to the low-reservoir alarm; make {number(float(make))} mL",
            WIDTH,
        ),
        "",
        *table(
            ("", "a day", "in the fill", "amount", "from", "mL of it", f"for {number(float(make))} mL"), rows, left=(0,)
        ),
        "",
        *(_sentence(step, f"{count}. ") for count, step in enumerate(recipe.order, 1)),
        "",
        *map(_sentence, recipe.notes),
    ]
    return _text(lines)


def _each(amounts: dict[str, float], drugs: dict[str, Drug]) -> str:
    return ", ".join(
        f"{drug} {_plain(ug, drugs[drug])} {drugs[drug].customary_mass_unit}" for drug, ug in amounts.items()
    )


def _plain(ug: float, drug: Drug) -> str:
    value = ug / (1000 if drug.customary_mass_unit == "mg" else 1)
    return number(value, 3) if value >= 1e-6 else "0"


def _lasting(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < 120 else f"{_tenths(minutes / 60)} h"


def _tenths(value: float) -> str:
    return rounded(round(value, 1), 6)


def _sentence(sentence: str, mark: str = "- ") -> str:
    return wrapped(f"{mark}{sentence}", WIDTH, subsequent_indent=" " * len(mark))


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
