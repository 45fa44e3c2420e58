"""The figures of a course as arrays that compiled code reads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from intrathecal.flow import Array

Ints = NDArray[np.int64]

#: The handset's answers, by number; what else stands against a press comes after these.
GIVEN, EMPTIED, UNPROGRAMMED, LOCKED, COUNTED, TOO_FAST, LIMITED = range(7)
#: What is done to reservoir and line at the start of a piece.
DECAY, FILL, TAKE, ESCAPE = range(4)


class Pieces(NamedTuple):
    """Quiet pieces of the course without presses (n,), one after the other.

    ``flow`` (pL/ms) is what the motor is driven at, ``with_press`` the same while one patient's bolus runs, ``clamped`` where
    such a bolus would not get the rate that it asks for. ``total_pL`` has been asked of the motor when a piece starts.
    ``standing`` is what stands against any press, as a number of an answer; ``now_flow`` what is planned at this moment.
    ``drive`` is what faults leave of a step's volume, ``kept`` of what reaches the canal; ``stroked`` where single strokes
    are drawn.
    """

    start_ms: Ints
    end_ms: Ints
    flow: Array
    with_press: Array
    clamped: Ints
    total_pL: Array
    standing: Ints
    now_flow: Array
    drive: Array
    kept: Array
    site: Ints
    stroked: Ints
    regime: Ints
    fill: Ints


class Regimes(NamedTuple):
    """What holds while nobody changes what the pump is told (m,).

    A bolus takes ``over`` ms at ``rate`` (pL/ms; 0: none is programmed) and is cut short at ``clear_ms``. ``ahead_ms`` and
    ``ahead`` (pL/ms) are, from ``ahead_from`` to ``ahead_to``, the fastest planned flow during a bolus that begins from then
    on. ``label`` (m, m) is ng/pL, in a regime's drug fill, of another regime's primary drug. ``checked`` are those at whose
    start the pump holds what was given against its limits. Limits and time lines are slices as ``ahead`` is.
    """

    begin_ms: Ints
    rate: Array
    over: Ints
    lockout: Ints
    most: Ints
    clear_ms: Ints
    ahead_from: Ints
    ahead_to: Ints
    label: Array
    checked: Ints
    limit_from: Ints
    limit_to: Ints
    line_from: Ints
    line_to: Ints


class Limits(NamedTuple):
    """Limits of all regimes: no ``per`` ms hold more than ``dose`` ng; ``fullest`` is the most that they hold without presses."""

    dose: Array
    per: Ints
    fullest: Array


class TimeLines(NamedTuple):
    """Dose of a regime's primary drug without presses, from what was given before to what is planned.

    ``total`` (ng) at ``ms``, and ``rate`` (ng/ms) from then on; ``less`` and ``less_rate`` are what a bolus under way takes
    from that, because a base is raised to the slowest flow only where it runs alone.
    """

    ms: Ints
    total: Array
    rate: Array
    less: Array
    less_rate: Array


class Fills(NamedTuple):
    """Fills of the reservoir (f,): ``begin_ms``, what was asked of the motor before, and what is believed to be in it.

    After ``low_steps`` and ``steps`` more steps the pump believes itself low and empty.
    """

    begin_ms: Ints
    total_pL: Array
    low_steps: Ints
    steps: Ints
    limited_later: Ints


class Acts(NamedTuple):
    """What is done at the start of a piece (k,): its kind, volumes (mL; ``removed`` below 0: all), and figures (k, drugs)."""

    piece: Ints
    kind: Ints
    volume: Array
    removed: Array
    figures: Array


class Tube(NamedTuple):
    """The line: volumes (mL), lumen (cm2), the radial modes of its shear, and what it held at first (drugs,) ug/mL."""

    tubing_mL: float
    catheter_mL: float
    area_cm2: float
    diffusivities: Array
    rates: Array
    steady: Array
    tubing: Array
    catheter: Array


class Hardware(NamedTuple):
    """The pump: a step (pL), the fastest flow (pL/ms), the reservoir (mL), how long a stroke and an escape take (s)."""

    step_pL: float
    fastest: float
    capacity_mL: float
    actuation_s: float
    first_mL: float


class Tables(NamedTuple):
    """Everything that compiled code knows of a course."""

    pieces: Pieces
    regimes: Regimes
    ahead_ms: Ints
    ahead: Array
    limits: Limits
    lines: TimeLines
    fills: Fills
    acts: Acts
    tube: Tube
    hardware: Hardware
