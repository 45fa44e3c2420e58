"""What a therapy did for the patient, in figures: relief, breathing, side effects and the handset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import numpy as np

from intrathecal.flow import Array
from intrathecal.pump.hardware import DAY_MS
from intrathecal.relief import probabilities
from intrathecal.simulation.feeling import PAIN
from intrathecal.simulation.reached import Finished

#: Relief is that of so many days at the end of a run.
LAST_S = 7 * DAY_MS / 1000
HOUR_S = 3600.0
Figures = dict[str, object]


def relief_figures(run: Finished, given: Collection[str]) -> Figures:
    """The figures of a run in which the drugs ``given`` entered; those of what is not followed are None."""
    case, end = run.case, run.end
    senses, pain = case.senses, case.senses.followed == PAIN
    before = case.therapy.patient.pain if pain else senses.relief.ashworth_before.canonical
    times_s, left = complaints(run)
    mean = mean_of_last(times_s, left, LAST_S)
    relief = None if before == 0 else 100 * (1 - mean / before)
    refused = Counter(answer.reason for answer in end.answers if answer.reason)
    factors = end.felt.factors_now(senses, end.now)
    return {
        "pain_before": before if pain else None,
        "pain_mean": mean if pain else None,
        "spasticity_before": None if pain else before,
        "spasticity_mean": None if pain else mean,
        "relief_percent": relief,
        "hours_to_half_relief": None if relief is None else hours_until(times_s, 100 * (1 - left / before), relief / 2),
        "breathing_fraction_min": end.felt.breathing_min,
        "side_effects": _side_effects(run, given),
        "presses_given": sum(not answer.reason for answer in end.answers),
        "presses_refused": refused.total(),
        "presses_refused_because": dict(refused.most_common()),
        "untreated_pain": senses.baseline.untreated_pain if pain else None,
        "insensitivity": senses.baseline.insensitivity,
        "tolerance": {"spinal": float(factors.spinal), "supraspinal": float(factors.supraspinal)},
    }


def complaints(run: Finished) -> tuple[Array, Array]:
    """Times (t,) s and pain or spasticity (t,) at every time at which the patient is asked, and at the end."""
    end = run.end
    times_s = [asked.times_ms for asked in end.asked]
    last = end.traces[-1]
    return (
        np.concatenate([*times_s, [end.now]]) / 1000,
        np.concatenate([*(asked.complaint for asked in end.asked), last.felt[run.case.senses.followed]]),
    )


def mean_of_last(times_s: Array, values: Array, seconds: float) -> float:
    """The mean over time of ``values`` (t,), linear between ``times_s`` (t,), in the last ``seconds`` or all there are."""
    first = max(float(times_s[0]), float(times_s[-1]) - seconds)
    later = times_s > first
    times = np.append(first, times_s[later])
    return float(np.trapezoid(np.append(np.interp(first, times_s, values), values[later]), times) / (times[-1] - first))


def hours_until(times_s: Array, values: Array, target: float) -> float | None:
    """When ``values`` (t,), linear between ``times_s`` (t,), first reach a ``target`` above 0; None if they never do."""
    if target <= 0 or values.max() < target:
        return None
    at = int(np.argmax(values >= target))
    if at == 0:
        return float(times_s[0]) / HOUR_S
    share = (target - values[at - 1]) / (values[at] - values[at - 1])
    return float(times_s[at - 1] + share * (times_s[at] - times_s[at - 1])) / HOUR_S


def _side_effects(run: Finished, given: Collection[str]) -> dict[str, float]:
    """The probability of every side effect whose mechanism a drug that was given has."""
    case, known = run.case, run.case.senses.side_effects
    drugs = [entry.drug for entry in case.therapy.drugs if entry.drug.name in given]
    drugs += [case.background.drug] if case.background else []
    mechanisms = {drug.response.mechanism for drug in drugs}
    peaks = {name: peak for name, peak in run.end.felt.peaks.items() if known[name].mechanism in mechanisms}
    return probabilities(known, peaks)
