"""The one loop of a run: pain decides when the handset is pressed, and what the pump then gives decides the pain."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.simulation.support import therapy

from intrathecal.pump.controller import Press, Tick, step
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.state import PressAnswer
from intrathecal.relief import noise, scores
from intrathecal.simulation.api import Run, simulate
from intrathecal.simulation.beginning import begin
from intrathecal.simulation.checkpoint import load, save
from intrathecal.simulation.run import finish, prepare, start
from intrathecal.therapy import PressTimes, PressWhenPain, Therapy

STEP_MS = 900_000
#: A dose that relieves about half, and boluses that are felt.
PROGRAM = "0.4 mg/day\non demand 0.1 mg over 4 min, lockout {lockout}, max {most} per day"
IN_PAIN = {
    "program": PROGRAM.format(lockout="2 h", most=6),
    "presses": '"when pain > 4"',
    "patient": 'pain = 7\noral_opioid = "30 mg/day"',
}
LEAK = 'at = "day 1 10:07"\nfault = { kind = "catheter-leak", fraction = 0.9 }'


@cache
def in_pain(every_ms: int = STEP_MS) -> Run:
    """Two days of such a patient."""
    return simulate(therapy(**{**IN_PAIN, "days": "2"}), every_ms=every_ms, profiles=())


def lived(*events: str, **changes: str) -> Run:
    """Such a patient with events, or with something else in the file."""
    return simulate(therapy(*events, **{**IN_PAIN, **changes}), profiles=())


def answers(done: Run) -> list[tuple[int, str]]:
    """When the handset was pressed (ms), and why it was refused."""
    return [(answer.at, answer.reason) for answer in done.finished.end.answers]


def asked_one_by_one(plan: Therapy, above: float, days: int) -> tuple[tuple[int, ...], dict[str, float]]:
    """The naive method: from ask to ask the whole run again, with the presses so far; also the ledger that comes out."""
    case = prepare(plan, STEP_MS)
    scatter = noise(plan.catalogue.relief, plan.simulation.seed, 0, 96 * days, STEP_MS / 1000, None)
    presses: tuple[int, ...] = ()
    for ask in range(96 * days):
        now = ask * STEP_MS
        told = replace(case, therapy=replace(plan, simulation=replace(plan.simulation, presses=PressTimes(presses))))
        end = finish(told, start(told), now, lambda done: None).end if now else None
        pain = end.traces[-1].felt["pain"] if end else np.array([case.senses.baseline.pain])
        if scores(pain, scatter[ask : ask + 1])[0] > above:
            presses += (now,)
    plan = replace(plan, simulation=replace(plan.simulation, presses=PressTimes(presses)))
    return presses, simulate(plan, profiles=(), days=days).figures["ledger"]["morphine"]


@pytest.mark.parametrize(
    ("lockout", "most", "above"), [("2 h", 6, "4"), ("15 min", 20, "5"), ("8 h", 2, "0"), ("30 min", 40, "6")]
)
def test_the_loop_is_that_of_a_patient_who_is_asked_time_by_time(lockout: str, most: int, above: str) -> None:
    """Every press, and every microgram, is that of the naive method: the run repeated from ask to ask."""
    plan = therapy(
        LEAK.replace("day 1 10:07", "day 0 14:07"), **{**IN_PAIN, "program": PROGRAM.format(lockout=lockout, most=most)}
    )
    closed = replace(plan, simulation=replace(plan.simulation, presses=PressWhenPain(Decimal(above))))
    presses, ledger = asked_one_by_one(plan, float(above), 1)
    done = simulate(closed, profiles=(), days=1)

    assert [at for at, _ in answers(done)] == list(presses)
    assert {reason for _, reason in answers(done)} >= {""}
    assert done.figures["ledger"]["morphine"] == ledger


def test_the_pump_answers_as_if_it_were_pressed_each_time() -> None:
    """A pump that is really told of every press, given or not, answers the same."""
    state, said = begin(therapy(**IN_PAIN)).tell(Tick(), 0)[0].pump, []
    for at, _ in answers(in_pain()):
        state, actions = step(state, Press(), at)
        said += [(action.at, action.reason) for action in actions if isinstance(action, PressAnswer)]

    assert said == answers(in_pain())
    assert {reason for _, reason in said} == {"", "lockout"}


def test_a_press_follows_every_score_above_the_threshold_and_no_other() -> None:
    """The recorded scores are whole numbers, pain with its scatter, and the presses are those above 4."""
    data = in_pain().data
    pressed = data["ask_time"].values[data["score"].values > 4] * 1000

    assert [at for at, _ in answers(in_pain())] == pressed.tolist()
    assert (data["press_time"].values * 1000).tolist() == pressed.tolist()
    assert data["press_answer"].values.tolist() == [reason for _, reason in answers(in_pain())]
    asked = np.isin(data["time"].values, data["ask_time"].values)
    scatter = noise(therapy().catalogue.relief, 3, 0, 192, 900.0, None)
    assert scores(data["pain"].values[asked][:192], scatter) == pytest.approx(data["score"].values)


def test_given_and_refused_presses_are_counted_with_reasons() -> None:
    """The counts add up to the presses; the pump's list says when and why each was refused."""
    figures = in_pain().figures
    relief, refused = figures["relief"], figures["pump"]["presses_refused"]

    assert relief["presses_given"] == sum(not reason for _, reason in answers(in_pain())) > 0
    assert relief["presses_refused"] == len(refused) == sum(relief["presses_refused_because"].values()) > 0
    assert {item["reason"] for item in refused} == set(relief["presses_refused_because"])


@pytest.mark.parametrize("stop", [1, 2])
def test_a_resumed_run_is_the_whole_run_bit_for_bit(stop: int, tmp_path: Path) -> None:
    """Presses, pain, tolerance, scores and every microgram go on as if nobody had stopped."""
    oral = 'at = "day 2 03:11"\noral_opioid = "20 mg/day"'
    plan = therapy(LEAK, oral, **{**IN_PAIN, "days": "3.3"})
    whole = simulate(plan, every_ms=7 * 60_000)
    simulate(plan, days=stop, every_ms=7 * 60_000).save(tmp_path / "saved")
    resumed = simulate(plan, every_ms=7 * 60_000, resume=tmp_path / "saved")

    for figures in (whole.figures, resumed.figures):
        figures["engine"].pop("wall_s")
    assert whole.figures["relief"]["presses_given"] > 0
    assert resumed.figures == whole.figures
    assert resumed.data.identical(whole.data)


def test_days_may_be_saved_one_by_one(tmp_path: Path) -> None:
    """Saved and read after every day, the run is the same as in one go."""
    case = prepare(therapy(**IN_PAIN), STEP_MS)
    reached = start(case)
    for day in range(2):
        save(case, finish(case, reached, (day + 1) * DAY_MS, lambda done: None).days_done, tmp_path / "saved")
        reached = load(case, tmp_path / "saved")
    end = finish(case, reached, 2 * DAY_MS, lambda done: None).end

    assert end.answers == in_pain().finished.end.answers
    assert np.array_equal(end.traces[-1].felt["pain"], in_pain().finished.end.traces[-1].felt["pain"])


@pytest.mark.parametrize("every_ms", [6 * 3_600_000, 13 * 60_000])
def test_how_often_is_sampled_changes_nothing_that_is_felt(every_ms: int) -> None:
    """The same presses, and the same figures but for the last digits."""
    other = in_pain(every_ms)

    assert answers(other) == answers(in_pain())
    first, second = in_pain().figures["relief"], other.figures["relief"]
    assert second["side_effects"] == pytest.approx(first["side_effects"], rel=1e-9)
    assert second["tolerance"] == pytest.approx(first["tolerance"], rel=1e-9)
    for key in ("pain_mean", "relief_percent", "hours_to_half_relief", "breathing_fraction_min"):
        assert second[key] == pytest.approx(first[key], rel=1e-9)


def test_the_seed_alone_decides() -> None:
    """The same seed gives the same presses, another seed others."""
    plan = therapy(**{**IN_PAIN, "days": "2"})
    again = simulate(plan, profiles=())
    other = simulate(replace(plan, simulation=replace(plan.simulation, seed=4)), profiles=())

    assert answers(again) == answers(in_pain())
    assert answers(other) != answers(in_pain())


def test_a_patient_without_pain_does_not_press() -> None:
    """Where relief is complete, no answer comes near the threshold."""
    program = "20 mg/day\non demand 0.1 mg over 4 min, lockout 2 h, max 6 per day"
    done = lived(program=program, presses='"when pain > 6"', days="3")

    assert done.figures["relief"]["relief_percent"] > 80
    assert [at for at, _ in answers(done) if at > DAY_MS] == []


def test_a_leaking_catheter_makes_the_patient_press() -> None:
    """What does not reach the canal relieves no pain: more presses are made from then on."""
    program = "1.5 mg/day\non demand 0.02 mg over 4 min, lockout 2 h, max 12 per day"
    whole, leaking = (answers(lived(*events, program=program, days="4")) for events in ((), (LEAK,)))
    leak_ms = DAY_MS + 7 * 60_000

    assert [press for press in leaking if press[0] < leak_ms] == [press for press in whole if press[0] < leak_ms]
    assert len(leaking) > 1.5 * len(whole)


def test_a_patient_who_cannot_be_helped_presses_every_time() -> None:
    """Pain above the threshold at every ask: 96 presses a day, of which the pump gives what the lockout lets through."""
    program = "0.05 mg/day\non demand 0.001 mg over 4 min, lockout 8 h, max 6 per day"
    relief = lived(program=program, presses='"when pain > 0"', days="2").figures["relief"]

    assert relief["presses_given"] == 6
    assert relief["presses_refused_because"] == {"lockout": 2 * 96 - 6}


def test_presses_are_refused_while_a_bridge_runs_and_without_a_clause() -> None:
    """The pump's own reasons are counted."""
    program = 'at = "day 1 04:00"\nprogram = "0.4 mg/day"'
    refill = 'at = "day 2 04:00"\nrefill = { volume = "20 mL", drugs = { morphine = "5 mg/mL" }, bridge = "auto" }'
    relief = lived(program, refill, presses='"when pain > 0"', days="3").figures["relief"]

    refused = set(relief["presses_refused_because"])
    assert refused == {"bridge running", "no patient bolus is programmed", "lockout", "daily count"}
