"""A review as text."""

from __future__ import annotations

from textwrap import fill

from intrathecal.cli.summary import number, table
from intrathecal.programmer.review import Finding, Review

WIDTH = 110
SAID = {
    "accept": "ACCEPT: nothing stands against it",
    "confirm": "CONFIRM: a person must confirm each soft finding with a reason",
    "refuse": "REFUSE: it must not be sent",
}


def review_text(found: Review) -> str:
    """Figures, findings and the decision."""
    figures, case = found.figures, found.case
    lines = [f"{case.therapy.title}, judged at {case.at:%Y-%m-%d %H:%M}", ""]
    rows = []
    for drug, daily in figures["daily_dose_ug"].items():
        change = figures["change_percent"][drug]
        worst = figures["worst_case_daily_dose_ug"][drug]
        rows.append((drug, case.shown(daily, drug), case.shown(worst, drug), _percent(change)))
    lines += table(("", "a day", "at most in 24 h", "change"), rows, left=(0,))
    lines.append(
        f"flow {number(figures['rate_mL_per_day'])} mL/day; catheter {number(figures['catheter_volume_mL'])} mL, "
        f"pump tubing {number(figures['pump_tubing_mL'])} mL"
    )
    low, pressed = figures["low_reservoir_at"], figures["worst_case_low_reservoir_at"]
    lines.append(
        f"reservoir low {_date(low)}"
        + ("" if low == pressed else f", with all presses {_date(pressed)}")
        + f"; refill due {_date(figures['refill_due_at'])}"
        + (f" ({figures['refill_due_reason']})" if figures["refill_due_reason"] else "")
    )
    bridge = figures["bridge"]
    if bridge["needed"]:
        lines.append(
            f"bridge {number(bridge['volume_mL'])} mL at {number(bridge['rate_mL_per_day'])} mL/day for "
            f"{number(bridge['duration_h'])} h; without it {number(bridge['skipped_dose_percent'])} % of the dose for "
            f"{number(bridge['skipped_for_h'])} h"
        )
    lines.append("")
    for finding in found.findings:
        lines += _finding(finding)
    lines.append(SAID[found.decision] + (", and a second person must look" if found.second_person else ""))
    return "\n".join(lines) + "\n"


def _finding(finding: Finding) -> list[str]:
    said = f"{finding.severity.upper():<4}  {finding.message} ({finding.code}"
    source = f"; {finding.source}" if finding.source else ""
    unchecked = ", unchecked" if finding.verified is False else ""
    return [fill(f"{said}{source}{unchecked})", WIDTH, subsequent_indent="      ")]


def _percent(change: float | None) -> str:
    return "-" if change is None else f"{'+' if change > 0 else ''}{number(change)} %"


def _date(text: str | None) -> str:
    return "never" if text is None else text[:10]
