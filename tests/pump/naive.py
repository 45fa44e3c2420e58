"""A second pump, slow and plain: it reads the clauses word by word and walks through time by quarters of an hour.

It shares nothing with the controller but the parsed program and the hardware's figures, so that where the two agree, both
are read from the same sentences. Times are ms on the pump's counter, volumes pL, doses ng, all exact.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import ceil

from intrathecal.quantities import Quantity
from intrathecal.therapy import Demand, MinimumRate, Program, Rate, Stop

MINUTE = 60_000
#: Clock times of its programs lie on this grid.
TICK = 15 * MINUTE
DAY = 24 * 60 * MINUTE
WEEK = 7 * DAY
PL_PER_ML = 10**9


@cache
def volume_of(quantity: Quantity, typed_at: Fraction, label: Fraction) -> Fraction:
    """The volume (pL) of an amount, or the flow (pL/ms) of a rate; one typed as a volume is a dose at ``typed_at``."""
    if quantity.kind in ("volume", "flow"):
        volume = quantity.to("mL" if quantity.kind == "volume" else "mL/day") * PL_PER_ML * typed_at / label
    else:
        volume = quantity.to("ng" if quantity.kind == "mass" else "ng/day") * PL_PER_ML / label
    return volume if quantity.kind in ("volume", "mass") else volume / DAY


@cache
def ms_of(duration: Quantity) -> int:
    """A duration in ms."""
    value = duration.to("s") * 1000
    assert value.denominator == 1
    return int(value)


@dataclass
class Given:
    """One bolus under way."""

    rate: Fraction
    left: Fraction
    nominal_end: int


@dataclass
class Line:
    """What flowed between two instants: asked and delivered flow (pL/ms), dose rate of the primary drug (ng/ms)."""

    start: Fraction
    end: Fraction
    asked: Fraction
    delivered: Fraction
    dose: Fraction


@dataclass
class Naive:
    """A pump that runs ``program``; the local time at counter 0 is ``clock`` ms since a Monday 00:00."""

    program: Program
    concentration: Fraction
    clock: int
    reservoir: Fraction
    step: int
    slowest: Fraction
    fastest: Fraction
    minimum: Fraction
    low_at: Fraction
    now: int = 0
    started: int = 0
    program_concentration: Fraction = Fraction(0)
    paused: int = 0
    boluses: list[Given] = field(default_factory=list)
    presses: list[int] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    total: Fraction = Fraction(0)
    bridge_left: Fraction = Fraction(0)
    bridge_rate: Fraction = Fraction(0)
    bridge_concentration: Fraction = Fraction(0)
    bridge_began: Fraction | None = None
    empty: bool = False
    usable: Fraction = Fraction(0)
    roundings: int = 0
    low_since: Fraction | None = None
    empty_since: Fraction | None = None

    def __post_init__(self) -> None:
        self.program_concentration = self.program_concentration or self.concentration
        self.low_since = Fraction(self.now) if self.reservoir <= self.low_at else None
        self.usable = self.reservoir // self.step * Fraction(self.step)

    # ---- what is asked

    def volume(self, quantity: Quantity) -> Fraction:
        """The volume of an amount, or the flow of a rate, at today's label."""
        return volume_of(quantity, self.program_concentration, self.concentration)

    def ms(self, duration: Quantity) -> int:
        """A duration in ms."""
        return ms_of(duration)

    def scale(self, at: Fraction) -> Fraction:
        """Where the ramp stands, as a multiple of the starting base."""
        ramp = self.program.ramp
        if ramp is None:
            return Fraction(1)
        assert isinstance(self.program.base, Rate)
        start, target = self.volume(self.program.base.quantity), self.volume(ramp.target)
        running = at - self.started - self.paused
        value = start
        waited = self.ms(ramp.every)
        while waited <= running:
            value += start * ramp.percent.exact if target > start else -start * ramp.percent.exact
            waited += self.ms(ramp.every)
            if (target > start) == (value >= target):
                value = target
                break
        return value / start

    def running_rate(self, at: Fraction) -> Rate | MinimumRate | Stop:
        """The base, or the window that replaces it."""
        local = self.clock + at
        for window in self.program.windows:
            for day in (local // DAY, local // DAY - 1):
                begin = day * DAY + window.start_min * MINUTE
                end = day * DAY + window.end_min * MINUTE
                if window.end_min < window.start_min:
                    end += DAY
                if (window.days is None or day % 7 in window.days) and begin <= local < end:
                    return window.rate
        return self.program.base

    def base(self, at: Fraction) -> Fraction:
        """Flow asked by the base and windows."""
        rate = self.running_rate(at)
        if isinstance(rate, Rate):
            return self.volume(rate.quantity) * self.scale(at)
        return self.minimum if isinstance(rate, MinimumRate) else Fraction(0)

    def beginning(self, at: int) -> list[Given]:
        """The boluses that begin at this very time by themselves."""
        local = self.clock + at
        found = []
        for bolus in self.program.boluses:
            right_day = bolus.days is None or local // DAY % 7 in bolus.days
            if right_day and local % DAY in [minute * MINUTE for minute in bolus.at]:
                found.append(self.bolus(bolus.amount, bolus.over, at))
        for rhythm in self.program.periodic:
            anchor = (self.clock + self.started) // DAY * DAY + rhythm.start_min * MINUTE
            if local >= anchor and (local - anchor) % self.ms(rhythm.every) == 0:
                found.append(self.bolus(rhythm.amount, rhythm.over, at))
        return found

    def bolus(self, amount: Quantity, over: Quantity, at: int) -> Given:
        """A bolus that begins now."""
        return Given(self.volume(amount) / self.ms(over), self.volume(amount), at + self.ms(over))

    # ---- time

    @property
    def bridging(self) -> bool:
        """Whether old drug is still coming."""
        return self.bridge_left > 0

    def run(self, to: int) -> None:
        """Let time pass, quarter by quarter."""
        while self.now < to:
            end = min(to, self.now + TICK - (self.clock + self.now) % TICK)
            self.part(end)

    def part(self, end: int) -> None:
        """A quarter or less, cut where the ramp steps and where a bolus, a bridge or the reservoir ends."""
        at = Fraction(self.now)
        while at < end:
            asked, delivered, shares = self.flow(at)
            until = Fraction(end)
            for given, share in zip(self.boluses, shares, strict=True):
                if share > 0:
                    until = min(until, at + given.left / share)
                if given.nominal_end > at:
                    until = min(until, Fraction(given.nominal_end))
            if self.program.ramp is not None and not self.bridging:
                every = self.ms(self.program.ramp.every)
                until = min(until, at + every - (at - self.started - self.paused) % every)
            if self.bridging and delivered > 0:
                until = min(until, at + self.bridge_left / delivered)
            if delivered > 0:
                until = min(until, at + self.usable / delivered)
            if delivered > 0 and self.reservoir > self.low_at:
                until = min(until, at + (self.reservoir - self.low_at) / delivered)
            self.roundings += until.denominator > 1
            self.book(at, until, asked, delivered, shares)
            at = until
        self.now = end
        self.start()

    def start(self) -> None:
        """Begin what begins by itself now."""
        if not self.bridging:
            self.boluses += self.beginning(self.now)

    def flow(self, at: Fraction) -> tuple[Fraction, Fraction, list[Fraction]]:
        """What is asked, what flows, and the share of each bolus."""
        if self.bridging:
            flow = min(max(self.bridge_rate, self.slowest), self.fastest)
            return self.bridge_rate, Fraction(0) if self.empty else flow, [Fraction(0)] * len(self.boluses)
        base = self.base(at)
        asked = base + sum((g.rate for g in self.boluses if g.nominal_end > at), Fraction(0))
        rates = [given.rate if given.left > 0 else Fraction(0) for given in self.boluses]
        wanted = base + sum(rates, Fraction(0))
        if self.empty:  # time runs on, and a bolus that cannot be given is lost
            return asked, Fraction(0), rates
        if wanted == 0:
            return asked, Fraction(0), rates
        delivered = min(max(wanted, self.slowest), self.fastest)
        if not any(rates) and isinstance(self.running_rate(at), MinimumRate):
            delivered = self.minimum
        share = max(Fraction(0), delivered - base) / (wanted - base) if any(rates) else Fraction(0)
        return asked, delivered, [rate * share for rate in rates]

    def book(self, at: Fraction, until: Fraction, asked: Fraction, delivered: Fraction, shares: list[Fraction]) -> None:
        """Count what flowed."""
        volume = delivered * (until - at)
        label = self.bridge_concentration if self.bridging else self.concentration
        last = self.lines[-1] if self.lines else None
        dose = delivered * label / PL_PER_ML
        if last and last.end == at and (last.asked, last.delivered, last.dose) == (asked, delivered, dose):
            self.lines[-1] = Line(last.start, until, asked, delivered, dose)
        else:
            self.lines.append(Line(at, until, asked, delivered, dose))
        self.total += volume
        self.reservoir -= volume
        self.usable -= volume
        for given, share in zip(self.boluses, shares, strict=True):
            given.left -= share * (until - at)
        self.boluses = [given for given in self.boluses if given.left > 0 or given.nominal_end > until]
        if self.bridging:
            self.bridge_left -= volume
            if not self.bridging and self.bridge_began is not None:
                self.paused += ceil(until - self.bridge_began)
        if self.low_since is None and self.reservoir <= self.low_at:
            self.low_since = until
        if not self.empty and self.usable <= 0:
            self.empty, self.empty_since = True, until

    # ---- what a person does

    def accept_press(self) -> None:
        """A patient's bolus begins."""
        demand = self.program.demand
        assert demand is not None
        self.boluses.append(self.bolus(demand.amount, demand.over, self.now))
        self.presses.append(self.now)

    def reasons(self) -> set[str]:
        """Every reason against a bolus now."""
        against = set()
        if self.bridging:
            against.add("bridge running")
        if self.empty:
            against.add("reservoir empty")
        demand = self.program.demand
        if demand is None:
            return against | {"no patient bolus is programmed"}
        if any(self.now - press < self.ms(demand.lockout) for press in self.presses):
            against.add("lockout")
        if len([press for press in self.presses if self.now - press < DAY]) >= demand.max_per_day:
            against.add("daily count")
        if against:
            return against
        return against | self.beyond(demand)

    def beyond(self, demand: Demand) -> set[str]:
        """Whether a bolus now would pass the fastest flow or a limit."""
        against = set()
        periods = [self.ms(limit.per) for limit in self.program.limits]
        ahead = self.ahead(self.ms(demand.over) + max(periods, default=0), press=True)
        over = self.now + self.ms(demand.over)
        running = sum((given.rate for given in self.boluses if given.left > 0), self.base(Fraction(self.now)))
        press = self.volume(demand.amount) / self.ms(demand.over)
        asked = [line.asked for line in ahead if line.end > self.now and line.start < over]
        if max([*asked, running + press]) > self.fastest:
            against.add("fastest flow")
        for limit in self.program.limits:
            room = self.volume(limit.amount) * self.concentration / PL_PER_ML
            fullest = self.fullest(ahead, self.ms(limit.per), self.now, over)
            if abs(fullest - room) <= self.doubt():
                against.add("limit?")
            elif fullest > room:
                against.add("limit")
        return against

    def doubt(self) -> Fraction:
        """Dose that whole steps and whole ms may move across a window's edge."""
        return (self.step + 4 * self.fastest) * self.concentration / PL_PER_ML

    def ahead(self, length: int, *, press: bool) -> list[Line]:
        """What was given and what is to come for ``length`` ms, with one more bolus or not; a full reservoir is supposed."""
        twin = copy.copy(self)
        twin.boluses = copy.deepcopy(self.boluses)
        twin.lines = list(self.lines)
        twin.reservoir = twin.usable = Fraction(10**15)
        twin.empty = False
        if press:
            assert self.program.demand is not None
            twin.boluses.append(twin.bolus(self.program.demand.amount, self.program.demand.over, self.now))
        twin.run(self.now + length)
        return twin.lines

    @staticmethod
    def fullest(lines: list[Line], length: int, first: int, last: int) -> Fraction:
        """The most dose that a window of ``length`` holds, of the windows that overlap first to last; every edge is tried."""
        edges = {Fraction(first), *(edge for line in lines for edge in (line.start, line.end))}
        starts = sorted(
            start for edge in edges for start in (edge, edge - length) if start <= last and start + length >= first
        )
        most, low, high = Fraction(0), 0, 0
        total = Fraction(0)
        for start in starts:
            while high < len(lines) and lines[high].end <= start + length:
                total += lines[high].dose * (lines[high].end - lines[high].start)
                high += 1
            while low < high and lines[low].end <= start:
                total -= lines[low].dose * (lines[low].end - lines[low].start)
                low += 1
            inside = total
            if low < high and lines[low].start < start:
                inside -= lines[low].dose * (start - lines[low].start)
            if high < len(lines) and lines[high].start < start + length:
                inside += lines[high].dose * (start + length - max(lines[high].start, start))
            most = max(most, inside)
        return most

    def with_program(self, program: Program) -> Naive:
        """The same pump with another program from now on."""
        after = copy.copy(self)
        after.program, after.started, after.paused = program, self.now, 0
        if after.gives_nothing():
            after.bridge_left = Fraction(0)
        after.program_concentration = self.concentration
        after.boluses = []
        after.presses, after.lines = list(self.presses), list(self.lines)
        if after.bridging:
            after.bridge_began = Fraction(self.now)
        after.start()
        return after

    def gives_nothing(self) -> bool:
        """Whether neither the program nor the patient can make anything flow."""
        rates = [self.program.base, *(window.rate for window in self.program.windows)]
        flows = any(isinstance(rate, Rate) or (isinstance(rate, MinimumRate) and self.minimum > 0) for rate in rates)
        return not (flows or self.program.boluses or self.program.periodic or self.program.demand)

    def new_program(self, program: Program) -> None:
        """Every clause is replaced; lockout and the memory of doses stay."""
        self.__dict__.update(self.with_program(program).__dict__)

    def against_program(self, program: Program) -> set[str]:
        """Why a new program may not start now; ``limit?`` when less than a few steps decide."""
        if not program.limits:
            return set()
        after = self.with_program(program)
        longest = max(self.ms(limit.per) for limit in program.limits)
        rising = 0
        if program.ramp is not None:
            assert isinstance(program.base, Rate)
            way = abs(after.volume(program.ramp.target) / after.volume(program.base.quantity) - 1)
            rising = (int(way / program.ramp.percent.exact) + 2) * self.ms(program.ramp.every)
        ahead = after.ahead(longest + rising + WEEK + DAY, press=False)
        against = set()
        for limit in program.limits:
            room = after.volume(limit.amount) * self.concentration / PL_PER_ML
            fullest = self.fullest(ahead, self.ms(limit.per), self.now, self.now + 10**12)
            if abs(fullest - room) <= self.doubt():
                against.add("limit?")
            elif fullest > room:
                against.add("limit")
        return against

    def refill(self, volume: int, concentration: Fraction, bridge: tuple[Fraction, Fraction] | None) -> None:
        """Empty and fill; the dose stays. ``bridge`` is the volume and flow of the old drug."""
        if self.bridging and self.bridge_began is not None:
            self.paused += int(self.now - self.bridge_began)
        self.boluses = []
        self.bridge_left = Fraction(0)
        if bridge is not None:
            self.bridge_left, self.bridge_rate = bridge
            self.bridge_concentration = self.concentration
            self.bridge_began = Fraction(self.now)
        self.concentration = concentration
        self.reservoir, self.empty = Fraction(volume), volume < self.step
        # What was asked for and is not yet a whole step comes out of the new fill.
        self.usable = volume // self.step * self.step - self.total % self.step
        self.low_since = Fraction(self.now) if volume <= self.low_at else None
        self.empty_since = Fraction(self.now) if self.empty else None
        self.start()
