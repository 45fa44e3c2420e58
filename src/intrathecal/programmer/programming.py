"""A new program for a pump: what it would change, sending it, and reading back what the pump then runs."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from intrathecal.programmer.errors import MismatchError, Refused, Uncertain
from intrathecal.programmer.filling import check_hardware, pump_of
from intrathecal.programmer.session import Session
from intrathecal.programmer.sheet import Row, sheet
from intrathecal.pump.exactness import Inexact, inexact
from intrathecal.pump.settings import Orders, Settings, labels_of, order
from intrathecal.pump.telemetry.messages import Fill, Reading, SendProgram
from intrathecal.quantities import rounded
from intrathecal.therapy import Program, Refill, Therapy

#: The program of a pump that was told its fill and nothing more.
STANDING = "stop"


@dataclass(frozen=True)
class Proposal:
    """A program beside the one that runs, before it is sent: every field, and what the pump can only approach."""

    program: Program
    reading: Reading
    rows: tuple[Row, ...]
    inexact: tuple[Inexact, ...]
    message: SendProgram

    @property
    def wanted(self) -> Settings:
        """What the pump is to be set to."""
        return replace(filled(self.reading).settings, orders=self.message.orders)


def filled(reading: Reading) -> Fill:
    """What the pump has counted. Raises `Refused` before its first fill."""
    if reading.fill is None:
        raise Refused(reading.failed or "the pump has not been told its first fill; run intrathecal refilled first")
    return reading.fill


def propose(plan: Therapy, reading: Reading) -> Proposal:
    """The file's [program] for the pump that was read. Raises `MismatchError`, `Refused`."""
    pump_of(plan, reading.model)
    settings = filled(reading).settings
    check_hardware(plan, settings)
    _check_labels(plan, settings)
    if plan.program is None:
        raise MismatchError(f"{plan.file}: has no [program]; write what the pump is to give")
    proposal = without_file(plan.program, reading)
    after = proposal.wanted
    units = {name: drug.customary_mass_unit for name, drug in plan.catalogue.drugs.items()}
    old = Program.parse(reading.program) if reading.program else None
    rows = tuple(sheet(old, plan.program, settings, after, units))
    return replace(proposal, rows=rows, inexact=inexact(after))


def without_file(program: Program, reading: Reading) -> Proposal:
    """A program for the pump that was read, whatever is in it; nothing is shown beside it. Raises `Refused`."""
    orders = order(program, filled(reading).settings.concentration)
    return Proposal(program, reading, (), (), SendProgram(str(program), orders, reading.basis))


def send(session: Session, proposal: Proposal) -> Reading:
    """Send a program and read back, field by field, what the pump then runs.

    Raises `Refused`, and `Uncertain` when the answer is lost or the pump runs anything else.
    """
    session.act(proposal.message, "a program")
    reading = session.read_back()
    wanted, after = proposal.wanted, filled(reading).settings
    wrong = [] if reading.program == proposal.message.text else ["the text of the program"]
    wrong += differences(wanted, replace(after, clock=wanted.clock))
    if filled(reading).stopped:
        wrong.append("the emergency stop")
    if wrong:
        raise Uncertain(
            f"{session.address}: delivery uncertain: the pump was read back and differs in {', '.join(wrong)}; "
            "another programmer may have been at it: read it with intrathecal interrogate"
        )
    return reading


def differences(wanted: Settings, found: Settings) -> list[str]:
    """The names of the fields in which two settings differ; those of the orders one by one."""
    return [*_unlike(wanted, found, skip="orders"), *_unlike(wanted.orders, found.orders)]


def _unlike(wanted: Settings | Orders, found: Settings | Orders, skip: str = "") -> list[str]:
    def value(of: Any, name: str) -> Any:
        return getattr(of, name)

    names = [field.name for field in fields(wanted) if field.name != skip]
    return [name for name in names if value(wanted, name) != value(found, name)]


def _check_labels(plan: Therapy, settings: Settings) -> None:
    """The file must be about what is in the pump: its doses would mean other volumes otherwise."""
    known = [labels_of(plan.label)]
    known += [labels_of(event.action.drugs) for event in plan.events if isinstance(event.action, Refill)]
    if settings.labels not in known:
        held = ", ".join(f"{drug} {rounded(label / 10**6, 6)} mg/mL" for drug, label in settings.labels)
        raise MismatchError(
            f"{plan.file}: none of its fills is what the pump was told it holds ({held}); "
            "correct the file, or tell the pump its fill with intrathecal refilled"
        )
