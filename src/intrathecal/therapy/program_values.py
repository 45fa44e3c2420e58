"""A program with one of its values changed, by name: for a question such as "what if the base were 3 mg/day"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from intrathecal.quantities import Quantity, QuantityError, parse_number, shorten
from intrathecal.therapy.clauses import (
    MOST_DIGITS,
    AnyRate,
    Base,
    Bolus,
    Clause,
    Demand,
    Limit,
    Periodic,
    Ramp,
    Rate,
    Window,
)
from intrathecal.therapy.errors import ProgramError
from intrathecal.therapy.language.table import ALLOWED, NEEDED
from intrathecal.therapy.numbers import with_remedy
from intrathecal.therapy.program import Program

SCALE = "scale"
#: What a clause is asked for by its kind alone.
CHIEF = {
    "base": "rate",
    "window": "rate",
    "bolus": "amount",
    "periodic": "amount",
    "demand": "amount",
    "ramp": "target",
    "limit": "amount",
}
SMALLEST = Decimal(1).scaleb(-MOST_DIGITS)


def names_in(program: Program) -> Iterator[str]:
    """The names of the values of ``program``: ``scale``, ``base``, ``demand.lockout``, ``window.2.rate`` and so on."""
    yield SCALE
    rows = [row["kind"] for row in program.to_table()]
    for kind in NEEDED:
        count = rows.count(kind)
        for stem in [kind] if count == 1 else [f"{kind}.{number}" for number in range(1, count + 1)]:
            yield stem
            yield from (f"{stem}.{column}" for column in (*NEEDED[kind], *ALLOWED.get(kind, ())))


def with_value(program: Program, name: str, text: str) -> Program:
    """``program`` with the value ``name``, one of `names_in`, as typed in ``text``. Raises `ProgramError`.

    ``scale`` multiplies every dose (`scaled`). The kind of a clause alone means its dose: ``base`` is ``base.rate``. The
    others are the columns of the event table, as ``demand.lockout``; of several clauses of a kind the number comes
    between, as ``window.2.rate``.
    """
    if name == SCALE:
        return scaled(program, _factor(text))
    kind, *rest = name.split(".")
    rows = program.to_table()
    places = [place for place, row in enumerate(rows) if row["kind"] == kind]
    number = int(rest.pop(0)) if rest and rest[0].isdigit() else 1
    column = rest[0] if rest else CHIEF[kind]
    rows[places[number - 1]][column] = text
    return Program.from_table(rows)


def scaled(program: Program, factor: Fraction) -> Program:
    """``program`` with every dose times ``factor``: rates, boluses, a ramp's target, and limits. Raises `ProgramError`.

    "minimum rate" and "stop" stay what they are. A product that has more digits than a program is rounded to as many.
    """
    return Program(tuple(_scaled(clause, factor) for clause in program.clauses))


def _scaled(clause: Clause, factor: Fraction) -> Clause:
    match clause:
        case Base() | Window():
            return replace(clause, rate=_scaled_rate(clause.rate, factor))
        case Bolus() | Periodic() | Demand() | Limit():
            return replace(clause, amount=_times(clause.amount, factor))
        case Ramp():
            return replace(clause, target=_times(clause.target, factor))


def _scaled_rate(rate: AnyRate, factor: Fraction) -> AnyRate:
    return Rate(_times(rate.quantity, factor)) if isinstance(rate, Rate) else rate


def _times(quantity: Quantity, factor: Fraction) -> Quantity:
    exact = Fraction(quantity.number) * factor
    number = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(SMALLEST)
    return replace(quantity, number=number.normalize())


def _factor(text: str) -> Fraction:
    try:
        factor = Fraction(parse_number(text))
    except QuantityError as problem:
        raise ProgramError(f"scale: {with_remedy(problem)}") from None
    if factor <= 0:
        raise ProgramError(f"scale: {shorten(text)} is not possible; write a number above zero, such as 0.5")
    return factor
