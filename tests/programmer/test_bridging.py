"""The bridge, step by step, and what becomes of it when it is got wrong."""

from __future__ import annotations

from dataclasses import astuple
from fractions import Fraction
from typing import Any

import pytest
from tests.programmer.review.files import label, therapy

from intrathecal.programmer.bridging import BridgePlan, Step, plan_bridge
from intrathecal.programmer.review.moment import change_of_file
from intrathecal.pump.hardware import PL_PER_ML

#: The whole catheter of the file, 89 cm at 0.0022 mL/cm.
UNTRIMMED = Fraction(89 * 22, 10_000) * PL_PER_ML


def planned(old: str, new: str, running: str = "300 mcg/day", program: str = "300 mcg/day") -> BridgePlan:
    """The bridge between two concentrations of baclofen."""
    before = therapy(running, drugs=label(baclofen=old))
    change = change_of_file(therapy(program, drugs=label(baclofen=new)), before)
    assert change.before is not None
    return plan_bridge(change.before.state, change.after.state, None, UNTRIMMED)


def near(*figures: float | None) -> Any:
    """Rate, duration, old and new dose of a step, but for rounding."""
    return pytest.approx(figures)


def volume(step: Step) -> float:
    """What flows in a step that ends, in mL."""
    assert step.duration_h is not None
    return step.rate_mL_per_day * step.duration_h / 24


def test_e5_step_by_step() -> None:
    """500 to 2000 mcg/mL at 300 mcg/day: 0.6 mL/day for 15 h, then 0.15 mL/day; shown as 750 mcg, 187.5 mcg given."""
    plan = planned("500 mcg/mL", "2000 mcg/mL")
    first, last = plan.steps
    assert astuple(first) == near(0.6, 15, 300, 0)
    assert astuple(last) == near(0.15, None, 0, 300)
    assert (plan.given_ug, plan.shown_ug) == near(187.5, 750)
    skipped = plan.mistakes[0]
    assert skipped.name == "no bridge"
    assert astuple(skipped.steps[0]) == near(0.15, 60, 75, 0.0)


def test_a_bridge_without_the_tubing_leaves_old_drug_to_the_new_flow() -> None:
    """0.176 mL at 0.6 mL/day, and then 0.199 mL at 0.15 mL/day: 31.84 h at a quarter of the dose."""
    wrong = next(one for one in planned("500 mcg/mL", "2000 mcg/mL").mistakes if one.name == "pump tubing forgotten")
    assert wrong.volume_mL == pytest.approx(0.176)
    assert astuple(wrong.steps[1]) == near(0.15, 0.199 / 0.15 * 24, 75, 0.0)


def test_a_bridge_of_the_whole_catheter_brings_new_drug_at_the_old_flow() -> None:
    """9 cm that are gone, 0.0198 mL, at 0.6 mL/day of 2000 mcg/mL: 1200 mcg/day, four times the dose, for 0.792 h."""
    wrong = next(one for one in planned("500 mcg/mL", "2000 mcg/mL").mistakes if "untrimmed" in one.name)
    assert astuple(wrong.steps[1]) == near(0.6, 0.792, 0.0, 1200)


def test_the_dose_over_the_new_concentration_is_another_bridge() -> None:
    """When the dose is doubled as well, 300 over 2000 mcg/mL is 0.15 mL/day: 75 mcg/day for 60 h."""
    wrong = planned("500 mcg/mL", "2000 mcg/mL", program="600 mcg/day").mistakes[-1]
    assert wrong.name == "dose over the new concentration"
    assert astuple(wrong.steps[0]) == near(0.15, 60, 75, 0.0)


@pytest.mark.parametrize(("old", "new"), [("500 mcg/mL", "2000 mcg/mL"), ("2000 mcg/mL", "500 mcg/mL")])
def test_whatever_is_got_wrong_the_line_holds_what_it_holds(old: str, new: str) -> None:
    """In every course the old drug that arrives is what tubing and catheter hold: 0.375 mL."""
    plan = planned(old, new)
    for steps in (plan.steps, *(one.steps for one in plan.mistakes)):
        assert sum(volume(step) for step in steps if step.old_ug_per_day > 0) == pytest.approx(0.375)
        assert steps[-1].duration_h is None


def test_equal_labels_need_no_bridge() -> None:
    """The program begins at once."""
    plan = planned("500 mcg/mL", "500 mcg/mL", program="330 mcg/day")
    assert not plan.figures.needed
    assert [astuple(step) for step in plan.steps] == [near(0.66, None, 0, 330)]
    assert plan.mistakes == ()


def test_where_nothing_runs_the_old_drug_comes_at_the_new_flow() -> None:
    """There is no dose to keep."""
    plan = planned("500 mcg/mL", "2000 mcg/mL", running="stop")
    assert plan.figures.rate_mL_per_day is None
    assert astuple(plan.steps[0]) == near(0.15, 60, 75, 0.0)
