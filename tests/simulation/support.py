"""Therapy files for the tests of whole runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from intrathecal.simulation.api import Run, simulate
from intrathecal.simulation.errors import SimulationError
from intrathecal.therapy import Therapy, parse_therapy

HEAD = """
[patient]
height = "172 cm"
weight = "78 kg"{patient}

[pump]
model = "{pump}"
drive_error = "{drive_error}"

[catheter]
model = "{catheter}"
removed = "{removed}"
tip = "{tip}"

[[drug]]
name = "morphine"
concentration = "{concentration}"

[fill]
volume = "{volume}"
at = 2026-03-02T10:00:00
primed = "{primed}"

[program]
text = '''
{program}
'''

[simulation]
days = {days}
presses = {presses}
seed = 3
"""
DEFAULTS = {
    "patient": "",
    "pump": "synchromed-ii-20",
    "drive_error": "0 %",
    "catheter": "ascenda-8781",
    "removed": "31 cm",
    "tip": "T10",
    "concentration": "10 mg/mL",
    "volume": "20 mL",
    "primed": "tip",
    "program": "2.4 mg/day",
    "days": "4",
    "presses": '"never"',
}


def therapy_text(*events: str, **changes: str) -> str:
    """A therapy file of one drug; events are what stands in ``[[event]]``, ``patient`` what is added to its table."""
    filled = {**DEFAULTS, **changes}
    filled["patient"] = f"\n{filled['patient']}" if filled["patient"] else ""
    return HEAD.format(**filled) + "".join(f"\n[[event]]\n{event}\n" for event in events)


def therapy(*events: str, **changes: str) -> Therapy:
    """The therapy of such a file."""
    return parse_therapy(therapy_text(*events, **changes), "test.toml", Path())


def run(*events: str, every_ms: int = 3_600_000, **changes: str) -> Run:
    """Such a therapy, simulated."""
    return simulate(therapy(*events, **changes), every_ms=every_ms, profiles=())


def ledger(done: Run, drug: str = "morphine") -> dict[str, float]:
    """The row of a drug."""
    row: dict[str, float] = done.figures["ledger"][drug]
    return row


def check_ledger(text: str) -> None:
    """Simulate a therapy and demand that nothing is lost; an event that cannot happen at its moment is no loss."""
    plan = parse_therapy(text, "random.toml", Path())
    try:
        figures = simulate(plan, every_ms=6 * 3_600_000, profiles=()).figures
    except SimulationError:
        return  # test_refusals has the words
    assert figures["ledger"]
    for row in figures["ledger"].values():
        assert row["relative_error"] <= 1e-9
        assert min(row.values()) >= 0
        parts = [value for key, value in row.items() if key.endswith("_ug") and key != "entered_ug"]
        assert sum(parts) == pytest.approx(row["entered_ug"], rel=1e-9)
