"""One virtual patient's whole run, compiled: pump, line, drugs, relief and the handset, from one question to the next.

What the patient feels at a time of the grid decides the presses at that time; the pump answers them, and what then reaches the
tip moves the drugs on to the next. Between changes of what arrives every mode moves exactly.
"""

from __future__ import annotations

import cmath
from math import expm1
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from intrathecal.cohort.arriving import (
    AT,
    EMPTY,
    ML_PER_S,
    PIECE,
    RUNNING,
    TRUE,
    Account,
    Boluses,
    sweep,
    until_low,
)
from intrathecal.cohort.fronts import COUNT, FRONTS, FULL, HEAD, Content, Stream
from intrathecal.cohort.pressing_rules import Patients, answer, bolus_end
from intrathecal.cohort.tables import GIVEN, Ints, Tables
from intrathecal.compiled import compiled, summed
from intrathecal.flow import Array
from intrathecal.pump.hardware import MS_PER_S
from intrathecal.relief.patient import WORST_ASHWORTH, WORST_PAIN
from intrathecal.relief.point import (
    BREATHING,
    FRACTION,
    SPINAL_FACTOR,
    SUPRASPINAL_FACTOR,
    Person,
    Unwanted,
    feel,
    hoped,
    side_effects,
    tolerate,
)
from intrathecal.simulation.feeling import STEP_MS

STEP_S = STEP_MS / MS_PER_S
#: Rows of ``Kinetics.seen``: the effect sites, plasma and cisterna magna, and then the fluid at every place of the tip.
EFFECTS, PLASMA_ROW, CISTERNA_ROW, TIP_ROW = 4, 4, 5, 6
#: Columns of ``Record.felt``.
COMPLAINT, SCORE, BREATHED, RELIEVED, TOLERANCE_SPINAL, TOLERANCE_SUPRASPINAL = range(6)
#: What a record counts.
ASKED, REFUSED, WITHOUT_ROOM = range(3)


class Kinetics(NamedTuple):
    """The drugs of one patient by their modes: c courses of q numbers (fewer are filled up with modes that nothing enters).

    The last ``pairs`` (c,) of two numbers each are the real and imaginary part of one mode that turns. ``rates`` and
    ``turning`` (c, q; 1/s) are the real and imaginary parts of the rates, ``grown`` (c, q) exp - 1 of them over a step of the
    grid, ``seen`` (c, r, q) what is seen in ug/mL, ``force`` (c, s, q) what enters at a place gives to each mode, over its
    rate. ``modes`` (c, q) is the state, ``entered`` (c, s) ug. ``drug`` (c,) is whose
    concentrations a course adds to, and ``has`` (c, 4) at which effect sites it is at all.
    """

    rates: Array
    turning: Array
    grown: Array
    seen: Array
    force: Array
    modes: Array
    entered: Array
    pairs: Ints
    drug: Ints
    has: NDArray[np.bool_]


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

    ``felt`` (t, 6), ``drug`` (t, k, 3) ug/mL at tip, plasma and cisterna magna, the ``peaks`` of unwanted effects (e,), and
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
    kinds = len(mind.person.roles)
    concentrations, sites, felt = np.zeros((kinds, EFFECTS)), np.zeros((kinds, 2)), np.zeros(6)
    quiet = np.zeros(record.drug.shape[1])
    pressed, now, step, place, quiet_until = 0, 0, 0, 0, 0
    while True:
        _look(drugs, place, concentrations, record.drug[step])
        feel(mind.person, concentrations, mind.tolerated, mind.figures[0], sites, felt)
        side_effects(mind.unwanted, sites, felt, record.peaks)
        row = record.felt[step]
        _tell(mind, felt, now, row)
        if now >= end_ms:
            break
        row[SCORE] = np.rint(min(max(row[COMPLAINT] + mind.noise[step], 0.0), WORST_PAIN))
        tolerate(mind.person, mind.tolerated, felt)
        until, given = min(now + STEP_MS, end_ms), pump.boluses.given[0]
        if row[SCORE] > mind.figures[3]:
            _press(pump, record, now)
        while pressed < len(mind.presses) and mind.presses[pressed] < until:
            _press(pump, record, mind.presses[pressed])
            pressed += 1
        if until <= quiet_until and pump.boluses.given[0] == given:
            for drug in range(len(quiet)):
                move(drugs, drug, place, quiet[drug], (until - now) / MS_PER_S)
        else:
            _catch_up(pump, now, given)
            _flow(pump, drugs, now, until)
            if pump.stream.marks[FULL]:
                record.counts[WITHOUT_ROOM] = 1
                return
            place = pump.stream.site[pump.stream.marks[COUNT] - 1]
            quiet_until = _quiet_until(pump, quiet)
        if oral.course >= 0:
            _swallow(oral, drugs, now, until)
        now, step = until, step + 1
    _catch_up(pump, end_ms, pump.boluses.given[0])


@compiled
def _catch_up(pump: Delivering, now: int, given: int) -> None:
    """Bring a pump that was left behind up to ``now``, when ``given`` boluses had been given; what arrived is known."""
    if pump.cursor[AT] < 0 or pump.cursor[AT] >= now:
        return
    later = pump.boluses.given[0]
    pump.boluses.given[0] = given
    pump.stream.marks[COUNT] = 0
    pump.stream.times[0] = pump.cursor[AT] / MS_PER_S
    sweep(pump.tables, pump.content, pump.stream, pump.account, pump.cursor, pump.boluses, pump.moves, now)
    pump.boluses.given[0] = later


@compiled
def _quiet_until(pump: Delivering, quiet: Array) -> int:
    """Until when (ms) what arrived last, written into ``quiet`` (drugs,), goes on if no bolus is given; 0 where that is open.

    It does where one fluid fills the line, no bolus runs, steps are not drawn singly, and the reservoir neither runs low nor
    empty.
    """
    cursor, content, account, stream = pump.cursor, pump.content, pump.account, pump.stream
    at, given = cursor[AT], pump.boluses.given[0]
    alike = content.marks[HEAD] + 1 == content.marks[FRONTS]
    if at < 0 or not alike or cursor[RUNNING] < given or stream.marks[COUNT] == 0:
        return 0
    piece = pump.tables.pieces[cursor[PIECE]]
    if piece.stroked:
        return 0
    flow = 0.0 if account.counts[EMPTY] else piece.flow
    to = until_low(pump.tables, account, piece.fill, at, piece.end_ms, flow)
    if to < piece.end_ms or flow * ML_PER_S * pump.moves * piece.drive * (to - at) / MS_PER_S > account.volume[TRUE]:
        return 0
    quiet[:] = stream.rates[stream.marks[COUNT] - 1]
    return to


@compiled
def _look(drugs: Kinetics, place: int, concentrations: Array, seen: Array) -> None:
    """Concentrations at the effect sites (k, 4), and at tip, plasma and cisterna magna (k, 3), which only the pump's drug has."""
    concentrations[:] = 0.0
    for course in range(len(drugs.drug)):
        drug, modes, rows = drugs.drug[course], drugs.modes[course], drugs.seen[course]
        for row in range(EFFECTS):
            if drugs.has[course, row]:
                concentrations[drug, row] += max(_at(rows[row], modes), 0.0)
        if course < len(seen):
            seen[course, 0] = max(_at(rows[TIP_ROW + place], modes), 0.0)
            seen[course, 1] = max(_at(rows[PLASMA_ROW], modes), 0.0)
            seen[course, 2] = max(_at(rows[CISTERNA_ROW], modes), 0.0)


@summed
def _at(row: Array, modes: Array) -> float:
    total = 0.0
    for mode in range(len(modes)):
        total += row[mode] * modes[mode]
    return total


@compiled
def _tell(mind: Mind, felt: Array, now: int, row: Array) -> None:
    left = 1.0 - felt[FRACTION]
    if mind.figures[2] > 0.0:
        row[COMPLAINT] = mind.figures[1] * left * (1.0 - hoped(mind.person, now / MS_PER_S))
    else:
        row[COMPLAINT] = min(max(mind.figures[1] * left, 0.0), WORST_ASHWORTH)
    row[BREATHED] = felt[BREATHING]
    row[RELIEVED] = felt[FRACTION]
    row[TOLERANCE_SPINAL] = felt[SPINAL_FACTOR]
    row[TOLERANCE_SUPRASPINAL] = felt[SUPRASPINAL_FACTOR]


@compiled
def _press(pump: Delivering, record: Record, at: int) -> None:
    """The handset is pressed at ``at`` (ms)."""
    tables, handset, boluses = pump.tables, pump.handset, pump.boluses
    piece = int(np.searchsorted(tables.pieces.start_ms, at, side="right")) - 1
    record.counts[ASKED] += 1
    if answer(tables, handset, 0, at, piece) != GIVEN:
        record.counts[REFUSED] += 1
        return
    bolus = boluses.given[0]
    boluses.begin_ms[bolus] = at
    boluses.end_ms[bolus] = bolus_end(tables, handset, 0, bolus)
    boluses.flow[bolus] = tables.regimes[handset.regime[0, bolus]].rate
    boluses.given[0] = bolus + 1


@compiled
def _flow(pump: Delivering, drugs: Kinetics, now: int, until: int) -> None:
    """Move the pump's drugs on with what arrives at the tip until ``until`` (ms)."""
    stream = pump.stream
    stream.marks[COUNT] = 0
    stream.times[0] = now / MS_PER_S
    sweep(pump.tables, pump.content, stream, pump.account, pump.cursor, pump.boluses, pump.moves, until)
    for piece in range(stream.marks[COUNT]):
        seconds = stream.times[piece + 1] - stream.times[piece]
        for drug in range(stream.rates.shape[1]):
            move(drugs, drug, stream.site[piece], stream.rates[piece, drug], seconds)


@compiled
def _swallow(oral: Swallowing, drugs: Kinetics, now: int, until: int) -> None:
    """Move the oral opioid on."""
    for change in range(len(oral.times_ms)):
        last = oral.times_ms[change + 1] if change + 1 < len(oral.times_ms) else until
        first, end = max(oral.times_ms[change], now), min(last, until)
        if end > first:
            move(drugs, oral.course, 0, oral.rates[change], (end - first) / MS_PER_S)


@compiled
def move(drugs: Kinetics, course: int, place: int, ug_per_s: float, seconds: float) -> None:
    """Every mode exactly, over a constant inflow."""
    modes, rates, force = drugs.modes[course], drugs.rates[course], drugs.force[course, place]
    drugs.entered[course, place] += ug_per_s * seconds
    alone, whole = len(modes) - 2 * drugs.pairs[course], seconds == STEP_S
    if whole:
        for mode in range(alone):
            modes[mode] += drugs.grown[course, mode] * (modes[mode] + ug_per_s * force[mode])
    else:
        for mode in range(alone):
            modes[mode] += expm1(rates[mode] * seconds) * (modes[mode] + ug_per_s * force[mode])
    for mode in range(alone, len(modes), 2):
        if whole:
            grown = complex(drugs.grown[course, mode], drugs.grown[course, mode + 1])
        else:
            grown = cmath.exp(complex(rates[mode], drugs.turning[course, mode]) * seconds) - 1.0
        held = complex(modes[mode] + ug_per_s * force[mode], modes[mode + 1] + ug_per_s * force[mode + 1])
        change = grown * held
        modes[mode] += change.real
        modes[mode + 1] += change.imag
