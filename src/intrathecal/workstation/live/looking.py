"""A program before it is sent: old beside new, what the review says, and what the simulation foresees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from intrathecal.programmer.programming import Proposal, filled, propose
from intrathecal.programmer.review import Review, judge, review
from intrathecal.programmer.review.as_read import case_of_program
from intrathecal.programmer.review.rules import RULES
from intrathecal.programmer.sheet import Row, label_sheet, sheet
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.therapy import Therapy, TherapyError
from intrathecal.workstation.clinic.models import Program
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import line
from intrathecal.workstation.live.renewing import check_fill
from intrathecal.workstation.live.writing import therapy_of

#: A reading that is shown beside a draft may be so old, s; sending always reads anew.
AGE_S = 20.0


@dataclass(frozen=True)
class Look:
    """What people see before they confirm. Without a pump that answers ``proposal`` is None.

    ``silent`` says why the pump was not read: then the record's program is what is taken to run. ``record`` is `recorded`, and
    ``basis`` changes with all that the program is judged against: that, and what the pump says it is set to.
    """

    plan: Therapy
    review: Review
    rows: tuple[Row, ...]
    proposal: Proposal | None
    record: str
    basis: str
    silent: str = ""

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings as they are kept."""
        return [finding.to_json() for finding in self.review.findings]

    def mark(self, text: str) -> str:
        """What changes with everything that was seen: the text, the pump, and what was said of them."""
        said = [text, self.basis, *(finding.code for finding in self.review.findings)]
        return sha256("\n".join(said).encode()).hexdigest()


def look(program: Program) -> Look:
    """Judge a program against what the pump runs, or the record where no pump answers. Raises `InputError`, `Refused`."""
    plan, implant = therapy_of(program.text), program.patient.standing
    if implant is None or not implant.address:
        return by_record(program, plan, _("This pump has no address: it is judged against the record."))
    try:
        reading = line.recent(implant, AGE_S)
    except (line.Silent, line.Doubtful) as silence:
        return by_record(program, plan, str(silence))
    return by_reading(program, plan, reading)


def recorded(program: Program) -> str:
    """What changes with pump, catheter, fill and program in force, as the record has them."""
    implant, force = program.patient.standing, _force(program)
    fill = None if implant is None else implant.refills.first()
    catheter = None if implant is None else implant.catheters.first()
    said = [None if one is None else one.pk for one in (implant, catheter, fill, force)]
    text = f"{said} {fill and (fill.at.isoformat(), fill.drugs, fill.filled_uL)} {implant and implant.serial}"
    return sha256(text.encode()).hexdigest()


def _force(program: Program) -> Program | None:
    """The program in force that another one would replace."""
    return program.patient.programs.filter(state=State.IN_FORCE).exclude(text="").exclude(pk=program.pk).first()


def by_reading(program: Program, plan: Therapy, reading: Reading) -> Look:
    """Judge it against what the pump says. Raises `InputError`, `Refused`."""
    proposal = propose(plan, reading)
    found = judge(case_of_program(plan, reading, filled(reading), proposal.program), RULES)
    record = recorded(program)
    return Look(plan, found, proposal.rows, proposal, record, sha256(f"{reading.basis} {record}".encode()).hexdigest())


def by_record(program: Program, plan: Therapy, silent: str) -> Look:
    """Judge it against the program in force, as the record has it. Raises `InputError`."""
    force, implant = _force(program), program.patient.standing
    if program.state == State.DRAFT:
        check_fill(plan, None if implant is None else implant.refills.first())
    found = review(_alone(plan), None if force is None else _alone(therapy_of(force.text)))
    before, after = found.case.before, found.case.after
    if after.program is None:
        raise TherapyError(_("This pump has a fixed flow and runs no program."))
    units = {name: drug.customary_mass_unit for name, drug in plan.catalogue.drugs.items()}
    old = None if before is None else before.settings
    rows = label_sheet(old, after.settings, units)
    if before is None:
        rows += sheet(None, after.program, after.settings, after.settings, units)
        rows = [replace(row, old="", change="new") for row in rows]
    else:
        rows += sheet(before.program, after.program, before.settings, after.settings, units)
    record = recorded(program)
    return Look(plan, found, tuple(rows), None, record, record, silent)


def _alone(plan: Therapy) -> Therapy:
    """The therapy without what happens later: its program alone is judged."""
    return replace(plan, events=())
