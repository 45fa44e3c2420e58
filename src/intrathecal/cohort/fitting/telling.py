"""The figures of a fit and of what it predicts, under the keys that scripts read (docs/fit.md)."""

from __future__ import annotations

from typing import Any

import numpy as np

from intrathecal.cohort.drawing import ENDS_SDS, PERSONAL
from intrathecal.cohort.fitting.chain import ENOUGH_TIMES
from intrathecal.cohort.fitting.posterior import Posterior
from intrathecal.cohort.fitting.predicting import Prediction
from intrathecal.cohort.outcomes import RESPONDS_PERCENT
from intrathecal.cohort.summing import spread
from intrathecal.flow import Array
from intrathecal.simulation.dates import when
from intrathecal.simulation.feeling import PAIN, SPASTICITY, is_spastic

Figures = dict[str, Any]

#: A value is said to be narrowed where the data took this part of its variance.
NARROWED = 0.05
#: Residuals whose mean square has less than this chance, up or down, are not what the model says of them.
UNLIKELY = 0.01
UNITS = {"height": "cm", "weight": "kg", "pain": "points"}


def figures(found: Posterior) -> Figures:
    """What was fitted, to what, and how far it can be trusted."""
    chain, mode, expecting = found.chain, found.mode, found.expecting
    return {
        "data": {"scores": len(expecting.scores), "samples": len(expecting.samples)},
        "values": _values(found),
        "informed_directions": mode.sampled,
        "information": [float(gain) for gain in mode.gains[: mode.sampled]],
        "fitted": _fitted(found),
        "misfit": found.misfit,
        "chain": {
            "walkers": chain.kept.shape[1] if mode.sampled else 0,
            "steps": chain.kept.shape[0] + chain.left_out if mode.sampled else 0,
            "left_out": chain.left_out,
            "autocorrelation_steps": chain.slowest,
            "effective_draws": chain.effective,
            "acceptance": chain.acceptance,
            "long_enough": chain.is_long_enough,
        },
        "draws": len(found.draws),
        "sentences": sentences(found),
    }


def sentences(found: Posterior) -> list[str]:
    """What has to be said about a fit, in plain words."""
    said = []
    chain = found.chain
    if not found.mode.sampled:
        said.append(
            "The data say nothing about this patient: what is told is what is known of all patients (the prior)."
        )
    elif not chain.is_long_enough:
        steps, times = len(chain.kept), len(chain.kept) / chain.slowest
        said.append(
            f"The chain is too short to trust: its {steps} steps are {times:.0f} autocorrelation times, "
            f"and {ENOUGH_TIMES:.0f} are needed; give more --steps."
        )
    if (far := _far_off(found)) is not None:
        said.append(far)
    return said


def _far_off(found: Posterior) -> str | None:
    """A sentence where the data are further from the fit than they would be if the model held."""
    count = found.likelihood.observed.size
    if not count:
        return None
    from scipy.stats import chi2

    free = max(count - float((found.mode.gains / (1.0 + found.mode.gains)).sum()), 1.0)
    if chi2.sf(found.misfit * count, free) >= UNLIKELY:
        return None
    return (
        f"The model does not describe these data: they lie {np.sqrt(found.misfit * count / free):.1f} times as far from the "
        "fit as their scatter allows; look for a wrong time or unit, and do not trust the intervals."
    )


def _values(found: Posterior) -> list[Figures]:
    """Every value that varies, those that the data narrowed most first; prior and posterior in the unit of the catalogue."""
    prior = found.expecting.prior
    at_mode, drawn, learned = prior.deviates(found.mode.u), found.deviates, found.learned
    width = np.sqrt((prior.factor**2).sum(axis=1))
    told = []
    for place in np.argsort(-learned, kind="stable"):
        name = prior.names[place]
        points = np.percentile(drawn[:, place], [5, 50, 95]).tolist()
        before = [float(width[place]) * end for end in (-ENDS_SDS, 0.0, ENDS_SDS)]
        told.append(
            {
                "name": name,
                "unit": _unit(found, name),
                "fitted": bool(learned[place] >= NARROWED),
                "variance_removed": float(learned[place]),
                "prior": _three([_number(found, name, point) for point in before]),
                "most_likely": _number(found, name, float(at_mode[place])),
                "posterior": _three([_number(found, name, point) for point in points]),
            }
        )
    return told


def _three(ends: list[float]) -> Figures:
    """Percent points of the deviate are those of the value, which rises with it."""
    return {"median": ends[1], "p05": ends[0], "p95": ends[2]}


def _unit(found: Posterior, name: str) -> str:
    if name in PERSONAL:
        return UNITS[name]
    return next(one.value.unit for one in found.expecting.prior.population.varying if one.name == name)


def _number(found: Posterior, name: str, deviate: float) -> float:
    """The value of a name at a deviate."""
    population = found.expecting.prior.population
    if name in PERSONAL:
        drawn = population.patient({**dict.fromkeys(population.names, 0.0), name: deviate}, 0, 0)
        return {"height": drawn.height_cm, "weight": drawn.weight_kg, "pain": drawn.pain}[name]
    return float(next(one for one in population.varying if one.name == name).at(deviate).number)


def _fitted(found: Posterior) -> Figures:
    """The data beside what was fitted to them: no predictions."""
    expecting, therapy = found.expecting, found.expecting.prior.population.therapy
    count = len(expecting.scores)
    scores = [
        {"at": when(therapy, score.at_ms), "nrs": score.nrs, "fitted_mean": spread(found.expected[:, place])}
        for place, score in enumerate(expecting.scores)
    ]
    samples = [
        {
            "at": when(therapy, sample.at_ms),
            "drug": sample.drug,
            "site": sample.site,
            "ug_per_mL": sample.ug_per_mL,
            "fitted_ug_per_mL": spread(np.exp(found.expected[:, count + place])),
        }
        for place, sample in enumerate(expecting.samples)
    ]
    return {"scores": scores, "samples": samples}


def predicted(found: Prediction) -> Figures:
    """The bands of what the next program does."""
    relief = found.relief[np.isfinite(found.relief)]
    return {
        "file": found.therapy.file,
        "followed": SPASTICITY if is_spastic(found.therapy) else PAIN,
        "draws": len(found.mean),
        "complaint_before": spread(found.before),
        "complaint_mean": spread(found.mean),
        "relief_percent": spread(found.relief),
        "responds_probability": float(np.mean(relief >= RESPONDS_PERCENT)) if relief.size else None,
        "breathing_fraction_min": spread(found.lowest),
        "presses_given": spread(found.presses),
        "hours": (found.times_s / 3600.0).tolist(),
        "at": [when(found.therapy, round(second * 1000)) for second in found.times_s.tolist()],
        "complaint": _band(found.complaint),
        "breathing_fraction": _band(found.breathing),
    }


def _band(traces: Array) -> Figures:
    low, middle, high = np.percentile(traces, [5, 50, 95], axis=0).tolist()
    return {"p05": low, "median": middle, "p95": high}
