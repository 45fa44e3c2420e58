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
def test_random_therapies_are_delivered_as_by_the_controller(
    text: str, pressed: np.ndarray, drive_error: float
) -> None:
    """Every answer, the steps counted, and what has arrived by each quarter of an hour."""
    agree(text, pressed, drive_error)


@given(therapies(limited=True), presses(6), st.floats(-0.14, 0.14))
@check_settings(max_examples=60, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
def test_presses_meet_the_limits_of_random_programs_as_at_the_controller(
    text: str, pressed: np.ndarray, drive_error: float
) -> None:
    """The same with programs that have a limit and a patient's bolus, which new programs and refills meet too."""
    agree(text, pressed, drive_error)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_delivered_as_by_the_controller(path: Path) -> None:
    """With presses at a hundred quarters of an hour or so, and at odd times."""
    course = prepare_course(load_therapy(path))
    random = np.random.default_rng(1)
    often = np.unique(random.integers(0, course.end_ms // STEP_MS, 400)) * STEP_MS
    found = check(course, [(often, 0.06), (often[::9] + 1234, -0.08)])
    assert found.holds, found
    assert not found.left


#: What the presses of a day are answered: the base gives 2.4 mg, and three of 0.2 mg fill the limit to the last nanogram.
FULL = """
2.4 mg/day
on demand 0.2 mg over 5 min, lockout 30 min, max 12 per day
limit 3 mg per 24 h
"""
PATIENT = """
[pump]
model = "synchromed-ii-20"
[catheter]
model = "ascenda-8781"
removed = "31 cm"
tip = "T10"
[[drug]]
name = "morphine"
concentration = "{strength} mg/mL"
[fill]
volume = "{volume} mL"
at = 2026-03-02T00:00:00
primed = "{primed}"
low_reservoir_alarm = "1 mL"
[program]
text = '''{program}'''
{events}
[simulation]
days = {days}
"""


def written(
    program: str, *, strength: str = "10", volume: str = "20", primed: str = "tip", days: int = 3, events: str = ""
) -> Therapy:
    """A therapy with one program."""
    text = PATIENT.format(program=program, strength=strength, volume=volume, primed=primed, days=days, events=events)
    return parse_therapy(text, "written.toml", Path())


def answered(therapy: Therapy, pressed: list[int]) -> list[str]:
    """What the fast handset says."""
    course = prepare_course(therapy)
    return [course.answers[code] for code in Handset.of(course, 1).answers_to_one(0, np.array(pressed))]


def test_a_limit_is_filled_to_the_last_nanogram_and_not_beyond() -> None:
    """The base gives 2.4 mg a day; three boluses of 0.2 mg make exactly 3."""
    hour = DAY_MS // 24
    pressed = [hour, 2 * hour, 3 * hour, 4 * hour, 25 * hour, 25 * hour + 300_000, 25 * hour + 300_001]
    # The window that ends with the bolus of the second day's 25th hour must have let the whole first one go.
    assert answered(written(FULL), pressed) == ["", "", "", "limit", "", "lockout", "lockout"]


def test_lockout_and_count_end_to_the_millisecond() -> None:
    """A press counts for 24 hours, and not a millisecond longer."""
    program = "2.4 mg/day\non demand 0.1 mg over 5 min, lockout 30 min, max 2 per day"
    lock = 1_800_000
    pressed = [0, lock - 1, lock, 3 * lock, DAY_MS - 1, DAY_MS, DAY_MS + lock - 1, DAY_MS + lock]
    wanted = ["", "lockout", "", "daily count", "daily count", "", "lockout", ""]
    assert answered(written(program), pressed) == wanted


def test_who_presses_much_runs_dry_sooner_and_is_told_so() -> None:
    """At the same millisecond as by the controller, and before a patient who never presses."""
    therapy = written("0.5 mL/day\non demand 0.05 mL over 5 min, lockout 30 min, max 20 per day", volume="2", days=4)
    course = prepare_course(therapy)
    pressed = np.arange(0, 4 * DAY_MS, 2_700_000)
    handset = Handset.of(course, 2)
    told = [course.answers[code] for code in handset.answers_to_one(0, pressed)]
    assert told[-1] == "reservoir empty"
    assert handset.finish() == ("", "")
    busy, _ = arrivals(course, handset.given_ms(0), 0.0)
    quiet, _ = arrivals(course, handset.given_ms(1), 0.0)
    exact = deliver_exactly(therapy, pressed.tolist(), 0.0)
    assert busy.empty_at == exact.arrivals.empty_at
    assert busy.low_at == exact.arrivals.low_at
    assert busy.empty_at[0] < 2 * DAY_MS
    assert not quiet.empty_at or quiet.empty_at[0] > busy.empty_at[0]
    assert check(course, [(pressed, 0.0)]).holds


def test_a_fast_drive_empties_the_reservoir_before_the_pump_believes_it() -> None:
    """2 mL at 0.5 mL a day last 4 days; a drive that is 10 % fast ends it after 4 / 1.1."""
    course = prepare_course(written("0.5 mL/day", volume="2", days=6))
    fast, _ = arrivals(course, np.zeros(0, dtype=np.int64), 0.1)
    last = fast.times_s[:-1][fast.rates_ug_per_s[:, 0] > 0][-1]
    ends = fast.times_s[1:][fast.rates_ug_per_s[:, 0] > 0][-1]
    assert last < ends == pytest.approx(4 / 1.1 * 86_400, rel=1e-12)
    assert fast.true_mL == pytest.approx(0.0, abs=1e-12)
    assert fast.believed_mL == pytest.approx(0.0, abs=1e-5)
    assert check(course, [(np.zeros(0, dtype=np.int64), 0.1)]).holds


def test_every_microgram_of_a_patient_is_somewhere() -> None:
    """What went elsewhere than to the tip is what the exact ledger says."""
    events = """
[[event]]
at = "day 2 10:00"
refill = { volume = "15 mL", drugs = { morphine = "20 mg/mL" }, bridge = "none" }
[[event]]
at = "day 4 10:00"
refill = { volume = "3 mL", removed = "4 mL" }
[[event]]
at = "day 4 10:00"
fault = { kind = "pocket-fill", volume = "1 mL" }
[[event]]
at = "day 5"
fault = { kind = "catheter-leak", fraction = 0.4 }
"""
    program = "1 mg/day\non demand 0.1 mg over 5 min, lockout 30 min, max 8 per day"
    therapy = written(program, primed="tubing", days=9, events=events)
    course = prepare_course(therapy)
    handset = Handset.of(course, 1)
    pressed = np.arange(0, 9 * DAY_MS, 5_400_000)
    handset.answers_to_one(0, pressed)
    fast, needs = arrivals(course, handset.given_ms(0), -0.05)
    assert not needs
    exact = deliver_exactly(therapy, pressed.tolist(), -0.05).arrivals
    step_ug = 20_000 * 4e-6
    for name in ("entered", "removed", "pocket", "degraded"):
        assert getattr(fast.ledger, name) == pytest.approx(getattr(exact.ledger, name), abs=3 * step_ug)
    front_ug = 20_000 * 0.3 * 2 / 96
    for one, other in ((fast.line_ug, exact.line_ug), (fast.ledger.leaked, exact.ledger.leaked)):
        assert one == pytest.approx(other, abs=front_ug)
    assert fast.reservoir_ug == pytest.approx(exact.reservoir_ug, abs=3 * step_ug)
    assert check(course, [(pressed, -0.05)]).holds


def test_a_front_waits_for_the_volume_before_it_and_presses_bring_it_sooner() -> None:
    """The doubled strength comes when the line's volume has been pushed."""
    events = """
[[event]]
at = "day 1"
refill = { volume = "20 mL", drugs = { morphine = "20 mg/mL" }, bridge = "none" }
"""
    therapy = written("1 mg/day\non demand 0.1 mg over 5 min, lockout 30 min, max 24 per day", days=12, events=events)
    course = prepare_course(therapy)
    tube = course.tables.tube
    line_mL = tube.tubing_mL + tube.catheter_mL

    times = np.arange(86_400.0, 12 * 86_400, 600.0)
    arrived = []
    for given_ms in (np.zeros(0, dtype=np.int64), np.arange(DAY_MS, 6 * DAY_MS, 5_400_000)):
        fast, _ = arrivals(course, given_ms, 0.0)
        exact = deliver_exactly(therapy, given_ms.tolist(), 0.0).arrivals
        # In the doubled mass of the old fluid's volume, a thousandth of the line is what binning may move.
        assert np.abs(fast.mass_ug(times) - exact.mass_ug(times)).max() < 1e-3 * 20_000 * line_mL
        # The base brings 0.5 mg a day of old fluid and 1 mg of new; a bolus brings a hundred times that.
        daily_ug = 86_400 * fast.rates_ug_per_s[:, 0]
        arrived.append(fast.times_s[:-1][(fast.times_s[:-1] > 86_400) & (daily_ug > 750) & (daily_ug < 2000)][0])
    # After the refill the base is 0.05 mL a day, and there are boluses of 5 uL 16 times a day.
    assert arrived[0] == pytest.approx(86_400 + line_mL / 0.05 * 86_400, rel=0.1)
    assert arrived[1] == pytest.approx(86_400 + line_mL / 0.13 * 86_400, rel=0.1)


def test_a_course_can_be_sent_to_a_worker() -> None:
    """What it gives there is the same to the last bit."""
    course = prepare_course(written(FULL))
    again = pickle.loads(pickle.dumps(course))  # noqa: S301 our own bytes
    given_ms = np.array([3_600_000])
    one, other = arrivals(course, given_ms, 0.01)[0], arrivals(again, given_ms, 0.01)[0]
    assert np.array_equal(one.times_s, other.times_s)
    assert np.array_equal(one.rates_ug_per_s, other.rates_ug_per_s)


def test_patients_in_step_are_answered_as_one_by_one() -> None:
    """Twenty patients, quarter of an hour by quarter of an hour."""
    course = prepare_course(written(FULL, days=4))
    random = np.random.default_rng(5)
    pressed = random.random((20, 4 * 96)) < 0.2
    together = Handset.of(course, 20)
    codes = np.array([together.answers(pressed[:, step], step * STEP_MS)[1] for step in range(4 * 96)]).T
    alone = Handset.of(course, 20)
    for patient in range(20):
        times = np.flatnonzero(pressed[patient]) * STEP_MS
        assert np.array_equal(alone.answers_to_one(patient, times), codes[patient][pressed[patient]])
    assert (codes[~pressed] == -1).all()


def test_a_therapy_that_the_faster_path_cannot_follow_says_so() -> None:
    """What is drawn through the side port is replaced by fluid of the canal."""
    events = '[[event]]\nat = "day 1"\naspirate = { volume = "0.1 mL", from = "side-port" }\n'
    course = prepare_course(written("1 mg/day", events=events))
    assert course.controller_only == "fluid is drawn through the side port"
    with pytest.raises(ValueError, match="left to the controller"):
        Handset.of(course, 1)
    assert check(course, [(np.zeros(0, dtype=np.int64), 0.0)]).left == 1


def test_a_limit_counts_that_a_slow_base_is_not_raised_beside_a_bolus() -> None:
    """0.2 mg a day is raised to 0.48; a bolus of 0.1 mg over 7 h takes 0.082 of that away, so that one fits 0.51 mg."""
    program = "0.2 mg/day\non demand 0.1 mg over 7 h, lockout 8 h, max 3 per day\nlimit 0.51 mg per 24 h"
    pressed = [DAY_MS, DAY_MS + DAY_MS // 3, 2 * DAY_MS, 2 * DAY_MS + DAY_MS // 2]
    therapy = written(program, days=4)
    assert answered(therapy, pressed) == ["", "limit", "", "limit"]
    assert check(prepare_course(therapy), [(np.array(pressed), 0.0)]).holds
