"""What is done to the reservoir and the line during a course, as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from intrathecal.catheter.dispersion import shear
from intrathecal.cohort.driving import Station
from intrathecal.cohort.planning import Regime
from intrathecal.cohort.tables import ACT, DECAY, ESCAPE, FILL, FILLED, TAKE, Hardware, Table, Tube, table
from intrathecal.flow import Array
from intrathecal.pump.hardware import MS_PER_S
from intrathecal.simulation.beginning import concentrations
from intrathecal.simulation.delivery import Delivery
from intrathecal.therapy import Aspirate, Event, Mri, PocketFill, Refill

#: Stops of a course, each with the number of its first piece.
Stops = Sequence[tuple[int, Station]]
#: (piece, kind, volume, astray, removed, figures)
Row = tuple[int, int, float, float, float, Array]


def fill_of(pieces: int, stops: Stops) -> list[int]:
    """Which fill is in the reservoir in each of so many pieces."""
    begins = [index for index, stop in stops for event, _ in stop.touches if isinstance(event.action, Refill)]
    return [sum(begin <= index for begin in begins) for index in range(pieces)]


def fill_table(first: Delivery, stops: Stops, regimes: Sequence[Regime]) -> Table:
    """The fills as the pump was told of them."""
    refills = [touched for _, stop in stops for event, touched in stop.touches if isinstance(event.action, Refill)]
    filled = [first.pump, *(touched.delivery.pump for touched in refills)]
    step = first.pump.settings.hardware.step_pL
    ends = [*(state.now for state in filled[1:]), None]
    low = [state.reservoir_pL - state.settings.low_reservoir_pL for state in filled]
    return table(
        FILLED,
        begin_ms=[state.now for state in filled],
        total_pL=[float(state.owed + state.steps * step) for state in filled],
        filled_pL=[state.filled_pL for state in filled],
        low_steps=[max(0, -(-volume // step)) for volume in low],
        steps=[state.reservoir_pL // step for state in filled],
        limited_later=[end is not None and any(r.limits and r.until > end for r in regimes) for end in ends],
    )


def act_table(first: Delivery, stops: Stops, pieces: int, end_ms: int) -> tuple[Table, Array]:
    """What is done at the start of pieces, or at the very end (one piece more), and the figures that go with it."""
    rows: list[Row] = []
    decayed_s = 0.0

    def decay(index: int, at_s: float) -> float:
        if at_s > decayed_s and first.decay_per_s.any():
            rows.append((index, DECAY, 0.0, 0.0, 0.0, np.exp(-first.decay_per_s * (at_s - decayed_s))))
        return at_s

    for index, stop in stops:
        if stop.start.decayed_s == stop.now / MS_PER_S:
            decayed_s = decay(index, stop.now / MS_PER_S)
        rows += [row for event, _ in stop.touches for row in _act(index, event, first.drugs, stop)]
    decay(pieces, end_ms / MS_PER_S)
    names = ("piece", "kind", "volume", "astray", "removed")
    acts = table(ACT, **{name: [row[column] for row in rows] for column, name in enumerate(names)})
    return acts, np.array([row[5] for row in rows]).reshape(len(rows), len(first.drugs))


def _act(index: int, event: Event, drugs: tuple[str, ...], stop: Station) -> list[Row]:
    none = np.zeros(len(drugs))
    match event.action:
        case Refill() as refill:
            removed = -1.0 if refill.removed is None else float(refill.removed.exact)
            filled = concentrations(drugs, refill.actual or refill.drugs)
            first = next(other for other, _ in stop.touches if isinstance(other.action, Refill)) is event
            astray = stop.pocket_mL if first else 0.0
            return [(index, FILL, float(refill.volume.exact), astray, removed, filled)]
        case Aspirate(volume, "reservoir"):
            return [(index, TAKE, float(volume.exact), 0.0, 0.0, none)]
        case PocketFill(volume, _):
            return [(index, TAKE, float(volume.exact), float(volume.exact), 0.0, none)]
        case Mri() if stop.start.magnet.response == "valve-closes":
            return [(index, ESCAPE, stop.start.magnet.escape_mL, 0.0, 0.0, none)]
        case _:
            return []


def tube(first: Delivery) -> Tube:
    """The line as it is at first."""
    line = first.line
    modes = shear(line.diffusivities, line.area_cm2)
    return Tube(
        tubing_mL=line.tubing_mL,
        catheter_mL=line.catheter_mL,
        area_cm2=line.area_cm2,
        diffusivities=np.array(line.diffusivities),
        rates=modes.rates,
        steady=modes.steady,
        tubing=line.tubing_mass_ug() / line.tubing_mL if line.tubing_mL else line.mass_ug() * 0.0,
        catheter=line.catheter_mass_ug() / line.catheter_mL,
    )


def hardware(first: Delivery) -> Hardware:
    """The pump's figures."""
    told = first.pump.settings.hardware
    return Hardware(
        step_pL=float(told.step_pL),
        fastest=float(told.fastest),
        capacity_mL=first.device.capacity_mL,
        actuation_s=first.actuation_s,
        first_mL=first.device.volume_mL,
    )
