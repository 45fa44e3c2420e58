"""One screen that says what a run did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from intrathecal.quantities import rounded

Figures = dict[str, Any]

#: The levels that fit on a screen.
LEVELS = ("C2", "C5", "T1", "T4", "T7", "T10", "T12", "L2", "L4", "S1")
#: As many rows of daily doses, and side effects, as fit beside the rest.
MOST_DOSE_ROWS = 10
MOST_SIDE_EFFECTS = 4
LEDGER = (
    ("entered", "entered_ug"),
    ("reservoir", "reservoir_ug"),
    ("tubing, catheter", "pump_tubing_ug", "catheter_ug"),
    ("CSF, cord, epidural", "csf_ug", "cord_ug", "epidural_ug"),
    ("body", "body_ug"),
    ("eliminated", "eliminated_ug"),
    ("removed", "removed_ug"),
    ("leaked, pocket", "leaked_ug", "pocket_ug"),
    ("degraded", "degraded_ug"),
)


def summary(figures: Figures) -> str:
    """The summary as text; it fits a screen."""
    lines = [f"{figures['title']}: {number(figures['days'], 7)} days"]
    for part in (_relief, _pump, _refill, _doses, _alarms, _concentrations, _ledger, _assumed):
        lines += part(figures)
    return "\n".join(lines) + "\n"


def number(value: float | None, digits: int = 4) -> str:
    """A figure as `rounded` shows it, or a dash where there is none."""
    return "-" if value is None else rounded(value, digits)


def _relief(figures: Figures) -> list[str]:
    """What the patient feels, how often the handset was pressed, and what else the drugs do."""
    relief = figures["relief"]
    scale = "pain" if relief["pain_mean"] is not None else "spasticity"
    before, mean, percent = relief[f"{scale}_before"], relief[f"{scale}_mean"], relief["relief_percent"]
    lasted = "last 7 days" if figures["days"] >= 7 else "whole run"
    hours = relief["hours_to_half_relief"]
    half = "" if hours is None else f", half of that after {number(hours, 2)} h"
    lines = [
        f"{scale.capitalize()} {number(round(before, 1))} before, {number(round(mean, 1))} on average in the {lasted}"
        + ("" if percent is None else f": relief {percent:.0f}%{half}")
    ]
    if relief["presses_given"] or relief["presses_refused"]:
        reasons = ", ".join(f"{reason} {count}" for reason, count in relief["presses_refused_because"].items())
        refused = f"{relief['presses_refused']} refused" + (f" ({reasons})" if reasons else "")
        lines.append(f"Handset: {relief['presses_given']} presses given, {refused}")
    likely = sorted(relief["side_effects"].items(), key=lambda item: -item[1])[:MOST_SIDE_EFFECTS]
    told = (
        "; at some time " + ", ".join(f"{name.replace('-', ' ')} {share:.0%}" for name, share in likely)
        if likely
        else ""
    )
    return [*lines, f"Breathing at its lowest {relief['breathing_fraction_min']:.0%} of normal{told}"]


def _pump(figures: Figures) -> list[str]:
    pump = figures["pump"]
    if pump is None:
        return ["No pump."]
    battery = "" if pump["battery_fraction"] is None else f", battery {pump['battery_fraction']:.0%}"
    lines = [
        f"{pump['model']}: counted {number(pump['counted_mL'])} mL, delivered {number(pump['delivered_mL'])} mL; "
        f"reservoir {number(pump['reservoir_mL'])} mL believed, {number(pump['reservoir_true_mL'])} mL true{battery}"
    ]
    for item in pump["inexact"]:
        runs = f"asked {number(item['asked'])}, runs {number(item['delivered'])} {item['unit']}"
        lines.append(f"Not exact from {day(item['from'])}: {item['clause']} {runs} ({item['reason']})")
    return lines


def _refill(figures: Figures) -> list[str]:
    refill = figures["refill"]
    if refill is None:
        return []
    done = ", ".join(f"{day(item['at'])} ({number(item['believed_left_mL'])} mL left)" for item in figures["refills"])
    low = (
        f"Low reservoir: {day(refill['low_reservoir_at'])}; with all presses {day(refill['worst_case_low_reservoir_at'])}; "
        f"at the fast end of the accuracy {day(refill['fastest_low_reservoir_at'])}"
    )
    return [f"Refilled: {done or 'not yet'}. Next due {day(refill['due_at'])} ({refill['due_reason']})", low]


def _doses(figures: Figures) -> list[str]:
    """Neighbouring days with the same doses are one row; where days differ too often, each row is a mean of some weeks.

    A day is 24 hours from the time of the first fill.
    """
    drugs, daily = figures["drugs"], figures["daily"]
    if not daily:
        return []
    rows = _same_days(drugs, daily, 1)
    days = 7
    while len(rows) > MOST_DOSE_ROWS:
        rows, meant, days = _same_days(drugs, daily, days), f", means of {days} days", days + 7
    clock = f"mcg per 24 h from {day(daily[0]['from'])[-5:]}" + (meant if days > 7 else "")
    head = [clock, *(f"{drug} {what}" for drug in drugs for what in ("asked", "at tip"))]
    body = [[first[:11] if first == last else f"{first[:11]} - {last[:11]}", *doses] for first, last, doses in rows]
    return ["", *table(head, body)]


def _same_days(drugs: Sequence[str], daily: Sequence[Figures], days: int) -> list[tuple[str, str, list[str]]]:
    """First day, last day and mean doses of so many days at a time, neighbours that are alike joined."""
    rows: list[tuple[str, str, list[str]]] = []
    for start in range(0, len(daily), days):
        block = daily[start : start + days]
        means = [
            sum(item["doses"][drug][key] for item in block) / len(block)
            for drug in drugs
            for key in ("asked_ug", "delivered_ug")
        ]
        doses = [number(mean, 3) for mean in means]
        first = rows.pop()[0] if rows and rows[-1][2] == doses else day(block[0]["from"])
        rows.append((first, day(block[-1]["from"]), doses))
    return rows


def _alarms(figures: Figures) -> list[str]:
    alarms = figures["pump"]["alarms"] if figures["pump"] else []
    told = "; ".join(f"{item['alarm']} ({item['priority']}) {day(item['at'])}" for item in alarms)
    return ["", f"Alarms: {told or 'none'}"] if figures["pump"] else []


def _concentrations(figures: Figures) -> list[str]:
    exposure = figures["exposure"]
    if not exposure:
        return ["No drug was given."]
    sites = [site for site in ("tip", *LEVELS, "cisterna_magna", "plasma") if any(exposure[d][site] for d in exposure)]
    head = ["mcg/mL", *(site.replace("cisterna_magna", "cist. magna") for site in sites)]
    body = []
    for drug, seen in exposure.items():
        for what in ("mean", "peak"):
            cells = [number(seen[site][f"{what}_ug_per_mL"], 3) for site in sites]
            body.append([f"{drug} {what}", *cells])
    return ["", *table(head, body)]


def _ledger(figures: Figures) -> list[str]:
    ledger = figures["ledger"]
    if not ledger:
        return []
    body = [[name, *(number(sum(row[key] for key in keys), 7) for row in ledger.values())] for name, *keys in LEDGER]
    body.append(["relative error", *(f"{row['relative_error']:.0e}" for row in ledger.values())])
    return ["", *table(["Ledger, mcg", *ledger], body)]


def _assumed(figures: Figures) -> list[str]:
    lines = ["", "Assumed:", *(f"  {sentence}" for sentence in figures["assumptions"])]
    return [
        *lines,
        f"  {len(figures['unverified'])} values are not verified: intrathecal cite lists them with their sources.",
    ]


def validation_table(figures: Figures) -> str:
    """Published measurements beside what the model makes of them."""
    head = ["role", "published", "band", "model", "ratio", "inside", "quantity"]
    body = [
        [
            target["role"],
            number(target["published"]),
            f"{number(target['low'])}-{number(target['high'])}",
            number(target["predicted"], 3),
            f"{target['ratio']:.2f}",
            "yes" if target["inside"] else "NO",
            target["quantity"],
        ]
        for target in figures["targets"]
    ]
    lines = table(head, body, left=(0, 6))
    return "\n".join([*lines, f"{figures['inside_fraction']:.0%} inside; what was fitted is no prediction."]) + "\n"


def day(at: str | None) -> str:
    """A date and time that cannot be misread."""
    if at is None:
        return "-"
    from datetime import datetime

    return f"{datetime.fromisoformat(at):%d %b %Y %H:%M}"


def table(head: Sequence[str], body: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> list[str]:
    """Rows in columns; the ``left`` ones begin at the left, the others end at the right."""
    widths = [max(len(row[column]) for row in (head, *body)) for column in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *body)
    ]
