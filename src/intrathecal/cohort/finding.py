"""The lowest dose, or the best tip level, for a wanted effect under a limit on breathing, and the frontier of the two.

Doses are tried over a list; between the last that misses and the first that is enough, the interval is halved (on a logarithmic
scale) until its ends are within the tolerance. That finds the lowest dose where relief never falls as the dose rises. Whether it
does over the list is looked at and said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from math import ceil, log, log1p, log2, sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from intrathecal.catalogue import LEVELS
from intrathecal.catalogue.errors import nearest
from intrathecal.cohort.crowd import Crowd, StudyError, crowd
from intrathecal.cohort.figures import NO_ADVICE
from intrathecal.cohort.running import Progress
from intrathecal.cohort.trials import (
    Ask,
    Goal,
    LeftOut,
    Trial,
    Trials,
    Tried,
    efficient,
    many_patients,
    one_patient,
    weigh,
)
from intrathecal.quantities import shorten
from intrathecal.therapy import Therapy
from intrathecal.therapy.file.changing import TherapyFile

#: The doses that are tried, as multiples of the file's: a hundredfold in steps of a half or less.
SCALES = tuple(map(Decimal, ("0.1", "0.15", "0.2", "0.3", "0.5", "0.7", "1", "1.5", "2", "3", "5", "7", "10")))
#: Digits of a dose between them: so few can be typed, and it is nearer than any tolerance that is asked for.
DIGITS = 5
#: Relief (percent) and breathing (fraction) that differ by less have not moved: scores and presses scatter so.
UNMOVED_PERCENT, UNMOVED_BREATHING = 0.5, 0.005
BREATHING, PUMP, LIST = "breathing", "pump", "list"


@dataclass(frozen=True)
class Answer:
    """What a tip level came to: the lowest dose ``found``, and next to it the highest one that misses or cannot be given.

    Where none was found, ``nearest`` is the highest dose that keeps to breathing and pump (or the lowest there is), and
    ``stopped_by`` says what a higher one would break: breathing, pump, or the list of doses, which ended.
    """

    tip: str
    found: Tried | None
    missed: Trial | None
    nearest: Tried | None
    stopped_by: str


def find(
    file: TherapyFile,
    goal: Goal,
    *,
    tips: Sequence[str] = (),
    scales: Sequence[Decimal] = SCALES,
    tolerance: float = 0.01,
    patients: int | None = None,
    seed: int = 0,
    folder: Path | None = None,
    address: str | None = None,
    progress: Progress = lambda done: None,
) -> dict[str, Any]:
    """The lowest dose that meets ``goal`` at each of ``tips`` (the file's own unless given), and the best of them.

    The dose is a multiple of all doses in the programs of ``file``, between the least and the greatest of ``scales``, to
    ``tolerance`` (a fraction). The file's own patient is asked, or so many ``patients`` drawn around it from ``seed``; for
    these the answer is checked in as many others. The best tip is that with the lowest dose; of doses within the tolerance,
    that with the most breathing. ``folder`` keeps what is finished. Raises `StudyError` for a file without pump or program,
    `Stopped` after Ctrl-C, and what `Crowd.outcomes` raises.
    """
    therapy = file.therapy
    if therapy.catheter is None or therapy.program is None:
        raise StudyError(
            f"{therapy.file}: there is no program whose dose could change; sweep a concentration or a dose"
        )
    strange = next((tip for tip in tips if tip not in LEVELS), None)
    if strange is not None:
        raise StudyError(f'--tips: "{shorten(strange)}" is no level of the canal; {nearest(strange, LEVELS)}')
    over, sites = sorted(set(scales)), tuple(dict.fromkeys(tips)) or (therapy.catheter.tip,)
    steps = len(sites) * (len(over) + _halvings(over, tolerance))
    with _asking(patients, seed, folder, address) as (ask, others):
        trials = Trials(file, goal, _counted(ask, steps, progress))
        answers = [search(trials, tip, over, tolerance) for tip in sites]
        best = _best(answers, tolerance)
        check = None if best.found is None or others is None else _check(goal, best.found, others)
    points = list(trials.tried())
    return {
        "title": therapy.title,
        "want": {"relief_percent": float(goal.relief_percent), "share": float(goal.share)},
        "limit": {"breathing_fraction_min": float(goal.breathing), "share_below": float(goal.below)},
        "patients": patients,
        "seed": None if patients is None else seed,
        "tolerance": tolerance,
        **_told(best),
        "check": check,
        "tips": [{"tip": answer.tip, **_told(answer)} for answer in answers],
        "not_monotone": [said for tip in sites for said in falls(trials, tip, over)],
        "frontier": [
            {**point.figures(), "efficient": good} for point, good in zip(points, efficient(points), strict=True)
        ],
        "left_out": [{"tip": one.tip, "scale": float(one.scale), "reason": one.reason} for one in trials.left_out()],
        "assumptions": [NO_ADVICE],
    }


def search(trials: Trials, tip: str, scales: Sequence[Decimal], tolerance: float) -> Answer:
    """The lowest dose at ``tip`` that meets the goal, among and between ``scales`` (rising)."""
    tried = [trials.at(tip, scale) for scale in scales]
    enough = next((place for place, one in enumerate(tried) if isinstance(one, Tried) and one.reached), None)
    if enough is not None:
        found, missed = _edge(trials, tip, scales, enough, enough - 1, tolerance, lambda one: one.reached)
        if found.holds:
            return Answer(tip, found, missed, None, "")
        both = next((one for one in tried if isinstance(one, Tried) and one.reached and one.holds), None)
        if both is not None:
            return Answer(tip, both, found, None, "")
    return _stopped(trials, tip, scales, tolerance)


def _stopped(trials: Trials, tip: str, scales: Sequence[Decimal], tolerance: float) -> Answer:
    """How far one gets where no dose meets the goal."""
    tried = [trials.at(tip, scale) for scale in scales]
    possible = [place for place, one in enumerate(tried) if isinstance(one, Tried)]
    if not possible:
        return Answer(tip, None, None, None, PUMP)
    lowest = trials.at(tip, scales[possible[0]])
    last = possible[0] - 1
    for place in possible:
        one = tried[place]
        if isinstance(one, LeftOut) or not one.holds:
            break
        last = place
    if last < possible[0]:
        return Answer(tip, None, None, lowest if isinstance(lowest, Tried) else None, BREATHING)
    nearest, beyond = _edge(trials, tip, scales, last, last + 1, tolerance, lambda one: one.holds)
    if beyond is None:
        return Answer(tip, None, None, nearest, LIST)
    stopped_by = PUMP if isinstance(beyond, LeftOut) else BREATHING
    return Answer(tip, None, None, nearest, stopped_by)


def _edge(
    trials: Trials,
    tip: str,
    scales: Sequence[Decimal],
    good: int,
    bad: int,
    tolerance: float,
    is_good: Callable[[Tried], bool],
) -> tuple[Tried, Trial | None]:
    """The last good dose on the way from place ``good`` to its neighbour ``bad``, and the bad one next to it, if there is any.

    What cannot be given is not good.
    """
    found = trials.at(tip, scales[good])
    if isinstance(found, LeftOut):
        raise TypeError("a dose that is good can be given")
    if not 0 <= bad < len(scales):
        return found, None
    beyond = trials.at(tip, scales[bad])
    while abs(log(found.scale / beyond.scale)) > log1p(tolerance):
        one = trials.at(tip, Decimal(f"{sqrt(found.scale * beyond.scale):.{DIGITS}g}"))
        if isinstance(one, Tried) and is_good(one):
            found = one
        else:
            beyond = one
    return found, beyond


def _halvings(scales: Sequence[Decimal], tolerance: float) -> int:
    """How often the widest interval is halved at most."""
    widest = max((log(high / low) for low, high in pairwise(scales)), default=0.0)
    return max(0, ceil(log2(widest / log1p(tolerance)))) if widest else 0


def _best(answers: Sequence[Answer], tolerance: float) -> Answer:
    found = [answer for answer in answers if answer.found is not None]
    if found:
        least = min(answer.found.scale for answer in found if answer.found)
        near = [one for one in found if one.found and float(one.found.scale / least) <= 1.0 + tolerance]
        return max(near, key=lambda one: one.found.breathing if one.found else 0.0)
    nearest = [answer for answer in answers if answer.nearest is not None]
    return max(nearest or answers, key=lambda one: one.nearest.relief_percent if one.nearest else 0.0)


def falls(trials: Trials, tip: str, scales: Sequence[Decimal]) -> Iterator[str]:
    """Where relief falls, or breathing rises, from one dose of the list to the next: in sentences."""
    known = [one for one in (trials.at(tip, scale) for scale in scales) if isinstance(one, Tried)]
    for low, high in pairwise(known):
        if high.relief_percent < low.relief_percent - UNMOVED_PERCENT:
            yield (
                f"{tip}: relief falls from {low.relief_percent:.1f} to {high.relief_percent:.1f} % "
                f"between {low.scale} and {high.scale} times the dose: a lower dose than the one found may do too"
            )
        if high.breathing > low.breathing + UNMOVED_BREATHING:
            yield (
                f"{tip}: the lowest breathing rises from {low.breathing:.1%} to {high.breathing:.1%} "
                f"between {low.scale} and {high.scale} times the dose"
            )


def _told(answer: Answer) -> dict[str, Any]:
    return {
        "found": None if answer.found is None else answer.found.figures(),
        "missed": None if answer.missed is None else _missed(answer.missed),
        "nearest": None if answer.nearest is None else answer.nearest.figures(),
        "stopped_by": answer.stopped_by or None,
    }


def _missed(trial: Trial) -> dict[str, Any]:
    if isinstance(trial, LeftOut):
        return {"scale": float(trial.scale), "reason": trial.reason}
    return {"scale": float(trial.scale), "reason": None}


@contextmanager
def _asking(
    patients: int | None, seed: int, folder: Path | None, address: str | None
) -> Iterator[tuple[Callable[[Progress], Ask], tuple[Crowd, Path] | None]]:
    """Whom to ask, and as many others for the check."""
    if patients is None:
        yield (lambda progress: one_patient), None
        return
    with TemporaryDirectory() as passing, crowd(patients, seed, address) as people:
        kept = folder or Path(passing)
        others = replace(people, seed=seed + 1)
        yield (lambda progress: many_patients(people, kept, progress)), (others, kept / "check")


def _counted(ask: Callable[[Progress], Ask], steps: int, progress: Progress) -> Ask:
    """Ask with progress over all steps that there may be."""
    done = 0

    def counted(therapy: Therapy, name: str) -> Any:
        nonlocal done
        before = done
        table = ask(lambda part: progress(min(1.0, (before + part) / steps)))(therapy, name)
        done += 1
        progress(min(1.0, done / steps))
        return table

    return counted


def _check(goal: Goal, found: Tried, others: tuple[Crowd, Path]) -> dict[str, Any]:
    """The dose that was found, in as many other people."""
    people, folder = others
    table = people.outcomes(found.therapy, folder)
    return {"seed": people.seed, **weigh(goal, found.tip, found.scale, found.therapy, table).figures()}
