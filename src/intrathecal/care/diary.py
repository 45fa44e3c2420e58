"""The diary of a screening trial: what a patient wrote down, row by row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from intrathecal.care import cells
from intrathecal.care.errors import CellError, DiaryError
from intrathecal.quantities import Quantity, shorten
from intrathecal.therapy.file.section import nearest
from intrathecal.therapy.file.text import read_text

Phase = Literal["baseline", "trial"]

NEEDED = ("time", "phase", "nrs")
COLUMNS = (*NEEDED, "rescue_mme", "side_effect", "note", "function", "dose", "drug", "route", "sleep")
SEPARATORS = (",", ";", "\t")
#: So many wrong rows are named beside the first.
MOST_NAMED = 10
LONGEST_CELL = 10_000


@dataclass(frozen=True)
class Entry:
    """One row, which stands at ``line`` of its file.

    ``nrs`` is the score (0-10), ``rescue_mme`` oral morphine equivalents in mg, ``function`` a number of which more is better;
    None where nothing is written. ``change`` is function in a word. ``dose`` is a mass (a bolus at ``at``) or a mass rate.
    """

    line: int
    at: datetime
    phase: Phase
    nrs: float | None
    rescue_mme: float | None = None
    side_effect: str = ""
    note: str = ""
    function: float | None = None
    change: Literal["better", "same", "worse"] | None = None
    dose: Quantity | None = None
    drug: str | None = None
    route: str | None = None
    sleep: str = ""

    @property
    def day(self) -> date:
        """The calendar date on which it was written."""
        return self.at.date()


@dataclass(frozen=True)
class Diary:
    """The entries in order of time, and ``notes`` on what had to be put right to read them."""

    file: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()

    def phase(self, phase: Phase) -> tuple[Entry, ...]:
        """The entries of one phase, in order of time."""
        return tuple(entry for entry in self.entries if entry.phase == phase)


def load_diary(path: str | Path, needed: Sequence[str] = NEEDED) -> Diary:
    """Read a diary; raises `TherapyError` or `DiaryError`: "FILE, line N: what is wrong; what would be right"."""
    return parse_diary(read_text(Path(path), "diary"), str(path), needed)


def parse_diary(text: str, name: str, needed: Sequence[str] = NEEDED) -> Diary:
    """A diary from the text of a CSV file, which messages call ``name``; commas, semicolons or tabs separate.

    The columns ``needed`` must be there. Where that of the phase is not, every entry is of the trial. Raises as `load_diary`
    does, for the first of all wrong rows, and names the others.
    """
    rows = rows_of(text.removeprefix("\ufeff"), name)
    if not rows:
        raise DiaryError(f"{name}: the file is empty; write the columns {', '.join(COLUMNS[:6])}, see docs/trial.md")
    columns = _columns(*rows[0], name, needed)
    assumed = {} if "phase" in columns else {"phase": "trial"}
    entries, wrong = [], []
    for line, row in rows[1:]:
        try:
            entries.append(_entry(line, {**assumed, **by_column(row, columns, len(rows[0][1]))}))
        except CellError as problem:
            wrong.append((line, str(problem)))
    if wrong:
        raise DiaryError(told(name, wrong))
    if not entries:
        raise DiaryError(f"{name}: there is no entry under the columns; write one row for each score")
    return _in_order(name, entries)


def rows_of(text: str, name: str) -> list[tuple[int, list[str]]]:
    """The rows of a CSV file that hold something, each with the line (from 1) on which it begins. Raises `DiaryError`."""
    separator = separator_of(text)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    rows, line = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((line, [cell.strip() for cell in row]))
            line = reader.line_num + 1
    except csv.Error as problem:
        cause = "a quote is opened and never closed" if "unexpected end" in str(problem) else str(problem)
        raise DiaryError(
            f'{name}, line {line}: the row cannot be read ({cause}); write quotes inside a note twice: ""'
        ) from None
    return rows


def separator_of(text: str) -> str:
    """What separates the columns of the first line that holds something."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", head)
    return max(SEPARATORS, key=unquoted.count)


def _columns(line: int, head: list[str], name: str, needed: Sequence[str]) -> tuple[str, ...]:
    columns = tuple("_".join(cell.lower().split()) for cell in head)
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not set(columns) & set(COLUMNS):
        raise DiaryError(
            f'{name}, line {line}: "{cells.plain(shorten(head[0]))}" and what follows it are no names of columns; '
            f"begin with a line that names them: {','.join(COLUMNS[:6])}"
        )
    for column, cell in zip(columns, head, strict=False):
        if column not in COLUMNS:
            raise DiaryError(
                f'{name}, line {line}: unknown column "{cells.plain(shorten(cell))}"; {nearest(column, COLUMNS)}'
            )
        if columns.count(column) > 1:
            raise DiaryError(f'{name}, line {line}: the column "{column}" stands twice; keep one')
    for column in needed:
        if column not in columns:
            raise DiaryError(
                f'{name}, line {line}: there is no column "{column}"; the first line names the columns: '
                f"{','.join(COLUMNS[:6])}"
            )
    return columns


def by_column(row: Sequence[str], columns: Sequence[str], width: int) -> dict[str, str]:
    """The cells by column; a row wider than the first line (``width`` cells) has a separator too many somewhere."""
    if len(row) > width or any(row[len(columns) :]):
        raise CellError(
            f"the row has {len(row)} cells and the first line {width}",
            "put a note that holds the separator in quotes, and write 6.5 and not 6,5",
        )
    return dict(zip(columns, row, strict=False))


def _entry(line: int, row: dict[str, str]) -> Entry:
    dose, drug = cells.dose(row.get("dose", "")), row.get("drug", "").lower() or None
    function = row.get("function", "")
    return Entry(
        line=line,
        at=cells.when(row.get("time", "")),
        phase=cells.phase(row.get("phase", "")),
        nrs=cells.score(row.get("nrs", "")),
        rescue_mme=cells.rescue(row.get("rescue_mme", "")),
        side_effect=cells.plain(row.get("side_effect", "")),
        note=cells.plain(row.get("note", "")),
        function=cells.function(function),
        change=cells.change(function),
        dose=dose,
        drug=cells.plain(drug) if drug else None,
        route=cells.route(row.get("route", "")),
        sleep=cells.plain(row.get("sleep", "")),
    )


def told(name: str, wrong: Sequence[tuple[int, str]]) -> str:
    """The first wrong row, and where the others are."""
    (line, problem), rest = wrong[0], [str(number) for number, _ in wrong[1:]]
    if not rest:
        return f"{name}, line {line}: {problem}"
    named = ", ".join(rest[:MOST_NAMED]) + (" and so on" if len(rest) > MOST_NAMED else "")
    return f"{name}, line {line}: {problem} ({len(rest)} more wrong: line {named})"


def _in_order(name: str, entries: Sequence[Entry]) -> Diary:
    """The entries by time, equal ones once; raises `DiaryError` where they contradict each other."""
    offset = entries[0].at.tzinfo is None
    for entry in entries:
        if (entry.at.tzinfo is None) != offset:
            raise DiaryError(
                f"{name}, line {entry.line}: its time {'has an' if offset else 'has no'} offset, and that of line "
                f"{entries[0].line} {'has none' if offset else 'has one'}; write it in every row or in none"
            )
    notes = []
    ordered = sorted(entries, key=lambda entry: entry.at)
    if [entry.line for entry in ordered] != [entry.line for entry in entries]:
        notes.append("The rows of the diary were not in order of time; they have been sorted.")
    kept: list[Entry] = []
    doubled = 0
    for entry in ordered:
        if kept and kept[-1].at == entry.at:
            if replace(kept[-1], line=entry.line) != entry:
                first, second = sorted((kept[-1].line, entry.line))
                raise DiaryError(
                    f"{name}, line {second}: its time is that of line {first}, and the two differ; correct one of them"
                )
            doubled += 1
            continue
        kept.append(entry)
    if doubled:
        rows = "1 row" if doubled == 1 else f"{doubled} rows"
        notes.append(f"{rows} of the diary stood there before, word for word; each counts once.")
    _check_phases(name, kept)
    return Diary(name, tuple(kept), tuple(notes))


def _check_phases(name: str, entries: Sequence[Entry]) -> None:
    """The baseline ends when the trial begins."""
    began: Entry | None = None
    for entry in entries:
        if entry.phase == "trial":
            began = began or entry
        elif began is not None:
            raise DiaryError(
                f"{name}, line {entry.line}: a baseline entry is later than the first trial entry (line {began.line}); "
                "correct its time or its phase"
            )
