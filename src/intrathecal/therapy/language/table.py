"""The event table of a program: one row for each clause, for spreadsheets and data frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from intrathecal.quantities import Quantity, QuantityError, parse_number, plain, shorten
from intrathecal.therapy.check import MOST_CLAUSES, check_clauses, located
from intrathecal.therapy.clauses import Base, Bolus, Clause, Demand, Limit, Periodic, Ramp, Rate, Window
from intrathecal.therapy.clock import DAY_MINUTES, format_clock, format_days, parse_clock
from intrathecal.therapy.errors import ProgramError
from intrathecal.therapy.language.parse import amount_cell, days_cell, duration_cell, rate_cell, read_count
from intrathecal.therapy.numbers import with_remedy

Cell = TypeVar("Cell")
COLUMNS = (
    "kind",
    "days",
    "time",
    "amount",
    "rate",
    "duration",
    "interval",
    "additional",
    "lockout",
    "max_per_day",
    "target",
    "step_percent",
)
#: Kind of clause -> the columns that it must fill, and those that it may fill.
NEEDED: dict[str, tuple[str, ...]] = {
    "base": ("rate",),
    "window": ("time", "duration", "rate"),
    "bolus": ("time", "amount", "duration"),
    "periodic": ("time", "amount", "duration", "interval"),
    "demand": ("amount", "duration", "lockout", "max_per_day"),
    "ramp": ("target", "step_percent", "interval"),
    "limit": ("amount", "duration"),
}
ALLOWED: dict[str, tuple[str, ...]] = {"window": ("days",), "bolus": ("days",)}


def row_of(clause: Clause) -> dict[str, str]:
    """The row of one clause: every column, empty where the clause says nothing.

    A window's ``duration`` is its length, a limit's the window of time that it holds for. ``additional`` (how many more
    times) is always empty: everything in a program repeats for ever.
    """
    row = dict.fromkeys(COLUMNS, "")
    match clause:
        case Base(rate):
            row |= {"kind": "base", "rate": str(rate)}
        case Window(days, start, _, rate):
            row |= {"kind": "window", "days": _days(days), "time": format_clock(start)}
            row |= {"duration": _minutes(clause.length_min), "rate": str(rate)}
        case Bolus(amount, over, at, days):
            row |= {"kind": "bolus", "days": _days(days), "time": ", ".join(map(format_clock, at))}
            row |= {"amount": str(amount), "duration": str(over)}
        case Periodic(amount, over, every, start):
            row |= {"kind": "periodic", "time": format_clock(start), "amount": str(amount)}
            row |= {"duration": str(over), "interval": str(every)}
        case Demand(amount, over, lockout, most):
            row |= {"kind": "demand", "amount": str(amount), "duration": str(over)}
            row |= {"lockout": str(lockout), "max_per_day": str(most)}
        case Ramp(target, percent, every):
            row |= {"kind": "ramp", "target": str(target), "step_percent": plain(percent.number)}
            row |= {"interval": str(every)}
        case Limit(amount, per):
            row |= {"kind": "limit", "amount": str(amount), "duration": str(per)}
    return row


def clauses_from_rows(rows: Iterable[Mapping[str, object]]) -> tuple[Clause, ...]:
    """The clauses of an event table; raises `ProgramError` with the row (from 1) and column of the mistake.

    A cell is text as in the program language; None, an empty text or a NaN is an empty cell, and a column may be left
    out. ``max_per_day`` and ``step_percent`` may be numbers.
    """
    clauses: list[Clause] = []
    for number, row in enumerate(rows, 1):
        if number > MOST_CLAUSES:
            raise ProgramError(f"more than {MOST_CLAUSES} rows; no pump holds so many clauses")
        try:
            cells = _cells(row)
            clauses.append(_READERS[cells["kind"]](cells))
        except ProgramError as error:
            raise located(error.bare, number, "row") from None
    check_clauses(clauses, range(1, len(clauses) + 1), "row")
    return tuple(clauses)


def _cells(row: Mapping[str, object]) -> dict[str, str]:
    """The filled cells of a row as text, after checking that its kind has just these."""
    cells = {str(column): _text(cell) for column, cell in row.items()}
    for column in cells:
        if column not in COLUMNS:
            raise ProgramError(f'unknown column "{shorten(column)}"; {_near(column, COLUMNS)}')
    cells = {column: cell for column, cell in cells.items() if cell}
    kind = cells.get("kind", "").lower()
    if kind not in NEEDED:
        raise ProgramError(f'unknown kind "{shorten(kind)}"; {_near(kind, NEEDED)}')
    if "additional" in cells:
        raise ProgramError('"additional" is filled, and a program repeats for ever; leave it empty')
    for column in NEEDED[kind]:
        if column not in cells:
            raise ProgramError(f'a {kind} needs "{column}"; fill {", ".join(NEEDED[kind])}')
    fillable = ("kind", *NEEDED[kind], *ALLOWED.get(kind, ()))
    for column in cells:
        if column not in fillable:
            raise ProgramError(f'a {kind} has no "{column}"; leave it empty')
    return {**cells, "kind": kind}


def _text(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _near(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word.lower(), list(known), n=2)
    return f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"


def _days(days: frozenset[int] | None) -> str:
    return "" if days is None else format_days(days)


def _minutes(minutes: int) -> str:
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def _read(cells: Mapping[str, str], column: str, reader: Callable[[str], Cell]) -> Cell:
    try:
        return reader(cells[column])
    except ProgramError as error:
        raise ProgramError(f"{column}: {error.bare}") from None


def _clocks(text: str) -> tuple[int, ...]:
    return tuple(parse_clock(clock.strip()) for clock in text.split(","))


def _percent(text: str) -> Quantity:
    try:
        return Quantity(parse_number(text.removesuffix("%").strip()), "%", "fraction")
    except QuantityError as error:
        raise ProgramError(with_remedy(error)) from None


def _target(text: str) -> Quantity:
    rate = rate_cell(text)
    if not isinstance(rate, Rate):
        raise ProgramError(f'a ramp goes to a rate, not to "{rate}"; write for example 4 mg/day')
    return rate.quantity


def _read_base(cells: Mapping[str, str]) -> Base:
    return Base(_read(cells, "rate", rate_cell))


def _read_window(cells: Mapping[str, str]) -> Window:
    start = _read(cells, "time", parse_clock)
    length = _read(cells, "duration", duration_cell)
    minutes = length.to("min")
    if minutes.denominator != 1 or not 0 < minutes <= DAY_MINUTES:
        raise ProgramError(
            f"duration: a window lasts whole minutes and at most a day, not {length}; write for example 8 h"
        )
    end = start + int(minutes)
    days = _read(cells, "days", days_cell) if "days" in cells else None
    return Window(days, start, end - DAY_MINUTES if end > DAY_MINUTES else end, _read(cells, "rate", rate_cell))


def _read_bolus(cells: Mapping[str, str]) -> Bolus:
    days = _read(cells, "days", days_cell) if "days" in cells else None
    amount, over = _read(cells, "amount", amount_cell), _read(cells, "duration", duration_cell)
    return Bolus(amount, over, _read(cells, "time", _clocks), days)


def _read_periodic(cells: Mapping[str, str]) -> Periodic:
    amount, over = _read(cells, "amount", amount_cell), _read(cells, "duration", duration_cell)
    return Periodic(amount, over, _read(cells, "interval", duration_cell), _read(cells, "time", parse_clock))


def _read_demand(cells: Mapping[str, str]) -> Demand:
    amount, over = _read(cells, "amount", amount_cell), _read(cells, "duration", duration_cell)
    return Demand(amount, over, _read(cells, "lockout", duration_cell), _read(cells, "max_per_day", read_count))


def _read_ramp(cells: Mapping[str, str]) -> Ramp:
    percent = _read(cells, "step_percent", _percent)
    return Ramp(_read(cells, "target", _target), percent, _read(cells, "interval", duration_cell))


def _read_limit(cells: Mapping[str, str]) -> Limit:
    return Limit(_read(cells, "amount", amount_cell), _read(cells, "duration", duration_cell))


_READERS: dict[str, Callable[[Mapping[str, str]], Clause]] = {
    "base": _read_base,
    "window": _read_window,
    "bolus": _read_bolus,
    "periodic": _read_periodic,
    "demand": _read_demand,
    "ramp": _read_ramp,
    "limit": _read_limit,
}
