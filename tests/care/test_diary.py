"""Diaries as people and spreadsheets write them: read exactly, or refused with the line and what would be right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.care.support import diary

from intrathecal.care.diary import load_diary, parse_diary
from intrathecal.care.errors import CellError, DiaryError
from intrathecal.care.times import read_time
from intrathecal.quantities import InputError


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("2026-03-02 08:05", 8, 5),
        ("2026-03-02T08:05:00", 8, 5),
        ("2026-03-02", 0, 0),
        ("2026/3/2 8:05", 8, 5),
        ("2 Mar 2026 8:05 pm", 20, 5),
        ("March 2, 2026 12:05 am", 0, 5),
        ("2. March 2026 08:05", 8, 5),
        ("20260302T0805", 8, 5),
        ("2026-03-02t08:05:00.250", 8, 5),
        ("2026-03-02 0805", 8, 5),
        ("2026-03-02 805", None, None),
        ("202603020805", None, None),
        ("02.Mar 2026", None, None),
    ],
)
def test_a_time_that_can_mean_one_thing_is_read(text: str, hour: int | None, minute: int | None) -> None:
    """Year first, or a month by name; twelve hours with am and pm."""
    if hour is None or minute is None:
        with pytest.raises(CellError):
            read_time(text)
        return
    assert read_time(text) == datetime(2026, 3, 2, hour, minute)  # noqa: DTZ001 a diary's times are local


def test_day_first_and_month_first_dates_are_read_only_where_one_of_the_two_exists() -> None:
    """31.12. and 12/31 are one day; 3/4 could be two and is refused with both; 5/5 is the same either way."""
    newyear = datetime(2026, 12, 31, 8)  # noqa: DTZ001
    assert read_time("31.12.2026 8:00") == read_time("12/31/2026 08:00") == newyear
    assert read_time("5/5/2026").month == 5
    with pytest.raises(CellError, match="day 3 of month 4 or the other way round; write 2026-04-03 or 2026-03-04"):
        read_time("3/4/2026 10:00")
    with pytest.raises(CellError, match="two digits"):
        read_time("31.12.26")


def test_an_offset_is_kept_and_orders_the_rows() -> None:
    """Half past nine in Berlin is before nine in London."""
    found = diary("2026-03-02T09:00:00Z,baseline,5", "2026-03-02T09:30+01:00,baseline,6")
    assert [entry.nrs for entry in found.entries] == [6, 5]
    assert found.entries[0].at.utcoffset() == timedelta(hours=1)
    assert found.entries[1].at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert "sorted" in found.notes[0]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_a_spreadsheet_saves_is_read(separator: str, end: str, mark: str) -> None:
    """Any separator, line end and mark; quoted separators, empty lines, spaces, capitals, and columns in any order."""
    rows = [
        ["Phase", " NRS", "Time", "Note", "rescue MME"],
        ["Baseline", "7", "2026-03-02 08:00", f'"slept badly{separator} ""again"""', ""],
        [""] * 5,
        ["TRIAL ", " 3.5", "2026-03-03 08:00", '"two\nlines"', "15 mg"],
        ["trial", "", "2026-03-04 08:00", "", ""],
    ]
    text = mark + end.join(separator.join(row) for row in rows) + end
    found = parse_diary(text, "d.csv").entries
    assert [(entry.phase, entry.nrs, entry.rescue_mme) for entry in found] == [
        ("baseline", 7, None),
        ("trial", 3.5, 15),
        ("trial", None, None),
    ]
    assert found[0].note.split() == f'slept badly{separator} "again"'.split()
    assert [entry.line for entry in found] == [2, 4, 6]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2026-13-02,trial,3", "does not exist; write a date of the calendar"),
        ("2026-02-30 10:00,trial,3", "does not exist"),
        ("2026-03-02 24:00,trial,3", "is the next day; write 2026-03-03 00:00"),
        ("2026-03-02 25:10,trial,3", "does not exist; write a time from 00:00 to 23:59"),
        ("2026-03-02 10.30,trial,3", "no time of day"),
        (",trial,3", "time is empty"),
        ("yesterday,trial,3", "is not a time"),
        ("1926-03-02,trial,3", "the year 1926 is not plausible"),
        ("2026-03-02,trail,3", 'did you mean "trial"'),
        ("2026-03-02,,3", "neither baseline nor trial"),
        ("2026-03-02,trial,11", "nrs 11 is above 10; write a score from 0 to 10"),
        ("2026-03-02,trial,65", r"divided by 10 \(6.5\)"),
        ('2026-03-02,trial,"6,5"', '"6,5" has a comma; write 6.5'),
        ("2026-03-02,trial,6,5,,,,,,,,", "12 cells and the first line 11; .* write 6.5 and not 6,5"),
        ("2026-03-02,trial,-1", "nrs -1 is negative"),
        ("2026-03-02,trial,nan", "is not a number"),
        ("2026-03-02,trial,.5", "write 0.5"),
        ("2026-03-02,trial,3,-4", "rescue_mme -4 is negative"),
        ("2026-03-02,trial,3,4000", "rescue_mme 4000 mg is not plausible"),
        ("2026-03-02,trial,3,,,,great", "better, same or worse"),
        ("2026-03-02,trial,3,,,,,0.5", 'dose: "0.5" has no unit; write'),
        ("2026-03-02,trial,3,,,,,,,epidual", 'did you mean "epidural"'),
        ('2026-03-02,trial,3,,"x', "a quote is opened and never closed"),
    ],
)
def test_a_wrong_row_is_named_with_its_line_and_what_would_be_right(row: str, told: str) -> None:
    """One message for the row, whatever is wrong in it."""
    with pytest.raises(InputError, match=rf"^diary.csv, line 3: .*{told}"):
        diary("2026-03-01,baseline,7", row)


def test_all_wrong_rows_are_named() -> None:
    """The first in full, the others by line."""
    rows = ["2026-03-01,baseline,7", "x,trial,1", "2026-03-02,trial,3", "2026-03-03,trial,99", "2026-03-04,tr,3"]
    with pytest.raises(DiaryError, match=r"line 3: .* \(2 more wrong: line 5, 6\)$"):
        diary(*rows)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("time,phase", 'no column "nrs"'),
        ("time,phase,nrs,resque_mme", 'unknown column "resque_mme"; did you mean "rescue_mme"'),
        ("time,phase,nrs,NRS", '"nrs" stands twice'),
        ("2026-03-01,baseline,7", "are no names of columns; begin with a line that names them: time,phase,nrs"),
        ("", "the file is empty"),
        ("time,phase,nrs", "there is no entry"),
    ],
)
def test_wrong_columns_are_refused(head: str, told: str) -> None:
    """The nearest name is offered."""
    with pytest.raises(DiaryError, match=told):
        parse_diary(head + "\n", "d.csv")


def test_contradictions_between_rows_are_refused_and_copies_count_once() -> None:
    """Two scores at one time; an offset in one row alone; a baseline after the trial began."""
    assert len(diary("2026-03-01,baseline,7", "2026-03-01,baseline,7").entries) == 1
    for rows, told in (
        (("2026-03-01,baseline,7", "2026-03-01,baseline,6"), "line 3: its time is that of line 2"),
        (("2026-03-01 08:00Z,baseline,7", "2026-03-02 08:00,baseline,6"), "line 3: its time has no offset"),
        (("2026-03-01,trial,7", "2026-03-02,baseline,6"), "line 3: a baseline entry is later than .*line 2"),
    ):
        with pytest.raises(DiaryError, match=told):
            diary(*rows)


def test_files_that_are_no_diary_are_refused(tmp_path: object) -> None:
    """A file that is not there, a folder, text of another encoding, a therapy file."""
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "wide.csv").write_text("time,phase,nrs\n", encoding="utf-16")
    (folder / "latin.csv").write_bytes(b"time,phase,nrs,note\n2026-03-01,trial,3,\xfcbel\n")
    for name, told in (
        ("none.csv", "no such file"),
        (".", "directory"),
        ("wide.csv", "UTF-16"),
        ("latin.csv", "line 2"),
    ):
        with pytest.raises(InputError, match=told):
            load_diary(folder / name)
    with pytest.raises(DiaryError, match="no names of columns"):
        load_diary(Path(__file__).parents[2] / "examples" / "mri.toml")


def test_ten_thousand_rows_are_read() -> None:
    """A score every ten minutes for ten weeks."""
    start = datetime(2026, 3, 1)  # noqa: DTZ001
    rows = [f"{(start + timedelta(minutes=10 * row)).isoformat()},trial,{row % 11}" for row in range(10_000)]
    assert len(diary(*rows).entries) == 10_000
