"""From the dose that worked in a trial to the first intrathecal dose a day, with its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from intrathecal.care.errors import FirstProgramError
from intrathecal.care.given import Infusion, Needle, amount, on_the_clock
from intrathecal.care.trial import Verdict
from intrathecal.catalogue import Catalogue, Drug, Screening, Value
from intrathecal.quantities import factor
from intrathecal.therapy import Therapy

SPINAL = ("intrathecal", "epidural")
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class FirstDose:
    """The first daily dose of a drug (ug), and the sentences that lead to it."""

    drug: Drug
    daily_ug: Fraction
    because: tuple[str, ...]


def from_infusion(infusion: Infusion, catalogue: Catalogue) -> tuple[FirstDose, ...]:
    """One to one from an intrathecal infusion, by the epidural ratio from an epidural one; raises `FirstProgramError`."""
    doses = []
    for name, daily in infusion.daily_ug.items():
        drug = catalogue.drugs[name]
        said = f"The trial's {infusion.space} infusion gave {amount(daily, drug)}/day of {name}"
        if infusion.space == "intrathecal":
            found = FirstDose(drug, daily, (f"{said}; what runs into the same place stays the same.",))
        else:
            found = _spinal_part(drug, daily, said, "/day", catalogue)
        doses.append(_at_most(found, catalogue))
    return tuple(doses)


def from_needles(given: Iterable[Needle], verdict: Verdict, trial: Therapy, start: datetime) -> tuple[FirstDose, ...]:
    """From the last needle dose of each drug; raises `FirstProgramError` for a drug without a rule."""
    catalogue = trial.catalogue
    last: dict[str, Needle] = {dose.drug: dose for dose in given if dose.route in SPINAL}
    doses = []
    for name, needle in last.items():
        drug = catalogue.drugs[name]
        said = f"The last needle dose of the trial was {amount(needle.ug, drug)} of {name}, {needle.route}"
        bolus = (
            FirstDose(drug, needle.ug, (f"{said}.",))
            if needle.route == "intrathecal"
            else _spinal_part(drug, needle.ug, said, "", catalogue)
        )
        hours = hours_of_effect(verdict, trial, start + timedelta(milliseconds=needle.at_ms))
        doses.append(_at_most(_per_day(bolus, hours, catalogue), catalogue))
    return tuple(doses)


def told(daily: Mapping[str, Fraction], catalogue: Catalogue) -> tuple[FirstDose, ...]:
    """Doses (ug a day) that somebody gives instead of the rules."""
    return tuple(
        FirstDose(catalogue.drugs[name], ug, (f"{amount(ug, catalogue.drugs[name])}/day of {name} was asked for.",))
        for name, ug in daily.items()
    )


def hours_of_effect(verdict: Verdict, trial: Therapy, dosed: datetime) -> float | None:
    """How long after a dose (on the clock of the trial's file) the diary shows success: its last such score in a row."""
    if verdict.findings is None:
        return None
    enough = (1 - trial.catalogue.trial.success.canonical) * verdict.findings.baseline.mean
    lasted = None
    for entry in verdict.diary.phase("trial"):
        hours = (on_the_clock(entry.at, trial) - dosed).total_seconds() / SECONDS_PER_HOUR
        if hours <= 0 or entry.nrs is None:
            continue
        if entry.nrs <= enough:
            lasted = hours
        elif lasted is not None:
            break
    return lasted


def _spinal_part(drug: Drug, epidural: Fraction, said: str, per: str, catalogue: Catalogue) -> FirstDose:
    ratio = catalogue.trial.epidural_ratio
    if not drug.opioid:
        raise FirstProgramError(
            f"no rule carries an epidural dose of {drug.name} over to an intrathecal one; "
            f'give it with --daily "{drug.name}=..."'
        )
    exposure = _exposure(drug)
    intrathecal = epidural / ratio.exact
    return FirstDose(
        drug,
        intrathecal,
        (
            f"{said}; by convention {ratio} epidural units do what one intrathecal does: "
            f"{amount(intrathecal, drug)}{per}{_checked(ratio)}.",
            f"By the drug that reaches the fluid it would be {exposure}: the convention gives more than that, because an "
            "epidural dose also acts through the blood. Breathing has to be watched.",
        ),
    )


def _exposure(drug: Drug) -> str:
    """One over the part of an epidural dose that reaches the fluid."""
    share = drug.csf.epidural_csf_fraction
    if share.spread is not None and share.spread.kind == "range":
        low, high = share.spread.numbers
        return f"{1 / float(high):.0f} to {1 / float(low):.0f} to one"
    return f"{1 / share.canonical:.0f} to one"


def _per_day(bolus: FirstDose, hours: float | None, catalogue: Catalogue) -> FirstDose:
    """The daily dose of a needle dose that worked."""
    drug, rule = bolus.drug, _rule(bolus.drug, catalogue)
    if rule.start is not None:
        said = f"{drug.name} begins with {rule.start} whatever was given in the trial{_checked(rule.start)}."
        return FirstDose(drug, _daily(rule.start), (*bolus.because, said))
    times = rule.per_bolus
    if times is None:
        raise FirstProgramError(
            f'no rule carries a needle dose of {drug.name} over to a daily dose; give it with --daily "{drug.name}=..."'
        )
    why = ""
    if rule.long is not None and rule.per_long_bolus is not None:
        long = float(rule.long.exact / factor("h", "s"))
        if hours is not None and hours > long:
            times = rule.per_long_bolus
            why = f", because it worked for {hours:.0f} h, longer than {rule.long}"
        else:
            why = f", because it did not work for longer than {rule.long}"
    daily = bolus.daily_ug * times.exact
    sentence = f"An infusion begins with {times} times that a day{why}: {amount(daily, drug)}/day{_checked(times)}."
    return FirstDose(drug, daily, (*bolus.because, sentence))


def _at_most(found: FirstDose, catalogue: Catalogue) -> FirstDose:
    """The dose, or the most that the drug begins with."""
    most = _rule(found.drug, catalogue).most_start
    if most is None or found.daily_ug <= _daily(most):
        return found
    said = f"It is held to {most}, the most that {found.drug.name} begins with{_checked(most)}."
    return FirstDose(found.drug, _daily(most), (*found.because, said))


def _daily(rate: Value) -> Fraction:
    """A mass rate in micrograms a day."""
    return rate.exact * factor("day", "s")


def _rule(drug: Drug, catalogue: Catalogue) -> Screening:
    if drug.name not in catalogue.screenings:
        raise FirstProgramError(
            f"the catalogue has no [screening.{drug.name}]: nothing is known of its first dose; add it, or use another drug"
        )
    return catalogue.screenings[drug.name]


def _checked(value: Value) -> str:
    return "" if value.verified else " [unchecked]"
