"""A change judged against what a real pump says, beside the same change judged from files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from tests.programmer.processes import EXAMPLES, Pump, until

from intrathecal.programmer.programming import filled, propose, send
from intrathecal.programmer.review import Case, Rule, case_of, judge
from intrathecal.programmer.review.as_read import case_of_program, case_of_refill
from intrathecal.programmer.review.rules import RULES
from intrathecal.programmer.review.rules.predicted import PREDICTED
from intrathecal.programmer.session import Session
from intrathecal.programmer.telling import propose_fill, tell_fill
from intrathecal.pump.controller import Stop
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.therapy import Therapy, parse_therapy

DEMO = (EXAMPLES / "failed-back.toml").read_text()
#: Rules that need no simulation.
QUICK: list[Rule] = [rule for rule in RULES if rule not in PREDICTED]


def plan(program: str | None = None) -> Therapy:
    """The demonstration, with another program."""
    text = DEMO
    if program is not None:
        first, last = DEMO.index('text = """\n') + len('text = """\n'), DEMO.index('"""\n\n[[event]]')
        text = DEMO[:first] + program + "\n" + DEMO[last:]
    return parse_therapy(text, "file.toml", Path())


def codes(case: Case) -> list[str]:
    """What is found."""
    return sorted(finding.code for finding in judge(case, QUICK).findings)


def run(pump: Pump, key: Path, therapy: Therapy) -> Reading:
    """Send a program and read it back."""
    with Session(pump.address, key) as session:
        return send(session, propose(therapy, session.read()))


def changed(reading: Reading, therapy: Therapy) -> Case:
    """The file's program against what was read."""
    assert therapy.program is not None
    return case_of_program(therapy, reading, filled(reading), therapy.program)


@pytest.fixture(scope="module")
def pump(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pump]:
    """A pump that was told its first fill."""
    with Pump(tmp_path_factory.mktemp("pump"), "--speed", "60") as made:
        with Session(made.address, made.pair("programmer", "anna")) as session:
            tell_fill(session, plan(), None, None)
        yield made


@pytest.fixture
def key(pump: Pump) -> Path:
    """The programmer's key."""
    return pump.folder / "anna.key"


def test_the_first_program_is_judged_as_its_file_is(tmp_path: Path) -> None:
    """Nobody has run anything yet: the same findings and doses as `review FILE`, a first fill and all."""
    with Pump(tmp_path) as new, Session(new.address, new.pair("programmer", "anna")) as session:
        case, file = changed(tell_fill(session, plan(), None, None), plan()), case_of(plan())
    assert case.before is None
    assert case.is_first_fill
    assert codes(case) == codes(file)
    assert case.figures["daily_dose_ug"] == file.figures["daily_dose_ug"]


@pytest.mark.parametrize(
    "program", ["2.9 mg/day", "24 mg/day", "2.4 mg/day\non demand 0.1 mg over 4 min, lockout 5 min, max 4 per day"]
)
def test_what_runs_is_what_the_pump_says(pump: Pump, key: Path, program: str) -> None:
    """A change is found as it is between two files, whatever the file at hand says was running; its time is the pump's."""
    reading = run(pump, key, plan("2.4 mg/day"))
    new = plan(program)
    case, file = changed(reading, new), case_of(new, plan("2.4 mg/day"))
    assert case.before is not None
    assert case.before.daily_ug("morphine") == pytest.approx(2400)
    assert case.change_percent("morphine") == pytest.approx(file.change_percent("morphine"))
    about_the_fill = {"clock-shift", "dissolves-less", "not-on-pump-label", "fill-lasts-short", "refill-overdue"}
    assert set(codes(case)) - about_the_fill == set(codes(file)) - about_the_fill
    now = datetime(1970, 1, 1) + timedelta(milliseconds=reading.wall_ms)  # noqa: DTZ001  the pump's clock has no zone
    assert case.at == now


def test_the_dates_are_those_of_what_is_in_the_reservoir(pump: Pump, key: Path) -> None:
    """At a constant flow the alarm comes when what is above its level has been given."""
    reading = run(pump, key, plan("2.4 mg/day"))
    fill, case = filled(reading), changed(reading, plan("4.8 mg/day"))
    days = (fill.reservoir_pL / PL_PER_ML - 2) / 0.48
    low = datetime.fromisoformat(case.figures["low_reservoir_at"]).replace(tzinfo=None)
    assert (low - case.at) / timedelta(days=1) == pytest.approx(days, abs=0.01)


def test_a_ramp_is_as_far_on_as_the_pump_asks(tmp_path: Path) -> None:
    """What is taken to run is the flow that the pump asks for, half way up a ramp."""
    ramp = plan("1 mg/day\nramp to 3 mg/day by 10 % every 6 h")
    with Pump(tmp_path, "--speed", "7200") as quick:
        key = quick.pair("programmer", "anna")
        with Session(quick.address, key) as session:
            tell_fill(session, ramp, None, None)
        run(quick, key, ramp)
        until(
            lambda: filled(quick.read(key)).asked * DAY_MS > filled(quick.read(key)).settings.flow(Fraction(1_250_000))
        )
        reading = quick.read(key)
        fill = filled(reading)
        case = changed(reading, plan("2 mg/day"))
    assert case.before is not None
    asked_ug = float(fill.settings.dose(fill.asked) * DAY_MS / 1000)
    assert 1200 < asked_ug < 3000
    assert case.before.daily_ug("morphine") == pytest.approx(asked_ug)
    assert case.before.ramped_daily_ug("morphine") == pytest.approx(3000)


def test_a_stopped_pump_is_compared_with_the_program_that_it_holds(pump: Pump, key: Path) -> None:
    """An emergency stop does not turn the next program into a first one."""
    run(pump, key, plan("2.4 mg/day"))
    with Session(pump.address, key) as session:
        session.act(Stop(), "an emergency stop")
        reading = session.read()
    case = changed(reading, plan("2.9 mg/day"))
    assert case.change_percent("morphine") == pytest.approx(100 * (2.9 / 2.4 - 1))


def test_oral_opioid_counts_from_the_day_that_the_file_gives_it(pump: Pump, key: Path) -> None:
    """Taken since the fill, and no longer the dose from before the therapy."""
    reading = run(pump, key, plan("2.4 mg/day"))
    taken = '[[event]]\nat = "day 0 10:30"\noral_opioid = "60 mg/day"\n\n'
    first = DEMO.index("[[event]]")
    text = DEMO[:first] + taken + DEMO[first:]
    case = changed(reading, parse_therapy(text, "file.toml", Path()))
    assert case.oral_opioid.to("mg/day") == 60
    assert changed(reading, plan()).oral_opioid.number == 0


def test_a_refill_is_judged_with_its_bridge(pump: Pump, key: Path) -> None:
    """The dose stays with it; without it the old drug comes at half the flow."""
    reading = run(pump, key, plan("2.4 mg/day"))
    for bridge, wanted in (("auto", False), ("none", True)):
        proposal = propose_fill(plan(), reading, 1, bridge)  # type: ignore[arg-type]
        assert proposal.refill is not None
        case = case_of_refill(plan(), reading, filled(reading), proposal.refill, proposal.program)
        assert case.is_refill
        assert case.change_percent("morphine") == pytest.approx(0)
        assert ("bridge-missing" in codes(case)) == wanted
