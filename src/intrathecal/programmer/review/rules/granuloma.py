"""Masses at the catheter's tip: reminders where dose and concentration are high, and a second look where the dose climbs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.library import DAY_S, shown_unit
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.patient import precaution_of, references
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.settings import labels_of, order
from intrathecal.quantities import rounded
from intrathecal.therapy import NewProgram, Refill

YEAR_MS = 365 * DAY_MS
ASK = (
    "a mass at the catheter's tip is looked for: ask for new pain, weakness, numbness or trouble with the bladder, "
    "and image the tip if there is any"
)


@rule(
    codes=("granuloma-dose", "granuloma-concentration"),
    about="High doses and concentrations of opioids are a reminder of masses at the catheter's tip.",
)
def high(case: Case) -> Iterator[Finding]:
    """No dose and no concentration is free of them: these are notes."""
    for drug in case.after.drugs:
        precaution = precaution_of(case, drug)
        if precaution is None or case.catheter.space != "intrathecal":
            continue
        dose, strength = precaution.granuloma_daily_dose, precaution.granuloma_concentration
        daily, label = case.after.daily_ug(drug), case.after.concentration_ug_per_mL(drug)
        if dose is not None and daily > float(dose.exact) * DAY_S:
            unit, scale = shown_unit(case, drug, "mass rate")
            yield Finding(
                "granuloma-dose",
                "note",
                f"At {case.shown(daily, drug)} of {drug} a day (more than {dose}) {ASK}.",
                drug=drug,
                value=daily / DAY_S / scale,
                limit=float(dose.exact) / scale,
                unit=unit,
                source=references(case, dose.source),
                verified=dose.verified,
            )
        if strength is not None and label > float(strength.exact):
            unit, scale = shown_unit(case, drug, "concentration")
            yield Finding(
                "granuloma-concentration",
                "note",
                f"At {rounded(label / scale)} {unit} of {drug} (more than {strength}) {ASK}.",
                drug=drug,
                value=label / scale,
                limit=float(strength.exact) / scale,
                unit=unit,
                source=references(case, strength.source),
                verified=strength.verified,
            )


@rule(
    codes=("granuloma-rising",),
    about="A dose of an opioid that climbs within a year may hide relief that falls.",
)
def rising(case: Case) -> Iterator[Finding]:
    """Where the file tells a year of history; skipped where it does not."""
    limit = case.therapy.catalogue.review.granuloma_yearly_rise
    for drug in case.after.drugs:
        if not case.therapy.catalogue.drugs[drug].opioid or case.after.daily_ug(drug) <= _now(case, drug):
            continue
        was = _a_year_ago(case, drug)
        if was is None or was <= 0:
            continue
        now = case.after.daily_ug(drug)
        rise = now / was
        if rise > float(limit.exact):
            yield Finding(
                "granuloma-rising",
                "soft",
                f"{drug.capitalize()} has gone from {case.shown(was, drug)} to {case.shown(now, drug)} a day within a "
                f"year, more than {rounded(float(limit.exact))} times (unchecked). If relief has fallen, {ASK}.",
                drug=drug,
                value=rise,
                limit=float(limit.exact),
                unit="times",
                source=references(case, limit.source),
                verified=limit.verified,
                second_person=True,
            )


def _now(case: Case, drug: str) -> float:
    return 0.0 if case.before is None else case.before.daily_ug(drug)


def _a_year_ago(case: Case, drug: str) -> float | None:
    """The daily dose (ug) a year before the change, by the file's own fill, program and events; None without such a history."""
    then, therapy = case.at_ms - YEAR_MS, case.therapy
    if then < 0 or therapy.program is None:
        return None
    program, labels, primary = therapy.program, dict(labels_of(therapy.label)), therapy.primary.name
    orders = order(program, labels[primary])
    for event in therapy.events:
        if event.at_ms > then:
            break
        if isinstance(event.action, Refill):
            labels, primary = dict(labels_of(event.action.drugs)), event.action.primary
        elif isinstance(event.action, NewProgram):
            orders = order(event.action.program, labels[primary])
    dose = sum(orders.weekly_mean(Fraction(0), Fraction(1))) * DAY_MS
    return float(dose * labels.get(drug, Fraction(0)) / labels[primary] / 1000)


GRANULOMA = (high, rising)
