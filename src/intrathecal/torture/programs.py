"""Program texts drawn at random: every clause of the language, and amounts at which limits, steps and flows matter."""

from __future__ import annotations

from functools import lru_cache
from random import Random

from intrathecal.therapy import Program, ProgramError

CLOCKS = ("00:00", "00:10", "05:45", "06:00", "08:00", "12:45", "18:00", "22:00", "23:50", "23:59")
DAYS = ("", "", "", "Mon ", "Sun ", "weekdays ", "weekend ", "Tue Thu ")
#: Doses are multiples of this (mg/day), so that all fit together at the labels in use.
RATES = ("0.4", "0.9", "1.2", "1.7", "2.4", "3.33", "6")
SMALL = ("0.011 mg", "0.02 mg", "0.05 mg", "0.1 mg", "0.333 mg", "15 uL", "2.5 uL")
LONG = ("1 min", "4 min", "10 min", "30 min", "1 h", "3 h")
#: How many texts there are: each is parsed once in a process, so that a life costs little.
POOL = 400


def program_text(number: int) -> str:
    """The text of one of `POOL` programs, the plainest first in frequency: most patients have a constant rate."""
    return _pool()[number % POOL]


@lru_cache(maxsize=1)
def _pool() -> tuple[str, ...]:
    random = Random("programs")  # noqa: S311 - repeatable, not secret
    texts: list[str] = []
    while len(texts) < POOL:
        text = _draw(random)
        try:
            Program.parse(text)
        except ProgramError:
            continue
        texts.append(text)
    return tuple(texts)


def _draw(random: Random) -> str:
    rate = random.choice(RATES)
    base = f"{rate} mg/day" if random.random() < 0.9 else random.choice(("stop", "minimum rate", "0.11 mL/day"))
    lines = [base]
    daily = float(rate)
    if random.random() < 0.25:
        level = random.choice((f"{random.choice(RATES)} mg/day", "stop", "minimum rate", "0.3 mL/day"))
        lines.append(f"{random.choice(DAYS)}{random.choice(CLOCKS)}-{random.choice((*CLOCKS, '24:00'))} {level}")
    if random.random() < 0.2:
        days = random.choice(DAYS).strip()
        bolus = f"bolus {random.choice(SMALL)} over {random.choice(LONG)} at {random.choice(CLOCKS)}"
        lines.append(bolus + (f" on {days}" if days else ""))
    if random.random() < 0.1:
        every = random.choice(("90 min", "5 h", "7 h", "1 day", "14 days"))
        lines.append(
            f"bolus {random.choice(SMALL)} over {random.choice(LONG)} every {every} from {random.choice(CLOCKS)}"
        )
    if random.random() < 0.6:
        lockout = random.choice(("10 min", "30 min", "1 h", "4 h", "30 h"))
        most = random.choice((1, 2, 4, 8, 24))
        amount = random.choice(SMALL)
        lines.append(f"on demand {amount} over {random.choice(LONG)}, lockout {lockout}, max {most} per day")
    if base.endswith("mg/day") and random.random() < 0.1:
        target, every = random.choice(RATES), random.choice(("12 h", "1 day", "3 days"))
        lines.append(f"ramp to {target} mg/day by {random.choice(('10', '33.3', '150'))} % every {every}")
    if random.random() < 0.5:
        hours = random.choice((1, 4, 24, 24, 30, 168))
        dose = daily * hours / 24 * random.choice((1.0, 1.02, 1.1, 1.3, 2)) + random.choice((0, 0, 0.05, 0.15))
        lines.append(f"limit {dose:.3f} mg per {hours} h")
    return "\n".join(lines)
