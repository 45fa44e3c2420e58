"""What one patient is given: the course without presses, with the patient's own presses and drive error laid over it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from intrathecal.cohort.course import Course
from intrathecal.cohort.driving import Arrivals
from intrathecal.cohort.fronts import COUNT, ENTERED, FULL, Content, Stream, blank, push, put, room_for
from intrathecal.cohort.pressing_rules import WHOLE
from intrathecal.cohort.tables import DECAY, ESCAPE, FILL, Ints, Tables
from intrathecal.compiled import compiled, inlined
from intrathecal.flow import Array
from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML
from intrathecal.simulation.ledger import Ledger

#: Flow in mL/s of one in pL/ms.
ML_PER_S = MS_PER_S / PL_PER_ML
#: Why a patient is left to the controller.
SHORT = "the reservoir may not hold what is taken out or filled in"
#: Room for what arrives: pieces for each piece and press, and for each front; doubled while it is not enough.
ROOM, ROOM_PER_FRONT = 4, 40


class Account(NamedTuple):
    """One patient's reservoir and books.

    ``volume`` is (true mL, left mL, owed pL), ``counts`` (steps since the fill, all steps, low, empty, short), ``inside``
    (drugs,) ug/mL; ``books`` (5, drugs) ug entered, removed, into the pocket, degraded, and in the line; ``impulses``
    (k, 2 + drugs) s, site and ug; ``dates`` (2, fills) ms at which the reservoir was counted low and empty, or -1.
    """

    volume: Array
    counts: Ints
    inside: Array
    books: Array
    impulses: Array
    dates: Ints
    mixed: Array


class Boluses(NamedTuple):
    """A patient's boluses: from ``begin_ms`` to ``end_ms`` (k,) at ``flow`` (k, pL/ms); ``given`` (1,) says how many."""

    begin_ms: Ints
    end_ms: Ints
    flow: Array
    given: Ints


#: Where a sweep stands: the piece, the time in it (ms; below 0: before it), acts done, boluses begun and ended.
PIECE, AT, ACTED, STARTED, RUNNING = range(5)
#: Later than any time of a run (ms).
NEVER = 2**62
TRUE, LEFT, OWED = range(3)
SINCE, STEPS, LOW, EMPTY, IS_SHORT, ESCAPES = range(6)
IN, REMOVED, POCKET, DEGRADED = range(4)
#: The row of the dates at which the reservoir was counted empty.
EMPTY_DATES = 1


def arrivals(course: Course, given_ms: Ints, drive_error: float) -> tuple[Arrivals, str]:
    """What reaches the tip of a patient who was given boluses at ``given_ms`` (k,), rising, and why the controller is needed.

    The second is empty where it is not. The drive moves ``drive_error`` (a fraction) more than it counts. A flow that does not
    come in single strokes is that which is asked of the motor, not that of whole steps: what has arrived by any time is within
    one step of what the controller's steps bring, and one more for each fill and for each fault that changes what a step
    brings.
    """
    tables = course.tables
    presses = np.asarray(given_ms, dtype=np.int64)
    pieces = np.searchsorted(tables.pieces["start_ms"], presses, side="right") - 1
    regimes = tables.regimes[tables.pieces["regime"][pieces]]
    ends = np.minimum(presses + regimes["over"], regimes["clear_ms"])
    boluses = Boluses(presses, ends, np.append(regimes["rate"], 0.0), np.array([len(presses)]))
    drugs = len(course.drugs)
    fronts = len(tables.acts) + 4
    strokes = course.most_strokes(len(presses))
    room = ROOM * (len(tables.pieces) + len(presses)) + ROOM_PER_FRONT * fronts + 2 * strokes
    while True:
        content = blank(tables.tube, fronts)
        account = fresh_account(course)
        stream = room_for(room, drugs)
        line_ug = tables.tube.tubing * tables.tube.tubing_mL + tables.tube.catheter * tables.tube.catheter_mL
        begin(tables, content, account)
        sweep(tables, content, stream, account, cursor(), boluses, 1.0 + drive_error, course.end_ms)
        if not stream.marks[FULL]:
            break
        room *= 2
    return _arrivals(course, stream, account, line_ug), SHORT if account.counts[IS_SHORT] else ""


def cursor() -> Ints:
    """The start of a course."""
    return np.array([0, -1, 0, 0, 0])


def fresh_account(course: Course) -> Account:
    """Reservoir and books at the first fill."""
    tables, drugs = course.tables, len(course.drugs)
    return Account(
        np.array([tables.hardware.first_mL, 0.0, 0.0]),
        np.zeros(6, dtype=np.int64),
        course.first_ug_per_mL.copy(),
        np.zeros((4, drugs)),
        np.zeros((max(1, len(tables.acts)), 2 + drugs)),
        np.full((2, len(tables.fills)), -1, dtype=np.int64),
        np.zeros(drugs),
    )


def _arrivals(course: Course, stream: Stream, account: Account, line_ug: Array) -> Arrivals:
    count = int(stream.marks[COUNT])
    books, volume = account.books, account.volume
    reservoir = volume[TRUE] * account.inside
    entered = course.first_ug + books[IN]
    flowed = course.first_ug - line_ug + books[IN] - reservoir - books[REMOVED] - books[POCKET] - books[DEGRADED]
    ledger = Ledger(entered, books[REMOVED], stream.leaked, books[POCKET], books[DEGRADED])
    where = stream.site[:count].astype(np.intp)
    counts = account.counts
    believed = float(course.tables.fills["filled_pL"][-1]) - int(counts[SINCE]) * course.tables.hardware.step_pL
    dates = [tuple(int(at) for at in row if at >= 0) for row in account.dates]
    impulses = tuple(
        (float(row[0]), course.sites[int(row[1])], row[2:].copy()) for row in account.impulses[: int(counts[ESCAPES])]
    )
    return Arrivals(
        times_s=stream.times[: count + 1].copy(),
        rates_ug_per_s=stream.rates[:count].copy(),
        where=where,
        sites=course.sites,
        impulses=impulses,
        steps=int(counts[STEPS]),
        delivered_mL=float(account.volume[LEFT]),
        believed_mL=believed / PL_PER_ML,
        true_mL=float(volume[TRUE]),
        reservoir_ug=reservoir,
        line_ug=line_ug + flowed - stream.out,
        ledger=ledger,
        low_at=dates[0],
        empty_at=dates[1],
    )


@compiled
def begin(tables: Tables, content: Content, account: Account) -> None:
    """The first fill, and what it puts behind the line's content."""
    put(tables.tube, content, 0.0, account.inside)
    _filled(tables, account, 0, 0)


@compiled
def sweep(
    tables: Tables,
    content: Content,
    stream: Stream,
    account: Account,
    cursor: Ints,
    boluses: Boluses,
    moves: float,
    until: int,
) -> None:
    """Follow the course on from where ``cursor`` stands until ``until`` (ms); ``moves`` is what a step moves of what it counts.

    At the end of the course what is done at that very moment is done too.
    """
    pieces, counts, acts = tables.pieces, account.counts, tables.acts
    while True:
        piece = cursor[PIECE]
        if cursor[AT] < 0:
            if piece < len(pieces) and pieces[piece].start_ms >= until:
                return
            while cursor[ACTED] < len(acts) and acts[cursor[ACTED]].piece == piece:
                _do(tables, content, stream, account, cursor[ACTED], piece)
                cursor[ACTED] += 1
            if piece >= len(pieces):
                return
            cursor[AT] = pieces[piece].start_ms
        end = pieces[piece].end_ms
        while cursor[AT] < min(end, until):
            at = cursor[AT]
            to = min(end, until, _next_bolus(boluses, cursor, at))
            started, running = cursor[STARTED], cursor[RUNNING]
            rate = boluses.flow[max(0, started - 1)]
            flow = 0.0 if counts[EMPTY] else _flow(tables, piece, started - running, rate)
            to = until_low(tables, account, pieces[piece].fill, at, to, flow)
            _move(tables, content, stream, account, piece, at, to, flow, moves)
            _count(tables, account, pieces[piece].fill, to, flow * (to - at))
            cursor[AT] = to
        if cursor[AT] < end:
            return
        cursor[PIECE] += 1
        cursor[AT] = -1


@inlined
def _next_bolus(boluses: Boluses, cursor: Ints, at: int) -> int:
    """When (ms) the next bolus begins or ends, counting those that have by ``at``; far away without one."""
    begins, ends = boluses.begin_ms, boluses.end_ms
    while cursor[STARTED] < boluses.given[0] and begins[cursor[STARTED]] <= at:
        cursor[STARTED] += 1
    while cursor[RUNNING] < cursor[STARTED] and ends[cursor[RUNNING]] <= at:
        cursor[RUNNING] += 1
    to = NEVER
    if cursor[STARTED] < boluses.given[0]:
        to = min(to, begins[cursor[STARTED]])
    if cursor[RUNNING] < cursor[STARTED]:
        to = min(to, ends[cursor[RUNNING]])
    return to


@inlined
def _flow(tables: Tables, piece: int, boluses: int, rate: float) -> float:
    """What is asked of the motor (pL/ms) while so many of the patient's boluses run, each at ``rate``."""
    row = tables.pieces[piece]
    if boluses == 0:
        return float(row.flow)
    return float(row.with_press + (boluses - 1) * rate) if row.with_press > 0.0 else 0.0


@inlined
def until_low(tables: Tables, account: Account, fill: int, at: int, to: int, flow: float) -> int:
    """When the flow changes or the reservoir is counted low or empty, whichever is first."""
    if flow <= 0.0:
        return to
    step = tables.hardware.step_pL
    for limit in (tables.fills[fill].low_steps, tables.fills[fill].steps):
        left = limit - account.counts[SINCE]
        if left > 0:
            to = min(to, at + max(1, int(np.ceil((left * step - account.volume[OWED]) / flow - WHOLE))))
    return to


@inlined
def _count(tables: Tables, account: Account, fill: int, to: int, asked_pL: float) -> None:
    step, counts = tables.hardware.step_pL, account.counts
    account.volume[OWED] += asked_pL
    steps = min(int(np.floor(account.volume[OWED] / step + WHOLE)), tables.fills[fill].steps - counts[SINCE])
    steps = max(steps, 0)
    account.volume[OWED] -= steps * step
    counts[SINCE] += steps
    counts[STEPS] += steps
    if not counts[LOW] and counts[SINCE] >= tables.fills[fill].low_steps:
        counts[LOW] = 1
        account.dates[0, fill] = to
    if not counts[EMPTY] and counts[SINCE] >= tables.fills[fill].steps:
        counts[EMPTY] = 1
        account.dates[1, fill] = to


@inlined
def _filled(tables: Tables, account: Account, fill: int, at: int) -> None:
    """The pump is told of a fill; what sounded goes on sounding where that is low or empty too."""
    counts = account.counts
    low, empty = counts[LOW], counts[EMPTY]
    counts[SINCE] = 0
    counts[LOW] = tables.fills[fill].low_steps <= 0
    counts[EMPTY] = tables.fills[fill].steps <= 0
    if counts[LOW] and not low:
        account.dates[0, fill] = at
    if counts[EMPTY] and not empty:
        account.dates[1, fill] = at


@inlined
def _move(
    tables: Tables,
    content: Content,
    stream: Stream,
    account: Account,
    piece: int,
    at: int,
    to: int,
    flow: float,
    moves: float,
) -> None:
    """What the steps of a piece bring out of the reservoir, as long as it holds something."""
    row = tables.pieces[piece]
    kept, site, factor = row.kept, row.site, moves * row.drive
    if not row.stroked:
        rate = flow * ML_PER_S * factor
        end = to / MS_PER_S
        seconds = (to - at) / MS_PER_S
        if rate * seconds > account.volume[TRUE]:
            end = at / MS_PER_S + account.volume[TRUE] / rate
        volume = min(rate * seconds, account.volume[TRUE])
        account.volume[TRUE] -= volume
        account.volume[LEFT] += volume
        push(tables.tube, content, stream, end, rate, kept, site, account.mixed)
        if end < to / MS_PER_S:
            push(tables.tube, content, stream, to / MS_PER_S, 0.0, kept, site, account.mixed)
        return
    step, owed = tables.hardware.step_pL, account.volume[OWED]
    steps = int(np.floor((owed + flow * (to - at)) / step + WHOLE)) if flow > 0.0 else 0
    steps = min(steps, tables.fills[row.fill].steps - account.counts[SINCE])
    made = 0
    while made < steps and factor > 0.0:
        done = min(to, at + max(0, int(np.ceil(((made + 1) * step - owed) / flow - WHOLE))))
        together = 1
        while made + together < steps and (
            min(to, at + int(np.ceil(((made + together + 1) * step - owed) / flow - WHOLE))) == done
        ):
            together += 1
        made += together
        volume = min(together * step / PL_PER_ML * factor, account.volume[TRUE])
        end = done / MS_PER_S
        begin = max(stream.times[stream.marks[COUNT]], end - tables.hardware.actuation_s)
        if volume <= 0.0 or end <= begin:
            break
        push(tables.tube, content, stream, begin, 0.0, kept, site, account.mixed)
        push(tables.tube, content, stream, end, volume / (end - begin), kept, site, account.mixed)
        account.volume[TRUE] -= volume
        account.volume[LEFT] += volume
    push(tables.tube, content, stream, to / MS_PER_S, 0.0, kept, site, account.mixed)


@inlined
def _do(tables: Tables, content: Content, stream: Stream, account: Account, act: int, piece: int) -> None:
    """What is done to reservoir and line."""
    row, figures, inside = tables.acts[act], tables.figures[act], account.inside
    true = account.volume[TRUE]
    step_mL = tables.hardware.step_pL / PL_PER_ML
    if row.kind == DECAY:
        account.books[DEGRADED] += true * inside * (1.0 - figures)
        inside *= figures
        put(tables.tube, content, content.now[ENTERED], inside)
        return
    if row.kind == ESCAPE:
        _escape(tables, content, stream, account, row.volume, piece)
        return
    if row.kind == FILL:
        removed = true if row.removed < 0.0 else row.removed
        total = true - removed + row.volume - row.astray
        if removed > true - 2.0 * step_mL * (row.removed >= 0.0) or total > tables.hardware.capacity_mL * (1 + 1e-12):
            account.counts[IS_SHORT] = 1
        account.books[REMOVED] += removed * inside
        account.books[IN] += row.volume * figures
        account.books[POCKET] += row.astray * figures
        left = max(0.0, true - removed)
        filled = row.volume - row.astray
        if left + filled > 0.0:
            inside *= left / (left + filled)
            inside += figures * (filled / (left + filled))
        account.volume[TRUE] = left + filled
        put(tables.tube, content, content.now[ENTERED], inside)
        fill = tables.pieces[piece].fill
        _filled(tables, account, fill, tables.pieces[piece].start_ms)
        return
    if row.volume > true - 2.0 * step_mL:
        account.counts[IS_SHORT] = 1
    account.volume[TRUE] = max(0.0, true - row.volume)
    account.books[POCKET if row.astray > 0.0 else REMOVED] += row.volume * inside


@compiled
def _escape(tables: Tables, content: Content, stream: Stream, account: Account, volume: float, piece: int) -> None:
    """A volume leaves the pump at once; what it brings to the tip enters at this very moment."""
    volume = min(volume, account.volume[TRUE])
    account.volume[TRUE] -= volume
    account.volume[LEFT] += volume
    row, seconds, drugs = tables.pieces[piece], tables.hardware.actuation_s, len(account.inside)
    aside = room_for(ROOM_PER_FRONT * len(content.front), drugs)
    aside.times[0] = row.start_ms / MS_PER_S
    push(tables.tube, content, aside, aside.times[0] + seconds, volume / seconds, row.kept, row.site, account.mixed)
    stream.out[:] += aside.out
    stream.leaked[:] += aside.leaked
    at = account.counts[ESCAPES]
    account.impulses[at, 0], account.impulses[at, 1] = row.start_ms / MS_PER_S, row.site
    account.impulses[at, 2:] = aside.out - aside.leaked
    account.counts[ESCAPES] = at + 1
    stream.marks[FULL] |= aside.marks[FULL]
