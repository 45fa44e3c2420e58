"""Scores and samples of a real patient: what is read, what is left out, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulation.support import therapy_text

from intrathecal.care.diary import parse_diary
from intrathecal.care.errors import DiaryError
from intrathecal.care.pain_scores import NEEDED, scores_of
from intrathecal.care.samples import parse_samples
from intrathecal.simulation.observed import PainScore, Sample
from intrathecal.therapy import Therapy, parse_therapy

HOUR_MS = 3_600_000
#: From 2 March 2026, 10:00, for four days.
GIVEN: Therapy = parse_therapy(therapy_text(), "given.toml", Path())
HEADER = "time,drug,fluid,level,concentration\n"


def scores(*rows: str, columns: str = "time,nrs") -> tuple[tuple[PainScore, ...], tuple[str, ...]]:
    """The scores of a diary of these rows."""
    return scores_of(parse_diary("\n".join([columns, *rows]) + "\n", "diary.csv", NEEDED), GIVEN)


def test_a_diary_needs_time_and_score_alone() -> None:
    """On the therapy's clock; before its start too, and a missing score is none."""
    found, notes = scores("2026-03-01 10:00,8", "2026-03-02 11:00,6", "2026-03-02 12:00,")

    assert found == (PainScore(-24 * HOUR_MS, 8), PainScore(HOUR_MS, 6))
    assert notes == ()


def test_a_time_with_an_offset_is_put_on_the_clock_of_the_pump() -> None:
    """The pump's clock is UTC here."""
    assert scores("2026-03-02T13:00+02:00,6")[0] == (PainScore(HOUR_MS, 6),)


def test_a_trial_diary_is_read_too_and_scores_after_a_rescue_are_left_out() -> None:
    """For four hours; the score in the row of the rescue was before it."""
    found, notes = scores(
        "2026-03-02 12:00,trial,8,10",
        "2026-03-02 15:00,trial,4,",
        "2026-03-02 17:00,trial,7,",
        columns="time,phase,nrs,rescue_mme",
    )

    assert [score.nrs for score in found] == [8, 7]
    assert notes == ("1 score is left out: it was written within 4 h after a rescue.",)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["2026-03-02 12:00,11"], "line 2: nrs 11 is above 10; write a score from 0 to 10"),
        (
            ["2026-03-02 12:00,5", "2026-03-07 12:00,5"],
            "line 3: 2026-03-07 12:00 is outside the therapy, which lasts from",
        ),
        (["2026-01-02 12:00,5"], "line 2: 2026-01-02 12:00 is outside the therapy"),
        (["2026-03-02 12:00,"], "there is no score that counts"),
        ([], "there is no entry under the columns"),
    ],
)
def test_a_wrong_diary_is_one_message(rows: list[str], said: str) -> None:
    """With file and line."""
    with pytest.raises(DiaryError) as caught:
        scores(*rows)

    assert str(caught.value).startswith("diary.csv")
    assert said in str(caught.value)


def test_spasticity_has_no_diary_of_pain() -> None:
    """It follows another scale."""
    plan = parse_therapy(
        therapy_text(concentration="2 mg/mL", program="0.2 mg/day").replace("morphine", "baclofen"),
        "given.toml",
        Path(),
    )

    with pytest.raises(DiaryError, match="spasticity"):
        scores_of(parse_diary("time,nrs\n2026-03-02 12:00,5\n", "diary.csv", NEEDED), plan)


def test_samples_have_their_unit_in_the_cell_or_in_the_first_line() -> None:
    """A unit in a cell comes before that of the first line."""
    wanted = (
        Sample(2 * HOUR_MS, "morphine", "L3", 0.9),
        Sample(3 * HOUR_MS, "morphine", "plasma", 0.0025),
        Sample(4 * HOUR_MS, "morphine", "cisterna_magna", 0.02),
    )
    rows = ["2026-03-02 12:00,Morphine,CSF,l3,{}", "2026-03-02 13:00,morphine,plasma,,{}"]
    last = "2026-03-02 14:00,morphine,csf,cisterna magna,0.02 mcg/mL"
    cells = HEADER + "\n".join([rows[0].format("900 ng/mL"), rows[1].format("2.5 ng/mL"), last])
    head = HEADER.replace("concentration", "concentration (ng/mL)") + "\n".join(
        [rows[0].format("900"), rows[1].format("2.5"), last]
    )

    for text in (cells, head, head.replace(",", ";")):
        found = parse_samples(text, "samples.csv", GIVEN)
        assert [(one.at_ms, one.drug, one.site) for one in found] == [(one.at_ms, one.drug, one.site) for one in wanted]
        assert [one.ug_per_mL for one in found] == pytest.approx([one.ug_per_mL for one in wanted])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "samples.csv: the file is empty; write the columns time, drug, fluid, level, concentration"),
        (HEADER, "there is no sample under the columns"),
        ("time,drug,fluid\n", 'line 1: there is no column "concentration"'),
        ("time,drug,fluid,concentrations\n", 'line 1: unknown column "concentrations"; did you mean "concentration"?'),
        ("time,drug,drug,fluid,concentration\n", 'line 1: the column "drug" stands twice'),
        (HEADER + "2026-03-02 12:00,fentanyl,csf,L3,9 ng/mL\n", 'line 2: drug "fentanyl" is not in the therapy file'),
        (HEADER + "2026-03-02 12:00,morphin,csf,L3,9 ng/mL\n", 'did you mean "morphine"?'),
        (HEADER + "2026-03-02 12:00,morphine,serum,,9 ng/mL\n", 'fluid "serum" is neither csf nor plasma'),
        (HEADER + "2026-03-02 12:00,morphine,csf,L9,9 ng/mL\n", 'level "L9" is not known; known are C1'),
        (HEADER + "2026-03-02 12:00,morphine,csf,,9 ng/mL\n", 'level "" is not known'),
        (HEADER + "2026-03-02 12:00,morphine,plasma,L3,9 ng/mL\n", "plasma has no level"),
        (HEADER + "2026-03-02 12:00,morphine,csf,L3,9 ng/min\n", "concentration"),
        (HEADER + "2026-03-02 12:00,morphine,csf,L3,9 mg\n", "concentration"),
        (HEADER + "2026-03-02 12:00,morphine,csf,L3,9\n", "concentration"),
        (HEADER + "2026-03-02 12:00,morphine,csf,L3,<9 ng/mL\n", "is a bound and no number; leave out samples below"),
        (HEADER + "2026-03-02 12:00,morphine,csf,L3,0 ng/mL\n", "0 ng/mL is not above zero"),
        (HEADER + "2026-03-02 12:00,morphine,csf,L3,\n", "concentration is empty; write a number with its unit"),
        (
            HEADER + "2026-03-01 12:00,morphine,csf,L3,9 ng/mL\n",
            "is not after the start of the therapy (2026-03-02 10:00)",
        ),
        (HEADER + "2026-03-12 12:00,morphine,csf,L3,9 ng/mL\n", "is after the end of the therapy (2026-03-06 10:00)"),
        (HEADER + "yesterday,morphine,csf,L3,9 ng/mL\n", '"yesterday" is not a time'),
        (HEADER + "2026-03-02 12:00,morphine,csf,L3,9 ng/mL,6\n", "line 2: the row has 6 cells and the first line 5"),
    ],
)
def test_a_wrong_table_of_samples_is_one_message(text: str, said: str) -> None:
    """With file, line, cause and remedy, and on one line."""
    with pytest.raises(DiaryError) as caught:
        parse_samples(text, "samples.csv", GIVEN)

    message = str(caught.value)
    assert message.startswith("samples.csv")
    assert said in message
    assert "; " in message
    assert "\n" not in message


def test_other_wrong_rows_are_named() -> None:
    """So that they can be put right at once."""
    row = "2026-03-02 12:00,morphine,serum,,9 ng/mL\n"

    with pytest.raises(DiaryError, match=r"\(1 more wrong: line 3\)"):
        parse_samples(HEADER + row + row, "samples.csv", GIVEN)
