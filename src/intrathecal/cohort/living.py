"""One virtual patient's whole run, compiled: pump, line, drugs, relief and the handset, from one question to the next.

What the patient feels at a time of the grid decides the presses at that time; the pump answers them, and what then reaches the
tip moves the drugs on to the next. Between changes of what arrives every mode moves exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from intrathecal.cohort.arriving import (
    AT,
    EMPTY,
    ML_PER_S,
    NEVER,
    PIECE,
    RUNNING,
    TRUE,
    Account,
    Boluses,
    sweep,
    until_low,
)
from intrathecal.cohort.fronts import COUNT, FRONTS, FULL, HEAD, Content, Stream
from intrathecal.cohort.kinetics import (
    CISTERNA_ROW,
    EFFECTS,
    PLASMA_ROW,
    ROWS,
    TIP_ROW,
    Kinetics,
    grow,
    move,
    show,
    slot_of,
)
from intrathecal.cohort.pressing_rules import Patients, answer, bolus_end
from intrathecal.cohort.tables import GIVEN, Ints, Tables
from intrathecal.compiled import compiled, inlined
from intrathecal.flow import Array
from intrathecal.pump.hardware import MS_PER_S
from intrathecal.relief.patient import WORST_ASHWORTH, WORST_PAIN
from intrathecal.relief.point import (
    BREATHING,
    FRACTION,
    Person,
    Unwanted,
    feel,
    hoped,
    side_effects,
    tolerate,
)
from intrathecal.simulation.feeling import STEP_MS

#: Columns of ``Record.felt``.
COMPLAINT, BREATHED = range(2)
#: What a record counts.
ASKED, REFUSED, WITHOUT_ROOM = range(3)


class Mind(NamedTuple):
    """How one patient feels and presses.

    ``noise`` (t,) is the scatter of the answers, ``tolerated`` (4,) the tolerance so far. ``figures`` are insensitivity,
    the complaint without drug, 1 where that is pain and placebo works, and the score above which the handset is pressed.
    ``presses`` (k,) are the ms of presses that do not depend on pain.
    """

    person: Person
    unwanted: Unwanted
    noise: Array
    tolerated: Array
    figures: Array
    presses: Ints


class Record(NamedTuple):
    """What is written down.

    ``felt`` (t, 2), ``drug`` (t, k, 3) ug/mL at tip, plasma and cisterna magna, the ``peaks`` of unwanted effects (e,), and
    ``counts``.
    """

    felt: Array
    drug: Array
    peaks: Array
    counts: Ints


class Swallowing(NamedTuple):
    """The oral opioid: ``rates`` (k,) ug/s from ``times_ms`` (k,) on; the course that it is, or -1."""

    times_ms: Ints
    rates: Array
    course: int


class Delivering(NamedTuple):
    """Pump and line of one patient; ``moves`` is what a step moves of what it counts."""

    tables: Tables
    handset: Patients
    content: Content
    stream: Stream
    account: Account
    cursor: Ints
    boluses: Boluses
    moves: float


@compiled
def live(pump: Delivering, drugs: Kinetics, oral: Swallowing, mind: Mind, record: Record, end_ms: int) -> None:
    """Run one patient to ``end_ms``; all that is handed in is changed in place.

    While nothing changes at the tip the pump is left behind, and brought up to the time when something does.
    """
    # What every step reads is named here, because to take an array out of a tuple is as dear as what is done with it.
    doses, roles, opioid, shared, kept = mind.person
    counts, site, wears_off = mind.unwanted
    figures, scatter, tolerated, presses = mind.figures, mind.noise, mind.tolerated, mind.presses
    peaks, told, arrived = record.peaks, record.felt, record.drug
    tables, handset, content, stream, account, cursor, boluses, each = pump
    modes, grown, force, pairs, entered = drugs.modes, drugs.grown, drugs.force, drugs.pairs, drugs.entered
    seen, whose, given, swallowed = drugs.seen, drugs.drug, boluses.given, np.zeros(1)
    shown, concentrations = np.zeros((len(whose), ROWS)), np.zeros((len(roles), EFFECTS))
    sites, felt, quiet = np.zeros((len(roles), 2)), np.zeros(6), np.zeros(arrived.shape[1])
    pressed, now, step, place, quiet_until, swallowed_until, slot = 0, 0, 0, 0, 0, 0, 0
    while True:
        show(seen, modes, TIP_ROW + place, shown)
        _look(shown, whose, concentrations, arrived, step)
        feel(doses, roles, opioid, shared, concentrations, tolerated, figures[0], sites, felt)
        side_effects(counts, site, wears_off, sites, felt, peaks)
        complaint = _tell(shared, figures, felt, now, told, step)
        if now >= end_ms:
            break
        score = np.rint(min(max(complaint + scatter[step], 0.0), WORST_PAIN))
        tolerate(kept, tolerated, felt)
        until, before = min(now + STEP_MS, end_ms), given[0]
        if score > figures[3]:
            _press(tables, handset, boluses, record.counts, now)
        while pressed < len(presses) and presses[pressed] < until:
            _press(tables, handset, boluses, record.counts, presses[pressed])
            pressed += 1
        seconds = (until - now) / MS_PER_S
        if until - now != STEP_MS:
            slot = slot_of(drugs.rates, drugs.turning, pairs, grown, drugs.spans, drugs.oldest, seconds)
        if until <= quiet_until and given[0] == before:
            grow(modes, grown, force, pairs, entered, 0, place, quiet, seconds, slot)
        else:
            _catch_up(tables, content, stream, account, cursor, boluses, each, now, before)
            _restart(stream, now)
            sweep(tables, content, stream, account, cursor, boluses, each, until)
            if stream.marks[FULL]:
                record.counts[WITHOUT_ROOM] = 1
                return
            _flow(stream, drugs)
            place = stream.site[stream.marks[COUNT] - 1]
            quiet_until = _quiet_until(tables, content, stream, account, cursor, boluses, each, quiet)
        if oral.course >= 0 and until <= swallowed_until:
            grow(modes, grown, force, pairs, entered, oral.course, 0, swallowed, seconds, slot)
        elif oral.course >= 0:
            swallowed_until = _swallow(oral, drugs, now, until, swallowed)
        now, step = until, step + 1
    _catch_up(tables, content, stream, account, cursor, boluses, each, end_ms, given[0])


@inlined
def _catch_up(
    tables: Tables,
    content: Content,
    stream: Stream,
    account: Account,
    cursor: Ints,
    boluses: Boluses,
    moves: float,
    now: int,
    given: int,
) -> None:
    """Bring a pump that was left behind up to ``now``, when ``given`` boluses had been given; what arrived is known."""
    if cursor[AT] < 0 or cursor[AT] >= now:
        return
    later = boluses.given[0]
    boluses.given[0] = given
    _restart(stream, cursor[AT])
    sweep(tables, content, stream, account, cursor, boluses, moves, now)
    boluses.given[0] = later


@inlined
def _restart(stream: Stream, at: int) -> None:
    """What arrives is written down anew, from ``at`` (ms) on."""
    stream.marks[COUNT] = 0
    stream.times[0] = at / MS_PER_S


@inlined
def _quiet_until(
    tables: Tables,
    content: Content,
    stream: Stream,
    account: Account,
    cursor: Ints,
    boluses: Boluses,
    moves: float,
    quiet: Array,
) -> int:
    """Until when (ms) what arrived last, written into ``quiet`` (drugs,), goes on if no bolus is given; 0 where that is open.

    It does where one fluid fills the line, no bolus runs, steps are not drawn singly, and the reservoir neither runs low nor
    empty.
    """
    at, given = cursor[AT], boluses.given[0]
    alike = content.marks[HEAD] + 1 == content.marks[FRONTS]
    if at < 0 or not alike or cursor[RUNNING] < given or stream.marks[COUNT] == 0:
        return 0
    piece = tables.pieces[cursor[PIECE]]
    if piece.stroked:
        return 0
    flow = 0.0 if account.counts[EMPTY] else piece.flow
    to = until_low(tables, account, piece.fill, at, piece.end_ms, flow)
    if to < piece.end_ms or flow * ML_PER_S * moves * piece.drive * (to - at) / MS_PER_S > account.volume[TRUE]:
        return 0
    quiet[:] = stream.rates[stream.marks[COUNT] - 1]
    return to


@inlined
def _look(shown: Array, whose: Ints, concentrations: Array, arrived: Array, step: int) -> None:
    """Concentrations at the effect sites (k, 4), and of the pump's drugs at tip, plasma and cisterna magna (t, k, 3)."""
    for drug in range(len(concentrations)):
        for site in range(EFFECTS):
            concentrations[drug, site] = 0.0
    for course in range(len(whose)):
        for site in range(EFFECTS):
            concentrations[whose[course], site] += max(shown[course, site], 0.0)
    for drug in range(arrived.shape[1]):
        arrived[step, drug, 0] = max(shown[drug, TIP_ROW], 0.0)
        arrived[step, drug, 1] = max(shown[drug, PLASMA_ROW], 0.0)
        arrived[step, drug, 2] = max(shown[drug, CISTERNA_ROW], 0.0)


@inlined
def _tell(shared: Array, figures: Array, felt: Array, now: int, told: Array, step: int) -> float:
    """Write down what is felt into ``told`` (t, 2); the complaint."""
    left = float(1.0 - felt[FRACTION])
    if figures[2] > 0.0:
        complaint = float(figures[1]) * left * (1.0 - hoped(shared, now / MS_PER_S))
    else:
        complaint = min(max(float(figures[1]) * left, 0.0), WORST_ASHWORTH)
    told[step, COMPLAINT] = complaint
    told[step, BREATHED] = felt[BREATHING]
    return complaint


@inlined
def _press(tables: Tables, handset: Patients, boluses: Boluses, counts: Ints, at: int) -> None:
    """The handset is pressed at ``at`` (ms)."""
    piece = int(np.searchsorted(tables.pieces.start_ms, at, side="right")) - 1
    counts[ASKED] += 1
    if answer(tables, handset, 0, at, piece) != GIVEN:
        counts[REFUSED] += 1
        return
    bolus = boluses.given[0]
    boluses.begin_ms[bolus] = at
    boluses.end_ms[bolus] = bolus_end(tables, handset, 0, bolus)
    boluses.flow[bolus] = tables.regimes[handset.regime[0, bolus]].rate
    boluses.given[0] = bolus + 1


@inlined
def _flow(stream: Stream, drugs: Kinetics) -> None:
    """Move the pump's drugs on with what arrived at the tip."""
    times, rates, site = stream.times, stream.rates, stream.site
    for piece in range(stream.marks[COUNT]):
        move(drugs, 0, site[piece], rates[piece], times[piece + 1] - times[piece])


@compiled
def _swallow(oral: Swallowing, drugs: Kinetics, now: int, until: int, swallowed: Array) -> int:
    """Move the oral opioid on; until when (ms) what was ``swallowed`` last (1,) goes on."""
    for change in range(len(oral.times_ms)):
        last = oral.times_ms[change + 1] if change + 1 < len(oral.times_ms) else NEVER
        first, end = max(oral.times_ms[change], now), min(last, until)
        if end > first:
            swallowed[0] = oral.rates[change]
            move(drugs, oral.course, 0, swallowed, (end - first) / MS_PER_S)
        if last > until:
            return int(last)
    return NEVER
