"""What a pump answers to a press, from the course without presses and the presses that were given: compiled.

The rules are those of `pump.pressing`, in its order; what they need to know of the plan stands in the course's tables.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from intrathecal.cohort.tables import (
    COUNTED,
    EMPTIED,
    GIVEN,
    LIMITED,
    LOCKED,
    TOO_FAST,
    UNPROGRAMMED,
    Ints,
    Table,
    Tables,
)
from intrathecal.compiled import compiled, inlined
from intrathecal.flow import Array
from intrathecal.pump.hardware import DAY_MS

#: Sums of binary numbers that differ by less than this part are taken to be equal, as the controller's fractions are.
EQUAL = 1e-11
#: Of a step: what binary numbers may lack of a whole one.
WHOLE = 1e-6
#: Why a patient is left to the controller; by number.
FINE, CLAMPED, HELD_UP, RAN_DRY, UNCLEAR = range(5)


#: What a handset remembers beside its presses. ``extra_pL`` is what presses added in all to what is asked of the motor,
#: ``fill_extra`` what they had added when the ``fill`` came; ``dry`` whether that fill is believed to be used up. Limits were
#: looked at up to the regime ``looked``. ``needs`` is why the controller is needed.
MEMORY = np.dtype(
    [(name, np.int64) for name in ("pressed", "fill", "dry", "looked", "needs")]
    + [("extra_pL", np.float64), ("fill_extra", np.float64)]
)


class Patients(NamedTuple):
    """What the handsets of P patients remember.

    ``given_ms`` and ``regime`` (P, most) are when a bolus was given and in which regime; ``memory`` (P,) has the rest.
    """

    given_ms: Ints
    regime: Ints
    memory: Table


@compiled
def answer(tables: Tables, patients: Patients, p: int, at: int, piece: int) -> int:
    """The number of the answer to patient ``p``, who presses at ``at`` (ms), in this piece of the course."""
    catch_up(tables, patients, p, piece)
    pieces, regimes = tables.pieces, tables.regimes
    regime = pieces[piece].regime
    if _is_dry(tables, patients, p, at, piece):
        return EMPTIED
    if pieces[piece].standing:
        return int(pieces[piece].standing)
    rate = regimes[regime].rate
    if rate == 0.0:
        return UNPROGRAMMED
    count, given = patients.memory[p].pressed, patients.given_ms[p]
    if count and at < given[count - 1] + regimes[regime].lockout:
        return LOCKED
    most = regimes[regime].most
    if count >= most and given[count - most] > at - DAY_MS:
        return COUNTED
    if _is_too_fast(tables, patients, p, at, piece):
        return TOO_FAST
    given[count], patients.regime[p, count] = at, regime
    _look_for_clamps(tables, patients, p, count, piece)
    if breaks_limit(tables, patients, p, regime, at, count + 1):
        return LIMITED
    _give(tables, patients, p, at, piece)
    return GIVEN


@compiled
def catch_up(tables: Tables, patients: Patients, p: int, piece: int) -> None:
    """Look at the refills and new orders that came before a piece as the pump did at their moment."""
    pieces, regimes, fills = tables.pieces, tables.regimes, tables.fills
    while patients.memory[p].fill < pieces[piece].fill:
        fill = patients.memory[p].fill
        used = (
            fills[fill + 1].total_pL
            - fills[fill].total_pL
            + patients.memory[p].extra_pL
            - patients.memory[p].fill_extra
        )
        if fills[fill].limited_later and _steps(tables, patients, p, used) >= fills[fill].steps:
            _note(patients, p, RAN_DRY)
        patients.memory[p].fill = fill + 1
        patients.memory[p].fill_extra = patients.memory[p].extra_pL
        patients.memory[p].dry = 0
    while patients.memory[p].looked < pieces[piece].regime:
        patients.memory[p].looked += 1
        regime = patients.memory[p].looked
        if regimes[regime].checked:
            begin = regimes[regime].begin_ms
            if breaks_limit(tables, patients, p, regime, begin, patients.memory[p].pressed):
                _note(patients, p, HELD_UP)


@inlined
def _note(patients: Patients, p: int, reason: int) -> None:
    if patients.memory[p].needs == FINE:
        patients.memory[p].needs = reason


@inlined
def bolus_end(tables: Tables, patients: Patients, p: int, press: int) -> int:
    """When (ms) a bolus that was given ends, or is cut short."""
    regime = patients.regime[p, press]
    whole = patients.given_ms[p, press] + tables.regimes[regime].over
    return int(min(whole, tables.regimes[regime].clear_ms))


# ---- reservoir


@inlined
def _steps(tables: Tables, patients: Patients, p: int, used_pL: float) -> int:
    """The steps counted since the last fill, when so much was asked of the motor."""
    step = tables.hardware.step_pL
    owed = (tables.fills[patients.memory[p].fill].total_pL + patients.memory[p].fill_extra) % step
    return int(np.floor((owed + used_pL) / step + WHOLE))


@inlined
def _is_dry(tables: Tables, patients: Patients, p: int, at: int, piece: int) -> bool:
    pieces, fill = tables.pieces, patients.memory[p].fill
    if patients.memory[p].dry:
        return True
    asked = pieces[piece].total_pL + pieces[piece].flow * (at - pieces[piece].start_ms)
    used = asked - tables.fills[fill].total_pL + patients.memory[p].extra_pL - patients.memory[p].fill_extra
    if used < (tables.fills[fill].steps - 1) * tables.hardware.step_pL:
        return False
    for press in range(patients.memory[p].pressed - 1, -1, -1):
        end = bolus_end(tables, patients, p, press)
        if end <= at:
            break
        used -= _extra(tables, piece, at, end, at)
    patients.memory[p].dry = _steps(tables, patients, p, used) >= tables.fills[fill].steps
    return bool(patients.memory[p].dry)


@inlined
def _extra(tables: Tables, piece: int, begin: int, end: int, alone_from: int) -> float:
    """What a bolus adds from ``begin`` to ``end`` to what is asked of the motor; before ``alone_from`` another runs."""
    pieces = tables.pieces
    rate = tables.regimes[pieces[piece].regime].rate
    extra, at = 0.0, begin
    while at < end and piece < len(pieces):
        to = min(end, pieces[piece].end_ms)
        if alone_from > at:
            to = min(to, alone_from)
        if at < alone_from:
            extra += rate * (to - at) if pieces[piece].with_press > 0 else 0.0
        else:
            extra += (pieces[piece].with_press - pieces[piece].flow) * (to - at)
        if to == pieces[piece].end_ms:
            piece += 1
        at = to
    return extra


@inlined
def _give(tables: Tables, patients: Patients, p: int, at: int, piece: int) -> None:
    """The bolus that was just written down is under way."""
    count = patients.memory[p].pressed
    end = bolus_end(tables, patients, p, count)
    before = bolus_end(tables, patients, p, count - 1) if count else at
    patients.memory[p].pressed = count + 1
    patients.memory[p].extra_pL += _extra(tables, piece, at, end, max(at, before))


@inlined
def _look_for_clamps(tables: Tables, patients: Patients, p: int, press: int, piece: int) -> None:
    """Whether a bolus changes the rate of others, or gets another one than it asks for."""
    pieces, end = tables.pieces, bolus_end(tables, patients, p, press)
    while piece < len(pieces) and pieces[piece].start_ms < end:
        if pieces[piece].clamped:
            _note(patients, p, CLAMPED)
        piece += 1


# ---- the fastest flow


@inlined
def _is_too_fast(tables: Tables, patients: Patients, p: int, at: int, piece: int) -> bool:
    regimes, regime = tables.regimes, tables.pieces[piece].regime
    rate, fastest = regimes[regime].rate, tables.hardware.fastest * (1.0 + EQUAL)
    first, last = regimes[regime].ahead_from, regimes[regime].ahead_to
    ahead = tables.ahead[first + _last(tables.ahead[first:last].ms, at)].flow
    if ahead + rate > fastest:
        return True
    running = 0
    for press in range(patients.memory[p].pressed - 1, -1, -1):
        if bolus_end(tables, patients, p, press) <= at:
            break
        running += 1
    if running == 0 or ahead + (running + 1) * rate <= fastest:
        return False
    if tables.pieces[piece].now_flow + (running + 1) * rate <= fastest:
        # Those that run may have ended when the plan is fastest: only the controller follows that.
        _note(patients, p, UNCLEAR)
    return True


# ---- limits


@compiled
def breaks_limit(tables: Tables, patients: Patients, p: int, regime: int, now: int, count: int) -> bool:
    """Whether any window that ends at ``now`` or later would hold more than a limit allows, with the first ``count`` presses."""
    regimes, limits = tables.regimes, tables.limits
    for which in range(regimes[regime].limit_from, regimes[regime].limit_to):
        per, room = limits[which].per, limits[which].dose * (1.0 + EQUAL)
        first, until, pressed = count, now, 0.0
        while first > 0:
            end = bolus_end(tables, patients, p, first - 1)
            if end <= now - per:
                break
            first -= 1
            fill = patients.regime[p, first]
            dose = regimes[fill].rate * tables.label[fill, regime] * (end - patients.given_ms[p, first])
            pressed += dose
            until = max(until, end)
        if first == count or limits[which].fullest + pressed <= room:
            continue
        if _is_overfull(tables, patients, p, regime, now, first, count, per, room, until + per):
            return True
    return False


@compiled
def _is_overfull(
    tables: Tables,
    patients: Patients,
    p: int,
    regime: int,
    now: int,
    first: int,
    count: int,
    per: int,
    room: float,
    until: int,
) -> bool:
    """Every edge of a window is tried at every change of rate, the likeliest first."""
    low, high = tables.regimes[regime].line_from, tables.regimes[regime].line_to
    ms = tables.lines[low:high].ms
    for press in range(count - 1, first - 1, -1):
        end = bolus_end(tables, patients, p, press)
        for edge in (end, patients.given_ms[p, press]):
            for window_end in (edge, edge + per):
                if now <= window_end <= until and (
                    _held(tables, patients, p, regime, first, count, window_end, per) > room
                ):
                    return True
    if _held(tables, patients, p, regime, first, count, now, per) > room:
        return True
    for index in range(np.searchsorted(ms, now - per), np.searchsorted(ms, until, side="right")):
        for window_end in (ms[index], ms[index] + per):
            if now <= window_end <= until and (
                _held(tables, patients, p, regime, first, count, window_end, per) > room
            ):
                return True
    return False


@compiled
def _held(tables: Tables, patients: Patients, p: int, regime: int, first: int, count: int, end: int, per: int) -> float:
    """What the window of ``per`` ms that ends at ``end`` holds (ng)."""
    return _total(tables, patients, p, regime, first, count, end) - _total(
        tables, patients, p, regime, first, count, end - per
    )


@compiled
def _total(tables: Tables, patients: Patients, p: int, regime: int, first: int, count: int, at: int) -> float:
    """The dose of the regime's primary drug until ``at`` (ng), from the presses ``first`` to ``count`` and all else."""
    regimes, lines = tables.regimes, tables.lines
    low, high = regimes[regime].line_from, regimes[regime].line_to
    lines = lines[low:high]
    total = _along(lines.ms, lines.total, lines.rate, at)
    before = 0
    for press in range(first, count):
        start = patients.given_ms[p, press]
        if start >= at:
            break
        end = bolus_end(tables, patients, p, press)
        to = min(at, end)
        fill = patients.regime[p, press]
        total += regimes[fill].rate * tables.label[fill, regime] * (to - start)
        alone = max(start, before)
        if to > alone:
            total -= _along(lines.ms, lines.less, lines.less_rate, to)
            total += _along(lines.ms, lines.less, lines.less_rate, alone)
        before = end
    return total


@inlined
def _along(ms: Ints, totals: Array, rates: Array, at: int) -> float:
    index = _last(ms, at)
    return float(totals[index] + rates[index] * (at - ms[index])) if index >= 0 else 0.0


@inlined
def _last(ms: Ints, at: int) -> int:
    """The last of rising times that is not after ``at``; -1 if all are."""
    return int(np.searchsorted(ms, at, side="right")) - 1
