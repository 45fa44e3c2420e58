"""The line of one patient, compiled: fluid moves as a plug, and its fronts arrive blurred.

`catheter.line` follows every parcel of the content. Here a front is known by the fluid that entered before it, and by how far
it has blurred (the same variance, `catheter.dispersion`); it arrives as the integral of a Gaussian in the volume that leaves.
The two differ by how `Line` cuts its content into parcels and its outflow into bins, a 96th of the line.
"""

from __future__ import annotations

from math import erf, exp, pi, sqrt
from typing import NamedTuple

import numpy as np

from intrathecal.cohort.tables import Ints, Tube
from intrathecal.compiled import compiled, inlined
from intrathecal.flow import Array

#: A front is followed so many standard deviations to both sides.
WIDTH = 4.5
#: And in steps of so many.
FINE_STEP = 0.75
#: Its passing begins when it is as near as this part of the whole passing.
NEAR = 1e-3
#: A front whose concentrations differ by less than this part arrives as a step: it is a day's decay, or round-off.
DULL = 0.02
#: Concentrations that differ by less than this part of the larger are one.
SAME = 1e-9
#: Columns of ``Content.now``.
ENTERED, VELOCITY = range(2)
#: Columns of ``Content.marks`` and of ``Stream.marks``.
HEAD, FRONTS = range(2)
COUNT, FULL = range(2)


class Content(NamedTuple):
    """What the line holds. Fluid is numbered by the volume that had entered before it (mL).

    Front k stands at ``front`` (k,), entered when ``born`` mL had, and brings ``concentration`` (k, drugs). ``grown``
    (k, drugs) is the line's variance (mL2) at that moment, ``width`` (k, drugs) the standard deviation with which it arrives,
    below 0 while that is not known, and ``reach`` (k,) how many of these it is followed. ``variance`` (drugs,) is what has
    grown so far, ``memory`` (drugs, modes) what the fluid remembers of past flow. ``marks`` says which front passes.
    """

    front: Array
    born: Array
    concentration: Array
    grown: Array
    width: Array
    reach: Array
    variance: Array
    memory: Array
    now: Array
    marks: Ints


class Stream(NamedTuple):
    """What arrives: ``rates`` (k, drugs) ug/s and ``site`` (k,) from ``times`` (k,) s on.

    ``marks`` has how many, and whether that was too many. ``out`` (drugs,) ug left the line, ``leaked`` of it outside the canal.
    """

    times: Array
    rates: Array
    site: Ints
    marks: Ints
    out: Array
    leaked: Array


@compiled
def put(tube: Tube, content: Content, at_mL: float, concentration: Array) -> None:
    """Fluid of another ``concentration`` follows what has entered up to ``at_mL``."""
    last = content.marks[FRONTS] - 1
    if last >= content.marks[HEAD]:
        same = True
        for drug in range(len(concentration)):
            before, after = content.concentration[last, drug], concentration[drug]
            same = same and abs(before - after) <= SAME * max(before, after)
        if same:
            return
    if last == content.marks[HEAD]:  # what flowed while nothing could blur is remembered for less than a minute
        content.memory[:] = content.now[VELOCITY] * tube.steady
    content.marks[FRONTS] = last + 2
    content.front[last + 1] = at_mL
    content.born[last + 1] = content.now[ENTERED]
    content.concentration[last + 1] = concentration
    content.grown[last + 1] = content.variance
    content.width[last + 1] = -1.0


@inlined
def emit(stream: Stream, end_s: float, flow: float, kept: float, concentration: Array, site: int) -> None:
    """Fluid of ``concentration`` leaves at ``flow`` (mL/s) until ``end_s``; pieces that are alike are joined."""
    count = stream.marks[COUNT]
    if count + 1 >= len(stream.site):
        stream.marks[FULL] = 1
        return
    seconds = end_s - stream.times[count]
    if seconds <= 0.0:
        return
    alike = count > 0 and stream.site[count - 1] == site
    for drug in range(len(concentration)):
        mass = flow * concentration[drug]
        stream.out[drug] += mass * seconds
        stream.leaked[drug] += (1.0 - kept) * mass * seconds
        stream.rates[count, drug] = kept * mass
        alike = alike and stream.rates[count - 1, drug] == kept * mass
    if alike:
        stream.times[count] = end_s
        return
    stream.site[count] = site
    stream.times[count + 1] = end_s
    stream.marks[COUNT] = count + 1


@compiled
def push(
    tube: Tube, content: Content, stream: Stream, end_s: float, flow: float, kept: float, site: int, mixed: Array
) -> None:
    """Fluid flows at ``flow`` (mL/s) from the stream's end until ``end_s``; ``mixed`` (drugs,) is working space."""
    begin_s = stream.times[stream.marks[COUNT]]
    seconds = end_s - begin_s
    if seconds <= 0.0:
        return
    volume = flow * seconds
    marks, velocity = content.marks, flow / tube.area_cm2
    if marks[HEAD] + 1 == marks[FRONTS]:
        emit(stream, end_s, flow, kept, content.concentration[marks[HEAD]], site)
        content.now[ENTERED] += volume
        content.now[VELOCITY] = velocity
        return
    before = content.variance.copy()
    _blur(tube, content, velocity, seconds)
    if volume == 0.0:
        emit(stream, end_s, 0.0, kept, content.concentration[marks[HEAD]], site)
        return
    line_mL = tube.tubing_mL + tube.catheter_mL
    first = content.now[ENTERED] - line_mL
    x, last = first, first + volume
    while x < last:
        to, active = _next_stop(content, x, last, first, volume, before, line_mL)
        _mean(content, active, x, to, mixed)
        until = end_s if to >= last else begin_s + seconds * ((to - first) / volume)
        emit(stream, until, flow, kept, mixed, site)
        x = to
        while marks[HEAD] + 1 < marks[FRONTS] and _has_passed(content, marks[HEAD] + 1, x):
            marks[HEAD] += 1
    content.now[ENTERED] += volume
    content.now[VELOCITY] = velocity


@inlined
def _blur(tube: Tube, content: Content, velocity: float, seconds: float) -> None:
    """Let the variance of the fronts grow, as `dispersion.Shear` does."""
    area2 = tube.area_cm2 * tube.area_cm2
    for drug in range(len(tube.diffusivities)):
        excess = 0.0
        for mode in range(tube.rates.shape[1]):
            rate, limit = tube.rates[drug, mode], velocity * tube.steady[drug, mode]
            kept = exp(-seconds * rate)
            apart = content.memory[drug, mode] - limit
            excess += limit * seconds + apart / rate * (1.0 - kept)
            content.memory[drug, mode] = limit + apart * kept
        content.variance[drug] += area2 * (2.0 * tube.diffusivities[drug] * seconds + 2.0 * velocity * excess)


@inlined
def _next_stop(
    content: Content, x: float, last: float, first: float, volume: float, before: Array, line_mL: float
) -> tuple[float, int]:
    """How far the outflow's mean is to be taken from ``x`` on, and the last front that is passing then."""
    to, active = last, content.marks[HEAD]
    for k in range(content.marks[HEAD] + 1, content.marks[FRONTS]):
        if content.width[k].max() < 0.0:
            _foresee(content, k, x, (x - first) / volume, before, line_mL)
        begin = content.front[k] - content.reach[k]
        if begin > x + NEAR * content.reach[k]:
            content.width[k] = -1.0  # foreseen again when it is nearer
            half = content.born[k] + 0.5 * (content.front[k] - content.born[k] - line_mL)
            return min(to, begin, half if half > x else begin), active
        if begin > x:
            content.reach[k] = content.front[k] - x
        active = k
        widest = content.width[k].max()
        if widest > 0.0:
            to = min(to, x + FINE_STEP * widest)
            if content.front[k] + content.reach[k] > x:
                to = min(to, content.front[k] + content.reach[k])
    return to, active


@inlined
def _foresee(content: Content, k: int, x: float, part: float, before: Array, line_mL: float) -> None:
    """The width with which a front will arrive, if it goes on as it came."""
    travelled = x + line_mL - content.born[k]
    left = max(0.0, content.front[k] - x)
    whole = travelled + left
    if travelled < left:  # too early to tell, and for anything of it to arrive
        content.width[k] = 0.0
        content.reach[k] = 0.0
        return
    widest = 0.0
    for drug in range(len(before)):
        one, other = content.concentration[k - 1, drug], content.concentration[k, drug]
        width = 0.0
        if abs(one - other) > DULL * max(one, other) and travelled > 0.0:
            grown = before[drug] + part * (content.variance[drug] - before[drug]) - content.grown[k, drug]
            width = sqrt(max(0.0, grown) * whole / travelled)
        content.width[k, drug] = width
        widest = max(widest, width)
    # What comes earlier than the reach allows comes later too: the mean of the arrival is kept.
    content.reach[k] = min(WIDTH * widest, left)


@inlined
def _has_passed(content: Content, k: int, x: float) -> bool:
    return bool(content.width[k].max() >= 0.0 and x >= content.front[k] + content.reach[k])


@inlined
def _mean(content: Content, active: int, x: float, to: float, mixed: Array) -> None:
    """The mean concentration of what leaves between two volumes."""
    head = content.marks[HEAD]
    for drug in range(len(mixed)):
        mean = content.concentration[head, drug]
        for k in range(head + 1, active + 1):
            change = content.concentration[k, drug] - content.concentration[k - 1, drug]
            passed = _passed(content, k, drug, to) - _passed(content, k, drug, x)
            mean += change * passed / (to - x)
        mixed[drug] = mean


@inlined
def _passed(content: Content, k: int, drug: int, x: float) -> float:
    """The integral, up to ``x``, of the part of a front that has arrived (mL)."""
    width, reach = content.width[k, drug], content.reach[k]
    away = x - content.front[k]
    if away <= -reach:
        return 0.0
    if away >= reach:
        return float(away)
    if width <= 0.0:
        return float(max(0.0, away))
    return float(width * (_integral(away / width) - _integral(-reach / width)))


@compiled
def _integral(z: float) -> float:
    """The integral of the normal distribution function up to ``z``."""
    return 0.5 * z * (1.0 + erf(z / sqrt(2.0))) + exp(-0.5 * z * z) / sqrt(2.0 * pi)


@compiled
def room_for(pieces: int, drugs: int) -> Stream:
    """An empty stream with room for so many pieces."""
    return Stream(
        np.zeros(pieces + 1),
        np.zeros((pieces, drugs)),
        np.zeros(pieces, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
        np.zeros(drugs),
        np.zeros(drugs),
    )


def blank(tube: Tube, fronts: int) -> Content:
    """A line as it was at first, with room for so many fronts; the fluid of the reservoir is to be `put` behind it."""
    drugs = len(tube.diffusivities)
    content = Content(
        front=np.zeros(fronts),
        born=np.zeros(fronts),
        concentration=np.zeros((fronts, drugs)),
        grown=np.zeros((fronts, drugs)),
        width=np.zeros((fronts, drugs)),
        reach=np.zeros(fronts),
        variance=np.zeros(drugs),
        memory=np.zeros_like(tube.rates),
        now=np.zeros(2),
        marks=np.zeros(2, dtype=np.int64),
    )
    line_mL = tube.tubing_mL + tube.catheter_mL
    put(tube, content, -line_mL, tube.catheter)
    if tube.tubing_mL:
        put(tube, content, -tube.tubing_mL, tube.tubing)
    return content
