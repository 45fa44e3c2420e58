"""Two programs of one patient side by side: every setting with its change, and the texts as a difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff

from django.utils.translation import gettext as _

from intrathecal.programmer.review.moment import Implanted
from intrathecal.programmer.sheet import label_sheet, sheet
from intrathecal.pump.settings import Settings
from intrathecal.quantities import InputError
from intrathecal.simulation.beginning import told_at_first_fill
from intrathecal.therapy import Therapy
from intrathecal.workstation.clinic.models import Program
from intrathecal.workstation.clinic.templatetags.clinical import moment
from intrathecal.workstation.simulating import NothingToSimulateError, therapy_of

#: Lines that are shown around a difference of texts.
AROUND = 4


@dataclass(frozen=True)
class Row:
    """One setting of both programs; ``change`` says in words how the second differs, nothing where it does not."""

    field: str
    first: str
    second: str
    change: str = ""

    @property
    def differs(self) -> bool:
        """Whether the two are not the same."""
        return self.first != self.second


@dataclass(frozen=True)
class DiffLine:
    """A line of the difference: ``sign`` is + for one that only the second has, - for one that only the first has."""

    sign: str
    text: str

    @property
    def kind(self) -> str:
        """What the sign means, as a word."""
        return {"+": "added", "-": "removed", "@": "place"}.get(self.sign, "same")


def rows(first: Program, second: Program) -> Iterator[Row]:
    """What was done with each, and what each sets. A program without a readable therapy file has only the former."""
    yield from _kept(first, second)
    try:
        one, other = therapy_of(first), therapy_of(second)
        yield from _devices(one, other)
        yield from _settings(one, other)
    except InputError:
        return


def unreadable(*programs: Program) -> list[str]:
    """Why settings cannot be compared, a sentence for each program whose therapy file is missing or wrong."""
    said = []
    for program in programs:
        try:
            Implanted.of(therapy_of(program))
        except (NothingToSimulateError, InputError) as problem:
            said.append(str(problem))
    return said


def _kept(first: Program, second: Program) -> Iterator[Row]:
    for name, told in (
        (_("in one line"), lambda of: of.summary),
        (_("state"), lambda of: of.get_state_display()),
        (_("in force from"), lambda of: moment(of.begins_at)),
        (_("in force until"), lambda of: moment(of.ends_at)),
        (_("written by"), lambda of: str(of.written_by)),
        (_("confirmed by"), lambda of: str(of.confirmed_by or "")),
        (_("second person"), lambda of: str(of.second_by or "")),
    ):
        yield Row(name, told(first), told(second))


def _devices(one: Therapy, other: Therapy) -> Iterator[Row]:
    a, b = Implanted.of(one), Implanted.of(other)
    yield Row(_("pump"), a.pump.entry.title, b.pump.entry.title)
    yield Row(_("catheter"), a.catheter.entry.title, b.catheter.entry.title)
    yield Row(_("tip"), f"{a.catheter.tip}, {a.catheter.space}", f"{b.catheter.tip}, {b.catheter.space}")
    yield Row(_("fill"), str(a.fill.volume), str(b.fill.volume))
    yield Row(_("low reservoir alarm"), str(a.fill.low_reservoir_alarm), str(b.fill.low_reservoir_alarm))


def _settings(one: Therapy, other: Therapy) -> Iterator[Row]:
    before, after = _told(one), _told(other)
    units = {name: drug.customary_mass_unit for name, drug in other.catalogue.drugs.items()}
    found = label_sheet(before, after, units)
    if other.program is not None:
        found += sheet(one.program, other.program, before, after, units)
    for row in found:
        yield Row(row.field, row.old, row.new, "" if row.change == "same" else row.change)


def _told(therapy: Therapy) -> Settings:
    implanted = Implanted.of(therapy)
    return told_at_first_fill(therapy, implanted.pump, implanted.catheter, implanted.fill)


def difference(first: Program, second: Program) -> list[DiffLine]:
    """The therapy files line by line; nothing where they are the same."""
    lines = unified_diff(first.text.splitlines(), second.text.splitlines(), n=AROUND, lineterm="")
    shown = [line for line in lines if not line.startswith(("+++", "---"))]
    return [DiffLine(line[:1], line if line.startswith("@") else line[1:]) for line in shown]
