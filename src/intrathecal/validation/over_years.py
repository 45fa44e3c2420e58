"""Published tolerance to opioids, repeated in the model: one function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from intrathecal.relief import Tolerated, advance, site_index
from intrathecal.validation.adult import DAY_S, Adult

MONTH_DAYS = 365.25 / 12
# the pain that patients in the cohorts lost, about
HELD_RELIEF = 0.6
# a trial and the first adjustments: the doses of a cohort's start are those of a person in whom the fast part has come
TRIAL_DAYS = 14


def chu_2012(adult: Adult) -> Mapping[str, float]:
    """A month of 78 mg oral morphine a day: how much less potent an opioid is, percent, at both sites on average."""
    acting = adult.acting(adult.at_rest("morphine", 78_000.0, "oral", None))
    values, steps = adult.catalogue.relief.tolerance, 30
    spinal, supraspinal = (np.repeat(site_index(acting, "opioid", site), steps) for site in ("spinal", "supraspinal"))
    after, _ = advance(values, Tolerated(), spinal, supraspinal, DAY_S)
    factors = after.factors(values)
    return {"chu-2012-potency": 100 * (1 - 2 / float(factors.spinal + factors.supraspinal))}


def cohorts(adult: Adult) -> Mapping[str, float]:
    """An intrathecal opioid, adjusted every day to the same relief: how the dose grows."""
    relief = adult.catalogue.relief
    needed = (HELD_RELIEF / (1 - HELD_RELIEF)) ** (1 / relief.opioid_hill.canonical)
    days, state, doses = round(24 * MONTH_DAYS) + TRIAL_DAYS, Tolerated(), []
    for _ in range(days + 1):
        doses.append(needed * float(state.factors(relief.tolerance).spinal))
        state, _ = advance(relief.tolerance, state, np.array(doses[-1:]), np.zeros(1), DAY_S)

    def grown(first: float, last: float) -> float:
        start, end = (TRIAL_DAYS + round(months * MONTH_DAYS) for months in (first, last))
        return float(doses[end] / doses[start])

    return {"kumar-2001-growth": grown(0, 6), "hayek-2016-growth": grown(0, 24), "paice-1996-growth": grown(3, 24)}


OVER_YEARS: tuple[Callable[[Adult], Mapping[str, float]], ...] = (chu_2012, cohorts)
