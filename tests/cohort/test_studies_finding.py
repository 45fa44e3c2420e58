"""The lowest dose and the best tip level: against known dose-effects, single runs, other patients and brute force."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cohort.studies import few, short

from intrathecal.cohort.crowd import StudyError
from intrathecal.cohort.finding import BREATHING, LIST, PUMP, SCALES, falls, find, search
from intrathecal.cohort.trials import Goal, LeftOut, Trials, Tried, efficient, kept_by, reached_by, weigh
from intrathecal.simulation.api import simulate
from intrathecal.therapy import Therapy

OWN = Goal(Fraction(50), Fraction(60, 100), Fraction(1), Fraction(0))
TOLERANCE = 0.01
THERAPY = short().therapy


def base(therapy: Therapy) -> float:
    """The base of a program in mg a day: 1 in the file."""
    assert therapy.program is not None
    return float(str(therapy.program.base).split(" ")[0])


def known(relief: Any, breathing: Any) -> Any:
    """A patient whose relief (percent) and breathing (fraction) are known functions of the dose."""

    def ask(therapy: Therapy, name: str) -> dict[str, Any]:
        return {
            "relief_percent": np.array([relief(base(therapy))]),
            "breathing_fraction_min": np.array([breathing(base(therapy))]),
            "ran_empty": np.array([False]),
            "dose_ug_per_day morphine": np.array([1000 * base(therapy)]),
        }

    return ask


def hill(dose: float) -> float:
    """Half of the effect at 1.234 mg a day."""
    return 100.0 * dose / (dose + 1.234)


def falling(dose: float) -> float:
    """Breathing of 60 % at 1.5 mg a day."""
    return 1.0 / (1.0 + dose / 2.25)


# ---- the search


@pytest.mark.parametrize("tolerance", [0.1, 0.01, 0.002])
def test_the_lowest_dose_of_a_known_effect_is_found_to_the_tolerance(tolerance: float) -> None:
    """It does what is wanted, and the one next to it, within the tolerance below, does not."""
    trials = Trials(short(), OWN, known(hill, falling))
    answer = search(trials, "T10", SCALES, tolerance)

    assert answer.found is not None
    assert isinstance(answer.missed, Tried)
    assert 1.234 <= answer.found.scale <= 1.234 * (1 + tolerance)
    assert answer.found.scale / answer.missed.scale <= Decimal(1 + tolerance)
    assert (answer.missed.reached, answer.found.reached, answer.found.holds) == (False, True, True)
    assert len(trials.done) < 30


def test_where_breathing_stands_against_it_the_highest_dose_that_keeps_it_is_the_nearest() -> None:
    """Relief of 60 % needs 1.851 mg, breathing allows 1.5 mg."""
    goal = Goal(Fraction(60), Fraction(60, 100), Fraction(1), Fraction(0))
    answer = search(Trials(short(), goal, known(hill, falling)), "T10", SCALES, TOLERANCE)

    assert answer.found is None
    assert answer.stopped_by == BREATHING
    assert answer.nearest is not None
    assert 1.5 / (1 + TOLERANCE) <= answer.nearest.scale <= 1.5
    assert answer.nearest.holds


def test_where_breathing_is_too_low_at_every_dose_the_lowest_is_the_nearest() -> None:
    """Nothing that is given can mend it."""
    answer = search(Trials(short(), OWN, known(hill, lambda dose: 0.3)), "T10", SCALES, TOLERANCE)

    assert (answer.found, answer.stopped_by) == (None, BREATHING)
    assert answer.nearest is not None
    assert not answer.nearest.holds
    assert answer.nearest.scale == Decimal("0.5")


def test_where_the_pump_or_the_list_ends_first_that_is_said() -> None:
    """The reservoir of 20 mL lasts three days up to 66.7 mg a day; a list that ends below asks for a longer one."""
    trials = Trials(short(), OWN, known(lambda dose: 1.0, lambda dose: 1.0))
    short_list = search(trials, "T10", (Decimal(1), Decimal(2)), TOLERANCE)
    answer = search(trials, "T10", (Decimal(1), Decimal(100)), TOLERANCE)

    assert (short_list.stopped_by, short_list.nearest and short_list.nearest.scale) == (LIST, Decimal(2))
    assert answer.stopped_by == PUMP
    assert answer.nearest is not None
    assert 66.67 / (1 + TOLERANCE) < answer.nearest.scale < 66.67
    assert any("the reservoir is empty" in one.reason for one in trials.left_out())
    nothing = search(trials, "T10", (Decimal(5000),), TOLERANCE)
    assert (nothing.nearest, nothing.stopped_by) == (None, PUMP)


def test_a_dose_below_the_pumps_slowest_flow_is_named_and_the_lowest_that_it_can_give_is_found() -> None:
    """0.48 mg a day is 0.048 mL a day, the slowest; relief of 20 % needs less."""
    goal = Goal(Fraction(20), Fraction(60, 100), Fraction(1), Fraction(0))
    answer = search(Trials(short(), goal, known(hill, falling)), "T10", SCALES, TOLERANCE)

    assert answer.found is not None
    assert 0.48 <= answer.found.scale <= 0.48 * (1 + TOLERANCE)
    assert isinstance(answer.missed, LeftOut)
    assert "slower than its slowest flow" in answer.missed.reason


def test_an_effect_that_falls_as_the_dose_rises_is_said() -> None:
    """A dip between 2 and 3, and breathing that rises there."""
    dip = {2.0: 40.0}
    trials = Trials(short(), OWN, known(lambda dose: dip.get(dose, 30 * dose), lambda dose: 0.5 + 0.1 * (dose == 3.0)))
    search(trials, "T10", (Decimal(1), Decimal(2), Decimal(3)), TOLERANCE)
    rising = Trials(short(), OWN, known(hill, falling))

    said = list(falls(trials, "T10", (Decimal("1.5"), Decimal(2), Decimal(3))))
    assert len(said) == 2
    assert "relief falls from 45.0 to 40.0 %" in said[0]
    assert list(falls(rising, "T10", SCALES)) == []


# ---- shares of patients, and the frontier

values = st.lists(st.floats(0, 100), min_size=1, max_size=40).map(np.array)
shares = st.fractions(0, 1, max_denominator=50)


@given(values, shares, st.floats(0, 100))
def test_what_a_share_reaches_is_at_least_a_limit_just_when_so_many_are(
    found: Any, share: Fraction, limit: float
) -> None:
    """By counting; a share of none means the best of them."""
    many = int(np.sum(found >= limit))
    assert (reached_by(found, share) >= limit) == (many >= max(share * found.size, 1))
    below = int(np.sum(found < limit))
    assert (kept_by(found, share) >= limit) == (below <= min(share * found.size, found.size - 1))


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25))
def test_the_frontier_is_what_no_other_point_beats(pairs: list[tuple[int, int]]) -> None:
    """By brute force; two equal points are both on it, or neither."""
    therapy = THERAPY
    points = [
        weigh(OWN, "T10", Decimal(1), therapy, known(lambda _, r=r: float(r), lambda _, b=b: b / 10)(therapy, ""))
        for r, b in pairs
    ]
    expected = [not any(r >= one and b >= other and (r > one or b > other) for r, b in pairs) for one, other in pairs]
    assert efficient(points) == expected


# ---- with real patients


def test_the_dose_that_is_found_for_the_files_patient_holds_in_a_run_of_its_own() -> None:
    """The simulation of one patient: relief of 50 % with it, less with one smaller by the tolerance."""
    goal = Goal(Fraction(60), Fraction(60, 100), Fraction(1), Fraction(0))
    found = find(short(), goal, scales=(Decimal("0.5"), Decimal(1)))
    scale = found["found"]["scale"]

    def relief(times: float) -> float:
        therapy = short().changed({"program.scale": f"{times:.6g}"}, "test")
        return float(simulate(therapy, profiles=()).figures["relief"]["relief_percent"])

    assert relief(scale) >= 60.0 - 1e-3
    assert relief(scale / (1 + TOLERANCE)) < 60.0
    assert found["found"]["relief_percent"] == pytest.approx(relief(scale), abs=1e-2)
    assert found["missed"]["scale"] < scale <= found["missed"]["scale"] * (1 + TOLERANCE) * (1 + 1e-4)
    assert (found["check"], found["patients"], found["not_monotone"]) == (None, None, [])


def test_the_dose_that_is_found_for_a_share_of_patients_holds_in_them_and_nearly_in_others(tmp_path: Path) -> None:
    """Counted in the same patients, in which a smaller one fails, and in as many others to the scatter of a share."""
    goal = Goal(Fraction(50), Fraction(30, 100), Fraction(7, 10), Fraction(4, 10))
    found = find(short(), goal, scales=(Decimal("0.5"), Decimal("1.5")), patients=40, folder=tmp_path, tolerance=0.05)
    best, other = found["found"], found["check"]

    with few(40) as people:
        same, less = (
            people.outcomes(short().changed({"program.scale": f"{scale:.6g}"}, "test"), tmp_path / name)
            for scale, name in ((best["scale"], "same"), (best["scale"] / 1.05, "less"))
        )
    assert np.mean(same["relief_percent"] >= 50) >= 0.7 > np.mean(less["relief_percent"] >= 50)
    assert np.mean(same["breathing_fraction_min"] < 0.3) <= 0.4
    assert best["with_relief_fraction"] == np.mean(same["relief_percent"] >= 50)
    assert other["with_relief_fraction"] != best["with_relief_fraction"]
    assert other["with_relief_fraction"] == pytest.approx(0.7, abs=3 * np.sqrt(0.7 * 0.3 / 40))


def test_the_best_tip_level_needs_the_lowest_dose_and_all_its_points_are_on_one_frontier() -> None:
    """Three levels with their own lowest doses; a level below the segment that matters is not better by name."""
    goal = Goal(Fraction(70), Fraction(30, 100), Fraction(1), Fraction(0))
    tips = ("T2", "T8", "L2")
    found = find(short(), goal, tips=tips, scales=(Decimal("0.5"), Decimal(1), Decimal(2), Decimal(4)))
    lowest = {answer["tip"]: answer["found"]["scale"] for answer in found["tips"] if answer["found"]}

    assert tuple(answer["tip"] for answer in found["tips"]) == tips
    assert found["found"]["scale"] <= min(lowest.values()) * (1 + TOLERANCE)
    pairs = [(point["relief_percent"], point["breathing_fraction_min"]) for point in found["frontier"]]
    for point, (relief, breathing) in zip(found["frontier"], pairs, strict=True):
        beaten = any(r >= relief and b >= breathing and (r, b) != (relief, breathing) for r, b in pairs)
        assert point["efficient"] == (not beaten)


def test_what_cannot_be_looked_for_is_one_message() -> None:
    """A level that is none, a patient without pain, a pump without a program."""
    with pytest.raises(StudyError, match=r"T13.*did you mean"):
        find(short(), OWN, tips=("T13",))
    with pytest.raises(StudyError, match="nothing to relieve"):
        find(short(patient="pain = 0"), OWN, scales=(Decimal(1),))
    with pytest.raises(StudyError, match="no program"):
        find(fixed_rate(), OWN)


def fixed_rate() -> Any:
    """A pump whose flow nobody can change."""
    file = short()
    fixed = next(name for name, pump in file.therapy.catalogue.pumps.items() if pump.kind == "fixed-rate")
    text = file.root.document.lines.text.replace("synchromed-ii-20", fixed)
    head, _, rest = text.partition("[program]")
    return type(file).parse(head + "[simulation]" + rest.partition("[simulation]")[2], "fixed.toml", Path())
