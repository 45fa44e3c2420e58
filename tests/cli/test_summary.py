"""The one screen after a run: what it says of the patient."""

from __future__ import annotations

from tests.simulation.support import therapy

from intrathecal.cli.summary import summary
from intrathecal.simulation.api import simulate

PROGRAM = "0.4 mg/day\non demand 0.1 mg over 4 min, lockout 2 h, max 6 per day"


def screen(**changes: str) -> list[str]:
    """The summary of a run, in lines."""
    return summary(simulate(therapy(**changes), profiles=()).figures).splitlines()


def test_pain_presses_breathing_and_side_effects_stand_at_the_top() -> None:
    """Three lines under the title say what the patient feels and does."""
    lines = screen(days="8", program=PROGRAM, presses='"when pain > 4"', patient="pain = 7")

    assert lines[1].startswith("Pain 7 before, ")
    assert " on average in the last 7 days: relief " in lines[1]
    assert lines[1].endswith(" h")
    assert lines[2].startswith("Handset: ")
    assert "lockout " in lines[2]
    assert lines[3].startswith("Breathing at its lowest ")
    assert "urinary retention" in "\n".join(lines)
    assert len(lines) <= 50


def test_a_short_run_is_told_as_a_whole_and_nobody_who_never_presses_has_a_handset() -> None:
    """Less than seven days; no line without presses."""
    lines = screen(days="2", patient="pain = 7")

    assert " on average in the whole run" in lines[1]
    assert not any(line.startswith("Handset") for line in lines)


def test_relief_that_is_none_is_no_half_relief() -> None:
    """A pump that gives nothing after tablets: relief below zero, and no hours to half of it."""
    lines = screen(days="3", program="stop", primed="no", patient='pain = 6\noral_opioid = "120 mg/day"')

    assert "relief -" in lines[1]
    assert "half" not in lines[1]


def test_spasticity_is_told_instead_of_pain() -> None:
    """The modified Ashworth score, before and after."""
    lines = screen(days="1", patient='indication = "spasticity"')

    assert lines[1].startswith("Spasticity 3 before, 3 on average in the whole run")
    assert "Pain" not in lines[1]


def test_doses_that_differ_every_day_are_told_as_means_of_weeks() -> None:
    """Forty days with presses: a handful of rows, each a mean that the daily figures give."""
    run = simulate(therapy(days="40", program=PROGRAM, presses='"3 per day"'), profiles=())
    lines = summary(run.figures).splitlines()
    head = next(index for index, line in enumerate(lines) if line.startswith("mcg per 24 h"))
    rows = lines[head + 1 : lines.index("", head)]
    week = [day["doses"]["morphine"]["asked_ug"] for day in run.figures["daily"][:7]]

    assert "from 10:00, means of 7 days" in lines[head]
    assert 1 < len(rows) <= 10
    assert rows[0].startswith("02 Mar 2026 - ")
    assert rows[0].split()[7] == f"{sum(week) / 7:.3g}"
    assert rows[-1].split()[4:7] == ["10", "Apr", "2026"]
