"""A program inside a therapy file: its mistakes are named by the lines of the file."""

from __future__ import annotations

from intrathecal.therapy.devices import PumpPlan
from intrathecal.therapy.errors import ProgramError, TherapyError
from intrathecal.therapy.file.section import Item
from intrathecal.therapy.program import Program


def read_program(item: Item, pump: PumpPlan) -> Program:
    """The program in a text of the file, for a pump that runs programs."""
    if not pump.programmable:
        refuse_program(item, pump)
    text = item.text()
    try:
        return Program.parse(text)
    except ProgramError as error:
        cause, _, remedy = error.bare.partition("; ")
        if error.line is None:
            item.fail(cause, remedy)
        line = item.document.lines.inside(item.path, error.line)
        raise TherapyError(f"{item.document.name}, line {line}: {error.bare}") from None


def refuse_program(item: Item, pump: PumpPlan) -> None:
    """Refuse a program for a pump whose flow nobody can change."""
    item.fail(
        f"{pump.entry.name} gives a fixed {pump.entry.fixed_flow} and runs no program",
        "leave the program out (the dose changes with the concentration alone), or name a programmable pump",
    )
