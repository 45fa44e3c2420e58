"""The pump alone at a moment of a therapy is the pump of a whole simulation."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.programmer.review.files import event, therapy

from intrathecal.simulation.api import simulate
from intrathecal.simulation.errors import SimulationError
from intrathecal.simulation.pumping import pump_at

HOUR_MS = 3_600_000
PROGRAM = "2.4 mg/day\n12:00-18:00 4.8 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day"
EVENTS = [
    event('"day 1"', 'fault = { kind = "over-infusion", factor = 1.2, for = "10 h" }'),
    event('"day 2"', 'mri = "45 min"'),
    event('"day 3"', 'refill = { volume = "18 mL", drugs = { morphine = "20 mg/mL" }, bridge = "auto" }'),
    event('"day 4"', 'program = "3 mg/day"'),
]


@pytest.mark.parametrize("hours", [13, 30, 40, 73, 110])
def test_it_is_the_pump_of_the_simulation(hours: int) -> None:
    """Faults that end, a scan, a refill with its bridge, a program and presses: the same count, the same drug left."""
    presses = '[simulation]\npresses = ["day 0 11:00", "day 0 12:00", "day 1 16:00", "day 4 08:00"]\n'
    plan = therapy(PROGRAM, more="".join(EVENTS) + presses)
    times = (HOUR_MS, 2 * HOUR_MS, 30 * HOUR_MS, 94 * HOUR_MS)
    whole = simulate(plan, days=Fraction(hours, 24), profiles=()).finished.end.delivery
    alone = pump_at(plan, hours * HOUR_MS, presses=times)

    assert whole is not None
    assert alone.pump.counted_pL == whole.pump.counted_pL
    assert alone.pump.reservoir_pL == whole.pump.reservoir_pL
    assert alone.device.volume_mL == pytest.approx(whole.device.volume_mL, abs=1e-9)
    assert alone.line.mass_ug() == pytest.approx(whole.line.mass_ug(), rel=1e-6)


def test_only_what_has_happened_counts() -> None:
    """Of two events of one moment the first may have happened and the second not yet."""
    both = event('"day 1"', 'refill = { volume = "15 mL" }') + event('"day 1"', 'program = "stop"')
    plan, at = therapy("2.4 mg/day", more=both), 14 * HOUR_MS
    before, between, after = (pump_at(plan, at, count).pump for count in (0, 1, 2))

    assert before.filled_pL == 20 * 10**9
    assert between.filled_pL == after.filled_pL == 15 * 10**9
    assert between.settings.orders != after.settings.orders


def test_an_event_comes_before_a_press_of_its_moment() -> None:
    """A bolus that a new program allows is given to a press at the very moment of the program, as in a simulation."""
    allow = event('"day 1 10:00"', 'program = "stop\\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day"')
    plan = therapy("stop", more=allow + '[simulation]\npresses = ["day 1 10:00"]\n')
    alone = pump_at(plan, 48 * HOUR_MS, presses=(24 * HOUR_MS,)).pump
    whole = simulate(plan, days=2, profiles=()).figures["pump"]["counted_mL"]

    assert alone.counted_pL / 1e9 == pytest.approx(whole)
    assert whole == pytest.approx(0.01, abs=1e-5)


def test_what_cannot_happen_is_refused() -> None:
    """More than the reservoir holds cannot be drawn, and what is drawn through the side port is left to the canal."""
    port = event('"day 1"', 'aspirate = { volume = "1 mL", from = "side-port" }')
    assert pump_at(therapy("2.4 mg/day", more=port), 48 * HOUR_MS).device.volume_mL == pytest.approx(19.52, abs=1e-4)
    drawn = event('"day 1"', 'aspirate = { volume = "19.95 mL", from = "reservoir" }')
    with pytest.raises(SimulationError, match="cannot be taken out"):
        pump_at(therapy("2.4 mg/day", more=drawn), 48 * HOUR_MS)
