"""How long to watch a patient after a change, and for what: chosen by drug, and by what became of its dose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from intrathecal.catalogue import Value
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.side import Side


@dataclass(frozen=True)
class Watch:
    """What is watched for after a change of one drug.

    ``after`` says what changed, ``lasts`` for how long with its source (None: no source gives a time), ``says`` for what.
    """

    drug: str
    after: str
    lasts: Value | None
    says: str


def watches(case: Case) -> Iterator[Watch]:
    """What follows from a change, drug by drug; nothing for a drug whose dose stays as it is."""
    catalogue, before, after = case.therapy.catalogue, case.before, case.after
    drugs = list(after.drugs) + [drug for drug in (before.drugs if before else ()) if drug not in after.drugs]
    for drug in drugs:
        observed, precaution = catalogue.observations.get(drug), catalogue.precautions.get(drug)
        given = "" if precaution is None else precaution.when_given
        stopped = None if precaution is None else precaution.when_stopped
        if before is None or drug not in before.drugs:
            if after.worst_daily_ug(drug) > 0:
                yield Watch(drug, "its first dose", None if observed is None else observed.first, given)
        elif _rises(case, before, after, drug):
            yield Watch(drug, "a rise", None if observed is None else observed.rise, given)
        elif _falls(case, before, after, drug) and stopped:
            yield Watch(drug, "a cut" if after.daily_ug(drug) > 0 else "its stop", None, stopped)


def _rises(case: Case, before: Side, after: Side, drug: str) -> bool:
    """Whether more of a drug comes a day, or may come with all presses, or at once."""
    same = 1 + float(case.therapy.catalogue.review.same_figure.exact)
    return (
        after.daily_ug(drug) > same * before.daily_ug(drug)
        or after.ramped_daily_ug(drug) > same * before.ramped_daily_ug(drug)
        or after.worst_daily_ug(drug) > same * before.worst_daily_ug(drug)
        or _largest_bolus_ug(after, drug) > same * _largest_bolus_ug(before, drug)
    )


def _falls(case: Case, before: Side, after: Side, drug: str) -> bool:
    same = 1 + float(case.therapy.catalogue.review.same_figure.exact)
    return before.daily_ug(drug) > same * after.daily_ug(drug)


def _largest_bolus_ug(side: Side, drug: str) -> float:
    return max((side.bolus_ug(bolus, drug) for bolus in side.boluses), default=0.0)
