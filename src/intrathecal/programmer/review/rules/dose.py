"""Doses: of a day, of an hour and of a bolus, for every drug in a mixture, with all presses used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import SEVERITIES, Finding, Severity
from intrathecal.programmer.review.library import (
    DAY_S,
    Broken,
    finding,
    is_new_pump,
    limits_of,
    most_broken,
    most_in_use_ug,
    tidy,
)
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.side import Side
from intrathecal.quantities import rounded
from intrathecal.therapy import Rate

ON_DEMAND = "on demand"


@rule(
    codes=("daily-dose-high", "daily-dose-with-presses-high", "opioid-naive-dose", "no-limits"),
    about="The dose of a day keeps the limits of the drug library, without presses and with all of them.",
)
def daily_dose(case: Case) -> Iterator[Finding]:
    """The weekly mean, at a ramp's end too, and the heaviest 24 hours."""
    for drug in case.after.drugs:
        if not list(limits_of(case, drug, "daily_dose")):
            yield _no_limits(case, drug)
            continue
        value, running = _planned(case.after, drug), None if case.before is None else _planned(case.before, drug)
        found = _day(case, drug, value, running)
        if found is not None:
            code = "opioid-naive-dose" if found.limit.group == "naive" else "daily-dose-high"
            says = f"{case.shown(value, drug)} of {drug} a day is more than"
            yield finding(case, code, found, drug, value / DAY_S, says)
        yield from _pressed(case, drug, None if found is None else found.severity)


def _pressed(case: Case, drug: str, said: Severity | None) -> Iterator[Finding]:
    """The heaviest day, where it is graver than what was ``said`` of the day without presses."""
    worst = case.after.worst_daily_ug(drug)
    found = _day(case, drug, worst, None if case.before is None else case.before.worst_daily_ug(drug))
    if found is None or (said is not None and SEVERITIES.index(found.severity) >= SEVERITIES.index(said)):
        return
    pressing = "With all presses the" if case.after.settings.orders.demand is not None else "The"
    says = f"{pressing} heaviest day gives {case.shown(worst, drug)} of {drug}, more than"
    one = finding(case, "daily-dose-with-presses-high", found, drug, worst / DAY_S, says)
    handset = case.before is not None and case.before.settings.orders.demand is not None
    inner = float(found.limit.bound) * DAY_S < (most_in_use_ug(case, drug) or 0.0)
    if handset and found.limit.group == "any":
        # Few patients use every press, and the sources' doses are those that were given, not those that could be: who has a
        # handset is asked again where no practice goes, and by two persons far beyond it.
        if one.severity == "hard":
            one = replace(one, severity="soft", second_person=True)
        elif inner:
            one = replace(one, severity="note", second_person=False)
    yield one


def _planned(side: Side, drug: str) -> float:
    return max(side.daily_ug(drug), side.ramped_daily_ug(drug))


def _day(case: Case, drug: str, value_ug: float, running_ug: float | None) -> Broken | None:
    return most_broken(case, drug, "daily_dose", value_ug / DAY_S, None if running_ug is None else running_ug / DAY_S)


def _no_limits(case: Case, drug: str) -> Finding:
    return Finding(
        "no-limits",
        "soft",
        f"The drug library has no limit for the daily dose of {drug} in the {case.catheter.space} space: "
        "nothing but a person checks it.",
        drug=drug,
        source="drug library",
        verified=True,
        second_person=True,
    )


@rule(
    codes=("start-dose-high",),
    about="The first program with a drug begins no higher than its label or a guideline begins.",
)
def start_dose(case: Case) -> Iterator[Finding]:
    """A drug that is new to the patient, as far as anybody said."""
    for drug in case.after.drugs:
        if not _is_new(case, drug):
            continue
        value = case.after.daily_ug(drug)
        found = most_broken(case, drug, "start_daily_dose", value / DAY_S)
        if found is not None:
            says = f"Treatment with {drug} begins with {case.shown(value, drug)} a day, more than"
            yield finding(case, "start-dose-high", found, drug, value / DAY_S, says)


def _is_new(case: Case, drug: str) -> bool:
    if case.before is not None:
        return drug not in case.before.drugs
    return is_new_pump(case)


@rule(
    codes=("hourly-dose-high", "opioid-naive-hour"),
    about="No hour holds what a whole day may hold.",
)
def hourly_dose(case: Case) -> Iterator[Finding]:
    """The heaviest hour that the program can give, presses included."""
    for drug in case.after.drugs:
        value = case.after.fastest_hour_ug(drug)
        running = None if case.before is None else case.before.fastest_hour_ug(drug)
        found = most_broken(case, drug, "hourly_dose", value, running)
        if found is not None:
            code = "opioid-naive-hour" if found.limit.group == "naive" else "hourly-dose-high"
            says = f"The heaviest hour can give {case.shown(value, drug)} of {drug}, more than"
            yield finding(case, code, found, drug, value, says)


@rule(
    codes=("bolus-high", "opioid-naive-bolus"),
    about="A single bolus is no larger than what is given at once.",
)
def single_bolus(case: Case) -> Iterator[Finding]:
    """The largest bolus of the program, whatever starts it."""
    for drug in case.after.drugs:
        value = _largest(case.after, drug)
        found = most_broken(case, drug, "bolus", value, None if case.before is None else _largest(case.before, drug))
        if found is not None:
            naive = found.limit.group == "naive"
            says = f"A bolus of {case.shown(value, drug)} of {drug} is more than"
            yield finding(case, "opioid-naive-bolus" if naive else "bolus-high", found, drug, value, says)


def _largest(side: Side, drug: str) -> float:
    return max((side.bolus_ug(bolus, drug) for bolus in side.boluses), default=0.0)


@rule(
    codes=("patient-bolus-share", "pressed-above-base"),
    about="What the patient can press for stands in proportion to what runs by itself.",
)
def patient_bolus(case: Case) -> Iterator[Finding]:
    """One press, and all presses of a day, against the daily dose without presses: of the primary drug, as of all."""
    drug = case.after.primary
    daily = case.after.daily_ug(drug)
    press = next((case.after.bolus_ug(one, drug) for one in case.after.boluses if one.kind == ON_DEMAND), None)
    if press is None or daily <= 0:
        return
    running = None if case.before is None else _share(case.before, drug)
    found = most_broken(case, drug, "bolus_share", press / daily, running)
    if found is not None:
        percent = rounded(100 * press / daily)
        says = f"One press gives {case.shown(press, drug)} of {drug}, {percent} % of the daily dose, more than"
        yield finding(case, "patient-bolus-share", found, drug, press / daily, says)
    pressed = case.after.worst_daily_ug(drug) - daily
    if pressed > daily:
        yield Finding(
            "pressed-above-base",
            "note",
            f"All presses of a day can give {case.shown(pressed, drug)} of {drug}, more than the "
            f"{case.shown(daily, drug)} that run without them.",
            drug=drug,
            value=tidy(100 * pressed / daily),
            limit=100.0,
            unit="% of the daily dose",
            source="arithmetic",
            verified=True,
        )


def _share(side: Side, drug: str) -> float | None:
    daily = side.daily_ug(drug)
    press = next((side.bolus_ug(one, drug) for one in side.boluses if one.kind == ON_DEMAND), None)
    return None if press is None or daily <= 0 else press / daily


@rule(
    codes=("dose-below-practice",),
    about="Where nobody says what runs, a dose far below all that is in use is a likely slip.",
)
def too_little(case: Case) -> Iterator[Finding]:
    """A program that means to give something, and gives less than any source describes."""
    program = case.after.program
    if case.before is not None or program is None or not isinstance(program.base, Rate):
        return
    for drug in case.after.drugs:
        value = case.after.daily_ug(drug)
        found = most_broken(case, drug, "least_daily_dose", value / DAY_S)
        if found is not None:
            says = f"{case.shown(value, drug)} of {drug} a day is less than"
            yield finding(case, "dose-below-practice", found, drug, value / DAY_S, says)


DOSE = (daily_dose, start_dose, hourly_dose, single_bolus, patient_bolus, too_little)
