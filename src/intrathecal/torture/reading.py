"""What a program's words ask for, read a second time: nothing of the controller is used, and nothing is exact.

The torture holds what the motor really did against this. Times are ms on the pump's counter, volumes pL, doses ng, all flows
per ms, as floating-point numbers: an error of many years stays far below one drive step.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from intrathecal.quantities import Quantity
from intrathecal.therapy import MinimumRate, Program, Rate

MINUTE_MS = 60_000
DAY_MS = 1440 * MINUTE_MS
WEEK_MS = 7 * DAY_MS
PL_PER_ML = 1e9
#: The last step is made when no more than this is missing.
ROUND_OFF_PL = 1e-2
#: What is left of a bolus below this part of a picolitre is round-off.
CRUMB_PL = 1e-3


@dataclass(frozen=True)
class Figures:
    """What is known of a pump from its data sheet: one step in pL, flows in pL/ms."""

    step_pL: int
    slowest: float
    fastest: float
    minimum: float


@dataclass(frozen=True)
class Due:
    """A bolus that comes by itself: at times of the week, or (``every``) from a time of the program's first day on."""

    at: tuple[int, ...]
    every: int
    dose: float
    over: int


@dataclass(frozen=True)
class Words:
    """A program's clauses, with amounts in ng. A level of None is the pump's minimum rate."""

    edges: tuple[int, ...]
    levels: tuple[float | None, ...]
    due: tuple[Due, ...]
    demand: tuple[float, int, int, int] | None
    ramp: tuple[float, float, int] | None
    limits: tuple[tuple[float, int], ...]

    @classmethod
    def of(cls, text: str, typed_at: float) -> Words:
        """Read a program; amounts typed as volumes are doses at ``typed_at`` ng/mL."""
        return _read(text, typed_at)


@lru_cache(maxsize=4096)
def _read(text: str, typed_at: float) -> Words:
    program = Program.parse(text)

    def ng(quantity: Quantity) -> float:
        if quantity.kind == "mass":
            return float(quantity.to("ng"))
        if quantity.kind == "volume":
            return float(quantity.to("mL")) * typed_at
        if quantity.kind == "mass rate":
            return float(quantity.to("ng/day")) / DAY_MS
        return float(quantity.to("mL/day")) * typed_at / DAY_MS

    def ms(quantity: Quantity) -> int:
        return round(float(quantity.to("s")) * 1000)

    spans = [(start * MINUTE_MS, end * MINUTE_MS, w.rate) for w in program.windows for start, end in w.week_spans()]
    edges = sorted({0, *(edge % WEEK_MS for start, end, _ in spans for edge in (start, end))})
    levels: list[float | None] = []
    for edge in edges:
        inside = [rate for start, end, rate in spans if any(start <= at < end for at in (edge, edge + WEEK_MS))]
        rate = inside[0] if inside else program.base
        levels.append(None if isinstance(rate, MinimumRate) else ng(rate.quantity) if isinstance(rate, Rate) else 0.0)
    due = [
        Due(
            tuple(sorted(day * DAY_MS + at * MINUTE_MS for day in bolus.days or range(7) for at in bolus.at)),
            0,
            ng(bolus.amount),
            ms(bolus.over),
        )
        for bolus in program.boluses
    ]
    due += [Due((p.start_min * MINUTE_MS,), ms(p.every), ng(p.amount), ms(p.over)) for p in program.periodic]
    demand, ramp = program.demand, program.ramp
    scaling = None
    if ramp is not None and isinstance(program.base, Rate):
        scaling = (float(ramp.percent.exact), ng(ramp.target) / ng(program.base.quantity), ms(ramp.every))
    return Words(
        tuple(edges),
        tuple(levels),
        tuple(due),
        None if demand is None else (ng(demand.amount), ms(demand.over), ms(demand.lockout), demand.max_per_day),
        scaling,
        tuple((ng(limit.amount), ms(limit.per)) for limit in program.limits),
    )


@dataclass
class Running:
    """A bolus under way: its own flow, the volume still to come, when it should end, whether it fills the tubing."""

    rate: float
    left: float
    until: int
    prime: bool = False


@dataclass
class Reading:
    """The flow that a program asks of a pump, in the course of time.

    ``clock`` is the local time at counter 0 (ms since a Monday 00:00), ``label`` the primary drug's ng/mL. ``volume`` and
    ``dose`` are all that should have flowed; the reservoir is said to be empty when the volume has reached ``last``.
    """

    figures: Figures
    words: Words
    clock: int
    label: float
    last: float
    now: int = 0
    began: int = 0
    origin: int = 0
    volume: float = 0.0
    dose: float = 0.0
    safe: bool = False
    stopped: bool = False
    stalled: bool = False
    ended: bool = False
    bridge_left: float = 0.0
    bridge_rate: float = 0.0
    bridge_label: float = 0.0

    def __post_init__(self) -> None:
        self.running: list[Running] = []
        self._start_due()

    @staticmethod
    def last_of(volume_pL: int, steps: int, figures: Figures) -> float:
        """The volume in all at which a reservoir is empty that was filled after so many ``steps``."""
        return float((steps + volume_pL // figures.step_pL) * figures.step_pL)

    # ---- time

    def advance(self, to: int) -> None:
        """Let time pass."""
        while self.now < to:
            flow, shares = self.flows()
            end = self._next(flow, shares, to)
            self._pass(end, flow, shares)

    def next_change(self, horizon: int) -> int:
        """When the flow changes next by itself, at most ``horizon``."""
        return self._next(*self.flows(), horizon)

    def flows(self) -> tuple[float, list[float]]:
        """The flow that should leave the pump now, and what each bolus takes of it."""
        figures = self.figures
        if self.bridge_left > 0:
            flow = min(max(self.bridge_rate, figures.slowest), figures.fastest)
            return (0.0 if self._still else flow), [0.0] * len(self.running)
        level = self._level()
        if self.safe:
            level = None
        base = figures.minimum if level is None else level * self._scale() * PL_PER_ML / self.label
        rates = [bolus.rate if bolus.left > 0 else 0.0 for bolus in self.running]
        extra = sum(rates)
        if extra == 0:
            flow = base if level is None or base == 0 else min(max(base, figures.slowest), figures.fastest)
            return (0.0 if self._still else flow), rates
        base = min(base, figures.fastest)
        flow = min(max(base + extra, figures.slowest), figures.fastest)
        share = (flow - base) / extra
        return (0.0 if self._still else flow), [rate * share for rate in rates]

    @property
    def _still(self) -> bool:
        return self.stopped or self.stalled or self.ended or self.volume + ROUND_OFF_PL >= self.last

    def _level(self) -> float | None:
        return self.words.levels[bisect_right(self.words.edges, (self.clock + self.now) % WEEK_MS) - 1]

    def _scale(self) -> float:
        if self.words.ramp is None:
            return 1.0
        step, target, every = self.words.ramp
        taken = step * ((self.now - self.origin) // every)
        return min(1 + taken, target) if target >= 1 else max(1 - taken, target)

    def _next(self, flow: float, shares: list[float], horizon: int) -> int:
        found = [float(horizon)]
        now = self.now
        if flow > 0:
            found.append(now + max(1, ceil((self.last - self.volume - ROUND_OFF_PL) / flow)))
        if self.bridge_left > 0:
            if flow > 0:
                found.append(now + max(1, ceil(self.bridge_left / flow - 1e-6)))
            return int(min(found))
        local = (self.clock + now) % WEEK_MS
        edges = self.words.edges
        if len(edges) > 1:
            index = bisect_right(edges, local)
            found.append(now - local + (edges[index] if index < len(edges) else WEEK_MS))
        if self.words.ramp is not None and self._scale() != self.words.ramp[1] and not self.stopped:
            every = self.words.ramp[2]
            found.append(self.origin + ((now - self.origin) // every + 1) * every)
        if not (self.stopped or self.safe):
            found += [self._next_due(due) for due in self.words.due]
        for bolus, share in zip(self.running, shares, strict=True):
            if share > 0:
                found.append(now + max(1, ceil(bolus.left / share - 1e-6)))
        return int(min(found))

    def _next_due(self, due: Due) -> float:
        after = self.now + 1
        local = (self.clock + after) % WEEK_MS
        if not due.every:
            index = bisect_left(due.at, local)
            return after - local + (due.at[index] if index < len(due.at) else due.at[0] + WEEK_MS)
        anchor = self._anchor(due)
        return anchor + max(0, -(-(max(after, self.began) - anchor) // due.every)) * due.every

    def _anchor(self, due: Due) -> int:
        return self.began - (self.clock + self.began) % DAY_MS + due.at[0]

    def _pass(self, end: int, flow: float, shares: list[float]) -> None:
        length = end - self.now
        bridging = self.bridge_left > 0
        volume = flow * length
        if bridging:
            volume = min(volume, self.bridge_left)
            self.bridge_left -= volume
            if self.bridge_left < CRUMB_PL:
                self.bridge_left = 0.0
            self.dose += volume * self.bridge_label / PL_PER_ML
        else:
            beyond = 0.0
            for bolus, share in zip(self.running, shares, strict=True):
                part = share * length
                if part >= bolus.left - CRUMB_PL:
                    beyond += part - bolus.left
                    part = bolus.left
                bolus.left -= part
            if flow > 0:
                volume -= beyond
            self.dose += volume * self.label / PL_PER_ML
        if bridging or self.stopped:
            self.origin += length
        # A reservoir is found empty at a whole ms: what was due by then stays due, and is the first of the next filling.
        self.volume += volume
        self.now = end
        if self.bridge_left <= 0:
            self._start_due()

    def _start_due(self) -> None:
        self.running = [bolus for bolus in self.running if bolus.left > 0]
        if self.safe or self.stopped:
            return
        local = (self.clock + self.now) % WEEK_MS
        for due in self.words.due:
            if due.every:
                since = self.now - self._anchor(due)
                begins = since >= 0 and since % due.every == 0
            else:
                begins = local in due.at
            if begins:
                self._begin(due.dose, due.over)

    def _begin(self, dose: float, over: int, prime: bool = False) -> None:
        volume = dose * PL_PER_ML / self.label
        self.running.append(Running(volume / over, volume, self.now + over, prime))

    # ---- what the pump is told

    def press(self) -> None:
        """A patient's bolus begins."""
        if self.words.demand is not None:
            self._begin(self.words.demand[0], self.words.demand[1])

    def prime(self, volume: float, over: int) -> None:
        """The tubing is filled."""
        self.running.append(Running(volume / over, volume, self.now + over, True))

    def program(self, words: Words) -> None:
        """Every clause is replaced."""
        self.words = words
        self.began = self.origin = self.now
        self.running = []
        self.safe = self.stopped = False
        if words.demand is None and not words.due and all(level == 0 for level in words.levels):
            self.bridge_left = 0.0
        if self.bridge_left <= 0:
            self._start_due()

    def refill(self, volume_pL: int, steps: int, label: float, bridge: tuple[float, float] | None) -> None:
        """Another volume after so many ``steps`` in all, another label, and a bridge (pL, pL/ms) for the old drug."""
        self.running = []
        self.bridge_left = 0.0
        if bridge is not None:
            self.bridge_left, self.bridge_rate = bridge
            self.bridge_label = self.label
        self.label = label
        self.last = self.last_of(volume_pL, steps, self.figures)
        if self.bridge_left <= 0:
            self._start_due()

    def battery_reset(self) -> None:
        """The program is lost: only the minimum rate runs."""
        self.safe = True
        self.running = []
        self.bridge_left = 0.0

    def reset(self) -> None:
        """The program runs again."""
        if self.safe:
            self.safe = False
            self._start_due()

    def stop(self) -> None:
        """Nothing flows until it is resumed."""
        self.stopped = True
        self.running = []

    def resume(self) -> None:
        """The program goes on."""
        if self.stopped:
            self.stopped = False
            self._start_due()

    def set_clock(self, by: int) -> None:
        """The schedule's clock is put forward; a rhythm that has begun keeps its local times."""
        self.clock += by
        self.began -= by
