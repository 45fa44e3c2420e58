"""A program: what the pump is asked to give, in three equal forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from intrathecal.therapy.check import check_clauses
from intrathecal.therapy.clauses import (
    AnyRate,
    Base,
    Bolus,
    Clause,
    Demand,
    Limit,
    Periodic,
    Ramp,
    Window,
)


@dataclass(frozen=True)
class Program:
    """The clauses of a program, in the order in which they were written.

    ``Program.parse(text)`` and ``str(program)``, ``program.to_table()`` and ``Program.from_table(rows)`` turn the text,
    the object and the event table into each other without loss. Every way in raises `ProgramError` for a program that
    is wrong.
    """

    clauses: tuple[Clause, ...]

    def __post_init__(self) -> None:
        check_clauses(self.clauses, range(1, len(self.clauses) + 1), "clause")

    @classmethod
    def parse(cls, text: str) -> Program:
        """Read the program language; the error names the line."""
        from intrathecal.therapy.language.parse import parse_clauses  # the grammar is loaded with the first program

        return cls(parse_clauses(text))

    @classmethod
    def from_table(cls, rows: Iterable[Mapping[str, object]]) -> Program:
        """Read an event table: one row for each clause, columns as in `table.COLUMNS`; the error names the row."""
        from intrathecal.therapy.language.table import clauses_from_rows

        return cls(clauses_from_rows(rows))

    def to_table(self) -> list[dict[str, str]]:
        """One row for each clause; cells are text as in the program language, empty where nothing is said."""
        from intrathecal.therapy.language.table import row_of

        return [row_of(clause) for clause in self.clauses]

    def __str__(self) -> str:
        return "\n".join(str(clause) for clause in self.clauses)

    @property
    def base(self) -> AnyRate:
        """What runs when no window does."""
        return next(clause.rate for clause in self.clauses if isinstance(clause, Base))

    @property
    def windows(self) -> tuple[Window, ...]:
        """The rates that replace the base; they never overlap."""
        return tuple(clause for clause in self.clauses if isinstance(clause, Window))

    @property
    def boluses(self) -> tuple[Bolus, ...]:
        """Boluses at clock times."""
        return tuple(clause for clause in self.clauses if isinstance(clause, Bolus))

    @property
    def periodic(self) -> tuple[Periodic, ...]:
        """Boluses in their own rhythm."""
        return tuple(clause for clause in self.clauses if isinstance(clause, Periodic))

    @property
    def demand(self) -> Demand | None:
        """What a press gives, if presses are allowed."""
        return next((clause for clause in self.clauses if isinstance(clause, Demand)), None)

    @property
    def ramp(self) -> Ramp | None:
        """How the base goes to another rate, if it does."""
        return next((clause for clause in self.clauses if isinstance(clause, Ramp)), None)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What no window of time may hold more of."""
        return tuple(clause for clause in self.clauses if isinstance(clause, Limit))
