"""The traces of a run as labelled arrays, and as a NetCDF file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from intrathecal.pump.hardware import DAY_MS
from intrathecal.simulation.dates import when
from intrathecal.simulation.feeling import (
    BREATHING,
    PAIN,
    RELIEF,
    SPASTICITY,
    TOLERANCE_SPINAL,
    TOLERANCE_SUPRASPINAL,
)
from intrathecal.simulation.files import replacing
from intrathecal.simulation.reached import Finished
from intrathecal.simulation.tracing import BELIEVED, TRUE

if TYPE_CHECKING:
    import xarray as xr

SECONDS_PER_DAY = DAY_MS / 1000
CONCENTRATION = "ug/mL"
NAMES = {
    PAIN: "pain, 0 to 10, without the scatter of answers",
    SPASTICITY: "spasticity, modified Ashworth scale, 0 to 4",
    RELIEF: "part of untreated pain, or of spasticity, that the drugs take away",
    BREATHING: "part of normal breathing that is left at constant carbon dioxide",
    TOLERANCE_SPINAL: "how many times the usual opioid concentration the cord needs",
    TOLERANCE_SUPRASPINAL: "how many times the usual opioid concentration the brain needs",
    BELIEVED: "volume that the pump believes to hold",
    TRUE: "volume that the pump holds",
    "score": "what the patient answers when asked, 0 to 10",
    "press_answer": "why a press of the handset was refused, nothing where it was given",
}


def dataset(run: Finished) -> xr.Dataset:
    """Samples of a run: dimensions ``time`` (seconds from the start), ``drug`` and, where profiles were kept, ``z`` (cm)."""
    import xarray as xr  # takes half a second: loaded when arrays are asked for

    traces = run.end.traces
    case = run.case
    canal = case.channels[0].system
    asked, answers = run.end.asked, run.end.answers
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
    unknown = {PAIN: np.full(sum(len(trace.times_s) for trace in traces), np.nan)}
    felt = unknown | {name: np.concatenate([trace.felt[name] for trace in traces]) for name in traces[0].felt}
    variables |= {name: (("time",), values) for name, values in felt.items()}
    held = {name: np.concatenate([trace.reservoir[name] for trace in traces]) for name in traces[0].reservoir}
    variables |= {name: (("time",), values) for name, values in held.items()}
    if case.senses.followed == PAIN:
        variables["score"] = (("ask",), np.concatenate([each.score for each in asked]))
        variables["ask_time"] = (("ask",), np.concatenate([each.times_ms for each in asked]) / 1000)
    variables["press_time"] = (("press",), np.array([answer.at for answer in answers]) / 1000)
    variables["press_answer"] = (("press",), np.array([answer.reason for answer in answers], dtype=str))
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
    for variable in NAMES.keys() & data.variables.keys():
        data[variable].attrs["long_name"] = NAMES[str(variable)]
    for variable in ("ask_time", "press_time"):
        if variable in data:
            data[variable].attrs["units"] = "seconds"
    for variable in held:
        data[variable].attrs["units"] = "mL"
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
