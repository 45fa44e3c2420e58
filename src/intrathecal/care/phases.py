"""The two halves of a trial as numbers: which scores count, what was done about those that are missing, and their means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from intrathecal.care.diary import Diary, Entry
from intrathecal.care.ending import given_up, sounds_given_up
from intrathecal.care.missing import after_rescue, complete, is_only_rescue
from intrathecal.care.scoring import pooled_variance
from intrathecal.care.series import between_scores, effective_count, pain_difference, stands_for, time_weighted
from intrathecal.catalogue import Catalogue, Screening
from intrathecal.flow import Array

SECONDS_PER_HOUR = 3600
#: So many dates in a row without an entry are gaps of a diary; more are a break in it.
LONGEST_GAP_DAYS = 7

Bits = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Judged:
    """The entries of the trial, with empty ones where dates are missing, and which of them (n,) are judged.

    After ``stopped`` the trial had been given up. ``of_boluses``: they are those in which a needle dose acts.
    """

    entries: tuple[Entry, ...]
    counts: Bits
    stopped: Entry | None
    notes: tuple[str, ...]
    of_boluses: bool = False

    @property
    def chosen(self) -> tuple[Entry, ...]:
        """The entries that are judged."""
        return tuple(entry for entry, counted in zip(self.entries, self.counts, strict=True) if counted)


@dataclass(frozen=True, eq=False)
class Counted:
    """What a phase comes to.

    ``entries`` and their complete ``scores`` (n,) at ``hours`` (n,) from the diary's first entry are those that count; the
    ``mean`` is weighted by time and has ``variance`` (points squared). ``spid`` is over the whole phase. Of the entries
    ``missing`` have no score, ``interpolated`` and ``imputed`` of them were put in; ``carried`` scores are those before a
    rescue, ``withdrawn`` ones the baseline.
    """

    entries: tuple[Entry, ...]
    hours: Array
    scores: Array
    mean: float
    variance: float
    missing: int
    interpolated: int
    imputed: int
    carried: int
    withdrawn: int

    @property
    def days(self) -> int:
        """On how many calendar dates there is a score."""
        return len({entry.day for entry in self.entries if entry.nrs is not None})

    @property
    def lasted(self) -> timedelta:
        """From the first score to the last."""
        scored = [entry.at for entry in self.entries if entry.nrs is not None]
        return scored[-1] - scored[0] if scored else timedelta()


def judged(diary: Diary, catalogue: Catalogue) -> Judged:
    """What of the trial counts: its last days, and of needle doses the time in which they act."""
    trial = diary.phase("trial")
    stopped = given_up(trial)
    entries = _with_missing_days(trial)
    if stopped is not None:
        entries = _to_the_end(entries, stopped, catalogue)
    earliest = entries[-1].at - timedelta(seconds=catalogue.trial.window.canonical)
    late = np.array([entry.at > earliest for entry in entries])
    notes = [
        f'Line {entry.line} says "{entry.note or entry.side_effect}": this was not read as the end of the trial.'
        for entry in sounds_given_up(trial)
    ]
    if not late.all():
        notes.append(f"The scores of the last {catalogue.trial.window} of the trial count.")
    boluses = [entry for entry in trial if entry.dose is not None and entry.dose.kind == "mass" and entry.dose.number]
    acting = late & _acting(entries, _like_the_last(boluses), catalogue.screenings)
    if any(counted and entry.nrs is not None for entry, counted in zip(entries, acting, strict=True)):
        notes.append(f"The scores from onset to washout of the last needle dose ({boluses[-1].dose}) count.")
        return Judged(entries, acting, stopped, tuple(notes), of_boluses=True)
    if boluses:
        notes.append("No score lies between onset and washout of a needle dose of a known drug, so all scores count.")
    settled = late & _at_the_last_dose(entries)
    dates = {entry.day for entry, counted in zip(entries, settled, strict=True) if counted and entry.nrs is not None}
    if not np.array_equal(settled, late) and len(dates) >= catalogue.trial.fewest_days.exact:
        notes.append("The dose was changed in that time; the scores since it was what it was at the end count.")
        return Judged(entries, settled, stopped, tuple(notes))
    return Judged(entries, late, stopped, tuple(notes))


def _like_the_last(boluses: Sequence[Entry]) -> list[Entry]:
    """The doses that are the last one, or its repetition."""
    last = boluses[-1] if boluses else None
    return [
        one
        for one in boluses
        if last and one.drug == last.drug and one.dose and last.dose and one.dose.exact == last.dose.exact
    ]


def _acting(entries: Sequence[Entry], boluses: Sequence[Entry], known: Mapping[str, Screening]) -> Bits:
    spans = []
    for bolus in boluses:
        drug = known.get(bolus.drug or "")
        if drug is not None:
            spans.append([bolus.at + timedelta(seconds=one.canonical) for one in (drug.onset, drug.washout)])
    return np.array([any(first <= entry.at <= last for first, last in spans) for entry in entries])


def _at_the_last_dose(entries: Sequence[Entry]) -> Bits:
    """Since when the infusion was what it was at the end; all of them where the diary says nothing of doses."""
    rates = [
        (entry.at, entry.dose.exact) for entry in entries if entry.dose is not None and entry.dose.kind == "mass rate"
    ]
    since = entries[0].at
    for (_, earlier), (at, rate) in pairwise(rates):
        since = since if rate == earlier else at
    return np.array([entry.at >= since for entry in entries])


def _with_missing_days(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries with empty ones on dates that have none, at the clock times of the date before."""
    found: list[Entry] = []
    usual: list[Entry] = []
    for entry in entries:
        if usual and entry.day != usual[-1].day:
            gap = (entry.day - usual[-1].day).days - 1
            for missed in range(1, gap + 1 if gap <= LONGEST_GAP_DAYS else 1):
                found += [_empty(one.at + timedelta(days=missed)) for one in usual]
            usual = []
        if not is_only_rescue(entry):
            usual.append(entry)
        found.append(entry)
    return tuple(sorted(found, key=lambda entry: entry.at))


def _to_the_end(entries: tuple[Entry, ...], stopped: Entry, catalogue: Catalogue) -> tuple[Entry, ...]:
    """The entries of a trial that was given up, with empty ones as far as it should at least have lasted."""
    planned = entries[0].at + timedelta(days=float(catalogue.trial.fewest_days.exact))
    step = timedelta(seconds=catalogue.trial.rescue_window.canonical)
    more, at = [], max(stopped.at, entries[-1].at) + step
    while at <= planned:
        more.append(_empty(at))
        at += step
    return (*entries, *more)


def _empty(at: datetime) -> Entry:
    return Entry(line=0, at=at, phase="trial", nrs=None)


def missing(entries: Sequence[Entry], stopped: Entry | None) -> tuple[int, int]:
    """How many scores are missing, and of how many, as far as the trial went on; rows of a rescue alone ask for none."""
    asked = [entry for entry in entries if (stopped is None or entry.at <= stopped.at) and not is_only_rescue(entry)]
    return sum(entry.nrs is None for entry in asked), len(asked)


def count(diary: Diary, trial: Judged, catalogue: Catalogue) -> tuple[Counted, Counted, float]:
    """Baseline and trial, with scores in both, and the SPID (points times hours) of the whole trial."""
    baseline = diary.phase("baseline")
    rescue = timedelta(seconds=catalogue.trial.rescue_window.canonical)
    origin = diary.entries[0].at
    usual, replaced = after_rescue(baseline, rescue)
    scores, carried = after_rescue(trial.entries, rescue)
    over = np.array([trial.stopped is not None and entry.at > trial.stopped.at for entry in trial.entries])
    felt = [(usual, ~replaced), (scores, trial.counts & ~carried & ~over)]
    variance = pooled_variance(
        [part[of_drug & ~np.isnan(part)].tolist() for part, of_drug in felt], catalogue.relief.score_sd.canonical**2
    )
    whole = np.ones(len(baseline), dtype=bool)
    before, _ = _counted(baseline, whole, usual, replaced, np.zeros_like(whole), variance, origin, catalogue)
    scores[over] = before.mean
    during, filled = _counted(trial.entries, trial.counts, scores, carried, over, variance, origin, catalogue)
    return before, during, pain_difference(_hours(trial.entries, origin), filled, before.mean)


def _counted(
    entries: Sequence[Entry],
    counts: Bits,
    scores: Array,
    carried: Bits,
    over: Bits,
    variance: float,
    origin: datetime,
    catalogue: Catalogue,
) -> tuple[Counted, Array]:
    """What the entries that count come to, and the complete scores (n,) of all."""
    hours, there = _hours(entries, origin), ~np.isnan(scores)
    correlation = catalogue.relief.score_day_correlation.canonical
    seen = there & counts
    weights = np.zeros(len(hours))
    weights[counts] = stands_for(hours[counts])
    worth = effective_count(int(seen.sum()), between_scores(hours[seen], correlation))
    usual = time_weighted(hours[there], scores[there])
    done = complete(hours, scores, weights, usual, variance, correlation, variance / worth)
    gaps = ~there & counts
    found = Counted(
        entries=tuple(entry for entry, counted in zip(entries, counts, strict=True) if counted),
        hours=hours[counts],
        scores=done.scores[counts],
        mean=time_weighted(hours[counts], done.scores[counts]),
        variance=variance / worth + done.variance,
        missing=int(gaps.sum()),
        interpolated=int((done.interpolated & counts).sum()),
        imputed=int((gaps & ~done.interpolated).sum()),
        carried=int((carried & counts).sum()),
        withdrawn=int((over & counts).sum()),
    )
    return found, done.scores


def _hours(entries: Sequence[Entry], origin: datetime) -> Array:
    return np.array([(entry.at - origin).total_seconds() / SECONDS_PER_HOUR for entry in entries])


def rescue_per_day(entries: Sequence[Entry], of_phase: Sequence[Entry]) -> float | None:
    """Rescue (mg of oral morphine equivalents) per calendar date of ``entries``; None where the phase has none written down.

    In a phase in which somebody wrote rescue down, an empty cell means that none was taken.
    """
    if all(entry.rescue_mme is None for entry in of_phase):
        return None
    return sum(entry.rescue_mme or 0.0 for entry in entries) / len({entry.day for entry in entries})


def function_mean(entries: Sequence[Entry]) -> float | None:
    """The mean of function as a number; None where there is none."""
    numbers = [entry.function for entry in entries if entry.function is not None]
    return math.fsum(numbers) / len(numbers) if numbers else None
