"""One virtual patient as files of one's own: a therapy file and a catalogue file that `intrathecal simulate` repeats."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from decimal import Decimal
from os.path import relpath
from pathlib import Path
from typing import Any

from intrathecal.catalogue import Catalogue, Value
from intrathecal.catalogue.overriding import with_values
from intrathecal.cohort.drawing import FLUID_VOLUME, Drawn, Population
from intrathecal.quantities import plain
from intrathecal.simulation.files import replacing
from intrathecal.therapy import load_therapy
from intrathecal.therapy.file.load import WHAT
from intrathecal.therapy.file.text import parse_document, read_text

Table = dict[str, Any]


def write_patient(
    therapy: Path, seed: int, index: int, folder: Path, catalogue_files: Sequence[Path] = ()
) -> tuple[Path, Path]:
    """Write the ``index``-th patient (from 0) of a cohort of ``therapy`` and ``seed`` into ``folder``.

    The first of the two files is the therapy file, which names the second, a catalogue file with all that was drawn; comments
    of the original are not kept. Raises `TherapyError`, and `EntryError` for drawn values that do not fit together.
    """
    population = Population(load_therapy(therapy, catalogue_files), seed)
    drawn = population.draw(index)
    name = folder / f"patient-{index}.toml"
    values = folder / f"patient-{index}-values.toml"
    said = f"# Patient {index} of the cohort of {therapy.name} with seed {seed}"
    root: Table = dict(parse_document(read_text(therapy, WHAT), str(therapy), WHAT, "").table)
    files = [therapy.parent / file for file in root.get("catalogue", {}).get("files", [])]
    named = [*(relpath(file, folder) for file in (*files, *catalogue_files)), values.name]
    folder.mkdir(parents=True, exist_ok=True)
    for file, table in (
        (values, _catalogue(population.therapy.catalogue, drawn)),
        (name, _therapy(root, drawn, named)),
    ):
        with replacing(file) as part:
            part.write_text(f"{said}\n\n{_document(table)}", encoding="utf-8")
    return name, values


def _therapy(root: Mapping[str, Any], drawn: Drawn, files: Sequence[str]) -> Table:
    table = {name: dict(part) if isinstance(part, Mapping) else part for name, part in root.items()}
    patient, simulation = table.setdefault("patient", {}), table.setdefault("simulation", {})
    patient |= {
        "height": f"{_number(drawn.height_cm)} cm",
        "weight": f"{_number(drawn.weight_kg)} kg",
        "pain": Decimal(str(drawn.pain)),
    }
    simulation["seed"] = drawn.seed
    if drawn.press_above is not None:
        simulation["presses"] = f"when pain > {_number(drawn.press_above)}"
    if "pump" in table:
        table["pump"]["drive_error"] = f"{plain(Decimal(str(drawn.drive_error)) * 100)} %"
    table["catalogue"] = {"files": list(files)}
    return table


def _catalogue(catalogue: Catalogue, drawn: Drawn) -> Table:
    root: Table = {}
    for name, value in drawn.values.items():
        *path, field = _path(catalogue, name)
        part = root
        for key in path:
            part = part.setdefault(key, {})
        part[field] = _value(value)
    if FLUID_VOLUME in drawn.values:
        # The volume is what the levels hold, so these are given too.
        anatomy = with_values(catalogue, {FLUID_VOLUME: drawn.values[FLUID_VOLUME]}).anatomy
        root["anatomy"]["levels"] = [asdict(level) for level in anatomy.levels]
    return root


def _path(catalogue: Catalogue, name: str) -> list[str]:
    """The keys to a value; a drug's name may have points in it."""
    for drug in catalogue.drugs:
        if name.startswith(f"drug.{drug}."):
            return ["drug", drug, *name.removeprefix(f"drug.{drug}.").split(".")]
    return name.split(".")


def _value(value: Value) -> Table:
    return {"value": value.number, "unit": value.unit, "source": list(value.source), "note": value.note}


def _number(number: float) -> str:
    return plain(Decimal(str(number)))


# ---- TOML


def _document(table: Table, path: str = "") -> str:
    """A table as TOML: first its values, then the tables in it."""
    inner = {key: item for key, item in table.items() if isinstance(item, dict) and not _is_value(item)}
    lists = {key: item for key, item in table.items() if _is_tables(item)}
    text = "".join(
        f"{_key(key)} = {_item(item)}\n" for key, item in table.items() if key not in inner and key not in lists
    )
    for key, item in inner.items():
        text += f"\n[{path}{_key(key)}]\n{_document(item, f'{path}{_key(key)}.')}"
    for key, items in lists.items():
        for item in items:
            text += f"\n[[{path}{_key(key)}]]\n" + "".join(
                f"{_key(name)} = {_item(one)}\n" for name, one in item.items()
            )
    return text


def _is_value(item: Table) -> bool:
    """Whether a table is a value of the catalogue, which stands on one line."""
    return "value" in item


def _is_tables(item: Any) -> bool:
    return isinstance(item, list) and bool(item) and all(isinstance(one, dict) for one in item)


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("-", "").replace("_", "").isalnum() else _quoted(name)


def _item(item: Any) -> str:
    match item:
        case bool():
            return str(item).lower()
        case str():
            return f"'''\n{item}'''" if "\n" in item and "'''" not in item else _quoted(item)
        case datetime() | date() | time():
            return item.isoformat()
        case dict():
            return "{ " + ", ".join(f"{_key(key)} = {_item(one)}" for key, one in item.items()) + " }"
        case list():
            return "[" + ", ".join(_item(one) for one in item) + "]"
        case float() | Decimal():
            return _number(item) if isinstance(item, float) else plain(item)
        case _:
            return str(item)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
