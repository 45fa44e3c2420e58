"""The [[drug]] and [fill] tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from intrathecal.catalogue import Catalogue, Drug, Pump
from intrathecal.quantities import Quantity, shorten
from intrathecal.therapy.actions import Primed
from intrathecal.therapy.file import bounds
from intrathecal.therapy.file.section import Item, Section, nearest
from intrathecal.therapy.file.times import DayTime, has_clock, read_date, read_time, written
from intrathecal.therapy.plan import DrugEntry, Fill

PRIMED = ("tip", "tubing", "no")
LOW_RESERVOIR = Quantity(Decimal(2), "mL", "volume")
LEAD = Quantity(Decimal(7), "days", "duration")


def read_drugs(sections: list[Section], catalogue: Catalogue) -> tuple[DrugEntry, ...]:
    """The drugs, the primary one first."""
    entries: dict[str, DrugEntry] = {}
    for section in sections:
        section.only("name", "concentration")
        name_item, item = section.need("name", 'name = "morphine"'), section.item("concentration")
        name = name_item.text()
        if name not in catalogue.drugs:
            name_item.fail(f'unknown drug "{shorten(name)}"', nearest(name, catalogue.drugs))
        if name in entries:
            name_item.fail(f"{name} stands twice", "write each drug once, with its concentration in the first fill")
        drug = catalogue.drugs[name]
        entries[name] = DrugEntry(drug, read_concentration(item, drug) if item else None)
    return tuple(entries.values())


def check_first_fill(sections: list[Section], entries: tuple[DrugEntry, ...]) -> None:
    """Refuse drugs that a pump cannot be filled with: each needs a concentration, the primary one above zero."""
    for section, entry in zip(sections, entries, strict=True):
        if entry.concentration is None:
            section.fail(
                f"{entry.drug.name} has no concentration, and a pump needs one",
                'write for example concentration = "10 mg/mL", or "0 mg/mL" for a drug that is not in the first fill',
            )
    if not entries[0].concentration or not entries[0].concentration.number:
        sections[0].fail(
            f"the primary drug, {entries[0].drug.name}, is not in the first fill",
            "write its concentration, or put first the drug that is in it",
        )


def read_concentration(item: Item, drug: Drug) -> Quantity:
    """A concentration (zero included) that can be made."""
    concentration = item.zero_or_more("concentration")
    most = drug.makeable_max
    if most is not None and concentration.exact > most.exact:
        item.fail(
            f"{drug.name} at {concentration} is above what can be sold or dissolved ({most})",
            "check the number and its unit",
        )
    return item.at_most(concentration, bounds.STRONGEST)


def read_volume(item: Item, pump: Pump) -> Quantity:
    """A volume above zero that the reservoir holds."""
    volume = item.positive("volume")
    check_fits(item, volume, pump)
    return volume


def check_fits(item: Item, volume: Quantity, pump: Pump) -> None:
    """Refuse a volume that is more than the whole reservoir."""
    if volume.exact > pump.reservoir_volume.exact:
        item.fail(f"{volume} is more than the reservoir of {pump.name} holds", f"write at most {pump.reservoir_volume}")


def read_fill_time(section: Section) -> tuple[datetime, tuple[str, ...]]:
    """When the first fill is, and what was assumed of it."""
    item = section.need("at", "at = 2026-03-02T10:30:00")
    moment = read_time(item)
    if isinstance(moment, DayTime):
        item.fail(f"{written(item)} counts from the first fill itself", "write its date and time: 2026-03-02T10:30:00")
    return moment, () if has_clock(item) else (f"fill: at has no clock time, {moment.isoformat()} assumed",)


def read_fill(section: Section, pump: Pump, at: datetime) -> tuple[Fill, tuple[str, ...]]:
    """The first fill, and what was assumed of it."""
    section.only("volume", "at", "primed", "low_reservoir_alarm", "lead", "reservoir_now", "now", "next_visit")
    volume = section.need("volume", 'volume = "20 mL"')
    primed, alarm, lead = section.item("primed"), section.item("low_reservoir_alarm"), section.item("lead")
    reservoir_now, now, visit = section.item("reservoir_now"), section.item("now"), section.item("next_visit")
    if reservoir_now and now is None:
        reservoir_now.fail("the time of it is missing", "write now = ... beside it")
    if now and reservoir_now is None:
        now.fail("what the reservoir holds at that time is missing", 'write reservoir_now = "12 mL" beside it')
    alarm_volume = alarm.zero_or_more("volume") if alarm else LOW_RESERVOIR
    if alarm:
        check_fits(alarm, alarm_volume, pump)
    defaults = {"primed": "tip", "low_reservoir_alarm": LOW_RESERVOIR, "lead": LEAD}
    notes = tuple(f"fill: {key} not given, {value} assumed" for key, value in defaults.items() if not section.item(key))
    fill = Fill(
        volume=read_volume(volume, pump),
        at=at,
        primed=cast(Primed, primed.choice(PRIMED, "a way to prime")) if primed else "tip",
        low_reservoir_alarm=alarm_volume,
        lead=lead.within("duration", *bounds.LEAD) if lead else LEAD,
        reservoir_now=_read_reservoir_now(reservoir_now, pump) if reservoir_now else None,
        now=_read_now(now, at) if now else None,
        next_visit=_read_visit(visit, at.date()) if visit else None,
    )
    return fill, notes


def _read_reservoir_now(item: Item, pump: Pump) -> Quantity:
    volume = item.zero_or_more("volume")
    check_fits(item, volume, pump)
    return volume


def _read_now(item: Item, fill: datetime) -> datetime:
    moment = read_time(item)
    if isinstance(moment, DayTime):
        moment = datetime.combine(fill.date(), datetime.min.time()) + moment.after
    if moment < fill:
        item.fail(f"{written(item)} is before the first fill ({fill.isoformat()})", "write a time from then on")
    return moment


def _read_visit(item: Item, fill: date) -> date:
    visit = read_date(item)
    if visit < fill:
        item.fail(f"{visit} is before the first fill ({fill})", "write a date from then on")
    return visit


def read_label(item: Item, declared: Mapping[str, Drug]) -> dict[str, Quantity]:
    """Drug to concentration, as in a refill's ``drugs`` and ``actual``: only drugs that [[drug]] declares."""
    label = {}
    for one in item.section():
        if one.label not in declared:
            one.fail("it is not declared in [[drug]]", nearest(one.label, declared))
        label[one.label] = read_concentration(one, declared[one.label])
    return label
