"""The same model of relief for one person at one time, compiled: what a cohort asks every patient millions of times.

`person_of` writes the values of a person into arrays; the functions below follow `indices`, `response`, `tolerance`,
`breathing`, `side_effects` and `patient` formula by formula, in scalars. Tests hold the two together to round-off, and every
cohort checks patients of its own against the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, expm1, inf, log, log1p, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Drug, Relief, SideEffect, Value
from intrathecal.compiled import compiled, inlined
from intrathecal.relief.indices import OPIOID
from intrathecal.relief.patient import ANSWERED_AS_WORST, HALVINGS, LARGEST_POWER, WORST_PAIN
from intrathecal.relief.response import LOCAL_ANAESTHETIC
from intrathecal.relief.score import normals, wandering
from intrathecal.relief.sites import METABOLIC, SPINAL, SUPRASPINAL, SYSTEMIC

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

#: The order of the effect sites in a drug's concentrations.
SITES = (SPINAL, SUPRASPINAL, SYSTEMIC, METABOLIC)
#: What a drug is to relief: an opioid, a local anaesthetic, another drug against the complaint, or none.
AS_OPIOID, AS_LOCAL, AS_OTHER, IDLE = range(4)
#: Columns of ``Person.drugs``: 1 / EC50 at each site, then these; those of breathing are 1 / C50 as well.
HILL, CEILING, SYSTEMIC_SHARE, BREATHING_FLUID, BREATHING_PLASMA, BREATHING_METABOLITE, BREATHING_HILL = range(4, 11)
#: Entries of ``Person.shared``.
(
    OPIOID_HILL,
    SITE_SYNERGY,
    LOCAL_SYNERGY,
    PLACEBO_MAX,
    PLACEBO_HALF_S,
    FAST_MAX,
    SPINAL_SLOW,
    SUPRASPINAL_SLOW,
    STEEPEST_LOCAL,
    STEEPEST_BREATHING,
) = range(10)
#: A logarithm of odds below which nothing is left of a share.
LEAST_ODDS = -700.0
#: Entries of a tolerance state, and of ``Person.kept``: what is left of a distance after a step, up and down, fast and slow.
SPINAL_FAST, SPINAL_SLOWLY, SUPRASPINAL_FAST, SUPRASPINAL_SLOWLY = range(4)
#: Entries of what is felt.
FRACTION, BREATHING, SPINAL_FACTOR, SUPRASPINAL_FACTOR, SPINAL_OPIOID, SUPRASPINAL_OPIOID = range(6)


class Person(NamedTuple):
    """What relief depends on in one person: ``drugs`` (k, 11), ``roles`` and ``opioid`` (k,), ``shared`` (10,), ``kept`` (4,).

    The last two that are ``shared`` are the steepest Hill exponents of the local anaesthetics and of breathing, 0 for none.
    """

    drugs: Array
    roles: Ints
    opioid: Ints
    shared: Array
    kept: Array


def person_of(relief: Relief, drugs: Sequence[Drug], followed: str, step_s: float) -> Person:
    """The arrays for a person who is given ``drugs``; ``followed`` is "pain" or "spasticity", asked every ``step_s``."""
    tolerance = relief.tolerance
    halves = (
        tolerance.fast_half_life,
        tolerance.fast_recovery_half_life,
        tolerance.slow_half_life,
        tolerance.slow_recovery_half_life,
    )
    shared = (
        relief.opioid_hill,
        relief.site_synergy,
        relief.opioid_local_anaesthetic_synergy,
        relief.placebo_max,
        relief.placebo_half_time,
        tolerance.fast_max,
        tolerance.spinal_slow_max,
        tolerance.supraspinal_slow_max,
    )
    rows, roles = np.array([_row(relief, drug) for drug in drugs]), np.array([_role(drug, followed) for drug in drugs])
    steepest = (rows[roles == AS_LOCAL, HILL].max(initial=0.0), rows[:, BREATHING_HILL].max(initial=0.0))
    return Person(
        drugs=rows,
        roles=roles,
        opioid=np.array([int(drug.response.mechanism == OPIOID) for drug in drugs]),
        shared=np.array([*(value.canonical for value in shared), *steepest]),
        kept=np.array([0.5 ** (step_s / half.canonical) for half in halves]),
    )


def _row(relief: Relief, drug: Drug) -> list[float]:
    response, metabolite, breathing = drug.response, drug.metabolite, drug.breathing
    cranial = response.supraspinal_ec50
    return [
        _over(response.spinal_ec50),
        _over(cranial),
        _over(response.plasma_ec50),
        _over(metabolite.plasma_ec50 if metabolite is not None else None),
        response.hill.canonical,
        response.ceiling.canonical,
        relief.systemic_spinal_share.canonical if cranial is not None else 1.0,
        _over(breathing.fluid_c50 if breathing is not None else None),
        _over(breathing.plasma_c50 if breathing is not None else None),
        _over(metabolite.breathing_c50 if breathing is not None and metabolite is not None else None),
        breathing.hill.canonical if breathing is not None else 0.0,
    ]


def _over(value: Value | None) -> float:
    """One over a concentration, so that nothing has to be divided at every step; 0 where it does not act."""
    return 1.0 / value.canonical if value is not None else 0.0


def _role(drug: Drug, followed: str) -> int:
    if drug.effect != followed:
        return IDLE
    if followed == "pain":
        return {OPIOID: AS_OPIOID, LOCAL_ANAESTHETIC: AS_LOCAL}.get(drug.response.mechanism, AS_OTHER)
    return AS_OTHER


class Unwanted(NamedTuple):
    """Side effects: which drugs count (e, k), at which site (e,; 0 spinal, 1 supraspinal), and whether it wears off (e,)."""

    counts: Ints
    site: Ints
    wears_off: Ints


def unwanted_of(effects: Mapping[str, SideEffect], drugs: Sequence[Drug]) -> Unwanted:
    """The arrays of ``effects`` for people who are given ``drugs``."""
    rows = [[int(drug.response.mechanism == effect.mechanism) for drug in drugs] for effect in effects.values()]
    return Unwanted(
        np.array(rows, dtype=np.int64).reshape(len(effects), len(drugs)),
        np.array([int(effect.site == SUPRASPINAL) for effect in effects.values()], dtype=np.int64),
        np.array([int(effect.wears_off) for effect in effects.values()], dtype=np.int64),
    )


def scatter(relief: Relief, seed: int, count: int, step_s: float) -> Array:
    """How far the answers lie from the pain at the first ``count`` steps (count,): `score.noise`, bit for bit."""
    away = normals(seed, 0, count, step_s)
    _wander(away, *wandering(relief, step_s))
    return away


@compiled
def _wander(draws: Array, spread: float, stays: float, moves: float) -> None:
    """Turn ``draws`` (t,) into what wanders by them."""
    last = spread * draws[0]
    draws[0] = last
    for step in range(1, len(draws)):
        last = stays * last + moves * draws[step]
        draws[step] = last


@inlined
def feel(
    drugs: Array,
    roles: Ints,
    opioid: Ints,
    shared: Array,
    seen: Array,
    tolerated: Array,
    insensitivity: float,
    sites: Array,
    felt: Array,
) -> None:
    """What drugs do at concentrations ``seen`` (k, 4; ug/mL) and a tolerance ``tolerated`` (4,), in the person of the first four.

    The indices of every drug are written into ``sites`` (k, 2), and into ``felt`` (6,) the fraction of the complaint that is
    taken away, what is left of breathing, the factors of tolerance, and the opioids' indices that tolerance follows.
    """
    # Arrays one by one, not as a `Person`, and every number read where it stands: each array that is taken out of another
    # thing is counted by a locked instruction, and that costs more than what is done with it here.
    fast = shared[FAST_MAX]
    spinal_factor = 1.0 + fast * tolerated[SPINAL_FAST] + shared[SPINAL_SLOW] * tolerated[SPINAL_SLOWLY]
    brain_factor = 1.0 + fast * tolerated[SUPRASPINAL_FAST] + shared[SUPRASPINAL_SLOW] * tolerated[SUPRASPINAL_SLOWLY]
    spinal_opioid, brain_opioid = 0.0, 0.0
    for drug in range(len(roles)):
        systemic = seen[drug, 2] * drugs[drug, 2] + seen[drug, 3] * drugs[drug, 3]
        spinal = seen[drug, 0] * drugs[drug, 0] + drugs[drug, SYSTEMIC_SHARE] * systemic
        brain = seen[drug, 1] * drugs[drug, 1] + (1.0 - drugs[drug, SYSTEMIC_SHARE]) * systemic
        sites[drug, 0], sites[drug, 1] = spinal, brain
        if opioid[drug]:
            spinal_opioid += spinal
            brain_opioid += brain
    felt[SPINAL_OPIOID] = spinal_opioid
    felt[SUPRASPINAL_OPIOID] = brain_opioid
    felt[SPINAL_FACTOR] = spinal_factor
    felt[SUPRASPINAL_FACTOR] = brain_factor
    felt[FRACTION] = _taken(drugs, roles, shared, sites, spinal_factor, brain_factor, insensitivity)
    felt[BREATHING] = _breathing(drugs, opioid, shared[STEEPEST_BREATHING], seen, brain_factor)


@inlined
def _taken(
    drugs: Array,
    roles: Ints,
    shared: Array,
    sites: Array,
    spinal_factor: float,
    brain_factor: float,
    insensitivity: float,
) -> float:
    """The fraction of the complaint that is taken away."""
    opioids, locals_, steepest = -inf, -inf, shared[STEEPEST_LOCAL]
    ceiling, acting, left = 0.0, False, 1.0
    for drug in range(len(roles)):
        role, hill = roles[drug], drugs[drug, HILL]
        if role == AS_OPIOID:
            spinal, brain = sites[drug, 0] / spinal_factor, sites[drug, 1] / brain_factor
            both = (spinal + brain + shared[SITE_SYNERGY] * sqrt(spinal) * sqrt(brain)) / insensitivity
            opioids = _add(opioids, hill / shared[OPIOID_HILL] * _log(both))
        elif role == AS_LOCAL:
            locals_ = _add(locals_, hill / steepest * _log(sites[drug, 0] + sites[drug, 1]))
        elif role == AS_OTHER:
            left *= 1.0 - drugs[drug, CEILING] * _share(hill * _log(sites[drug, 0] + sites[drug, 1]))
            continue
        else:
            continue
        acting, ceiling = True, max(ceiling, drugs[drug, CEILING])
    if not acting:
        return 1.0 - left
    odds = shared[OPIOID_HILL] * opioids
    if steepest > 0.0:
        return 1.0 - left * (1.0 - ceiling * _interacting(odds, steepest * locals_, shared[LOCAL_SYNERGY]))
    return 1.0 - left * (1.0 - ceiling * _share(odds))


@inlined
def _interacting(first: float, second: float, synergy: float) -> float:
    """The share of the odds a + b + ``synergy`` sqrt(a b), of the logarithms of a and b; all in units of the larger."""
    large, small = max(first, second), min(first, second)
    if small == -inf or large <= LEAST_ODDS:
        return _share(large)
    root = exp(0.5 * (small - large))
    odds = 1.0 + root * (root + synergy)
    return odds / (odds + exp(-large))


@inlined
def _breathing(drugs: Array, opioid: Ints, steepest: float, seen: Array, brain_factor: float) -> float:
    """What is left of breathing."""
    odds = -inf
    if steepest == 0.0:
        return 1.0
    for drug in range(len(opioid)):
        if drugs[drug, BREATHING_HILL] > 0.0:
            acts = (
                seen[drug, 1] * drugs[drug, BREATHING_FLUID]
                + seen[drug, 2] * drugs[drug, BREATHING_PLASMA]
                + seen[drug, 3] * drugs[drug, BREATHING_METABOLITE]
            )
            needed = brain_factor if opioid[drug] else 1.0
            odds = _add(odds, drugs[drug, BREATHING_HILL] / steepest * _log(acts / needed))
    return _share(-steepest * odds)


@inlined
def tolerate(kept: Array, tolerated: Array, felt: Array) -> None:
    """Move ``tolerated`` (4,) on by one step, by what is ``kept`` (4,) in it, at the opioids' indices of what is ``felt``."""
    for part in range(4):
        index = felt[SPINAL_OPIOID] if part < SUPRASPINAL_FAST else felt[SUPRASPINAL_OPIOID]
        target, held = 1.0 - 1.0 / (1.0 + index), tolerated[part]
        slow = 2 * (part % 2)
        tolerated[part] = target + (held - target) * (kept[slow] if target > held else kept[slow + 1])


@inlined
def hoped(shared: Array, since_s: float) -> float:
    """The share of pain that placebo takes of a person with what is ``shared`` (10,)."""
    return -float(shared[PLACEBO_MAX]) * expm1(-log(2.0) * since_s / shared[PLACEBO_HALF_S])


@inlined
def side_effects(counts: Ints, site: Ints, wears_off: Ints, sites: Array, felt: Array, peaks: Array) -> None:
    """Raise ``peaks`` (e,) to what each side effect, of which the first three are `Unwanted`, depends on now."""
    for effect in range(len(peaks)):
        total, where = 0.0, site[effect]
        for drug in range(len(sites)):
            total += counts[effect, drug] * sites[drug, where]
        if wears_off[effect]:
            total /= felt[SUPRASPINAL_FACTOR] if where else felt[SPINAL_FACTOR]
        peaks[effect] = max(peaks[effect], total)


@compiled
def settle(person: Person, seen: Array, pain: float, tolerated: Array) -> tuple[float, float, float]:
    """Who the person is that has ``pain`` at rest at concentrations ``seen`` (k, 4).

    Pain as the person has it, pain without any drug, and insensitivity, as `patient.baseline` finds them; ``tolerated`` (4,)
    becomes the tolerance at rest.
    """
    drugs, roles, opioid, shared = person.drugs, person.roles, person.opioid, person.shared
    sites, felt = np.zeros((len(roles), 2)), np.zeros(6)
    feel(drugs, roles, opioid, shared, seen, np.zeros(4), 1.0, sites, felt)
    for part in range(4):
        index = felt[SPINAL_OPIOID] if part < SUPRASPINAL_FAST else felt[SUPRASPINAL_OPIOID]
        tolerated[part] = 1.0 - 1.0 / (1.0 + index)
    feel(drugs, roles, opioid, shared, seen, tolerated, 1.0, sites, felt)
    spinal, brain = felt[SPINAL_FACTOR], felt[SUPRASPINAL_FACTOR]
    relieved = felt[FRACTION]
    if pain <= WORST_PAIN * (1.0 - relieved):
        return pain, pain / (1.0 - relieved) if pain > 0.0 else 0.0, 1.0
    wanted = max(1.0 - pain / WORST_PAIN, 1.0 - ANSWERED_AS_WORST / WORST_PAIN)
    low, high = 0.0, LARGEST_POWER if relieved > wanted else 0.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _taken(drugs, roles, shared, sites, spinal, brain, 2.0**middle) > wanted:
            low = middle
        else:
            high = middle
    return WORST_PAIN * (1.0 - _taken(drugs, roles, shared, sites, spinal, brain, 2.0**high)), WORST_PAIN, 2.0**high


@inlined
def _log(value: float) -> float:
    return log(value) if value > 0.0 else -inf


@inlined
def _add(first: float, second: float) -> float:
    """The logarithm of the sum of what the two are logarithms of."""
    large, small = max(first, second), min(first, second)
    return large if small == -inf else large + log1p(exp(small - large))


@inlined
def _share(log_odds: float) -> float:
    """Odds / (1 + odds)."""
    return 1.0 / (1.0 + exp(-log_odds)) if log_odds > LEAST_ODDS else 0.0
