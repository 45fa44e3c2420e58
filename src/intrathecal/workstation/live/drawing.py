"""Pictures over days as SVG: of the lines of a report's plot, the old program dashed beside the new one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor, isfinite, log10

from intrathecal.flow import Array
from intrathecal.report.plots import Line, Plot, ranges
from intrathecal.report.samples import Samples, thinned
from intrathecal.report.sides import Side

WIDTH, HEIGHT = 560, 210
LEFT, RIGHT, TOP, BOTTOM = 56, 10, 12, 34
DAY_MS = 86_400_000
#: So much is shown of what runs before a change.
BEFORE_MS = 7 * DAY_MS
#: Points of a line; more cannot be told apart.
MOST_POINTS = 700
#: The same look as a class of the style sheet.
LOOKS = 4


@dataclass(frozen=True)
class Curve:
    """A line: its name, its class, and its ``points`` as SVG has them."""

    name: str
    look: str
    points: str


@dataclass(frozen=True)
class Tick:
    """A mark of an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Picture:
    """A picture: what it says in words, its curves, ticks, and where the change is made (None: there is none).

    ``along`` is the unit of the axis across.
    """

    name: str
    title: str
    unit: str
    says: str
    curves: tuple[Curve, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    change: float | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM
    right: int = WIDTH - RIGHT
    top: int = TOP
    along: str = "day"


def picture(shown: tuple[Side, ...], plot: Plot, change_ms: int | None) -> Picture | None:
    """The plot of one or two sides; None where nothing of it is known."""
    found = [(side, line, values) for side in shown for line, values in _lines(side, plot)]
    if not found:
        return None
    low = plot.least if plot.least is not None else 0.0
    top = plot.greatest if plot.greatest is not None else _nice(max(float(values.max()) for *_, values in found))
    zero = change_ms or 0
    first, end = max(0, zero - BEFORE_MS), max(side.end_ms for side in shown)

    def x(at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (max(at, first) - first) / (end - first)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (min(value, top) - low) / (top - low)

    curves, order = [], {line.values: index for index, line in enumerate(plot.lines)}
    for side, line, values in found:
        points = [(x(at), y(value)) for at, value in _points(side, line, values, first)]
        if line.step:
            points = [point for one, two in pairwise(points) for point in (one, (two[0], one[1]))]
        look = f"look-{order[line.values] % LOOKS} {'old' if len(shown) == 2 and side.key == 'A' else 'new'}"
        curves.append(Curve(line.name, look, " ".join(f"{a:.1f},{b:.1f}" for a, b in points)))
    days = range(round((first - zero) / DAY_MS), int((end - zero) / DAY_MS) + 1)
    return Picture(
        plot.name,
        plot.title,
        plot.unit,
        ranges(shown, plot).replace("A: ", "now: ").replace("B: ", "new: "),
        tuple(curves),
        tuple(Tick(round(x(zero + day * DAY_MS), 1), str(day)) for day in days[:: max(1, round(len(days) / 8))]),
        tuple(
            Tick(round(y(low + (top - low) * part / 4), 1), f"{low + (top - low) * part / 4:.3g}") for part in range(5)
        ),
        None if change_ms is None else round(x(change_ms), 1),
    )


def _lines(side: Side, plot: Plot) -> list[tuple[Line, Array]]:
    found = []
    for line in plot.lines:
        values: Array | None = side.values(line.values)
        if line.shown and values is not None and values.size and isfinite(float(values.max())):
            found.append((line, values * plot.factor))
    return found


def _points(side: Side, line: Line, values: Array, first: int) -> list[tuple[float, float]]:
    """Times (ms, from ``first`` on) and values, thinned so that no peak is lost."""
    whole = side.days if line.values.startswith("day/") else side.samples
    later = whole.times_ms >= first
    few = thinned(Samples(whole.times_ms[later], {"": values[later]}), MOST_POINTS)
    return [(float(at), float(value)) for at, value in zip(few.times_ms, few.values[""], strict=True)]


def _nice(high: float) -> float:
    """A round number not below ``high``."""
    if high <= 0:
        return 1.0
    unit = 10 ** floor(log10(high))
    return float(next(unit * part for part in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if unit * part >= high))
