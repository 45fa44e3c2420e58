"""What is done to a drawn program: its ordinary next steps, and every slip in turn, as therapy files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from bench.practice import (
    IN_MCG,
    IN_MG,
    OPIOIDS,
    SHORTEST,
    SLOWEST,
    UG,
    Drawn,
    Planned,
    amount,
    figures,
    over,
    unit,
)
from bench.practice import patient as patient_with

FILLED = date(2026, 1, 5)
DAYS_PER_MONTH = 30.4
#: Days: the first fill of a file is taken for the first with its drug, which keeps for a shorter time.
FIRST_FILL = 10
#: What a second opioid is drawn at, per day in its customary unit: middles of the cohorts.
SECOND = {"fentanyl": 150.0, "morphine": 3.1}
#: Purposes of random numbers, so that one thing drawn more does not move the others.
STEP, VISIT, LABEL, SWAP, FIRST = range(5)


@dataclass(frozen=True)
class Asked:
    """What is given to review: a file, with the event that is judged or the file of what runs."""

    text: str
    event: int | None = None
    running: str | None = None


@dataclass(frozen=True)
class Change:
    """A change of a patient's program. ``times``: how far a daily dose is from what was meant, with presses or without.

    ``known`` is asked with what runs, ``alone`` without; None where there is nothing of the kind to ask.
    """

    kind: str
    times: float
    known: Asked | None
    alone: Asked | None


def correct(patient: Drawn) -> Iterator[Change]:
    """The ordinary next steps."""
    raised, lowered = _raised(patient), _lowered(patient)
    yield _visit(patient, "dose raised", raised, raised)
    yield _visit(patient, "dose lowered", lowered, lowered)
    yield _refill(patient, "refilled, nothing changed", patient.now, patient.now)
    yield _refill(patient, "refilled, dose raised", raised, raised)
    label = _other_label(patient)
    if label is not None:
        same, more = _at(patient.now, label), _at(raised, label)
        yield _refill(patient, "another strength with a bridge", same, same)
        yield _refill(patient, "another strength with a bridge, dose raised", more, more)


def slips(patient: Drawn) -> Iterator[Change]:
    """Every slip that this program gives room for, on top of a rise that was meant."""
    meant = _raised(patient)
    for kind, times in (
        ("ten times as much", 10),
        ("a tenth", 1 / 10),
        ("a thousand times as much", 1000),
        ("a thousandth", 1 / 1000),
        ("twice", 2),
        ("half", 1 / 2),
        ("3.3 times as much", 3.3),
        ("3.3 times less", 1 / 3.3),
    ):
        yield _visit(patient, kind, replace(meant, base=meant.base * times), meant)
    other = "mcg" if meant.written == "mg" else "mg"
    yield _visit(patient, f"{other} for {meant.written}", replace(meant, written=other), meant)
    yield _visit(patient, "a day's dose per hour", replace(meant, per="h"), meant)
    yield _visit(patient, "an hour's dose per day", replace(meant, base=meant.base / 24), meant)
    if meant.bolus is not None and meant.bolus_over < 60:
        yield _visit(patient, "daily bolus every hour", replace(meant, hourly=True), meant)
    if meant.demand is not None:
        tenfold = replace(meant.demand, dose=10 * meant.demand.dose)
        yield _visit(patient, "press ten times as much", replace(meant, demand=tenfold), meant)
        minutes = replace(meant.demand, lockout=meant.demand.lockout.replace("h", "min"))
        yield _visit(patient, "lockout in minutes for hours", replace(meant, demand=minutes), meant)
    yield from _label_slips(patient, meant)
    yield from _drug_slips(patient, meant)
    label = _other_label(patient)
    if label is not None:
        new = _at(patient.now, label)
        ratio = label[new.primary] / patient.now.label[new.primary]
        missing = _refill(patient, "bridge missing", new, new, bridge="none")
        yield replace(missing, times=max(ratio, 1 / ratio), alone=None)
    yield from _naive(patient)


def _label_slips(patient: Drawn, meant: Planned) -> Iterator[Change]:
    """Labels that are not what the syringe holds."""
    primary = meant.primary
    for kind, times in (("label ten times as strong", 10), ("label a tenth as strong", 1 / 10)):
        wrong = {**meant.label, primary: meant.label[primary] * times}
        yield _refill(patient, kind, replace(meant, label=wrong), meant, syringe=meant.label)
    if len(meant.label) > 1:
        second = list(meant.label)[1]
        swapped = {**meant.label, primary: meant.label[second], second: meant.label[primary]}
        if swapped != meant.label:
            plan = replace(meant, label=swapped)
            yield _refill(patient, "concentrations swapped", plan, meant, syringe=meant.label)
        turned = {second: meant.label[second], **{drug: meant.label[drug] for drug in meant.label if drug != second}}
        yield _refill(patient, "primary drug swapped", replace(meant, label=turned), meant)


def _drug_slips(patient: Drawn, meant: Planned) -> Iterator[Change]:
    """Another drug with the figures of the one that was meant, and one more."""
    alike = [drug for drug in (IN_MG if meant.primary in IN_MG else IN_MCG) if drug not in meant.label]
    wrong = str(patient.random(SWAP).choice(alike))
    label = {wrong if drug == meant.primary else drug: strength for drug, strength in meant.label.items()}
    yield _against_file(patient, "drug swapped", replace(meant, label=label), meant)
    if meant.primary in OPIOIDS:
        second = "morphine" if meant.primary == "fentanyl" else "fentanyl"
        flow = meant.daily_ug() / (meant.label[meant.primary] * UG[unit(meant.primary)])
        both = replace(meant, label={**meant.label, second: SECOND[second] / flow})
        yield _against_file(patient, "two opioids", both, meant)


def first(number: int, seed: int) -> Drawn:
    """A patient whose pump was implanted today, and the first program."""
    starts = figures()["first"]
    start = starts[number % len(starts)]
    random = np.random.default_rng([seed, number, FIRST])
    daily = {drug: float(random.uniform(*doses)) for drug, doses in start["doses"].items()}
    drawn = patient_with(number, random, daily, start["indication"], {"name": start["source"], "handset": 0.0})
    return replace(drawn, oral=float(start["oral"]), months=0.0)


def first_program(patient: Drawn) -> Change:
    """The first program of all: nothing runs before it."""
    return Change("first program", 1, None, Asked(_file(patient, patient.now, FILLED)))


def _raised(patient: Drawn) -> Planned:
    now, random = patient.now, patient.random(STEP)
    daily = now.daily_ug() / UG[now.written]
    if now.primary == "ziconotide":
        habits = figures()["habits"]
        most = next(one["doses"] for one in figures()["cohort"] if "ziconotide" in one["doses"])["ziconotide"]["most"]
        by = min(random.uniform(*habits["ziconotide_step"]), max(most - daily, 0)) / daily
    else:
        by = random.uniform(*patient.step) / 100
    return _scaled(now, 1 + by)


def _lowered(patient: Drawn) -> Planned:
    return _scaled(patient.now, 1 - patient.random(STEP).uniform(*figures()["habits"]["step_down"]) / 100)


def _scaled(plan: Planned, by: float) -> Planned:
    """Base and boluses that come by themselves; a press stays as it is."""
    return replace(plan, base=plan.base * by, bolus=None if plan.bolus is None else plan.bolus * by)


def _at(plan: Planned, label: dict[str, float]) -> Planned:
    """The same doses from other strengths; boluses of a weaker drug take longer."""
    plan = replace(plan, label=label)
    bolus, demand = plan.bolus, plan.demand
    return replace(
        plan,
        bolus_over=plan.bolus_over if bolus is None else over(plan, bolus),
        demand=None if demand is None else replace(demand, over=over(plan, demand.dose)),
    )


def _other_label(patient: Drawn) -> dict[str, float] | None:
    """All drugs stronger or weaker by as much, as a pharmacy makes them, with which a fill lasts; None if there is none."""
    now, strengths = patient.now, figures()["strengths"]
    primary, usable = now.primary, patient.volume - figures()["habits"]["alarm"]
    old = now.label[primary]
    flow = now.daily_ug() / (old * UG[unit(primary)])
    found = []
    for new in strengths[primary]["steps"]:
        by = new / old
        lasts = usable * by / flow
        made = all(by * now.label[drug] <= max(strengths[drug]["steps"]) for drug in now.label)
        if by != 1 and 0.4 <= by <= 4 and flow / by >= SLOWEST and lasts >= 1.5 * SHORTEST and made:
            found.append({drug: float(f"{by * strength:.4g}") for drug, strength in now.label.items()})
    return found[int(patient.random(LABEL).integers(len(found)))] if found else None


def _visit(patient: Drawn, kind: str, plan: Planned, meant: Planned) -> Change:
    """A new program between two fills."""
    day = max(2, int(patient.days * patient.random(VISIT).uniform(0.2, 0.6)))
    event = _event(day, f'program = """\n{plan.text()}\n"""')
    known = _file(patient, patient.now, FILLED, event)
    alone = _file(patient, plan, FILLED + timedelta(days=day))
    return Change(kind, _times(meant, plan, None), Asked(known, _number(patient)), Asked(alone))


def _refill(
    patient: Drawn,
    kind: str,
    plan: Planned,
    meant: Planned,
    syringe: dict[str, float] | None = None,
    bridge: str = "auto",
) -> Change:
    """A refill when it is due, with the program that goes with it."""
    day = max(2, int(patient.days))
    drugs = ", ".join(f'{drug} = "{_strength(drug, strength)}"' for drug, strength in plan.label.items())
    primary = "" if plan.primary == patient.now.primary else f', primary = "{plan.primary}"'
    refill = f'refill = {{ volume = "{patient.volume} mL", drugs = {{ {drugs} }}, bridge = "{bridge}"{primary} }}'
    program = _event(day, f'program = """\n{plan.text()}\n"""') if plan.text() != patient.now.text() else ""
    known = _file(patient, patient.now, FILLED, _event(day, refill) + program)
    alone = _file(patient, plan, FILLED + timedelta(days=day))
    return Change(kind, _times(meant, plan, syringe), Asked(known, _number(patient)), Asked(alone))


def _against_file(patient: Drawn, kind: str, plan: Planned, meant: Planned) -> Change:
    """A fill with a drug that the pump did not hold before: two files."""
    text = _file(patient, plan, FILLED + timedelta(days=max(2, int(patient.days))))
    return Change(kind, _times(meant, plan, None), Asked(text, None, _file(patient, patient.now, FILLED)), Asked(text))


def _naive(patient: Drawn) -> Iterator[Change]:
    """The program of somebody who is used to opioids, as the first one of somebody who is not."""
    primary = patient.now.primary
    if primary not in OPIOIDS:
        return
    times = patient.now.daily_ug() / (figures()["naive"][primary] * UG[unit(primary)])
    if times > 1:
        asked = Asked(_file(replace(patient, oral=0.0, months=0.0), patient.now, FILLED))
        yield Change("tolerant dose for a naive patient", times, asked, asked)


def _times(meant: Planned, plan: Planned, syringe: dict[str, float] | None) -> float:
    """How far any drug's dose of a day is from what was meant, up or down, without presses and with all of them."""
    found = [1.0]
    for pressed in (False, True):
        wanted = meant.given(None, _most(meant) if pressed else 0)
        given = plan.given(syringe, _most(plan) if pressed else 0)
        for drug in {*wanted, *given}:
            one, other = sorted((wanted.get(drug, 0.0), given.get(drug, 0.0)))
            found.append(other / one if one > 0 else float("inf"))
    return max(found)


def _most(plan: Planned) -> int:
    return 0 if plan.demand is None else plan.demand.most


def _number(patient: Drawn) -> int:
    """The event judged: the first one after the refill before it, and after what is taken by mouth."""
    return 3 if patient.oral else 2


def _event(day: int, what: str) -> str:
    """An event so many days after the last fill, which is the second that the file tells: the first is used up sooner."""
    return f'[[event]]\nat = "day {day + FIRST_FILL} 10:00"\n{what}\n'


def _strength(drug: str, strength: float) -> str:
    return f"{np.format_float_positional(float(f'{strength:.4g}'), trim='-')} {unit(drug)}/mL"


def _file(patient: Drawn, plan: Planned, filled: date, events: str = "") -> str:
    """A therapy file of the patient with that program, filled on that day."""
    implanted = FILLED - timedelta(days=round(DAYS_PER_MONTH * patient.months))
    oral = f"{amount(patient.oral)} mg/day"
    before = _event(0, f'refill = {{ volume = "{patient.volume} mL" }}') if events else ""
    goes_on = f'[[event]]\nat = "day 0 10:01"\noral_opioid = "{oral}"\n' if events and patient.oral else ""
    drugs = "\n".join(
        f'[[drug]]\nname = "{drug}"\nconcentration = "{_strength(drug, strength)}"'
        for drug, strength in plan.label.items()
    )
    return f"""[patient]
indication = "{patient.indication}"
age = {patient.age}
oral_opioid = "{oral}"
sedatives = {str(patient.sedatives).lower()}
sleep_apnoea = false
[pump]
model = "synchromed-ii-{patient.volume}"
implanted = {implanted}
utc_offset = "+01:00"
[catheter]
model = "ascenda-8781"
removed = "31 cm"
tip = "T10"
{drugs}
[fill]
volume = "{patient.volume} mL"
at = {filled}T10:00:00
primed = "tip"
low_reservoir_alarm = "2 mL"
[program]
text = \"\"\"
{plan.text()}
\"\"\"
{goes_on}{before}{events}"""
