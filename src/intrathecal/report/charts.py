"""Pictures of a cohort that have no time: how an outcome is spread, dose against exposure, and what an outcome hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from intrathecal.flow import Array
from intrathecal.report.bars import Part
from intrathecal.report.plots import Mark
from intrathecal.report.tables import Table
from intrathecal.report.wording import number, percent

#: As many rows of a tornado are drawn; its table has all.
MOST_ROWS = 15


@dataclass(frozen=True)
class Histogram:
    """How many percent of the patients lie between each two of ``edges``, split into ``series`` that stand on each other."""

    name: str
    title: str
    axis: str
    edges: tuple[float, ...]
    series: tuple[Part, ...]
    marks: tuple[Mark, ...]
    table: Table
    note: str = ""
    kind: Literal["histogram"] = "histogram"

    @property
    def says(self) -> str:
        """The picture in words."""
        shares = np.sum([part.values for part in self.series], axis=0)
        most = int(np.argmax(shares))
        between = f"from {number(self.edges[most])} to {number(self.edges[most + 1])}"
        return (
            f"{self.title}. Most patients, {number(float(shares[most]), 2)} percent, are {between}. The table has all."
        )


def histogram(
    name: str,
    title: str,
    axis: str,
    values: Array,
    edges: Sequence[float],
    parts: Sequence[tuple[str, NDArray[np.bool_], int]],
    mark: Mark,
) -> Histogram:
    """``values`` (n,) by bins, those outside in the outermost; ``parts`` are a name, who belongs to it (n,), and a colour."""
    ends = np.asarray(edges, dtype=float)
    inside = np.clip(values, ends[0], ends[-1])
    counts = np.histogram(inside, ends)[0]
    series = tuple(
        Part(of, tuple((100.0 * np.histogram(inside[who], ends)[0] / max(values.size, 1)).tolist()), look)
        for of, who, look in parts
    )
    rows = tuple(
        (_between(ends, place, values), str(count), percent(count / max(values.size, 1)))
        for place, count in enumerate(counts.tolist())
    )
    return Histogram(
        name, title, axis, tuple(ends.tolist()), series, (mark,), Table(name, title, (axis, "patients", "share"), rows)
    )


def _between(ends: Array, place: int, values: Array) -> str:
    if place == 0 and values.size and values.min() < ends[0]:
        return f"below {number(float(ends[1]))}"
    return f"{number(float(ends[place]))} to {number(float(ends[place + 1]))}"


@dataclass(frozen=True)
class Axis:
    """What an axis shows, with its unit."""

    name: str
    log: bool = False


@dataclass(frozen=True)
class Group:
    """Patients that are drawn alike: their numbers, and their ``points`` on both axes."""

    name: str
    look: int
    patients: tuple[int, ...]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Scatter:
    """A point for every patient, or for every so many of them, as ``note`` says."""

    name: str
    title: str
    x: Axis
    y: Axis
    groups: tuple[Group, ...]
    says: str
    note: str = ""
    kind: Literal["scatter"] = "scatter"
    table: None = None


@dataclass(frozen=True)
class Moved:
    """A value that was drawn: how far from the mean of all an outcome's mean lies in its lowest and in its highest fifth."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Tornado:
    """What an outcome hangs on, the most important first; means within ``chance`` of 0 may be no more than that."""

    name: str
    title: str
    axis: str
    rows: tuple[Moved, ...]
    chance: float
    table: Table
    note: str
    kind: Literal["tornado"] = "tornado"

    @property
    def says(self) -> str:
        """The picture in words."""
        first = "; ".join(f"{row.name} {number(row.low)} and {number(row.high)}" for row in self.rows[:3])
        return f"{self.title}. {self.axis}, in the lowest and in the highest fifth of each value: {first}. The table has all."


Chart = Histogram | Scatter | Tornado
