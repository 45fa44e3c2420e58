"""Slips of the hand: by ten, by a thousand (mg for mcg), per day for per hour, and what belongs to another drug."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.library import (
    DAY_S,
    is_idle,
    least_in_use_ug,
    most_in_use_ug,
    runs_in_traces,
    shown_unit,
    tidy,
)
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.side import NG_PER_UG, Side
from intrathecal.pump.hardware import DAY_MS
from intrathecal.quantities import rounded
from intrathecal.therapy import Program, Rate

TENFOLD, THOUSAND, PER_HOUR = "slip-tenfold", "slip-thousand", "slip-per-hour"
#: How many times too much or too little each slip makes a figure.
SLIPS = {THOUSAND: 1000, PER_HOUR: 24, TENFOLD: 10}
LOOK_FOR = {
    TENFOLD: "a decimal point or a zero",
    THOUSAND: "mg (milligram) in the place of mcg (microgram), or the other way round",
    PER_HOUR: "a dose of a day that was entered for an hour, or the other way round",
}
AGAINST = "change against what runs (arithmetic)"
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Compared:
    """A figure of the program before and after, in ug of a drug; ``whole`` is whether it is all that the drug gets."""

    drug: str
    what: str
    before: float
    after: float
    whole: bool

    @property
    def ratio(self) -> float:
        """How many times as much as before."""
        return self.after / self.before


def slip_of(case: Case, ratio: float) -> str | None:
    """The slip that would make a figure so many times what it was, or that part of it."""
    factor = float(case.therapy.catalogue.review.slip_factor.exact)
    times = max(ratio, 1 / ratio) if ratio > 0 else 0.0
    return next((code for code, by in SLIPS.items() if by / factor <= times <= by * factor), None)


def slipped(case: Case, drug: str) -> bool:
    """Whether the daily dose of a drug stands to what runs as a slip would make it."""
    return any(one.drug == drug and one.whole and slip_of(case, one.ratio) for one in _compared(case))


@rule(
    codes=(TENFOLD, THOUSAND, PER_HOUR),
    about="No dose is ten, 24 or a thousand times what runs or what is in use, or that part of it.",
)
def slips(case: Case) -> Iterator[Finding]:
    """Daily doses, base, boluses and presses against what runs; daily doses against what is in use where nobody said."""
    if case.before is None:
        yield from _against_practice(case)
        return
    compared = list(_compared(case))
    told = [(_at_fault(case, compared, one), True) for one in compared if one.whole and slip_of(case, one.ratio)]
    for one, grave in told or [(one, one.what == PRESS) for one in compared if not one.whole]:
        code = slip_of(case, one.ratio)
        if code is None:
            continue
        unit, scale = shown_unit(case, one.drug, "mass" if one.what == PRESS else "mass rate")
        per_second = 1 if one.what == PRESS else DAY_S
        yield Finding(
            code,
            "hard" if grave and one.ratio > 1 else "soft",
            f"{one.what.capitalize()} of {one.drug}: from {case.shown(one.before, one.drug)} to "
            f"{case.shown(one.after, one.drug)}, {_times(code, one.ratio)}.",
            drug=one.drug,
            value=tidy(one.after / per_second / scale),
            limit=tidy(one.before / per_second / scale),
            unit=unit,
            source=AGAINST,
            verified=True,
            second_person=True,
        )


def _at_fault(case: Case, compared: list[Compared], whole: Compared) -> Compared:
    """The one part of a drug's program that changed, if a slip made it so; otherwise the whole."""
    same = float(case.therapy.catalogue.review.same_figure.exact)
    parts = [one for one in compared if one.drug == whole.drug and one.what in (BASE, SCHEDULED)]
    changed = [one for one in parts if abs(one.ratio - 1) > same]
    found = len(parts) > 1 and len(changed) == 1 and slip_of(case, changed[0].ratio)
    return changed[0] if found else whole


def _times(code: str, ratio: float) -> str:
    """How many times, and what to look for."""
    share = f"{rounded(ratio, 2)} times as much" if ratio > 1 else f"1/{rounded(1 / ratio, 2)} of it"
    return f"{share}; look for {LOOK_FOR[code]}"


PRESS, BASE, SCHEDULED, DAILY = "one press", "base of a day", "boluses of a day", "daily dose"


def _compared(case: Case) -> Iterator[Compared]:
    """Figures above zero on both sides, those of whole drugs first; what only follows the primary drug is left out."""
    before, after = case.before, case.after
    if before is None or is_idle(after):
        return
    same = float(case.therapy.catalogue.review.same_figure.exact)
    told: list[float] = []
    for drug in (after.primary, *(drug for drug in after.drugs if drug != after.primary)):
        was, planned = before.daily_ug(drug), max(after.daily_ug(drug), after.ramped_daily_ug(drug))
        if runs_in_traces(case, drug) or was <= 0 or planned <= 0:
            continue
        ratio = planned / was
        if not any(abs(ratio / other - 1) <= same for other in told):
            yield Compared(drug, DAILY, was, planned, True)
        told.append(ratio)
    if before.primary != after.primary or before.program is None or after.program is None:
        return
    olds, news = _parts(before), _parts(after)
    for what in (PRESS, BASE, SCHEDULED):
        if olds[what] > 0 and news[what] > 0:
            yield Compared(after.primary, what, olds[what], news[what], False)


def _parts(side: Side) -> dict[str, float]:
    """What the primary drug's program is made of, in ug."""
    orders = side.settings.orders
    base, boluses = orders.weekly_mean(side.settings.minimum_dose, Fraction(1))
    return {
        PRESS: 0.0 if orders.demand is None else float(orders.demand.dose / NG_PER_UG),
        BASE: float(base * DAY_MS / NG_PER_UG),
        SCHEDULED: float(boluses * DAY_MS / NG_PER_UG),
    }


def _against_practice(case: Case) -> Iterator[Finding]:
    for drug in case.after.drugs:
        least, most = least_in_use_ug(case, drug), most_in_use_ug(case, drug)
        value = max(case.after.daily_ug(drug), case.after.ramped_daily_ug(drug))
        if least is None or most is None or value <= 0 or least <= value <= most:
            continue
        codes = [code for code, by in SLIPS.items() if least <= (value / by if value > most else value * by) <= most]
        if PER_HOUR in codes and not _is_hourly(case.after.program):
            codes.remove(PER_HOUR)
        if not codes:
            continue
        code = codes[0] if len(codes) == 1 else PER_HOUR if PER_HOUR in codes else TENFOLD
        bound = most if value > most else least
        yield Finding(
            code,
            "soft",
            f"{case.shown(value, drug)} of {drug} a day is more than what is in use ({case.shown(least, drug)} to "
            f"{case.shown(most, drug)}), and 1/{SLIPS[code]} of it would be inside: look for {LOOK_FOR[code]}."
            if value > most
            else f"{case.shown(value, drug)} of {drug} a day is less than what is in use ({case.shown(least, drug)} to "
            f"{case.shown(most, drug)}), and {SLIPS[code]} times as much would be inside: look for {LOOK_FOR[code]}.",
            drug=drug,
            value=tidy(value / shown_unit(case, drug, "mass")[1]),
            limit=tidy(bound / shown_unit(case, drug, "mass")[1]),
            unit=shown_unit(case, drug, "mass rate")[0],
            source="drug library: doses in use",
            verified=False,
            second_person=True,
        )


def _is_hourly(program: Program | None) -> bool:
    """Whether a rate is written per hour, or a bolus comes every hour or sooner."""
    if program is None:
        return False
    rates = [program.base, *(window.rate for window in program.windows)]
    return any(isinstance(rate, Rate) and rate.quantity.unit.endswith("/h") for rate in rates) or any(
        bolus.every.exact * 1000 <= HOUR_MS for bolus in program.periodic
    )


@rule(
    codes=("slip-concentration", "concentrations-swapped"),
    about="The label is not ten or a thousand times what runs, and no two drugs have changed concentrations.",
)
def labels(case: Case) -> Iterator[Finding]:
    """Concentrations against those of what runs, or against the doses that they make."""
    before, after = case.before, case.after
    if before is None:
        yield from _swapped_by_dose(case)
        return
    both = [drug for drug in after.drugs if drug in before.drugs]
    same = float(case.therapy.catalogue.review.same_figure.exact)
    for one, other in combinations(both, 2):
        olds = (before.concentration_ug_per_mL(one), before.concentration_ug_per_mL(other))
        news = (after.concentration_ug_per_mL(other), after.concentration_ug_per_mL(one))
        if abs(olds[0] / olds[1] - 1) > same and all(
            abs(new / old - 1) <= same for old, new in zip(olds, news, strict=True)
        ):
            yield _swapped(one, other, "what runs has them the other way round", AGAINST, verified=True)
            both = [drug for drug in both if drug not in (one, other)]
    for drug in both:
        old, new = before.concentration_ug_per_mL(drug), after.concentration_ug_per_mL(drug)
        code = slip_of(case, new / old)
        if code in (TENFOLD, THOUSAND):
            unit, scale = shown_unit(case, drug, "concentration")
            yield Finding(
                "slip-concentration",
                "soft",
                f"{drug.capitalize()} goes from {rounded(old / scale)} {unit} to {rounded(new / scale)} {unit}, "
                f"{_times(code, new / old)}, on the syringe and here.",
                drug=drug,
                value=new / scale,
                limit=old / scale,
                unit=unit,
                source=AGAINST,
                verified=True,
                second_person=True,
            )


def _swapped_by_dose(case: Case) -> Iterator[Finding]:
    """Two drugs of which one gets a dose that nobody uses, and both would get one in use with labels exchanged."""
    for one, other in combinations(case.after.drugs, 2):
        doses = {drug: case.after.daily_ug(drug) for drug in (one, other)}
        ratio = case.after.concentration_ug_per_mL(one) / case.after.concentration_ug_per_mL(other)
        exchanged = {one: doses[one] / ratio, other: doses[other] * ratio}
        if not _in_use(case, doses) and _in_use(case, exchanged):
            says = "their doses are in use only the other way round"
            yield _swapped(one, other, says, "drug library: doses in use", verified=False)


def _in_use(case: Case, doses: dict[str, float]) -> bool:
    return all(
        (least_in_use_ug(case, drug) or 0.0) <= dose <= (most_in_use_ug(case, drug) or float("inf"))
        for drug, dose in doses.items()
    )


def _swapped(one: str, other: str, why: str, source: str, *, verified: bool) -> Finding:
    return Finding(
        "concentrations-swapped",
        "soft",
        f"The concentrations of {one} and {other} look exchanged: {why}. Read both labels again.",
        drug=one,
        source=source,
        verified=verified,
        second_person=True,
    )


@rule(
    codes=("drug-swapped",),
    about="A dose is not carried over from one drug to another, or from one primary drug to another.",
)
def drugs(case: Case) -> Iterator[Finding]:
    """A new drug, of whatever kind, with the figures of one that it replaces, and a program that now means another drug."""
    before, after = case.before, case.after
    if before is None:
        return
    factor = float(case.therapy.catalogue.review.slip_factor.exact)
    gone = [drug for drug in before.drugs if drug not in after.drugs]
    for new in [drug for drug in after.drugs if drug not in before.drugs]:
        for old in gone:
            was, dose = before.daily_ug(old), after.daily_ug(new)
            if was > 0 and 1 / factor <= dose / was <= factor:
                yield _carried(case, old, new, was, dose)
    if before.primary != after.primary and after.primary in before.drugs and before.primary in after.drugs:
        was, dose = before.daily_ug(before.primary), after.daily_ug(after.primary)
        if was > 0 and 1 / factor <= dose / was <= factor:
            yield _carried(case, before.primary, after.primary, was, dose)


def _carried(case: Case, old: str, new: str, was: float, dose: float) -> Finding:
    return Finding(
        "drug-swapped",
        "soft",
        f"{case.shown(dose, new)} of {new} a day has the figures of the {case.shown(was, old)} of {old} that run: "
        "the two are not equally strong. Check which drug is meant.",
        drug=new,
        value=tidy(dose / shown_unit(case, new, "mass")[1]),
        limit=tidy(was / shown_unit(case, new, "mass")[1]),
        unit=shown_unit(case, new, "mass rate")[0],
        source=AGAINST,
        verified=True,
        second_person=True,
    )


SLIP = (slips, labels, drugs)
