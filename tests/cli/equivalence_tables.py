"""The tables of docs/equivalence.md, made of the command's figures; ``python -m tests.cli.equivalence_tables`` prints them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from intrathecal.catalogue import load_catalogue
from intrathecal.cli.summary import number

ROOT = Path(__file__).parents[2]
ROUTES = ("oral", "intravenous", "epidural", "intrathecal")
Figures = dict[str, Any]


def answer(drug: str) -> Figures:
    """What the command says about ``drug``, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "intrathecal", "equivalence", drug, "--json", "-"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=True,
    )
    figures: Figures = json.loads(done.stdout)
    return figures


def ratio_rows(figures: Figures) -> list[str]:
    """A row for every basis and patient: ratios with intervals, and the intrathecal dose a day."""
    rows = []
    for case in _distinct(figures):
        opioid = _distinct(figures)[1]["basis"] == "effect"
        who = f"effect, {case['patient']}" if case["basis"] == "effect" and opioid else case["basis"]
        cells = [figures["drug"], who, *(_ratio(case, route) for route in ROUTES[:-1]), _dose(figures, case)]
        rows.append(_row(cells))
    return rows


def onset_rows(figures: Figures) -> list[str]:
    """A row of minutes and hours to half of the greatest effect: by one dose and by a constant one, for the first case."""
    times = [_time(figures[key][route]) for key in ("onset_min", "onset_infusion_min") for route in ROUTES]
    return [_row([figures["drug"], *times])]


def hanging_rows(figures: Figures) -> list[str]:
    """A row for every ratio by effect of the first case: the three values that it hangs on most."""
    return [
        _row([figures["drug"], route, *(_hanging(one) for one in hangs[:3])])
        for route, hangs in figures["sensitivity_of"].items()
    ]


def _distinct(figures: Figures) -> list[Figures]:
    """By effect, both patients where they differ, and by concentration, which is the same for both."""
    tolerant, naive, csf = figures, figures["other"][0], figures["other"][1]
    return [tolerant, naive, csf] if tolerant["epidural"] != naive["epidural"] else [tolerant, csf]


def _ratio(case: Figures, route: str) -> str:
    if case[route] is None:
        return "-"
    low, high = case["interval"][route]
    return f"{number(case[route], 3)} ({number(low, 3)}-{number(high, 3)})"


def _dose(figures: Figures, case: Figures) -> str:
    unit = figures["customary_mass_unit"]
    return f"{number(case['dose_ug_per_day']['intrathecal'] / (1000 if unit == 'mg' else 1), 3)} {unit}"


def _time(minutes: float | None) -> str:
    if minutes is None:
        return "-"
    return f"{number(minutes, 2)} min" if minutes < 120 else f"{number(minutes / 60, 2)} h"


def _hanging(one: Figures) -> str:
    return f"`{one['name']}` {one['value_low']} to {one['value_high']}: {number(one['low'], 3)} to {number(one['high'], 3)}"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the rows of all three tables."""
    answers = [answer(drug) for drug in load_catalogue().drugs]
    for rows in (ratio_rows, onset_rows, hanging_rows):
        sys.stdout.write("\n".join(row for figures in answers for row in rows(figures)) + "\n\n")


if __name__ == "__main__":
    main()
