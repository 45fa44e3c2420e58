"""More than a thousand pump-years with faults, in parts that are run side by side."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.long.conftest import TORTURE

from intrathecal.torture.campaign import torture

PARTS = 8
YEARS = 126


@pytest.mark.requirement(
    "ACC-1",
    "ACC-2",
    "ACC-3",
    "ACC-4",
    "ACC-5",
    "ACC-6",
    "ACC-9",
    "ACC-10",
    "ACC-13",
    "ACC-14",
    "ACC-15",
    "ACC-16",
    "ACC-19",
    "ACC-20",
    "ACC-22",
)
@pytest.mark.parametrize("seed", range(1, PARTS + 1))
def test_no_fault_of_the_menu_breaks_an_invariant(seed: int, record_property: Callable[[str, object], None]) -> None:
    """Every invariant is checked after every event; a violation says seed, life and step."""
    done = torture(YEARS, seed)
    figures = done.figures | {"violations": len(done.broken), "core_s": done.core_s}
    record_property(TORTURE, json.dumps(figures))
    said = [f"life {broken.life}, step {broken.step}: {broken.violation}" for broken in done.broken]
    assert not said, f"seed {seed}: {said}"
