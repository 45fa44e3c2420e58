"""Every microgram is somewhere: whatever is done to pump and patient."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.simulation.support import therapy_text

from intrathecal.simulation.api import simulate
from intrathecal.simulation.errors import SimulationError
from intrathecal.therapy import load_therapy, parse_therapy

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
DRUGS = {
    "morphine": "10 mg/mL",
    "hydromorphone": "5 mg/mL",
    "fentanyl": "1 mg/mL",
    "sufentanil": "0.05 mg/mL",
    "bupivacaine": "15 mg/mL",
    "clonidine": "0.5 mg/mL",
    "baclofen": "1 mg/mL",
    "ziconotide": "25 mcg/mL",
}
PUMPS = {"synchromed-ii-20": 20, "synchromed-iii-40": 40, "prometra-ii-20": 20, "prometra-ii-40": 40}
LEVELS = ("C4", "T2", "T10", "L1", "L3")
FAULTS = (
    'fault = {{ kind = "catheter-leak", fraction = {part} }}',
    'fault = {{ kind = "catheter-leak", fraction = {part}, for = "9 h" }}',
    'fault = {{ kind = "occlusion", fraction = {part}, for = "20 h" }}',
    'fault = {{ kind = "disconnect", for = "1 days" }}',
    'fault = {{ kind = "disconnect" }}',
    'fault = {{ kind = "tip-migration", to = "{level}" }}',
    'fault = {{ kind = "motor-stall", for = "5 h" }}',
    'fault = {{ kind = "over-infusion", factor = 3.5, for = "12 h" }}',
    'fault = {{ kind = "pocket-fill", volume = "0.5 mL" }}',
    'fault = {{ kind = "battery-reset", for = "8 h" }}',
    'fault = {{ kind = "flow-stop", for = "7 h" }}',
    'mri = "50 min"',
    "reset = true",
    'aspirate = {{ volume = "{part} mL", from = "side-port" }}',
    'aspirate = {{ volume = "{part} mL", from = "reservoir" }}',
    'prime = {{ volume = "{part} mL", over = "20 min" }}',
    'program = "{rate} mcg/day"',
    'refill = {{ volume = "15 mL", bridge = "auto", drugs = {{ {drug} = "0.02 mg/mL" }} }}',
    'refill = {{ volume = "2 mL", removed = "0.5 mL" }}',
    'dose = {{ drug = "{drug}", amount = "{part} mg", route = "intrathecal", level = "{level}" }}',
    'dose = {{ drug = "{drug}", amount = "2 mg", route = "intravenous", over = "30 h" }}',
    'dose = {{ drug = "{drug}", amount = "1 mg", route = "epidural", level = "{level}", over = "40 min" }}',
    'revise = {{ tip = "{level}" }}',
    'revise = {{ model = "prometra-110", removed = "20 cm", tip = "{level}" }}',
    'replace-pump = {{ model = "prometra-ii-20", volume = "10 mL", primed = "no" }}',
    'replace-pump = {{ model = "synchromed-iii-40", volume = "30 mL", primed = "tip" }}',
)


@st.composite
def therapies(draw: st.DrawFn) -> str:
    """A random therapy file: one or two drugs, a random program, up to six random events."""
    drugs = draw(st.lists(st.sampled_from(sorted(DRUGS)), min_size=1, max_size=2, unique=True))
    pump = draw(st.sampled_from(sorted(PUMPS)))
    rate = draw(st.integers(1, 3000))
    program = [f"{rate} mcg/day"]
    if draw(st.booleans()):
        program.append(
            f"{draw(st.integers(10, 23))}:00-{draw(st.integers(1, 9)):02}:30 {draw(st.integers(1, 900))} mcg/day"
        )
    if draw(st.booleans()):
        program.append(
            f"bolus {draw(st.integers(1, 300))} mcg over {draw(st.integers(1, 90))} min every 7 h from 03:00"
        )
    if draw(st.booleans()):
        program.append("on demand 20 mcg over 5 min, lockout 2 h, max 5 per day")
    events = []
    for day in sorted(draw(st.lists(st.integers(0, 4 * 24 - 1), max_size=6))):
        action = draw(st.sampled_from(FAULTS)).format(
            part=draw(st.sampled_from(("0.1", "0.35", "0.9"))),
            level=draw(st.sampled_from(LEVELS)),
            rate=draw(st.integers(1, 4000)),
            drug=drugs[0],
        )
        events.append(f'[[event]]\nat = "day {day // 24} {day % 24:02}:17"\n{action}\n')
    tables = "".join(f'[[drug]]\nname = "{drug}"\nconcentration = "{DRUGS[drug]}"\n' for drug in drugs)
    text = "\n".join(program)
    return f"""
[pump]
model = "{pump}"
drive_error = "{draw(st.integers(-14, 14))} %"
[catheter]
model = "ascenda-8780"
removed = "{draw(st.integers(0, 40))} cm"
tip = "{draw(st.sampled_from(LEVELS))}"
{tables}
[fill]
volume = "{draw(st.integers(1, PUMPS[pump]))} mL"
at = 2026-03-02T00:05:00
primed = "{draw(st.sampled_from(("tip", "tubing", "no")))}"
low_reservoir_alarm = "1 mL"
[program]
text = '''
{text}
'''
{"".join(events)}
[simulation]
days = {draw(st.integers(2, 5))}
presses = "4 per day"
"""


@given(therapies())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_random_therapy_with_random_faults_loses_nothing(text: str) -> None:
    """All parts sum to what entered within 1e-9, and none is below zero."""
    plan = parse_therapy(text, "random.toml", Path())
    try:
        figures = simulate(plan, every_ms=6 * 3_600_000, profiles=()).figures
    except SimulationError:
        return  # an event that cannot happen at its moment: test_refusals has the words
    assert figures["ledger"]
    for row in figures["ledger"].values():
        assert row["relative_error"] <= 1e-9
        assert min(row.values()) >= 0
        parts = [value for key, value in row.items() if key.endswith("_ug") and key != "entered_ug"]
        assert sum(parts) == pytest.approx(row["entered_ug"], rel=1e-9)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_loses_nothing(path: Path) -> None:
    """All drugs of all examples, for all their days."""
    figures = simulate(load_therapy(path), profiles=()).figures

    assert {drug: row["relative_error"] <= 1e-9 for drug, row in figures["ledger"].items()} == dict.fromkeys(
        figures["ledger"], True
    )


def test_drug_in_the_reservoir_degrades_at_the_catalogue_rate(tmp_path: Path) -> None:
    """At 1 % a day, 20 mL of 10 mg/mL lose about 10 mg in five days, and the ledger says so."""
    own = tmp_path / "own.toml"
    own.write_text(
        '[reference.test]\ntitle = "A test"\nauthor = "Nobody"\nyear = 2026\n'
        '[drug.morphine]\ndegradation_rate = { value = 0.01, unit = "1/day", '
        'source = ["test"], verified = false, note = "test" }\n'
    )
    plan = parse_therapy(therapy_text(days="5"), "own.toml", tmp_path, (own,))
    row = simulate(plan, profiles=()).figures["ledger"]["morphine"]

    assert row["degraded_ug"] == pytest.approx(200_000 * (1 - 2.718281828 ** (-0.05)) * 0.97, rel=0.01)
    assert row["relative_error"] < 1e-12


def test_the_ledger_has_no_row_for_a_drug_that_never_enters() -> None:
    """A drug declared and never given is not in ledger or exposure."""
    plan = parse_therapy(
        '[[drug]]\nname = "morphine"\n[[drug]]\nname = "fentanyl"\n'
        '[[event]]\nat = "day 0 01:00"\ndose = { drug = "morphine", amount = "0.3 mg", route = "intrathecal", level = "L3" }\n',
        "needle.toml",
        Path(),
    )
    figures = simulate(plan, days=Fraction(1), profiles=()).figures

    assert list(figures["ledger"]) == list(figures["exposure"]) == ["morphine"]
    assert figures["ledger"]["morphine"]["entered_ug"] == 300
    assert figures["pump"] is None
    assert figures["exposure"]["morphine"]["tip"] is None
