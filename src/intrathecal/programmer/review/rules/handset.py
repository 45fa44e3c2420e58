"""The patient's handset: lockout, daily count, limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.words import HOUR_MS, count, lasting, source
from intrathecal.programmer.review.worst import heaviest
from intrathecal.pump.hardware import DAY_MS, MS_PER_S
from intrathecal.quantities import rounded

MINUTES_PER_HOUR = 60
ROUNDING = 1e-9


@rule(
    codes=("demand-without-limit",),
    about="A program with a patient's bolus has a limit that counts base, boluses and presses together.",
)
def demand_limited(case: Case) -> Iterator[Finding]:
    """Lockout and count bound the presses; nothing bounds the sum."""
    orders, drug = case.after.settings.orders, case.after.primary
    if orders.demand is not None and not orders.limits:
        worst = case.after.worst_daily_ug(drug)
        yield Finding(
            "demand-without-limit",
            "note",
            f"The program has a patient's bolus and no limit: with all presses a day can hold {case.shown(worst, drug)} of "
            f"{drug}, against {case.shown(case.after.daily_ug(drug), drug)} without.",
            drug=drug,
            value=worst,
            unit="mcg",
            source="arithmetic",
            verified=True,
        )


@rule(
    codes=("daily-count-never-reached",),
    about="Lockout and daily count belong together: the lockout leaves room for as many presses as the count allows.",
)
def count_reached(case: Case) -> Iterator[Finding]:
    """The presses that the lockout alone allows in 24 hours."""
    demand = case.after.settings.orders.demand
    if demand is None:
        return
    possible = -(-DAY_MS // demand.lockout)
    if possible < demand.max_per_day:
        yield Finding(
            "daily-count-never-reached",
            "soft",
            f"At most {count(demand.max_per_day, 'press')} a day are allowed, and a lockout of {lasting(demand.lockout)} leaves "
            f"room for {possible}: one of the two may not be what was meant.",
            value=float(demand.max_per_day),
            limit=float(possible),
            unit="per day",
            source="arithmetic",
            verified=True,
        )


@rule(
    codes=("lockout-shorter-than-onset", "lockout-shorter-than-bolus"),
    about="A patient can feel one bolus before the next one is given.",
)
def lockout_long_enough(case: Case) -> Iterator[Finding]:
    """The slowest onset of the drugs in the pump, and the bolus itself."""
    demand = case.after.settings.orders.demand
    if demand is None:
        return
    if demand.lockout < demand.over:
        yield Finding(
            "lockout-shorter-than-bolus",
            "soft",
            f"The lockout of {lasting(demand.lockout)} ends before the bolus does, which takes {lasting(demand.over)}: presses "
            "can give two at once.",
            value=demand.lockout * MINUTES_PER_HOUR / HOUR_MS,
            limit=demand.over * MINUTES_PER_HOUR / HOUR_MS,
            unit="min",
            source="arithmetic",
            verified=True,
        )
    known = {drug: case.therapy.catalogue.screenings.get(drug) for drug in case.after.drugs}
    onsets = {drug: entry.onset for drug, entry in known.items() if entry is not None}
    if not onsets:
        return
    drug, onset = max(onsets.items(), key=lambda item: item[1].exact)
    if demand.lockout < onset.exact * MS_PER_S:
        yield Finding(
            "lockout-shorter-than-onset",
            "soft",
            f"The lockout is {lasting(demand.lockout)}, and {drug} takes about {onset} to act: the patient may press again "
            "before the first bolus is felt.",
            drug=drug,
            value=demand.lockout * MINUTES_PER_HOUR / HOUR_MS,
            limit=onset.canonical / MINUTES_PER_HOUR,
            unit="min",
            source=source(case, onset),
            verified=onset.verified,
        )


@rule(
    codes=("press-never-given", "press-refused-at-times"),
    about="A press gives a bolus: neither the program's limit nor the fastest flow always stands against it.",
)
def press_given(case: Case) -> Iterator[Finding]:
    """The worst day with presses against that without, and the flow beside boluses that come by themselves."""
    settings, drug = case.after.settings, case.after.primary
    orders, demand = settings.orders, settings.orders.demand
    if demand is None:
        return
    alone = replace(case.after.state, settings=replace(settings, orders=replace(orders, demand=None)))
    without, press = case.after.ug(heaviest(alone, DAY_MS), drug), case.after.ug(demand.dose, drug)
    room = (case.after.worst_daily_ug(drug) - without) / press
    allowed = min(demand.max_per_day, -(-DAY_MS // demand.lockout))
    if room <= 0:
        yield Finding(
            "press-never-given",
            "soft",
            f"No press will ever be given: the program alone gives {case.shown(without, drug)} of {drug} in its heaviest day, "
            "and its limit or the pump's fastest flow leaves no room for a bolus.",
            drug=drug,
            value=press,
            unit="mcg",
            source="arithmetic",
            verified=True,
        )
    elif orders.limits and room < allowed * (1 - ROUNDING):
        yield Finding(
            "press-refused-at-times",
            "note",
            f"In the heaviest day the limit leaves room for {rounded(room)} of the {count(allowed, 'press')} that lockout and "
            "count allow; further presses are refused.",
            drug=drug,
            value=room,
            limit=float(allowed),
            unit="per day",
            source="arithmetic",
            verified=True,
        )


HANDSET = (demand_limited, count_reached, lockout_long_enough, press_given)
