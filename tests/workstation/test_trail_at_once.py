"""Many write into the one audit trail at once: none waits for another for ever, fails, or writes twice or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.workstation.postgres import Cluster

from intrathecal import workstation

#: Fewer wrong links than the limit of one address.
ROUNDS = 8


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_changes_and_looks_at_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Two change the same two patients, each in the other's order; two look at pages that note it. On both databases."""
    url = f"sqlite:///{tmp_path / 'clinic.sqlite3'}"
    if kind == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres")
        url = cluster.create("crossing")
    done = subprocess.run(
        [sys.executable, "-m", "tests.workstation.crossing", str(ROUNDS)],
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.stdout == f"failed 0 []; grams [{2 * ROUNDS}, {2 * ROUNDS}]; wrong []\n", (
        done.stdout + done.stderr[-2000:]
    )


def test_records_are_locked_after_the_trail() -> None:
    """In no other order: whoever locks a record does so by `trail.locked`."""
    (root,) = workstation.__path__
    found = {
        str(path.relative_to(root))
        for path in Path(root).rglob("*.py")
        for line in path.read_text().splitlines()
        if "select_for_update" in line and "Head.objects" not in line
    }
    assert found == {"clinic/trail.py"}
