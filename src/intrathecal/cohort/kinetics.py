"""The drugs of one patient by their modes, compiled: what is seen of them, and how they move over a constant inflow.

Everything here is handed arrays and not tuples of them, and goes along rows without a gap: only so is it done several modes at a
time, and without counting references.
"""

from __future__ import annotations

import cmath
from math import expm1
from typing import NamedTuple

from intrathecal.cohort.tables import Ints
from intrathecal.compiled import compiled, inlined, summed
from intrathecal.flow import Array
from intrathecal.pump.hardware import MS_PER_S
from intrathecal.simulation.feeling import STEP_MS

STEP_S = STEP_MS / MS_PER_S
#: Rows of ``Kinetics.seen``: the effect sites, plasma and cisterna magna, and then the fluid at every place of the tip.
EFFECTS, PLASMA_ROW, CISTERNA_ROW, TIP_ROW = 4, 4, 5, 6
#: How many of them are looked at: of the tip only the place where it is.
ROWS = 7
#: The courses have numbers in multiples of so many, so that none is left over when they are taken several at a time.
TOGETHER = 8
#: Durations whose exponentials are kept: a step of the grid, and those of boluses and strokes, which come again and again.
KEPT = 16
#: A mode that has faded so far (ug) is set to zero: numbers that are nearly too small for a computer take it many times as long.
NOTHING = 1e-200


class Kinetics(NamedTuple):
    """The drugs of one patient by their modes: c courses of q numbers (fewer are filled up with modes that nothing enters).

    The last ``pairs`` (c,) of two numbers each are the real and imaginary part of one mode that turns. ``rates`` and
    ``turning`` (c, q; 1/s) are the real and imaginary parts of the rates, ``grown`` (k, c, q) exp - 1 of them over the
    ``spans`` (k,; s), of which the first is a step of the grid and ``oldest`` (1,) the next to be given up, ``seen``
    (c, r, q) what is seen in ug/mL (zeros where the drug is not), ``force`` (c, s, q) what enters at a place gives to each
    mode, over its rate. ``modes`` (c, q) is the state, ``entered`` (c, s) ug. ``drug`` (c,) is whose concentrations a course
    adds to.
    """

    rates: Array
    turning: Array
    grown: Array
    spans: Array
    oldest: Ints
    seen: Array
    force: Array
    modes: Array
    entered: Array
    pairs: Ints
    drug: Ints


@summed
def show(seen: Array, modes: Array, tip: int, shown: Array) -> None:
    """What is ``seen`` (c, r, q) into ``shown`` (c, 7): the first six rows and that of the ``tip``; each mode is read once."""
    for course in range(modes.shape[0]):
        spinal, brain, systemic, metabolic, plasma, cisterna, fluid = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for mode in range(modes.shape[1]):
            amount = modes[course, mode]
            spinal += seen[course, 0, mode] * amount
            brain += seen[course, 1, mode] * amount
            systemic += seen[course, 2, mode] * amount
            metabolic += seen[course, 3, mode] * amount
            plasma += seen[course, PLASMA_ROW, mode] * amount
            cisterna += seen[course, CISTERNA_ROW, mode] * amount
            fluid += seen[course, tip, mode] * amount
        shown[course, 0], shown[course, 1], shown[course, 2], shown[course, 3] = spinal, brain, systemic, metabolic
        shown[course, PLASMA_ROW], shown[course, CISTERNA_ROW], shown[course, TIP_ROW] = plasma, cisterna, fluid


@inlined
def move(drugs: Kinetics, first: int, place: int, ug_per_s: Array, seconds: float) -> None:
    """Every mode of the courses from ``first`` on exactly, over a constant inflow ``ug_per_s`` (k,) to k of them."""
    slot = slot_of(drugs.rates, drugs.turning, drugs.pairs, drugs.grown, drugs.spans, drugs.oldest, seconds)
    grow(drugs.modes, drugs.grown, drugs.force, drugs.pairs, drugs.entered, first, place, ug_per_s, seconds, slot)


@compiled
def slot_of(rates: Array, turning: Array, pairs: Ints, grown: Array, spans: Array, oldest: Ints, seconds: float) -> int:
    """Where the exponentials over a duration are; they are found now where it is met for the first time, or again."""
    for slot in range(len(spans)):
        if spans[slot] == seconds:
            return slot
    slot = int(oldest[0])
    oldest[0] = slot + 1 if slot + 1 < len(spans) else 1
    spans[slot] = seconds
    for course in range(rates.shape[0]):
        alone = rates.shape[1] - 2 * pairs[course]
        for mode in range(alone):
            grown[slot, course, mode] = expm1(rates[course, mode] * seconds)
        for mode in range(alone, rates.shape[1], 2):
            turned = cmath.exp(complex(rates[course, mode], turning[course, mode]) * seconds) - 1.0
            grown[slot, course, mode], grown[slot, course, mode + 1] = turned.real, turned.imag
    return slot


@summed
def grow(
    modes: Array,
    grown: Array,
    force: Array,
    pairs: Ints,
    entered: Array,
    first: int,
    place: int,
    ug_per_s: Array,
    seconds: float,
    slot: int,
) -> None:
    """Move the courses from ``first`` on, one for each of ``ug_per_s``, by the exponentials in a ``slot``."""
    for given in range(len(ug_per_s)):
        course, ug = first + given, ug_per_s[given]
        entered[course, place] += ug * seconds
        alone = modes.shape[1] - 2 * pairs[course]
        for mode in range(alone):
            held = modes[course, mode] + ug * force[course, place, mode]
            moved = modes[course, mode] + grown[slot, course, mode] * held
            modes[course, mode] = moved if abs(moved) > NOTHING else 0.0
        for mode in range(alone, modes.shape[1], 2):
            real = modes[course, mode] + ug * force[course, place, mode]
            imaginary = modes[course, mode + 1] + ug * force[course, place, mode + 1]
            cosine, sine = grown[slot, course, mode], grown[slot, course, mode + 1]
            modes[course, mode] += cosine * real - sine * imaginary
            modes[course, mode + 1] += sine * real + cosine * imaginary
