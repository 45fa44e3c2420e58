"""A section of the bench: what it found, as numbers, and how these are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.limits import Limits
from bench.progress import Progress

Cell = str | float | int | None
Row = Mapping[str, Cell]


@dataclass(frozen=True)
class Bar:
    """One bar of the picture: ``seconds`` of a method on a work."""

    work: str
    method: str
    seconds: float
    own: bool


@dataclass(frozen=True)
class Table:
    """``rows`` of named cells under a ``title``; ``notes`` say what the columns mean. ``bars`` go into the picture."""

    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    bars: Sequence[Bar] = field(default=(), repr=False)


@dataclass(frozen=True)
class Section:
    """A part of the bench: ``measure`` gives its tables, and took ``expected_s`` when it was last measured."""

    name: str
    expected_s: float
    measure: Callable[[Progress, Limits], Sequence[Table]]


def markdown(table: Table) -> str:
    """A table as Markdown: its title, the table, its notes. An empty cell is a number that there is not."""
    columns = list(dict.fromkeys(column for row in table.rows for column in row))
    lines = [f"## {table.title}", "", "| " + " | ".join(columns) + " |"]
    numbers = [not any(isinstance(row.get(column), str) for row in table.rows) for column in columns]
    lines.append("|" + "|".join("--:" if number else "---" for number in numbers) + "|")
    lines += ["| " + " | ".join(shown(row.get(column)) for column in columns) + " |" for row in table.rows]
    if table.notes:
        lines += ["", *(f"- {note}" for note in table.notes)]
    return "\n".join(lines) + "\n"


def shown(cell: Cell) -> str:
    """A cell as it is read: three digits of a number, thousands parted."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    size = abs(cell)
    if cell == 0 or isinstance(cell, int):
        return f"{cell:,}" if isinstance(cell, int) else "0"
    if size < 1e-3:
        return f"{cell:.1e}"
    return f"{cell:,.0f}" if size >= 100 else f"{cell:.3g}"
