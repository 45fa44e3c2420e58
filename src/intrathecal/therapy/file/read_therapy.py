"""The tables of a therapy file together: which belong to which, and what each needs of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path

from intrathecal.catalogue import Catalogue, CatalogueError, load_catalogue
from intrathecal.catalogue.overriding import override
from intrathecal.therapy.actions import NewProgram
from intrathecal.therapy.devices import CatheterPlan, PumpPlan
from intrathecal.therapy.errors import TherapyError
from intrathecal.therapy.file.read_devices import read_catheter, read_pump
from intrathecal.therapy.file.read_events import read_events
from intrathecal.therapy.file.read_fill import check_first_fill, read_drugs, read_fill, read_fill_time
from intrathecal.therapy.file.read_inline import add_inline
from intrathecal.therapy.file.read_patient import DEFAULT_DAYS, read_patient, read_simulation
from intrathecal.therapy.file.read_program import read_program, refuse_program
from intrathecal.therapy.file.section import Item, Section
from intrathecal.therapy.file.standing import Implant, Standing
from intrathecal.therapy.file.times import Calendar, read_time
from intrathecal.therapy.plan import DrugEntry, Event, Fill, NoPresses, Presses, Therapy, first_label
from intrathecal.therapy.program import Program

TABLES = ("title", "patient", "pump", "catheter", "drug", "fill", "program", "event", "simulation", "catalogue")
WITH_PUMP = ("catheter", "fill", "program")


@dataclass(frozen=True)
class _Implanted:
    """What a file with a pump says of it."""

    pump: PumpPlan
    catheter: CatheterPlan
    fill: Fill
    program: Program | None
    program_line: int | None
    notes: tuple[str, ...]


def read_therapy(
    root: Section, directory: Path, catalogue_files: Sequence[Path], values: Mapping[str, str] | None = None
) -> Therapy:
    """The therapy in the tables of a file, with other ``values`` of the catalogue by name; raises `TherapyError`."""
    root.only(*TABLES)
    name = root.document.name
    title = root.item("title")
    catalogue = _read_catalogue(root, directory, catalogue_files)
    for changed, text in (values or {}).items():
        catalogue = override(catalogue, changed, text, name)
    drug_sections, event_sections = _tables(root, "drug"), _tables(root, "event")
    if not drug_sections:
        raise TherapyError(f'{name}: no drug is named; write [[drug]] with a name, such as name = "morphine"')
    drugs = read_drugs(drug_sections, catalogue)
    implanted = _read_implanted(root, catalogue)
    if implanted:
        check_first_fill(drug_sections, drugs)
    calendar = _calendar(implanted, event_sections)
    simulation = _table(root, "simulation") or _missing(root, "simulation")
    plan = read_simulation(simulation, calendar)
    standing = Standing(
        catalogue=catalogue,
        declared={entry.drug.name: entry.drug for entry in drugs},
        calendar=calendar,
        implant=_first_implant(implanted, drugs) if implanted else None,
    )
    events, standing = read_events(event_sections, standing)
    program = implanted.program if implanted else None
    return Therapy(
        title=title.text() if title else Path(name).name,
        file=name,
        patient=read_patient(_table(root, "patient") or _missing(root, "patient"), catalogue),
        pump=implanted.pump if implanted else None,
        catheter=implanted.catheter if implanted else None,
        drugs=drugs,
        fill=implanted.fill if implanted else None,
        program=program,
        program_line=implanted.program_line if implanted else None,
        events=events,
        simulation=plan,
        catalogue=catalogue,
        start=calendar.start,
        notes=(
            *(implanted.notes if implanted else ()),
            *standing.notes,
            *_simulation_notes(simulation, plan.presses, program, events),
        ),
    )


def _missing(root: Section, key: str) -> Section:
    """A table that the file leaves out: everything in it is the default."""
    return Section(root.document, (key,), f"[{key}]", {})


def _table(root: Section, key: str) -> Section | None:
    item = root.item(key)
    return None if item is None else replace(item.section(), label=f"[{key}]")


def _tables(root: Section, key: str) -> list[Section]:
    item = root.item(key)
    if item is None:
        return []
    if not isinstance(item.value, list) or not all(isinstance(value, dict) for value in item.value):
        item.fail("it may stand several times", f"write [[{key}]] with two brackets")
    return [replace(one.section(), label=f"[[{key}]]") for one in item.items()]


def _read_catalogue(root: Section, directory: Path, more: Sequence[Path]) -> Catalogue:
    """The built-in catalogue, the user's files over it, and what the therapy file itself describes."""
    section = _table(root, "catalogue")
    own: list[Path] = []
    if section:
        section.only("files")
        files = section.need("files", 'files = ["our-pumps.toml"]')
        own = [directory / item.text() for item in files.items()]
        try:
            load_catalogue(own)
        except CatalogueError as error:
            raise TherapyError(f"{root.document.name}, line {files.line}: {error}") from None
    try:
        catalogue = load_catalogue([*own, *more])
    except CatalogueError as error:
        raise TherapyError(str(error)) from None
    return add_inline(catalogue, _table(root, "pump"), _table(root, "catheter"))


def _read_implanted(root: Section, catalogue: Catalogue) -> _Implanted | None:
    pump_section = _table(root, "pump")
    parts = {key: _table(root, key) for key in WITH_PUMP}
    if pump_section is None:
        for key, part in parts.items():
            if part:
                part.fail(f"[{key}] belongs to a pump", f"add [pump], or leave [{key}] out")
        return None
    catheter_section, fill_section, program_section = parts["catheter"], parts["fill"], parts["program"]
    if catheter_section is None:
        pump_section.fail("a pump needs a catheter", 'add [catheter] with model = "ascenda-8781" and tip = "T10"')
    if fill_section is None:
        pump_section.fail("a pump needs a fill", 'add [fill] with volume = "20 mL" and at = 2026-03-02T10:30:00')
    at, fill_notes = read_fill_time(fill_section)
    pump, pump_notes = read_pump(pump_section, catalogue, at.date())
    catheter, catheter_notes = read_catheter(catheter_section, catalogue, pump)
    fill, more_fill_notes = read_fill(fill_section, pump.entry, at)
    return _Implanted(
        pump=pump,
        catheter=catheter,
        fill=fill,
        program=_read_program(pump_section, program_section, pump),
        program_line=program_section.line if program_section else None,
        notes=(*pump_notes, *catheter_notes, *fill_notes, *more_fill_notes),
    )


def _read_program(pump_section: Section, section: Section | None, pump: PumpPlan) -> Program | None:
    if section is None:
        if pump.programmable:
            pump_section.fail(f"{pump.entry.name} needs a program", 'add [program] with text = "2.4 mg/day"')
        return None
    if not pump.programmable:
        refuse_program(Item(section.document, section.path, section.label, section.table), pump)
    section.only("text")
    return read_program(section.need("text", 'text = "2.4 mg/day"'), pump)


def _first_implant(implanted: _Implanted, drugs: Sequence[DrugEntry]) -> Implant:
    return Implant(
        pump=implanted.pump,
        catheter=implanted.catheter,
        volume=implanted.fill.volume,
        label=first_label(drugs),
        primary=drugs[0].drug.name,
        first_fill=implanted.fill.at,
    )


def _calendar(implanted: _Implanted | None, events: Sequence[Section]) -> Calendar:
    """Day 0 is the day of the first fill; without one, that of the first event with a date."""
    if implanted:
        at = implanted.fill.at
        since_midnight = at - datetime.combine(at.date(), time())
        return Calendar(at.date(), since_midnight // timedelta(milliseconds=1), f"the first fill ({at.isoformat()})")
    for event in events:
        item = event.item("at")
        moment = read_time(item) if item else None
        if isinstance(moment, datetime):
            return Calendar(moment.date(), 0, f"the start ({moment.date()}, the day of the first event with a date)")
    return Calendar(None, 0, "the start")


def _simulation_notes(
    section: Section, presses: Presses, program: Program | None, events: Sequence[Event]
) -> tuple[str, ...]:
    """What was assumed of the simulation, and whether anything answers the handset."""
    programs = [program, *(event.action.program for event in events if isinstance(event.action, NewProgram))]
    answered = any(one and one.demand for one in programs)
    notes = []
    if "days" not in section.table:
        notes.append(f"simulation: days not given, {DEFAULT_DAYS} assumed")
    if answered and "presses" not in section.table:
        notes.append('simulation: presses not given, "never" assumed')
    if not answered and not isinstance(presses, NoPresses):
        notes.append('simulation: presses do nothing, since no program has "on demand"')
    return tuple(notes)
