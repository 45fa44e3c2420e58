"""What the long tests measured is shown at their end."""

from __future__ import annotations

import json
from collections import Counter

import pytest

#: The property under which a part of the torture records its figures.
TORTURE = "torture"
HOUR_S = 3600


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The sums over all parts of the torture."""
    parts = [
        json.loads(value)
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        for name, value in report.user_properties
        if name == TORTURE
    ]
    if not parts:
        return
    sums: Counter[str] = Counter()
    for part in parts:
        sums.update({name: value for name, value in part.items() if name != "faults"})
        sums.update({"faults": sum(part["faults"].values())})
    per_hour = sums["pump_years"] * HOUR_S / sums["core_s"]
    terminalreporter.section("torture")
    terminalreporter.line(
        f"{sums['pump_years']:.0f} pump-years in {sums['lives']} lives, {sums['faults']} faults, "
        f"{sums['strokes']} drive steps, {sums['single_steps']} of them and {sums['single_acts']} acts made singly, "
        f"{sums['checks']} checks of all invariants, {sums['violations']} violations, "
        f"{per_hour:.0f} pump-years per core-hour"
    )
