"""Published effects of opioids and of a local anaesthetic, repeated in the model: one function each.

"Relief" is half of the full effect or more, where a source says only that there was relief.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from math import exp, log1p, sqrt

import numpy as np
from scipy.optimize import brentq

from intrathecal.catalogue import Value
from intrathecal.relief import NO_TOLERANCE, breathing_fraction, exposures, probabilities, relief_fraction
from intrathecal.validation.adult import NG_PER_UG, Adult, Course

HALF = 0.5
# 90 percent of a normal distribution lie below this many standard deviations
NINETY_PERCENT = 1.2816
NMOL_PER_UMOL = 1000.0


def morphine_single_doses(adult: Adult) -> Mapping[str, float]:
    """Morphine at once at L3: how soon and how long there is relief, and when breathing is least."""
    unit = adult.dose("morphine", 1.0, "intrathecal", "L3", 60, step_min=5)
    found = {}
    for name, ug in (("250ug", 250.0), ("500ug", 500.0), ("300ug", 300.0), ("1mg", 1000.0)):
        course = unit.times(ug)
        found[f"morphine-{name}-duration"] = course.minutes_of(adult.relief(course) >= HALF) / 60
    quarter = unit.times(250.0)
    found["morphine-250ug-onset"] = quarter.first_minute(adult.relief(quarter) >= HALF)
    left = breathing_fraction(adult.acting(unit.times(300.0)), NO_TOLERANCE)
    found["morphine-least-breathing"] = float(unit.minutes[np.argmin(left)] / 60)
    return found


def sviggum_2016(adult: Adult) -> Mapping[str, float]:
    """The doses at L3 with which 90 % of women have relief after 12 h, by the spread of the spinal EC50 between people."""
    doses = {}
    for name in ("morphine", "hydromorphone"):
        after = adult.dose(name, 1.0, "intrathecal", "L3", 12, step_min=15).at(720)
        less = insensitivity_of_ninety_percent(adult.catalogue.drugs[name].response.spinal_ec50)
        doses[name] = dose_with(partial(relief_of, adult, less), after, HALF)
    return {
        "sviggum-2016-morphine": doses["morphine"],
        "sviggum-2016-hydromorphone": doses["hydromorphone"],
        "sviggum-2016-ratio": doses["morphine"] / doses["hydromorphone"],
    }


def grider_2011(adult: Adult) -> Mapping[str, float]:
    """Morphine from a pump, tip at T10, in people off other opioids: the daily dose of half relief, mcg."""
    rest = adult.at_rest("morphine", 1.0, "intrathecal", "T10")
    return {"grider-2011-dose": dose_with(partial(relief_of, adult, 1.0), rest, HALF)}


def morphine_elsewhere(adult: Adult) -> Mapping[str, float]:
    """Morphine by vein and by mouth, to people who never had it: minutes to the greatest relief."""
    found = {}
    for name, route in (("vein", "intravenous"), ("mouth", "oral")):
        course = adult.dose("morphine", 1.0, route, None, 24, step_min=1)
        found[f"morphine-{name}-peak"] = float(course.minutes[np.argmax(adult.relief(course))])
    return found


def romberg_2003(adult: Adult) -> Mapping[str, float]:
    """Depression of breathing at the concentrations that gave a quarter of it, percent."""
    drug = adult.catalogue.drugs["morphine"]
    if drug.metabolite is None:
        return {"romberg-2003-morphine": float("nan"), "romberg-2003-m6g": float("nan")}
    none = {site: np.zeros(1) for site in ("spinal", "supraspinal", "plasma", "metabolite")}
    morphine = 28 / NMOL_PER_UMOL * drug.molar_mass.canonical / NG_PER_UG
    glucuronide = 528 / NMOL_PER_UMOL * drug.metabolite.molar_mass.canonical / NG_PER_UG
    found = {}
    for name, site, level in (("morphine", "plasma", morphine), ("m6g", "metabolite", glucuronide)):
        course = Course(drug, np.zeros(1), {**none, site: np.array([level])})
        left = breathing_fraction(adult.acting(course), NO_TOLERANCE)
        found[f"romberg-2003-{name}"] = 100 * (1 - float(left[0]))
    return found


def ngan_kee_2014(adult: Adult) -> Mapping[str, float]:
    """Fentanyl and bupivacaine at L3 in labour, percent relief after 15 min; and together, points above additivity."""
    doses = {"fentanyl": (5.0, 13.82, 25.0), "bupivacaine": (625.0, 1590.0, 2500.0)}
    units = {name: adult.dose(name, 1.0, "intrathecal", "L3", 0.5) for name in doses}
    found = {
        f"{name}-{ug:g}ug": 100 * float(adult.relief(units[name].times(ug).at(15))[0])
        for name, several in doses.items()
        for ug in several
    }
    half = [units[name].times(several[1] / 2) for name, several in doses.items()]
    none = adult.catalogue.relief.opioid_local_anaesthetic_synergy
    additive = replace(
        adult.catalogue.relief, opioid_local_anaesthetic_synergy=replace(none, number=Decimal(0), spread=None)
    )
    for minute in (15, 30):
        acting = adult.acting(*(course.at(minute) for course in half))
        both, sum_alone = (
            relief_fraction(values, acting, NO_TOLERANCE) for values in (adult.catalogue.relief, additive)
        )
        found[f"synergy-{minute}min"] = 100 * float((both - sum_alone)[0])
    return found


def sufentanil_labour(adult: Adult) -> Mapping[str, float]:
    """Sufentanil at L3: the doses of 50 and 95 % relief after 15 min, and of 50 % after 30 min, mcg."""
    unit = adult.dose("sufentanil", 1.0, "intrathecal", "L3", 0.5)

    def dose(minute: float, wanted: float) -> float:
        return dose_with(partial(relief_of, adult, 1.0), unit.at(minute), wanted)

    return {
        "sufentanil-ed50": dose(15, HALF),
        "sufentanil-ed95": dose(15, 0.95),
        "sufentanil-ed50-30min": dose(30, HALF),
    }


def unwanted(adult: Adult) -> Mapping[str, float]:
    """Itching and respiratory depression after single doses of morphine at L3, percent of people without opioids before."""
    unit = adult.dose("morphine", 1.0, "intrathecal", "L3", 24, step_min=5)
    effects = {name: adult.catalogue.side_effects[name] for name in ("itching", "respiratory-depression")}
    found: dict[str, float] = {}
    for label, ug in (("200ug", 200.0), ("500ug", 500.0), ("1mg", 1000.0)):
        seen = exposures(effects, adult.acting(unit.times(ug)), NO_TOLERANCE)
        rates = probabilities(effects, {name: float(index.max()) for name, index in seen.items()})
        found |= {f"{name}-{label}": 100 * rate for name, rate in rates.items()}
    return found


OPIOIDS: tuple[Callable[[Adult], Mapping[str, float]], ...] = (
    morphine_single_doses,
    sviggum_2016,
    grider_2011,
    morphine_elsewhere,
    romberg_2003,
    ngan_kee_2014,
    sufentanil_labour,
    unwanted,
)


def relief_of(adult: Adult, insensitivity: float, course: Course) -> float:
    """Relief at the first time of ``course`` in a person who needs so many times the concentration."""
    return float(relief_fraction(adult.catalogue.relief, adult.acting(course), NO_TOLERANCE, insensitivity)[0])


def dose_with(relief: Callable[[Course], float], unit: Course, wanted: float) -> float:
    """How many times ``unit`` gives the ``wanted`` relief; NaN where no dose does."""

    def beyond(exponent: float) -> float:
        return relief(unit.times(float(10**exponent))) - wanted

    lowest, highest = -9.0, 9.0
    if not beyond(lowest) <= 0 <= beyond(highest):
        return float("nan")
    return float(10 ** brentq(beyond, lowest, highest, xtol=1e-9))


def insensitivity_of_ninety_percent(ec50: Value) -> float:
    """How many times the median EC50 covers 90 % of people, where its coefficient of variation is given (lognormal)."""
    if ec50.spread is None or ec50.spread.kind != "cv":
        return float("nan")
    return exp(NINETY_PERCENT * sqrt(log1p(float(ec50.spread.numbers[0]) ** 2)))
