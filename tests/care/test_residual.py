"""Residual volumes: which are looked into, and what the sentences say."""

from __future__ import annotations

import pytest

from intrathecal.care.residual import judge, missing_inside
from intrathecal.catalogue import load_catalogue
from intrathecal.programmer.refilling import Residual

CATALOGUE = load_catalogue()
LIMITS, ACCURACY = CATALOGUE.refill, CATALOGUE.pumps["synchromed-ii-20"].accuracy


def said(filled: float, expected: float, measured: float) -> str:
    """All that is said of one refill, with whether it is flagged in front."""
    found = judge(Residual(None, filled, expected, measured), ACCURACY, LIMITS)
    assert found.flagged == bool(found.reasons)
    return " ".join([str(found.flagged), *found.reasons, *found.think_of, *found.notes])


def test_e11_is_inside_both_rules() -> None:
    """E11: -11.9 % is inside 14.5 %, and 1.6 mL inside 2 mL."""
    found = said(20, 6.5, 8.1)

    assert found.startswith("False")
    assert "11.9 of 13.5 mL, -11.9 %: inside 14.5 %" in found
    assert "unchecked" in found


def test_e11c_next_to_nothing_was_given() -> None:
    """E11c: 19 mL of 20 are left: flagged by both rules, with the catheter, withdrawal and the lost tolerance named."""
    found = said(20, 10, 19)

    assert found.startswith("True The pump gave 1 of 10 mL, -90 %")
    assert "9 mL more than expected" in found
    for word in ("blocked catheter", "withdrawal", "lost tolerance", "old dose can kill", "first dose"):
        assert word in found


@pytest.mark.parametrize(
    ("expected", "measured", "flagged"),
    [
        (6.0, 8.0, False),  # 14.3 %, exactly 2 mL
        (6.0, 8.1, True),  # 15.0 % and 2.1 mL
        (6.0, 4.0, False),  # the same on the other side
        (6.0, 3.9, True),
        (15.0, 15.7, False),  # 14.0 % of 5 mL
        (15.0, 15.75, True),  # 15.0 % alone, 0.75 mL
        (15.0, 14.25, True),
        (10.0, 8.55, False),  # exactly 14.5 %
        (10.0, 11.45, False),
        (10.0, 8.54, True),  # 14.6 %
        (4.0, 6.1, True),  # 13.1 % and 2.1 mL: millilitres alone
        (20.0, 20.0, False),
        (20.0, 17.9, True),  # nothing was due: the volume alone
    ],
)
def test_percent_or_millilitres(expected: float, measured: float, flagged: bool) -> None:
    """Either rule is enough, in both directions, and a value on the limit is inside."""
    assert said(20, expected, measured).startswith(str(flagged))


def test_the_two_directions_point_to_different_causes() -> None:
    """More left: catheter, motor. Less left: leak, pocket, somebody who drew drug."""
    assert "kinked catheter" in said(20, 10, 13)
    assert "pocket" in said(20, 10, 7)
    assert "measure again, and look up" in said(15, 10, 16)


@pytest.mark.parametrize(
    ("capacity", "found", "missing"), [(20, 19.0, False), (20, 18.9, True), (40, 38.0, False), (40, 37.9, True)]
)
def test_what_is_missing_inside_after_a_fill(capacity: float, found: float, missing: bool) -> None:
    """More than 1 mL in a pump of 20 mL and 2 mL in one of 40 mL may be in the pocket."""
    sentence = missing_inside(capacity, found, capacity, LIMITS)

    assert (sentence is not None) == missing
    assert sentence is None or "pocket" in sentence
