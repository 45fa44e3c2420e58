"""Small pumps for the tests of the controller."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from intrathecal.catalogue import load_catalogue
from intrathecal.pump import controller
from intrathecal.pump.alarms import Alarm
from intrathecal.pump.controller import Event, Tick
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML, Hardware
from intrathecal.pump.settings import Settings, order
from intrathecal.pump.state import Action, PressAnswer, State, Stretch
from intrathecal.quantities import parse_quantity
from intrathecal.therapy import Program

HOUR = 3_600_000
MINUTE = 60_000


def ng_per_mL(text: str) -> Fraction:
    """A concentration in ng/mL."""
    return parse_quantity(text, "concentration").to("ng/mL")


def settings(
    program: str,
    *,
    pump: str = "synchromed-ii-20",
    concentration: str = "10 mg/mL",
    others: dict[str, str] | None = None,
    alarm_mL: float = 2,
    start: str = "2026-03-02T00:00",
    dead_mL: str = "0.4",
) -> Settings:
    """What a pump is told; 2 March 2026 is a Monday."""
    at = datetime.fromisoformat(start)
    labels = {"morphine": concentration, **(others or {})}
    return Settings(
        hardware=Hardware.of(load_catalogue().pumps[pump]),
        orders=order(Program.parse(program), ng_per_mL(concentration)),
        primary="morphine",
        labels=tuple((drug, ng_per_mL(text)) for drug, text in labels.items()),
        low_reservoir_pL=round(alarm_mL * PL_PER_ML),
        clock=at.weekday() * DAY_MS + (at.hour * 60 + at.minute) * MINUTE,
        tubing=Fraction(0),
        catheter=Fraction(dead_mL) * PL_PER_ML,
    )


def filled(told: Settings, volume_mL: float = 20, age_ms: int = 0) -> State:
    """A pump just filled."""
    return controller.fresh(told, round(volume_mL * PL_PER_ML), 0, age_ms)


def play(state: State, events: Iterable[tuple[int, Event]]) -> tuple[State, list[Action]]:
    """Hand a pump events at their times."""
    actions: list[Action] = []
    for at, event in events:
        state, done = controller.step(state, event, at)
        actions += done
    return state, actions


def run(state: State, to: int) -> tuple[State, list[Action]]:
    """Let a pump run by itself, looked at every hour."""
    return play(state, [(at, Tick()) for at in range(state.now + HOUR, to + HOUR, HOUR)])


def counted_mL(state: State) -> float:
    """What the pump counts."""
    return state.counted_pL / PL_PER_ML


def counted_between(actions: Iterable[Action], first: int, last: int) -> float:
    """Volume (mL) counted in stretches that lie between two times."""
    inside = [a for a in actions if isinstance(a, Stretch) and first <= a.start and a.end <= last]
    return sum(a.steps * a.step_pL for a in inside) / PL_PER_ML


def names(actions: Iterable[Action]) -> list[tuple[int, str]]:
    """When which alarm began."""
    return [(a.at, a.name) for a in actions if isinstance(a, Alarm)]


def answers(actions: Iterable[Action]) -> list[tuple[int, str]]:
    """The handset's answers."""
    return [(a.at, a.reason) for a in actions if isinstance(a, PressAnswer)]


def bolus_starts(actions: Iterable[Action]) -> list[int]:
    """When boluses began."""
    return [a.start for a in actions if isinstance(a, Stretch) and a.boluses]


def asked_mL_per_day(actions: Iterable[Action]) -> set[float]:
    """Every flow that was asked for."""
    return {float(a.asked * DAY_MS / PL_PER_ML) for a in actions if isinstance(a, Stretch)}
