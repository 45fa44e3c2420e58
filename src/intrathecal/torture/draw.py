"""A pump's life drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from intrathecal.torture.plan import Happening, Kind, Plan
from intrathecal.torture.programs import POOL

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
MODELS = ("synchromed-ii-20", "synchromed-iii-40", "prometra-ii-20", "prometra-ii-40")
#: Room for a snapshot after the busiest life.
MEMORY_BYTES = 512 * 1024
#: 1 January 2026, and lives begin within the year after it.
FIRST_DAY_MS = 1_767_225_600_000

#: One life of so many is of days, full of faults; in the others something happens so often.
DENSE = 3
APART_MS = 16 * DAY_MS

#: How often each kind comes, in a life of years and in one of hours.
WEIGHTS: dict[Kind, tuple[int, int]] = {
    "power-cut": (14, 20),
    "bit-flip": (6, 6),
    "memory-failure": (2, 3),
    "stuck-motor": (4, 5),
    "slipping-motor": (2, 3),
    "runaway-motor": (1, 1),
    "motor-link-lost": (2, 4),
    "valve-leak": (2, 1),
    "mri": (2, 2),
    "battery-low": (1, 1),
    "battery-reset": (2, 2),
    "clock-jump": (4, 5),
    "controller-stuck": (0, 4),
    "press": (40, 40),
    "presses-all-day": (1, 1),
    "program": (14, 10),
    "two-programmers": (2, 2),
    "refill": (10, 3),
    "overfill": (2, 1),
    "underfill": (2, 1),
    "wrong-fill": (2, 1),
    "prime": (2, 2),
    "stop": (2, 3),
    "resume": (3, 4),
    "mute": (3, 4),
    "reset": (4, 5),
    "interrogate": (1, 2),
    "forged-message": (3, 3),
    "garbage": (2, 2),
    "stranger": (1, 1),
    "torn-session": (1, 1),
    "replayed-session": (1, 1),
}
#: The part of all messages that goes through a real encrypted channel.
SECURE = 0.1
#: What a person does about a fault some time later, so that the pump's life goes on.
REMEDIES: dict[Kind, Kind] = {
    "runaway-motor": "reset",
    "battery-reset": "reset",
    "stop": "resume",
    "mri": "reset",
    "motor-link-lost": "reset",
}


def draw(seed: int, number: int) -> Plan:
    """The ``number``-th life of a seed: most are of years with faults far apart, some of days with nothing else."""
    random = Random(f"{seed} {number}")  # noqa: S311 - repeatable, not secret
    dense = number % DENSE == 0
    watched = dense and random.random() < 0.3
    model = random.choice(MODELS)
    if watched:
        # Every step is made singly: a model of fine steps makes thousands an hour, the others a few.
        lasts = random.randrange(HOUR_MS // 2, 3 * HOUR_MS // 2 if "synchromed" in model else 20 * HOUR_MS)
    elif dense:
        lasts = random.randrange(DAY_MS, 12 * DAY_MS)
    else:
        lasts = random.randrange(200 * DAY_MS, 500 * DAY_MS)
    count = random.randrange(10, 40) if dense else lasts // APART_MS
    kinds, weights = list(WEIGHTS), [pair[dense] for pair in WEIGHTS.values()]
    found: list[Happening] = []
    for _ in range(count):
        kind = random.choices(kinds, weights)[0]
        happening = _happening(random, kind, random.randrange(1, lasts))
        found.append(happening)
        if kind in REMEDIES:
            after = random.randrange(MINUTE_MS, 6 * HOUR_MS)
            found.append(Happening(happening.at + after, REMEDIES[kind]))
        if dense and random.random() < 0.2:
            soon = happening.at + random.randrange(30_000)
            found.append(_happening(random, random.choices(kinds, weights)[0], soon))
    return Plan(
        seed=random.randrange(2**32),
        model=model,
        memory_bytes=MEMORY_BYTES,
        wall_ms=FIRST_DAY_MS + random.randrange(365 * DAY_MS // MINUTE_MS) * MINUTE_MS,
        offset_minutes=random.choice((0, 60, 120, -300, 345)),
        drive_error_ppm=random.choice((0, 0, -50_000, 50_000)),
        label=random.choice((5, 10, 10, 20)),
        volume_uL=random.choice((18_000, 20_000, 3_000)),
        program=random.randrange(POOL),
        watched=watched,
        lasts=lasts,
        happenings=tuple(sorted(found, key=lambda happening: happening.at)),
    )


def _happening(random: Random, kind: Kind, at: int) -> Happening:
    figures = _FIGURES.get(kind, _any)
    amount, lasts = figures(random)
    return Happening(at, kind, amount, lasts, *_fate(random), secure=random.random() < SECURE)


def _any(random: Random) -> tuple[int, int]:
    return random.randrange(2**16), 0


def _jump(random: Random) -> tuple[int, int]:
    far = random.choice((MINUTE_MS, HOUR_MS, DAY_MS, 40 * DAY_MS))
    return random.choice((-far, far)), random.choice((0, 1000, HOUR_MS))


def _cut(random: Random) -> tuple[int, int]:
    return random.choice((0, random.randrange(1, 40))), random.choice((1000, MINUTE_MS, 5 * HOUR_MS))


def _fill(random: Random) -> tuple[int, int]:
    return random.choice((random.randrange(20_000), 18_000, 20_000)), 0


#: Amount and length of each kind; what they mean is said in `trial`.
_FIGURES: dict[Kind, Callable[[Random], tuple[int, int]]] = {
    "power-cut": _cut,
    "bit-flip": lambda random: (random.randrange(2**20), random.choice((0, 1000))),
    "memory-failure": lambda random: (random.randrange(120), random.randrange(1, 20) * MINUTE_MS),
    "stuck-motor": lambda random: (0, random.choice((5_000, MINUTE_MS, HOUR_MS))),
    "slipping-motor": lambda random: (random.randrange(5, 100), random.randrange(1, 5) * MINUTE_MS),
    "runaway-motor": lambda random: (random.randrange(1, 5), 0),
    "motor-link-lost": lambda random: (random.randrange(24), random.randrange(1, 120) * 1000),
    "valve-leak": lambda random: (random.randrange(1, 50), random.randrange(1, 48) * HOUR_MS),
    "mri": lambda random: (0, random.randrange(5, 40) * MINUTE_MS),
    "battery-low": lambda random: (random.choice((500, 200, 50, 30)), 0),
    "clock-jump": _jump,
    "controller-stuck": lambda random: (0, random.randrange(95_000, 10 * MINUTE_MS)),
    "presses-all-day": lambda random: (
        random.choice((2 * MINUTE_MS, 5 * MINUTE_MS, 17 * MINUTE_MS)),
        random.randrange(1, 9) * HOUR_MS,
    ),
    "two-programmers": lambda random: (random.randrange(POOL), random.randrange(10_000)),
    "refill": _fill,
    "overfill": _fill,
    "underfill": _fill,
    "wrong-fill": _fill,
}


def _fate(random: Random) -> tuple[tuple[int, ...], bool]:
    """When a message arrives, and whether its answer comes back."""
    drawn = random.random()
    if drawn < 0.75:
        return (0,), True
    if drawn < 0.8:
        return (), True
    if drawn < 0.85:
        return (0,), False
    if drawn < 0.9:
        return (random.randrange(1, 600_000),), True
    if drawn < 0.95:
        return (0, random.randrange(200_000)), random.random() < 0.5
    return (random.randrange(1, 200_000), random.randrange(60_000)), random.random() < 0.5
