"""What is drawn over time: the samples of a run by name, thinned where there are too many to send along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.flow import Array
from intrathecal.pump.hardware import DAY_MS
from intrathecal.simulation.api import Run

#: More samples than this are drawn as the least and the greatest of equal numbers of neighbours.
MOST_SAMPLES = 10_000
SECONDS_PER_DAY = DAY_MS / 1000


@dataclass(frozen=True, eq=False)
class Samples:
    """Times (ms since the start) and the values at them by name; ``neighbours`` samples were thinned to each pair.

    Names: ``flow_asked``, ``flow_delivered`` (mL/day), ``pain`` and its like, and ``DRUG/SITE`` in mcg/mL with the sites
    ``tip``, the levels, ``cisterna_magna`` and ``plasma``.
    """

    times_ms: NDArray[np.int64]
    values: dict[str, Array]
    neighbours: int = 1


def samples(run: Run) -> Samples:
    """All samples of a run."""
    case, traces = run.finished.case, run.finished.end.traces

    def joined(name: str, axis: int = 0) -> Array:
        return np.concatenate([getattr(trace, name) for trace in traces], axis=axis)

    values = {
        name: np.concatenate([{**trace.felt, **trace.reservoir}[name] for trace in traces])
        for name in (*traces[0].felt, *traces[0].reservoir)
    }
    at_sites = joined("sites", 1)
    if case.therapy.pump is not None:
        values["flow_asked"], values["flow_delivered"] = (
            joined(name) * SECONDS_PER_DAY for name in ("asked", "delivered")
        )
        values |= {f"{drug}/tip": of for drug, of in zip(case.drugs, joined("tip", 1), strict=True)}
    for index, (drug, channel) in enumerate(zip(case.drugs, case.channels, strict=True)):
        for column, site in enumerate(channel.system.sites):
            values[f"{drug}/{site}"] = at_sites[index, :, column]
    times = np.rint(joined("times_s") * 1000).astype(np.int64)
    kept = {name: np.maximum(of, 0.0) for name, of in values.items() if not np.all(np.isnan(of))}
    return thinned(Samples(times, kept))


def by_day(run: Run) -> Samples:
    """What is counted for each 24 hours: ``day/DRUG/asked``, ``day/DRUG/tip`` (mcg) and ``day/presses/ANSWER``.

    The last row repeats the day before it, so that steps are drawn to the end.
    """
    end = run.finished.end
    days = end.days if end.delivery is not None else ()
    times = np.array([*(index * DAY_MS for index in range(len(days))), end.now], dtype=np.int64)
    values = {}
    for index, drug in enumerate(run.finished.case.drugs):
        values[f"day/{drug}/asked"] = _closed([day.asked_ug[index] for day in days])
        values[f"day/{drug}/tip"] = _closed([day.tip_ug[index] for day in days])
    for reason in sorted({answer.reason for answer in end.answers}):
        at = [answer.at // DAY_MS for answer in end.answers if answer.reason == reason]
        answered = f"refused: {reason}" if reason else "given"
        values[f"day/presses/{answered}"] = _closed(list(np.bincount(at, minlength=len(days))[: len(days)]))
    return Samples(times, values) if days else Samples(times[:0], {})


def _closed(values: list[float]) -> Array:
    return np.array([*values, *values[-1:]], dtype=np.float64)


def thinned(whole: Samples, most: int = MOST_SAMPLES) -> Samples:
    """At most ``most`` samples: of equal numbers of neighbours the least and the greatest, in the order that fits best."""
    size = len(whole.times_ms)
    if size <= most:
        return whole
    each = -(-size // (most // 2))
    starts = np.arange(0, size, each)
    last = np.minimum(starts + each, size) - 1
    times = np.stack([whole.times_ms[starts], np.maximum(whole.times_ms[last], whole.times_ms[starts] + 1)], axis=1)
    values = {}
    for name, of in whole.values.items():
        pair = np.stack([np.fmin.reduceat(of, starts), np.fmax.reduceat(of, starts)], axis=1)
        falling = of[starts] > of[last]
        pair[falling] = pair[falling, ::-1]
        values[name] = pair.ravel()
    return Samples(times.ravel(), values, each)
