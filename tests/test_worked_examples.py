"""The page of worked examples names every one of them, and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLES = [
    "E1",
    "E2",
    "E3",
    "E4",
    "E5",
    "E8",
    "E9",
    "E9b",
    "E10",
    "E11",
    "E11c",
    "E12",
    "E13",
    "E14",
    "E15",
    "E16",
    "E18",
]
ROW = re.compile(r"\| (E\d+[bc]?) \|.*\| (\S+) `(test_\w+)` \|")


def test_every_worked_example_has_its_test() -> None:
    """Each row of docs/sums.md names a test of that example's own name."""
    rows = [
        ROW.fullmatch(line) for line in (ROOT / "docs" / "sums.md").read_text().splitlines() if line.startswith("| E")
    ]

    assert [row[1] for row in rows if row] == EXAMPLES
    for row in filter(None, rows):
        assert row[3].startswith(f"test_{row[1].lower()}_")
        assert f"def {row[3]}(" in (ROOT / row[2]).read_text(), row[1]
