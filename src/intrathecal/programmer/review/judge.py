"""The review: figures, findings, and a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from intrathecal.programmer.bridging import bridge_figures
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.figures import figures
from intrathecal.programmer.review.finding import SEVERITIES, Finding
from intrathecal.programmer.review.moment import Change, Implanted, change_of_event, change_of_file
from intrathecal.programmer.review.rule import Rule
from intrathecal.programmer.review.rules import RULES
from intrathecal.programmer.review.side import Side
from intrathecal.quantities import Quantity
from intrathecal.simulation.dates import refill_dates
from intrathecal.therapy import OralOpioid, Therapy

Decision = Literal["accept", "confirm", "refuse"]
NO_OPIOID = Quantity(Decimal(0), "mg/day", "mass rate")


@dataclass(frozen=True)
class Review:
    """What is said of a program before it is sent: ``findings`` with the most severe first, each severity in order of rules."""

    case: Case
    figures: dict[str, Any]
    findings: tuple[Finding, ...]

    @property
    def decision(self) -> Decision:
        """``refuse`` with any hard finding, ``confirm`` with any soft one."""
        found = {finding.severity for finding in self.findings}
        return "refuse" if "hard" in found else "confirm" if "soft" in found else "accept"

    @property
    def second_person(self) -> bool:
        """Whether a finding asks for somebody else's look."""
        return any(finding.second_person for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Decision, figures and findings, ready for JSON."""
        return {
            "decision": self.decision,
            "second_person": self.second_person,
            "figures": self.figures,
            "findings": [finding.to_json() for finding in self.findings],
        }


def review(therapy: Therapy, running: Therapy | None = None, event: int | None = None) -> Review:
    """Judge the file's [program] against what runs, or the refill or program of its ``event``-th event (from 1).

    Raises `TherapyError` for a file without a pump, or an event that cannot be judged.
    """
    return judge(case_of(therapy, running, event), RULES)


def case_of(therapy: Therapy, running: Therapy | None = None, event: int | None = None) -> Case:
    """What the rules are asked about. Raises as `review` does."""
    change = change_of_file(therapy, running) if event is None else change_of_event(therapy, event, running)
    return case_of_change(therapy, running, change)


def case_of_change(therapy: Therapy, running: Therapy | None, change: Change) -> Case:
    """What the rules are asked about a change whose times count from the therapy's first fill."""
    after = Side(therapy, change.after.program, change.after.state)
    source = therapy if running is None else running
    before = None if change.before is None else Side(source, change.before.program, change.before.state)
    state, at_ms = after.state, after.state.now
    dates = refill_dates(therapy, state, change.after.filled_at, at_ms, change.after.held_before)
    bridge = bridge_figures(None if before is None else before.state, state)
    oral_before, oral_after = _oral_opioid(therapy, change)
    return Case(
        therapy=therapy,
        running=running,
        events=change.events,
        pump=change.after.implanted.pump,
        catheter=change.after.implanted.catheter,
        before=before,
        after=after,
        at=Implanted.of(therapy).fill.at + timedelta(milliseconds=at_ms),
        at_ms=at_ms,
        bridge=change.bridge,
        breach=change.breach,
        filled_at_ms=change.after.filled_at,
        held_before=change.after.held_before,
        oral_opioid=oral_before,
        oral_after=oral_after,
        dates=dates,
        figures=figures(before, after, dates, bridge),
    )


def judge(case: Case, rules: Sequence[Rule]) -> Review:
    """Ask every rule about a case."""
    found = [finding for rule in rules for finding in rule(case)]
    return Review(case, dict(case.figures), tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity))))


def _oral_opioid(therapy: Therapy, change: Change) -> tuple[Quantity, Quantity]:
    """The oral opioid until the change and from then on: it stops at the first fill unless an event sets it."""
    at_ms = change.after.state.now
    if not change.events:
        return therapy.patient.oral_opioid, _set_by(therapy, at_ms, NO_OPIOID)
    return _set_by(therapy, at_ms - 1, NO_OPIOID), _set_by(therapy, at_ms, NO_OPIOID)


def _set_by(therapy: Therapy, at_ms: int, otherwise: Quantity) -> Quantity:
    rates = [one.action.rate for one in therapy.events if isinstance(one.action, OralOpioid) and one.at_ms <= at_ms]
    return rates[-1] if rates else otherwise
