"""What is read first: relief, breathing, doses, refill, alarms, presses, and where delivery is not what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from intrathecal.report.sides import Side
from intrathecal.report.wording import DAY_MS, UNKNOWN, Clock, count, dose, number, percent
from intrathecal.therapy import Therapy

#: A dose at the tip within this share of what was asked is no remark.
TOLERATED_SHARE = 0.05
#: Breathing below this part of normal is called out.
HALF = 0.5
DUE = {"volume": "the reservoir runs low", "stability": "the drug's stability ends", "visit": "the next visit"}


@dataclass(frozen=True)
class Card:
    """A headline figure: what it is about, the figure, and what it means. ``calls`` asks for attention."""

    title: str
    figure: str
    says: str
    calls: bool = False


def cards(side: Side) -> list[Card]:
    """The headline figures of one therapy, in the order in which they are read."""
    made = [_relief(side), _breathing(side), *_doses(side), _refill(side), _alarms(side), _presses(side)]
    return [card for card in made if card is not None]


def _relief(side: Side) -> Card | None:
    relief = side.figures["relief"]
    if relief is None:
        return None
    stiff = relief["spasticity_before"] is not None
    what = "spasticity" if stiff else "pain"
    before, now = relief[f"{what}_before"], relief[f"{what}_mean"]
    if relief["relief_percent"] is None or before is None or now is None:
        return None
    scale = "on the modified Ashworth scale" if stiff else "of 10"
    last = mean_of(side.figures["days"])
    says = f"{what.capitalize()} {number(before, 2)} before, {number(now, 2)} {scale} on average {last}."
    half = relief["hours_to_half_relief"]
    if half is not None:
        says += f" Half of that relief was reached after {_hours(half)}."
    return Card(f"Relief of {what}", f"{number(relief['relief_percent'], 2)} %", says)


def mean_of(days: Fraction | float) -> str:
    """Over which time the mean of a complaint is."""
    return "in the last 7 days" if days > 7 else "over the whole run"


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{number(hours * 60, 2)} min"
    return f"{number(hours, 2)} h" if hours < 72 else f"{number(hours / 24, 2)} days"


def _breathing(side: Side) -> Card | None:
    relief, values = side.figures["relief"], side.values("breathing_fraction")
    if relief is None or relief["breathing_fraction_min"] is None:
        return None
    least = relief["breathing_fraction_min"]
    says = "No drug held it back."
    if values is not None and least < 1:
        lowest = int(np.nanargmin(values))
        seen = percent(float(values[lowest])) == percent(least)
        when = f"on {side.clock.text(float(side.samples.times_ms[lowest]))}" if seen else "between two samples"
        says = f"The least that the patient breathed, {when}, at constant carbon dioxide."
    return Card("Breathing", f"{percent(least)} of normal", says, calls=least < HALF)


def _doses(side: Side) -> Iterator[Card]:
    whole = side.figures["daily"][: int(side.figures["days"])] or side.figures["daily"]
    if not whole:
        return
    for drug in side.drugs:
        last = whole[-1]["doses"][drug.name]
        asked, given = last["asked_ug"], last["delivered_ug"]
        says = f"Reached the tip in the last 24 hours; the program asked for {dose(drug, asked)}."
        yield Card(f"Daily dose of {drug.title}", dose(drug, given), says, calls=_deviates(asked, given))


def _deviates(asked: float, given: float) -> bool:
    return abs(given - asked) > TOLERATED_SHARE * max(asked, given)


def _refill(side: Side) -> Card | None:
    refill = side.figures["refill"]
    if refill is None:
        return None
    due = Clock.written(refill["due_at"])
    low = Clock.written(refill["low_reservoir_at"])
    says = f"Because {DUE[refill['due_reason']]}. " if refill["due_reason"] else ""
    worst = Clock.written(refill["worst_case_low_reservoir_at"])
    says += f"The reservoir is low on {low}"
    says += "." if worst in (low, UNKNOWN) else f", with all presses on {worst}."
    return Card("Next refill", due, says if low != UNKNOWN else says or "No date is known.")


def _alarms(side: Side) -> Card | None:
    pump = side.figures["pump"]
    if pump is None:
        return None
    alarms = pump["alarms"]
    critical = sum(alarm["priority"] == "critical" for alarm in alarms)
    if not alarms:
        return Card("Alarms", "none", "The pump sounded no alarm.")
    names = "; ".join(f"{alarm['alarm'].replace('-', ' ')} {Clock.written(alarm['at'])}" for alarm in alarms[:3])
    more = f" and {count(len(alarms) - 3, 'more')}" if len(alarms) > 3 else ""
    figure = count(len(alarms), "alarm") + (f", {critical} critical" if critical else "")
    return Card("Alarms", figure, names[:1].upper() + names[1:] + more + ".", calls=critical > 0)


def _presses(side: Side) -> Card | None:
    pump = side.figures["pump"]
    if pump is None:
        return None
    given, refused = pump["presses_given"], pump["presses_refused"]
    if not given and not refused:
        return Card("Handset", "not pressed", "The patient asked for no bolus.")
    reasons: dict[str, int] = {}
    for answer in refused:
        reasons[answer["reason"]] = reasons.get(answer["reason"], 0) + 1
    why = "; ".join(f"{amount} {reason}" for reason, amount in sorted(reasons.items(), key=lambda item: -item[1]))
    per_day = number((given + len(refused)) / side.figures["days"], 2)
    says = f"{per_day} presses a day." + (f" Refused: {why}." if why else "")
    return Card("Handset", f"{given} given, {len(refused)} refused", says)


def remarks(side: Side) -> list[str]:
    """Where what reached the tip is not what was asked for, in sentences: neighbouring days and equal shares make one."""
    told: dict[tuple[int, int, str], list[str]] = {}
    for drug in side.drugs:
        for first, last, share in _stretches(side, drug.name):
            told.setdefault((first, last, percent(share)), []).append(drug.title)
    return [
        f"{side.clock.text(first)} to {side.clock.text(min(last + DAY_MS, side.end_ms))}: {share} of the "
        f"{' and '.join(titles)} that was asked for reached the tip."
        for (first, last, share), titles in told.items()
    ]


def _stretches(side: Side, drug: str) -> list[tuple[int, int, float]]:
    found: list[tuple[int, int, float, float]] = []
    asked_by_day, tip_by_day = side.values(f"day/{drug}/asked"), side.values(f"day/{drug}/tip")
    if asked_by_day is None or tip_by_day is None:
        return []
    starts = [int(at) for at in side.days.times_ms[:-1]]
    previous = None
    for at, asked, tip in zip(starts, asked_by_day, tip_by_day, strict=False):
        if _deviates(float(asked), float(tip)):
            if found and found[-1][1] == previous:
                first, _, total, arrived = found.pop()
                found.append((first, at, total + asked, arrived + tip))
            else:
                found.append((at, at, float(asked), float(tip)))
        previous = at
    return [(first, last, arrived / total) for first, last, total, arrived in found if total > 0]


def patient_words(therapy: Therapy) -> str:
    """The patient in a line."""
    patient = therapy.patient
    who = {"female": "Woman", "male": "Man"}.get(patient.sex or "", "Patient")
    parts = [f"{who}, {number(patient.age)} years, {number(patient.height_cm)} cm, {number(patient.weight_kg)} kg"]
    parts.append(f"{patient.indication}{'' if patient.indication == 'spasticity' else ' pain'}")
    taken = f"{patient.oral_opioid} oral morphine" if patient.oral_opioid.number else "no oral opioid"
    if patient.indication != "spasticity":
        parts.append(f"before therapy {number(patient.pain, 2)} of 10 with {taken}")
    return "; ".join(parts)


def pump_words(therapy: Therapy) -> str:
    """Pump, catheter and fill in a line."""
    if therapy.pump is None or therapy.catheter is None or therapy.fill is None:
        return "No pump: doses by other ways"
    label = " and ".join(
        f"{entry.drug.title} {entry.concentration}" for entry in therapy.drugs if entry.drug.name in therapy.label
    )
    tip = f"{therapy.catheter.space} tip at {therapy.catheter.tip}"
    return f"{therapy.pump.entry.title}; {therapy.catheter.entry.title}, {tip}; {therapy.fill.volume} of {label}"
