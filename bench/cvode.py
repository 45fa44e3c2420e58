"""The same linear system by SUNDIALS' CVODE (scikit-sundae): an integrator that knows nothing of modes, for comparison.

It is restarted at every change of input and stops there exactly, with ``init_step`` and ``step(tstop=...)``: ``solve`` was seen
to give right amounts but wrong samples over many segments.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sksundae.cvode import CVODE

from intrathecal.simulation.system import LinearSystem

Array = NDArray[np.float64]

#: Half of the band of the ordered generator; what lies beyond it, between plasma and the canal and into effect sites, is slow.
BAND = 4


def order(system: LinearSystem) -> NDArray[np.intp]:
    """The states from the cranium down the canal, cell by cell with its layers, then the body: a narrow band."""
    cells = system.z_cm.size
    places = {"cranial": -2, "cisterna_magna": -1}

    def along(state: str) -> int:
        layer, _, cell = state.partition(" ")
        if state in places:
            return places[state]
        return int(cell) if layer in ("csf", "cord", "epidural") else cells

    return np.argsort([along(state) for state in system.states], kind="stable")


def advance(
    system: LinearSystem,
    x: Array,
    segments: tuple[Array, Array, Array],
    rows: Array,
    *,
    rtol: float = 1e-6,
    atol_ug: float = 1e-7,
) -> Array:
    """``rows`` (p, n) times the amounts at every edge (m + 1, p), from amounts ``x`` (n, ug).

    ``segments`` are durations (m, s), inputs (m, k; ug/s) and sources (n, k). Raises `ArithmeticError` when CVODE gives up.
    """
    durations, inputs, sources = segments
    chosen = order(system)
    generator = system.generator[chosen][:, chosen].tocsr()
    dense = generator.toarray()
    push = np.zeros(chosen.size)

    def slope(t: float, y: Array, into: Array) -> None:
        into[:] = generator @ y + push

    def jacobian(t: float, y: Array, slope_now: Array, into: Array) -> None:
        into[:] = dense

    solver = CVODE(
        slope, jacfn=jacobian, linsolver="band", lband=BAND, uband=BAND, rtol=rtol, atol=atol_ug, max_num_steps=100_000
    )
    now = np.array(x, dtype=float)[chosen]
    seen = [rows[:, chosen] @ now]
    for duration, given in zip(durations, inputs, strict=True):
        if duration > 0:
            push[:] = (sources @ given)[chosen]
            solver.init_step(0.0, now)
            result = solver.step(float(duration), tstop=float(duration))
            if not result.success:
                raise ArithmeticError(f"CVODE stopped: {result.message}")
            now = np.array(result.y, dtype=float)
        seen.append(rows[:, chosen] @ now)
    return np.array(seen)
