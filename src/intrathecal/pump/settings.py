"""What the pump is told: a program in doses, the concentrations on the label, limits, clock.

Doses are kept as nanograms of the primary drug, so that a refill with another concentration changes the flow and not the
dose. All figures are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from intrathecal import therapy
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML, WEEK_MS, Hardware
from intrathecal.quantities import Quantity

MINUTE_MS = 60_000


@dataclass(frozen=True)
class Level:
    """What the base or a window asks for: a dose rate in ng/ms, or ``minimum`` (then the rate is the hardware's)."""

    dose: Fraction
    minimum: bool = False


@dataclass(frozen=True)
class Scheduled:
    """A bolus that comes by itself at fixed times of the week (ms since Monday 00:00, ascending)."""

    at: tuple[int, ...]
    dose: Fraction
    over: int


@dataclass(frozen=True)
class Periodic:
    """A bolus in its own rhythm, anchored at a time of the program's first day (ms since midnight)."""

    anchor: int
    every: int
    dose: Fraction
    over: int


@dataclass(frozen=True)
class Demand:
    """The patient's bolus."""

    dose: Fraction
    over: int
    lockout: int
    max_per_day: int


@dataclass(frozen=True)
class Ramp:
    """Base and windows are scaled by 1 + step × k after k intervals, up to ``target`` times the starting base."""

    step: Fraction
    target: Fraction
    every: int


@dataclass(frozen=True)
class Limit:
    """No window of ``per`` ms may hold more than ``dose`` ng."""

    dose: Fraction
    per: int


@dataclass(frozen=True)
class Orders:
    """A program as the controller holds it: doses of the primary drug in ng, times in ms.

    ``week`` is the base with its windows: (ms since Monday 00:00, level) from there on; the first entry is at 0.
    """

    week: tuple[tuple[int, Level], ...]
    scheduled: tuple[Scheduled, ...] = ()
    periodic: tuple[Periodic, ...] = ()
    demand: Demand | None = None
    ramp: Ramp | None = None
    limits: tuple[Limit, ...] = ()

    def weekly_mean(self, minimum_dose: Fraction, scale: Fraction) -> tuple[Fraction, Fraction]:
        """Mean dose rates over a week (ng/ms): base and windows at a ramp's ``scale``, boluses that come by themselves."""
        total = Fraction(0)
        edges = [at for at, _ in self.week[1:]] + [WEEK_MS]
        for (start, level), end in zip(self.week, edges, strict=True):
            total += (minimum_dose if level.minimum else level.dose * scale) * (end - start)
        boluses = sum((bolus.dose * len(bolus.at) / WEEK_MS for bolus in self.scheduled), Fraction(0))
        return total / WEEK_MS, boluses + sum((bolus.dose / bolus.every for bolus in self.periodic), Fraction(0))


@dataclass(frozen=True)
class Bridge:
    """Old drug still to come out after a refill: ``volume`` pL at ``rate`` pL/ms, booked at the old label."""

    volume: Fraction
    rate: Fraction


@dataclass(frozen=True)
class Settings:
    """Everything the pump is told.

    ``labels`` are the concentrations on the label in ng/mL, the primary drug named apart; ``clock`` is the local time at
    counter 0, in ms since a Monday 00:00; ``tubing`` and
    ``catheter`` (pL) are the volumes that the pump was told of.
    """

    hardware: Hardware
    orders: Orders
    primary: str
    labels: tuple[tuple[str, Fraction], ...]
    low_reservoir_pL: int
    clock: int = field(metadata={"signed": True})
    tubing: Fraction
    catheter: Fraction

    @property
    def dead_volume(self) -> Fraction:
        """Tubing and catheter (pL): what a bridge must bring out."""
        return self.tubing + self.catheter

    @property
    def concentration(self) -> Fraction:
        """Label concentration of the primary drug, ng/mL."""
        return dict(self.labels)[self.primary]

    def flow(self, dose: Fraction) -> Fraction:
        """The volume (pL) that holds a dose (ng), or the flow (pL/ms) of a dose rate (ng/ms)."""
        label = self.concentration
        return Fraction(dose.numerator * PL_PER_ML * label.denominator, dose.denominator * label.numerator)

    def dose(self, volume: Fraction) -> Fraction:
        """The dose (ng) in a volume (pL), or the dose rate of a flow."""
        return volume * self.concentration / PL_PER_ML

    @property
    def minimum_dose(self) -> Fraction:
        """The dose rate (ng/ms) at the pump's minimum rate."""
        minimum = self.hardware.minimum
        return Fraction(0) if minimum is None else self.dose(minimum)


def order(program: therapy.Program, concentration: Fraction) -> Orders:
    """The program in doses; an amount typed as a volume becomes a dose at ``concentration`` (ng/mL of the primary)."""

    def dose(quantity: Quantity) -> Fraction:
        if quantity.kind in ("volume", "flow"):
            unit = {"volume": "mL", "flow": "mL/s"}[quantity.kind]
            value = quantity.to(unit) * concentration
        else:
            value = quantity.to({"mass": "ng", "mass rate": "ng/s"}[quantity.kind])
        return value / 1000 if quantity.kind in ("flow", "mass rate") else value

    def level(rate: therapy.Rate | therapy.MinimumRate | therapy.Stop) -> Level:
        if isinstance(rate, therapy.Rate):
            return Level(dose(rate.quantity))
        return Level(Fraction(0), minimum=isinstance(rate, therapy.MinimumRate))

    base = level(program.base)
    ramp = program.ramp
    demand = program.demand
    return Orders(
        week=_week(base, [(window, level(window.rate)) for window in program.windows]),
        scheduled=tuple(
            Scheduled(_times(bolus.at, bolus.days), dose(bolus.amount), milliseconds(bolus.over))
            for bolus in program.boluses
        ),
        periodic=tuple(
            Periodic(
                bolus.start_min * MINUTE_MS, milliseconds(bolus.every), dose(bolus.amount), milliseconds(bolus.over)
            )
            for bolus in program.periodic
        ),
        demand=None
        if demand is None
        else Demand(dose(demand.amount), milliseconds(demand.over), milliseconds(demand.lockout), demand.max_per_day),
        ramp=None
        if ramp is None
        else Ramp(ramp.percent.exact, dose(ramp.target) / base.dose, milliseconds(ramp.every)),
        limits=tuple(Limit(dose(limit.amount), milliseconds(limit.per)) for limit in program.limits),
    )


def fixed_orders(hardware: Hardware, concentration: Fraction) -> Orders:
    """What a fixed-rate pump does: its one flow, as a dose at ``concentration`` (ng/mL)."""
    flow = hardware.fixed or Fraction(0)
    return Orders(week=((0, Level(flow * concentration / PL_PER_ML)),))


def labels_of(concentrations: Mapping[str, Quantity]) -> tuple[tuple[str, Fraction], ...]:
    """Label concentrations in ng/mL."""
    return tuple((drug, quantity.to("ng/mL")) for drug, quantity in concentrations.items())


def milliseconds(duration: Quantity) -> int:
    """A duration as whole milliseconds, at least one."""
    return max(1, round(duration.to("s") * 1000))


def _times(minutes: tuple[int, ...], days: frozenset[int] | None) -> tuple[int, ...]:
    return tuple(
        sorted(
            day * DAY_MS + minute * MINUTE_MS for day in (days if days is not None else range(7)) for minute in minutes
        )
    )


def _week(base: Level, windows: list[tuple[therapy.Window, Level]]) -> tuple[tuple[int, Level], ...]:
    """The week as a step function; windows do not overlap (the language refuses that)."""
    changes: dict[int, Level] = {0: base}
    spans: list[tuple[int, int, Level]] = []
    for window, level in windows:
        for day in window.days if window.days is not None else range(7):
            start = day * DAY_MS + window.start_min * MINUTE_MS
            length = (window.end_min - window.start_min) % 1440 * MINUTE_MS or DAY_MS
            spans.append((start, start + length, level))
    for _, end, _ in spans:
        changes.setdefault(end % WEEK_MS, base)
        if end > WEEK_MS:
            changes[0] = next(level for s, e, level in spans if e > WEEK_MS)
    for start, _, level in spans:
        changes[start] = level
    return tuple(sorted(changes.items(), key=lambda change: change[0]))
