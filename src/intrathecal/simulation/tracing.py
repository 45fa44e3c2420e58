"""What a run records: samples of flow and of concentration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intrathecal.flow import Array
from intrathecal.simulation.delivery import Passage
from intrathecal.simulation.transport import Channel, Course

#: The reservoir as the pump believes it to be, and as it is.
BELIEVED, TRUE = "reservoir_believed", "reservoir_true"


@dataclass(frozen=True, eq=False)
class Trace:
    """Samples at ``times_s`` (t,): flows (t,) in mL/s from then on, ``sites`` (drugs, t, sites) and ``tip`` (drugs, t) ug/mL.

    ``profiles`` hold (drugs, t, N) ug/mL along the canal in single precision, by name, where they were asked for. ``felt``
    (t,) is how the patient felt, by name, and ``reservoir`` (t,) what it held in mL, where there is one.
    """

    times_s: Array
    asked: Array
    delivered: Array
    sites: Array
    tip: Array
    profiles: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]
    felt: dict[str, Array]
    reservoir: dict[str, Array]


def sample(
    channels: Sequence[Channel],
    courses: Sequence[Course],
    edges_s: Array,
    *,
    times_s: Array,
    passage: Passage,
    profiles: Sequence[str],
    felt: dict[str, Array],
    reservoir: dict[str, Array],
) -> Trace:
    """Pick ``times_s`` out of courses known at ``edges_s``; ``felt`` and ``reservoir`` are known at ``times_s``."""
    at = np.searchsorted(edges_s, times_s)
    kept = {
        name: np.array(
            [
                channel.propagator.observe(course.states[at], channel.system.profile(name))
                for channel, course in zip(channels, courses, strict=True)
            ],
            dtype=np.float32,
        )
        for name in profiles
    }
    return Trace(
        times_s,
        _held(passage.asked, times_s),
        _held(passage.delivered, times_s),
        np.array([course.sites[at] for course in courses]),
        np.array([course.tip[at] for course in courses]),
        kept,
        felt,
        reservoir,
    )


def reservoir_left(believed_mL: float, true_mL: float, passage: Passage, times_s: Array) -> dict[str, Array]:
    """What the pump believes to hold and what it holds (mL) at ``times_s``, from what they were when the passage began."""
    return {
        BELIEVED: believed_mL - _flowed(passage.counted, times_s),
        TRUE: true_mL - _flowed(passage.delivered, times_s),
    }


def _flowed(steps: Sequence[tuple[float, float]], times_s: Array) -> Array:
    """The volume that has flowed up to each time; the last flow goes on."""
    if not steps:
        return np.zeros(len(times_s))
    starts, flows = np.array(steps).T
    before = np.concatenate([[0.0], np.cumsum(flows[:-1] * np.diff(starts))])
    at = np.maximum(np.searchsorted(starts, times_s, side="right") - 1, 0)
    return np.asarray(before[at] + flows[at] * np.maximum(times_s - starts[at], 0.0))


def _held(steps: Sequence[tuple[float, float]], times_s: Array) -> Array:
    """The value that holds at each time: that of the last step begun; zero before any."""
    if not steps:
        return np.zeros(len(times_s))
    starts, values = np.array(steps).T
    return np.where(
        times_s >= starts[0], values[np.maximum(np.searchsorted(starts, times_s, side="right") - 1, 0)], 0.0
    )
