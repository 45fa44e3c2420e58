"""Doses that do the same by every route, for ever: their ratios come out of the model."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import logit

from intrathecal.cohort.subject import ROUTES, SYSTEMIC, Array, EquivalenceError, Patient, Subject
from intrathecal.simulation.system import INTRATHECAL, ORAL

Basis = Literal["effect", "csf"]
Case = tuple[Basis, Patient]
#: What is answered: equal effect, or equal concentration in the lumbosacral fluid; with tolerance and without.
CASES: tuple[Case, ...] = (
    ("effect", "tolerant"),
    ("effect", "naive"),
    ("csf", "tolerant"),
    ("csf", "naive"),
)
#: The search for a dose, in powers of e: its precision, its longest step, how many, the flattest slope, and how far it goes.
PRECISION, LONGEST, STEPS, FLATTEST, FARTHEST = 1e-12, 30.0, 8, 0.01, 200.0


def missing_routes(subject: Subject, basis: Basis) -> dict[str, str]:
    """The routes without an answer, and why."""
    drug, missing = subject.drug, {}
    for route in ROUTES:
        effects = subject.at_rest[route]
        if route == ORAL and drug.oral is None:
            missing[route] = "no oral values in the catalogue"
        elif basis == "effect" and route in SYSTEMIC and drug.response.plasma_ec50 is None:
            missing[route] = "no effect from plasma in the catalogue"
        elif not (any(effects.values()) if basis == "effect" else effects["spinal"]):
            missing[route] = "with these values nothing that is given arrives"
    return missing


def equal_doses(subject: Subject, basis: Basis, patient: Patient) -> dict[str, float]:
    """Constant doses (ug/s) of equal effect, by every route that there is.

    ``effect``: each gives half of the greatest effect; tolerance does not move while routes are compared. ``csf``: each
    holds the mean of the lumbosacral fluid at the drug's spinal EC50; tolerance has no part in it. Raises
    `EquivalenceError` where the values are such that no dose does.
    """
    missing = missing_routes(subject, basis)
    if INTRATHECAL in missing:
        raise EquivalenceError(f"{subject.drug.name}: {missing[INTRATHECAL]}; change them")
    given = {route: subject.at_rest[route] for route in ROUTES if route not in missing}
    if basis == "csf":
        wanted = subject.drug.response.spinal_ec50.canonical
        return {route: wanted / effects["spinal"] for route, effects in given.items()}
    return {
        route: half_maximal(subject, patient, {site: np.array([seen]) for site, seen in effects.items()})
        for route, effects in given.items()
    }


def half_maximal(subject: Subject, patient: Patient, effects: Mapping[str, Array]) -> float:
    """How many times ``effects`` (ug/mL at every site, over time) have at their best half of the greatest effect.

    The logarithm of the odds grows with that of the dose, along a line as steep as the Hill coefficient: the secant method
    ends in a few steps, and where it does not, Brent's method does. To 12 digits. Raises `EquivalenceError` where there is no
    such dose.
    """
    ceiling = 2.0 * subject.half

    def log_odds(power: float) -> float:
        best = float(subject.effect(patient, {site: exp(power) * seen for site, seen in effects.items()}).max())
        return float(np.clip(logit(min(best / ceiling, 1.0)), -LONGEST, LONGEST)) if ceiling > 0 else -LONGEST

    start = log(subject.drug.response.spinal_ec50.canonical / max(seen.max() for seen in effects.values()))
    power, found, slope = start, log_odds(start), subject.drug.response.hill.canonical
    for _ in range(STEPS):
        step = float(np.clip(-found / slope, -LONGEST, LONGEST))
        if abs(step) < PRECISION:
            return exp(power)
        before, power = found, power + step
        found = log_odds(power)
        slope = max((found - before) / step, FLATTEST)
    low, high = start - FARTHEST, start + FARTHEST
    if not log_odds(low) < 0 < log_odds(high):
        raise EquivalenceError(f"{subject.drug.name}: no dose has half of the greatest effect; change the values")
    return exp(brentq(log_odds, low, high, xtol=PRECISION))


def ratios(doses: Mapping[str, float]) -> dict[str, float]:
    """Every dose over the intrathecal one, mass for mass."""
    return {route: dose / doses[INTRATHECAL] for route, dose in doses.items()}
