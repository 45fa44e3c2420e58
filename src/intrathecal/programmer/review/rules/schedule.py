"""The program as a schedule: its limits, its steps, its ramp and its clock."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.words import lasting, on_day, source
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.quantities import rounded
from intrathecal.simulation.dates import when

NG_PER_UG = 1000


@rule(
    codes=("limit-breached-at-start",),
    about="The program keeps its own limits from its first moment on, counting what was given before.",
)
def limit_at_start(case: Case) -> Iterator[Finding]:
    """What the pump itself would answer."""
    breach = case.breach
    if breach is None:
        return
    drug = case.after.primary
    held, most = float(breach.dose / NG_PER_UG), float(breach.limit.dose / NG_PER_UG)
    earliest = (
        "it can never start" if breach.earliest is None else f"it may start at {when(case.therapy, breach.earliest)}"
    )
    yield Finding(
        "limit-breached-at-start",
        "hard",
        f"The pump will refuse the program: {case.shown(held, drug)} of {drug} would be given within "
        f"{lasting(breach.limit.per)}, and its limit is {case.shown(most, drug)}; {earliest}.",
        drug=drug,
        value=held,
        limit=most,
        unit="mcg",
        source="the program's own limit, arithmetic",
        verified=True,
    )


@rule(
    codes=("schedule-steps",),
    about="The pump can hold as many windows and boluses of a day as the program has.",
)
def schedule_steps(case: Case) -> Iterator[Finding]:
    """Changes of base and starts of boluses on different times of a day."""
    most = case.pump.entry.max_schedule_steps
    orders = case.after.settings.orders
    steps = len({at % DAY_MS for at, _ in orders.week}) + sum(
        len({at % DAY_MS for at in bolus.at}) for bolus in orders.scheduled
    )
    if most is not None and steps > most.exact:
        yield Finding(
            "schedule-steps",
            "hard" if most.verified else "soft",
            f"The program has {steps} steps a day; the {case.pump.entry.title} holds {rounded(most.canonical)}.",
            value=float(steps),
            limit=most.canonical,
            unit="steps",
            source=source(case, most),
            verified=most.verified,
        )


@rule(
    codes=("bolus-not-whole-steps",),
    about="A bolus is a whole number of the pump's smallest steps; what is left over comes with the next flow.",
)
def bolus_steps(case: Case) -> Iterator[Finding]:
    """The part of a bolus that does not come with it."""
    settings, limit = case.after.settings, case.therapy.catalogue.device_review.inexact
    step = settings.hardware.step_pL
    for bolus in case.after.boluses:
        volume = settings.flow(bolus.dose)
        # What is owed from before may complete one step more or leave one step less.
        off = Fraction(step) / volume if volume % step else Fraction(0)
        if off > limit.exact:
            drug = case.after.primary
            yield Finding(
                "bolus-not-whole-steps",
                "soft" if volume < step else "note",
                f"A bolus of {case.shown(case.after.bolus_ug(bolus, drug), drug)} {drug} is {rounded(float(volume / step))} "
                f"steps of the pump: one may be up to {rounded(float(100 * off))} % more or less, on average none is lost.",
                drug=drug,
                value=float(volume * 1000 / PL_PER_ML),
                limit=step * 1000 / PL_PER_ML,
                unit="uL",
                source=f"smallest step ({case.pump.entry.name})",
                verified=case.pump.entry.step_volume.verified,
            )


@rule(
    codes=("ramp-outlasts-reservoir",),
    about="A ramp reaches its target before the reservoir is low.",
)
def ramp_reaches(case: Case) -> Iterator[Finding]:
    """When the last step of the ramp is due."""
    ramp, state = case.after.settings.orders.ramp, case.after.state
    if ramp is None:
        return
    steps = -(-abs(ramp.target - 1) // ramp.step)
    ends, low = state.ramp_origin + int(steps) * ramp.every, case.dates.reservoir.worst
    if low is not None and ends > low:
        yield Finding(
            "ramp-outlasts-reservoir",
            "soft",
            f"The ramp reaches its target on {on_day(case, ends)}, after {lasting(ends - case.at_ms)}; the reservoir is low on "
            f"{on_day(case, low)}.",
            value=(ends - case.at_ms) / DAY_MS,
            limit=(low - case.at_ms) / DAY_MS,
            unit="days",
            source="arithmetic",
            verified=True,
        )


@rule(
    codes=("clock-shift",),
    about="The pump's clock does not follow daylight saving: what is meant for a time of day then comes an hour off.",
)
def clock_shift(case: Case) -> Iterator[Finding]:
    """Windows and boluses at clock times."""
    orders = case.after.settings.orders
    if case.pump.entry.kind != "external" and (len(orders.week) > 1 or orders.scheduled):
        yield Finding(
            "clock-shift",
            "note",
            "Windows and boluses come at the pump's own clock, which daylight saving does not move: when clocks change, they "
            "come 1 h earlier or later by the clock on the wall.",
            value=1.0,
            unit="h",
            source="the pump's fixed offset",
            verified=True,
        )


SCHEDULE = (limit_at_start, schedule_steps, bolus_steps, ramp_reaches, clock_shift)
