"""Missing scores, rescue and withdrawal: what trials of pain do with them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.care.support import steady, verdict

from intrathecal.care.ending import says_given_up
from intrathecal.care.missing import complete
from intrathecal.care.trial import figures

NAN = math.nan


def completed(hours: list[float], scores: list[float], mean: float = 6.0, variance: float = 1.0, known: float = 0.0):  # type: ignore[no-untyped-def]
    """Gaps closed with a correlation of 0.5 from day to day; all times weigh the same."""
    times = np.array(hours)
    return complete(times, np.array(scores), np.ones(len(times)), mean, variance, 0.5, known)


def test_one_missing_score_between_two_lies_on_the_line() -> None:
    """Also where it does not lie in the middle."""
    found = completed([0, 6, 24], [8, NAN, 4])
    assert found.scores.tolist() == [8, 7, 4]
    assert found.interpolated.tolist() == [False, True, False]
    assert found.variance == 0


def test_scores_at_the_edge_lean_towards_the_mean() -> None:
    """A day after a 4 with a mean of 6, the next is expected at 5: and it may be anything within sqrt(3) / 2 of a point."""
    found = completed([0, 24], [4, NAN])
    assert found.scores.tolist() == pytest.approx([4, 5])
    assert found.variance == pytest.approx((1 - 0.25) / 4)
    surely = completed([0, 24], [4, NAN], known=0.4)
    assert surely.variance - found.variance == pytest.approx((0.5 * 0.5) ** 2 * 0.4)


def test_gaps_are_closed_as_many_imputations_would() -> None:
    """Mean and variance of the mean against a million draws of the process given what was seen."""
    hours = np.array([0.0, 12.0, 20.0, 44.0, 48.0, 60.0])
    seen, gap = np.array([0, 4]), np.array([1, 2, 3, 5])
    covariance = 0.5 ** (np.abs(hours[:, None] - hours[None, :]) / 24) * 1.7
    draws = np.random.default_rng(1).multivariate_normal(np.full(6, 6.0), covariance, 400_000)
    near = draws[(np.abs(draws[:, seen] - [8.0, 5.0]) < 0.15).all(axis=1)]
    found = completed(hours.tolist(), [8.0, NAN, NAN, NAN, 5.0, NAN], variance=1.7)
    assert found.scores[gap] == pytest.approx(near[:, gap].mean(axis=0), abs=0.06)
    inside = near[:, gap].sum(axis=1) / 6
    assert found.variance == pytest.approx(float(inside.var()), rel=0.1)


def test_a_single_gap_changes_nothing_and_longer_ones_cost_certainty() -> None:
    """The reasons say which."""
    trials: list[list[float | str]] = [[3, 2, 3], [3, "", 3], [3, "", ""]]
    whole, single, double = (figures(verdict(*steady([8, 7, 8], during))) for during in trials)
    assert single["trial_mean"] == 3
    assert single["scores"]["trial"] == {
        "written": 2,
        "missing": 1,
        "interpolated": 1,
        "imputed": 0,
        "after_rescue": 0,
        "after_withdrawal": 0,
    }
    assert any("on the line between them" in reason for reason in single["reasons"])
    assert double["decision"] == "incomplete"
    assert whole["decision"] == "pass"
    four = figures(verdict(*steady([8, 7, 8], [3, 2, 3]), "2026-03-06 21:00,trial,", "2026-03-06 23:00,trial,"))
    assert four["scores"]["trial"]["imputed"] == 2
    assert four["standard_error"] > whole["standard_error"]


def test_a_date_without_an_entry_is_missing_too() -> None:
    """4 and 6 March have scores, 5 March none."""
    rows = [row for row in steady([8, 7, 8], [3, 9, 3]) if not row.startswith("2026-03-05")]
    found = figures(verdict(*rows))
    assert (found["days"], found["scores"]["trial"]["interpolated"], found["trial_mean"]) == (2, 1, 3)


def test_the_score_before_a_rescue_holds_for_a_while() -> None:
    """A 7 with a rescue, 2 three hours later, 2 five hours later: the first 2 is the rescue's, not the trial's."""
    rows = [
        *steady([8, 8, 8], []),
        "2026-03-04 08:00,trial,7,20",
        "2026-03-04 11:00,trial,2",
        "2026-03-04 13:00,trial,2",
        "2026-03-05 08:00,trial,3",
    ]
    found = verdict(*rows).findings
    assert found is not None
    assert found.trial.scores.tolist() == [7, 7, 2, 3]
    assert found.trial.carried == 1


def test_a_rescue_that_did_not_help_hides_nothing() -> None:
    """A worse score after it stays."""
    rows = [
        *steady([8, 8, 8], []),
        "2026-03-04 08:00,trial,5,20",
        "2026-03-04 11:00,trial,9",
        "2026-03-05 08:00,trial,3",
    ]
    found = verdict(*rows).findings
    assert found is not None
    assert found.trial.scores.tolist() == [5, 9, 3]


def test_a_rescue_written_on_a_row_of_its_own_holds_the_score_before_it() -> None:
    """6, an hour later a rescue without a score, two hours later 1: as if the 6 stood in the row of the rescue."""
    alone, told = (
        verdict(
            *steady([8, 8, 8], []),
            *(
                f"2026-03-0{day} {row}"
                for day in (4, 5, 6)
                for row in ("08:00,trial,6", f"09:00,trial,{score},10", "11:00,trial,1")
            ),
        ).findings
        for score in ("", "6")
    )
    assert alone is not None
    assert told is not None
    assert alone.trial.scores.tolist() == told.trial.scores.tolist() == [6] * 9
    assert alone.trial.missing == 0


def test_rows_of_a_rescue_alone_are_no_missing_scores() -> None:
    """A score a day and three rescues a day without one: the trial is scored."""
    rescues = [f"2026-03-0{day} {hour}:00,trial,,10" for day in (4, 5, 6) for hour in (12, 15, 18)]
    assert verdict(*steady([8, 8, 8], [2, 2, 2]), *rescues).decision == "pass"


def test_the_scatter_is_that_of_the_scores_that_count() -> None:
    """Scores that a rescue pushed down do not count, and neither do they make the standard error larger."""
    rows = [
        f"2026-03-0{day} {row}"
        for day in (4, 5, 6)
        for row in ("08:00,trial,6", "09:00,trial,6,10", "11:00,trial,1", "20:00,trial,6")
    ]
    found = figures(verdict(*steady([8, 8, 8], []), *rows))
    assert (found["relief_percent"], found["decision"]) == (25, "fail")
    assert found["standard_error"] == pytest.approx(100 / 8 * (1 / 12 * (1 + 0.75**2)) ** 0.5)


def test_after_a_withdrawal_the_baseline_holds() -> None:
    """BOCF, whatever is written afterwards, and up to two days where nothing is."""
    rows = steady([8, 8, 8], [3, "3,,,withdrew", 2, ""])
    found = verdict(*rows)
    assert found.findings is not None
    assert found.findings.trial.scores.tolist() == [3, 8, 8]
    assert found.decision == "fail"
    short = verdict(*steady([8, 8, 8], ["3,,,stopped early"])).findings
    assert short is not None
    assert short.trial.scores.tolist() == [3] + [8] * 12


def test_withdrawal_symptoms_are_not_a_withdrawal() -> None:
    """They are a side effect of stopping an opioid."""
    found = verdict(*steady([8, 8, 8], ["3,,withdrawal symptoms", "2", "3"]))
    assert found.decision == "pass"
    assert found.findings is not None
    assert found.findings.stopped is None


@pytest.mark.parametrize(
    "said",
    [
        *("withdrew", "withdrew: nausea", "patient was withdrawn from the trial", "discontinued due to nausea"),
        *("infusion discontinued", "gave up", "stopped early", "catheter pulled out, trial stopped"),
        *("we stopped the infusion", "patient withdrew consent", "Vomiting - discontinued", "slept badly and withdrew"),
    ],
)
def test_a_trial_that_was_given_up_is_recognised(said: str) -> None:
    """In the note or among the side effects."""
    assert says_given_up(said)
    found = verdict(*steady([8, 8, 8], [2, f'2,,,"{said}"', 2])).findings
    assert found is not None
    assert found.stopped is not None


@pytest.mark.parametrize(
    "said",
    [
        *("oral morphine discontinued", "2 mL of CSF withdrawn", "aspirin withdrawn as planned", "trial not stopped"),
        *("withdrew 2 mL of CSF", "discontinued gabapentin", "infusion stopped for MRI", "never gave up"),
    ],
)
def test_what_only_sounds_like_an_end_is_said_and_fails_no_trial(said: str) -> None:
    """Oral drugs are stopped in every trial."""
    found = verdict(*steady([8, 8, 8], [2, f'2,,,"{said}"', 2]))
    assert found.decision == "pass"
    assert f'Line 6 says "{said}": this was not read as the end of the trial.' in found.notes


def test_a_side_effect_that_stopped_does_not_limit_the_dose() -> None:
    """One for which the infusion was stopped does."""
    assert verdict(*steady([8, 8, 8], [2, '2,,"itching, stopped after an hour"', 2])).decision == "pass"
    assert verdict(*steady([8, 8, 8], [2, '2,,"vomiting; infusion stopped"', 2])).decision == "fail"
