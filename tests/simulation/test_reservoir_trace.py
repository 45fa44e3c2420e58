"""The reservoir over time, as the pump believes it to be and as it is."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from tests.simulation.support import run

from intrathecal.simulation.api import Run

DAY_S = 86_400


def at(data: xr.Dataset, name: str, seconds: float) -> float:
    """The value recorded at a time."""
    return float(data[name].sel(time=seconds))


def volumes(done: Run) -> tuple[np.ndarray, np.ndarray]:
    """Believed and true."""
    return done.data["reservoir_believed"].values, done.data["reservoir_true"].values


def test_it_falls_by_the_flow_and_ends_as_the_figures_say() -> None:
    """2.4 mg/day of 10 mg/mL are 0.24 mL a day out of 20 mL; steps of a pump are nanolitres."""
    done = run()
    believed, true = volumes(done)
    days = done.data["time"].values / DAY_S
    assert believed == pytest.approx(20 - 0.24 * days, abs=1e-4)
    assert true == pytest.approx(believed, abs=1e-9)
    assert believed[-1] == pytest.approx(done.figures["pump"]["reservoir_mL"], abs=1e-9)
    assert true[-1] == pytest.approx(done.figures["pump"]["reservoir_true_mL"], abs=1e-9)


def test_a_drive_that_moves_more_than_it_counts_parts_the_two() -> None:
    """10 % more: at every moment the true volume has lost 1.1 times what the believed one has."""
    believed, true = volumes(run(drive_error="10 %", program="2.4 mg/day\nbolus 0.2 mg over 10 min at 07:00"))
    assert 20 - true == pytest.approx(1.1 * (20 - believed), abs=1e-9)
    assert believed[-1] < 19


def test_a_refill_fills_it_and_a_draw_empties_it() -> None:
    """Before a refill it is what the figures say was left, at the refill what was filled in."""
    done = run('at = "day 2 10:00"\nrefill = { volume = "15 mL" }', drive_error="5 %")
    left = done.figures["refills"][0]
    data = done.data
    hour = 3600.0
    before, after = 2 * DAY_S - hour, 2.0 * DAY_S
    flow = 0.01  # mL an hour
    assert at(data, "reservoir_believed", before) - flow == pytest.approx(left["believed_left_mL"], abs=1e-4)
    assert at(data, "reservoir_true", before) - 1.05 * flow == pytest.approx(left["true_left_mL"], abs=1e-4)
    assert at(data, "reservoir_believed", after) == at(data, "reservoir_true", after) == pytest.approx(15)


def test_what_does_not_flow_stays() -> None:
    """Under a fault that the pump does not sense it goes on counting."""
    believed, true = volumes(run('at = "day 1 10:00"\nfault = { kind = "flow-stop" }'))
    assert true[-1] == pytest.approx(20 - 0.24, abs=1e-3)
    assert believed[-1] == pytest.approx(20 - 4 * 0.24, abs=1e-3)
