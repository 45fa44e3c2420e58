"""The scores of a diary as a picture: where everything stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from intrathecal.workstation.clinic.models import Score

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 34, 12, 14, 34
WORST = 10
MOST_TICKS = 8


@dataclass(frozen=True)
class Point:
    """A score at ``x``, ``y``; said in ``title``."""

    x: float
    y: float
    phase: str
    title: str


@dataclass(frozen=True)
class Plot:
    """Points, a line through those of each phase, and what stands at the axes."""

    points: tuple[Point, ...]
    lines: tuple[tuple[str, str], ...]
    ticks: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, int], ...]
    began: float | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    end: int = WIDTH - RIGHT
    top: int = TOP
    floor: int = HEIGHT - BOTTOM


def plot(scores: Sequence[Score]) -> Plot | None:
    """The picture of ``scores`` (in order of time); None of fewer than two."""
    if len(scores) < 2:
        return None
    first, last = scores[0].at, scores[-1].at
    span = max((last - first).total_seconds(), 1.0)
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(seconds: float) -> float:
        return round(LEFT + wide * seconds / span, 1)

    def y(points: float) -> float:
        return round(TOP + high * (1 - points / WORST), 1)

    points = tuple(
        Point(
            x((score.at - first).total_seconds()),
            y(score.nrs),
            score.phase,
            f"{timezone.localtime(score.at):%d %b %H:%M}: {score}",
        )
        for score in scores
    )
    phases = dict.fromkeys(score.phase for score in scores)
    days = max(int(span // 86400) + 1, 1)
    step = -(-days // MOST_TICKS)
    midnight = timezone.localtime(first).replace(hour=0, minute=0, second=0, microsecond=0)
    marks = [midnight + timedelta(days=number) for number in range(0, days + 1, step)]
    return Plot(
        points=points,
        lines=tuple((name, " ".join(f"{p.x},{p.y}" for p in points if p.phase == name)) for name in phases),
        ticks=tuple((x((at - first).total_seconds()), f"{at:%d %b}") for at in marks if first <= at <= last),
        levels=tuple((y(level), level) for level in (0, 5, 10)),
        began=next((point.x for point in points if point.phase == "trial"), None),
    )
