"""Earlier refills of a patient, from a table: when, what had been filled in, what should have been left, what was."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from itertools import zip_longest
from pathlib import Path

from intrathecal.care.cells import plain
from intrathecal.care.diary import separator_of
from intrathecal.care.errors import CellError, HistoryError
from intrathecal.care.times import read_time
from intrathecal.programmer.refilling import Residual
from intrathecal.quantities import QuantityError, parse_number, shorten
from intrathecal.therapy.file.section import nearest

COLUMNS = ("time", "filled_mL", "expected_mL", "measured_mL")
REQUIRED = ("time", "measured_mL")
#: More refills than any pump has seen, and more than any reservoir holds: slips of the key.
MOST_REFILLS, MOST_ML = 1000, 1000
#: A refill whose cells say only when and what was measured: what should have been left comes from somebody who knows.
Known = Callable[[str, float], Residual]


def read_history(path: Path, known: Known) -> list[Residual]:
    """The refills of a CSV file, in order of time. ``known`` completes a row without filled_mL and expected_mL.

    Raises `HistoryError`: file, line, what is wrong, what would be right.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise HistoryError(
            f"{path}: cannot be read ({(problem.strerror or 'no reason').lower()}); check its name"
        ) from None
    except UnicodeDecodeError:
        raise HistoryError(f"{path}: is not UTF-8 text; save the table as CSV, UTF-8") from None
    return parse_history(text, str(path), known)


def parse_history(text: str, name: str, known: Known) -> list[Residual]:
    """The same, from the text of a file that messages call ``name``."""
    header, body = _table(text, name)
    found: list[Residual] = []
    for line, row in body:
        try:
            if len(row) > len(header):
                raise CellError("it has more cells than columns", "write a point, not a comma, in numbers")
            one = _residual(dict(zip_longest(header, row, fillvalue="")), known)
            before = found[-1].at if found else None
            if before is not None and one.at is not None and one.at <= before:
                raise CellError("the time is not after the one before", "write refills in their order")
        except CellError as problem:
            raise HistoryError(f"{name}, line {line}: {problem}") from None
        found.append(one)
    return found


def _table(text: str, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and the rows with their lines."""
    reader = csv.reader(StringIO(text), delimiter=separator_of(text), strict=True)
    try:
        rows = [(reader.line_num, [plain(cell) for cell in row]) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as problem:
        raise HistoryError(
            f"{name}: is no table ({problem}); write commas between the cells, and close quotes"
        ) from None
    if not rows:
        raise HistoryError(f"{name}: is empty; write the columns {', '.join(COLUMNS)}")
    (first, named), body = rows[0], rows[1:]
    header = [next((column for column in COLUMNS if column.lower() == cell.lower()), cell) for cell in named]
    for column in header:
        if column not in COLUMNS:
            raise HistoryError(
                f'{name}, line {first}: "{shorten(column, 40)}" is no column; {nearest(column, COLUMNS)}'
            )
    missing = [column for column in REQUIRED if column not in header]
    if missing or len(set(header)) < len(header):
        wrong = f"{missing[0]} is missing" if missing else "a column stands twice"
        raise HistoryError(f"{name}, line {first}: {wrong}; write the columns {', '.join(COLUMNS)}")
    if len(body) > MOST_REFILLS:
        raise HistoryError(f"{name}: {len(body)} refills are more than any pump has seen; give those of one patient")
    return header, body


def _residual(cells: dict[str, str], known: Known) -> Residual:
    measured = _volume("measured_mL", cells["measured_mL"])
    filled, expected = cells.get("filled_mL", ""), cells.get("expected_mL", "")
    if bool(filled) != bool(expected):
        lacking = "expected_mL" if filled else "filled_mL"
        raise CellError(f"{lacking} is empty", "give both, or neither where the therapy file knows the fill")
    if not cells["time"]:
        raise CellError("time is empty", "write when it was measured")
    if not filled:
        return known(cells["time"], measured)
    held, left = _volume("filled_mL", filled), _volume("expected_mL", expected)
    if left > held:
        raise CellError(
            f"{expected} mL were expected of {filled} mL", "write what was filled in, and what should be left"
        )
    at = read_time(cells["time"])
    if at.tzinfo is not None:
        raise CellError("the time has an offset", "write the pump's clock and leave it out")
    return Residual(at, held, left, measured)


def _volume(column: str, text: str) -> float:
    if not text:
        raise CellError(f"{column} is empty", "write millilitres, such as 8.1")
    try:
        volume = parse_number(text.removesuffix("mL").strip())
    except QuantityError as problem:
        raise CellError(f"{column}: {str(problem).replace(': write', '; write')}", "millilitres, such as 8.1") from None
    if not 0 <= volume <= MOST_ML:
        raise CellError(f"{column} {shorten(text, 20)} is not possible", f"write 0 to {MOST_ML} mL")
    return float(volume)
