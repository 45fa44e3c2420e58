"""The record of a change of a pump: one page that says what ran, what runs, who sent it and why, and what to watch."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.catalogue import CHOSEN, Value
from intrathecal.programmer.changing import Change
from intrathecal.programmer.figures import iso
from intrathecal.programmer.observing import watches
from intrathecal.programmer.review import Finding
from intrathecal.quantities import plain
from intrathecal.report.paper import paper_page
from intrathecal.report.wording import Clock

SENT = {
    "program": "Read back from the pump: it runs this program, the same in every field.",
    "refill": "Read back from the pump: it holds this fill, the same in every field.",
    "first fill": "Read back from the pump: it holds this fill, the same in every field. It stands still until it is programmed.",
}
TITLES = {"program": "A new program", "refill": "A refill", "first fill": "The first fill"}
DUE = {"volume": "the reservoir", "stability": "the drug's stability", "visit": "the visit that is booked"}


@dataclass(frozen=True)
class Told:
    """A finding as it stands on paper; ``reason`` is why it was sent all the same."""

    severity: str
    message: str
    about: str
    reason: str


def record_page(change: Change) -> str:
    """The record as HTML. It claims that something was read back only where it was."""
    before, after = change.before, change.after
    read = before if after is None else after
    entry = None if change.plan.pump is None else change.plan.pump.entry
    return paper_page(
        "record.html.jinja",
        heading=TITLES[change.kind],
        certain=after is not None,
        status=SENT[change.kind] if after is not None else f"DELIVERY UNCERTAIN. {change.doubt}",
        patient=change.plan.title,
        serial=read.serial,
        model=read.model if entry is None else entry.title,
        clock=_clock(iso(read.wall_ms, read.offset_minutes)),
        stopped=before.fill is not None and before.fill.stopped and change.kind == "program",
        by=change.consent.by,
        second=change.consent.second,
        why=change.consent.why,
        rows=change.rows,
        dates=_dates(change),
        watched=_watched(change),
        findings=_findings(change),
        reviewed=change.review is not None,
        file=change.plan.file,
        edited=change.edited,
        digest=change.digest,
    )


def _clock(text: str) -> str:
    """``2 Mar 2026 10:30 (UTC+01:00)``."""
    return f"{Clock.written(text)} (UTC{text[-6:]})"


def _dates(change: Change) -> list[tuple[str, str]]:
    """When the fill must be replaced, and when the pump's alarm for a low reservoir comes."""
    if change.review is None:
        return []
    figures = change.review.figures
    reason = figures["refill_due_reason"]
    due = _day(figures["refill_due_at"]) + (f" (by {DUE[reason]})" if reason else "")
    return [
        ("Refill due", due),
        ("Low-reservoir alarm, as programmed", _day(figures["low_reservoir_at"])),
        ("with all presses", _day(figures["worst_case_low_reservoir_at"])),
        ("at the fast end of the pump's accuracy too", _day(figures["fastest_low_reservoir_at"])),
    ]


def _day(text: str | None) -> str:
    return "never" if text is None else _clock(text)


def _watched(change: Change) -> list[dict[str, str]]:
    if change.review is None:
        return []
    found = []
    for watch in watches(change.review.case):
        lasts = watch.lasts
        found.append(
            {
                "drug": change.plan.catalogue.drugs[watch.drug].title,
                "after": watch.after,
                "lasts": "" if lasts is None else _lasts(lasts),
                "source": "" if lasts is None else _source(change, lasts),
                "says": watch.says,
            }
        )
    return found


def _lasts(value: Value) -> str:
    words = {"h": "hours", "day": "days"}
    return f"{plain(value.number)} {words.get(value.unit, value.unit)}"


def _source(change: Change, value: Value) -> str:
    references = change.plan.catalogue.references
    named = "chosen here" if CHOSEN in value.source else "; ".join(references[key].title for key in value.source)
    note = f": {value.note}" if value.note else ""
    return f"{named}{note}{'' if value.verified else ' (unchecked)'}"


def _findings(change: Change) -> list[Told]:
    if change.review is None:
        return []
    reasons = {confirmed.finding: confirmed.reason for confirmed in change.consent.confirmations}
    return [
        Told(finding.severity, finding.message, _about(finding), reasons.get(finding, ""))
        for finding in change.review.findings
    ]


def _about(finding: Finding) -> str:
    parts = [finding.code, finding.source or "", "unchecked" if finding.verified is False else ""]
    return "; ".join(part for part in parts if part)
