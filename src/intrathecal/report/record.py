"""The record of a change of a pump: one page that says what ran, what runs, who sent it and why, and what to watch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from intrathecal.catalogue import CHOSEN, Value
from intrathecal.programmer.changing import Change
from intrathecal.programmer.confirming import Consent
from intrathecal.programmer.figures import iso
from intrathecal.programmer.observing import watches
from intrathecal.programmer.review import Finding, Review
from intrathecal.programmer.sheet import Row
from intrathecal.quantities import plain
from intrathecal.report.paper import paper_page
from intrathecal.report.wording import Clock
from intrathecal.therapy import Therapy

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


@dataclass(frozen=True)
class Entered:
    """A program for a pump that nothing here talks to: people enter it with the maker's programmer, and read it back there.

    ``rows`` are old beside new; ``status`` says how far it is and whether that is ``certain``; ``facts`` are more of it, where
    an empty one is a line to write on.
    """

    plan: Therapy
    digest: str
    serial: str
    review: Review
    consent: Consent
    rows: tuple[Row, ...]
    status: str
    certain: bool
    facts: tuple[tuple[str, str], ...]


def record_page(change: Change) -> str:
    """The record as HTML. It claims that something was read back only where it was."""
    before, after = change.before, change.after
    read = before if after is None else after
    clock = _clock(iso(read.wall_ms, read.offset_minutes))
    return paper_page(
        "record.html.jinja",
        **_judged(change.plan, change.review, change.consent),
        heading=TITLES[change.kind],
        certain=after is not None,
        status=SENT[change.kind] if after is not None else f"DELIVERY UNCERTAIN. {change.doubt}",
        serial=read.serial,
        model=_model(change.plan) or read.model,
        clock=clock,
        facts=(("The pump's clock", clock), ("Sent by", change.consent.by), *_people(change.consent)),
        stopped=before.fill is not None and before.fill.stopped and change.kind == "program",
        column="runs now" if after is not None else "was sent",
        rows=change.rows,
        edited=change.edited,
        digest=change.digest,
    )


def entered_page(entered: Entered) -> str:
    """The record of a program that people enter by hand, as HTML."""
    consent = entered.consent
    return paper_page(
        "record.html.jinja",
        **_judged(entered.plan, entered.review, consent),
        heading="A new program, by hand",
        certain=entered.certain,
        status=entered.status,
        serial=entered.serial,
        model=_model(entered.plan),
        clock="",
        facts=(("Confirmed by", consent.by), *_people(consent), *entered.facts),
        stopped=False,
        column="new",
        rows=entered.rows,
        edited=False,
        digest=entered.digest,
    )


def _people(consent: Consent) -> tuple[tuple[str, str], ...]:
    return ("Second person", consent.second or "none was named"), ("Why", consent.why or "no reason was given")


def _model(plan: Therapy) -> str:
    return "" if plan.pump is None else plan.pump.entry.title


def _judged(plan: Therapy, review: Review | None, consent: Consent) -> dict[str, Any]:
    """What a record says of the patient's file and its review."""
    return {
        "patient": plan.title,
        "file": plan.file,
        "reviewed": review is not None,
        "dates": [] if review is None else _dates(review),
        "watched": [] if review is None else _watched(plan, review),
        "findings": [] if review is None else _findings(review, consent),
    }


def _clock(text: str) -> str:
    """``2 Mar 2026 10:30 (UTC+01:00)``."""
    return f"{Clock.written(text)} (UTC{text[-6:]})"


def _dates(review: Review) -> list[tuple[str, str]]:
    """When the fill must be replaced, and when the pump's alarm for a low reservoir comes."""
    figures = review.figures
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


def _watched(plan: Therapy, review: Review) -> list[dict[str, str]]:
    found = []
    for watch in watches(review.case):
        lasts = watch.lasts
        found.append(
            {
                "drug": plan.catalogue.drugs[watch.drug].title,
                "after": watch.after,
                "lasts": "" if lasts is None else _lasts(lasts),
                "source": "" if lasts is None else _source(plan, lasts),
                "says": watch.says,
            }
        )
    return found


def _lasts(value: Value) -> str:
    words = {"h": "hours", "day": "days"}
    return f"{plain(value.number)} {words.get(value.unit, value.unit)}"


def _source(plan: Therapy, value: Value) -> str:
    references = plan.catalogue.references
    named = "chosen here" if CHOSEN in value.source else "; ".join(references[key].title for key in value.source)
    note = f": {value.note}" if value.note else ""
    return f"{named}{note}{'' if value.verified else ' (unchecked)'}"


def _findings(review: Review, consent: Consent) -> list[Told]:
    reasons = {confirmed.finding: confirmed.reason for confirmed in consent.confirmations}
    return [
        Told(finding.severity, finding.message, _about(finding), reasons.get(finding, ""))
        for finding in review.findings
    ]


def _about(finding: Finding) -> str:
    parts = [finding.code, finding.source or "", "unchecked" if finding.verified is False else ""]
    return "; ".join(part for part in parts if part)
