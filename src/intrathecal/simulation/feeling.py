"""What the patient feels: pain or spasticity, breathing and tolerance, from what the drugs reach at their effect sites.

The patient is asked every 15 minutes from the start. Tolerance and the scatter of the answers step from one such time to the
next, whatever else happens between them, so that they depend neither on events nor on how often a run is sampled. Between two
of these times tolerance stays as it was at the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from intrathecal.catalogue import Mechanism, Relief, SideEffect
from intrathecal.flow import Array
from intrathecal.relief import (
    Baseline,
    Factors,
    Indices,
    Tolerated,
    advance,
    ashworth,
    baseline,
    breathing_fraction,
    exposures,
    noise,
    pain,
    placebo,
    relief_fraction,
    scores,
    site_index,
    spasticity_fraction,
)
from intrathecal.therapy import Therapy

#: The patient is asked so often.
STEP_MS = 900_000
STEP_S = STEP_MS / 1000
OPIOID: Mechanism = "opioid"
SITES = ("spinal", "supraspinal")
PAIN, SPASTICITY = "pain", "spasticity"
RELIEF, BREATHING = "relief_fraction", "breathing_fraction"
TOLERANCE_SPINAL, TOLERANCE_SUPRASPINAL = "tolerance_spinal", "tolerance_supraspinal"

Bits = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False)
class Senses:
    """What does not change about how a patient feels; ``followed`` is "pain" or "spasticity"."""

    relief: Relief
    side_effects: Mapping[str, SideEffect]
    baseline: Baseline
    followed: str
    seed: int

    def fraction(self, acting: Sequence[Indices], factors: Factors) -> Array:
        """The part (t,) of untreated pain, or of spasticity, that the drugs take away."""
        if self.followed == SPASTICITY:
            return spasticity_fraction(acting)
        return relief_fraction(self.relief, acting, factors, self.baseline.insensitivity)

    def complaint(self, fraction: Array, times_s: Array) -> Array:
        """Pain (0-10) or spasticity (modified Ashworth scale) that is left (t,); placebo works on pain alone."""
        if self.followed == SPASTICITY:
            return ashworth(self.relief.ashworth_before.canonical, fraction)
        return pain(self.baseline.untreated_pain, fraction, placebo(self.relief, times_s))


@dataclass(frozen=True, eq=False)
class Asked:
    """The patient's answers at k steps of the grid from the ``first``.

    ``complaint`` (k,) is pain or spasticity, ``score`` (k,) what the patient answers, with the scatter ``noise`` (k,).
    ``factors`` hold from each step on; ``tolerated`` is reached at the step after the last.
    """

    first: int
    complaint: Array
    score: Array
    noise: Array
    factors: Factors
    tolerated: Tolerated

    @property
    def times_ms(self) -> list[int]:
        """When the patient was asked."""
        return [(self.first + step) * STEP_MS for step in range(len(self.complaint))]


@dataclass(frozen=True, eq=False)
class Felt:
    """The patient before the next ``step`` of the grid.

    ``tolerated`` is the tolerance at that step, ``factors`` those since the last one, ``complaint`` and ``noise`` the last
    answer without its scatter and that alone. ``peaks`` (by side effect) and ``breathing_min`` are the extremes of the run.
    """

    tolerated: Tolerated
    factors: Factors
    complaint: float
    step: int = 0
    noise: float | None = None
    peaks: Mapping[str, float] = field(default_factory=dict)
    breathing_min: float = 1.0

    def factors_now(self, senses: Senses, now_ms: int) -> Factors:
        """The factors that hold at ``now_ms``, which is at most at the next step."""
        arrived = now_ms == self.step * STEP_MS
        return self.tolerated.factors(senses.relief.tolerance) if arrived else self.factors

    def scatter(self, senses: Senses, steps: int) -> Array:
        """The scatter of the answers at the next ``steps``."""
        return noise(senses.relief, senses.seed, self.step, steps, STEP_S, self.noise)


def senses_of(therapy: Therapy, before: Sequence[Indices]) -> Senses:
    """How the patient of a therapy feels; ``before`` are the indices of the oral opioid at rest, none without one."""
    return Senses(
        relief=therapy.catalogue.relief,
        side_effects=therapy.catalogue.side_effects,
        baseline=baseline(therapy.catalogue.relief, before, therapy.patient.pain),
        followed=SPASTICITY if is_spastic(therapy) else PAIN,
        seed=therapy.simulation.seed,
    )


def is_spastic(therapy: Therapy) -> bool:
    """Whether spasticity is followed and no pain; where no indication is given, the drugs tell."""
    patient = therapy.patient
    if "indication" in patient.assumed:
        return all(entry.drug.effect == SPASTICITY for entry in therapy.drugs)
    return patient.indication == SPASTICITY


def at_first(senses: Senses) -> Felt:
    """The patient at the start, used to the oral opioid."""
    tolerated = senses.baseline.tolerated
    return Felt(tolerated, tolerated.factors(senses.relief.tolerance), senses.baseline.pain)


def steps_between(first_ms: int, to_ms: int) -> range:
    """The steps of the grid in [first, to)."""
    return range(-(-first_ms // STEP_MS), -(-to_ms // STEP_MS))


def ask(senses: Senses, felt: Felt, acting: Sequence[Indices], scatter: Array) -> Asked:
    """The answers at the next steps, one for each of ``scatter``; ``acting`` are the indices at them."""
    times_s = np.arange(felt.step, felt.step + len(scatter), dtype=float) * STEP_S
    spinal, supraspinal = (np.broadcast_to(site_index(acting, OPIOID, site), times_s.shape) for site in SITES)
    tolerated, factors = advance(senses.relief.tolerance, felt.tolerated, spinal, supraspinal, STEP_S)
    complaint = np.broadcast_to(senses.complaint(senses.fraction(acting, factors), times_s), times_s.shape)
    return Asked(felt.step, complaint, scores(complaint, scatter), scatter, factors, tolerated)


def factors_at(felt: Felt, asked: Asked, times_s: Array) -> Factors:
    """The factors that hold at ``times_s`` (t,): those of the last step of the grid."""
    last = np.searchsorted(np.array(asked.times_ms) / 1000, times_s, side="right")
    spinal = np.append(felt.factors.spinal, asked.factors.spinal)
    supraspinal = np.append(felt.factors.supraspinal, asked.factors.supraspinal)
    return Factors(spinal[last], supraspinal[last])


def feelings(senses: Senses, acting: Sequence[Indices], factors: Factors, times_s: Array) -> dict[str, Array]:
    """What is recorded at ``times_s`` (t,), by name."""
    fraction = senses.fraction(acting, factors)
    seen: dict[str, Array | float] = {
        senses.followed: senses.complaint(fraction, times_s),
        RELIEF: fraction,
        BREATHING: breathing_fraction(acting, factors),
        TOLERANCE_SPINAL: factors.spinal,
        TOLERANCE_SUPRASPINAL: factors.supraspinal,
    }
    return {name: np.array(np.broadcast_to(values, times_s.shape)) for name, values in seen.items()}


def go_on(felt: Felt, asked: Asked) -> Felt:
    """The patient after those answers."""
    if not len(asked.complaint):
        return felt
    return replace(
        felt,
        step=asked.first + len(asked.complaint),
        tolerated=asked.tolerated,
        factors=Factors(*(float(np.asarray(site)[-1]) for site in (asked.factors.spinal, asked.factors.supraspinal))),
        noise=float(asked.noise[-1]),
        complaint=float(asked.complaint[-1]),
    )


def worsen(felt: Felt, senses: Senses, acting: Sequence[Indices], feeling: Mapping[str, Array], counted: Bits) -> Felt:
    """The same patient with the extremes of the ``counted`` (t,) times of a ``feeling``."""
    if not counted.any():
        return felt
    factors = Factors(feeling[TOLERANCE_SPINAL], feeling[TOLERANCE_SUPRASPINAL])
    seen = exposures(senses.side_effects, acting, factors)
    peaks = {name: max(felt.peaks.get(name, 0.0), float(values[counted].max())) for name, values in seen.items()}
    return replace(felt, peaks=peaks, breathing_min=min(felt.breathing_min, float(feeling[BREATHING][counted].min())))
