"""Flow: whether the pump can run what is asked, and whether anything flows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from intrathecal.catalogue import Value
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.course import Stretch, asked
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.words import HOUR_MS, lasting, pump_range, source
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, PL_PER_ML
from intrathecal.quantities import rounded


def mL_per_day(flow: Fraction) -> float:
    """A flow in pL/ms as mL/day."""
    return float(flow * DAY_MS / PL_PER_ML)


def _course(case: Case) -> list[Stretch]:
    """All that is asked: the program as it begins and, with a ramp, as it ends."""
    state, ramp = case.after.state, case.after.settings.orders.ramp
    scales = [Fraction(1)] if ramp is None else [Fraction(1), ramp.target]
    return [one for scale in scales for one in asked(case.after.settings, scale, state.began, state.now)]


@rule(
    codes=("flow-above-range", "flow-below-range"),
    about="At every moment, overlapping boluses and presses included, the pump can run the flow that is asked.",
)
def flow_range(case: Case) -> Iterator[Finding]:
    """The fastest and the slowest flow that base, windows, boluses, ramp and presses ask for."""
    settings, entry = case.after.settings, case.pump.entry
    hardware, demand = settings.hardware, settings.orders.demand
    course = _course(case)
    wanted = [one.flow for one in course if one.flow > 0 and not (one.minimum and one.boluses == 0)]
    if demand is not None:
        wanted += [one.base + settings.flow(demand.dose) / demand.over for one in course]
    if wanted and max(wanted) > hardware.fastest:
        yield _outside(case, "flow-above-range", max(wanted), "faster than", entry.fastest_flow)
    if wanted and min(wanted) < hardware.slowest:
        yield _outside(case, "flow-below-range", min(wanted), "slower than", entry.slowest_flow)


def _outside(case: Case, code: str, flow: Fraction, than: str, limit: Value) -> Finding:
    entry = case.pump.entry
    bound = float(limit.exact * DAY_MS / MS_PER_S)
    return Finding(
        code,
        "hard",
        f"At times the program asks for {rounded(mL_per_day(flow))} mL/day; the {entry.title} cannot run {than} "
        f"{rounded(bound)} mL/day.",
        value=mL_per_day(flow),
        limit=bound,
        unit="mL/day",
        source=pump_range(case, limit),
        # That this pump cannot run it is certain: its controller does not.
        verified=True,
    )


@rule(
    codes=("flow-inexact",),
    about="What the pump gives in a week is what the program asks for.",
)
def flow_exact(case: Case) -> Iterator[Finding]:
    """The week's dose as the pump can give it, without presses."""
    limit = case.therapy.catalogue.device_review.inexact
    off = case.figures["delivered_minus_asked_percent"]
    most = 100 * limit.canonical
    if off is not None and abs(off) > most:
        yield Finding(
            "flow-inexact",
            "note",
            f"The pump will give {rounded(abs(off))} % {'more' if off > 0 else 'less'} than the program asks for, because it "
            "cannot run its flows.",
            value=off,
            limit=most,
            unit="%",
            source=source(case, limit),
            verified=limit.verified,
        )


@rule(
    codes=("flow-stands-still", "minimum-rate-for-long"),
    about="The flow does not stand still, or run at the minimum rate, for days on end.",
)
def flow_goes_on(case: Case) -> Iterator[Finding]:
    """The longest time in a week at which nothing, or only the minimum rate, is asked for."""
    entry = case.pump.entry
    limit = entry.stopped_alarm_after or case.therapy.catalogue.device_review.longest_still
    course = _course(case)
    for code, severity, what, still in (
        ("flow-stands-still", "soft", "nothing flows", [one.flow == 0 for one in course]),
        (
            "minimum-rate-for-long",
            "note",
            "only the minimum rate flows",
            [one.minimum and one.boluses == 0 for one in course],
        ),
    ):
        longest = _longest(course, still)
        if longest <= limit.exact * MS_PER_S:
            continue
        said = "as long as nobody presses" if case.after.settings.orders.demand else "until the next program"
        long = f"for {lasting(longest)} at a time" if not all(still) else said
        yield Finding(
            code,
            "soft" if severity == "soft" else "note",
            f"With this program {what} {long}: more than {limit} of it should be on purpose.",
            value=None if all(still) else longest / HOUR_MS,
            limit=float(limit.exact * MS_PER_S / HOUR_MS),
            unit="h",
            source=source(case, limit),
            verified=limit.verified,
        )


def _longest(course: Sequence[Stretch], still: Sequence[bool]) -> int:
    """The longest time (ms) for which neighbours are still; a week joins on to the next."""
    longest = lasted = 0
    for one, stands in zip([*course, *course], [*still, *still], strict=True):
        lasted = lasted + one.end - one.start if stands else 0
        longest = max(longest, lasted)
    return longest


FLOW = (flow_range, flow_exact, flow_goes_on)
