"""Worked examples of clinics, by their names: what the pump and the line make of the same figures."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.simulation.support import run

from intrathecal.simulation.api import simulate
from intrathecal.therapy import parse_therapy

FIXED = """
[pump]
model = "isomed-20-1.0"
[catheter]
model = "indura-8709sc"
removed = "9 cm"
tip = "T10"
[[drug]]
name = "morphine"
concentration = "2 mg/mL"
[fill]
volume = "20 mL"
at = 2026-01-05T00:00:00
primed = "tip"
low_reservoir_alarm = "0.001 mL"
[simulation]
days = 10
"""


def days_to(figures: dict[str, Any], key: str) -> float:
    """Days from the fill to a date of the refill."""
    filled = datetime.fromisoformat(figures["daily"][0]["from"])
    return (datetime.fromisoformat(figures["refill"][key]) - filled).total_seconds() / 86_400


def dose(figures: dict[str, Any], drug: str) -> float:
    """What was asked for in the first 24 hours, ug."""
    return float(figures["daily"][0]["doses"][drug]["asked_ug"])


def one_drug(drug: str, concentration: str, program: str, volume: str = "20 mL", days: str = "2") -> dict[str, Any]:
    """A SynchroMed II with one drug."""
    text = FIXED.replace("isomed-20-1.0", "synchromed-ii-20").replace('"morphine"', f'"{drug}"')
    text = (
        text.replace('"2 mg/mL"', f'"{concentration}"')
        .replace('"0.001 mL"', '"2 mL"')
        .replace("days = 10", f"days = {days}")
    )
    text = text.replace('"20 mL"', f'"{volume}"') + f'[program]\ntext = "{program}"\n'
    return simulate(parse_therapy(text, "example.toml", Path()), profiles=()).figures


def test_e3_ziconotide_start() -> None:
    """E3: 2.4 mcg/day of 25 mcg/mL is 0.096 mL/day; 14 mL last 145.8 days by volume but are due by day 14."""
    figures = one_drug("ziconotide", "25 mcg/mL", "2.4 mcg/day", "16 mL")

    assert figures["pump"]["counted_mL"] / 2 == pytest.approx(0.096, abs=2e-6)
    assert round(days_to(figures, "low_reservoir_at"), 1) == 145.8
    assert days_to(figures, "due_at") == 14
    assert figures["refill"]["due_reason"] == "stability"


def test_e9_alarm_date_and_appointment() -> None:
    """E9: 20 mL, alarm at 2 mL, 0.5 mL/day, filled on 5 January 2026: 10 February, and 3 February with 7 days' lead."""
    figures = one_drug("morphine", "2 mg/mL", "1 mg/day")

    assert figures["refill"]["low_reservoir_at"].startswith("2026-02-10")
    assert figures["refill"]["due_at"].startswith("2026-02-03")
    assert figures["refill"]["due_reason"] == "volume"


def test_e11_expected_residual() -> None:
    """E11: fill 20 mL, 0.3 mL/day for 45 days: 6.5 mL are expected; a drive that gives 11.9 of 13.5 leaves 8.1."""
    expected = run(program="3 mg/day", days="45").figures["pump"]
    slow = run(program="3 mg/day", days="45", drive_error="-11.85185 %").figures["pump"]

    assert round(expected["reservoir_true_mL"], 3) == 6.5
    assert round(slow["reservoir_true_mL"], 1) == 8.1
    assert slow["reservoir_mL"] == pytest.approx(6.5, abs=1e-4)
    assert round(slow["delivered_mL"], 1) == 11.9


def test_e11c_a_pump_that_gave_nothing() -> None:
    """E11c: with a blocked catheter, 19 mL of 20 are left at the refill while the pump believes that it delivered."""
    blocked = run(
        'at = "day 3 10:00"\nfault = { kind = "occlusion", fraction = 1.0 }', program="3.333 mg/day", days="30"
    ).figures["pump"]

    assert round(blocked["reservoir_true_mL"], 1) == 19.0
    assert round(blocked["reservoir_mL"], 1) == 10.0


def test_e12_fixed_rate_mix() -> None:
    """E12: 20 mL at 1 mL/day last 20 days; 40 mg in 20 mL are 2 mg/day."""
    figures = simulate(parse_therapy(FIXED, "fixed.toml", Path()), profiles=()).figures

    assert days_to(figures, "low_reservoir_at") == pytest.approx(20, abs=0.01)
    assert dose(figures, "morphine") == pytest.approx(2000, rel=1e-6)


def test_e13_admixture() -> None:
    """E13: 0.4 mL/day of 10 mg/mL, 20 mg/mL and 250 mcg/mL are 4 mg, 8 mg and 100 mcg a day; 10 % more raises all three."""

    def doses(program: str) -> list[float]:
        text = FIXED.replace("isomed-20-1.0", "synchromed-ii-20").replace('"2 mg/mL"', '"10 mg/mL"')
        others = (
            '[[drug]]\nname = "bupivacaine"\nconcentration = "20 mg/mL"\n'
            '[[drug]]\nname = "clonidine"\nconcentration = "250 mcg/mL"\n'
        )
        text = (
            text.replace("days = 10", "days = 1").replace("[fill]", f"{others}[fill]")
            + f'[program]\ntext = "{program}"\n'
        )
        figures = simulate(parse_therapy(text, "mixture.toml", Path()), profiles=()).figures
        return [dose(figures, drug) for drug in ("morphine", "bupivacaine", "clonidine")]

    assert doses("0.4 mL/day") == pytest.approx([4000, 8000, 100], rel=1e-9)
    assert doses("0.44 mL/day") == pytest.approx([4400, 8800, 110], rel=1e-9)


def test_e14_per_day_and_not_per_hour() -> None:
    """E14: 20 mL at 0.5 mL/day are 40 days; the slip 0.5 mL/h would empty them in 40 hours."""
    daily = one_drug("morphine", "2 mg/mL", "0.5 mL/day")
    hourly = one_drug("morphine", "2 mg/mL", "0.5 mL/h", days="3")
    empty = next(a["at"] for a in hourly["pump"]["alarms"] if a["alarm"] == "empty-reservoir")

    assert days_to(daily, "low_reservoir_at") * 20 / 18 == pytest.approx(40, abs=0.01)
    assert (
        datetime.fromisoformat(empty) - datetime.fromisoformat("2026-01-05T00:00:00+00:00")
    ).total_seconds() / 3600 == (pytest.approx(40, abs=0.01))


def test_e18_itb_start() -> None:
    """E18: 100 mcg/day at 500 mcg/mL is 0.20 mL/day, 90 days to 2 mL."""
    figures = one_drug("baclofen", "500 mcg/mL", "100 mcg/day")

    assert figures["pump"]["counted_mL"] / 2 == pytest.approx(0.2, abs=4e-6)
    assert round(days_to(figures, "low_reservoir_at"), 1) == 90.0


def test_a_new_pump_has_a_new_fill() -> None:
    """Ziconotide again lasts 14 days in a naive pump, and what is due counts from the day of the operation."""
    text = FIXED.replace("isomed-20-1.0", "synchromed-ii-20").replace('"morphine"', '"ziconotide"')
    text = text.replace('"2 mg/mL"', '"25 mcg/mL"').replace("0.001 mL", "2 mL").replace("days = 10", "days = 8")
    text += '[program]\ntext = "2.4 mcg/day"\n'
    text += '[[event]]\nat = "day 2"\nrefill = { volume = "20 mL" }\n'
    new = '[[event]]\nat = "day 5"\nreplace-pump = { model = "synchromed-iii-20", volume = "20 mL" }\n'
    before, after = (
        simulate(parse_therapy(file, "x.toml", Path()), profiles=()).figures for file in (text, text + new)
    )

    assert before["refill"]["due_at"] == "2026-02-16T00:00:00+00:00"
    assert after["refill"]["due_at"] == "2026-01-24T00:00:00+00:00"
    assert after["refill"]["due_reason"] == "stability"
