"""A program as a form: a row for each clause, and its mistakes beside the field in which they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from intrathecal.therapy import Program, ProgramError
from intrathecal.therapy.language.table import ALLOWED, NEEDED

_PLACE = re.compile(r"row (\d+): (?:(\w+): )?(.*)", re.DOTALL)
#: What a new row begins with, so that a right one stands there to be changed.
FIRST: dict[str, dict[str, str]] = {
    "base": {"rate": "1 mg/day"},
    "window": {"time": "22:00", "duration": "8 h", "rate": "0.8 mg/day"},
    "bolus": {"time": "07:00", "amount": "0.1 mg", "duration": "10 min"},
    "periodic": {"time": "00:00", "amount": "0.1 mg", "duration": "10 min", "interval": "6 h"},
    "demand": {"amount": "0.1 mg", "duration": "5 min", "lockout": "3 h", "max_per_day": "4"},
    "ramp": {"target": "2 mg/day", "step_percent": "10", "interval": "1 day"},
    "limit": {"amount": "4 mg", "duration": "24 h"},
}


def kinds() -> dict[str, str]:
    """The kinds of clauses, as they are said."""
    return {
        "base": _("Base rate"),
        "window": _("Window"),
        "bolus": _("Bolus at times"),
        "periodic": _("Bolus in a rhythm"),
        "demand": _("Patient's bolus"),
        "ramp": _("Ramp"),
        "limit": _("Limit"),
    }


def labels() -> dict[str, str]:
    """The fields of a row, as they are said."""
    return {
        "days": _("Days (empty: all)"),
        "time": _("Time"),
        "amount": _("Amount"),
        "rate": _("Rate"),
        "duration": _("Over"),
        "interval": _("Every"),
        "lockout": _("Lockout"),
        "max_per_day": _("Most per day"),
        "target": _("To"),
        "step_percent": _("Step, %"),
    }


@dataclass
class Cell:
    """A field: its name, label and text, and what is wrong with it."""

    name: str
    label: str
    value: str
    error: str = ""


@dataclass
class Row:
    """A clause: its kind and fields, and what is wrong with the whole of it."""

    number: int
    kind: str
    title: str
    cells: list[Cell] = field(default_factory=list)
    error: str = ""


def rows_of(program: Program) -> list[Row]:
    """The form of a program."""
    return [_row(number, table) for number, table in enumerate(program.to_table())]


def rows_posted(posted: Mapping[str, str]) -> list[Row]:
    """The form as it was sent: fields ``row-N-FIELD``; rows of an unknown kind are left out."""
    rows: list[Row] = []
    for number in range(_count(posted)):
        kind = posted.get(f"row-{number}-kind", "")
        if kind in NEEDED:
            named = {name: posted.get(f"row-{number}-{name}", "") for name in (*NEEDED[kind], *ALLOWED.get(kind, ()))}
            rows.append(_row(len(rows), {"kind": kind, **named}))
    return rows


def rows_told(told: Sequence[Mapping[str, str]]) -> list[Row]:
    """The form as a program tells it, a table for each row. Raises `ProgramError` for kinds and fields that there are not."""
    for number, table in enumerate(told, 1):
        kind = table.get("kind", "")
        if kind not in NEEDED:
            raise ProgramError(
                _("row %(row)d: kind: write one of %(kinds)s") % {"row": number, "kinds": ", ".join(NEEDED)}
            )
        names = (*NEEDED[kind], *ALLOWED.get(kind, ()))
        if unknown := sorted(set(table) - {"kind", *names}):
            words = {"row": number, "field": unknown[0], "names": ", ".join(names)}
            raise ProgramError(_("row %(row)d: %(field)s: is not known; a row of this kind has %(names)s") % words)
    return [_row(number, table) for number, table in enumerate(told)]


def added(rows: list[Row], kind: str) -> list[Row]:
    """The form with one more row."""
    return [*rows, _row(len(rows), {"kind": kind, **FIRST[kind]})] if kind in NEEDED else rows


def without(rows: list[Row], number: int) -> list[Row]:
    """The form with one row less."""
    kept = [row for row in rows if row.number != number]
    for place, row in enumerate(kept):
        row.number = place
    return kept


def program_of(rows: list[Row]) -> Program | None:
    """The program that a form says; where it says none, None, and its mistakes stand in the rows."""
    try:
        return Program.from_table([{"kind": row.kind, **{one.name: one.value for one in row.cells}} for row in rows])
    except ProgramError as problem:
        _place(rows, str(problem))
        return None


def _place(rows: list[Row], message: str) -> None:
    found = _PLACE.fullmatch(message)
    if found is None:
        if not rows:
            rows.append(_row(0, {"kind": "base", "rate": ""}))
        rows[0].error = message
        return
    row = rows[min(int(found[1]), len(rows)) - 1]
    named = found[2] or next((cell.name for cell in row.cells if f'needs "{cell.name}"' in found[3]), "")
    cell = next((cell for cell in row.cells if cell.name == named), None)
    if cell is None:
        row.error = f"{found[2]}: {found[3]}" if found[2] else found[3]
    else:
        cell.error = found[3]


def _row(number: int, table: Mapping[str, str]) -> Row:
    kind, said = table["kind"], labels()
    names = (*ALLOWED.get(kind, ()), *NEEDED[kind])
    return Row(number, kind, kinds()[kind], [Cell(name, said[name], table.get(name, "")) for name in names])


def _count(posted: Mapping[str, str]) -> int:
    """How many rows were sent; no pump holds more than a thousand."""
    number = 0
    while f"row-{number}-kind" in posted and number < 1000:
        number += 1
    return number
