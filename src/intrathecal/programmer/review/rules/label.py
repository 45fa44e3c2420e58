"""The label that the pump is told, against what the reservoir then holds."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.words import source
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.settings import labels_of
from intrathecal.quantities import rounded
from intrathecal.therapy import Refill

Labels = dict[str, Fraction]


def _held(case: Case, refill: Refill) -> tuple[Labels, Fraction]:
    """What the reservoir holds after a refill (ng/mL of each drug), and the mL of the old fill that stay in it."""
    syringe = dict(labels_of(refill.drugs if refill.actual is None else refill.actual))
    if case.before is None or refill.removed is None:
        return syringe, Fraction(0)
    old, believed = dict(case.before.settings.labels), Fraction(case.before.state.reservoir_pL) / PL_PER_ML
    left, filled = max(Fraction(0), believed - refill.removed.exact), refill.volume.exact
    drugs = dict.fromkeys([*syringe, *old])
    none = Fraction(0)
    held = {drug: (left * old.get(drug, none) + filled * syringe.get(drug, none)) / (left + filled) for drug in drugs}
    return held, left


@rule(
    codes=("label-untrue",),
    about="The reservoir holds what the pump is told: nothing of another fill is left in it, and the syringe is as labelled.",
)
def label_true(case: Case) -> Iterator[Finding]:
    """The drug whose concentration is furthest from the label, after a refill that leaves old drug or has another syringe."""
    limits = case.therapy.catalogue.device_review
    for refill in [one.action for one in case.events if isinstance(one.action, Refill)]:
        held, left = _held(case, refill)
        told = dict(labels_of(refill.drugs))
        off = {drug: abs(held[drug] / told[drug] - 1) if told.get(drug) else Fraction(1) for drug in held if held[drug]}
        drug = max(off, key=lambda one: off[one])
        if off[drug] <= limits.inexact.exact:
            continue
        grave = off[drug] > limits.bridge_dose.exact
        unit = case.therapy.catalogue.drugs[drug].customary_concentration_unit
        scale = 1_000_000 if unit.startswith("mg") else 1000
        value, limit = float(held[drug] / scale), float(told.get(drug, 0) / scale)
        why = (
            f"{rounded(float(left))} mL of the old fill stay in it"
            if left
            else "the syringe is not what its label says"
        )
        yield Finding(
            "label-untrue",
            "soft" if grave else "note",
            f"The reservoir then holds {rounded(value)} {unit} of {drug}, and the pump is told {rounded(limit)} {unit}: {why}.",
            drug=drug,
            value=value,
            limit=limit,
            unit=unit,
            source=f"arithmetic; {source(case, limits.bridge_dose if grave else limits.inexact)}",
            verified=True,
            second_person=grave,
        )


LABEL = (label_true,)
