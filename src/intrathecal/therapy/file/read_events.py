"""The [[event]] tables: each is read knowing what the events before it left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

from intrathecal.catalogue import Drug
from intrathecal.quantities import shorten
from intrathecal.therapy.actions import Action, Aspirate, Dose, Fault, Mri, NewProgram, OralOpioid, Prime, Reset, Route
from intrathecal.therapy.file import bounds
from intrathecal.therapy.file.read_devices import read_level
from intrathecal.therapy.file.read_fault import read_fault
from intrathecal.therapy.file.read_fill import read_volume
from intrathecal.therapy.file.read_program import read_program
from intrathecal.therapy.file.read_refill import read_refill, read_replacement, read_revise
from intrathecal.therapy.file.section import Item, Section, nearest
from intrathecal.therapy.file.standing import Implant, Standing
from intrathecal.therapy.file.times import Calendar, has_clock, written
from intrathecal.therapy.plan import Event

ROUTES = ("oral", "intravenous", "epidural", "intrathecal")
SPINAL_ROUTES = ("epidural", "intrathecal")
NEEDLE_LEVEL = "L3"
SOURCES = ("reservoir", "side-port")


@dataclass(frozen=True)
class _Draft:
    """An event whose time is known and whose action is still to be read."""

    section: Section
    at: Item
    action: Item
    at_ms: int


def read_events(sections: Sequence[Section], standing: Standing) -> tuple[tuple[Event, ...], Standing]:
    """The events in their order, and what stands after them."""
    drafts = [_read_draft(section, standing.calendar) for section in sections]
    for index, (earlier, later) in enumerate(pairwise(drafts), 2):
        if later.at_ms < earlier.at_ms:
            later.at.fail(
                f"event {index} ({written(later.at)}) is before event {index - 1} ({written(earlier.at)})",
                f"write events in the order of their times, counted from {standing.calendar.start_name}",
            )
    programs = frozenset(draft.at_ms for draft in drafts if draft.action.label == "program")
    standing = replace(standing, programs_at_ms=programs)
    events = []
    for index, draft in enumerate(drafts, 1):
        standing = replace(standing, place=f"event {index}")
        if not has_clock(draft.at) and not isinstance(draft.at.value, str):
            standing = standing.noted("at has no clock time, 00:00 assumed")
        action, standing = _read_action(draft, standing)
        events.append(Event(index, draft.section.line, written(draft.at), draft.at_ms, action))
    return tuple(events), standing


def _read_draft(section: Section, calendar: Calendar) -> _Draft:
    known = (*WITH_PUMP, *WITHOUT_PUMP)
    section.only("at", *known)
    at = section.need("at", 'at = "day 30 09:00"')
    actions = [item for item in section if item.label in known]
    if not actions:
        section.fail("the event does nothing", f"write one of {', '.join(known)}")
    if len(actions) > 1:
        names = " and ".join(action.label for action in actions[:2])
        actions[1].document.fail(
            actions[1].path, f"the event holds {names}", "write one [[event]] for each; they may share a time"
        )
    return _Draft(section, at, actions[0], calendar.at_ms(at))


def _read_action(draft: _Draft, standing: Standing) -> tuple[Action, Standing]:
    action = draft.action
    if action.label in WITHOUT_PUMP:
        return WITHOUT_PUMP[action.label](action, standing)
    if standing.implant is None:
        action.fail("it needs a pump", "add [pump], [catheter], [fill] and [program], or leave the event out")
    return WITH_PUMP[action.label](action, standing, standing.implant, draft.at_ms)


def _read_dose(item: Item, standing: Standing) -> tuple[Dose, Standing]:
    section = item.section()
    section.only("drug", "amount", "route", "level", "over", "volume")
    drug_item = section.need("drug", 'drug = "morphine"')
    name = drug_item.text()
    if name not in standing.declared:
        drug_item.fail(f'"{shorten(name)}" is not declared in [[drug]]', nearest(name, standing.declared))
    amount = section.need("amount", 'amount = "0.3 mg"')
    route_item, over, volume = section.need("route", 'route = "oral"'), section.item("over"), section.item("volume")
    route = cast(Route, route_item.choice(ROUTES, "a route"))
    _check_route(section, route_item, route, standing.declared[name])
    level, standing = _read_dose_level(section, route, standing)
    dose = Dose(
        drug=name,
        amount=amount.at_most(amount.positive("mass"), bounds.LARGEST_DOSE[route]),
        route=route,
        level=level,
        over=over.duration() if over else None,
        volume=volume.at_most(volume.positive("volume"), bounds.LARGEST_DOSE_VOLUME[route]) if volume else None,
    )
    return dose, standing


def _check_route(section: Section, item: Item, route: Route, drug: Drug) -> None:
    level, over = section.item("level"), section.item("over")
    if route == "oral" and drug.oral is None:
        item.fail(f"nothing is known of {drug.name} by mouth", "write another route, or add [drug] oral values")
    if route == "oral" and over:
        over.fail("a dose by mouth is swallowed at once", "leave it out")
    if route not in SPINAL_ROUTES and level:
        level.fail(f"the {route} route has no level", "leave it out")


def _read_dose_level(section: Section, route: Route, standing: Standing) -> tuple[str | None, Standing]:
    item = section.item("level")
    if route not in SPINAL_ROUTES:
        return None, standing
    if item:
        return read_level(item), standing
    if standing.implant:
        tip = standing.implant.catheter.tip
        return tip, standing.noted(f"level not given, the catheter's tip ({tip}) assumed")
    return NEEDLE_LEVEL, standing.noted(f"level not given, {NEEDLE_LEVEL} assumed")


def _read_oral_opioid(item: Item, standing: Standing) -> tuple[OralOpioid, Standing]:
    return OralOpioid(item.at_most(item.zero_or_more("mass rate"), bounds.MOST_ORAL_OPIOID)), standing


def _read_program(item: Item, standing: Standing, implant: Implant, _at_ms: int) -> tuple[NewProgram, Standing]:
    return NewProgram(read_program(item, implant.pump)), standing


def _read_prime(item: Item, standing: Standing, implant: Implant, _at_ms: int) -> tuple[Prime, Standing]:
    section = item.section()
    section.only("volume", "over")
    if not implant.pump.programmable:
        item.fail(f"{implant.pump.entry.name} cannot give a bolus", "leave the prime out")
    volume = read_volume(section.need("volume", 'volume = "0.3 mL"'), implant.pump.entry)
    return Prime(volume, section.need("over", 'over = "15 min"').duration()), standing


def _read_mri(item: Item, standing: Standing, _implant: Implant, _at_ms: int) -> tuple[Mri, Standing]:
    item.within("duration", *bounds.LONGEST_SCAN)
    return Mri(item.duration()), standing


def _read_reset(item: Item, standing: Standing, implant: Implant, _at_ms: int) -> tuple[Reset, Standing]:
    if not item.flag():
        item.fail("it resets nothing", "write reset = true, or leave the event out")
    if not implant.pump.programmable:
        item.fail(f"{implant.pump.entry.name} has nothing to reset", "leave the event out")
    return Reset(), standing


def _read_aspirate(item: Item, standing: Standing, implant: Implant, _at_ms: int) -> tuple[Aspirate, Standing]:
    section = item.section()
    section.only("volume", "from")
    volume = read_volume(section.need("volume", 'volume = "2 mL"'), implant.pump.entry)
    source = section.need("from", 'from = "side-port"').choice(SOURCES, "a place to draw from")
    return Aspirate(volume, "reservoir" if source == "reservoir" else "side-port"), standing


def _read_fault(item: Item, standing: Standing, implant: Implant, _at_ms: int) -> tuple[Fault, Standing]:
    return read_fault(item.section(), implant.pump), standing


WITHOUT_PUMP: dict[str, Callable[[Item, Standing], tuple[Action, Standing]]] = {
    "dose": _read_dose,
    "oral_opioid": _read_oral_opioid,
}
WITH_PUMP: dict[str, Callable[[Item, Standing, Implant, int], tuple[Action, Standing]]] = {
    "refill": read_refill,
    "program": _read_program,
    "prime": _read_prime,
    "mri": _read_mri,
    "reset": _read_reset,
    "aspirate": _read_aspirate,
    "revise": read_revise,
    "replace-pump": read_replacement,
    "fault": _read_fault,
}
