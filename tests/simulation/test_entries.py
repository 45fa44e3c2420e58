"""How a drug can enter: a reduced run of every kind of event is the run by all modes, within what it says of its error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from tests.simulation.support import therapy

from intrathecal.flow import Site
from intrathecal.pump.hardware import DAY_MS
from intrathecal.simulation import api
from intrathecal.simulation.api import simulate
from intrathecal.simulation.entries import Entering, entering
from intrathecal.simulation.outcome import outcome
from intrathecal.simulation.propagation import choose
from intrathecal.simulation.reached import Finished
from intrathecal.simulation.run import finish, prepare, start
from intrathecal.therapy import Action, Fault, Therapy, parse_therapy

DAY_1 = 'at = "day 1 12:00"\n'
TIP = Site("intrathecal", "T10")
#: Every kind of event: its text, what the file has else, and the times and sites that must be known from it.
EVENTS: dict[str, tuple[str, dict[str, str], float, tuple[Site, ...]]] = {
    "Refill": ('refill = { volume = "15 mL", bridge = "auto", drugs = { morphine = "5 mg/mL" } }', {}, 60.0, ()),
    "NewProgram": ('program = "4 mg/day\\nbolus 50 mcg over 20 s at 15:00"', {}, 20.0, ()),
    "Prime": ('prime = { volume = "0.1 mL", over = "20 min" }', {}, 60.0, ()),
    "Dose at once": (
        'dose = { drug = "morphine", amount = "0.2 mg", route = "intrathecal", level = "L4" }',
        {},
        0.0,
        (Site("intrathecal", "L4"),),
    ),
    "Dose": (
        'dose = { drug = "morphine", amount = "5 mg", route = "epidural", level = "L1", over = "5 s" }',
        {},
        5.0,
        (Site("epidural", "L1"),),
    ),
    "Dose by vein": (
        'dose = { drug = "morphine", amount = "5 mg", route = "intravenous" }',
        {},
        0.0,
        (Site("intravenous"),),
    ),
    "Dose by mouth": ('dose = { drug = "morphine", amount = "30 mg", route = "oral" }', {}, 0.0, (Site("oral"),)),
    "OralOpioid": ('oral_opioid = "60 mg/day"', {}, 60.0, ()),
    "Mri": ('mri = "40 min"', {}, 60.0, ()),
    "Mri that lets fluid out": (
        'mri = "40 min"',
        {"pump": "prometra-ii-20"},
        0.0,
        (),
    ),
    "Reset": ("reset = true", {}, 60.0, ()),
    "Aspirate": ('aspirate = { volume = "1 mL", from = "reservoir" }', {}, 60.0, ()),
    "Aspirate from the canal": ('aspirate = { volume = "0.4 mL", from = "side-port" }', {}, 60.0, ()),
    "Revise": ('revise = { tip = "L2" }', {}, 60.0, (Site("intrathecal", "L2"),)),
    "ReplacePump": (
        'replace-pump = { model = "prometra-ii-20", volume = "10 mL", primed = "no" }',
        {},
        1.0,
        (),
    ),
    "CatheterLeak": ('fault = { kind = "catheter-leak", fraction = 0.4 }', {}, 60.0, ()),
    "Occlusion": ('fault = { kind = "occlusion", fraction = 0.5 }', {}, 60.0, ()),
    "Disconnect": ('fault = { kind = "disconnect", for = "9 h" }', {}, 60.0, ()),
    "TipMigration": (
        'fault = { kind = "tip-migration", to = "L3", for = "20 h" }',
        {},
        60.0,
        (Site("intrathecal", "L3"),),
    ),
    "MotorStall": ('fault = { kind = "motor-stall", for = "6 h" }', {}, 60.0, ()),
    "OverInfusion": ('fault = { kind = "over-infusion", factor = 3.0 }', {}, 60.0, ()),
    "PocketFill": ('fault = { kind = "pocket-fill", volume = "1 mL" }', {}, 60.0, ()),
    "BatteryReset": ('fault = { kind = "battery-reset", for = "8 h" }', {}, 60.0, ()),
    "FlowStop": ('fault = { kind = "flow-stop", for = "7 h" }', {}, 60.0, ()),
}
BOLUS = "2.4 mg/day\nbolus 100 mcg over 5 min at 14:00"


def planned(event: str, changes: dict[str, str]) -> Therapy:
    """Three days with this event on the second."""
    return therapy(DAY_1 + event, **{"days": "3", "program": BOLUS, **changes})


def lived(plan: Therapy, by_all_modes: bool) -> Finished:
    """The run of a therapy as it is, or with all modes whatever enters."""
    case = prepare(plan, 3_600_000)
    if by_all_modes:
        exact = tuple(replace(each, propagator=choose(each.system), doubt=None) for each in case.channels)
        case = replace(case, channels=exact)
    return finish(case, start(case), 3 * DAY_MS, lambda done: None)


def test_no_kind_of_event_is_forgotten() -> None:
    """Every action that a therapy file knows stands in this test."""
    kinds = {kind.__name__ for part in get_args(Action) for kind in (get_args(part) or (part,))}
    assert kinds == {name.split()[0] for name in EVENTS}
    assert len(get_args(Fault)) == 9


@pytest.mark.parametrize("name", EVENTS)
def test_a_run_by_few_modes_is_the_run_by_all(name: str) -> None:
    """Every sample at every site agrees with the run by all modes, to the error that the run tells; so does the ledger."""
    event, changes, shortest_s, sites = EVENTS[name]
    plan = planned(event, changes)
    few, full = lived(plan, False), lived(plan, True)
    told, right = outcome(few), outcome(full)
    (held,), (exact,) = few.end.held, full.end.held
    seen, all_seen = (
        np.concatenate([np.column_stack([trace.sites[0], trace.tip[0]]) for trace in each.end.traces])
        for each in (few, full)
    )
    error = told["engine"]["error_estimate"]
    assert 0.0 < error <= 1e-5
    assert (np.abs(seen - all_seen).max(axis=0)[:-1] <= (error + 1e-9) * exact.peaks).all()
    assert np.abs(seen - all_seen).max() <= 1e-5 * all_seen.max()
    assert held.peaks == pytest.approx(exact.peaks, rel=error + 1e-9)
    for key, amount in right["ledger"]["morphine"].items():
        if key != "relative_error":
            assert told["ledger"]["morphine"][key] == pytest.approx(amount, rel=1e-6, abs=1e-6)
    assert told["ledger"]["morphine"]["relative_error"] <= 1e-11
    known = entering(plan, "morphine")
    if name == "Aspirate from the canal":
        assert known is None
        assert told["engine"]["method"] == right["engine"]["method"]
    else:
        assert known == Entering((TIP, *sites), shortest_s)
        assert "rational Krylov" in told["engine"]["method"]


def test_a_drug_knows_its_own_doses_only() -> None:
    """What one drug is given at once asks nothing of the modes of another."""
    dose = 'dose = { drug = "morphine", amount = "0.2 mg", route = "intrathecal", level = "L4" }'
    plan = planned(dose, {})
    assert entering(plan, "bupivacaine") == Entering((TIP,), 60.0)


def test_an_experiment_without_a_pump() -> None:
    """Without a pump only the doses are entries."""
    text = (
        '[[drug]]\nname = "morphine"\n[[event]]\nat = "day 0 01:00"\n'
        'dose = { drug = "morphine", amount = "0.3 mg", route = "intrathecal" }\n[simulation]\ndays = 1\n'
    )
    plan = parse_therapy(text, "test.toml", Path())
    assert entering(plan, "morphine") == Entering((Site("intrathecal", "L3"),), 0.0)
    told = outcome(lived(plan, False))
    assert told["engine"]["method"].startswith("modal, 49 modes for 461 states")
    assert told["engine"]["error_estimate"] < 1e-6


def test_a_run_in_doubt_is_run_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the run's own bound is above what is allowed, all modes run it from its start, say so, and take up a checkpoint."""
    plan = planned("reset = true", {})
    usual = simulate(plan, days=2)
    monkeypatch.setattr(api, "LARGEST_RUN_ERROR", 1e-30)
    anew = simulate(plan, days=2)
    assert usual.figures["engine"]["method"] == "modal, 50 modes for 461 states (rational Krylov)"
    assert anew.figures["engine"]["method"] == (
        "modal, 461 modes, because the bound of the run by few modes is too large"
    )
    assert anew.figures["ledger"]["morphine"]["csf_ug"] == pytest.approx(usual.figures["ledger"]["morphine"]["csf_ug"])
    anew.save(tmp_path / "two-days")
    on = simulate(plan, days=3, resume=tmp_path / "two-days").figures
    whole = simulate(plan, days=3).figures
    assert on["exposure"] == whole["exposure"]
    assert on["ledger"] == whole["ledger"]
