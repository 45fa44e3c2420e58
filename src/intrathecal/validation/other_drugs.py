"""Published effects of clonidine, ziconotide and baclofen, repeated in the model: one function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from intrathecal.relief import NO_TOLERANCE, exposures, probabilities
from intrathecal.validation.adult import NG_PER_UG, Adult, Course
from intrathecal.validation.opioids import HALF, dose_with, relief_of

# a change that a person begins to notice
FIRST_SEEN = 0.1
# as good as at rest
NEARLY_ALL = 0.95


def clonidine(adult: Adult) -> Mapping[str, float]:
    """Clonidine in labour and in the epidural space: how long there is relief; plasma and blood pressure at 30 mcg/h."""
    found = {}
    fluid = adult.dose("clonidine", 1.0, "intrathecal", "L3", 12)
    for ug in (50.0, 100.0, 200.0):
        course = fluid.times(ug)
        found[f"clonidine-labour-{ug:g}ug"] = course.minutes_of(adult.relief(course) >= HALF)
    course = adult.dose("clonidine", 800.0, "epidural", "L3", 24, step_min=5)
    found["clonidine-epidural-800ug"] = course.minutes_of(adult.relief(course) >= HALF) / 60
    rest = adult.at_rest("clonidine", 720.0, "epidural", "T10")
    found["clonidine-epidural-plasma"] = NG_PER_UG * float(rest.effects["plasma"][0])
    found["clonidine-low-blood-pressure"] = _percent(adult, rest, "low-blood-pressure")
    return found


def ziconotide(adult: Adult) -> Mapping[str, float]:
    """Ziconotide from a pump, tip at T10: relief less placebo, how slowly it comes, and confusion."""
    rest = adult.at_rest("ziconotide", 6.96, "intrathecal", "T10")
    steady = float(adult.relief(rest)[0])
    begun = adult.infusion("ziconotide", 6.96, "T10", 240, step_min=15)
    unit = adult.at_rest("ziconotide", 1.0, "intrathecal", "T10")
    half = HALF * adult.catalogue.drugs["ziconotide"].response.ceiling.canonical
    return {
        "ziconotide-relief": 100 * steady,
        "ziconotide-dose": dose_with(partial(relief_of, adult, 1.0), unit, half),
        "ziconotide-onset": begun.first_minute(adult.relief(begun) >= HALF * steady) / 60,
        "ziconotide-confusion": _percent(adult, rest, "confusion"),
    }


def baclofen(adult: Adult) -> Mapping[str, float]:
    """Baclofen: 50 mcg at once at L3, and 100 mcg a day from a pump, tip at T10: when its effect comes, peaks and goes."""
    once = adult.dose("baclofen", 50.0, "intrathecal", "L3", 48)
    effect = adult.relief(once)
    begun = adult.infusion("baclofen", 100.0, "T10", 240, step_min=15)
    rising = adult.relief(begun)
    steady = float(adult.relief(adult.at_rest("baclofen", 100.0, "intrathecal", "T10"))[0])
    return {
        "baclofen-bolus-onset": once.first_minute(effect >= FIRST_SEEN),
        "baclofen-bolus-peak": float(once.minutes[np.argmax(effect)] / 60),
        "baclofen-bolus-duration": once.minutes_of(effect >= HALF * effect.max()) / 60,
        "baclofen-infusion-onset": begun.first_minute(rising >= FIRST_SEEN) / 60,
        "baclofen-infusion-maximum": begun.first_minute(rising >= NEARLY_ALL * steady) / 60,
    }


OTHER_DRUGS: tuple[Callable[[Adult], Mapping[str, float]], ...] = (clonidine, ziconotide, baclofen)


def _percent(adult: Adult, rest: Course, name: str) -> float:
    """How many have the side effect ``name`` under a constant dose, percent."""
    effects = {name: adult.catalogue.side_effects[name]}
    seen = exposures(effects, adult.acting(rest), NO_TOLERANCE)
    return 100 * probabilities(effects, {name: float(seen[name].max())})[name]
