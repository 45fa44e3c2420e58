"""What the patients of a cohort are given, by the faster path, against the controller and the line themselves."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, note
from hypothesis import settings as check_settings
from hypothesis import strategies as st
from tests.pump.test_against_naive import programs

from intrathecal.cohort.arriving import arrivals
from intrathecal.cohort.checking import check
from intrathecal.cohort.course import prepare_course
from intrathecal.cohort.driving import deliver_exactly
from intrathecal.cohort.handset import Handset
from intrathecal.pump.hardware import DAY_MS
from intrathecal.simulation.api import simulate
from intrathecal.simulation.errors import SimulationError
from intrathecal.simulation.feeling import STEP_MS
from intrathecal.therapy import Therapy, TherapyError
from intrathecal.therapy.file.load import load_therapy, parse_therapy

EXAMPLES = sorted(path for path in Path("examples").glob("*.toml") if "[pump]" in path.read_text())
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
EVENTS = (
    'refill = {{ volume = "15 mL", drugs = {{ morphine = "{strength} mg/mL" }}, bridge = "{bridge}" }}',
    'refill = {{ volume = "2 mL", removed = "0.5 mL" }}',
    'refill = {{ volume = "12 mL" }}',
    'program = """\n{program}\n"""',
    'fault = {{ kind = "motor-stall", for = "5 h" }}',
    'fault = {{ kind = "battery-reset", for = "8 h" }}',
    'fault = {{ kind = "over-infusion", factor = 2, for = "12 h" }}',
    'fault = {{ kind = "occlusion", fraction = 0.4, for = "20 h" }}',
    'fault = {{ kind = "catheter-leak", fraction = 0.3 }}',
    'fault = {{ kind = "tip-migration", to = "L1", for = "9 h" }}',
    'fault = {{ kind = "pocket-fill", volume = "0.3 mL" }}',
    'prime = {{ volume = "0.1 mL", over = "20 min" }}',
    'mri = "50 min"',
)


@st.composite
def therapies(draw: st.DrawFn, limited: bool) -> str:
    """A therapy of a few days: a random program with a patient's bolus, random refills, new programs and faults."""
    pump = draw(st.sampled_from(["synchromed-ii-20", "synchromed-ii-20", "prometra-ii-20"]))
    days = draw(st.integers(3, 6))
    events = []
    for hour in sorted(draw(st.lists(st.integers(1, days * 24 - 1), max_size=4, unique=True))):
        action = draw(st.sampled_from(EVENTS)).format(
            strength=draw(st.sampled_from(["5", "20", "10"])),
            bridge=draw(st.sampled_from(["auto", "none"])),
            program=draw(programs(limited)),
        )
        events.append(f'[[event]]\nat = "day {hour // 24} {hour % 24:02}:17"\n{action}\n')
    text = draw(programs(limited=True)) if limited else draw(programs().filter(lambda text: "on demand" in text))
    return f'''
[pump]
model = "{pump}"
[catheter]
model = "ascenda-8781"
removed = "31 cm"
tip = "T10"
[[drug]]
name = "morphine"
concentration = "10 mg/mL"
[fill]
volume = "{draw(st.sampled_from([1, 3, 20]))} mL"
at = 2026-03-02T00:05:00
primed = "{draw(st.sampled_from(["tip", "tip", "tubing", "no"]))}"
low_reservoir_alarm = "1 mL"
[program]
text = """
{text}
"""
{"".join(events)}
[simulation]
days = {days}
'''


def presses(days: int) -> st.SearchStrategy[np.ndarray]:
    """Presses at quarters of an hour, at any time, and in bursts."""
    grid = st.integers(0, days * 96 - 1).map(lambda step: step * STEP_MS)
    any_time = st.integers(0, days * DAY_MS - 1)
    burst = st.tuples(any_time, st.integers(2, 12)).map(lambda b: [b[0] + k * 61_000 for k in range(b[1])])
    lists = st.lists(st.one_of(grid.map(lambda at: [at]), any_time.map(lambda at: [at]), burst), max_size=40)
    return lists.map(lambda parts: np.array(sorted({at for part in parts for at in part}), dtype=np.int64))


def therapy_of(text: str) -> Therapy | None:
    """The therapy, unless the file refuses its random program."""
    try:
        return parse_therapy(text, "random.toml", Path())
    except TherapyError:
        return None


def agree(text: str, pressed: np.ndarray, drive_error: float) -> None:
    """Both paths give the same."""
    therapy = therapy_of(text)
    if therapy is None:
        return
    try:
        course = prepare_course(therapy)
        found = check(course, [(pressed[pressed < course.end_ms], drive_error)])
    except SimulationError:
        return
    note(repr(found))
    assert found.holds, found


@given(therapies(limited=False), presses(6), st.floats(-0.14, 0.14))
@check_settings(max_examples=60, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
def test_random_therapies_are_delivered_as_by_the_controller(text: str, pressed: np.ndarray, drive_error: float) -> None:
    agree(text, pressed, drive_error)


@given(therapies(limited=True), presses(6), st.floats(-0.14, 0.14))
@check_settings(max_examples=60, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
def test_presses_meet_the_limits_of_random_programs_as_at_the_controller(
    text: str, pressed: np.ndarray, drive_error: float
) -> None:
    agree(text, pressed, drive_error)
