"""What is believed of a patient before any data: the people that a cohort draws around the file's patient.

A patient is a vector of deviates, in standard deviations from the median, that are normal and correlate as `drawing` has them.
Height and weight that the file gives are known, and so is what is left of the others' scatter given them; the drive moves as
the file says, and the handset is pressed above the pain that the file names. The rest is d = L u with u standard normal and L
the Cholesky factor of what is left of the correlations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from intrathecal.cohort.drawing import DRIVE, HEIGHT, PRESSING, WEIGHT, Drawn, Population
from intrathecal.flow import Array
from intrathecal.simulation.background import MORPHINE, is_swallowed
from intrathecal.therapy import DrugEntry, Therapy

#: Added to variances before a Cholesky factor: names that hang on each other entirely leave nothing of their own.
ROUND_OFF = 1e-12


@dataclass(frozen=True, eq=False)
class Prior:
    """The deviates ``names`` (n,) of the ``population`` that are not ``known``, and their Cholesky ``factor`` (n, n)."""

    population: Population
    names: tuple[str, ...]
    known: tuple[str, ...]
    factor: Array

    @classmethod
    def of(cls, therapy: Therapy) -> Prior:
        """The prior of the patient of ``therapy``."""
        population = Population(therapy, therapy.simulation.seed)
        known = tuple(name for name in population.names if name in given_of(therapy))
        names = tuple(name for name in population.names if name not in known)
        _, left = conditional(population.correlations(), _places(population, names), _places(population, known))
        return cls(population, names, known, cholesky(left))

    def deviates(self, u: Array) -> Array:
        """The deviates (..., n) of standard normal ``u`` (..., n)."""
        return u @ self.factor.T

    def patient(self, u: Array) -> Drawn:
        """The patient at ``u`` (n,), with the seed of the file, so that presses at random are always the same."""
        deviates = dict(zip(self.names, self.deviates(u).tolist(), strict=True))
        return self.population.patient(
            {**deviates, **dict.fromkeys(self.known, 0.0)}, 0, self.population.therapy.simulation.seed
        )


def given_of(therapy: Therapy) -> set[str]:
    """What is known of the patient of a therapy: it has no deviate."""
    return {PRESSING, DRIVE, *({HEIGHT, WEIGHT} - set(therapy.patient.assumed))}


def conditional(correlations: Array, wanted: Sequence[int], known: Sequence[int]) -> tuple[Array, Array]:
    """The mean and what is left of the ``correlations`` of the ``wanted``, where the deviates ``known`` are given.

    The mean is ``weights @ given``: ``weights`` (w, k) and the covariance (w, w), of normal numbers.
    """
    across, among = correlations[np.ix_(wanted, known)], correlations[np.ix_(known, known)]
    weights = np.asarray(np.linalg.solve(among, across.T).T)
    return weights, correlations[np.ix_(wanted, wanted)] - weights @ across.T


def cholesky(covariance: Array) -> Array:
    """The lower triangular factor of a covariance (n, n), which may be singular."""
    return np.asarray(np.linalg.cholesky(covariance + ROUND_OFF * np.eye(len(covariance))))


def carried(
    prior: Prior, deviates: Array, following: Therapy, random: np.random.Generator
) -> list[Mapping[str, float]]:
    """The same patients in another therapy: ``deviates`` (k, n) of ``prior`` by name, and what ``following`` has besides.

    What a drug that is new has of its own is drawn, given what is known of the others.
    """
    first = prior.population.therapy
    people = Population(_with_drugs_of(following, first), 0)
    own, names = Population(following, 0).names, people.names
    known = [name for name in names if name in prior.names or name in prior.known]
    new = [name for name in own if name not in known]
    weights, left = conditional(people.correlations(), _places(people, new), _places(people, known))
    column = {name: place for place, name in enumerate(prior.names)}
    given = np.array([[row[column[name]] if name in column else 0.0 for name in known] for row in deviates])
    drawn = given @ weights.T + random.standard_normal((len(deviates), len(new))) @ cholesky(left).T
    found: list[Mapping[str, float]] = []
    for old, fresh in zip(given.tolist(), drawn.tolist(), strict=True):
        all_of = {**dict(zip(known, old, strict=True)), **dict(zip(new, fresh, strict=True))}
        found.append({name: all_of[name] for name in own})
    return found


def _with_drugs_of(therapy: Therapy, other: Therapy) -> Therapy:
    """``therapy`` with the drugs of ``other`` besides its own, so that all that varies in either has its place."""
    drugs = {entry.drug.name: entry for entry in (*other.drugs, *therapy.drugs)}
    if is_swallowed(therapy) or is_swallowed(other):
        drugs.setdefault(MORPHINE, DrugEntry(therapy.catalogue.drugs[MORPHINE], None))
    return replace(therapy, drugs=tuple(drugs.values()))


def _places(population: Population, names: Sequence[str]) -> list[int]:
    return [population.names.index(name) for name in names]
