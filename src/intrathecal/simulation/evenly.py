"""A run that is seen at equal steps: the modes over a flow that changes at any time, each change with one exponential.

Over a whole step a mode y with rate l, fed at the constant rate u, goes to y + (e^{l h} - 1)(y + u f / l). A change of u within a
step adds (e^{l o} - 1) f / l for each ug/s of it, o before the step's end. So the exponentials are those of the step and of the
distinct times before an end, which a schedule repeats from day to day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from intrathecal.compiled import compiled, contracted
from intrathecal.simulation.modal import Modal, Modes
from intrathecal.simulation.trajectory import Array

Index = NDArray[np.int64]
#: Steps that are moved, and then looked at, at once.
BLOCK = 512


class Flow(NamedTuple):
    """What flows in, cut to equal steps of ``step_s``: made once by `evened` for any number of patients.

    ``held`` (k) is the rate (ug/s) at the start of every step, before what changes there. The changes from ``first[i]`` to
    ``first[i + 1]`` lie in the i-th step: ``amount`` (c; ug/s), and which of ``before_s`` (o) it is before the step's end.
    ``entered`` (k; ug) is all until the end of every step.
    """

    step_s: float
    held: Array
    first: Index
    amount: Array
    which: Index
    before_s: Array
    entered: Array


def evened(edges_s: Array, rates: Array, step_s: float, count: int) -> Flow:
    """A flow of ``rates`` (m; ug/s) between ``edges_s`` (m + 1, from 0), for ``count`` steps; zero beyond the last edge."""
    changes = np.diff(np.concatenate([[0.0], rates, [0.0]]))
    kept = (changes != 0) & (edges_s < count * step_s)
    at, amount = edges_s[kept], changes[kept]
    cell = np.floor(at / step_s).astype(np.int64)
    before_s, which = np.unique(np.round((cell + 1) * step_s - at, 9), return_inverse=True)
    inside = np.bincount(cell, weights=amount, minlength=count)
    held = np.concatenate([[0.0], np.cumsum(inside)[:-1]])
    first = np.searchsorted(cell, np.arange(count + 1)).astype(np.int64)
    total = np.concatenate([[0.0], np.cumsum(rates * np.diff(edges_s))])
    entered = np.interp(step_s * np.arange(1, count + 1), edges_s, total)
    return Flow(step_s, held, first, amount, which.astype(np.int64), before_s, entered)


@dataclass(frozen=True, eq=False)
class Even:
    """One drug at the end of every step: ``states`` (k, q) of the modes, one of every pair, and what had ``entered`` (k; ug)."""

    modes: Modal
    entry: Array
    states: Modes
    entered: Array

    def seen(self, rows: Array) -> Array:
        """``rows`` (p, n) times the amounts (k, p)."""
        return self._real(self.modes.upper_parts(rows, self.entry)[1])

    def left(self, sink: Array) -> Array:
        """What had left (k; ug) by the ``sink`` (n; 1/s): of y' = l y + f u, the integral of y is (y - f times that of u) / l."""
        rates, seen, force = self.modes.upper_parts(sink[None], self.entry)
        over = seen / rates
        return np.asarray(self._real(over)[:, 0] - float((over[0] @ force).real) * self.entered)

    def _real(self, seen: Modes) -> Array:
        if np.iscomplexobj(self.states):
            return np.asarray(self.states.real @ seen.real.T - self.states.imag @ seen.imag.T)
        return np.asarray(self.states @ seen.T)


def run_evenly(modes: Modal, flow: Flow, entry: Array) -> Even:
    """Run a drug that enters at ``entry`` (n) by ``flow``, from nothing on."""
    rates, _, force = modes.upper_parts(np.zeros((1, entry.size)), entry)
    return Even(modes, entry, driven(rates, force, flow), flow.entered)


def driven(rates: Modes, force: Modes, flow: Flow) -> Modes:
    """Modes (k, q) of ``rates`` (q; 1/s) at the end of every step, each given its ``force`` (q) times the flow."""
    states, now = np.empty((flow.held.size, rates.size), dtype=rates.dtype), np.zeros_like(rates)
    _march_evenly(flow, *_exponentials(rates, force, flow), 0, now, states)
    return states


def seen_evenly(rates: Array, terms: Array, flow: Flow) -> Array:
    """``terms`` (p, q) times real modes of ``rates`` (q; 1/s) that are given the flow, at the end of every step: (p, k).

    In blocks of steps, so that the modes are still close to the processor when they are looked at.
    """
    made, now = _exponentials(rates, np.ones(rates.size), flow), np.zeros(rates.size)
    states, seen = np.empty((BLOCK, rates.size)), np.empty((len(terms), flow.held.size))
    for start in range(0, flow.held.size, BLOCK):
        into = seen[:, start : start + BLOCK]
        block = states[: into.shape[1]]
        _march_evenly(flow, *made, start, now, block)
        np.matmul(terms, block.T, out=into)
    return seen


def _exponentials(rates: Modes, force: Modes, flow: Flow) -> tuple[Modes, Modes, Modes]:
    """What a step keeps of every mode (q), what it adds for each ug/s (q), and what a change before its end does (o, q)."""
    pushed, grown = force / rates, np.expm1(rates * flow.step_s)
    return 1.0 + grown, grown * pushed, np.expm1(flow.before_s[:, None] * rates) * pushed


def fed_most(shifts: Modes, flow: Flow) -> Array:
    """The largest |V| (K) at the end of any step: V is what a mode holds that is fed with the flow, of each of ``shifts`` (K)."""
    grown = np.expm1(shifts * flow.step_s)
    changed, kept, pushed = np.expm1(flow.before_s[:, None] * shifts) / shifts, 1.0 + grown, grown / shifts
    most, real, imag = np.zeros(shifts.size), changed.real.copy(), changed.imag.copy()
    _march_most(flow, kept.real.copy(), kept.imag.copy(), pushed.real.copy(), pushed.imag.copy(), real, imag, most)
    return np.asarray(np.sqrt(most))


def fed_at_most(sizes_per_s: Array, fading_per_s: float, durations_s: Array, rates: Array) -> Array:
    """A bound on the largest |V| (K) at any time, at |s| of ``sizes_per_s`` (K): that of `unrest`, compiled.

    Not as sharp as `fed_most`, it needs one exponential for each of the ``durations_s`` (m), at ``rates`` (m; ug/s).
    """
    most = np.zeros(sizes_per_s.size)
    _follow(sizes_per_s, np.exp(-fading_per_s * durations_s), durations_s, rates, most)
    return most


@compiled
def _follow(sizes: Array, faded: Array, durations: Array, rates: Array, most: Array) -> None:
    """The larger of ``most`` (K) and the smaller of two sums: over what entered, and over changes of it."""
    pieces, changes, rate, lasted = np.zeros(sizes.size), np.zeros(sizes.size), 0.0, 0.0
    for segment in range(durations.size):
        changed = abs(rates[segment] - rate)
        if changed > 0.0:
            for k in range(sizes.size):
                pieces[k] += rate * min(lasted, 2.0 / sizes[k])
                changes[k] += changed / sizes[k]
            rate, lasted = rates[segment], 0.0
        lasted += durations[segment]
        for k in range(sizes.size):
            pieces[k] *= faded[segment]
            changes[k] *= faded[segment]
            whole = pieces[k] + rate * min(lasted, 2.0 / sizes[k])
            most[k] = max(most[k], min(whole, changes[k] + rate / sizes[k]))


@contracted
def _march_most(
    flow: Flow, kept: Array, turned: Array, pushed: Array, aside: Array, changed: Array, turning: Array, most: Array
) -> None:
    """The largest square of what modes hold at the end of any step (K); real and imaginary parts are moved apart."""
    real, imag = np.zeros(most.size), np.zeros(most.size)
    for step in range(flow.held.size):
        held = flow.held[step]
        for k in range(most.size):
            x, y = real[k], imag[k]
            real[k] = kept[k] * x - turned[k] * y + pushed[k] * held
            imag[k] = kept[k] * y + turned[k] * x + aside[k] * held
        for change in range(flow.first[step], flow.first[step + 1]):
            amount, row = flow.amount[change], flow.which[change]
            for k in range(most.size):
                real[k] += amount * changed[row, k]
                imag[k] += amount * turning[row, k]
        for k in range(most.size):
            size = real[k] * real[k] + imag[k] * imag[k]
            most[k] = size if size > most[k] else most[k]


@contracted
def _march_evenly(
    flow: Flow, kept: Modes, pushed: Modes, changed: Modes, start: int, now: Modes, states: Modes
) -> None:
    """The modes at the end of some steps (k, q), from the step ``start`` on at which they are ``now`` (q), which moves on."""
    for place in range(len(states)):
        step = start + place
        held, first, last = flow.held[step], flow.first[step], flow.first[step + 1]
        for mode in range(now.size):
            now[mode] = kept[mode] * now[mode] + pushed[mode] * held
        for change in range(first, last):
            amount, row = flow.amount[change], flow.which[change]
            for mode in range(now.size):
                now[mode] += amount * changed[row, mode]
        for mode in range(now.size):
            states[place, mode] = now[mode]
