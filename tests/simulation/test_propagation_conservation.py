"""Whatever the patient, drug and program: what entered is somewhere, nothing is below zero, and two methods agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from intrathecal.catalogue import Value, load_catalogue
from intrathecal.simulation.propagation import choose
from intrathecal.simulation.squaring import squaring
from intrathecal.simulation.system import ELIMINATED, LinearSystem, build_system

CATALOGUE = load_catalogue()
CELLS = 30
#: Values that are drawn, each multiplied by a factor of up to this either way.
DRAWN = {
    "stroke_volume": 2.5,
    "heart_rate": 2.0,
    "respiratory_displacement": 2.0,
    "lateral_mixing": 5.0,
    "dispersion_l3": 20.0,
    "dispersion_t6": 20.0,
    "dispersion_c4": 20.0,
    "csf_production": 2.0,
    "spinal_absorption": 1.7,
    "cranial_volume": 1.8,
    "cranial_exchange": 5.0,
}


def scaled(value: Value, factor: float) -> Value:
    """``value`` times ``factor``."""
    return replace(value, number=value.number * Decimal(repr(factor)))


@dataclass(frozen=True)
class Patient:
    """What is drawn: factors (their powers) of the values in `DRAWN`, a drug, its own losses, a size."""

    powers: tuple[float, ...]
    drug: str
    slower: float
    longer: float
    cord_share: float
    height_cm: float
    weight_kg: float

    def build(self) -> LinearSystem:
        """The system of this drug in this patient."""
        factors = {name: largest**power for (name, largest), power in zip(DRAWN.items(), self.powers, strict=True)}
        values = {name: scaled(getattr(CATALOGUE.physiology, name), factor) for name, factor in factors.items()}
        drug = CATALOGUE.drugs[self.drug]
        csf = replace(
            drug.csf,
            loss_half_life=scaled(drug.csf.loss_half_life, 4.0**self.slower),
            cord_residence=scaled(drug.csf.cord_residence, 4.0**self.longer),
            cord_share=replace(drug.csf.cord_share, number=Decimal(repr(self.cord_share))),
        )
        catalogue = replace(CATALOGUE, physiology=replace(CATALOGUE.physiology, **values))
        return build_system(replace(drug, csf=csf), catalogue, self.height_cm, self.weight_kg, CELLS)


PATIENTS = st.builds(
    Patient,
    powers=st.tuples(*[st.floats(-1, 1) for _ in DRAWN]),
    drug=st.sampled_from(sorted(CATALOGUE.drugs)),
    slower=st.floats(-1, 1),
    longer=st.floats(-1, 1),
    cord_share=st.floats(0, 1),
    height_cm=st.floats(120, 210),
    weight_kg=st.floats(30, 160),
)


def nothing_or(most: float) -> st.SearchStrategy[float]:
    """Zero, or a number between a millionth of a millionth of ``most`` and ``most``."""
    return st.just(0.0) | st.floats(1e-12 * most, most)


SEGMENTS = st.lists(
    st.tuples(
        st.one_of(nothing_or(100.0), st.sampled_from([60.0, 900.0, 86400.0]), st.floats(1, 4e6)),
        nothing_or(0.1),
        nothing_or(5.0),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(PATIENTS, SEGMENTS, st.floats(0, 66), nothing_or(1000.0))
def test_every_microgram_is_somewhere(
    patient: Patient, segments: list[tuple[float, float, float]], place: float, dose: float
) -> None:
    """What entered is in a part or eliminated, to 1e-9 of it by either method; both agree to 1e-9; none is negative."""
    built = patient.build()
    durations = np.array([segment[0] for segment in segments])
    inputs = np.array([segment[1:] for segment in segments])
    where = min(place, built.canal.length_cm)
    sources = np.stack([built.source("intrathecal", where), built.source("intravenous")], axis=1)
    start = dose * built.source("epidural", where)
    entered = dose + float(durations @ inputs.sum(axis=1))
    rows = np.array([*built.sites.values(), *built.effects.values()])
    found = []
    for propagator in (choose(built), squaring(built)):
        run = propagator.run(propagator.internal(start), durations, inputs, sources)
        x = propagator.physical(run.states[-1])
        parts = built.amounts(x)
        eliminated = float(built.sinks[ELIMINATED] @ propagator.integral(run.states[-1]))
        assert abs(entered - sum(parts.values()) - eliminated) <= 1e-10 * entered
        assert min(*parts.values(), eliminated) >= 0
        assert propagator.observe(run.states, rows).min() >= 0
        found.append(np.append(x[built.parent > 0], eliminated))
    assert np.abs(found[0] - found[1]).sum() <= 1e-9 * entered


@settings(max_examples=25, deadline=None)
@given(PATIENTS, st.floats(0, 66), st.floats(0, 66))
def test_more_in_means_more_everywhere(patient: Patient, place: float, other: float) -> None:
    """A second source never lowers a concentration anywhere, and twice the dose is twice the answer."""
    built = patient.build()
    propagator = choose(built)
    places = [min(z, built.canal.length_cm) for z in (place, other)]
    sources = np.stack([built.source("intrathecal", z) for z in places], axis=1)
    start = propagator.internal(np.zeros(len(built.states)))
    rows = np.array([*built.sites.values(), *built.effects.values()])
    durations = np.array([600.0, 7200.0, 86400.0])
    one, both, twice = (
        propagator.observe(propagator.run(start, durations, np.tile(rates, (3, 1)), sources).states, rows)
        for rates in ([1.0, 0.0], [1.0, 1.0], [2.0, 0.0])
    )
    assert np.all(both >= one * (1 - 1e-9) - 1e-9 * one.max())
    assert np.abs(twice - 2 * one).max() <= 1e-12 * one.max()
