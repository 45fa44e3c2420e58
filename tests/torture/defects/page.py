"""Write docs/torture-defects.md: ``python -m tests.torture.defects.page``."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.torture.defects.defect import DAY, HOUR, MINUTE, SECOND, Situation
from tests.torture.defects.every import DEFECTS, SUBJECTS

from intrathecal.torture.plan import Happening
from intrathecal.torture.violation import RULES

PAGE = Path(__file__).parents[3] / "docs" / "torture-defects.md"
UNITS = {"d": DAY, "h": HOUR, "min": MINUTE, "s": SECOND}


def page() -> str:
    """The text of the page."""
    rules = sorted({defect.rule for defect in DEFECTS})
    lines = [
        "# The net catches",
        "",
        "Written by `python -m tests.torture.defects.page`; change `tests/torture/defects` and not this file.",
        "",
        f"A net in which nothing is caught may have holes. {len(DEFECTS)} mistakes that pumps like this one have had, or that",
        "this one was built to avoid, can be switched on in the tests, one at a time; the torture must find each in a short",
        "life made for it, and through the invariant that is meant for it. The same lives without a defect break nothing",
        "(`tests/torture/test_defects.py`).",
        "",
        "For research and teaching: this pump is no medical device.",
        "",
        f"## Invariants that catch ({len(rules)} of {len(RULES)})",
        "",
        "| rule | invariant | defects |",
        "|---|---|---|",
        *(f"| {rule} | {RULES[rule]} | {sum(defect.rule == rule for defect in DEFECTS)} |" for rule in rules),
        "",
        f"Without a defect: {', '.join(f'`{rule}`' for rule in RULES if rule not in rules)}, which holds the simulated world to",
        "account and not the pump.",
    ]
    for subject, defects in SUBJECTS.items():
        head = ["| defect | what it does | the life that shows it | rule |", "|---|---|---|---|"]
        lines += ["", f"## {subject}", "", *head]
        lines += [
            f"| {defect.name} | {defect.does} | {_life(defect.situation)} | {defect.rule} |" for defect in defects
        ]
    return "\n".join(lines) + "\n"


def _life(situation: Situation) -> str:
    """A life in words."""
    plan = situation.plan
    told = [_happened(list(group)) for _, group in groupby(plan.happenings, key=lambda happening: happening.kind)]
    return ", ".join([f"{plan.model} for {_time(plan.lasts)}", *told])


def _happened(alike: list[Happening]) -> str:
    first, last = _time(alike[0].at), _time(alike[-1].at)
    if len(alike) == 1:
        return f"{alike[0].kind} after {first}"
    return f"{len(alike)} times {alike[0].kind} from {first} to {last}"


def _time(ms: int) -> str:
    """In the longest unit of which it is one or more."""
    unit, length = next((unit, length) for unit, length in UNITS.items() if ms >= length)
    return f"{ms / length:.3g} {unit}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
