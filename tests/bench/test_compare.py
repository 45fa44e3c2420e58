"""The bench itself on a small workload: what it finds, and what it writes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bench.compare import RUNS, compare
from bench.contenders import LINEAR
from bench.limits import Limits
from bench.picture import draw
from bench.progress import Progress
from bench.running import write
from bench.tables import Bar, Table, markdown, shown
from tests.bench.decay import decay

SOME = Limits(core_gflops=50.0, dgemm_gflops=40.0, dgemm_two_gflops=80.0, triad_gb_s=15.0)


def test_methods_are_compared_side_by_side() -> None:
    """The exact one has no tolerance and no error, CVODE the loosest that is good enough; both were run five times."""
    methods = [one for one in LINEAR if one.name in ("own, dense modes", "CVODE banded")]
    progress = Progress((60.0,))
    progress.enter("test")
    summary, detail = compare(decay(), methods, SOME, progress)
    own, cvode = summary.rows
    assert own["tolerance"] is None
    assert float(str(own["largest error"])) < 1e-12
    assert float(str(own["mass"])) < 1e-12
    assert 1e-6 < float(str(cvode["largest error"])) <= 1e-4
    assert float(str(cvode["tolerance"])) >= 1e-6
    assert own["runs"] == cvode["runs"] == RUNS
    assert cvode["faster"] == 1.0
    assert float(str(own["faster"])) == pytest.approx(float(str(cvode["run, s"])) / float(str(own["run, s"])))
    assert [row["output"] for row in detail.rows] == ["first", "second"]
    worst = max(float(str(row["CVODE banded"])) for row in detail.rows)
    assert worst == cvode["largest error"]


def test_a_table_is_written_as_it_is_given() -> None:
    """Every cell under its column, in order; a missing number is an empty cell."""
    table = Table("T", [{"name": "a", "time": 0.5}, {"name": "b", "time": None, "more": 3}], ["a note"])
    assert markdown(table).splitlines() == [
        "## T",
        "",
        "| name | time | more |",
        "|---|--:|--:|",
        "| a | 0.5 |  |",
        "| b |  | 3 |",
        "",
        "- a note",
    ]


def test_numbers_are_shown_with_three_digits() -> None:
    """Small ones with an exponent, large ones whole, with thousands parted."""
    assert [shown(one) for one in (0.0, 12345, 1.2345, 123.456, 98765.4, 4.56e-5)] == [
        "0",
        "12,345",
        "1.23",
        "123",
        "98,765",
        "4.6e-05",
    ]


def test_results_are_written_as_page_numbers_and_picture(tmp_path: Path) -> None:
    """The JSON has the rows as they were measured, the page every table, the picture every bar with its figure."""
    bars = [Bar("W", "mine", 0.001, own=True), Bar("W", "theirs", 2.0, own=False)]
    table = Table("W", [{"method": "mine", "run, s": 0.001}], ["note"], bars)
    write(tmp_path, {"part": [table]}, SOME, {"part": 1.5})
    told = json.loads((tmp_path / "bench.json").read_text())
    assert told["sections"]["part"]["tables"][0]["rows"] == [{"method": "mine", "run, s": 0.001}]
    assert told["limits"]["core_gflops"] == 50.0
    assert markdown(table) in (tmp_path / "bench.md").read_text()
    seen = "".join(ElementTree.parse(tmp_path / "bench.svg").getroot().itertext())  # noqa: S314 it was written just now
    assert all(text in seen for text in ("W: mine", "W: theirs", "0.001 s", "2 s"))


def test_the_same_bars_give_the_same_picture(tmp_path: Path) -> None:
    """Bit for bit, so that a repository shows a change only where there is one."""
    bars = [Bar("W", "mine", 0.001, own=True)]
    for name in ("a.svg", "b.svg"):
        draw(bars, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
