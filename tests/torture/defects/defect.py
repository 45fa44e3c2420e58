"""What a planted defect is, and the short lives that show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pytest

from intrathecal.pump.settings import Orders, order
from intrathecal.therapy import Program
from intrathecal.torture import people
from intrathecal.torture.plan import Happening, Plan
from intrathecal.torture.trial import Found, live

Patch = pytest.MonkeyPatch

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
#: Thursday, 1 January 2026, 08:00 UTC.
MORNING = 1_767_225_600_000 + 8 * HOUR
#: A pump of fine steps that feels its rotor, and one of coarse steps that does not.
FINE, COARSE = "synchromed-ii-20", "prometra-ii-20"


@dataclass(frozen=True)
class Situation:
    """A short life; the numbers of its plan's programs count in ``programs``, which begin again after the last."""

    plan: Plan
    programs: tuple[str, ...]


@dataclass(frozen=True)
class Defect:
    """A mistake of the pump's own code: its ``name``, what it does, and how it is switched on.

    In its situation the torture must find it, as a violation of ``rule`` in which it ``says`` these words.
    """

    name: str
    does: str
    switch_on: Callable[[Patch], None]
    situation: Situation
    rule: str
    says: str


def situation(
    programs: Sequence[str],
    lasts: int,
    *happenings: Happening,
    model: str = FINE,
    volume_uL: int = 20_000,
    wall_ms: int = MORNING,
    offset_minutes: int = 0,
    watched: bool = False,
) -> Situation:
    """A life of ``lasts`` ms with a fill of 10 mg/mL, which begins with the first program."""
    plan = Plan(
        seed=1,
        model=model,
        memory_bytes=64 * 1024,
        wall_ms=wall_ms,
        offset_minutes=offset_minutes,
        drive_error_ppm=0,
        label=10,
        volume_uL=volume_uL,
        program=0,
        watched=watched,
        lasts=lasts,
        happenings=tuple(sorted(happenings, key=lambda happening: happening.at)),
    )
    return Situation(plan, tuple(programs))


def cuts(first: int, every: int, operations: Sequence[int]) -> tuple[Happening, ...]:
    """Power cuts ``every`` so many ms, each after so many operations of memory and motor."""
    return tuple(Happening(first + i * every, "power-cut", after, SECOND) for i, after in enumerate(operations))


def endure(shown: Situation, patch: Patch) -> Found:
    """Live a situation with the code as it is now."""

    def orders(number: int, label: Fraction) -> tuple[str, Orders]:
        program = Program.parse(shown.programs[number % len(shown.programs)])
        return str(program), order(program, label)

    patch.setattr(people, "_orders", orders)
    return live(shown.plan)
