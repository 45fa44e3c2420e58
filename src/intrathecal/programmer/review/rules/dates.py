"""The reservoir and its dates: alarm, appointment, stability, weekend."""

from __future__ import annotations

from collections.abc import Iterator

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.moment import Implanted
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.words import days, lasting, on_day, source
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, PL_PER_ML
from intrathecal.quantities import rounded
from intrathecal.simulation.dates import shortest_lived
from intrathecal.therapy import Refill

#: Saturday, as Python counts days of the week.
SATURDAY = 5


@rule(
    codes=("reservoir-low-already", "reservoir-gained", "refill-before-now"),
    about="There is drug in the reservoir, above the alarm, no more than was filled in, and of the fill that is judged.",
)
def reservoir_filled(case: Case) -> Iterator[Finding]:
    """What the reservoir holds at the moment judged."""
    state, settings = case.after.state, case.after.settings
    held, alarm = state.reservoir_pL / PL_PER_ML, settings.low_reservoir_pL / PL_PER_ML
    if held <= alarm:
        yield Finding(
            "reservoir-low-already",
            "soft",
            f"The reservoir holds {rounded(held)} mL, and its alarm is set to {rounded(alarm)} mL: it is low already.",
            value=held,
            limit=alarm,
            unit="mL",
            source="arithmetic",
            verified=True,
        )
    fill = Implanted.of(case.therapy).fill
    if not case.events and fill.reservoir_now is not None and fill.reservoir_now.exact > fill.volume.exact:
        yield Finding(
            "reservoir-gained",
            "soft",
            f"The reservoir is said to hold {fill.reservoir_now}, more than the {fill.volume} that were filled in.",
            value=float(fill.reservoir_now.exact),
            limit=float(fill.volume.exact),
            unit="mL",
            source="arithmetic",
            verified=True,
        )
    refills = [one for one in case.therapy.events if isinstance(one.action, Refill) and one.at_ms <= case.at_ms]
    if not case.events and refills and case.at_ms > 0:
        yield Finding(
            "refill-before-now",
            "soft",
            f"The file has a refill on {on_day(case, refills[-1].at_ms)}, before the moment that is judged: the program is "
            f"judged with the drugs of the first fill. Judge the refill with --event {refills[-1].index}.",
            source="the therapy file",
            verified=True,
        )


@rule(
    codes=("alarm-below-maker",),
    about="The low-reservoir alarm is not set below what its maker sets it to.",
)
def alarm_set(case: Case) -> Iterator[Finding]:
    """The alarm's volume against the catalogue's."""
    limit = case.pump.entry.low_reservoir_alarm
    alarm = case.after.settings.low_reservoir_pL
    if limit is not None and alarm < limit.exact * PL_PER_ML:
        yield Finding(
            "alarm-below-maker",
            "note",
            f"The low-reservoir alarm is set to {rounded(alarm / PL_PER_ML)} mL; its maker's value is {limit}.",
            value=alarm / PL_PER_ML,
            limit=limit.canonical,
            unit="mL",
            source=source(case, limit),
            verified=limit.verified,
        )


def _reservoir(case: Case) -> str:
    """The reservoir at the worst-case date, which speaks of presses only where there is a handset."""
    return "The reservoir" if case.after.settings.orders.demand is None else "With all presses the reservoir"


@rule(
    codes=("low-on-weekend",),
    about="The reservoir does not become low when nobody is there.",
)
def low_on_weekend(case: Case) -> Iterator[Finding]:
    """The day of the week on which the reservoir is low, all presses used, where that decides the appointment."""
    low = case.dates.reservoir.worst if case.dates.reason == "volume" else None
    day = None if low is None else case.therapy.time_at(low)
    if low is not None and low > case.at_ms and day is not None and day.weekday() >= SATURDAY:
        yield Finding(
            "low-on-weekend",
            "note",
            f"{_reservoir(case)} is low on {day:%A}, {on_day(case, low)}.",
            source="arithmetic",
            verified=True,
        )


@rule(
    codes=("low-before-visit", "visit-after-stability"),
    about="The fill lasts, and keeps, until the next visit.",
)
def lasts_until_visit(case: Case) -> Iterator[Finding]:
    """The visit as booked, against the low-reservoir date and against the time that the drugs keep."""
    visit, stable = case.dates.candidates["visit"], case.dates.candidates["stability"]
    if visit is None or visit < case.at_ms:
        return
    worst, fastest = case.dates.reservoir.worst, case.dates.reservoir.fastest
    if worst is not None and worst < visit:
        yield _early(case, "soft", worst, visit, f"{_reservoir(case)} is low")
    elif fastest is not None and fastest < visit:
        yield _early(case, "note", fastest, visit, "At the fast end of the pump's accuracy the reservoir is low")
    keeps = shortest_lived(case.therapy, case.after.state, case.held_before)
    if keeps is not None and stable is not None and stable < visit:
        drug, life = keeps
        yield Finding(
            "visit-after-stability",
            "soft",
            f"The {drug} in the pump keeps for {days(life)}, until {on_day(case, stable)}; the next visit is on "
            f"{on_day(case, visit)}.",
            value=(visit - case.filled_at_ms) / DAY_MS,
            limit=(stable - case.filled_at_ms) / DAY_MS,
            unit="days",
            drug=drug,
            source=source(case, life),
            verified=life.verified,
        )


def _early(case: Case, severity: str, low: int, visit: int, what: str) -> Finding:
    return Finding(
        "low-before-visit",
        "soft" if severity == "soft" else "note",
        f"{what} on {on_day(case, low)}, before the next visit on {on_day(case, visit)}.",
        value=(low - case.at_ms) / DAY_MS,
        limit=(visit - case.at_ms) / DAY_MS,
        unit="days",
        source="arithmetic",
        verified=True,
    )


@rule(
    codes=("refill-overdue",),
    about="The appointment for the next refill lies ahead.",
)
def due_ahead(case: Case) -> Iterator[Finding]:
    """The appointments by volume and by stability."""
    low, due, stable = case.dates.reservoir.worst, case.dates.candidates["volume"], case.dates.candidates["stability"]
    if case.after.state.low_at is not None:
        return
    if due is not None and low is not None and due <= case.at_ms and not (_is_new_fill(case) and _is_short(case, low)):
        lead = days(Implanted.of(case.therapy).fill.lead)
        left = f"{_reservoir(case)} is low on {on_day(case, low)}, after {lasting(low - case.at_ms)}"
        yield _overdue(case, due, f"{left}: the refill should come {lead} before that, and is due already.")
    if stable is not None and stable <= case.at_ms:
        yield _overdue(
            case, stable, f"What is in the pump keeps until {on_day(case, stable)}: the refill is due already."
        )


def _overdue(case: Case, due: int, says: str) -> Finding:
    return Finding(
        "refill-overdue",
        "soft",
        says,
        value=(due - case.at_ms) / DAY_MS,
        limit=0.0,
        unit="days",
        source="arithmetic",
        verified=True,
    )


def _is_new_fill(case: Case) -> bool:
    return case.filled_at_ms == case.at_ms


def _is_short(case: Case, low: int) -> bool:
    """Whether the rule on short fills speaks; nobody expects weeks of an external pump."""
    shortest = case.therapy.catalogue.device_review.shortest_fill
    return case.pump.entry.kind == "external" or low - case.at_ms < shortest.exact * MS_PER_S


@rule(
    codes=("fill-lasts-short",),
    about="A fill lasts for weeks.",
)
def lasts_long_enough(case: Case) -> Iterator[Finding]:
    """The time to the low-reservoir date after a fill; millilitres per hour for per day show here."""
    low, limit = case.dates.reservoir.worst, case.therapy.catalogue.device_review.shortest_fill
    if low is None or case.pump.entry.kind == "external" or case.after.state.low_at is not None:
        return
    if _is_new_fill(case) and _is_short(case, low):
        yield Finding(
            "fill-lasts-short",
            "soft",
            f"This fill of {rounded(case.after.state.reservoir_pL / PL_PER_ML)} mL is low after "
            f"{lasting(low - case.at_ms)}: is the flow of {rounded(case.after.flow_mL_per_day)} mL/day what was meant?",
            value=(low - case.at_ms) / DAY_MS,
            limit=float(limit.exact * MS_PER_S / DAY_MS),
            unit="days",
            source=source(case, limit),
            verified=limit.verified,
        )


@rule(
    codes=("lead-short",),
    about="The appointment comes some days before the reservoir is low.",
)
def lead_long_enough(case: Case) -> Iterator[Finding]:
    """The file's lead."""
    lead, limit = Implanted.of(case.therapy).fill.lead, case.therapy.catalogue.device_review.least_lead
    if case.pump.entry.kind != "external" and lead.exact < limit.exact:
        yield Finding(
            "lead-short",
            "soft",
            f"The appointment is {days(lead)} before the low-reservoir date; at least {days(limit)} are usual.",
            value=float(lead.to("day")),
            limit=float(limit.exact * MS_PER_S / DAY_MS),
            unit="days",
            source=source(case, limit),
            verified=limit.verified,
        )


DATES = (reservoir_filled, alarm_set, low_on_weekend, lasts_until_visit, due_ahead, lasts_long_enough, lead_long_enough)
