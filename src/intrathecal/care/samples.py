"""Samples of fluid and plasma, from a table: when, which drug, from where, and how much was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from intrathecal.body import PLASMA
from intrathecal.care import cells
from intrathecal.care.diary import by_column, rows_of, told
from intrathecal.care.errors import CellError, DiaryError
from intrathecal.care.given import on_the_clock
from intrathecal.quantities import QuantityError, shorten
from intrathecal.simulation.observed import Sample
from intrathecal.spine import CISTERNA
from intrathecal.therapy import Therapy
from intrathecal.therapy.file.section import nearest
from intrathecal.therapy.file.text import read_text
from intrathecal.therapy.numbers import read_quantity, with_remedy

COLUMNS = ("time", "drug", "fluid", "level", "concentration")
NEEDED = ("time", "drug", "fluid", "concentration")
CSF = "csf"
#: The unit of a column may stand in its name: "concentration (ng/mL)".
_WITH_UNIT = re.compile(r"concentration\s*[(\[]\s*(?P<unit>[^)\]]*?)\s*[)\]]", re.IGNORECASE)


def load_samples(path: Path, therapy: Therapy) -> tuple[Sample, ...]:
    """The samples of a CSV file, taken during ``therapy``; raises as `parse_samples` does, and `TherapyError`."""
    return parse_samples(read_text(path, "table of samples"), str(path), therapy)


def parse_samples(text: str, name: str, therapy: Therapy) -> tuple[Sample, ...]:
    """The same, from the text of a file that messages call ``name``; commas, semicolons or tabs separate.

    Raises `DiaryError`: file, line, what is wrong, what would be right; of the first of all wrong rows.
    """
    rows = rows_of(text.removeprefix("\ufeff"), name)
    if not rows:
        raise DiaryError(f"{name}: the file is empty; write the columns {', '.join(COLUMNS)}, see docs/fit.md")
    line, head = rows[0]
    columns, unit = _columns(head, f"{name}, line {line}")
    found, wrong = [], []
    for number, row in rows[1:]:
        try:
            found.append(_sample(by_column(row, columns, len(head)), unit, therapy))
        except CellError as problem:
            wrong.append((number, str(problem)))
    if wrong:
        raise DiaryError(told(name, wrong))
    if not found:
        raise DiaryError(f"{name}: there is no sample under the columns; write one row for each")
    return tuple(found)


def _columns(head: Sequence[str], where: str) -> tuple[tuple[str, ...], str]:
    """The names of the columns, and the unit that stands with that of the concentration."""
    units = [match["unit"] for cell in head if (match := _WITH_UNIT.fullmatch(cell))]
    columns = tuple("concentration" if _WITH_UNIT.fullmatch(cell) else cell.lower() for cell in head)
    while columns and not columns[-1]:
        columns = columns[:-1]
    for column in columns:
        if column not in COLUMNS:
            raise DiaryError(f'{where}: unknown column "{cells.plain(shorten(column))}"; {nearest(column, COLUMNS)}')
        if columns.count(column) > 1:
            raise DiaryError(f'{where}: the column "{column}" stands twice; keep one')
    for column in NEEDED:
        if column not in columns:
            raise DiaryError(
                f'{where}: there is no column "{column}"; the first line names the columns: {",".join(COLUMNS)}'
            )
    return columns, next(iter(units), "")


def _sample(row: dict[str, str], unit: str, therapy: Therapy) -> Sample:
    return Sample(
        at_ms=_at(row.get("time", ""), therapy),
        drug=_drug(row.get("drug", ""), therapy),
        site=_site(row.get("fluid", ""), row.get("level", ""), therapy),
        ug_per_mL=_concentration(row.get("concentration", ""), unit),
    )


def _at(text: str, therapy: Therapy) -> int:
    at_ms = since_start(text, therapy)
    if at_ms <= 0:
        raise CellError(
            f"{cells.plain(text)} is not after the start of the therapy ({therapy.start:%Y-%m-%d %H:%M})",
            "correct the time, or leave the sample out: nothing had been given",
        )
    return at_ms


def since_start(text: str, therapy: Therapy) -> int:
    """The moment that ``text`` names, in ms after the start; raises `CellError` where the therapy is over or has no date."""
    at = on_the_clock(cells.when(text), therapy)
    if therapy.start is None:
        raise CellError(
            "the time means nothing: nothing in the therapy file has a date",
            "write at = 2026-03-02T08:00:00 under [fill]",
        )
    at_ms = round((at - therapy.start).total_seconds() * 1000)
    end = therapy.time_at(int(therapy.simulation.days * 86_400_000))
    if end is not None and at > end:
        raise CellError(
            f"{cells.plain(text)} is after the end of the therapy ({end:%Y-%m-%d %H:%M})",
            "correct the time, or raise days under [simulation] and write what was given until then",
        )
    return at_ms


def _drug(text: str, therapy: Therapy) -> str:
    name, known = cells.plain(text).lower(), [entry.drug.name for entry in therapy.drugs]
    if name not in known:
        raise CellError(f'drug "{shorten(name, 40)}" is not in the therapy file', nearest(name, known))
    return name


def _site(fluid: str, level: str, therapy: Therapy) -> str:
    kind, place = cells.plain(fluid).lower(), "_".join(cells.plain(level).split())
    if kind not in (CSF, PLASMA):
        raise CellError(f'fluid "{shorten(kind, 40)}" is neither {CSF} nor {PLASMA}', nearest(kind, (CSF, PLASMA)))
    if kind == PLASMA:
        if place.lower() not in cells.NOTHING:
            raise CellError(f'plasma has no level, and "{shorten(place, 40)}" is given', "leave the cell empty")
        return PLASMA
    sites = {name.lower(): name for name in (*(each.name for each in therapy.catalogue.anatomy.levels), CISTERNA)}
    if place.lower() not in sites:
        raise CellError(f'level "{shorten(place, 40)}" is not known', nearest(place or "a level", sites.values()))
    return sites[place.lower()]


def _concentration(text: str, unit: str) -> float:
    if not text:
        raise CellError("concentration is empty", "write a number with its unit, such as 12 ng/mL")
    if text.lstrip().startswith("<"):
        raise CellError(
            f"concentration {cells.plain(shorten(text, 40))} is a bound and no number",
            "leave out samples below the limit of the assay",
        )
    typed = f"{cells.plain(text)} {unit}" if unit and re.fullmatch(r"[\d.,]+", text) else cells.plain(text)
    try:
        found = read_quantity(typed, "concentration")
    except QuantityError as problem:
        raise CellError(*f"concentration: {with_remedy(problem)}".rsplit("; ", 1)) from None
    if found.number <= 0:
        raise CellError(f"concentration {found} is not above zero", "leave out samples below the limit of the assay")
    return found.canonical
