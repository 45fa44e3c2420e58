"""What was read from a pump, and a program before it is sent, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from intrathecal.cli.summary import number, table

if TYPE_CHECKING:
    from intrathecal.programmer.programming import Proposal

#: Log entries that are shown; the JSON has all.
SHOWN = 12


def reading_text(found: dict[str, Any]) -> str:
    """The figures of `interrogate` as text."""
    lines = [f"pump {found['identity']} ({found['model']}), its clock {found['time']}"]
    lines += found["settled"]
    if found["failed"]:
        lines.append(f"FAILED SAFE: {found['failed']}")
    if found["program_text"] is None:
        lines.append("not filled yet: nothing is given")
    else:
        lines += _counted(found)
    lines.append(f"delivery {found['delivery']}")
    lines += [f"ALARM {alarm['alarm']} ({alarm['priority']}) since {alarm['at']}" for alarm in found["alarms"]]
    keys = [(key["role"], key["name"], key["fingerprint"]) for key in found["keys"]]
    lines += ["", *table(("keys", "name", "fingerprint"), keys, left=(0, 1, 2))]
    lines += ["", f"log, the last {min(SHOWN, len(found['log']))} of {len(found['log'])} entries"]
    lines += [f"  {_entry(entry)}" for entry in found["log"][-SHOWN:]]
    return "\n".join(lines) + "\n"


def proposal_text(proposal: Proposal) -> str:
    """Old beside new, and what the pump can only approach."""
    reading = proposal.reading
    lines = [f"pump {reading.serial} ({reading.model})", ""]
    body = [(row.field, row.old or "-", row.new or "-", row.change) for row in proposal.rows]
    lines += table(("", "runs now", "new", "change"), body, left=(0, 1, 2, 3))
    for item in proposal.inexact:
        lines.append(
            f"{item.clause}: asked {number(item.asked, 6)}, given {number(item.delivered, 6)} {item.unit}: {item.reason}"
        )
    return "\n".join(lines) + "\n"


def _counted(found: dict[str, Any]) -> list[str]:
    lines = ["program"]
    lines += [f"  {line}" for line in found["program_text"].splitlines()]
    if found["stopped"]:
        lines.append("STOPPED by a programmer: nothing is given")
    if found["bridge_running"]:
        lines.append("a bridge is running")
    flow, asked = number(found["flow_mL_per_day"]), number(found["asked_mL_per_day"])
    lines.append(f"flow now {flow} mL/day (millilitres a day), asked {asked} mL/day")
    lines.append(f"counted {number(found['counted_mL'], 6)} mL, in the reservoir {number(found['reservoir_mL'], 6)} mL")
    for drug, dose in found["doses_ug"].items():
        lines.append(f"{drug}: {number(dose, 6)} mcg (micrograms) counted since the first fill")
    if found["battery_fraction"] is not None:
        lines.append(f"battery {number(100 * found['battery_fraction'], 3)} %")
    return lines


def _entry(entry: dict[str, Any]) -> str:
    by = f", {entry['by']}" if entry["by"] else ""
    count = f" ({entry['count']} times)" if entry["count"] > 1 else ""
    return f"{entry['at']}  {entry['kind']}: {entry['text']}{count}{by}"
