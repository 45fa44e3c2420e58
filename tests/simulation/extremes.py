"""Patients and drugs far beyond what is likely, as overrides of the catalogue, and what they are given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from intrathecal.catalogue import Catalogue, load_catalogue
from intrathecal.catalogue.overriding import override
from intrathecal.simulation.system import LinearSystem, build_system

Array = NDArray[np.float64]
CATALOGUE = load_catalogue()
DRUGS = sorted(CATALOGUE.drugs)
PHYSIOLOGY = CATALOGUE.physiology
ANCHORS = ("dispersion_c4", "dispersion_t6", "dispersion_l3")


@dataclass(frozen=True)
class Extreme:
    """One patient and drug.

    ``spread`` multiplies dispersion, ``absorbed`` the flow down the canal, ``fluid`` the volume of fluid, ``stays`` the time in
    the cord; ``half_life_min`` is the fluid's loss, ``ratio`` what plasma keeps in the fluid.
    """

    drug: str = "morphine"
    spread: float = 1.0
    absorbed: float = 1.0
    half_life_min: float = 180.0
    ratio: float = 0.5
    fluid: float = 1.0
    stays: float = 1.0
    height_cm: float = 172.0
    weight_kg: float = 78.0
    cells: int = 40

    def build(self) -> LinearSystem:
        """The system."""
        catalogue, drug = CATALOGUE, f"drug.{self.drug}"
        made = PHYSIOLOGY.csf_production.canonical
        absorbed = self.absorbed * PHYSIOLOGY.spinal_absorption.canonical
        if absorbed > 0.99 * made:
            catalogue = self._with(catalogue, "physiology.csf_production", absorbed / 0.99 * 60, "mL/min")
        catalogue = self._with(catalogue, "physiology.spinal_absorption", absorbed * 60, "mL/min")
        for anchor in ANCHORS:
            catalogue = self._with(
                catalogue, f"physiology.{anchor}", self.spread * getattr(PHYSIOLOGY, anchor).canonical, "cm**2/s"
            )
        volume = self.fluid * CATALOGUE.anatomy.csf_volume.canonical
        catalogue = self._with(catalogue, "anatomy.csf_volume", volume, "mL")
        catalogue = self._with(catalogue, f"{drug}.csf.loss_half_life", self.half_life_min, "min")
        residence = self.stays * CATALOGUE.drugs[self.drug].csf.cord_residence.canonical / 60
        catalogue = self._with(catalogue, f"{drug}.csf.cord_residence", residence, "min")
        catalogue = self._with(catalogue, f"{drug}.csf_plasma_ratio", self.ratio, "")
        return build_system(catalogue.drugs[self.drug], catalogue, self.height_cm, self.weight_kg, self.cells)

    def _with(self, catalogue: Catalogue, name: str, number: float, unit: str) -> Catalogue:
        return override(catalogue, name, f"{number:.12f} {unit}".strip(), "test")


def logarithmic(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers whose logarithm is evenly drawn."""
    return st.floats(float(np.log(low)), float(np.log(high))).map(lambda x: float(np.exp(x)))


EXTREMES = st.builds(
    Extreme,
    drug=st.sampled_from(DRUGS),
    spread=logarithmic(0.01, 30.0),
    absorbed=st.just(0.0) | st.floats(0.0, 5.0),
    half_life_min=logarithmic(5.0, 14 * 1440.0),
    ratio=st.just(0.0) | st.floats(0.0, 3.0),
    fluid=st.floats(0.5, 2.0),
    stays=logarithmic(0.03, 30.0),
    height_cm=st.floats(120.0, 210.0),
    weight_kg=st.floats(30.0, 160.0),
    cells=st.sampled_from([26, 31, 40, 55]),
)


def drawn(seed: int, cells: int = 40) -> Extreme:
    """One of them by its seed."""
    random = np.random.default_rng(seed)

    def log(low: float, high: float) -> float:
        return float(np.exp(random.uniform(np.log(low), np.log(high))))

    return Extreme(
        drug=DRUGS[random.integers(len(DRUGS))],
        spread=log(0.01, 30.0),
        absorbed=float(random.choice([0.0, random.uniform(0.0, 5.0)])),
        half_life_min=log(5.0, 14 * 1440.0),
        ratio=float(random.choice([0.0, random.uniform(0.0, 3.0)])),
        fluid=random.uniform(0.5, 2.0),
        stays=log(0.03, 30.0),
        height_cm=random.uniform(120.0, 210.0),
        weight_kg=random.uniform(30.0, 160.0),
        cells=cells,
    )


def entry(system: LinearSystem, route: str, share: float) -> Array:
    """Where a dose by ``route`` enters, at this ``share`` of the canal's length where it is given into the canal."""
    place = share * system.canal.length_cm if route in ("intrathecal", "epidural") else None
    return system.source(route, place)


def schedule(seed: int, segments: int = 60) -> tuple[Array, Array]:
    """Durations (m, s) and rates (m, 1; ug/s) of a restless program: pauses, boluses of a minute, strokes of a second."""
    random = np.random.default_rng(seed)
    kind = random.random(segments)
    durations = np.select([kind < 0.3, kind < 0.4], [60.0, 1.0], random.uniform(60.0, 20_000.0, segments))
    rates = np.where(random.random(segments) < 0.3, 0.0, random.random(segments))
    return durations, (rates * np.select([durations == 60.0, durations == 1.0], [100.0, 1000.0], 1.0))[:, None]
