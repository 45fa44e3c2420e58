"""The course of a prime at the tip as pictures and as a table: in minutes while it runs, in hours after it."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from typing import NamedTuple

from django.utils.translation import gettext as _

from intrathecal.programmer.priming import PrimePlan, TipPoint
from intrathecal.workstation.live.drawing import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Curve, Picture, Tick

PERCENT = 100
MIN_PER_H = 60
#: Marks of an axis at most, and so many rows of a table.
MOST_TICKS, ROWS = 7, 12


class Row(NamedTuple):
    """The tip at a moment: ``min`` after the prime began, percent of the fluid that is new, and the flow."""

    min: float
    percent: float
    mL_per_day: float


def pictures(plan: PrimePlan) -> list[Picture]:
    """While the prime runs, and after it until the program has moved one dead volume."""
    during = [point for point in plan.tip if point.min <= plan.duration_min * (1 + 1e-9) + 0.01]
    after = plan.tip[len(during) - 1 :]
    found = [_picture(_("While the prime runs"), during, 1, _("min"), plan.first_min)]
    if len(after) > 1:
        found.append(_picture(_("After it"), after, MIN_PER_H, _("h"), plan.low_until_min))
    return found


def rows(plan: PrimePlan) -> list[Row]:
    """A few points, evenly, and the last."""
    few = plan.tip[:: max(1, len(plan.tip) // ROWS)]
    few = few if few[-1] is plan.tip[-1] else (*few, plan.tip[-1])
    return [Row(point.min, PERCENT * point.fraction_new, point.mL_per_day) for point in few]


def _picture(title: str, points: Sequence[TipPoint], unit_min: int, along: str, mark_min: float | None) -> Picture:
    first, last = points[0].min, points[-1].min
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(minutes: float) -> float:
        return round(LEFT + wide * (minutes - first) / (last - first), 1)

    def y(percent: float) -> float:
        return round(HEIGHT - BOTTOM - high * percent / PERCENT, 1)

    curve = " ".join(f"{x(point.min)},{y(PERCENT * point.fraction_new)}" for point in points)
    step = _step((last - first) / unit_min)
    ticks = [first + number * step * unit_min for number in range(int((last - first) / unit_min / step) + 1)]
    words = {
        "from": f"{PERCENT * points[0].fraction_new:.0f}",
        "to": f"{PERCENT * points[-1].fraction_new:.0f}",
        "lasts": f"{(last - first) / unit_min:.3g}",
        "along": along,
    }
    return Picture(
        name="course",
        title=title,
        unit=_("% of the fluid at the tip is new"),
        says=_(
            "New fluid at the tip: from %(from)s to %(to)s %% within %(lasts)s %(along)s; in the table below as text."
        )
        % words,
        curves=(Curve(_("new fluid at the tip"), "look-0 new", curve),),
        across=tuple(Tick(x(at), f"{(at - first) / unit_min:.3g}") for at in ticks),
        up=tuple(Tick(y(percent), str(percent)) for percent in (0, 25, 50, 75, PERCENT)),
        change=x(mark_min) if mark_min is not None and first < mark_min <= last else None,
        along=along,
    )


def _step(span: float) -> float:
    """A round distance between marks."""
    unit = 10 ** floor(log10(span))
    return float(next(unit * part for part in (0.2, 0.5, 1, 2, 5, 10) if span / (unit * part) <= MOST_TICKS))
