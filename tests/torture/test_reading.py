"""The torture's own reading of programs against the controller: two readers of the same words."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest
from tests.pump.support import HOUR, MINUTE, ng_per_mL

from intrathecal.catalogue import load_catalogue
from intrathecal.pump import controller
from intrathecal.pump.controller import (
    BatteryReset,
    Event,
    Press,
    Prime,
    Program,
    Refilled,
    Reset,
    Resume,
    Stop,
)
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML, Hardware
from intrathecal.pump.settings import Bridge, Settings, order
from intrathecal.pump.state import PressAnswer, ProgramRefused, Refused, State
from intrathecal.therapy import Program as Text
from intrathecal.torture.programs import POOL, program_text
from intrathecal.torture.reading import Figures, Reading, Words

LABELS = ("0.9 mg/mL", "7 mg/mL", "10 mg/mL", "25 mg/mL")


def both(random: Random) -> tuple[State, Reading]:
    """The same pump twice."""
    hardware = Hardware.of(load_catalogue().pumps[random.choice(["synchromed-ii-20", "prometra-ii-20"])])
    label = ng_per_mL(random.choice(LABELS))
    text = program_text(random.randrange(POOL))
    clock = random.randrange(7 * 1440) * MINUTE
    volume = random.choice([300, 2500, 20_000]) * 10**6
    told = Settings(
        hardware=hardware,
        orders=order(Text.parse(text), label),
        primary="morphine",
        labels=(("morphine", label),),
        low_reservoir_pL=2 * PL_PER_ML,
        clock=clock,
        tubing=Fraction(0),
        catheter=Fraction(0),
    )
    figures = Figures(hardware.step_pL, float(hardware.slowest), float(hardware.fastest), float(hardware.minimum or 0))
    last = Reading.last_of(volume, 0, figures)
    reading = Reading(figures, Words.of(text, float(label)), clock, float(label), last)
    return controller.fresh(told, volume, 0), reading


def drawn(random: Random, state: State) -> tuple[Event, Callable[[Reading], None]]:
    """An event, and what it means to the other reader."""
    label = state.settings.concentration
    kind = random.choice(["press"] * 6 + ["program", "refill", "stop", "resume", "prime", "battery", "reset"])
    if kind == "program":
        text = program_text(random.randrange(POOL))
        return Program(order(Text.parse(text), label)), lambda r: r.program(Words.of(text, float(label)))
    if kind == "refill":
        return a_refill(random, state)
    simple: dict[str, tuple[Event, Callable[[Reading], None]]] = {
        "press": (Press(), lambda r: r.press()),
        "stop": (Stop(), lambda r: r.stop()),
        "resume": (Resume(), lambda r: r.resume()),
        "prime": (Prime(Fraction(250 * 10**6), 20 * MINUTE), lambda r: r.prime(250e6, 20 * MINUTE)),
        "battery": (BatteryReset(), lambda r: r.battery_reset()),
        "reset": (Reset(), lambda r: r.reset()),
    }
    return simple[kind]


def a_refill(random: Random, state: State) -> tuple[Event, Callable[[Reading], None]]:
    """A refill with another label, and a bridge or not."""
    volume, label = random.choice([0, 100, 2100, 20_000]) * 10**6, ng_per_mL(random.choice(LABELS))
    bridge, crossing = None, None
    if random.random() < 0.5:
        bridge = Bridge(
            Fraction(random.choice([1, 130, 400]) * 10**6), Fraction(random.choice([10, 700]) * 10**6, DAY_MS)
        )
        crossing = (float(bridge.volume), float(bridge.rate))
    event = Refilled(volume, "morphine", (("morphine", label),), bridge)
    return event, lambda r: r.refill(volume, state.steps, float(label), crossing)


def told(random: Random, state: State, reading: Reading) -> State:
    """Tell both the same, if the controller takes it."""
    event, meant = drawn(random, state)
    state, actions = controller.step(state, event, state.now)
    refused = [a for a in actions if isinstance(a, ProgramRefused | Refused)]
    if not refused and not any(isinstance(a, PressAnswer) and a.reason for a in actions):
        meant(reading)
    return state


@pytest.mark.parametrize("seed", range(40))
def test_both_readers_count_the_same_steps(seed: int) -> None:
    """Twenty days of presses, programs, refills, bridges, stops and battery resets: never a whole step apart."""
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    state, reading = both(random)
    state, _ = controller.step(state, controller.Tick(), 0)
    for _ in range(80):
        to = state.now + random.choice([random.randrange(1, 12 * HOUR), random.randrange(1, 10 * MINUTE)])
        state, _ = controller.step(state, controller.Tick(), to)
        reading.advance(to)
        assert abs(reading.volume - state.counted_pL) < 2 * reading.figures.step_pL, to
        fine = 1.5 if state.empty else 0.2  # the last step of a reservoir is a matter of rounding
        assert abs(reading.volume - (state.counted_pL + float(state.owed))) < fine * reading.figures.step_pL, to
        state = told(random, state, reading)
    dose = float(dict(state.booked)["morphine"])
    assert dose == pytest.approx(reading.dose, abs=10 * reading.figures.step_pL * 25e6 / PL_PER_ML, rel=1e-6)
