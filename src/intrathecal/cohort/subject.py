"""The reference adult who is given one drug by every route: what reaches the effect sites at rest."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from intrathecal.catalogue import Catalogue, Drug, Mechanism
from intrathecal.catalogue.errors import nearest
from intrathecal.quantities import InputError
from intrathecal.relief import NO_TOLERANCE, Factors, indices, relief_fraction, site_index, spasticity_fraction, steady
from intrathecal.simulation.system import (
    ELIMINATED,
    EPIDURAL_ROUTE,
    INTRATHECAL,
    INTRAVENOUS,
    ORAL,
    LinearSystem,
    build_system,
)

Array = NDArray[np.float64]
Patient = Literal["naive", "tolerant"]

ROUTES = (ORAL, INTRAVENOUS, EPIDURAL_ROUTE, INTRATHECAL)
SYSTEMIC = (ORAL, INTRAVENOUS)
#: Where drug is given into the fluid and into the epidural space.
LEVEL = "T10"
#: What the patient called tolerant swallows, and the mechanism that tolerance is to.
ORAL_OPIOID = "morphine"
OPIOID: Mechanism = "opioid"
#: At rest as much is eliminated as is given: by so much of it that may fail to come out.
UNTOLD = 0.01
#: Systems that are kept: of the drug and of the oral opioid.
KEPT = 2


class EquivalenceError(InputError):
    """Something that was asked for cannot be answered: one message with what is wrong and what would be right."""


class Systems:
    """The reference adult's systems; the first ones are kept for catalogues that agree with theirs on all that is in them."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, LinearSystem] = {}

    def of(self, drug: Drug, catalogue: Catalogue) -> LinearSystem:
        """The system of ``drug``; raises `EquivalenceError` for values that make none."""
        adult, relief = catalogue.physiology, catalogue.relief
        key = drug, adult, catalogue.anatomy, relief.spinal_top, relief.spinal_bottom
        if key in self._kept:
            return self._kept[key]
        try:
            system = build_system(drug, catalogue, adult.adult_height.canonical, adult.adult_weight.canonical)
        except ValueError as problem:
            raise EquivalenceError(f"{drug.name}: {problem}") from None
        if len(self._kept) < KEPT:
            self._kept[key] = system
        return system


@dataclass(frozen=True)
class Subject:
    """The reference adult of ``catalogue``, with a drug and its system."""

    catalogue: Catalogue
    drug: Drug
    systems: Systems

    @cached_property
    def system(self) -> LinearSystem:
        """The drug's own."""
        return self.systems.of(self.drug, self.catalogue)

    @cached_property
    def at_rest(self) -> Mapping[str, Mapping[str, float]]:
        """Concentration (ug/mL) at every effect site for 1 ug/s given for ever, by route; 0 where the drug has no such route."""
        return {route: steady_effects(self.system, route) for route in ROUTES}

    @cached_property
    def tolerances(self) -> Mapping[Patient, Factors]:
        """What the effect of opioids is divided by: by nothing, or by the tolerance to the oral opioid taken for long."""
        if self.drug.response.mechanism != OPIOID:
            return {"naive": NO_TOLERANCE, "tolerant": NO_TOLERANCE}
        relief, opioid = self.catalogue.relief, self.catalogue.drugs[ORAL_OPIOID]
        taken = relief.tolerant_oral_opioid.canonical
        at_rest = steady_effects(self.systems.of(opioid, self.catalogue), ORAL)
        effects = {site: np.array([taken * seen]) for site, seen in at_rest.items()}
        acting = indices(relief, [(opioid, effects)])
        spinal, supraspinal = (float(site_index(acting, OPIOID, site)[0]) for site in ("spinal", "supraspinal"))
        return {"naive": NO_TOLERANCE, "tolerant": steady(spinal, supraspinal).factors(relief.tolerance)}

    def effect(self, patient: Patient, effects: Mapping[str, Array]) -> Array:
        """The fraction (t,) of pain or of spasticity that the drug takes at ``effects`` (each (t,), ug/mL)."""
        relief, acting = self.catalogue.relief, indices(self.catalogue.relief, [(self.drug, effects)])
        if self.drug.effect == "spasticity":
            return spasticity_fraction(acting)
        return relief_fraction(relief, acting, self.tolerances[patient])

    @property
    def half(self) -> float:
        """The effect that is half of the greatest."""
        return 0.5 * self.drug.response.ceiling.canonical


def subject(catalogue: Catalogue, name: str, systems: Systems | None = None) -> Subject:
    """The reference adult and the drug ``name``; raises `EquivalenceError` for an unknown one."""
    if name not in catalogue.drugs:
        raise EquivalenceError(f"{name}: the catalogue has no such drug; {nearest(name, catalogue.drugs)}")
    return Subject(catalogue, catalogue.drugs[name], systems or Systems())


def source(system: LinearSystem, route: str) -> Array:
    """Where a dose by ``route`` enters (n), at `LEVEL` where the route has a place."""
    return system.source(route, None if route in SYSTEMIC else system.canal.sites_cm[LEVEL])


def steady_effects(system: LinearSystem, route: str) -> dict[str, float]:
    """Concentration at every effect site (ug/mL) for 1 ug/s given for ever; 0 where the drug has no such route.

    Raises `EquivalenceError` where so little is ever eliminated that no amount at rest can be told.
    """
    try:
        entry = source(system, route)
    except ValueError:
        return dict.fromkeys(system.effects, 0.0)
    x = splu(-system.generator.tocsc()).solve(entry)
    if abs(float(system.sinks[ELIMINATED] @ x) - 1.0) > UNTOLD:
        raise EquivalenceError(f"{system.drug}: with these values hardly any of it is ever eliminated; change them")
    return {site: float(row @ x) for site, row in system.effects.items()}


def followed_fluid(system: LinearSystem, site: str) -> Array:
    """The row (n) of the concentration that the effect site follows, from its equation dCe/dt = k (C - Ce)."""
    row = system.effects[site]
    state = int(np.argmax(row))
    inflow = system.generator[[state]].toarray()[0]
    forgotten_per_s, inflow[state] = -inflow[state], 0.0
    return np.asarray(row[state] / forgotten_per_s * inflow)
