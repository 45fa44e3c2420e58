"""A pump or catheter that the therapy file describes itself: [pump.custom], [catheter.custom]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from intrathecal.catalogue import Catalogue, CatalogueError, Catheter, Pump, parse_catheter, parse_pump
from intrathecal.quantities import shorten
from intrathecal.therapy.file.section import Item, Section

Entry = TypeVar("Entry", Pump, Catheter)


def add_inline(catalogue: Catalogue, pump: Section | None, catheter: Section | None) -> Catalogue:
    """The catalogue with the pump and the catheter that the file itself describes."""
    found = _inline(pump, catalogue.pumps)
    if found is not None:
        catalogue = catalogue.with_pump(_parse("pump", parse_pump, *found, catalogue))
    found = _inline(catheter, catalogue.catheters)
    if found is not None:
        catalogue = catalogue.with_catheter(_parse("catheter", parse_catheter, *found, catalogue))
    return catalogue


def inline_keys(section: Section) -> tuple[str, ...]:
    """The keys of ``section`` that hold an inline entry: ``custom``, and the one that ``model`` names."""
    model = section.table.get("model")
    named = [item.label for item in section if isinstance(item.value, dict) and item.label == model]
    return ("custom", *named)


def _inline(section: Section | None, entries: Mapping[str, object]) -> tuple[str, Item] | None:
    """The name and the table of the entry in ``section``: it is called by its key, or by a ``name`` inside."""
    if section is None:
        return None
    model = section.table.get("model")
    for key in inline_keys(section):
        item = section.item(key)
        if item is None:
            continue
        table = item.section()
        names = (key, table.table.get("name"))
        if not isinstance(model, str) or model not in names:
            item.fail(
                f"model is {shorten(str(model))}, so that nothing uses it", f'write model = "{key}", or leave it out'
            )
        if model in entries:
            item.fail(f'the catalogue has "{shorten(model)}" already', "give your own another name")
        return model, item
    return None


def _parse(kind: str, parse: Callable[..., Entry], name: str, item: Item, catalogue: Catalogue) -> Entry:
    table: dict[str, Any] = {inner.label: inner.value for inner in item.section() if inner.label != "name"}
    try:
        return parse(name, table, catalogue.references, "")
    except CatalogueError as error:
        place, _, message = str(error).removeprefix(f", {kind}.{name}").partition(": ")
        inside: tuple[str, ...] = tuple(part for part in place.split(".") if part)
        cause, _, remedy = message.rpartition("; ")
        item.document.fail((*item.path, *inside), f"{'.'.join((item.label, *inside))}: {cause}", remedy)
