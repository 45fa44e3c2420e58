"""The traces of a run as a file that other programs read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.simulation.support import therapy

from intrathecal.simulation.api import simulate
from intrathecal.simulation.dataset import write_netcdf

PROGRAM = "2.4 mg/day\nbolus 0.2 mg over 10 min at 07:00"
EVENT = 'at = "day 1 12:34"\ndose = { drug = "morphine", amount = "0.3 mg", route = "intrathecal", level = "L3" }'


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """A run written to NetCDF and opened again."""
    path = tmp_path_factory.mktemp("data") / "run.nc"
    write_netcdf(simulate(therapy(EVENT, program=PROGRAM, days="2"), every_ms=3_600_000).data, path)
    with xr.open_dataset(path) as opened:
        return opened.load()


def test_the_variables_and_units_are_those_of_the_interface(data: xr.Dataset) -> None:
    """Names, dimensions and units are exactly those that scripts read; time stays a number."""
    found = {str(name): (variable.dims, variable.attrs.get("units")) for name, variable in data.variables.items()}
    profile = ("time", "drug", "z")

    assert found["csf_concentration"] == (profile, "ug/mL")
    assert found["cord_concentration"] == (profile, "ug/mL")
    assert found["plasma_concentration"] == (("time", "drug"), "ug/mL")
    assert found["cisterna_magna_concentration"] == (("time", "drug"), "ug/mL")
    assert found["flow_asked"] == found["flow_delivered"] == (("time",), "mL/day")
    assert found["time"] == (("time",), "seconds")
    assert found["z"] == (("z",), "cm")
    assert data["time"].dtype == np.float64
    assert data["drug"].values.tolist() == ["morphine"]
    assert data["level"].values[0] == "C1"
    assert data["level"].values[-1] == "S2"
    assert data["pain"].dims == data["breathing_fraction"].dims == data["relief_fraction"].dims == ("time",)
    assert "spasticity" not in data
    assert data["score"].dims == ("ask",)
    assert (data["ask_time"].values == 900.0 * np.arange(2 * 96)).all()


def test_the_times_are_regular_and_at_every_change_and_after_boluses_and_doses(data: xr.Dataset) -> None:
    """The fill is at 10:00: the bolus is 21 h after it, the dose 26 h 34 min."""
    times = set(data["time"].values.tolist())
    bolus, dose = 21 * 3600.0, 26 * 3600.0 + 34 * 60

    assert {3600.0 * hour for hour in range(49)} <= times
    assert {bolus, bolus + 600} <= times
    for start in (bolus, dose):
        assert {start + 60 * minutes for minutes in (1, 2, 5, 10, 20)} <= times


def test_flows_are_asked_and_delivered_in_mL_per_day(data: xr.Dataset) -> None:
    """Base 0.24 mL/day, and 2.88 mL/day on top during the bolus."""
    bolus = data.sel(time=21 * 3600.0 + 60)

    assert float(data["flow_asked"].sel(time=3600.0)) == pytest.approx(0.24)
    assert float(bolus["flow_asked"]) == pytest.approx(0.24 + 2.88)
    assert float(bolus["flow_delivered"]) == pytest.approx(0.24 + 2.88, rel=1e-3)
    assert float(data["flow_asked"].values[-1]) == pytest.approx(0.24)


def test_the_fluid_in_the_canal_weighs_what_the_ledger_says() -> None:
    """The profile times the volume of each cell, with cisterna and cranium, is the ledger's CSF."""
    run = simulate(therapy(EVENT, program=PROGRAM, days="2"), every_ms=3_600_000)
    system = run.finished.case.channels[0].system
    canal = float(run.data["csf_concentration"].values[-1, 0] @ system.canal.csf_volume_mL)
    x = run.finished.case.channels[0].propagator.physical(run.finished.end.held[0].state)
    inside = x[[name.startswith("csf ") for name in system.states]].sum()

    assert canal == pytest.approx(float(inside), rel=1e-6)


def test_a_file_that_someone_reads_is_replaced(tmp_path: Path) -> None:
    """Who has the old traces open keeps them; the new ones stand in their place, and nothing beside them."""
    path = tmp_path / "run.nc"
    first, second = (simulate(therapy(days=days), every_ms=3_600_000).data for days in ("1", "2"))
    write_netcdf(first, path)
    with xr.open_dataset(path) as opened:
        write_netcdf(second, path)
        assert opened.load().sizes["time"] == first.sizes["time"]

    assert xr.load_dataset(path).sizes["time"] == second.sizes["time"]
    assert [file.name for file in tmp_path.iterdir()] == ["run.nc"]
