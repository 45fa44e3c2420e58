"""Tables of earlier refills."""

from __future__ import annotations

from pathlib import Path

import pytest

from intrathecal.care.errors import HistoryError
from intrathecal.care.history import parse_history, read_history
from intrathecal.programmer.refilling import Residual

HEADER = "time,filled_mL,expected_mL,measured_mL\n"


def known(time: str, measured: float) -> Residual:
    """A therapy file that knows every fill."""
    return Residual(None, 18, 5, measured)


def test_refills_are_read_in_their_order() -> None:
    """Volumes in mL with or without the unit, columns in any order, dates that cannot be misread."""
    found = parse_history(
        "measured_mL,time,expected_mL,filled_mL\n8.1 mL,2026-02-19,6.5,20\n7,2026-04-01 10:00,6,20\n", "x", known
    )

    assert [(one.filled_mL, one.expected_mL, one.measured_mL) for one in found] == [(20, 6.5, 8.1), (20, 6, 7)]
    assert found[0].at is not None
    assert f"{found[0].at:%Y-%m-%d}" == "2026-02-19"


def test_the_therapy_file_completes_a_row() -> None:
    """Without what was filled in and expected, the file of the therapy is asked."""
    found = parse_history("time,measured_mL\n2026-02-19,8.1\n", "x", known)
    also = parse_history(HEADER + "2026-02-19,,,8.1\n", "x", known)

    assert found == also == [Residual(None, 18, 5, 8.1)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_of_spreadsheets_are_read(separator: str) -> None:
    """Semicolons or tabs between the cells, and capitals in the names of columns."""
    text = "Time,Filled_mL,expected_ml,MEASURED_ML\n2026-02-19,20,6.5,8.1\n".replace(",", separator)
    assert [(one.filled_mL, one.expected_mL, one.measured_mL) for one in parse_history(text, "x", known)] == [
        (20, 6.5, 8.1)
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("time,volume\n", 'line 1: "volume" is no column'),
        ("time,filled_mL\n", "measured_mL is missing"),
        ('time,measured_mL\n"2026-02-19,8.1\n', "close quotes"),
        ("time,time,measured_mL\n", "twice"),
        (HEADER + "2026-02-19,20,6.5\n", "line 2: measured_mL is empty"),
        (HEADER + "2026-02-19,20,6,5,8,1\n", "line 2: it has more cells"),
        (HEADER + "2026-02-19,20,,8.1\n", "expected_mL is empty"),
        (HEADER + "2026-02-19,6,20,8.1\n", "20 mL were expected of 6 mL"),
        (HEADER + ",20,6,8.1\n", "time is empty"),
        (HEADER + "2026-02-19T10:00:00+01:00,20,6,8.1\n", "has an offset"),
        (HEADER + "03/04/2026,20,6,8.1\n", "can be day 3 of month 4"),
        (HEADER + "2026-02-19,20,6,-1\n", "is not possible"),
        (HEADER + "2026-02-19,20,6,.5\n", "write 0.5"),
        (HEADER + "2026-02-19,20,6,8\n2026-02-18,20,6,8\n", "line 3: the time is not after"),
        (HEADER + "2026-02-19,20,6,8\n" * 2, "line 3: the time is not after"),
        (HEADER + "2026-02-19,20,6,8\n" * 1001, "more than any pump has seen"),
    ],
)
def test_tables_that_cannot_be_read(text: str, message: str) -> None:
    """File, line, what is wrong and what would be right."""
    with pytest.raises(HistoryError, match=message):
        parse_history(text, "refills.csv", known)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file and one that is no text end with one sentence."""
    with pytest.raises(HistoryError, match="cannot be read"):
        read_history(tmp_path / "none.csv", known)
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(HistoryError, match="UTF-8"):
        read_history(tmp_path / "bad.csv", known)
    (tmp_path / "good.csv").write_text("\ufefftime,measured_mL\n2026-02-19,8.1\n", encoding="utf-8")
    assert len(read_history(tmp_path / "good.csv", known)) == 1
