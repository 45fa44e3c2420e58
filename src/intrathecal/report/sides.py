"""The therapies that a report shows: one, or two of one patient laid over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from intrathecal.catalogue import Drug
from intrathecal.flow import Array
from intrathecal.report.samples import Samples, by_day, samples
from intrathecal.report.wording import Clock
from intrathecal.simulation.api import Run
from intrathecal.simulation.outcome import Figures
from intrathecal.therapy import Therapy

Key = Literal["A", "B"]


@dataclass(frozen=True, eq=False)
class Side:
    """One therapy of the report, its run and what is drawn of it."""

    key: Key
    run: Run
    samples: Samples
    days: Samples

    def values(self, name: str) -> Array | None:
        """What is drawn under a name; None where this side has nothing of it."""
        return self.days.values.get(name) if name.startswith("day/") else self.samples.values.get(name)

    @property
    def therapy(self) -> Therapy:
        """What was simulated."""
        return self.run.finished.case.therapy

    @property
    def figures(self) -> Figures:
        """The run's figures."""
        return self.run.figures

    @property
    def clock(self) -> Clock:
        """How its times are said."""
        return Clock(self.therapy.start)

    @property
    def drugs(self) -> tuple[Drug, ...]:
        """The drugs of the therapy that entered, in its order."""
        return tuple(entry.drug for entry in self.therapy.drugs if entry.drug.name in self.figures["ledger"])

    @property
    def end_ms(self) -> int:
        """The end of the run."""
        return self.run.finished.end.now


def sides(run: Run, compared: Run | None) -> tuple[Side, ...]:
    """The sides of a report, A first."""
    first = Side("A", run, samples(run), by_day(run))
    return (first,) if compared is None else (first, Side("B", compared, samples(compared), by_day(compared)))


def drugs_of(shown: Sequence[Side]) -> tuple[Drug, ...]:
    """Every drug that entered on any side, each once."""
    return tuple({drug.name: drug for side in shown for drug in side.drugs}.values())
