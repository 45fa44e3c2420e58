"""Plasma, the tissues behind it, the gut and an active metabolite: one drug in one body, as a linear system of amounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Drug, Metabolite, Physiology

Array = NDArray[np.float64]

PLASMA, GUT, METABOLITE = "plasma", "gut", "metabolite"


@dataclass(frozen=True)
class Body:
    """dx/dt = generator x, with x in ug; the rows of the drug itself sum, column by column, to ``-eliminated``.

    ``states`` (n): ``plasma``, up to two ``peripheral`` ones, ``gut`` for a drug that can be swallowed, and ``metabolite``
    (ug of metabolite, not of drug) where the catalogue has one. ``generator`` (n, n; 1/s), ``eliminated`` (n; 1/s).
    ``capacity_mL`` (n) are the volumes; the gut, which has no concentration, carries that of plasma.
    """

    states: tuple[str, ...]
    generator: Array
    eliminated: Array
    capacity_mL: Array


def build_body(drug: Drug, physiology: Physiology, weight_kg: float) -> Body:
    """The body of a person of ``weight_kg``.

    Volumes grow in proportion to weight and clearances with its power ``allometric_clearance_exponent``. What the gut
    gives up reaches plasma in the share ``bioavailability``; the rest is eliminated on its first pass. The metabolite is
    formed, mole for mole, from its shares of clearance and first pass. Raises `ValueError` for a weight that is not above zero.
    """
    if not weight_kg > 0:
        raise ValueError(f"weight_kg is {weight_kg}: give a weight above zero")
    kinetics = drug.plasma
    size = weight_kg / kinetics.reference_weight.canonical
    faster = size**physiology.allometric_clearance_exponent.canonical
    volumes = {PLASMA: kinetics.central_volume.canonical * size}
    rates: dict[tuple[str, str], float] = {}
    lost = {PLASMA: kinetics.clearance.canonical * faster / volumes[PLASMA]}
    behind = (
        ("peripheral 1", kinetics.second_volume, kinetics.second_clearance),
        ("peripheral 2", kinetics.third_volume, kinetics.third_clearance),
    )
    for name, volume, clearance in behind:
        if volume is not None and clearance is not None:
            volumes[name] = volume.canonical * size
            rates[PLASMA, name] = clearance.canonical * faster / volumes[PLASMA]
            rates[name, PLASMA] = clearance.canonical * faster / volumes[name]
    if drug.oral is not None:
        absorbed, reaches = drug.oral.absorption_rate.canonical, drug.oral.bioavailability.canonical
        volumes[GUT] = volumes[PLASMA]
        rates[GUT, PLASMA] = absorbed * reaches
        lost[GUT] = absorbed * (1.0 - reaches)

    states = list(volumes)
    generator = np.zeros((len(states), len(states)))
    for (source, target), per_s in rates.items():
        generator[states.index(target), states.index(source)] = per_s
    eliminated = np.array([lost.get(state, 0.0) for state in states])
    generator -= np.diag(generator.sum(axis=0) + eliminated)
    body = Body(tuple(states), generator, eliminated, np.array(list(volumes.values())))
    return body if drug.metabolite is None else _with_metabolite(body, drug, drug.metabolite, size, faster)


def _with_metabolite(body: Body, drug: Drug, metabolite: Metabolite, size: float, faster: float) -> Body:
    """``body`` and the metabolite that is formed from what the body eliminates."""
    volume = metabolite.volume.canonical * size
    heavier = metabolite.molar_mass.canonical / drug.molar_mass.canonical
    shares = {PLASMA: metabolite.formation_fraction.canonical, GUT: metabolite.first_pass_fraction.canonical}
    share = np.array([shares.get(state, 0.0) for state in body.states])
    generator = np.zeros((len(body.states) + 1,) * 2)
    generator[:-1, :-1] = body.generator
    generator[-1, :-1] = body.eliminated * share * heavier
    generator[-1, -1] = -metabolite.clearance.canonical * faster / volume
    return Body(
        (*body.states, METABOLITE), generator, np.append(body.eliminated, 0.0), np.append(body.capacity_mL, volume)
    )
