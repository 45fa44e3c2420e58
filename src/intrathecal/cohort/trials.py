"""Doses and tip levels on trial: what the file's own patient, or many drawn around that one, have of each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intrathecal.cohort.crowd import Columns, Crowd, StudyError
from intrathecal.cohort.lives import Study
from intrathecal.cohort.outcomes import row
from intrathecal.cohort.possible import impossible
from intrathecal.cohort.running import Progress
from intrathecal.cohort.summing import mean_doses
from intrathecal.flow import Array
from intrathecal.quantities import plain
from intrathecal.therapy import Therapy, TherapyError
from intrathecal.therapy.file.changing import TherapyFile

SCALE, TIP, ASKED_IN = "program.scale", "catheter.tip", "tried"

#: A therapy's table of outcomes; it may be kept under the name.
Ask = Callable[[Therapy, str], Columns]


@dataclass(frozen=True)
class Goal:
    """What is wanted: ``share`` of the patients with at least ``relief_percent``, and how many may breathe how badly.

    No more than ``below`` of them may have a lowest breathing under ``breathing`` (a fraction of normal). For one patient
    ``share`` is 1 and ``below`` 0.
    """

    relief_percent: Fraction
    breathing: Fraction
    share: Fraction
    below: Fraction


@dataclass(frozen=True, eq=False)
class Tried:
    """One dose at one tip level, and what patients have of it.

    ``relief_percent`` is what the goal's share of them reach, and ``breathing`` what all but the goal's part of them keep.
    ``with_relief``, ``below`` and ``ran_empty`` are fractions of the patients: who has the wanted relief, who breathes less than
    the limit at some time, and whose reservoir was counted empty. ``doses`` are means at the tip (ug a day).
    """

    tip: str
    scale: Decimal
    therapy: Therapy
    relief_percent: float
    breathing: float
    with_relief: float
    below: float
    ran_empty: float
    doses: dict[str, float]
    reached: bool
    holds: bool

    def figures(self) -> dict[str, Any]:
        """The trial under the keys that scripts read."""
        return {
            "tip": self.tip,
            "scale": float(self.scale),
            "program": str(self.therapy.program),
            "mean_dose_ug_per_day": self.doses,
            "relief_percent": self.relief_percent,
            "breathing_fraction_min": self.breathing,
            "with_relief_fraction": self.with_relief,
            "below_limit_fraction": self.below,
            "ran_empty_fraction": self.ran_empty,
            "reached": self.reached,
            "holds": self.holds,
        }


@dataclass(frozen=True)
class LeftOut:
    """A dose at a tip level that the pump cannot give, or that no file could hold, and why."""

    tip: str
    scale: Decimal
    reason: str


Trial = Tried | LeftOut


class Trials:
    """All that was tried of a therapy file, each dose and tip level once."""

    def __init__(self, file: TherapyFile, goal: Goal, ask: Ask) -> None:
        self.file, self.goal, self._ask = file, goal, ask
        self.done: dict[tuple[str, Decimal], Trial] = {}

    def at(self, tip: str, scale: Decimal) -> Trial:
        """All doses of the file times ``scale``, with the tip of the catheter at ``tip``."""
        key = (tip, scale)
        if key not in self.done:
            self.done[key] = self._try(tip, scale)
        return self.done[key]

    def tried(self) -> Iterator[Tried]:
        """What could be tried, by tip level as they came and by dose."""
        tips = dict.fromkeys(tip for tip, _ in self.done)
        for tip in tips:
            found = [one for (at, _), one in self.done.items() if at == tip and isinstance(one, Tried)]
            yield from sorted(found, key=lambda one: one.scale)

    def left_out(self) -> list[LeftOut]:
        """What could not."""
        return [one for one in self.done.values() if isinstance(one, LeftOut)]

    def _try(self, tip: str, scale: Decimal) -> Trial:
        try:
            therapy = self.file.changed({TIP: tip, SCALE: plain(scale)}, ASKED_IN)
        except TherapyError as problem:
            return LeftOut(tip, scale, str(problem))
        reason = impossible(therapy)
        if reason:
            return LeftOut(tip, scale, reason)
        return weigh(self.goal, tip, scale, therapy, self._ask(therapy, f"{tip}_{plain(scale)}"))


def weigh(goal: Goal, tip: str, scale: Decimal, therapy: Therapy, table: Columns) -> Tried:
    """A therapy's outcomes against a goal. Raises `StudyError` where nobody has anything to be relieved of."""
    relief = np.asarray(table["relief_percent"], dtype=float)
    relief = relief[np.isfinite(relief)]
    if not relief.size:
        raise StudyError(f"{therapy.file}, [patient]: there is nothing to relieve; give a pain above 0")
    breathing = np.asarray(table["breathing_fraction_min"], dtype=float)
    reached, kept = reached_by(relief, goal.share), kept_by(breathing, goal.below)
    return Tried(
        tip=tip,
        scale=scale,
        therapy=therapy,
        relief_percent=reached,
        breathing=kept,
        with_relief=float(np.mean(relief >= float(goal.relief_percent))),
        below=float(np.mean(breathing < float(goal.breathing))),
        ran_empty=float(np.mean(table["ran_empty"])),
        doses=mean_doses(table),
        reached=reached >= float(goal.relief_percent),
        holds=kept >= float(goal.breathing),
    )


def reached_by(values: Array, share: Fraction) -> float:
    """What at least ``share`` of the patients reach: the largest number that so many of ``values`` are not below."""
    return float(np.sort(values)[values.size - max(1, ceil(share * values.size))])


def kept_by(values: Array, below: Fraction) -> float:
    """What all but ``below`` of the patients keep: no more than that part of ``values`` are under it."""
    return float(np.sort(values)[min(floor(below * values.size), values.size - 1)])


def one_patient(therapy: Therapy, name: str) -> Columns:
    """The outcomes of the file's own patient, a table of one row."""
    study = Study.of(therapy, 0)
    drawn = study.population.as_written()
    return {column: np.array([value]) for column, value in row(study, drawn, study.life(drawn, {})).items()}


def many_patients(people: Crowd, folder: Path, progress: Progress) -> Ask:
    """The outcomes of the same people for every therapy, each kept in ``folder`` under its name."""
    return lambda therapy, name: people.outcomes(therapy, folder / name, progress)


def efficient(points: Sequence[Tried]) -> list[bool]:
    """Which points no other one beats: none has as much of relief and of breathing and more of one (Pareto)."""
    relief = np.array([point.relief_percent for point in points])
    breathing = np.array([point.breathing for point in points])
    as_good = (relief[:, None] >= relief) & (breathing[:, None] >= breathing)
    better = (relief[:, None] > relief) | (breathing[:, None] > breathing)
    beaten: NDArray[np.bool_] = np.any(as_good & better, axis=0)
    return [not each for each in beaten.tolist()]
