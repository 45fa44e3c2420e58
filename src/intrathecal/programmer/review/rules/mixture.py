"""What is in one reservoir: what does not go together, what does not keep, and what nobody has tried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from intrathecal.catalogue import CHOSEN, Mixture
from intrathecal.catalogue.mixtures import matching
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding, Severity
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.patient import references
from intrathecal.pump.hardware import DAY_MS
from intrathecal.quantities import rounded

DAY_S = 86_400


def applying(case: Case, kind: str) -> Iterator[tuple[Mixture, tuple[str, ...]]]:
    """The mixtures of a kind that the pump would hold, each with the drugs that it speaks of."""
    catalogue = case.therapy.catalogue
    families = {name: one.families for name, one in catalogue.precautions.items()}
    for mixture in catalogue.mixtures.values():
        if mixture.kind != kind or mixture.severity == "off":
            continue
        if mixture.pumps and not case.pump.entry.name.startswith(mixture.pumps):
            continue
        drugs = matching(mixture, case.after.drugs, families)
        if drugs is not None:
            yield mixture, drugs


def is_new(case: Case) -> bool:
    """Whether what is in the pump was not in it before, as far as anybody said."""
    return case.before is None or set(case.after.drugs) - set(case.before.drugs) != set()


def _severity(case: Case, mixture: Mixture) -> Severity:
    """What runs already was confirmed when it came into the pump."""
    return "soft" if mixture.severity == "soft" and is_new(case) else "note"


def _source(case: Case, mixture: Mixture) -> str:
    return references(case, tuple(key for key in mixture.source if key != CHOSEN)) or "chosen"


def _unchecked(mixture: Mixture) -> str:
    return "" if mixture.verified else " (unchecked)"


@rule(
    codes=("two-opioids", "not-to-be-mixed", "dissolves-less"),
    about="No two drugs are in one pump that a label or a consensus keeps apart.",
)
def together(case: Case) -> Iterator[Finding]:
    """Two opioids, ziconotide beside an opioid, baclofen beside anything, and what lowers solubility."""
    opioids = [drug for drug in case.after.drugs if case.therapy.catalogue.drugs[drug].opioid]
    for mixture, drugs in applying(case, "not-together"):
        code = "two-opioids" if len(opioids) > 1 and set(drugs) <= set(opioids) else "not-to-be-mixed"
        severity = _severity(case, mixture)
        yield Finding(
            code,
            severity,
            f"The pump holds {' and '.join(drugs)}: {mixture.says}{_unchecked(mixture)}.",
            drug=drugs[0],
            source=_source(case, mixture),
            verified=mixture.verified,
            second_person=severity == "soft",
        )
    for mixture, drugs in applying(case, "dissolves-less"):
        if is_new(case):
            yield Finding(
                "dissolves-less",
                "note",
                f"{mixture.says.capitalize()} ({', '.join(drugs)}){_unchecked(mixture)}.",
                drug=drugs[0],
                source=_source(case, mixture),
                verified=mixture.verified,
            )


@rule(
    codes=("mixture-does-not-keep", "mixture-untested"),
    about="A mixture is refilled before it has lost its strength, and one that nobody has tested is named.",
)
def keeping(case: Case) -> Iterator[Finding]:
    """The date of the next refill against how long the mixture was seen to keep."""
    if len(case.after.drugs) < 2:
        return
    kept, losing = list(applying(case, "keeps")), list(applying(case, "loses-potency"))
    due = case.dates.due
    for mixture, drugs in [*kept, *losing]:
        life = mixture.refill_within
        if life is None or due is None:
            continue
        days, most = (due - case.filled_at_ms) / DAY_MS, float(life.exact / DAY_S)
        if days > most + 1:
            by = case.at + timedelta(days=most) - timedelta(milliseconds=case.at_ms - case.filled_at_ms)
            yield Finding(
                "mixture-does-not-keep",
                mixture.severity if mixture.severity != "off" else "note",
                f"The refill is due after {rounded(days)} days, and {' with '.join(drugs)} is known for {rounded(most)}: "
                f"{mixture.says}{_unchecked(mixture)}. Refill by {by.day} {by:%b %Y}.",
                drug=drugs[0],
                value=days,
                limit=most,
                unit="days",
                source=references(case, life.source),
                verified=life.verified,
            )
    if not kept and not losing and is_new(case):
        yield Finding(
            "mixture-untested",
            "note",
            f"No source says how long {' with '.join(case.after.drugs)} keeps in a pump.",
            source="drug library",
            verified=False,
        )


@rule(
    codes=("not-on-pump-label", "handset-not-for-drug"),
    about="The pump's label names the drug, and its handset may give it.",
)
def label(case: Case) -> Iterator[Finding]:
    """Said once, when a drug comes into the pump."""
    new = [drug for drug in case.after.drugs if case.before is None or drug not in case.before.drugs]
    for one in case.therapy.catalogue.pump_labels.values():
        off = [drug for drug in new if drug not in one.drugs]
        if case.pump.entry.name.startswith(one.pumps) and off:
            yield Finding(
                "not-on-pump-label",
                "note",
                f"The label of the pump does not name {' and '.join(off)} ({one.title}).",
                drug=off[0],
                source=references(case, one.source),
                verified=one.verified,
            )
    if case.after.settings.orders.demand is None:
        return
    for mixture, drugs in applying(case, "not-by-handset"):
        was = case.before is not None and case.before.settings.orders.demand is not None
        severity: Severity = "note" if was or mixture.severity != "soft" else "soft"
        yield Finding(
            "handset-not-for-drug",
            severity,
            f"The patient may press for {drugs[0]}: {mixture.says}{_unchecked(mixture)}.",
            drug=drugs[0],
            source=_source(case, mixture),
            verified=mixture.verified,
        )


MIXTURE = (together, keeping, label)
