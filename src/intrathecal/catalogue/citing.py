"""Which references a run rests on, and which of its values nobody has checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from intrathecal.catalogue.body import Anatomy, Physiology
from intrathecal.catalogue.device_review import DeviceReview
from intrathecal.catalogue.devices import Catheter, Pump
from intrathecal.catalogue.drugs import Drug, Tracer
from intrathecal.catalogue.effects import Relief, SideEffect
from intrathecal.catalogue.emergency import FirstAid, Observation, PumpAid
from intrathecal.catalogue.guidelines import Guideline, Limit
from intrathecal.catalogue.mixtures import Mixture
from intrathecal.catalogue.population import Population
from intrathecal.catalogue.precautions import Precaution, PumpLabel, ReviewFigures
from intrathecal.catalogue.references import Reference
from intrathecal.catalogue.refills import RefillFigures
from intrathecal.catalogue.screening import Check, Screening, Trial
from intrathecal.catalogue.values import CHOSEN, Value

Library = Guideline | Limit | Mixture | Precaution | PumpLabel | ReviewFigures | DeviceReview | RefillFigures
Aid = FirstAid | PumpAid | Observation
AnyEntry = (
    Drug
    | Pump
    | Catheter
    | Tracer
    | Anatomy
    | Physiology
    | Relief
    | SideEffect
    | Trial
    | Screening
    | Check
    | Library
    | Aid
    | Population
)
# tables whose name is not that of the class
_TABLES: dict[type, str] = {
    SideEffect: "side_effect",
    PumpLabel: "pump_label",
    ReviewFigures: "review",
    DeviceReview: "device_review",
    RefillFigures: "refill",
    FirstAid: "first_aid",
    PumpAid: "pump_aid",
}


@dataclass(frozen=True)
class Citation:
    """A reference, and the dotted names of the values that rest on it."""

    reference: Reference
    values: tuple[str, ...]


def values_of(entry: AnyEntry) -> Iterator[tuple[str, Value]]:
    """Every value in an entry with its dotted name, such as ``drug.morphine.csf.loss_half_life``."""
    name = _TABLES.get(type(entry), type(entry).__name__.lower())
    own = getattr(entry, "name", None)
    yield from _walk(f"{name}.{own}" if own else name, entry)


def _walk(path: str, part: Any) -> Iterator[tuple[str, Value]]:
    if isinstance(part, Value):
        yield path, part
    elif isinstance(part, tuple):
        for item in part:
            if is_dataclass(item):
                yield from _walk(f"{path}.{getattr(item, 'name', '')}", item)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _walk(f"{path}.{field.name}", getattr(part, field.name))


def cite(entries: Iterable[AnyEntry], references: Mapping[str, Reference]) -> tuple[Citation, ...]:
    """The references that the values of ``entries`` rest on, by author, each with those values."""
    resting: dict[str, list[str]] = {}
    for entry in entries:
        for name, value in values_of(entry):
            for key in value.source:
                if key != CHOSEN:
                    resting.setdefault(key, []).append(name)
    cited = (Citation(references[key], tuple(names)) for key, names in resting.items())
    return tuple(sorted(cited, key=lambda citation: str(citation.reference)))


def unverified(entries: Iterable[AnyEntry]) -> tuple[tuple[str, Value], ...]:
    """The values of ``entries`` that were not seen in their sources, or that were chosen, with their names."""
    return tuple((name, value) for entry in entries for name, value in values_of(entry) if not value.verified)


def citation_text(entries: Iterable[AnyEntry], references: Mapping[str, Reference]) -> str:
    """What ``intrathecal cite`` prints: a reference a line with its values, then the unverified values."""
    listed = tuple(entries)
    lines = ["Sources:"]
    lines += [f"  {citation.reference} For: {', '.join(citation.values)}" for citation in cite(listed, references)]
    lines += ["", "Not verified (chosen here, derived, or quoted and not yet checked):"]
    for name, value in unverified(listed):
        note = f" {value.note}" if value.note else ""
        lines.append(f"  {name} = {value} [{', '.join(value.source)}]{note}")
    return "\n".join(lines) + "\n"
