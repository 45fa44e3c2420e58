"""Withdrawal: what happens when a drug is stopped or cut, and when it comes back after a stop."""

from __future__ import annotations

from collections.abc import Iterator

from intrathecal.catalogue import Precaution
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.library import finding, in_traces, least_in_use_ug, most_broken, runs_in_traces, tidy
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.patient import precaution_of, references
from intrathecal.quantities import rounded


@rule(
    codes=("withdrawal-stopped", "withdrawal-cut"),
    about="Baclofen, clonidine and opioids are not stopped or cut without knowing what to watch for.",
)
def stopping(case: Case) -> Iterator[Finding]:
    """Every drug that runs, also one that the new fill leaves out."""
    if case.before is None:
        return
    for drug in case.before.drugs:
        precaution, was, now = precaution_of(case, drug), case.before.daily_ug(drug), case.after.daily_ug(drug)
        if precaution is None or precaution.when_stopped is None or runs_in_traces(case, drug) or now >= was:
            continue
        if in_traces(case, case.after, drug):
            yield _stopped(case, drug, precaution, was)
            continue
        found = most_broken(case, drug, "step_down", 1 - now / was)
        if found is not None:
            percent = rounded(100 * (1 - now / was))
            says = f"{drug.capitalize()} falls by {percent} % to {case.shown(now, drug)} a day, more than"
            yield finding(case, "withdrawal-cut", found, drug, 1 - now / was, says, precaution.when_stopped)


def _stopped(case: Case, drug: str, precaution: Precaution, was: float) -> Finding:
    known = case.therapy.catalogue.drugs
    others = [
        other
        for other in case.after.drugs
        if known[drug].opioid and known[other].opioid and not in_traces(case, case.after, other)
    ]
    replaced = f" {others[0].capitalize()} takes its place." if others else ""
    now = case.after.daily_ug(drug)
    left = f" but for {case.shown(now, drug)}" if now > 0 else ""
    return Finding(
        "withdrawal-stopped",
        "note" if others else "soft",
        f"{drug.capitalize()}, {case.shown(was, drug)} a day, is stopped{left}.{replaced} {precaution.when_stopped}",
        drug=drug,
        value=tidy(100 * (now / was - 1)),
        unit="% change",
        source=references(case, precaution.stopped_source),
        verified=precaution.stopped_verified,
        second_person=not others,
    )


@rule(
    codes=("restart-after-stop",),
    about="After a stop a drug does not come back at the dose that was borne before it.",
)
def restarting(case: Case) -> Iterator[Finding]:
    """A drug in the pump of which next to nothing runs, and of which an ordinary dose is to run."""
    if case.before is None:
        return
    for drug in case.before.drugs:
        precaution, least = precaution_of(case, drug), least_in_use_ug(case, drug)
        now = case.after.daily_ug(drug)
        if precaution is None or precaution.when_stopped is None or not runs_in_traces(case, drug):
            continue
        if now > (least or 0.0):
            yield Finding(
                "restart-after-stop",
                "soft",
                f"{drug.capitalize()} does not run now, and {case.shown(now, drug)} a day is asked: tolerance goes within "
                f"days of a stop, so that an earlier dose may be too much. {precaution.when_given}",
                drug=drug,
                value=now / 1000 if known_unit(case, drug) == "mg" else now,
                limit=0.0,
                unit=f"{known_unit(case, drug)}/day",
                source="change against what runs",
                verified=True,
                second_person=True,
            )


def known_unit(case: Case, drug: str) -> str:
    """The unit in which the field gives a mass of a drug."""
    return case.therapy.catalogue.drugs[drug].customary_mass_unit


WITHDRAWAL = (stopping, restarting)
