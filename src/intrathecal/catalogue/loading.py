"""The catalogue: built-in entries, and a user's files laid over them."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from intrathecal.catalogue.body import Anatomy, Physiology
from intrathecal.catalogue.citing import AnyEntry
from intrathecal.catalogue.devices import Catheter, Pump
from intrathecal.catalogue.drugs import Drug, Tracer
from intrathecal.catalogue.effects import Relief, SideEffect
from intrathecal.catalogue.errors import CatalogueError, nearest
from intrathecal.catalogue.reading import Where, read_entry, slots
from intrathecal.catalogue.references import Reference, parse_bibliography, read_reference
from intrathecal.catalogue.screening import Check, Screening, Trial
from intrathecal.quantities import shorten

# a catalogue of a thousand entries is smaller
LARGEST_FILE_BYTES = 2_000_000
# tables of named entries, and tables that are one entry
NAMED: dict[str, type] = {
    "drug": Drug,
    "pump": Pump,
    "catheter": Catheter,
    "tracer": Tracer,
    "side_effect": SideEffect,
    "screening": Screening,
    "check": Check,
}
SINGLE: dict[str, type] = {"anatomy": Anatomy, "physiology": Physiology, "relief": Relief, "trial": Trial}
TABLES = (*NAMED, *SINGLE, "reference")


@dataclass(frozen=True)
class Catalogue:
    """Every sourced value: entries by name, the spine, the body, relief, the trial, and the references they rest on."""

    drugs: Mapping[str, Drug]
    pumps: Mapping[str, Pump]
    catheters: Mapping[str, Catheter]
    tracers: Mapping[str, Tracer]
    side_effects: Mapping[str, SideEffect]
    screenings: Mapping[str, Screening]
    checks: Mapping[str, Check]
    anatomy: Anatomy
    physiology: Physiology
    relief: Relief
    trial: Trial
    references: Mapping[str, Reference]

    def __getstate__(self) -> dict[str, Any]:
        """Plain mappings, so that a catalogue can be copied and sent to another process."""
        return {key: dict(part) if isinstance(part, Mapping) else part for key, part in vars(self).items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for key, part in state.items():
            object.__setattr__(self, key, MappingProxyType(part) if isinstance(part, dict) else part)

    @property
    def entries(self) -> tuple[AnyEntry, ...]:
        """All that holds values."""
        named: list[AnyEntry] = [*self.pumps.values(), *self.catheters.values(), *self.drugs.values()]
        named += [*self.tracers.values(), *self.side_effects.values(), *self.screenings.values(), *self.checks.values()]
        return (*named, self.anatomy, self.physiology, self.relief, self.trial)

    def with_pump(self, pump: Pump) -> Catalogue:
        """The same catalogue with ``pump`` added, or in the place of the one of its name."""
        return replace(self, pumps=MappingProxyType({**self.pumps, pump.name: pump}))

    def with_catheter(self, catheter: Catheter) -> Catalogue:
        """The same catalogue with ``catheter`` added, or in the place of the one of its name."""
        return replace(self, catheters=MappingProxyType({**self.catheters, catheter.name: catheter}))


def load_catalogue(files: Sequence[Path] = ()) -> Catalogue:
    """The built-in catalogue with the user's ``files`` laid over it, later files over earlier ones.

    Raises `CatalogueError`: file, entry, field, what is wrong, what would be right.
    """
    catalogue = _built_in()
    tables: dict[str, Any] = _built_in_tables()
    for path in files:
        given = _parse(_read_user_file(path), str(path))
        catalogue, tables = _lay_over(catalogue, tables, given, str(path))
    return catalogue


def parse_pump(
    name: str, table: Mapping[str, Any], references: Mapping[str, Reference] | None = None, file: str = "pump"
) -> Pump:
    """A pump from a table such as ``[pump.custom]`` of a therapy file; raises `CatalogueError`."""
    known = _built_in().references if references is None else references
    return read_entry(Pump, name, table, Where(file, f"pump.{name}", known))


def parse_catheter(
    name: str, table: Mapping[str, Any], references: Mapping[str, Reference] | None = None, file: str = "catheter"
) -> Catheter:
    """A catheter from a table such as ``[catheter.custom]`` of a therapy file; raises `CatalogueError`."""
    known = _built_in().references if references is None else references
    return read_entry(Catheter, name, table, Where(file, f"catheter.{name}", known))


@cache
def _built_in_tables() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name, text in _data_files(".toml"):
        for key, table in _parse(text, name).items():
            merged.setdefault(key, {}).update(table)
    return merged


@cache
def _built_in() -> Catalogue:
    tables = _built_in_tables()
    references = {
        key: reference
        for name, text in _data_files(".bib")
        for key, reference in parse_bibliography(text, name).items()
    }
    named: dict[str, Mapping[str, Any]] = {}
    for kind, cls in NAMED.items():
        read: dict[str, Any] = {
            name: read_entry(cls, name, table, Where("catalogue", f"{kind}.{name}", references))
            for name, table in tables[kind].items()
        }
        named[kind] = MappingProxyType(read)
    return Catalogue(
        drugs=named["drug"],
        pumps=named["pump"],
        catheters=named["catheter"],
        tracers=named["tracer"],
        side_effects=named["side_effect"],
        screenings=named["screening"],
        checks=named["check"],
        anatomy=read_entry(Anatomy, None, tables["anatomy"], Where("catalogue", "anatomy", references)),
        physiology=read_entry(Physiology, None, tables["physiology"], Where("catalogue", "physiology", references)),
        relief=read_entry(Relief, None, tables["relief"], Where("catalogue", "relief", references)),
        trial=read_entry(Trial, None, tables["trial"], Where("catalogue", "trial", references)),
        references=MappingProxyType(references),
    )


def _data_files(suffix: str) -> Iterable[tuple[str, str]]:
    folders = [package_files("intrathecal.catalogue") / "data"]
    while folders:
        for item in sorted(folders.pop().iterdir(), key=lambda entry: entry.name):
            if item.is_dir():
                folders.append(item)
            elif item.name.endswith(suffix):
                yield item.name, item.read_text(encoding="utf-8")


def _read_user_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise CatalogueError(f"{path}: the file cannot be read ({reason}); check its name and permissions") from None
    if len(content) > LARGEST_FILE_BYTES:
        raise CatalogueError(f"{path}: the file is larger than {LARGEST_FILE_BYTES} bytes; give a catalogue")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8 text") from None


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError) as error:
        raise CatalogueError(f"{file}: it is not TOML: {shorten(str(error), 200)}; correct the line") from None
    except RecursionError:
        raise CatalogueError(f"{file}: it is nested too deeply; a catalogue needs four levels at most") from None


def _lay_over(
    catalogue: Catalogue, tables: dict[str, Any], given: dict[str, Any], file: str
) -> tuple[Catalogue, dict[str, Any]]:
    top = Where(file, "", ())
    for key, table in given.items():
        if key not in TABLES:
            top.at(key).fail("it is not a table of a catalogue", nearest(key, TABLES))
        if not isinstance(table, Mapping):
            top.at(key).fail("it is not a table", f"write [{key}] or [{key}.NAME]")
    own = {
        key: read_reference(key, table, top.at(f"reference.{key}")) for key, table in given.get("reference", {}).items()
    }
    references = {**catalogue.references, **own}
    merged = dict(tables)
    named: dict[str, dict[str, Any]] = {
        "drug": dict(catalogue.drugs),
        "pump": dict(catalogue.pumps),
        "catheter": dict(catalogue.catheters),
        "tracer": dict(catalogue.tracers),
        "side_effect": dict(catalogue.side_effects),
        "screening": dict(catalogue.screenings),
        "check": dict(catalogue.checks),
    }
    single: dict[str, Any] = {
        "anatomy": catalogue.anatomy,
        "physiology": catalogue.physiology,
        "relief": catalogue.relief,
        "trial": catalogue.trial,
    }
    for kind, cls in NAMED.items():
        merged[kind] = dict(tables[kind])
        for name, table in given.get(kind, {}).items():
            where = Where(file, f"{kind}.{name}", references)
            merged[kind][name] = _merge(cls, tables[kind].get(name), table)
            try:
                named[kind][name] = read_entry(cls, name, merged[kind][name], where)
            except CatalogueError as error:
                raise _misspelt(error, name, tables[kind]) from None
    for kind, cls in SINGLE.items():
        if kind in given:
            merged[kind] = _merge(cls, tables[kind], given[kind])
            single[kind] = read_entry(cls, None, merged[kind], Where(file, kind, references))
    laid = Catalogue(
        drugs=MappingProxyType(named["drug"]),
        pumps=MappingProxyType(named["pump"]),
        catheters=MappingProxyType(named["catheter"]),
        tracers=MappingProxyType(named["tracer"]),
        side_effects=MappingProxyType(named["side_effect"]),
        screenings=MappingProxyType(named["screening"]),
        checks=MappingProxyType(named["check"]),
        anatomy=single["anatomy"],
        physiology=single["physiology"],
        relief=single["relief"],
        trial=single["trial"],
        references=MappingProxyType(references),
    )
    return laid, merged


def _misspelt(error: CatalogueError, name: str, known: Collection[str]) -> CatalogueError:
    """The error of an entry, with the entries that may have been meant when its name is new."""
    near = get_close_matches(name, known, n=2, cutoff=0.7)
    if name in known or not near:
        return error
    return CatalogueError(f'{error}. "{name}" is a new entry, to be given whole: did you mean {" or ".join(near)}?')


def _merge(cls: type, known: Any, given: Any) -> Any:
    """``given`` over ``known``, field by field; a value is replaced whole, so that it brings its own source."""
    if not isinstance(known, Mapping) or not isinstance(given, Mapping):
        return given
    inner: dict[str, Any] = {
        name: slot.holds for name, slot in slots(cls).items() if is_dataclass(slot.holds) and slot.measure is None
    }
    return {
        **known,
        **{
            name: _merge(inner[name], known.get(name), table) if name in inner else table
            for name, table in given.items()
        },
    }
