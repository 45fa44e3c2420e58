"""The traces of a run as labelled arrays, and as a NetCDF file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from intrathecal.pump.hardware import DAY_MS
from intrathecal.simulation.files import replacing
from intrathecal.simulation.outcome import when
from intrathecal.simulation.run import Finished

if TYPE_CHECKING:
    import xarray as xr

SECONDS_PER_DAY = DAY_MS / 1000
CONCENTRATION = "ug/mL"


def dataset(run: Finished) -> xr.Dataset:
    """Samples of a run: dimensions ``time`` (seconds from the start), ``drug`` and, where profiles were kept, ``z`` (cm)."""
    import xarray as xr  # takes half a second: loaded when arrays are asked for

    traces = run.end.traces
    case = run.case
    canal = case.channels[0].system
    sites = list(canal.sites)

    def joined(name: str, axis: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.concatenate([getattr(trace, name) for trace in traces], axis=axis)

    at_sites = joined("sites", 1)
    variables = {
        "plasma_concentration": (("time", "drug"), at_sites[:, :, sites.index("plasma")].T),
        "cisterna_magna_concentration": (("time", "drug"), at_sites[:, :, sites.index("cisterna_magna")].T),
        "tip_concentration": (("time", "drug"), joined("tip", 1).T),
        "flow_asked": (("time",), joined("asked", 0) * SECONDS_PER_DAY),
        "flow_delivered": (("time",), joined("delivered", 0) * SECONDS_PER_DAY),
    }
    for name in case.profiles:
        profile = np.concatenate([trace.profiles[name] for trace in traces], axis=1)
        variables[f"{name}_concentration"] = (("time", "drug", "z"), profile.transpose(1, 0, 2))
    coordinates = {
        "time": ("time", joined("times_s", 0)),
        "drug": ("drug", list(case.drugs)),
        "z": ("z", canal.z_cm),
        "level": ("z", list(canal.levels)),
    }
    data = xr.Dataset(variables, coordinates)
    for variable in (name for name in variables if name.endswith("_concentration")):
        data[variable].attrs["units"] = CONCENTRATION
    data["time"].attrs.update(units="seconds", long_name="time since the first fill or the start")
    data["z"].attrs.update(units="cm", long_name="distance below the top of C1")
    data["flow_asked"].attrs["units"] = data["flow_delivered"].attrs["units"] = "mL/day"
    from intrathecal import __version__

    data.attrs.update(
        title=case.therapy.title,
        source=f"intrathecal {__version__}",
        start=when(case.therapy, 0) or "",
        comment="A simulation for research and teaching; no medical device.",
    )
    return data


def write_netcdf(data: xr.Dataset, path: Path) -> None:
    """Write NetCDF 4, compressed; times stay plain numbers."""
    compressed = {str(name): {"zlib": True, "complevel": 1} for name in data.data_vars}
    with replacing(path) as file:
        data.to_netcdf(file, engine="h5netcdf", encoding=compressed)
