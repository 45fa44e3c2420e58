"""How quick the torture is: pump-years of each kind of life, single steps, and how more processes help.

Run with ``python -m bench.torture [lives]``.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from time import perf_counter

from intrathecal.cohort.workers import cores
from intrathecal.torture.campaign import life_of, torture
from intrathecal.torture.draw import draw

YEAR_MS = 365.25 * 86_400_000
SEED = 1
YEARS = 20


def by_kind(lives: int) -> None:
    """Lives of years, of days, and those whose every step is made singly."""
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * 5)
    for number in range(lives):
        plan = draw(SEED, number)
        life = life_of(SEED, number)
        kind = "every step singly" if plan.watched else "years" if life.found.lasted_ms > YEAR_MS / 2 else "days"
        found = life.found
        parts = (1, found.lasted_ms / YEAR_MS, found.single_steps, found.looks, life.core_s)
        sums[kind] = [have + more for have, more in zip(sums[kind], parts, strict=True)]
    for kind, (count, years, steps, looks, seconds) in sums.items():
        print(
            f"{kind}: {count:.0f} lives, {years:.3f} pump-years, {steps:.0f} single steps, {looks:.0f} checks "
            f"in {seconds:.1f} s of processor time"
        )


def by_processes() -> None:
    """The same years with one process and with one for each core."""
    for workers in sorted({1, cores()}):
        began = perf_counter()
        done = torture(YEARS, SEED, workers=workers)
        seconds = perf_counter() - began
        print(
            f"{workers} processes: {done.pump_years:.1f} pump-years in {seconds:.1f} s, {done.core_s:.1f} s of processor time"
        )


if __name__ == "__main__":
    by_kind(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
    by_processes()
