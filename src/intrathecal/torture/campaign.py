"""Many lives of one seed, their sums, and what was found."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from intrathecal.torture.draw import draw
from intrathecal.torture.plan import Plan
from intrathecal.torture.shrink import shrink
from intrathecal.torture.trial import Found, live
from intrathecal.torture.violation import RULES, Violation
from intrathecal.torture.workers import in_order

YEAR_MS = 365.25 * 86_400_000
HOUR_S = 3600
#: A broken invariant is shrunk for so long (real seconds), and after so many the campaign ends.
SHRINK_S = 60.0
MOST_VIOLATIONS = 3


@dataclass
class Broken:
    """A life that broke an invariant: which of the seed, where, and its short replay."""

    life: int
    step: int
    at_ms: int
    violation: Violation
    replay: Plan


@dataclass
class Life:
    """One life of a seed: what came of it, its short replay if it broke an invariant, and the processor time of both."""

    number: int
    found: Found
    broken: Broken | None
    core_s: float


def life_of(seed: int, number: int) -> Life:
    """Live the ``number``-th life of a seed; a violation is shrunk."""
    began = time.process_time()
    plan = draw(seed, number)
    found = live(plan)
    broken = None
    if found.violation is not None:
        replay, violation = shrink(plan, found.violation, SHRINK_S)
        broken = Broken(number, found.step, found.lasted_ms, violation, replay)
    return Life(number, found, broken, time.process_time() - began)


@dataclass
class Campaign:
    """What came of many lives. ``life`` counts them; other figures are sums over them."""

    seed: int
    lives: int = 0
    pump_years: float = 0.0
    strokes: int = 0
    single_steps: int = 0
    single_acts: int = 0
    checks: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)
    wall_s: float = 0.0
    core_s: float = 0.0

    def add(self, life: Life) -> None:
        """One more life."""
        found = life.found
        self.lives += 1
        self.core_s += life.core_s
        if life.broken is not None:
            self.broken.append(life.broken)
        self.pump_years += found.lasted_ms / YEAR_MS
        self.strokes += found.strokes
        self.single_steps += found.single_steps
        self.single_acts += found.single_acts
        self.checks += found.looks
        self.faults += found.faults

    @property
    def figures(self) -> dict[str, Any]:
        """The figures that are handed on."""
        return {
            "pump_years": round(self.pump_years, 4),
            "strokes": self.strokes,
            "faults": dict(sorted(self.faults.items())),
            "violations": [
                {
                    "seed": self.seed,
                    "life": broken.life,
                    "step": broken.step,
                    "at_ms": broken.at_ms,
                    "rule": broken.violation.rule,
                    "invariant": RULES[broken.violation.rule],
                    "found": broken.violation.found,
                    "replay_events": len(broken.replay.happenings),
                }
                for broken in self.broken
            ],
            "seed": self.seed,
            "wall_s": round(self.wall_s, 3),
            "lives": self.lives,
            "checks": self.checks,
            "single_steps": self.single_steps,
            "single_acts": self.single_acts,
            "pump_years_per_core_hour": round(self.pump_years * HOUR_S / self.core_s, 1) if self.core_s > 0 else None,
        }


def torture(
    pump_years: float,
    seed: int,
    progress: Callable[[float], None] = lambda done: None,
    found: Callable[[Broken], None] = lambda broken: None,
    workers: int = 1,
) -> Campaign:
    """Lives of a seed until they sum up to so many pump-years, or some invariants were broken.

    ``found`` is told of each that was, as soon as it is shrunk. More than one of ``workers`` are processes of their own (a
    script that asks for them guards its main module, as `multiprocessing` says); figures are the same for any number of
    them, but for the times.
    """
    campaign, wall = Campaign(seed), time.monotonic()
    with closing(_lives(seed, workers)) as lives:
        for life in lives:
            campaign.add(life)
            campaign.wall_s = time.monotonic() - wall
            if life.broken is not None:
                found(life.broken)
            progress(min(1.0, campaign.pump_years / pump_years))
            if campaign.pump_years >= pump_years or len(campaign.broken) >= MOST_VIOLATIONS:
                break
    return campaign


def replay(plan: Plan) -> Campaign:
    """One life again."""
    campaign = Campaign(plan.seed)
    wall, core = time.monotonic(), time.process_time()
    found = live(plan)
    broken = None if found.violation is None else Broken(0, found.step, found.lasted_ms, found.violation, plan)
    campaign.add(Life(0, found, broken, time.process_time() - core))
    campaign.wall_s = time.monotonic() - wall
    return campaign


def _lives(seed: int, workers: int) -> Generator[Life]:
    """The lives of a seed in their order, without end."""
    work = partial(life_of, seed)
    yield from map(work, count()) if workers == 1 else in_order(work, workers)
