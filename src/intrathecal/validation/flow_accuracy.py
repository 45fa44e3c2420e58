"""Flow accuracy the way infusion pumps are tested: start-up curve, overall mean errors, trumpet curve.

The method is that of IEC 60601-2-24, borrowed: that standard does not cover implanted pumps, which come under ISO 14708-4.
What could not be checked against the text of either is named in `UNCHECKED` and stands in every result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from intrathecal.catalogue import Drug, Pump
from intrathecal.flow import Array
from intrathecal.pump.forecast import reservoir_dates
from intrathecal.pump.hardware import MS_PER_S
from intrathecal.quantities import Quantity
from intrathecal.simulation.run import Progress
from intrathecal.validation.drive import Drive

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86_400
#: Every sampling interval is a whole number of these.
GRID_S = 30
PERCENTILES = (5, 25, 50, 75, 95)

UNCHECKED = (
    "The method is borrowed: IEC 60601-2-24 does not cover implanted pumps, which come under ISO 14708-4; this is no "
    "claim that a pump conforms to either.",
    "Not checked against the text of IEC 60601-2-24: the formulas of the flow, of the mean errors A and B and of the "
    "trumpet curve.",
    "Not checked against the text: the ambulatory pump's samples of 15 min, its 24 h of stabilisation and its windows of "
    "15 to 930 min. That its analysis takes the 24 h after stabilisation is chosen here.",
    "Corroborated by makers' manuals, not by the text: samples of 0.5 min for 120 min, the trumpet over the second hour, "
    "windows of 2, 5, 11, 19 and 31 min.",
    "Chosen here: everything of the test for implanted pumps. Its windows span what a drug's half-life in the fluid may be, "
    "minutes to a day; the half-lives are those of the catalogue.",
    "Volumes are read from the simulated drive, not weighed: density and evaporation do not enter. B is taken just before "
    "the low-reservoir alarm, where a test of an infusion set takes the end of the set's life.",
    "Not done: the test of successive boluses, and occlusion, which these pumps do not sense.",
)


@dataclass(frozen=True)
class Scheme:
    """How a test samples and reads; everything in seconds, whole numbers of ``sample_s``.

    The start-up curve is drawn for ``stabilisation_s``; ``analysis_s`` begin ``analysis_from_s`` after the start.
    """

    name: str
    sample_s: int
    stabilisation_s: int
    analysis_from_s: int
    analysis_s: int
    windows_s: tuple[int, ...]


SCHEMES = (
    Scheme("infusion pump", 30, 2 * HOUR_S, HOUR_S, HOUR_S, tuple(m * MINUTE_S for m in (2, 5, 11, 19, 31))),
    Scheme(
        "ambulatory pump",
        15 * MINUTE_S,
        DAY_S,
        DAY_S,
        DAY_S,
        tuple(m * MINUTE_S for m in (15, 60, 150, 330, 570, 930)),
    ),
    Scheme(
        "implanted pump",
        MINUTE_S,
        DAY_S,
        DAY_S,
        3 * DAY_S,
        tuple(m * MINUTE_S for m in (1, 2, 5, 15, 30, 60, 120, 240, 480, 720, 1440)),
    ),
)
#: The scheme whose windows take the drugs' half-lives too.
DRUG_SCHEME = "implanted pump"


@dataclass(frozen=True)
class Window:
    """The errors (% of the set rate) of all ``count`` windows of one length; ``drugs`` have it as half-life in the fluid."""

    seconds: int
    drugs: tuple[str, ...]
    count: int
    least: float
    greatest: float
    percentiles: tuple[float, ...]


@dataclass(frozen=True)
class Result:
    """One scheme's test: the start-up curve (mL/day, a value for each sample), A and B (%), and the trumpet.

    ``reason`` says why there is none; B is None where the fill ends too soon after the analysis.
    """

    scheme: Scheme
    startup: Array
    mean_error: float | None
    end_mean_error: float | None
    windows: tuple[Window, ...]
    reason: str = ""


@dataclass(frozen=True)
class FlowAccuracy:
    """All tests of one pump at one rate (mL/day)."""

    pump: Pump
    rate: float
    drive_error: float
    results: tuple[Result, ...]


def sample_flows(volumes: Array, sample_s: float) -> Array:
    """The mean flow (mL/day) of every sample from the volumes (mL) at its ends: Q_i = (V_i - V_{i-1}) / S."""
    return np.diff(volumes) * (DAY_S / sample_s)


def mean_error(flows: Array, rate: float) -> float:
    """The overall mean error: 100 (Q - r) / r, in percent, Q being the mean of the flows."""
    return float(100 * (flows.mean() - rate) / rate)


def window_errors(flows: Array, rate: float, samples: int) -> Array:
    """The errors (%) of all windows of so many samples: for each start j, the mean of 100 (Q_i - r) / r within it."""
    totals = np.concatenate(([0.0], np.cumsum(flows)))
    means = (totals[samples:] - totals[:-samples]) / samples
    return 100 * (means - rate) / rate


def trumpet(
    flows: Array, rate: float, sample_s: int, windows: Iterable[tuple[int, tuple[str, ...]]]
) -> tuple[Window, ...]:
    """The extremes and the distribution of the errors of every window length: Ep(max) and Ep(min) and what lies between."""
    found = []
    for seconds, drugs in windows:
        errors = window_errors(flows, rate, seconds // sample_s)
        percentiles = tuple(float(value) for value in np.percentile(errors, PERCENTILES))
        found.append(Window(seconds, drugs, len(errors), float(errors.min()), float(errors.max()), percentiles))
    return tuple(found)


def windows_of(scheme: Scheme, drugs: Iterable[Drug]) -> list[tuple[int, tuple[str, ...]]]:
    """The lengths of a scheme's windows with the drugs that have them as half-life in the fluid, to whole samples."""
    windows: dict[int, tuple[str, ...]] = dict.fromkeys(scheme.windows_s, ())
    if scheme.name == DRUG_SCHEME:
        for drug in drugs:
            half_life = drug.csf.loss_half_life.canonical
            seconds = max(1, round(half_life / scheme.sample_s)) * scheme.sample_s
            if seconds <= scheme.analysis_s:
                windows[seconds] = (*windows.get(seconds, ()), drug.name)
    return sorted(windows.items())


def measure(
    pump: Pump,
    rate: Quantity,
    drive_error: Fraction = Fraction(0),
    drugs: Sequence[Drug] = (),
    progress: Progress = lambda done: None,
) -> FlowAccuracy:
    """Fill the pump, set the rate, and read what its drive gives. Raises `DriveError` for a rate that it cannot run at.

    ``drive_error`` is what each step moves more (or less) than its label, as a fraction.
    """
    drive = Drive.started(pump, rate, drive_error)
    low = reservoir_dates(drive.state).low
    lasts_s = float("inf") if low is None else low // MS_PER_S // GRID_S * GRID_S
    fitting = [scheme for scheme in SCHEMES if _end(scheme) <= lasts_s]
    until = max((_end(scheme) for scheme in fitting), default=0)
    room = [scheme.analysis_s for scheme in fitting if low is not None and _end(scheme) + scheme.analysis_s <= lasts_s]
    ending = max(room, default=0)
    if ending and lasts_s - ending <= until:
        until, ending = int(lasts_s), 0
    whole = until + ending
    grid = drive.volumes(until * MS_PER_S, GRID_S * MS_PER_S, lambda done: progress(done * until / whole))
    tail = grid if room else np.zeros(0)
    if ending:
        drive.skip(int(lasts_s - ending) * MS_PER_S)
        ends = int(lasts_s) * MS_PER_S
        tail = drive.volumes(ends, GRID_S * MS_PER_S, lambda done: progress((until + done * ending) / whole))
    if drive.state.ended:
        tail = np.zeros(0)
    set_rate = float(rate.to("mL/day"))
    results = tuple(_read(scheme, set_rate, lasts_s, grid, tail, drugs) for scheme in SCHEMES)
    return FlowAccuracy(pump, set_rate, float(drive_error), results)


def _end(scheme: Scheme) -> int:
    return max(scheme.stabilisation_s, scheme.analysis_from_s + scheme.analysis_s)


def _read(scheme: Scheme, rate: float, lasts_s: float, grid: Array, tail: Array, drugs: Sequence[Drug]) -> Result:
    """One scheme's test from the volumes at every grid time after the start, and of the end of the fill."""
    if _end(scheme) > lasts_s:
        why = f"a fill lasts {lasts_s / HOUR_S:.4g} h to the low-reservoir alarm and this test takes {_end(scheme) / HOUR_S:g} h"
        return Result(scheme, np.zeros(0), None, None, (), why)
    every = scheme.sample_s // GRID_S
    flows = sample_flows(grid[::every], scheme.sample_s)
    first, count = scheme.analysis_from_s // scheme.sample_s, scheme.analysis_s // scheme.sample_s
    analysed = flows[first : first + count]
    end_error = None
    if _end(scheme) + scheme.analysis_s <= lasts_s and len(tail):
        end_flows = sample_flows(tail[len(tail) - 1 - count * every :: every], scheme.sample_s)
        end_error = mean_error(end_flows, rate)
    return Result(
        scheme,
        flows[: scheme.stabilisation_s // scheme.sample_s],
        mean_error(analysed, rate),
        end_error,
        trumpet(analysed, rate, scheme.sample_s, windows_of(scheme, drugs)),
    )


def figures(tested: FlowAccuracy) -> dict[str, Any]:
    """The results as plain values, under the keys of the command line's JSON."""
    step_mL = tested.pump.step_volume.canonical
    return {
        "model": tested.pump.name,
        "rate_mL_per_day": tested.rate,
        "drive_error_percent": 100 * tested.drive_error,
        "labelled_accuracy_percent": 100 * tested.pump.accuracy.canonical,
        "step_uL": 1000 * step_mL,
        "steps_per_h": tested.rate / 24 / step_mL,
        "actuation_s": tested.pump.actuation_duration.canonical,
        "tests": [_result_figures(result) for result in tested.results],
        "unchecked": list(UNCHECKED),
    }


def _result_figures(result: Result) -> dict[str, Any]:
    scheme = result.scheme
    return {
        "name": scheme.name,
        "sample_min": scheme.sample_s / MINUTE_S,
        "stabilisation_min": scheme.stabilisation_s / MINUTE_S,
        "analysis_from_min": scheme.analysis_from_s / MINUTE_S,
        "analysis_min": scheme.analysis_s / MINUTE_S,
        "reason": result.reason or None,
        "mean_error_percent": result.mean_error,
        "end_mean_error_percent": result.end_mean_error,
        "windows": [
            {
                "window_min": window.seconds / MINUTE_S,
                "half_life_of": list(window.drugs),
                "count": window.count,
                "min_percent": window.least,
                **{f"p{p:02d}_percent": value for p, value in zip(PERCENTILES, window.percentiles, strict=True)},
                "max_percent": window.greatest,
            }
            for window in result.windows
        ],
        "startup_mL_per_day": [float(flow) for flow in result.startup],
    }
