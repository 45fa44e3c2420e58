"""The drug library as it applies to one case: whose limits, which of them are broken, and how that is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from intrathecal.catalogue import CHOSEN, Limit
from intrathecal.catalogue.guidelines import AGAINST_WHAT_RUNS, ANY_DRUG, STRENGTHS
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding, Severity
from intrathecal.programmer.review.side import Side
from intrathecal.quantities import KINDS, factor, rounded

DAY_S = 86_400
FOR_WHOM = {"naive": "for patients who are not used to opioids", "child": "for children"}
#: Whether spasticity is of cerebral or of spinal origin, no therapy file says.
ORIGINS = frozenset({"spasticity-cerebral", "spasticity-spinal"})


@dataclass(frozen=True)
class Broken:
    """A limit that a case breaks.

    ``known`` is whether what runs breaks it too, or a stricter one; ``unsure`` whether it may not apply; ``unsaid`` whether it
    applies as far as anybody said: nobody said what an old pump runs.
    """

    limit: Limit
    known: bool
    unsure: bool
    unsaid: bool = False

    @property
    def severity(self) -> Severity:
        """That of the limit; less where what runs is beyond it already, or where it may not apply."""
        strength = self.limit.severity
        if strength == "off":
            raise ValueError(f"{self.limit.name} is switched off")
        if self.unsure:
            return "note"
        if self.known:
            return "soft" if strength == "hard" else "note"
        return "soft" if self.unsaid and strength == "hard" else strength


def is_naive(case: Case) -> bool:
    """Whether the patient takes no opioid: none by mouth, and none in the running program."""
    if case.oral_opioid.number > 0:
        return False
    if case.before is None:
        return True
    drugs = case.therapy.catalogue.drugs
    return not any(drugs[drug].opioid and not runs_in_traces(case, drug) for drug in case.before.drugs)


def is_new_pump(case: Case) -> bool:
    """Whether the pump was implanted at its first fill or days before."""
    fill = case.therapy.fill
    new = timedelta(seconds=float(case.therapy.catalogue.review.new_pump.exact))
    return case.is_first_fill and fill is not None and fill.at.date() - case.pump.implanted <= new


def runs_in_traces(case: Case, drug: str) -> bool:
    """Whether next to nothing of a drug runs, so that it is taken as stopped."""
    return case.before is not None and in_traces(case, case.before, drug)


def in_traces(case: Case, side: Side, drug: str) -> bool:
    """Whether a program stops, keeps the catheter open, or gives a small part of the least dose that is in use."""
    if is_idle(side):
        return True
    share = float(case.therapy.catalogue.review.trace_share.exact)
    return side.daily_ug(drug) <= share * (least_in_use_ug(case, drug) or 0.0)


def is_idle(side: Side) -> bool:
    """Whether a program asks for no dose at all: it stops, or runs at the minimum rate."""
    orders = side.settings.orders
    no_base = all(level.minimum or not level.dose for _, level in orders.week)
    return no_base and not orders.scheduled and not orders.periodic


def least_in_use_ug(case: Case, drug: str) -> float | None:
    """The least daily dose (ug) that a source describes; None where the library has none."""
    return min((float(limit.bound) * DAY_S for limit in _for_all(case, drug, "least_daily_dose")), default=None)


def most_in_use_ug(case: Case, drug: str) -> float | None:
    """The highest daily dose (ug) below a hard limit that a guideline or practice describes; None where there is none."""
    limits = [limit for limit in _for_all(case, drug, "daily_dose") if limit.severity != "hard"]
    return max((float(limit.bound) * DAY_S for limit in limits), default=None)


def _for_all(case: Case, drug: str, quantity: str) -> list[Limit]:
    """The limits of a drug that hold for every patient."""
    return [
        limit
        for limit in case.therapy.catalogue.limits.values()
        if limit.severity != "off"
        and (limit.quantity, limit.drug, limit.group) == (quantity, drug, "any")
        and limit.space in (case.catheter.space, "any")
    ]


def groups_of(case: Case, drug: str) -> tuple[frozenset[str], frozenset[str]]:
    """The groups of patients that this one is in, and those that nobody can say."""
    catalogue, patient = case.therapy.catalogue, case.patient
    groups = {"any"}
    if catalogue.drugs[drug].opioid:
        groups.add("naive" if is_naive(case) else "tolerant")
    if patient.indication in ("cancer", "spasticity"):
        groups.add(patient.indication)
    if patient.age < float(catalogue.review.child_below.exact / factor("year", "s")):
        groups.add("child")
    return frozenset(groups), ORIGINS


def limits_of(case: Case, drug: str, quantity: str) -> Iterator[tuple[Limit, bool]]:
    """The limits of a drug that apply, each with whether it may not; a limit of any drug yields to one of its own."""
    groups, unsure = groups_of(case, drug)
    applying = [
        limit
        for limit in case.therapy.catalogue.limits.values()
        if limit.severity != "off"
        and limit.quantity == quantity
        and limit.drug in (drug, ANY_DRUG)
        and limit.space in (case.catheter.space, "any")
        and limit.group in groups | unsure
    ]
    own = {limit.severity for limit in applying if limit.drug == drug and limit.group not in unsure}
    for limit in applying:
        if limit.drug == drug or limit.severity not in own:
            yield limit, limit.group in unsure


def most_broken(
    case: Case, drug: str, quantity: str, value: Fraction | float, running: Fraction | float | None = None
) -> Broken | None:
    """The gravest limit that ``value`` (canonical unit) breaks, and the outermost of these; None where all hold.

    Where ``running`` is beyond a limit too, that was confirmed when it was programmed: it weighs less, unless the change makes
    it worse and the limit is hard. Who was confirmed beyond one soft limit is asked again at the outermost alone.
    """
    limits = list(limits_of(case, drug, quantity))
    confirmed = [
        limit for limit, _ in limits if limit.severity == "soft" and running is not None and limit.broken_by(running)
    ]
    outermost = max((limit.bound for limit, _ in limits if limit.severity == "soft"), default=Fraction(0))
    found = []
    for limit, unsure in limits:
        if not limit.broken_by(value):
            continue
        known = running is not None and limit.broken_by(running)
        known |= bool(confirmed) and limit.severity == "soft" and limit.bound < outermost
        worse = running is not None and (value < running if limit.is_lower_bound else value > running)
        unsaid = limit.group == "naive" and case.before is None and not is_new_pump(case)
        found.append(Broken(limit, known and not (worse and limit.severity == "hard"), unsure, unsaid))
    outwards = -1 if found and found[0].limit.is_lower_bound else 1
    return max(found, key=lambda one: (STRENGTHS.index(one.severity), outwards * one.limit.bound), default=None)


def source_of(case: Case, limit: Limit) -> str:
    """Where a limit comes from, in words, with who signed it."""
    guideline = str(case.therapy.catalogue.guidelines[limit.guideline])
    if limit.quantity in AGAINST_WHAT_RUNS:
        guideline = f"change against what runs; {guideline}"
    if limit.times is not None:
        guideline = f"{limit.times} times (chosen) {limit.value}, {guideline}"
    return f"{guideline}; {limit.signed}" if limit.signed else guideline


def is_verified(limit: Limit) -> bool:
    """Whether the limit was seen in its source; a hard limit on a change is arithmetic, whoever chose where it lies."""
    return limit.value.verified or (limit.severity == "hard" and limit.quantity in AGAINST_WHAT_RUNS)


def is_unchecked(limit: Limit) -> bool:
    """Whether the limit is quoted from a source that nobody has checked for it."""
    return not is_verified(limit) and limit.value.source != (CHOSEN,) and limit.signed is None


def finding(
    case: Case, code: str, broken: Broken, drug: str, value: float, sentence: str, then: str | None = None
) -> Finding:
    """What is said of a broken limit.

    ``value`` is in the canonical unit; ``sentence`` ends before the limit, and ``then`` is the sentence after it.
    """
    limit = broken.limit
    unit, scale = shown_unit(case, drug, limit.value.kind)
    bound = float(limit.bound) / scale
    said = f"{sentence} {rounded(bound)} {unit} ({_whose(case, limit)}"
    said += ", unchecked)" if is_unchecked(limit) else ")"
    if broken.known:
        said += "; what runs is beyond it, or beyond a stricter one, already"
    if broken.unsaid:
        said += "; no opioid is taken by mouth, and nobody said what runs"
    if broken.unsure:
        said += f"; this limit is for {limit.group.replace('-', ' of ')} origin alone"
    return Finding(
        code,
        broken.severity,
        f"{said}. {then}" if then else f"{said}.",
        drug=drug,
        value=tidy(value / scale),
        limit=tidy(bound),
        unit=unit,
        source=source_of(case, limit),
        verified=is_verified(limit),
        second_person=broken.severity == "hard" or (broken.severity == "soft" and limit.quantity == "daily_dose"),
    )


def tidy(number: float) -> float:
    """A figure without the noise of its last digits."""
    return float(f"{number:.12g}")


def _whose(case: Case, limit: Limit) -> str:
    """The guideline in few words, what of it the limit is, and for whom."""
    title = case.therapy.catalogue.guidelines[limit.guideline].title
    title = title if limit.times is None else f"{limit.times} times the {limit.value} of {title}"
    return f"{title}, {FOR_WHOM[limit.group]}" if limit.group in FOR_WHOM else title


def shown_unit(case: Case, drug: str, kind: str) -> tuple[str, float]:
    """The unit in which the field gives such a quantity of a drug, and its size in the canonical unit."""
    entry = case.therapy.catalogue.drugs[drug]
    units = {
        "mass": entry.customary_mass_unit,
        "mass rate": f"{entry.customary_mass_unit}/day",
        "concentration": entry.customary_concentration_unit,
        "fraction": "%",
        "duration": "h",
    }
    unit = units[kind]
    return unit, float(factor(unit, KINDS[kind][0]))
