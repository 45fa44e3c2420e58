"""The patient: allergies, sedatives, sleep apnoea, kidneys and age."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from intrathecal.catalogue import Precaution
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding, Severity
from intrathecal.programmer.review.library import runs_in_traces
from intrathecal.programmer.review.rule import rule
from intrathecal.quantities import factor, rounded

#: Words that are so much alike (of 1) may be one word misspelt: bupivicaine and bupivacaine are at 0.91, ropivacaine at 0.82.
LIKE = 0.85


def precaution_of(case: Case, drug: str) -> Precaution | None:
    """What the catalogue has of a drug besides limits; None for a drug that somebody added without it."""
    return case.therapy.catalogue.precautions.get(drug)


def references(case: Case, keys: tuple[str, ...]) -> str:
    """References by author and year."""
    known = case.therapy.catalogue.references
    return "; ".join(f"{known[key].author} ({known[key].year})" for key in keys)


@rule(
    codes=("allergy", "allergy-class"),
    about="The patient is not allergic to a drug in the pump, by its name or by its class.",
)
def allergies(case: Case) -> Iterator[Finding]:
    """Every allergy of the file against every drug, its other names and its classes."""
    for drug in case.after.drugs:
        precaution = precaution_of(case, drug)
        names = [drug, *(precaution.also_called if precaution else ())]
        classes = precaution.allergy_words if precaution else ()
        for allergy in case.patient.allergies:
            if _speaks_of(allergy, names):
                says = f'The patient\'s file names an allergy to "{allergy}", and the pump holds {drug}.'
                yield Finding("allergy", "hard", says, drug=drug, source="the patient's file", verified=True)
            elif _speaks_of(allergy, classes):
                says = f'The patient\'s file names an allergy to "{allergy}", and {drug} in the pump is one of these.'
                yield Finding(
                    "allergy-class",
                    "soft",
                    says,
                    drug=drug,
                    source="the patient's file",
                    verified=True,
                    second_person=True,
                )
            elif (likely := _meant_by(allergy, names)) is not None:
                known_as = drug if likely == drug else f"{likely} ({drug})"
                says = (
                    f'The patient\'s file names an allergy to "{allergy}": is {known_as} meant, which the pump holds?'
                )
                yield Finding(
                    "allergy", "soft", says, drug=drug, source="the patient's file", verified=True, second_person=True
                )


def _meant_by(allergy: str, names: list[str]) -> str | None:
    """The name that an allergy as somebody wrote it is a likely misspelling of."""
    for word in re.findall(r"\w+", allergy.lower()):
        found: list[str] = get_close_matches(word, names, 1, LIKE)
        if found:
            return found[0]
    return None


def _speaks_of(allergy: str, words: list[str] | tuple[str, ...]) -> bool:
    """Whether an allergy as somebody wrote it names one of ``words``, as a whole word."""
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", allergy, re.IGNORECASE) for word in words)


@rule(
    codes=("sedatives", "sleep-apnoea"),
    about="Who takes sedatives or stops breathing in sleep gets an opioid, or more of it, with a second look.",
)
def breathing_risks(case: Case) -> Iterator[Finding]:
    """Soft where a drug is new or rises, a note where it goes on."""
    catalogue = case.therapy.catalogue
    for drug in case.after.drugs:
        precaution = precaution_of(case, drug)
        severity: Severity = "soft" if is_more(case, drug) else "note"
        if case.patient.sedatives and precaution is not None and precaution.with_sedatives:
            yield Finding(
                "sedatives",
                severity,
                f"The patient takes sedatives: {precaution.with_sedatives} ({drug}). {precaution.when_given}",
                drug=drug,
                source=references(case, precaution.sedatives_source),
                verified=precaution.sedatives_verified,
                second_person=severity == "soft",
            )
        if case.patient.sleep_apnoea and catalogue.drugs[drug].breathing is not None:
            watch = f" {precaution.when_given}" if precaution else ""
            yield Finding(
                "sleep-apnoea",
                severity,
                f"The patient has sleep apnoea, and {drug} depresses breathing (unchecked).{watch}",
                drug=drug,
                source="widely advised",
                verified=False,
                second_person=severity == "soft",
            )


def is_more(case: Case, drug: str) -> bool:
    """Whether the patient gets more of a drug than before, or it is new."""
    if case.before is None or runs_in_traces(case, drug):
        return True
    same = 1 + float(case.therapy.catalogue.review.same_figure.exact)
    return case.after.worst_daily_ug(drug) > same * case.before.worst_daily_ug(drug)


@rule(
    codes=("kidneys",),
    about="Where kidneys filter little, a drug that leaves through them is given with care.",
)
def kidneys(case: Case) -> Iterator[Finding]:
    """The file's filtration against what a source asks for."""
    filtration = case.patient.egfr_ml_per_min
    for drug in case.after.drugs:
        precaution = precaution_of(case, drug)
        if filtration is None or precaution is None or precaution.low_filtration is None:
            continue
        limit = precaution.low_filtration
        least = float(limit.exact * 60)
        if filtration < least:
            yield Finding(
                "kidneys",
                "note",
                f"The kidneys filter {rounded(filtration)} mL/min, less than {rounded(least)} mL/min: {drug} may do more than "
                f"its dose says; {limit.note}.",
                drug=drug,
                value=filtration,
                limit=least,
                unit="mL/min",
                source=references(case, limit.source),
                verified=limit.verified,
            )


@rule(
    codes=("too-young",),
    about="The patient is as old as the drug's label asks.",
)
def age(case: Case) -> Iterator[Finding]:
    """The file's age against the label; an age that was assumed is an adult's."""
    for drug in case.after.drugs:
        precaution = precaution_of(case, drug)
        if precaution is None or precaution.least_age is None:
            continue
        least = float(precaution.least_age.exact / factor("year", "s"))
        if case.patient.age < least:
            yield Finding(
                "too-young",
                "soft",
                f"The patient is {rounded(case.patient.age)} years old; the label of {drug} begins at {rounded(least)} years.",
                drug=drug,
                value=case.patient.age,
                limit=least,
                unit="years",
                source=references(case, precaution.least_age.source),
                verified=precaution.least_age.verified,
                second_person=True,
            )


PATIENT = (allergies, breathing_risks, kidneys, age)
