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

from intrathecal.catalogue.bare_numbers import POWERS_OF_TEN, odd_number
from intrathecal.catalogue.body import Anatomy, Physiology
from intrathecal.catalogue.citing import AnyEntry
from intrathecal.catalogue.device_review import DeviceReview, check_bridge_factor
from intrathecal.catalogue.devices import Catheter, Pump
from intrathecal.catalogue.drugs import Drug, Tracer
from intrathecal.catalogue.effects import Relief, SideEffect
from intrathecal.catalogue.emergency import FirstAid, Observation, PumpAid, unknown_sources
from intrathecal.catalogue.errors import CatalogueError, nearest
from intrathecal.catalogue.guidelines import (
    Guideline,
    Limit,
    check_loosening,
    check_names,
    unsigned_table,
    without_other_quantities,
)
from intrathecal.catalogue.mixtures import Mixture
from intrathecal.catalogue.population import Population
from intrathecal.catalogue.precautions import Precaution, PumpLabel, ReviewFigures
from intrathecal.catalogue.reading import Where, read_entry, slots
from intrathecal.catalogue.references import Reference, parse_bibliography, read_reference
from intrathecal.catalogue.refills import RefillFigures
from intrathecal.catalogue.screening import Check, Screening, Trial
from intrathecal.catalogue.values import CHOSEN
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
    "guideline": Guideline,
    "limit": Limit,
    "mixture": Mixture,
    "precaution": Precaution,
    "pump_label": PumpLabel,
    "first_aid": FirstAid,
    "pump_aid": PumpAid,
    "observation": Observation,
}
SINGLE: dict[str, type] = {
    "anatomy": Anatomy,
    "physiology": Physiology,
    "relief": Relief,
    "trial": Trial,
    "review": ReviewFigures,
    "device_review": DeviceReview,
    "refill": RefillFigures,
    "population": Population,
}
TABLES = (*NAMED, *SINGLE, "reference")


@dataclass(frozen=True)
class Catalogue:
    """Every sourced value: entries by name, the spine, the body, relief, the trial, and the references they rest on.

    ``guidelines`` and ``limits`` are the drug library; ``mixtures``, ``precautions`` (by drug) and ``pump_labels`` stand
    beside it; ``first_aids`` (by family of drugs), ``pump_aids`` and ``observations`` (by drug) are for emergencies and for the
    time after a change. ``review`` is what its rules work with, ``device_review`` what those of the pump do.
    ``refill`` is what a refill is checked against, ``population`` how people differ.
    """

    drugs: Mapping[str, Drug]
    pumps: Mapping[str, Pump]
    catheters: Mapping[str, Catheter]
    tracers: Mapping[str, Tracer]
    side_effects: Mapping[str, SideEffect]
    screenings: Mapping[str, Screening]
    checks: Mapping[str, Check]
    guidelines: Mapping[str, Guideline]
    limits: Mapping[str, Limit]
    mixtures: Mapping[str, Mixture]
    precautions: Mapping[str, Precaution]
    pump_labels: Mapping[str, PumpLabel]
    first_aids: Mapping[str, FirstAid]
    pump_aids: Mapping[str, PumpAid]
    observations: Mapping[str, Observation]
    anatomy: Anatomy
    physiology: Physiology
    relief: Relief
    trial: Trial
    review: ReviewFigures
    device_review: DeviceReview
    refill: RefillFigures
    population: Population
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
        named += [*self.guidelines.values(), *self.limits.values(), *self.mixtures.values()]
        named += [*self.precautions.values(), *self.pump_labels.values()]
        named += [*self.first_aids.values(), *self.pump_aids.values(), *self.observations.values()]
        named += [self.anatomy, self.physiology, self.relief]
        return (*named, self.trial, self.review, self.device_review, self.refill, self.population)

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
        text = _read_user_file(path)
        given = _parse(text, str(path))
        odd = odd_number(text, POWERS_OF_TEN)
        if odd:
            raise CatalogueError(f"{path}, line {odd[0]}: {odd[1]}; {odd[2]}")
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
    named: dict[str, dict[str, Any]] = {
        kind: {
            name: read_entry(cls, name, table, Where("catalogue", f"{kind}.{name}", references))
            for name, table in tables.get(kind, {}).items()
        }
        for kind, cls in NAMED.items()
    }
    single: dict[str, Any] = {
        kind: read_entry(cls, None, tables[kind], Where("catalogue", kind, references)) for kind, cls in SINGLE.items()
    }
    _check_library(named, references, "catalogue")
    return _assemble(named, single, references)


def _assemble(
    named: Mapping[str, dict[str, Any]], single: Mapping[str, Any], references: Mapping[str, Reference]
) -> Catalogue:
    entries: dict[str, Any] = {f"{kind}s": MappingProxyType(known) for kind, known in named.items()}
    return Catalogue(**entries, **single, references=MappingProxyType(dict(references)))


def _check_library(named: Mapping[str, dict[str, Any]], references: Collection[str], file: str) -> None:
    """What the entries of the drug library name must be there; raises `CatalogueError`."""
    for name, limit in named["limit"].items():
        check_names(limit, named["guideline"], named["drug"], Where(file, f"limit.{name}", references))
    families = {word for precaution in named["precaution"].values() for word in precaution.families}
    for kind, field, known in (
        ("mixture", "drugs", {*named["drug"], *families}),
        ("mixture", "source", {*references, CHOSEN}),
        ("pump_label", "drugs", set(named["drug"])),
        ("pump_label", "source", set(references)),
        ("precaution", "stopped_source", set(references)),
        ("precaution", "sedatives_source", set(references)),
    ):
        for name, entry in named[kind].items():
            for word in getattr(entry, field):
                if word not in known:
                    Where(file, f"{kind}.{name}.{field}", references).fail(
                        f'"{shorten(word)}" is not known', nearest(word, known)
                    )
    for kind in ("precaution", "observation"):
        for name in named[kind]:
            if name not in named["drug"]:
                Where(file, f"{kind}.{name}", references).fail(
                    "it is not the name of a drug", nearest(name, named["drug"])
                )
    for path, key in unknown_sources(named, references):
        Where(file, path, references).fail(f'"{shorten(key)}" is not a reference', nearest(key, references))


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
    named: dict[str, dict[str, Any]] = {kind: dict(getattr(catalogue, f"{kind}s")) for kind in NAMED}
    single: dict[str, Any] = {kind: getattr(catalogue, kind) for kind in SINGLE}
    for kind in NAMED:
        merged[kind] = dict(tables.get(kind, {}))
        for name, table in given.get(kind, {}).items():
            where = Where(file, f"{kind}.{name}", references)
            merged[kind][name], named[kind][name] = _changed(kind, name, merged[kind], named[kind], table, where)
    for kind, cls in SINGLE.items():
        if kind in given:
            merged[kind] = _merge(cls, tables[kind], given[kind])
            single[kind] = read_entry(cls, None, merged[kind], Where(file, kind, references))
    check_bridge_factor(catalogue.device_review, single["device_review"], Where(file, "device_review", references))
    _check_library(named, references, file)
    return _assemble(named, single, references), merged


def _changed(
    kind: str, name: str, tables: Mapping[str, Any], entries: Mapping[str, Any], table: Any, where: Where
) -> tuple[Any, Any]:
    """The table of an entry with ``table`` laid over it, and the entry."""
    known = tables.get(name)
    if kind == "limit" and known is not None and isinstance(table, Mapping):
        known = without_other_quantities(unsigned_table(known), table)
    merged = _merge(NAMED[kind], known, table)
    try:
        entry: Any = read_entry(NAMED[kind], name, merged, where)
    except CatalogueError as error:
        raise _misspelt(error, name, tables) from None
    if kind == "limit":
        check_loosening(entries.get(name), entry, where)
    return merged, entry


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
