"""The faster path of a cohort held against the controller and the line themselves, press by press."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intrathecal.cohort.arriving import arrivals
from intrathecal.cohort.course import Course
from intrathecal.cohort.driving import Arrivals, Delivered, deliver_exactly
from intrathecal.cohort.handset import Handset
from intrathecal.cohort.tables import FILL, Ints
from intrathecal.flow import Array
from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML
from intrathecal.simulation.feeling import STEP_S

#: Where a front passes, what has arrived may differ by the content of this part of the line: `catheter.outflow` averages over
#: a 96th, and a front may lie in two of these.
FRONT = 2 / 96
#: And by this part of all that arrived: round-off.
ROUND_OFF = 1e-9


@dataclass(frozen=True)
class Checked:
    """What one or several patients' deliveries were found to be.

    ``presses`` were answered, ``wrong`` of them otherwise than by the controller; ``steps`` is the largest difference in steps
    counted at the end. ``apart_ug`` (per drug) is the largest difference in what had arrived at any quarter of an hour,
    ``step_ug`` what one step brings at most, and ``allowed`` the largest difference as a part of what is allowed: one step, one
    more for each fill and each time that a fault changed what a step brings, and with fronts a part of the line (`FRONT`).
    ``left`` patients were left to the controller.
    """

    patients: int
    left: int
    presses: int
    wrong: int
    steps: int
    apart_ug: tuple[float, ...]
    step_ug: tuple[float, ...]
    allowed: float

    @property
    def holds(self) -> bool:
        """Whether the two agree."""
        return self.wrong == 0 and self.steps <= 1 and self.allowed <= 1.0


def check(course: Course, patients: Sequence[tuple[Ints, float]]) -> Checked:
    """Give each patient, pressing at times (ms, rising) with a drive error, what both paths give, and compare.

    Raises `SimulationError` where the controller meets an event that cannot happen.
    """
    found = [_check_one(course, np.asarray(presses, dtype=np.int64), error) for presses, error in patients]
    kept = [each for each in found if not each.left]
    none = (0.0,) * len(course.drugs)
    return Checked(
        patients=len(found),
        left=sum(each.left for each in found),
        presses=sum(each.presses for each in found),
        wrong=sum(each.wrong for each in kept),
        steps=max((each.steps for each in kept), default=0),
        apart_ug=tuple(np.max([each.apart_ug for each in kept], axis=0).tolist()) if kept else none,
        step_ug=tuple(np.max([each.step_ug for each in kept], axis=0).tolist()) if kept else none,
        allowed=max((each.allowed for each in kept), default=0.0),
    )


def _check_one(course: Course, presses: Ints, drive_error: float) -> Checked:
    left = Checked(1, 1, len(presses), 0, 0, (), (), 0.0)
    if course.controller_only:
        return left
    handset = Handset.of(course, 1)
    codes = handset.answers_to_one(0, presses)
    (needs,) = handset.finish()
    fast, short = arrivals(course, handset.given_ms(0), drive_error)
    if needs or short:
        return left
    exact = deliver_exactly(course.therapy, presses.tolist(), drive_error, course.end_ms)
    told = [course.answers[code] for code in codes]
    wrong = sum(one != other.reason for one, other in zip(told, exact.answers, strict=True))
    apart, step, allowed = _apart(course, fast, exact, drive_error)
    return Checked(
        1, 0, len(presses), wrong, abs(fast.steps - exact.arrivals.steps), tuple(apart), tuple(step), allowed
    )


def _apart(course: Course, fast: Arrivals, exact: Delivered, drive_error: float) -> tuple[Array, Array, float]:
    tables = course.tables
    times = np.append(np.arange(0.0, course.end_ms / MS_PER_S, STEP_S), course.end_ms / MS_PER_S)
    first, second = fast.mass_ug(times), exact.arrivals.mass_ug(times)
    filled = tables.figures[tables.acts["kind"] == FILL]
    richest = np.max([course.first_ug_per_mL, *filled], axis=0)
    moved = tables.pieces["drive"].max(initial=1.0) * (1.0 + drive_error)
    step = richest * moved * tables.hardware.step_pL / PL_PER_ML
    line_mL = tables.tube.tubing_mL + tables.tube.catheter_mL
    fronts = np.any(tables.tube.catheter != course.first_ug_per_mL) or len(filled) or course.decays
    brings = tables.pieces["drive"] * tables.pieces["kept"]
    room = (
        step * (1 + len(tables.acts) + np.count_nonzero(np.diff(brings)))
        + (FRONT * line_mL * richest if fronts else 0.0)
        + ROUND_OFF * second[-1]
    )
    apart = np.abs(first - second)
    return apart.max(axis=0), step, float((apart / np.where(room > 0, room, 1.0)).max())
