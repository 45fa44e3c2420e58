"""Flow: whether the pump can run what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from intrathecal.catalogue import Value
from intrathecal.programmer.review.case import Case, digits
from intrathecal.programmer.review.course import asked
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.rule import rule
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML


def mL_per_day(flow: Fraction) -> float:
    """A flow in pL/ms as mL/day."""
    return float(flow * DAY_MS / PL_PER_ML)


def scales(case: Case) -> tuple[Fraction, ...]:
    """The program as it begins and, with a ramp, as it ends."""
    ramp = case.after.settings.orders.ramp
    return (Fraction(1),) if ramp is None else (Fraction(1), ramp.target)


@rule(
    codes=("flow-above-range", "flow-below-range"),
    about="At every moment, overlapping boluses and presses included, the pump can run the flow that is asked.",
)
def flow_range(case: Case) -> Iterator[Finding]:
    """The fastest and the slowest flow that base, windows, boluses, ramp and presses ask for."""
    settings, entry = case.after.settings, case.pump.entry
    hardware, demand = settings.hardware, settings.orders.demand
    press = Fraction(0) if demand is None else settings.flow(demand.dose) / demand.over
    state = case.after.state
    stretches = [one for scale in scales(case) for one in asked(settings, scale, state.began, state.now)]
    fastest = max(max(one.flow, one.base + press) for one in stretches)
    if fastest > hardware.fastest:
        yield _outside(case, "flow-above-range", fastest, "faster than its fastest flow", entry.fastest_flow)
    asked_for = [one.flow for one in stretches if one.flow > 0 and not (one.minimum and one.boluses == 0)]
    if demand is not None:
        asked_for += [one.base + press for one in stretches]
    if asked_for and min(asked_for) < hardware.slowest:
        slowest = min(asked_for)
        yield _outside(case, "flow-below-range", slowest, "slower than its slowest flow", entry.slowest_flow)


def _outside(case: Case, code: str, flow: Fraction, what: str, limit: Value) -> Finding:
    entry = case.pump.entry
    most = float(limit.exact * DAY_MS / 1000)
    return Finding(
        code,
        "hard",
        f"The program asks for {digits(mL_per_day(flow))} mL/day at times; {entry.title} cannot run {what} of "
        f"{digits(most)} mL/day",
        value=mL_per_day(flow),
        limit=most,
        unit="mL/day",
        source=f"pump range ({entry.name})",
        verified=limit.verified,
    )


FLOW = (flow_range,)
