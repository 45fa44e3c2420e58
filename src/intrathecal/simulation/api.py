"""Simulate a therapy and look at the result: what the command line and notebooks use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from intrathecal.pump.hardware import DAY_MS
from intrathecal.simulation import checkpoint
from intrathecal.simulation.outcome import Figures, outcome
from intrathecal.simulation.reached import Finished
from intrathecal.simulation.run import Progress, by_all_modes, finish, prepare, start
from intrathecal.therapy import Therapy

if TYPE_CHECKING:
    import xarray as xr

PROFILES = ("csf", "cord")
DEFAULT_EVERY_MS = 900_000
#: A run by few modes whose own bound, relative to the highest concentration at any site, is larger is run anew by all modes.
LARGEST_RUN_ERROR = 1e-4


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run: its figures, its traces, and the means to save it."""

    finished: Finished

    @cached_property
    def figures(self) -> Figures:
        """The figures under the keys of the command line's JSON."""
        return outcome(self.finished)

    @cached_property
    def data(self) -> xr.Dataset:
        """The traces as labelled arrays: concentrations in ug/mL over ``time`` (s), ``drug`` and ``z`` (cm)."""
        from intrathecal.simulation.dataset import dataset

        return dataset(self.finished)

    def save(self, path: Path) -> None:
        """Save the last whole day, so that `simulate` can go on from it."""
        checkpoint.save(self.finished.case, self.finished.days_done, path)


def simulate(
    therapy: Therapy,
    *,
    days: Fraction | float | None = None,
    every_ms: int = DEFAULT_EVERY_MS,
    profiles: Sequence[str] = PROFILES,
    resume: Path | None = None,
    progress: Progress = lambda done: None,
) -> Run:
    """Run pump, catheter, spine and body together for ``days`` of 24 hours (the therapy's own number unless given).

    ``profiles`` along the canal are kept for `Run.data`; ``resume`` names a file that `Run.save` wrote. Raises
    `SimulationError` for an event that cannot happen at its moment, `CheckpointError` for a file that does not fit.
    """
    case = prepare(therapy, every_ms, tuple(profiles))
    case, reached = (case, start(case)) if resume is None else checkpoint.taken_up(case, resume)
    end = int(Fraction(therapy.simulation.days if days is None else days) * DAY_MS)
    if end <= 0:
        raise ValueError(f"{days} days are nothing to simulate; give more than 0")
    if reached.now > end:
        raise checkpoint.CheckpointError(
            f"{resume}: has run for {reached.now / DAY_MS:g} days, longer than the {end / DAY_MS:g} asked for; give more --days"
        )
    done = finish(case, reached, end, progress)
    if done.error > LARGEST_RUN_ERROR and any(channel.doubt for channel in case.channels):
        case = by_all_modes(case)
        done = finish(case, start(case), end, progress)
    return Run(done)
