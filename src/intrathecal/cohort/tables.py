"""The figures of a course as arrays that compiled code reads.

Each table is an array of records, so that it is one argument of compiled code and its columns have names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from intrathecal.flow import Array

Ints = NDArray[np.int64]
#: An array of records. In compiled code a column is an attribute, which array types do not know.
Table: TypeAlias = Any

#: The handset's answers, by number; what else stands against a press comes after these.
GIVEN, EMPTIED, UNPROGRAMMED, LOCKED, COUNTED, TOO_FAST, LIMITED = range(7)
#: What is done to reservoir and line at the start of a piece.
DECAY, FILL, TAKE, ESCAPE = range(4)

#: Quiet pieces of the course without presses, one after the other. ``flow`` (pL/ms) is what the motor is driven at,
#: ``with_press`` the same while one patient's bolus runs, ``clamped`` where such a bolus would not get the rate that it asks
#: for. ``total_pL`` has been asked of the motor when a piece starts. ``standing`` is what stands against any press, as a number
#: of an answer; ``now_flow`` what is planned at this moment. ``drive`` is what faults leave of a step's volume, ``kept`` of what
#: reaches the canal; ``stroked`` where single strokes are drawn.
PIECE = np.dtype(
    [(name, np.int64) for name in ("start_ms", "end_ms", "clamped", "standing", "site", "stroked", "regime", "fill")]
    + [(name, np.float64) for name in ("flow", "with_press", "total_pL", "now_flow", "drive", "kept")]
)
#: What holds while nobody changes what the pump is told. A bolus takes ``over`` ms at ``rate`` (pL/ms; 0: none is programmed)
#: and is cut short at ``clear_ms``. ``checked`` are those at whose start the pump holds what was given against its limits. From
#: ``ahead_from`` to ``ahead_to``, and so on, are its records in other tables.
REGIME = np.dtype(
    [(name, np.int64) for name in ("begin_ms", "over", "lockout", "most", "clear_ms", "checked")]
    + [(f"{name}_{end}", np.int64) for name in ("ahead", "limit", "line") for end in ("from", "to")]
    + [("rate", np.float64)]
)
#: The fastest ``flow`` (pL/ms) planned during a bolus that begins at ``ms`` or later.
AHEAD = np.dtype([("ms", np.int64), ("flow", np.float64)])
#: No ``per`` ms hold more than ``dose`` ng; ``fullest`` is the most that they hold without presses.
LIMIT = np.dtype([("per", np.int64), ("dose", np.float64), ("fullest", np.float64)])
#: Dose of a regime's primary drug without presses, from what was given before to what is planned: ``total`` (ng) at ``ms``, and
#: ``rate`` (ng/ms) from then on. ``less`` and ``less_rate`` are what a bolus under way takes from that, because a base is raised
#: to the slowest flow only where it runs alone.
LINE = np.dtype(
    [("ms", np.int64), *((name, np.float64) for name in ("total", "rate", "less", "less_rate"))],
)
#: A fill of the reservoir with ``filled_pL`` at ``begin_ms``, before which ``total_pL`` had been asked of the motor. After
#: ``low_steps`` and ``steps`` more the pump believes itself low and empty. ``limited_later``: limits hold in a later fill.
FILLED = np.dtype(
    [(name, np.int64) for name in ("begin_ms", "low_steps", "steps", "limited_later")]
    + [(name, np.float64) for name in ("total_pL", "filled_pL")]
)
#: What is done at the start of a ``piece``: its ``kind``, and volumes (mL): what goes in or out, how much of that goes into the
#: pocket around the pump, and what is ``removed`` before (below 0: all).
ACT = np.dtype(
    [("piece", np.int64), ("kind", np.int64)] + [(name, np.float64) for name in ("volume", "astray", "removed")]
)


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
    """The pump: a step (pL), the fastest flow (pL/ms), the reservoir (mL), how long a stroke takes (s), the first fill (mL)."""

    step_pL: float
    fastest: float
    capacity_mL: float
    actuation_s: float
    first_mL: float


class Tables(NamedTuple):
    """Everything that compiled code knows of a course.

    ``label`` (regimes, regimes) is how much of the primary drug of the second a pL holds that the first gives (ng/pL);
    ``figures`` (acts, drugs) go with the acts: concentrations (ug/mL) of a fill, what decay leaves.
    """

    pieces: Table
    regimes: Table
    label: Array
    ahead: Table
    limits: Table
    lines: Table
    fills: Table
    acts: Table
    figures: Array
    tube: Tube
    hardware: Hardware


def table(dtype: np.dtype[Any], **columns: Iterable[Any]) -> Table:
    """A table of these columns, which must be all of them and equally long."""
    filled = {name: np.array(list(column)) for name, column in columns.items()}
    rows = np.zeros(len(next(iter(filled.values()))), dtype=dtype)
    for name in dtype.names or ():
        rows[name] = filled[name]
    return rows
