"""Pain scores over time as a picture: where everything stands in it, and the same as a table.

So many scores that they would lie over each other are drawn together: their mean as a line, and what they span behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from statistics import fmean
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic.models import Score
from intrathecal.workstation.clinic.templatetags.clinical import day as said_day
from intrathecal.workstation.clinic.templatetags.clinical import moment

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 36, 14, 36, 52
WORST = 10
MOST_TICKS = 8
#: More scores than this are drawn together, in as many steps.
MOST_POINTS = 170
#: A label of a mark needs so much room.
ROOM = 54
#: Up to so many days, a row of the table is a day; then a month.
DAYS_AS_ROWS = 45
#: Steps of the axis: days, and months.
DAYS, MONTHS = (1, 2, 4, 7, 14), (1, 2, 3, 6, 12, 24, 60, 120)


class Said(NamedTuple):
    """A score: when, tenths of a point, and of which phase."""

    at: datetime
    tenths: int
    phase: str


class Mark(NamedTuple):
    """Something that happened at a time: ``kind`` is trial, implant, program or refill."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True)
class Point:
    """A score at ``x``, ``y``; said in ``title``."""

    x: float
    y: float
    phase: str
    title: str


@dataclass(frozen=True)
class Placed:
    """A mark at ``x``; its ``label`` is empty where there is no room for it."""

    x: float
    kind: str
    label: str
    title: str

    @property
    def at_the_end(self) -> bool:
        """Whether the label has to stand before it."""
        return self.x > WIDTH - ROOM


@dataclass(frozen=True)
class Row:
    """A day or a month: how many scores, their mean, lowest and highest, and what happened in it."""

    when: str
    scores: int
    mean: float | None
    low: float | None
    high: float | None
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Plot:
    """Points or, of many scores, the ``spread`` (a path); a line of each phase; marks; the axes; and all of it as ``rows``."""

    points: tuple[Point, ...]
    spread: str
    lines: tuple[tuple[str, str], ...]
    marks: tuple[Placed, ...]
    ticks: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, int], ...]
    rows: tuple[Row, ...]
    says: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    end: int = WIDTH - RIGHT
    top: int = TOP
    floor: int = HEIGHT - BOTTOM


def said(scores: QuerySet[Score]) -> list[Said]:
    """What a picture needs of scores, in order of time."""
    rows = scores.exclude(tenths=None).order_by("at", "pk").values_list("at", "tenths", "phase")
    return [Said(*row) for row in rows]


def plot(scores: Sequence[Said], marks: Sequence[Mark] = ()) -> Plot | None:
    """The picture of ``scores`` and ``marks`` (both in order of time); None of fewer than two scores."""
    if len(scores) < 2:
        return None
    first = min([scores[0].at, *(mark.at for mark in marks[:1])])
    last = max([scores[-1].at, *(mark.at for mark in marks[-1:])])
    span = max((last - first).total_seconds(), 1.0)
    began = next((score.at for score in scores if score.phase == "trial"), None)
    shown = sorted([*marks, *([Mark(began, "trial", _("trial"))] if began else [])], key=lambda mark: mark.at)

    def x(at: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (at - first).total_seconds() / span, 1)

    drawn = [(score.phase, x(score.at), _y(score.tenths / 10)) for score in scores]
    few = len(scores) <= MOST_POINTS
    return Plot(
        points=tuple(_point(score, x(score.at)) for score in scores) if few else (),
        spread="" if few else _spread(drawn),
        lines=tuple(_lines(drawn if few else _together(drawn))),
        marks=tuple(_placed((mark, x(mark.at)) for mark in shown)),
        ticks=tuple((x(at), label) for at, label in _ticks(first, last)),
        levels=tuple((_y(level), level) for level in (0, 5, 10)),
        rows=tuple(_rows(scores, shown)),
        says=_("Pain from %(first)s to %(last)s: %(n)d scores, from %(low)g to %(high)g. A table follows.")
        % {
            "first": said_day(scores[0].at),
            "last": said_day(scores[-1].at),
            "n": len(scores),
            "low": min(score.tenths for score in scores) / 10,
            "high": max(score.tenths for score in scores) / 10,
        },
    )


def _y(points: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - points / WORST), 1)


def _point(score: Said, x: float) -> Point:
    return Point(x, _y(score.tenths / 10), score.phase, f"{moment(score.at)}: {score.tenths / 10:g}")


Drawn = tuple[str, float, float]


def _steps(drawn: Iterable[Drawn]) -> Iterator[tuple[str, float, list[float]]]:
    """Scores that fall into one step of the picture: phase, the middle of the step, and where they stand."""
    wide, last = (WIDTH - LEFT - RIGHT) / MOST_POINTS, MOST_POINTS - 1
    for (phase, step), some in groupby(drawn, key=lambda one: (one[0], min(int((one[1] - LEFT) / wide), last))):
        yield phase, round(LEFT + (step + 0.5) * wide, 1), [y for _phase, _x, y in some]


def _together(drawn: Iterable[Drawn]) -> list[Drawn]:
    return [(phase, x, round(fmean(ys), 1)) for phase, x, ys in _steps(drawn)]


def _spread(drawn: Iterable[Drawn]) -> str:
    """From the lowest to the highest of every step."""
    return " ".join(f"M{x} {max(ys)}V{min(ys)}" for _phase, x, ys in _steps(drawn) if max(ys) > min(ys))


def _lines(drawn: Iterable[Drawn]) -> Iterator[tuple[str, str]]:
    for phase, some in groupby(drawn, key=lambda one: one[0]):
        yield phase, " ".join(f"{x},{y}" for _phase, x, y in some)


def _placed(marks: Iterable[tuple[Mark, float]]) -> Iterator[Placed]:
    """Marks with a label where it has room; refills have a sign of their own and none."""
    free_from = 0.0
    for mark, x in marks:
        label = "" if mark.kind == "refill" or x < free_from else mark.text.split(":")[0]
        if label:
            free_from = x + ROOM
        yield Placed(x, mark.kind, label, f"{said_day(mark.at)}: {mark.text}")


def _ticks(first: datetime, last: datetime) -> Iterator[tuple[datetime, str]]:
    """Days or months at the axis, as many as have room."""
    begin, end = timezone.localdate(first), timezone.localdate(last)
    days = (end - begin).days + 1
    step = next((step for step in DAYS if days <= step * MOST_TICKS), None)
    if step is not None:
        wanted = [(begin + timedelta(days=number), "j M") for number in range(0, days + 1, step)]
    else:
        months = (end.year - begin.year) * 12 + end.month - begin.month + 1
        step = next((step for step in MONTHS if months <= step * MOST_TICKS), MONTHS[-1])
        begins = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month)
        shape = "Y" if step >= 12 else "M Y"
        wanted = [(date(month // 12, month % 12 + 1, 1), shape) for month in begins if month % step == 0]
    for day, shape in wanted:
        at = timezone.make_aware(datetime.combine(day, time()))
        if first <= at <= last:
            yield at, date_format(day, shape)


def _rows(scores: Sequence[Said], marks: Sequence[Mark]) -> Iterator[Row]:
    """Every day or month in which something was said or happened."""
    days = (timezone.localdate(scores[-1].at) - timezone.localdate(scores[0].at)).days

    def period(at: datetime) -> date:
        on = timezone.localdate(at)
        return on if days <= DAYS_AS_ROWS else on.replace(day=1)

    told: dict[date, list[int]] = {}
    happened: dict[date, list[str]] = {}
    for score in scores:
        told.setdefault(period(score.at), []).append(score.tenths)
    for mark in marks:
        happened.setdefault(period(mark.at), []).append(f"{said_day(mark.at)}: {mark.text}")
    for on in sorted({*told, *happened}):
        tenths = told.get(on, [])
        yield Row(
            when=said_day(on) if days <= DAYS_AS_ROWS else date_format(on, "M Y"),
            scores=len(tenths),
            mean=fmean(tenths) / 10 if tenths else None,
            low=min(tenths) / 10 if tenths else None,
            high=max(tenths) / 10 if tenths else None,
            marks=tuple(happened.get(on, [])),
        )
