"""Decisions, and how contradictions in a diary are settled."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.care.support import CATALOGUE, daily, diary, steady, verdict

from intrathecal.care.trial import figures, judge
from intrathecal.catalogue.overriding import override

BEFORE = [8, 7, 8]


@pytest.mark.parametrize(
    ("during", "decision"),
    [
        ([2, 3, 2], "pass"),
        ([3, 2], "pass"),
        ([4, 3, 4], "extend"),
        ([7, 6, 7], "fail"),
        ([8, 9, 9], "fail"),
        ([2], "extend"),
        ([8], "extend"),
        ([""], "extend"),
        (["", ""], "incomplete"),
        ([], "incomplete"),
    ],
)
def test_decisions(during: Sequence[float | str], decision: str) -> None:
    """Clear relief passes, none fails, a little under or over half is extended, and so is a single date."""
    assert verdict(*steady(BEFORE, during)).decision == decision


def test_without_a_baseline_or_pain_nothing_can_be_said() -> None:
    """Figures are null, and the reason says what is missing."""
    found = figures(verdict(*steady([], [3, 3, 3])))
    assert found["decision"] == "incomplete"
    assert found["reasons"] == ["The diary has no score of the baseline."]
    assert found["relief_percent"] is found["baseline_mean"] is found["probability_half"] is None
    assert found["days"] == 3
    assert verdict(*steady([0, 0, 0], [0, 0])).decision == "incomplete"


def test_every_reason_is_a_sentence() -> None:
    """With a full stop, whatever a diary holds."""
    rows = [
        *steady(["8,10", "7,,,,5", ""], ["3,,nausea", "", "4,30"]),
        "2026-03-07 09:00,trial,,,severe sedation,withdrawn",
    ]
    for told in (verdict(*rows), verdict(*steady(BEFORE, [3, 3, 3])), verdict(*steady(BEFORE, [4]))):
        assert told.reasons
        assert all(
            (reason[0].isupper() or reason[0].isdigit()) and reason[-1] == "."
            for reason in (*told.reasons, *told.notes)
        )


def test_a_dose_limiting_side_effect_fails_a_trial_that_relieves() -> None:
    """On one date it is extended, as every trial of one date; a mild one or a denied one is only reported."""
    assert verdict(*steady(BEFORE, ["2", "2,,severe itching", "2"])).decision == "fail"
    assert verdict(*steady(BEFORE, ["2,,respiratory depression"])).decision == "extend"
    for mild in ("mild itching", "no severe nausea", "not dose-limiting: nausea", "none"):
        assert verdict(*steady(BEFORE, ["2", f"2,,{mild}", "2"])).decision == "pass"


def test_worse_function_and_more_rescue_keep_a_trial_from_passing() -> None:
    """In numbers or words; as much rescue as before, and better function, do not."""
    worse = steady([f"{score},,,,6" for score in BEFORE], [f"{score},,,,4" for score in (2, 3, 2)])
    assert verdict(*worse).decision == "extend"
    assert verdict(*steady(BEFORE, ["2", "3", "2,,,,worse"])).decision == "extend"
    more = steady([f"{score},20" for score in BEFORE], [f"{score},30" for score in (2, 3, 2)])
    assert verdict(*more).decision == "extend"
    same = steady([f"{score},20,,,6" for score in BEFORE], [f"{score},20,,,7" for score in (2, 3, 2)])
    assert verdict(*same).decision == "pass"
    assert any("Function did not become worse" in reason for reason in verdict(*same).reasons)


def test_missing_function_and_rescue_are_reasons_and_change_nothing() -> None:
    """The decision stands on the rest."""
    told = verdict(*steady(BEFORE, [2, 3, 2]))
    assert told.decision == "pass"
    assert any("Function was not recorded" in reason for reason in told.reasons)
    assert any("Rescue medication before the trial was not recorded" in reason for reason in told.reasons)


def test_the_last_three_days_are_judged() -> None:
    """A trial that needed a week to find its dose is not held to its first days; all of it is counted and summed."""
    found = figures(verdict(*steady(BEFORE, [8, 8, 7, 7, 3, 2, 3])))
    assert found["trial_mean"] == pytest.approx(8 / 3)
    assert found["days"] == 7
    before = 23 / 3
    assert found["spid"] == pytest.approx(24 * (7 * before - 38))
    assert found["judged"] == {"from": "2026-03-08T09:00:00", "to": "2026-03-10T09:00:00"}


def test_scores_at_a_lower_dose_do_not_count_where_the_last_one_ran_for_two_days() -> None:
    """The dose column tells; of a dose of one day all three are judged."""
    doses = ["10 mg/day", "20 mg/day", "20 mg/day"]
    rows = steady(BEFORE, [f"{score},,,,,{dose}" for score, dose in zip([7, 2, 3], doses, strict=True)])
    assert figures(verdict(*rows))["trial_mean"] == 2.5
    doses = ["10 mg/day", "10 mg/day", "20 mg/day"]
    rows = steady(BEFORE, [f"{score},,,,,{dose}" for score, dose in zip([7, 7, 1], doses, strict=True)])
    assert figures(verdict(*rows))["trial_mean"] == 5


def test_of_needle_doses_the_time_counts_in_which_they_act() -> None:
    """Morphine from 1 h to 12 h after the last dose: not the score at the needle, nor that of the next morning."""
    rows = [
        *steady(BEFORE, []),
        "2026-03-04 08:00,trial,8,,,,,0.2 mg,morphine,intrathecal",
        "2026-03-04 14:00,trial,6",
        "2026-03-05 08:00,trial,8,,,,,0.5 mg,morphine,intrathecal",
        "2026-03-05 10:00,trial,1",
        "2026-03-05 14:00,trial,2",
        "2026-03-06 08:00,trial,7",
    ]
    told = verdict(*rows)
    assert told.findings is not None
    assert told.findings.trial.scores.tolist() == [1, 2]
    assert told.decision == "pass"


def test_values_of_a_clinic_are_used() -> None:
    """A window of a week, and another threshold, through the catalogue."""
    rows = diary(*steady(BEFORE, [6, 5, 5, 5, 3, 2, 3]))
    week = override(CATALOGUE, "trial.window", "7 day", "test")
    assert figures(judge(rows, week))["trial_mean"] == pytest.approx(29 / 7)
    easier = override(CATALOGUE, "trial.success", "30 %", "test")
    assert judge(diary(*steady(BEFORE, [4, 4, 5])), easier).decision == "pass"
    assert judge(diary(*steady(BEFORE, [4, 4, 5])), CATALOGUE).decision == "extend"


def test_an_old_baseline_is_a_reason() -> None:
    """A year too early in a date, and nothing else."""
    rows = [*[f"2025-03-0{day} 09:00,baseline,8" for day in (1, 2, 3)], *steady([], [2, 3, 2])]
    told = verdict(*rows)
    assert told.decision == "pass"
    assert any("ended 363 days before" in reason for reason in told.reasons)


@pytest.mark.parametrize("scores", [["", ""], ["2", "", "", ""]])
def test_a_trial_of_one_date_goes_on_also_without_its_scores(scores: list[str]) -> None:
    """More days bring what is missing; a baseline that nobody wrote down they do not bring back."""
    rows = [f"2026-03-04 {8 + 2 * hour:02}:00,trial,{score}" for hour, score in enumerate(scores)]
    found = verdict(*steady(BEFORE, []), *rows)
    assert (found.decision, found.days) == ("extend", 1)
    assert "one calendar date" in found.reasons[0]
    assert len(found.reasons) == 2
    assert verdict(*daily("trial", 4, [2])).decision == "incomplete"


def test_two_dates_are_more_than_a_few_minutes_across_midnight() -> None:
    """One visit at midnight decides nothing, an evening and the morning after it may."""
    for first, second, decision in (
        ("23:59", "00:01", "extend"),
        ("22:00", "08:00", "extend"),
        ("20:00", "08:00", "pass"),
    ):
        found = verdict(*steady(BEFORE, []), f"2026-03-04 {first},trial,2", f"2026-03-05 {second},trial,2")
        assert (found.days, found.decision) == (2, decision)
        assert any("no second day" in reason for reason in found.reasons) == (decision == "extend")


def test_how_function_was_read_is_said() -> None:
    """On a scale of which less is better a good trial looks worse; a phase without it cannot be compared."""
    rows = [*daily("baseline", 1, BEFORE, ",,,,50"), *daily("trial", 4, [2, 2, 2], ",,,,20")]
    assert any("worse (50 to 20; more is read as better)" in reason for reason in verdict(*rows).reasons)
    alone = verdict(*daily("baseline", 1, BEFORE), *daily("trial", 4, [2, 2, 2], ",,,,40"))
    assert alone.decision == "pass"
    assert any("Function was recorded in one phase only" in reason for reason in alone.reasons)
