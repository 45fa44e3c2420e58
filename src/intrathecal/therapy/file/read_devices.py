"""The [pump] and [catheter] tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import TypeVar

from intrathecal.catalogue import LEVELS, Catalogue, Catheter
from intrathecal.quantities import shorten
from intrathecal.therapy.devices import CatheterPlan, PumpPlan
from intrathecal.therapy.file import bounds
from intrathecal.therapy.file.read_inline import inline_keys
from intrathecal.therapy.file.section import Item, Section, nearest
from intrathecal.therapy.file.times import read_date

Entry = TypeVar("Entry")
SPACES = ("intrathecal", "epidural")
OFFSET_MINUTES = (-12 * 60, 14 * 60)


def read_pump(section: Section, catalogue: Catalogue, fill_date: date) -> tuple[PumpPlan, tuple[str, ...]]:
    """The pump, implanted on the day of the first fill unless the file says otherwise; and what was assumed of it."""
    section.only("model", "implanted", "utc_offset", "drive_error", *inline_keys(section))
    given, offset, drive = section.item("implanted"), section.item("utc_offset"), section.item("drive_error")
    model = section.need("model", 'model = "synchromed-ii-20"')
    implanted = read_date(given) if given else fill_date
    if given and implanted > fill_date:
        given.fail(f"{implanted} is after the first fill ({fill_date})", "write the day of the operation")
    pump = PumpPlan(
        entry=read_model(model, catalogue.pumps, "pump"),
        implanted=implanted,
        utc_offset_minutes=_read_offset(offset) if offset else 0,
        drive_error=read_drive_error(drive) if drive else Fraction(0),
    )
    return pump, () if offset else ("pump: utc_offset not given, +00:00 assumed",)


def read_model(item: Item, entries: Mapping[str, Entry], what: str) -> Entry:
    """The entry of the catalogue that ``item`` names."""
    name = item.text()
    if name not in entries:
        item.fail(f'unknown {what} "{shorten(name)}"', nearest(name, entries))
    return entries[name]


def _read_offset(item: Item) -> int:
    match = re.fullmatch(r"([+-])([0-9]{2}):([0-9]{2})", item.text())
    if not match or int(match[3]) > 59:
        item.fail(f'"{shorten(item.text())}" is not an offset', 'write sign, hours and minutes, such as "+01:00"')
    minutes = (int(match[2]) * 60 + int(match[3])) * (-1 if match[1] == "-" else 1)
    if not OFFSET_MINUTES[0] <= minutes <= OFFSET_MINUTES[1]:
        item.fail(f"{item.text()} is the offset of no place", 'write an offset from "-12:00" to "+14:00"')
    return minutes


def read_drive_error(item: Item) -> Fraction:
    """The fraction by which a drive moves more than it counts."""
    quantity = item.quantity("fraction")
    if quantity.unit != "%" or abs(quantity.number) > bounds.DRIVE_ERROR_PERCENT:
        item.fail(f"{quantity} is not plausible", f'write a percentage up to "{bounds.DRIVE_ERROR_PERCENT} %"')
    return quantity.exact


def read_catheter(section: Section, catalogue: Catalogue, pump: PumpPlan) -> tuple[CatheterPlan, tuple[str, ...]]:
    """The catheter, and what was assumed of it."""
    section.only("model", "removed", "tip", "space", *inline_keys(section))
    space, removed = section.item("space"), section.item("removed")
    chosen = space.choice(SPACES, "a space") if space else None
    notes = []
    if chosen and pump.entry.kind == "external" and "model" not in section.table:
        entry = catalogue.catheters[f"temporary-{chosen}"]
        notes.append(f"catheter: model not given, {entry.name} assumed")
    else:
        entry = read_model(section.need("model", 'model = "ascenda-8781"'), catalogue.catheters, "catheter")
    if space and entry.space != chosen:
        space.fail(f"{entry.name} is an {entry.space} catheter", f'write space = "{entry.space}", or another model')
    tip = read_level(section.need("tip", 'tip = "T10"'))
    if removed is None:
        notes.append("catheter: removed not given, 0 cm assumed (nothing was trimmed off)")
    trims = read_removed(removed, entry) if removed else untrimmed(entry)
    return CatheterPlan(entry, trims, tip), tuple(notes)


def read_level(item: Item) -> str:
    """A vertebral level of the canal."""
    level = item.text()
    if level not in LEVELS:
        item.fail(f'"{shorten(level)}" is a level outside the canal', f"write a level from C1 to S2; {_near(level)}")
    return level


def _near(level: str) -> str:
    return nearest(level, LEVELS) if nearest(level, LEVELS).startswith("did") else "such as T10"


def untrimmed(entry: Catheter) -> tuple[Fraction, ...]:
    """Nothing trimmed off any segment."""
    return (Fraction(0),) * len(entry.segments)


def read_removed(item: Item, entry: Catheter) -> tuple[Fraction, ...]:
    """What was trimmed off each segment (cm): a length in all, or a list with one for each segment."""
    lengths = [segment.length.exact for segment in entry.segments]
    full = sum(lengths, Fraction(0))
    if not isinstance(item.value, list):
        whole = item.zero_or_more("length").exact
        if whole >= full:
            item.fail(f"the whole {entry.name} is {_cm(full)} long", "write less than that, or another model")
        return _from_the_tip(whole, lengths)
    items = item.items()
    if len(items) != len(lengths):
        names = ", ".join(f"{segment.name} {_cm(segment.length.exact)}" for segment in entry.segments)
        item.fail(
            f"{len(items)} lengths for {len(lengths)} segments", f"write one for each segment of {entry.name}: {names}"
        )
    removed = tuple(one.zero_or_more("length").exact for one in items)
    for one, trim, segment in zip(items, removed, entry.segments, strict=True):
        if trim > segment.length.exact:
            one.fail(f"the {segment.name} segment is {_cm(segment.length.exact)} long", "write at most that")
    if sum(removed) >= full:
        item.fail("nothing is left of the catheter", "write what was trimmed off, not what is left")
    return removed


def _from_the_tip(whole: Fraction, lengths: list[Fraction]) -> tuple[Fraction, ...]:
    """A trim in all, shared out from the spinal end: the last segment first."""
    trims = []
    for length in reversed(lengths):
        trims.append(min(whole, length))
        whole -= trims[-1]
    return tuple(reversed(trims))


def _cm(length: Fraction) -> str:
    return f"{float(length):g} cm"
